"""Tests of the heat maps: the numbers of their table, and the meaning of the colours."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from saturation_lab.figures import CANVASES, GRID, PANELS
from saturation_lab.figures.heat_maps import heat_maps
from saturation_lab.figures.theme import theme

ROWS = [("Sigmoid", "Lecture"), ("Sigmoid", "He"), ("ReLU", "Lecture")]
VALUES: Mapping[str, list[list[float]]] = {
    "std_z": [[2.4, 2.4], [1.0, 0.03], [100.0, 1e-9]],
    "input_share": [[0.5, 0.001], [1.0, 0.0], [0.25, 0.25]],
    "log_gradient_ratio": [[-3.6, 0.0], [-15.0, 0.0], [0.3, 0.0]],
    "saturated_share": [[0.07, 0.08], [math.nan, math.nan], [0.5, 0.5]],
}


def _table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"block": block, "row": row, "layer": layer, "quantity": quantity, "value": value}
            for quantity, rows in VALUES.items()
            for (block, row), values in zip(ROWS, rows, strict=True)
            for layer, value in enumerate(values, 1)
        ]
    )


def _drawn(canvas: str) -> Figure:
    with theme(CANVASES[canvas]):
        return heat_maps(_table(), canvas=CANVASES[canvas])


def _maps(figure: Figure) -> dict[str, Axes]:
    axes = [a for a in figure.axes if a.yaxis_inverted()]  # and no colour bars
    return {panel.quantity: a for panel, a in zip(PANELS, axes, strict=True)}


def _cell(axes: Axes, layer: int, place: int) -> Rectangle:
    (found,) = (
        patch
        for patch in axes.patches
        if isinstance(patch, Rectangle) and patch.get_xy() == (layer - 0.5, place - 0.5)
    )
    return found


# over each block stands its name: rows are at places 1 and 2, and 4
PLACES = (1, 2, 4)


@pytest.mark.parametrize("canvas", CANVASES)
def test_every_value_has_its_cell(canvas: str) -> None:
    maps = _maps(_drawn(canvas))
    for quantity, axes in maps.items():
        cells = [p for p in axes.patches if isinstance(p, Rectangle)]
        assert len(cells) == np.size(VALUES[quantity])
        assert {"Sigmoid", "ReLU"} <= {t.get_text() for t in axes.texts}
    left = maps["std_z"].get_yticklabels()
    assert [t.get_text() for t in left] == ["Lecture", "He", "Lecture"]


def test_numbers_stand_where_they_belong() -> None:
    maps = _maps(_drawn("page"))
    expected = {
        "std_z": [["2.4", "2.4"], ["1.0", "3e−2"], ["1e2", "1e−9"]],
        "input_share": [["50", "0.1"], ["100", "0"], ["25", "25"]],
        "log_gradient_ratio": [["−3.6", "0.0"], ["−15", "0.0"], ["0.3", "0.0"]],
        "saturated_share": [["7", "8"], [], ["50", "50"]],
    }
    for quantity, rows in expected.items():
        texts = {t.get_position(): t.get_text() for t in maps[quantity].texts}
        for place, row in zip(PLACES, rows, strict=True):
            assert [texts[n, place] for n in (1, 2) if (n, place) in texts] == row


def test_the_middle_colour_is_no_change_and_the_scale_is_symmetric() -> None:
    maps = _maps(_drawn("page"))
    middle = sns.color_palette("vlag", as_cmap=True)
    std = maps["std_z"]
    assert _cell(std, 1, 2).get_facecolor() == middle(0.5)  # Std z of 1
    assert _cell(std, 1, 4).get_facecolor() == middle(1.0)  # 100 and
    assert _cell(std, 2, 4).get_facecolor() == middle(0.0)  # 1e-9 are at the ends
    gradient = maps["log_gradient_ratio"]
    assert _cell(gradient, 2, 1).get_facecolor() == middle(0.5)
    assert _cell(gradient, 1, 2).get_facecolor() == middle(0.0)
    one_hue = sns.color_palette("mako_r", as_cmap=True)
    assert _cell(maps["input_share"], 1, 2).get_facecolor() == one_hue(1.0)


def test_undefined_cells_are_hatched_and_said() -> None:
    figure = _drawn("phone")
    cells = _maps(figure)["saturated_share"]
    for layer in (1, 2):
        cell = _cell(cells, layer, 2)
        assert cell.get_hatch()
        assert cell.get_facecolor() == to_rgba(GRID)
    assert not _cell(cells, 1, 1).get_hatch()
    assert [t.get_text() for legend in figure.legends for t in legend.get_texts()] == ["undefined"]


def test_numbers_that_do_not_fit_are_left_out() -> None:
    one = _table()
    table = pd.concat([one.assign(layer=one["layer"] + 2 * n) for n in range(20)])
    with theme(CANVASES["phone"]):
        figure = heat_maps(table, canvas=CANVASES["phone"])
    for axes in _maps(figure).values():
        assert {text.get_text() for text in axes.texts} == {"Sigmoid", "ReLU"}


def test_a_slide_keeps_its_shape_and_a_page_grows_with_its_rows() -> None:
    assert _drawn("talk").get_size_inches().tolist() == [13.333, 7.5]
    one = _table()
    more = pd.concat([one.assign(block=one["block"] + str(n)) for n in range(9)])
    with theme(CANVASES["page"]):
        taller = heat_maps(more, canvas=CANVASES["page"])
    assert taller.get_size_inches()[1] > 2 * _drawn("page").get_size_inches()[1]
