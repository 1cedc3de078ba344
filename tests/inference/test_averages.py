"""Tests that each average over networks gets an interval that it can have, or none.

Coverages are counted in 2,000 simulated studies with fixed seeds; a band of 3.3 Monte Carlo errors
about 95 % is missed by chance in 1 of 1,000 seeds.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from saturation_lab.inference import (
    COCHRAN,
    Average,
    Basis,
    Known,
    average,
    averages,
    mean_interval,
)

Float64 = NDArray[np.float64]
STUDIES, SIZE = 2000, 30
SLACK = 3.3 * math.sqrt(0.95 * 0.05 / STUDIES)
SIZES = Known(size=True)


def _covered(low: Any, high: Any, truth: float) -> float:
    return float(np.mean((low <= truth) & (truth <= high)))


def _relu(width: int, depth: int, *, seed: int, size: int = SIZE) -> Float64:
    """Return studies of mean squares under He's rule: products of χ² of random degrees over n/2."""
    rng = np.random.default_rng(seed)
    total = np.ones((size, STUDIES))
    for _ in range(depth):
        active = rng.binomial(width, 0.5, total.shape)
        square = 2 * rng.gamma(np.maximum(active, 1) / 2) * (active > 0)
        total *= square / (width / 2)
    return total


def test_a_mean_of_small_scatter_has_the_interval_of_student() -> None:
    x = np.exp(np.random.default_rng(1).normal(0, 0.2, 30))
    found = average(x, SIZES)
    plain = mean_interval(x)
    assert found.basis is Basis.T
    assert (found.mean.estimate, found.mean.se) == (plain.estimate, plain.se)
    assert (found.mean.low, found.mean.high) == (plain.low, plain.high)
    assert found.typical.low < np.exp(np.log(x).mean()) < found.typical.high
    assert found.spread == tuple(np.quantile(x, [0.05, 0.95]))
    assert found.beta == pytest.approx(np.log(x).var(ddof=1), rel=1e-12)
    assert not found.reason


def test_a_heavy_law_has_no_interval_of_a_mean_unless_it_is_known() -> None:
    x = np.exp(np.random.default_rng(2).normal(0, 2.0, 30))
    found = average(x, SIZES)
    assert found.basis is Basis.WITHHELD
    assert math.isnan(found.mean.low)
    assert math.isnan(found.mean.se)
    assert found.mean.estimate == x.mean()
    assert found.reason.startswith("the law over networks is too heavy for a mean of 30 networks")
    known = average(x, Known(size=True, beta=4.0, log_gap=2.0))
    assert known.basis is Basis.LAW
    assert known.mean.estimate == pytest.approx(math.exp(2.0) * known.typical.estimate, rel=1e-12)
    assert known.mean.low == pytest.approx(math.exp(2.0) * known.typical.low, rel=1e-12)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["low"] is None
    assert data["typical"] > 0
    assert data["reason"] == found.reason


def test_the_exact_beta_decides_where_it_is_known() -> None:
    x = np.exp(np.random.default_rng(3).normal(0, 0.2, 30))
    assert average(x, Known(size=True, beta=0.2, log_gap=0.1)).basis is Basis.LAW
    y = np.exp(np.random.default_rng(3).normal(0, 0.6, 30))
    assert average(y, Known(size=True, beta=0.09, log_gap=0.045)).basis is Basis.T


@pytest.mark.parametrize("beta", [0.05, 0.3, 1.0])
def test_enough_networks_are_25_times_the_squared_skewness(beta: float) -> None:
    skewness = float(stats.lognorm(math.sqrt(beta)).stats("s"))
    needed = COCHRAN * skewness**2
    found = average([1.0, 2.0, 3.0], Known(size=True, beta=beta, log_gap=beta / 2))
    assert found.needed == pytest.approx(needed, rel=1e-9)
    for count in (math.floor(needed), math.ceil(needed)):
        x = np.ones(max(count, 2)) * [[1.0]]
        basis = average(x[0], Known(size=True, beta=beta, log_gap=beta / 2)).basis
        assert (basis is Basis.T) == (count >= needed or beta <= 0.1)


