"""Tests of answers: what an interval confirms, and how many networks would decide."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saturation_lab.inference import Interval, Region, Verdict, mean_interval
from saturation_lab.inference.answer import answer

CLOSED, BELOW, ABOVE = Region(low=0.7, high=0.9), Region(high=0.0), Region(low=math.log(2))


def _interval(estimate: float, se: float) -> Interval:
    return Interval(
        estimate=estimate, se=se, low=estimate - 2 * se, high=estimate + 2 * se, networks=30
    )


def _wider(region: Region, by: float) -> Region:
    return Region(low=region.low - by, high=region.high + by)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.floats(-2, 2), st.floats(1e-4, 1), st.sampled_from([CLOSED, BELOW, ABOVE]))
def test_what_is_confirmed_would_hold_and_nothing_narrower(
    estimate: float, se: float, region: Region
) -> None:
    found = answer(_interval(estimate, se), region)
    assert _wider(found.confirmed, 1e-9).decide(found.interval) is Verdict.HOLDS
    assert _wider(found.confirmed, -1e-9).decide(found.interval) is not Verdict.HOLDS
    inside = found.confirmed.low > region.low or found.confirmed.high < region.high
    assert inside == (found.verdict is Verdict.HOLDS)
    json.dumps(found.to_json(), allow_nan=False)
    assert "\n" not in found.sentence


@pytest.mark.parametrize(
    ("region", "truth"), [(CLOSED, 0.75), (BELOW, -0.05), (BELOW, 0.06), (ABOVE, math.log(2.1))]
)
def test_the_networks_that_would_decide_do(region: Region, truth: float) -> None:
    # planned at 90 % power: of 1,000 studies 871 to 929 decide (3 Monte Carlo errors)
    spread = 0.2
    found = answer(_interval(truth, spread / math.sqrt(30)), region)
    assert found.verdict is Verdict.UNDECIDED
    count = found.networks_to_decide
    assert count is not None
    rng = np.random.default_rng(7)
    decided = [
        region.decide(mean_interval(values)) is not Verdict.UNDECIDED
        for values in rng.normal(truth, spread, (1000, count))
    ]
    assert 0.871 < np.mean(decided) < 0.929


def test_the_networks_that_would_decide_are_those_of_the_intervals_own_level() -> None:
    found = _interval(0.06, 0.04)
    one_look = replace(found, level=1 - 0.05 / 8)
    counts = [answer(x, BELOW).networks_to_decide for x in (found, one_look)]
    # ((t + 1.28) s/d)² with t of 1.96 and of 2.73
    assert counts[0] is not None
    assert counts[1] == pytest.approx(((2.73 + 1.28) / (1.96 + 1.28)) ** 2 * counts[0], rel=0.05)


def test_sentences() -> None:
    some = _interval(0.8, 0.06)
    assert answer(some, CLOSED).sentence == (
        "undecided: mean = 0.800 (standard error 0.060), 95 % confidence interval [0.680, 0.920], "
        "from 30 networks; required: between 0.700 and 0.900; the smallest margin around 0.800 "
        "that the data confirm is 0.120; about 143 networks would be needed to decide"
    )
    assert answer(some, BELOW).sentence.endswith(
        "required: below 0; the data show only that it is below 0.920"
    )
    nothing = Interval(estimate=0.8, se=math.nan, low=math.nan, high=math.nan, networks=1)
    said = answer(nothing, ABOVE).sentence
    assert said == "undecided: mean has no confidence interval (1 network)"
    json.dumps(answer(nothing, ABOVE).to_json(), allow_nan=False)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.floats(-2, 2), st.floats(1e-4, 1))
def test_an_interval_is_printed_as_wide_as_it_is_or_wider(estimate: float, se: float) -> None:
    # otherwise the confirmed bound could contradict the interval printed with it
    found = _interval(estimate, se)
    low, high = (
        float(end.replace("\N{MINUS SIGN}", "-").replace(" × 10", "e").translate(_PLAIN))
        for end in found.ends.strip("[]").split(", ")
    )
    assert low <= found.low + 1e-9 * se
    assert high >= found.high - 1e-9 * se
    assert high - low <= 1.1 * (found.high - found.low)


_PLAIN = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
