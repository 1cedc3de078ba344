"""Tests that the three verdicts follow from one interval, in one layer and in all layers."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from saturation_lab import InputError
from saturation_lab.inference import Interval, Replicates, Verdict, decide, default_margin
from saturation_lab.inference.equivalence import equivalence
from saturation_lab.inference.every_layer import every_layer


def _replicates(values: object) -> Replicates:
    array = np.asarray(values, dtype=np.float64)
    return Replicates(values=array, networks=np.arange(len(array)))


def _interval(estimate: float, se: float, networks: int = 30) -> Interval:
    half = 2.045 * se
    return Interval(
        estimate=estimate, se=se, low=estimate - half, high=estimate + half, networks=networks
    )


def test_holds_where_two_one_sided_tests_reject() -> None:
    rng = np.random.default_rng(3)
    low, high = math.expm1(-0.1), math.expm1(0.1)
    seen = set()
    for shift in np.linspace(0, 0.12, 40):
        r = rng.normal(shift, 0.15, 25)
        p, *_ = DescrStatsW(r).ttost_mean(low, high)
        found = equivalence(_replicates(r), margin=0.1).verdict
        assert (found is Verdict.HOLDS) == (p < 0.025)
        seen.add(found)
    assert {Verdict.HOLDS, Verdict.UNDECIDED} <= seen


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.floats(-1, 1), st.floats(1e-6, 1), st.floats(1e-3, 1))
def test_the_smallest_margin_is_where_holds_begins(x: float, se: float, margin: float) -> None:
    found = decide(_interval(x, se), margin=margin)
    assert decide(found.interval, margin=found.smallest_margin * 1.0001).verdict is Verdict.HOLDS
    assert decide(found.interval, margin=found.smallest_margin).verdict is not Verdict.HOLDS
    assert (found.verdict is Verdict.HOLDS) == (margin > found.smallest_margin)
    assert found.verdict is decide(_interval(-x, se), margin=margin).verdict
    assert "\n" not in found.sentence
    json.dumps(found.to_json(), allow_nan=False)


def test_the_networks_that_would_decide_do() -> None:
    # planned from the estimate, at 90 %: of 1,000 studies 871 to 929 decide (3 Monte Carlo errors)
    found = decide(_interval(0.03, 0.02), margin=0.06)
    assert found.verdict is Verdict.UNDECIDED
    count = found.networks_to_decide
    assert count is not None
    rng = np.random.default_rng(4)
    mean = math.expm1(0.03)
    draws = rng.normal(mean, (1 + mean) * 0.02 * math.sqrt(30), (1000, count))
    held = [equivalence(_replicates(r), margin=0.06).verdict for r in draws]
    assert 0.871 < np.mean([v is Verdict.HOLDS for v in held]) < 0.929


def test_too_close_to_the_margin() -> None:
    found = decide(_interval(0.055, 0.02), margin=0.06)
    assert found.networks_to_decide is None
    assert found.sentence.endswith("too close to the margin to decide")
    assert decide(_interval(0.0, 0.01), margin=0.06).networks_to_decide is None  # decided


def test_the_printed_margin_would_really_hold() -> None:
    found = equivalence(_replicates([0.01, -0.02, 0.005, 0.02]), margin=0.001)
    said = float(found.sentence.split("confirm is ")[1].split(";")[0])
    assert decide(found.interval, margin=said).verdict is Verdict.HOLDS


@pytest.mark.parametrize("margin", [0.0, -0.1, math.nan, math.inf, "wide"])
def test_margins_that_are_none_are_refused(margin: float) -> None:
    with pytest.raises(InputError, match=r"^margin: expected a finite number above 0"):
        equivalence(_replicates([0.0, 0.1]), margin=margin)


def test_ratios_below_nothing_are_refused() -> None:
    with pytest.raises(InputError, match=r"errors: expected .* at least -1, got -1\.1"):
        equivalence(_replicates([0.0, -1.1]), margin=0.1)


def test_edges() -> None:
    assert equivalence(_replicates([0.0, 0.0]), margin=0.1).verdict is Verdict.HOLDS
    assert equivalence(_replicates([1.0, 1.0]), margin=0.1).verdict is Verdict.FAILS
    gone = equivalence(_replicates([-1.0, -1.0]), margin=0.1)
    assert gone.verdict is Verdict.FAILS
    json.dumps(gone.to_json(), allow_nan=False)
    wide = equivalence(_replicates([-0.9, 3.0]), margin=0.1)
    assert wide.interval.low == -math.inf
    assert wide.verdict is Verdict.UNDECIDED
    assert "−∞" in wide.sentence
    assert default_margin(1) == pytest.approx(math.log(2))


def test_one_layer_alone_answers_the_same() -> None:
    rng = np.random.default_rng(5)
    for shift in np.linspace(-0.3, 0.3, 60):
        r = rng.normal(shift, 0.15, (20, 1))
        family = every_layer(_replicates(r), margin=0.1)
        assert family.verdict is equivalence(_replicates(r[:, 0]), margin=0.1).verdict


def test_every_layer_is_an_and() -> None:
    rng = np.random.default_rng(6)
    r = rng.normal(0, 0.05, (40, 5))
    found = every_layer(_replicates(r), margin=0.08)
    assert found.verdict is Verdict.HOLDS
    assert found.smallest_margin == max(one.smallest_margin for one in found.layers)
    r[:, 2] += 0.3
    failing = every_layer(_replicates(r), margin=0.08)
    assert failing.verdict is Verdict.FAILS
    assert failing.sentence.endswith("outside by Holm's test: layer 3")
    open_one = every_layer(_replicates(r - 0.3 * np.eye(5)[2] + 0.06 * np.eye(5)[2]), margin=0.08)
    assert open_one.verdict is Verdict.UNDECIDED
    # one layer a little outside: p between 0.05/5 and 0.05
    r[:, 2] += 0.1018 - r[:, 2].mean()
    alone = every_layer(_replicates(r), margin=0.08)
    assert alone.layers[2].verdict is Verdict.FAILS
    assert alone.verdict is Verdict.UNDECIDED
    assert alone.sentence.endswith("not after Holm's correction")
    for one in (found, failing, open_one, alone):
        assert "\n" not in one.sentence
        json.dumps(one.to_json(), allow_nan=False)
