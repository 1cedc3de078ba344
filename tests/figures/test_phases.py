"""Tests of phase diagrams: phases, critical lines and rules are drawn as in the tables."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from saturation_lab.figures import (
    CANVASES,
    COLOURS,
    INK,
    SERIES,
    depth_scales,
    phase_map,
    phase_sheet,
    shades,
)
from saturation_lab.figures.gain_chart import gain_chart

Array = NDArray[Any]

W, B = np.arange(0.5, 10) / 4, np.arange(0.5, 8) / 8


def _x(line: Line2D) -> Array:
    return np.asarray(line.get_xdata())


def _y(line: Line2D) -> Array:
    return np.asarray(line.get_ydata())


every_canvas = pytest.mark.parametrize("canvas", CANVASES)


def _table(name: str = "one") -> pd.DataFrame:
    """Return chaos above σ_w = 1, order below, collapse where σ_b = 0 as well."""
    w, b = (axis.ravel() for axis in np.meshgrid(W, [0.0, *B]))
    phase = np.where(w > 1, "chaotic", np.where(b > 0, "ordered", "collapsed"))
    rows = {"activation": name, "sigma_w": w, "sigma_b": b, "phase": phase, "chi_1": w**4}
    return pd.DataFrame(rows)


def _line(name: str = "one") -> pd.DataFrame:
    q = np.linspace(0, 1, 21)
    rows = {"activation": name, "q": q, "sigma_w": 1.0, "sigma_b": q, "chi_parallel": 1.5 - q}
    return pd.DataFrame(rows)


def _marks(name: str = "one") -> pd.DataFrame:
    rows = [("he", "He", 1.4, 0.0), ("recommended", "Recommended", 1.1, 0.5),
            ("critical", "Critical point", 1.0, 0.5)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["key", "title", "sigma_w", "sigma_b"])
    return table.assign(activation=name, phase="chaotic")


def _map(canvas: str = "page") -> Figure:
    return phase_map(
        _table(), canvas=CANVASES[canvas], line=_line(), marks=_marks(),
        labels={"he": "He", "recommended": "Recommended", "critical": "critical point"},
    )  # fmt: skip


def test_every_cell_has_its_colour_and_zero_bias_a_strip_below() -> None:
    (axes,) = _map().axes
    cells, strip = axes.images
    above, below = (np.asarray(image.get_array()) for image in axes.images)
    assert above.shape == (8, 10, 3)
    assert below.shape == (1, 10, 3)
    assert list(cells.get_extent()) == [0, 2.5, 0, 1]
    left, right, low, high = strip.get_extent()
    assert (left, right) == (0, 2.5)
    assert axes.get_ylim()[0] == low < high < 0
    assert above[3, 9] == pytest.approx(to_rgb(COLOURS["chaotic"]))
    assert below[0, 0] == pytest.approx(to_rgb(COLOURS["collapsed"]))


def test_colours_pale_towards_the_critical_line() -> None:
    chi = np.array([0.4, 0.8, 0.99, 1.0, 1.01, 1.3, 9.0, math.inf, math.nan])
    share = (1 - shades(["chaotic"] * 9, chi)[:, 2]) / (1 - to_rgb(COLOURS["chaotic"])[2])
    assert share[[0, 6, 7, 8]] == pytest.approx(1)
    assert 0.1 < share[3] < 0.3
    assert (np.diff(share[:4]) <= 0).all()
    assert (np.diff(share[3:7]) >= 0).all()
    assert share[1] < 0.6  # planted: flat colours would be 1


def test_phases_differ_in_lightness_also_turned_over() -> None:
    light = sorted(
        np.dot(to_rgb(COLOURS[name]), (0.2126, 0.7152, 0.0722))
        for name in ("collapsed", "ordered", "chaotic", "unbounded")
    )
    assert np.diff(light).min() > 0.08


def test_marks_lie_in_place_and_those_without_bias_in_the_strip() -> None:
    (axes,) = _map().axes
    places = {
        line.get_marker(): (_x(line)[0], _y(line)[0])
        for line in axes.lines
        if line.get_linestyle() == "None"
    }
    assert places["*"] == (1.1, 0.5)
    assert places["o"] == (1.0, 0.5)
    assert places["^"][0] == 1.4
    low, high = axes.images[1].get_extent()[2:]
    assert low < places["^"][1] < high


def test_the_line_is_dashed_where_it_pushes_away_and_has_no_gap() -> None:
    (axes,) = _map().axes
    inked = [one for one in axes.lines if one.get_color() == INK]  # others are their halos
    lines = {one.get_linestyle(): one for one in inked if one.get_linestyle() != "None"}
    away, stable = (np.asarray(lines[style].get_ydata(), float) for style in ("--", "-"))
    drawn = [np.flatnonzero(np.isfinite(y)) for y in (away, stable)]
    assert drawn[0].tolist() == list(range(11))
    assert drawn[1].tolist() == list(range(10, 21))


@every_canvas
@pytest.mark.parametrize(("count", "columns"), [(4, {1, 2}), (7, {3, 5})])
def test_the_sheet_has_a_diagram_for_each(canvas: str, count: int, columns: set[int]) -> None:
    names = [f"a{i}" for i in range(count)]
    figure = phase_sheet(
        pd.concat([_table(name) for name in names]),
        canvas=CANVASES[canvas],
        line=pd.concat([_line(name) for name in names]),
        marks=pd.concat([_marks(name) for name in names]),
        titles={name: name.upper() for name in names},
        labels={"he": "He"},
    )
    shown = [axes for axes in figure.axes if axes.get_visible()]
    place = shown[0].get_subplotspec()
    assert place is not None
    assert place.get_gridspec().ncols in columns
    assert [axes.get_title() for axes in shown] == [name.upper() for name in names]
    assert {len(axes.images) for axes in shown} == {2}
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words == ["collapsed", "ordered", "chaotic", "He"]


@every_canvas
def test_scales_are_the_rows_of_the_table(canvas: str) -> None:
    w = np.linspace(0.1, 2, 20)
    table = pd.DataFrame(
        {"sigma_b": 0.25, "sigma_w": w, "phase": np.where(w < 1, "ordered", "chaotic"),
         "xi_q": w, "xi_c": np.where(w < 1, 10 * w, np.nan)}
    )  # fmt: skip
    figure = depth_scales(table, canvas=CANVASES[canvas], depth=50, marked=[(1.2, "here")])
    (axes,) = figure.axes
    curves = [line for line in axes.lines if len(_x(line)) == 20]
    for curve, column in zip(curves, ("xi_q", "xi_c"), strict=True):
        np.testing.assert_array_equal(curve.get_ydata(), table[column])
    words = [text.get_text() for text in axes.texts]
    assert words == ["ordered", "chaotic", "here"]
    assert axes.get_xlabel() == "σ_w, at σ_b = 0.25"


def test_gains_stand_in_the_row_of_their_activation() -> None:
    table = pd.DataFrame({"activation": ["a", "b"], **{key: [1.5, math.nan] for key in SERIES}})
    figure = gain_chart(table, canvas=CANVASES["page"], titles={"b": "B", "a": "A"})
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["B", "A"]
    points = [line for line in axes.lines if line.get_linestyle() == "None"]
    assert len(points) == len(SERIES)
    for line in points:
        assert _x(line)[1] == 1.5
        assert math.isnan(_x(line)[0])
