"""Tests of the spectrum: the counts, and the law drawn for comparison."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import trapezoid

from saturation_lab.figures import CANVASES, densities, quarter_circle, shares, singular_values
from saturation_lab.figures.theme import theme

BINS = 400


def histogram_of(values: np.ndarray, *, high: float = 3.0) -> pd.DataFrame:
    counts, edges = np.histogram(values, bins=BINS, range=(0, high))
    rows = {"left": edges[:-1], "right": edges[1:], "count": counts}
    return pd.DataFrame({"study": "one", "layer": 1, "quantity": "singular_value", **rows})


@pytest.fixture
def table() -> pd.DataFrame:
    weights = np.random.default_rng(1).normal(size=(600, 600)) / np.sqrt(600)
    return histogram_of(0.7 * np.linalg.svd(weights, compute_uv=False))


def test_densities_hold_every_value_and_no_more(table: pd.DataFrame) -> None:
    found = densities(table)
    assert len(found) == 50
    assert (found["density"] * 3.0 / 50).sum() == pytest.approx(1, rel=1e-12)
    left = table["count"][: BINS // 50].sum()
    assert found["density"].iloc[0] == pytest.approx(left / 600 / (3.0 / 50), rel=1e-12)


def test_the_quarter_circle_is_a_density_and_that_of_a_normal_matrix(table: pd.DataFrame) -> None:
    s, p = quarter_circle(shares(table))
    assert trapezoid(p, s) == pytest.approx(1, abs=1e-3)
    assert trapezoid(s**2 * p, s) == pytest.approx(0.7**2, rel=0.01)
    assert s[-1] == pytest.approx(2 * 0.7, rel=0.01)
    found = densities(table)
    inner = found["x"].to_numpy() < 1.2  # the edge of so small a matrix is blurred
    measured, middle = (found[name].to_numpy()[inner] for name in ("density", "x"))
    # the count in a bin varies by about 0.6 (singular values repel): 5 standard errors
    apart = 3 / 600 / 0.06
    assert np.abs(measured - np.interp(middle, s, p)).max() < apart
    wider = np.interp(middle, 1.1 * s, p / 1.1)
    assert np.abs(measured - wider).max() > apart


def test_a_curve_ends_where_the_values_do(table: pd.DataFrame) -> None:
    canvas = CANVASES["page"]
    with theme(canvas):
        (axes,) = singular_values(table, canvas=canvas, titles={"one": "One"}).axes
    curve, circle = axes.lines
    ends = [float(np.max(line.get_xdata())) for line in (curve, circle)]
    assert ends == pytest.approx([1.4, 1.4], abs=0.1)
    assert axes.get_xlim() == (0, 3)
