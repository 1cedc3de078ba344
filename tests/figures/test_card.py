"""Tests of activation cards: φ, φ' and the saturated tails are drawn where the table says."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from saturation_lab.figures import CANVASES, CURVES, CardWords, Fact, activation_card

Array = NDArray[Any]
Ends = tuple[float, float]


def _table(name: str = "step") -> pd.DataFrame:
    """Return a card of max(z, 0), whose slope jumps between -0.001 and 0.001."""
    left, right = np.linspace(-6, -0.001, 50), np.linspace(0.001, 6, 50)
    rows = [
        pd.DataFrame({"activation": name, "curve": curve, "piece": piece, "z": z, "value": f(z)})
        for curve, f in zip(CURVES, (_relu, _slope, _hill), strict=True)
        for piece, z in enumerate((left, right))
    ]
    return pd.concat(rows, ignore_index=True)


def _relu(z: Array) -> Array:
    return np.maximum(z, 0)


def _slope(z: Array) -> Array:
    return np.where(z > 0, 1.0, 0.0)


def _hill(z: Array) -> Array:
    value: Array = np.exp(-z * z / 2)
    return value


def _drawn(thresholds: Ends, canvas: str = "page", words: CardWords | None = None) -> Figure:
    said = words or CardWords(value="v", slope="s")
    return activation_card(
        _table(), canvas=CANVASES[canvas], words={"step": said}, thresholds={"step": thresholds}
    )


def _shaded(axes: Axes) -> list[Ends]:
    spans = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    return sorted((span.get_x(), span.get_x() + span.get_width()) for span in spans)


@pytest.mark.parametrize(
    ("thresholds", "shaded"),
    [
        ((-2.5, 3.25), [(-6.0, -2.5), (3.25, 6.0)]),
        ((0.0, math.inf), [(-6.0, 0.0)]),
        ((-math.inf, 1.0), [(1.0, 6.0)]),
        ((-math.inf, math.inf), []),
        ((-300.0, 300.0), []),  # out of view
    ],
)
def test_tails_are_shaded_from_the_threshold_on(thresholds: Ends, shaded: list[Ends]) -> None:
    for axes in _drawn(thresholds).axes:
        assert _shaded(axes) == shaded
        assert axes.get_xlim() == (-6, 6)


def test_lines_are_the_rows_of_the_table_and_cross_no_jump() -> None:
    table = _table()
    for axes, curve in zip(_drawn((0.0, math.inf)).axes, CURVES, strict=False):
        one = table[table["curve"] == curve]
        solid = [line for line in axes.lines if line.get_linestyle() == "-"]
        assert len(solid) == 2
        for line, (_, piece) in zip(solid, one.groupby("piece"), strict=True):
            np.testing.assert_array_equal(line.get_xydata(), piece[["z", "value"]])


def test_only_the_curve_that_jumps_has_ends_and_the_left_one_is_filled() -> None:
    value, slope = _drawn((0.0, math.inf)).axes
    ends = [[line for line in axes.lines if line.get_marker() == "o"] for axes in (value, slope)]
    assert not ends[0]
    left, right = ends[1]
    np.testing.assert_array_equal(left.get_xydata(), [[-0.001, 0.0]])
    np.testing.assert_array_equal(right.get_xydata(), [[0.001, 1.0]])
    assert left.get_markerfacecolor() == left.get_color()
    assert right.get_markerfacecolor() == "white"


def test_the_hill_is_the_density_on_a_scale_of_its_own() -> None:
    for axes in _drawn((0.0, math.inf)).axes:
        (hill,) = axes.collections
        z, height = np.asarray(hill.get_paths()[0].vertices).T
        top = height.max()
        assert z[height.argmax()] == pytest.approx(0, abs=0.01)
        shape = height[height > 0] / top
        np.testing.assert_allclose(shape, _hill(z[height > 0]), rtol=1e-5)


def test_a_constant_slope_is_shown_above_zero() -> None:
    table = _table().replace({"curve": {CURVES[0]: CURVES[1], CURVES[1]: CURVES[0]}})
    table.loc[table["curve"] == CURVES[1], "value"] = 1.0
    said = {"step": CardWords(value="v", slope="s")}
    ends = {"step": (-math.inf, math.inf)}
    slope = activation_card(table, canvas=CANVASES["page"], words=said, thresholds=ends).axes[1]
    low, high = slope.get_ylim()
    assert low < 0
    assert 1 < high < 1.5


@pytest.mark.parametrize("canvas", CANVASES)
def test_words_stand_as_they_are_and_narrow_columns_show_the_first_line(canvas: str) -> None:
    said = CardWords(value="$x = $y", slope="s", low=("z < 0", "50 %"))
    one = _drawn((0.0, math.inf), canvas, said)
    assert [axes.get_title(loc="left") or axes.get_title() for axes in one.axes] == ["$x = $y", "s"]
    assert "z < 0\n50 %" in [text.get_text() for text in one.axes[1].texts]
    assert one.legends[0].get_texts()[-1].get_text() == "saturated tail, its share of N(0, 1)"
    names = list("abcd")
    four = activation_card(
        pd.concat([_table(name) for name in names]),
        canvas=CANVASES[canvas],
        words=dict.fromkeys(names, said),
        thresholds=dict.fromkeys(names, (0.0, math.inf)),
    )
    assert len(four.axes) == 8
    tail = "0" if canvas == "talk" else "z < 0"
    assert tail in [text.get_text() for text in four.axes[-1].texts]
    assert four.legends[0].get_texts()[-1].get_text() == "saturated tail"


def test_without_a_tail_the_legend_names_none() -> None:
    labels = [text.get_text() for text in _drawn((-math.inf, math.inf)).legends[0].get_texts()]
    assert labels == ["density of N(0, 1)"]


@pytest.mark.parametrize("canvas", CANVASES)
def test_facts_stand_beside_the_panels_or_below_and_nothing_is_cut(canvas: str) -> None:
    facts = (
        Fact(label="Heading", heading=True),
        Fact(label="left", value="right"),
        Fact(label="a sentence of many words " * 6),
    )
    said = CardWords(value="v", slope="s", facts=facts)
    figure = _drawn((0.0, math.inf), canvas, said)
    figure.draw_without_rendering()
    upper, lower, table = figure.axes
    words = {text.get_text(): text for text in table.texts}
    assert {"Heading", "left", "right"} <= set(words)
    assert sum("sentence" in text or "many words" in text for text in words) > 1
    ends = [text.get_window_extent() for text in words.values() if text.get_text()]
    box = figure.bbox
    assert min(end.y0 for end in ends) > 0
    assert max(end.x1 for end in ends) <= box.x1
    if CANVASES[canvas].wide:
        assert table.get_position().x0 > upper.get_position().x1
    else:
        assert table.get_position().y1 < lower.get_position().y0
        assert figure.get_figheight() > CANVASES[canvas].height


def test_facts_give_way_where_a_card_shows_several() -> None:
    said = CardWords(value="v", slope="s", facts=(Fact(label="left", value="right"),))
    two = activation_card(
        pd.concat([_table(name) for name in "ab"]),
        canvas=CANVASES["page"],
        words={"a": said, "b": said},
        thresholds=dict.fromkeys("ab", (0.0, math.inf)),
    )
    assert len(two.axes) == 4
