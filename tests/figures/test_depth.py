"""Tests of depth profiles: their intervals, also those that reach 0, and the theory."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from saturation_lab.figures import CANVASES, depth_profile
from saturation_lab.figures.theme import theme


@pytest.mark.parametrize("low", [0.5, 0.0, -3.0])
def test_an_interval_that_reaches_zero_leaves_a_logarithmic_axis_its_decades(low: float) -> None:
    table = pd.DataFrame(
        {
            "study": "one",
            "layer": [1, 2],
            "quantity": "square",
            "estimate": [1.0, 0.01],
            "low": [low, 0.009],
            "high": [3.0, 0.011],
            "predicted": math.nan,
        }
    )
    with theme(CANVASES["page"]):
        figure = depth_profile(
            table,
            canvas=CANVASES["page"],
            titles={"one": "One"},
            quantities={"square": "Square"},
            logarithmic=True,
        )
        figure.draw_without_rendering()
    bottom, top = figure.axes[0].get_ylim()
    assert 1e-4 < bottom < 0.01
    assert 3 < top < 100


def _lines(predicted: list[float]) -> tuple[list[list[float]], list[str]]:
    """Return the heights of a figure's lines (not points) and what its legend says."""
    table = pd.DataFrame(
        {
            "study": "one",
            "layer": [1, 2, 3],
            "quantity": "share",
            "estimate": [0.5, 0.4, 0.3],
            "low": [0.4, 0.3, 0.2],
            "high": [0.6, 0.5, 0.4],
            "predicted": predicted,
        }
    )
    canvas = CANVASES["phone"]
    with theme(canvas):
        figure = depth_profile(
            table,
            canvas=canvas,
            titles={"one": "One"},
            quantities={"share": "Share"},
            logarithmic=False,
            percent=True,
        )
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() == "-"]
    heights = [np.asarray(line.get_ydata(), dtype=float) for line in lines]
    known = [y[np.isfinite(y)].round(9).tolist() for y in heights]
    return [y for y in known if y], [text.get_text() for text in figure.legends[0].get_texts()]


def test_theory_is_a_line_in_the_units_of_the_points() -> None:
    assert _lines([0.5, 0.41, 0.33]) == ([[50.0, 41.0, 33.0]], ["One", "theory (n → ∞)"])


def test_without_theory_there_is_no_line_and_no_word_of_it() -> None:
    assert _lines([math.nan] * 3) == ([], ["One"])
    assert _lines([0.5, 0.41, math.nan])[0] == [[50.0, 41.0]]
