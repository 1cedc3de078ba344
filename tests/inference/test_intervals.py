"""Tests that intervals over networks cover as stated, and that verdicts follow from them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from saturation_lab.inference import (
    Interval,
    Region,
    Verdict,
    mean_interval,
    mean_intervals,
    spread_interval,
)


def test_interval_is_students() -> None:
    values = np.random.default_rng(0).normal(3, 2, 12)
    interval = mean_interval(values)
    low, high = stats.t.interval(0.95, 11, values.mean(), stats.sem(values))
    assert interval.low == pytest.approx(low, rel=1e-12)
    assert interval.high == pytest.approx(high, rel=1e-12)
    assert interval.se == pytest.approx(stats.sem(values), rel=1e-12)


def _coverage(factor: float) -> float:
    values = np.random.default_rng(1).normal(1, 1, (6, 40_000))
    _, _, low, high = mean_intervals(values)
    half = factor * (high - low) / 2
    middle = (high + low) / 2
    return float(np.mean((middle - half < 1) & (middle + half > 1)))


def test_coverage_of_normal_replicates() -> None:
    # 40,000 studies of 6: the Monte Carlo error is 0.0011; 5 of them, false alarm 6e-7
    assert abs(_coverage(1.0) - 0.95) < 5 * 0.0011


def test_a_normal_quantile_in_place_of_students_is_seen() -> None:
    assert abs(_coverage(1.96 / 2.571) - 0.95) > 5 * 0.0011


def test_one_network_has_no_interval() -> None:
    interval = mean_interval([2.0])
    assert interval.estimate == 2.0
    assert math.isnan(interval.low)
    assert Region().decide(interval) is Verdict.UNDECIDED


def test_what_is_not_finite_defines_nothing() -> None:
    assert math.isnan(mean_interval([1.0, math.inf, 2.0]).estimate)
    assert math.isnan(mean_interval([1.0, math.nan, 2.0]).low)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.1, 0.9, Verdict.HOLDS),
        (-0.1, 0.5, Verdict.UNDECIDED),
        (0.5, 1.5, Verdict.UNDECIDED),
        (-2.0, -1.0, Verdict.FAILS),
        (1.5, 2.0, Verdict.FAILS),
        (-3.0, 3.0, Verdict.UNDECIDED),
    ],
)
def test_three_ways_to_answer(low: float, high: float, verdict: Verdict) -> None:
    interval = Interval(estimate=(low + high) / 2, se=1, low=low, high=high, networks=9)
    assert Region(low=0.0, high=1.0).decide(interval) is verdict


def test_map_keeps_the_ends() -> None:
    mapped = mean_interval([0.0, 1.0, 2.0]).map(math.exp)
    assert mapped.estimate == pytest.approx(math.e)
    assert mapped.low < mapped.estimate < mapped.high
    assert math.isnan(mapped.se)


def test_spread_is_the_jackknife_of_its_logarithm() -> None:
    x = np.random.default_rng(0).standard_normal(12)
    logs = [math.log(np.delete(x, i).var(ddof=1)) for i in range(12)]
    pseudo = mean_interval(12 * math.log(x.var(ddof=1)) - 11 * np.array(logs))
    found = spread_interval(x)
    assert found.estimate == pytest.approx(x.std(ddof=1))
    assert math.log(found.high / found.low) == pytest.approx((pseudo.high - pseudo.low) / 2)
    assert math.sqrt(found.low * found.high) == pytest.approx(found.estimate)


def test_interval_of_a_spread_covers_it() -> None:
    # 30 normal values: 94 %, 4 standard errors of 1,500 repetitions are 2.4 %
    rng = np.random.default_rng(1)
    found = [spread_interval(rng.normal(5, 3, 30)) for _ in range(1500)]
    covered = np.mean([one.low <= 3 <= one.high for one in found])
    assert abs(covered - 0.94) < 0.024
    beside = np.mean([one.low <= 3 / 1.4 <= one.high for one in found])
    assert beside < 0.4  # a planted fault


@pytest.mark.parametrize("values", [[1.0], [1.0, 2.0], [2.0, 2.0, 2.0], [1.0, 1.0, 2.0]])
def test_a_spread_of_too_little_has_no_interval(values: list[float]) -> None:
    found = spread_interval(values)
    assert math.isnan(found.low)
    assert found.networks == len(values)
