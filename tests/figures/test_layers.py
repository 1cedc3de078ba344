"""Tests of layer curves: their heights are those that the axis states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from saturation_lab.figures import CANVASES, heights, layer_decades, shares
from saturation_lab.figures.layer_curves import layer_curves
from saturation_lab.figures.theme import theme


def _table(counts: list[int], low: float, high: float, *, beyond: int = 0) -> pd.DataFrame:
    edges = np.linspace(low, high, len(counts) + 1)
    return pd.DataFrame(
        {
            "study": "one",
            "layer": 1,
            "left": [-np.inf, *edges, np.nan],
            "right": [*edges, np.inf, np.nan],
            "count": [0, *counts, beyond, beyond],
        }
    )


@pytest.mark.parametrize("bins", [200, 400, 1000])
def test_the_height_at_zero_is_the_0_peak(bins: int) -> None:
    values = np.random.default_rng(0).normal(0, 0.2, 20_000)
    counts, _ = np.histogram(values, bins=bins, range=(-1, 1))
    found = heights(_table(counts.tolist(), -1, 1))
    at_zero = found["height"].to_numpy()[np.abs(found["x"].to_numpy()).argmin()]
    assert at_zero == pytest.approx(100 * np.mean(np.abs(values) < 1 / 100), abs=1e-9)


def test_values_beyond_the_axis_and_nan_are_part_of_the_whole() -> None:
    found = shares(_table([1, 1], -1, 1, beyond=3))
    assert found["share"].tolist() == [1 / 8, 1 / 8]


@pytest.mark.parametrize("draw", [layer_curves, layer_decades])
def test_panels_reach_as_high_as_the_tallest_of_them(draw: Callable[..., Figure]) -> None:
    flat, steep = _table([1] * 200, -1, 1), _table([0] * 90 + [1] * 20 + [0] * 90, -1, 1)
    both = pd.concat([flat, steep.assign(study="other")], ignore_index=True)
    canvas = CANVASES["page"]
    with theme(canvas):
        figure = draw(both, canvas=canvas, titles={"one": "One", "other": "Other"}, label="a")
    for axes in figure.axes:
        drawn = max(np.max(np.asarray(line.get_ydata())) for line in axes.get_lines())
        assert axes.get_ylim()[0] == 0
        assert axes.get_ylim()[1] > drawn
