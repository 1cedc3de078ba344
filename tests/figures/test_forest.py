"""Tests of forest plots: words, regions and intervals are whole, and cuts are marked."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saturation_lab.figures import CANVASES, MARKS, SCALES, forest_plot, limits
from saturation_lab.figures.theme import theme

LONG = "A statement that goes on and on, far beyond the line that a label has on any canvas"


def _row(estimate: float, **given: Any) -> dict[str, Any]:
    row = {
        "label": "A statement",
        "note": "Figure 7, top",
        "block": "Top over bottom",
        "scale": "ratio",
        "estimate": estimate,
        "low": 0.9 * estimate,
        "high": 1.1 * estimate,
        "inside_low": 0.5,
        "inside_high": 2.0,
        "predicted": math.nan,
        "verdict": "holds",
    }
    return row | given


def _rows(count: int) -> list[dict[str, Any]]:
    """Return rows of all kinds: long labels, open regions, both scales, far values, no interval."""
    kinds = [
        _row(0.1, inside_low=0.0, inside_high=1.0),
        _row(1.2, label=LONG, predicted=1.25),
        _row(9.0, block="Another number", inside_low=1.0, inside_high=math.inf, note=""),
        _row(1e-40, verdict="fails"),
        _row(1.1, low=math.nan, high=math.nan, verdict="undecided"),
        _row(0.8, scale="value", block="A mean", inside_low=0.7, inside_high=0.9),
        _row(1.0, high=math.inf, verdict="undecided", block="Another number"),
    ]
    return [kinds[i % len(kinds)] for i in range(count)]


def _drawn(rows: list[dict[str, Any]], canvas: str = "page") -> Figure:
    with theme(CANVASES[canvas]):
        figure = forest_plot(pd.DataFrame(rows), canvas=CANVASES[canvas])
        figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("canvas", CANVASES)
@pytest.mark.parametrize("count", [1, 3, 7, 14])
def test_all_words_are_inside_and_none_lies_over_another(canvas: str, count: int) -> None:
    figure = _drawn(_rows(count), canvas)
    texts = [*figure.texts, *figure.legends[0].get_texts()]
    for axes in figure.axes:
        texts += [axes.xaxis.label, *axes.get_xticklabels(), *axes.texts]
    boxes = [text.get_window_extent() for text in texts if text.get_text()]
    width, height = figure.bbox.width, figure.bbox.height
    for box in boxes:
        assert min(box.x0, width - box.x1, box.y0, height - box.y1) > -1
    for one, other in combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1))


def _keyed(count: int) -> list[dict[str, Any]]:
    """Return rows that share the axis of margins, with keys and numbers in words."""
    kinds = [
        _row(0.2, inside_low=-1.0, number="1.02", asked="within a factor of 1.1"),
        _row(
            -0.5,
            label=LONG,
            inside_low=-1.0,
            number="1.865 × 10⁻⁴",
            asked="between 0.7656 and 1.266",
        ),
        _row(
            95.0,
            inside_low=-1.0,
            number="6.91 × 10²⁸",
            asked="within a factor of 2",
            verdict="fails",
        ),
        _row(-math.inf, number="0", asked="below 8", inside_low=-math.inf),
    ]
    shared = {"scale": "margins", "note": "", "inside_high": 1.0}
    return [{**kinds[i % len(kinds)], **shared, "key": f"KEY{i}"} for i in range(count)]


@pytest.mark.parametrize("canvas", CANVASES)
@pytest.mark.parametrize("count", [2, 8])
def test_keys_and_numbers_stand_in_columns_of_their_own(canvas: str, count: int) -> None:
    rows = _keyed(count)
    figure = _drawn(rows, canvas)
    assert {row["key"] for row in rows} <= set(_words(figure))
    texts = [text for text in figure.texts if text.get_text()]
    boxes = [text.get_window_extent() for text in texts]
    for one, other in combinations(boxes, 2):
        assert not one.padded(-1).overlaps(other.padded(-1))
    assert min(box.x0 for box in boxes) > 0
    assert max(box.x1 for box in boxes) < figure.bbox.width
    assert not figure.axes[0].texts  # the number stands in its column, not at the arrow


def test_margins_are_linear_inside_and_logarithmic_beyond() -> None:
    scale = SCALES["margins"]
    places = scale.place(np.array([-math.inf, -math.e, -1.0, 0.5, 1.0, math.e]))
    assert places.tolist() == pytest.approx([-math.inf, -2, -1, 0.5, 1, 2])
    low, high = limits(pd.DataFrame(_keyed(4)), scale)
    assert (low, high) == pytest.approx((-1 - math.log(40), 1 + math.log(40)))


@pytest.mark.parametrize("canvas", CANVASES)
def test_a_slide_keeps_its_shape_and_others_grow(canvas: str) -> None:
    few, many = (_drawn(_rows(count), canvas).get_size_inches() for count in (3, 14))
    slide = [CANVASES["talk"].width, CANVASES["talk"].height]
    if canvas == "talk":
        assert few.tolist() == pytest.approx(slide)
        assert many.tolist() == pytest.approx(slide)
    else:
        assert few[0] == many[0] == CANVASES[canvas].width
        assert few[1] < many[1]


def _words(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


def test_verdicts_stand_in_words_and_colour() -> None:
    figure = _drawn([_row(1.0, verdict=verdict) for verdict in MARKS])
    for words, colour in MARKS.values():
        (text,) = (text for text in figure.texts if text.get_text() == words)
        assert text.get_color() == colour
        assert any(line.get_color() == colour for line in figure.axes[0].lines)


def test_no_interval_is_said() -> None:
    nothing = {"low": math.nan, "high": math.nan, "verdict": "undecided"}
    assert "no interval" in _words(_drawn([_row(1.0, **nothing)]))
    assert "no interval" in _words(_drawn([_row(math.nan, **nothing), _row(1.0)]))
    assert "no interval" not in _words(_drawn([_row(1.0)]))


def _place(line: Line2D) -> float:
    return float(np.asarray(line.get_xdata(), dtype=np.float64)[0])


def _markers(axes: Axes, marker: str) -> list[float]:
    return [_place(line) for line in axes.lines if line.get_marker() == marker]


def test_what_is_far_beyond_is_cut_and_said_and_squeezes_nothing() -> None:
    rows = [_row(1.0), _row(1.4), _row(0.7), _row(0.4, verdict="fails")]
    figure = _drawn([*rows, _row(1e-40, verdict="fails")])
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    assert math.log10(4) / (high - low) > 1 / 12  # the region of a factor 2 either way
    assert _markers(axes, "<") == [low]
    assert len(_markers(axes, "o")) == 4
    assert [text.get_text() for text in axes.texts] == ["10⁻⁴⁰"]
    assert "beyond the axis" in [text.get_text() for text in figure.legends[0].get_texts()]
    (axes,) = _drawn(rows).axes
    assert not _markers(axes, "<")
    assert not axes.texts


def test_a_bar_that_reaches_zero_ends_in_an_arrow_with_its_estimate_in_place() -> None:
    (axes,) = _drawn([_row(1.0, low=0.0, verdict="undecided"), _row(1.2)]).axes
    assert _markers(axes, "<") == [axes.get_xlim()[0]]
    assert _markers(axes, "o") == pytest.approx([0.0, math.log10(1.2)])
    assert not axes.texts


def test_bands_are_the_regions_and_open_ones_point_beyond_the_axis() -> None:
    (axes,) = _drawn([_row(1.0), _row(0.3, inside_low=0.0, inside_high=1.0)]).axes
    low, high = axes.get_xlim()
    closed, opened = (np.asarray(patch.get_path().vertices)[:, 0] for patch in axes.patches)
    assert (closed.min(), closed.max()) == pytest.approx((-math.log10(2), math.log10(2)))
    assert opened.max() == pytest.approx(0)
    assert opened.min() < low < high


@pytest.mark.parametrize(("estimate", "inside"), [(1.8, (0.0, 1.0)), (0.2, (2.0, math.inf))])
def test_a_region_without_an_end_has_room(estimate: float, inside: tuple[float, float]) -> None:
    # the number lies on the other side: without room nothing would be seen of the region
    table = pd.DataFrame([_row(estimate, inside_low=inside[0], inside_high=inside[1])])
    low, high = limits(table, SCALES["ratio"])
    room = -low if inside[0] == 0 else high - math.log10(2)
    assert room / (high - low) > 0.1


def test_every_number_of_like_size_is_on_the_axis() -> None:
    table = pd.DataFrame([_row(x) for x in (0.05, 0.4, 1.0, 20.0, 100.0)])
    low, high = limits(table, SCALES["ratio"])
    assert low < math.log10(0.045)
    assert math.log10(110) < high
    plain = pd.DataFrame([_row(0.75, inside_low=0.7, inside_high=0.9), _row(0.48, inside_low=0.4)])
    low, high = limits(plain, SCALES["value"])
    assert low < 0.4
    assert 2.0 < high < 3.0


def test_theory_is_a_hollow_mark_only_where_there_is_one() -> None:
    figure = _drawn([_row(1.0, predicted=1.5), _row(1.0)])
    hollow = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "none"]
    assert [_place(line) for line in hollow] == pytest.approx([math.log10(1.5)])
    said = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "theory (n → ∞)" in said
    without = _drawn([_row(1.0)]).legends[0].get_texts()
    assert "theory (n → ∞)" not in [text.get_text() for text in without]
