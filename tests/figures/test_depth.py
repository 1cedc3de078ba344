"""Do profiles show their intervals, those that reach down to 0 too?"""

from __future__ import annotations

import pandas as pd
import pytest

from saturation_lab.figures.depth import depth_profile
from saturation_lab.figures.theme import CANVASES, theme


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