def test_zeros_add_to_the_skewness() -> None:
    alive, beta = 0.7, 0.3
    x = np.repeat([0.0, 1.0], [3, 7])
    found = average(x, Known(size=True, beta=beta, log_gap=0.0))
    moments = [alive * math.exp(k * k * beta / 2) for k in (1, 2, 3)]
    variance = moments[1] - moments[0] ** 2
    third = moments[2] - 3 * moments[0] * moments[1] + 2 * moments[0] ** 3
    assert found.needed == pytest.approx(COCHRAN * third**2 / variance**3, rel=1e-9)
    assert found.zeros == 3
    assert found.typical.networks == 7


@pytest.mark.parametrize(("width", "depth"), [(10, 5), (10, 50), (100, 50)])
def test_intervals_cover_narrow_and_deep_networks(width: int, depth: int) -> None:
    x = _relu(width, depth, seed=width + depth)
    logs = np.log(x[x > 0])
    alive = (1 - 0.5**width) ** depth
    typical, gap = math.exp(logs.mean()), -logs.mean()  # the mean is exactly 1
    heavy = averages(x, SIZES)
    # the skewed logarithms of a few narrow layers cost up to one percentage point
    assert abs(_covered(heavy.typical_low, heavy.typical_high, typical) - 0.945) < SLACK + 0.005
    assert (heavy.basis == Basis.WITHHELD.value).mean() > 0.99
    exact = averages(x, Known(size=True, beta=logs.var(), log_gap=gap))
    assert (exact.basis == Basis.LAW.value).all()
    assert abs(_covered(exact.low, exact.high, 1.0) - 0.945) < SLACK + 0.005
    assert np.mean(x > 0) == pytest.approx(
        alive, abs=5 * math.sqrt(alive * (1 - alive) / x.size) + 1e-12
    )
    # planted: Student's t on the mean itself
    plain = averages(x)
    assert _covered(plain.low, plain.high, 1.0) < 0.9


@pytest.mark.parametrize(("beta", "size"), [(0.05, 10), (0.1, 30), (0.3, 100)])
def test_a_mean_that_is_shown_covers(beta: float, size: int) -> None:
    x = np.exp(np.random.default_rng(size).normal(-beta / 2, math.sqrt(beta), (size, STUDIES)))
    found = averages(x, SIZES)
    shown = found.basis == Basis.T.value
    wrong = shown & ~((found.low <= 1) & (found.high >= 1))
    assert wrong.mean() < 0.07
    assert shown.mean() > 0.4


@pytest.mark.parametrize("size", [10, 30, 100])
@pytest.mark.parametrize("width", [10, 50, 100])
@pytest.mark.parametrize("gain", [0.45, 0.6, 1.0])
def test_shares_near_0_and_1_cover(width: int, size: int, gain: float) -> None:
    """Saturated units of tanh in layer 1: each unit is beyond 2.178 independently."""
    share = 2 * stats.norm.sf(2.1783 / gain)
    rng = np.random.default_rng(width + size)
    x = rng.binomial(width, share, (size, STUDIES)) / width
    known = Known(units=width, counted=width)
    found = averages(x, known)
    assert _covered(found.low, found.high, share) > 0.95 - SLACK
    mirrored = averages(1 - x, known)
    assert _covered(mirrored.low, mirrored.high, 1 - share) > 0.95 - SLACK
    # not absurdly wide: no wider than twice the exact interval of all units, and a bit
    most = stats.binomtest(round(x.mean() * size * width), size * width).proportion_ci()
    assert np.median(found.high - found.low) < 2.5 * (most.high - most.low)


