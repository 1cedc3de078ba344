"""Tests that shares and percentiles are those of every single value, also at marks and in ties."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab.statistics import Axis, ruler_of
from saturation_lab.statistics.tally import tally

Array = NDArray[Any]

AXES = (Axis(low=-3.0, high=3.0, bins=200), Axis(low=-300.0, high=300.0, bins=400, scale=3e-6))

ROWS: dict[str, Array] = {
    "normal": np.random.default_rng(1).standard_normal((3, 5000)),
    "saturated": np.tanh(30 * np.random.default_rng(2).standard_normal((2, 5000))),
    "half of it zero": np.maximum(np.random.default_rng(3).standard_normal((2, 5000)), 0),
    "an edge in long runs": np.concatenate([np.full((2, 4096), -3.0), np.ones((2, 904))], axis=1),
    "two values": np.random.default_rng(4).integers(2, size=(3, 999)).astype(float),
    "constant": np.full((1, 100), 0.3),
    "one value": np.array([[2.5]]),
    "beyond all edges": 1e6 + np.random.default_rng(5).standard_normal((2, 3000)),
    "rising and falling": np.concatenate([np.arange(2000.0), np.arange(2000.0)[::-1]])[None],
}

both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])
every_row = pytest.mark.parametrize("name", ROWS)


@both_dtypes
@every_row
def test_percentiles_are_those_of_numpy(name: str, dtype: str) -> None:
    rows = ROWS[name].astype(dtype)
    for asked in ((2, 98), (0, 50, 100), (37.5,)):
        expected = np.percentile(rows.astype(np.float64), asked, axis=1).T
        assert tally(rows, AXES).percentiles(asked) == pytest.approx(
            expected, rel=1e-14, abs=1e-300
        )


@pytest.mark.parametrize("mark", [0.1, 0.3, 0.7, 2.18, 0.5, 1e-3])
@both_dtypes
def test_shares_are_exact_for_values_on_a_mark_and_next_to_it(dtype: str, mark: float) -> None:
    on = np.array([mark, -mark], dtype)
    up, down = (np.nextafter(on, on.dtype.type(end)) for end in (np.inf, -np.inf))
    rows = np.concatenate([on, on, up, down, [0.0]])[None].astype(dtype)
    found, exact = tally(rows, AXES, (mark, -mark)), rows.astype(np.float64)
    assert found.share_below(-mark) == (exact < -mark).mean()
    assert found.share_above(mark) == (exact > mark).mean()
    assert found.share_within(mark) == (np.abs(exact) <= mark).mean()


def test_a_mark_rounded_to_float32_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def rounded(mark: float, dtype: np.dtype[Any]) -> Array:
        least = np.array([mark]).astype(dtype)
        return np.concatenate([least, np.nextafter(least, dtype.type(np.inf))])

    ruler_of.cache_clear()
    monkeypatch.setattr("saturation_lab.statistics.ruler._around", rounded)
    rows = np.array([[0.1, -0.1]], np.float32)
    assert tally(rows, AXES, (0.1,)).share_above(0.1) != 0.5
    ruler_of.cache_clear()


def test_a_network_that_is_not_finite_has_no_percentiles_and_spoils_no_other() -> None:
    rows = ROWS["normal"].copy()
    rows[1, 7] = np.nan
    found = tally(rows, AXES).percentiles((2, 98))
    assert np.isnan(found[1]).all()
    assert np.array_equal(found[[0, 2]], tally(rows[[0, 2]], AXES).percentiles((2, 98)))


def test_of_no_values_nothing_is_said() -> None:
    assert np.isnan(tally(np.zeros((2, 0)), AXES).percentiles((2, 98))).all()
