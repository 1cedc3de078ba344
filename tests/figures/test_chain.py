"""Tests of chains: every line of a derivation, its break, and numbers that do not collide."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from saturation_lab.figures import CANVASES, LOOKS, chains, written
from saturation_lab.figures.theme import theme

FACTORS = {
    "one": (1.0, 0.05, 3.8),
    "two": (1.01, 0.31, 1.0),
    "three": (0.99, 1.02, 43.0),
    "four": (1.0, 1.0, 1.0),
    "five": (1.05, math.nan, 0.9),
}


def _rows(name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for step, factor in enumerate(FACTORS[name], start=1):
        outside = abs(math.log(factor)) > 0.07 if factor > 0 else False
        verdict = "fails" if outside else "holds" if factor > 0 else "undecided"
        broken = any(row["breaks"] for row in rows)
        rows.append(
            {
                "study": name,
                "step": step,
                "formula": "n Var w (Var a + E[a]²)"[: 24 - 7 * step],
                "does": "drops a term",
                "factor": factor,
                "low": factor / 1.01,
                "high": factor * 1.01,
                "inside_low": math.exp(-0.07),
                "inside_high": math.exp(0.07),
                "verdict": verdict,
                "breaks": outside and not broken,
                "broken": broken,
            }
        )
    return rows


def _drawn(names: list[str], canvas: str) -> Figure:
    table = pd.DataFrame([row for name in names for row in _rows(name)])
    titles = {name: f"Activation {name}, √2 × Glorot" for name in names}
    with theme(CANVASES[canvas]):
        figure = chains(
            table, canvas=CANVASES[canvas], titles=titles, symbol="Var z", band="less than 2"
        )
        figure.draw_without_rendering()
    return figure


def _numbers(figure: Figure) -> list[Annotation]:
    found = (text for axes in figure.axes for text in axes.texts)
    return [text for text in found if isinstance(text, Annotation)]


@pytest.mark.parametrize("canvas", list(CANVASES))
@pytest.mark.parametrize("count", [1, 2, 4, 5])
def test_no_words_collide_or_leave_the_figure(canvas: str, count: int) -> None:
    figure = _drawn(list(FACTORS)[:count], canvas)
    words = [text for text in figure.texts if text.get_text()]
    words += [text for axes in figure.axes for text in axes.texts]
    boxes = [text.get_window_extent() for text in words]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    for one, other in combinations(boxes, 2):
        assert not one.padded(-0.5).overlaps(other.padded(-0.5))
    for box in boxes:
        assert figure.bbox.padded(0.5).containsx(box.x0)
        assert figure.bbox.padded(0.5).containsx(box.x1)


def test_the_break_has_its_mark_its_colour_and_its_number() -> None:
    figure = _drawn(["one"], "page")
    breaks = LOOKS["breaks"]
    (mark,) = [x for x in figure.axes[0].lines if x.get_marker() == breaks.marker]
    assert mark.get_color() == breaks.colour
    assert np.asarray(mark.get_xdata())[0] == pytest.approx(math.log10(0.05))
    assert [text.get_text() for text in _numbers(figure)] == ["÷ 20", "× 3.8"]
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["holds", "breaks here", "after the break", "less than 2"]


def test_a_chain_that_holds_has_no_numbers_and_no_break() -> None:
    figure = _drawn(["four"], "page")
    assert not _numbers(figure)
    assert len(figure.legends[0].get_texts()) == 2


def test_what_is_undefined_says_so_and_joins_nothing() -> None:
    axes = _drawn(["five"], "page").axes[0]
    assert "undefined" in [text.get_text() for text in axes.texts]
    assert all(np.isfinite(line.get_xdata()).all() for line in axes.lines)


def test_every_line_has_artists_of_its_own() -> None:
    axes = _drawn(["one"], "page").axes[0]
    heights = [np.asarray(line.get_ydata()) for line in axes.lines]
    tops = [y.max() for y in heights if y.size == 2]
    assert tops == [1, 2, 3]


def test_the_same_table_gives_the_same_bytes() -> None:
    with theme(CANVASES["page"]):
        first, second = (written(_drawn(["one", "two"], "page"), "svg") for _ in range(2))
    assert first == second