def test_student_on_a_share_near_0_is_the_planted_fault() -> None:
    x = np.random.default_rng(4).binomial(50, 1.25e-4, (SIZE, STUDIES)) / 50
    plain, found = averages(x), averages(x, Known(units=50, counted=50))
    assert _covered(plain.low, plain.high, 1.25e-4) < 0.3
    assert _covered(found.low, found.high, 1.25e-4) > 0.95
    empty = (x == 0).all(axis=0)
    assert empty.mean() > 0.7
    exact = stats.binomtest(0, SIZE * 50).proportion_ci()  # Clopper and Pearson
    assert found.high[empty] == pytest.approx(np.full(empty.sum(), exact.high), rel=1e-9)
    assert not found.low[empty].any()


def test_networks_that_scatter_more_than_units_widen_the_interval_of_a_share() -> None:
    rng = np.random.default_rng(5)
    own = rng.beta(2, 2, (SIZE, STUDIES))  # the share of each network, which all units follow
    x = rng.binomial(100, own) / 100
    found = averages(x, Known(units=100, counted=10_000))
    covered = _covered(found.low, found.high, 0.5)
    assert 0.95 - SLACK < covered < 0.98
    plain = averages(x)
    assert np.median((found.high - found.low) / (plain.high - plain.low)) < 1.06
    # planted: all units as independent values
    error = np.sqrt(x.mean(axis=0) * (1 - x.mean(axis=0)) / (100 * SIZE))
    assert np.mean(np.abs(x.mean(axis=0) - 0.5) < 1.96 * error) < 0.4


def test_many_examples_of_few_units_do_not_narrow_an_interval_without_scatter() -> None:
    (few, many) = (
        average(np.zeros(30), Known(units=50, counted=counted)) for counted in (50, 5000)
    )
    assert few.mean.high == many.mean.high > 0.002


def test_places_of_one_sign_are_sizes() -> None:
    x = -np.exp(np.random.default_rng(6).normal(0, 1.0, 12))
    found, mirrored = average(x, Known(place=True)), average(-x, SIZES)
    assert found.basis is Basis.WITHHELD
    assert found.typical.estimate == -mirrored.typical.estimate
    assert (found.typical.low, found.typical.high) == (
        -mirrored.typical.high,
        -mirrored.typical.low,
    )
    for values in (x[:9], np.append(x, 1.0)):  # too few, or both signs
        plain = average(values, Known(place=True))
        assert plain.basis is Basis.T
        assert math.isnan(plain.typical.estimate)


@pytest.mark.parametrize(
    ("values", "basis"),
    [
        ([1.0], Basis.NONE),
        ([1.0, math.nan, 2.0], Basis.NONE),
        ([1.0, math.inf, 2.0], Basis.NONE),
        ([2.0, 2.0, 2.0], Basis.T),
        ([0.0, 0.0, 0.0], Basis.WITHHELD),
        ([0.0, 0.0, 1.0], Basis.WITHHELD),
        ([1e300, 1e-300, 1.0, 1e200], Basis.WITHHELD),
    ],
)
def test_odd_values(values: list[float], basis: Basis) -> None:
    found: Average = average(values, SIZES)
    assert found.basis is basis
    assert "nan" not in json.dumps(found.to_json(), allow_nan=False)
    assert math.isnan(found.mean.low) == (basis is not Basis.T)


def test_arrays_are_averaged_column_by_column() -> None:
    x = 0.9 + 0.1 * np.random.default_rng(7).random((8, 3, 2))
    known = Known(size=[True, False], units=[[0, 0], [0, 9], [0, 0]], counted=9)
    found = averages(x, known)
    for layer in range(3):
        one = average(x[:, layer, 0], SIZES)
        ours, theirs = found.at(layer, 0).to_json(), one.to_json()
        assert ours.pop("basis") == theirs.pop("basis") == "t"
        assert ours == pytest.approx(theirs, rel=1e-12)
    assert found.at(1, 1).basis is Basis.BINOMIAL
    assert found.at(0, 1).mean.low == pytest.approx(average(x[:, 0, 1]).mean.low, rel=1e-12)
    assert all(column.shape == (3, 2) for column in found.columns.values())
