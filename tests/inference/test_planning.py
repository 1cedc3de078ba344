"""Tests that the planned number of networks is the one that decides."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from saturation_lab import InputError
from saturation_lab.inference import LEAST, networks_needed, power_of_each, power_to_decide


@pytest.mark.parametrize("networks", [2, 8, 16, 200, 5000])
@pytest.mark.parametrize("effect", [0.01, 0.2, 0.8])
def test_power_outside_is_that_of_a_one_sided_t_test(networks: int, effect: float) -> None:
    # the truth lies ``effect`` spreads beyond the margin
    found = power_to_decide(networks=networks, margin=1.0, spread=1.0, estimate=1.0 + effect)
    reference = TTestPower().power(effect, networks, 0.025, alternative="larger")
    assert found == pytest.approx(reference, abs=1e-6)


def test_power_inside_is_near_that_of_two_one_sided_tests() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(0.0, 1.0, (20_000, 20))
    half = stats.t.ppf(0.975, 19) * x.std(axis=1, ddof=1) / math.sqrt(20)
    for margin in (0.6, 0.8, 1.0):
        held = np.mean((x.mean(axis=1) - half > -margin) & (x.mean(axis=1) + half < margin))
        found = power_to_decide(networks=20, margin=margin, spread=1.0)
        assert held - 0.03 < found < held + 4 * 0.0035


def test_a_number_from_the_book() -> None:
    # Cohen 1988, d = 0.5, two-sided 5 %, power 80 %, one sample: 34 (by the noncentral t)
    far = networks_needed(margin=100.0, spread=1.0, estimate=99.5, power=0.8)
    assert far.networks == 34


@pytest.mark.parametrize("estimate", [0.0, 0.03, -0.04, 0.07])
@pytest.mark.parametrize("layers", [1, 10])
def test_it_is_the_smallest_number(estimate: float, layers: int) -> None:
    plan = networks_needed(margin=0.05, spread=0.1, estimate=estimate, layers=layers)
    assert plan.networks is not None

    def reached(networks: int) -> float:
        return power_to_decide(networks=networks, margin=0.05, spread=0.1, estimate=estimate)

    assert reached(plan.networks) >= plan.layer_power > reached(plan.networks - 1)
    json.dumps(plan.to_json(), allow_nan=False)


def test_never_fewer_than_sixteen() -> None:
    assert networks_needed(margin=1.0, spread=1e-9).networks == LEAST == 16
    assert networks_needed(margin=1.0, spread=0.0).networks == 16


def test_layers_planned_singly_would_miss_together() -> None:
    # ten independent layers at 90 % each: 0.9^10 = 35 %; at 1 - 0.1/10 each: at least 90 %
    each = power_of_each(0.9, layers=10)
    assert each**10 > 0.9
    assert 0.9**10 < 0.36


def test_on_the_margin_nothing_decides() -> None:
    plan = networks_needed(margin=0.1, spread=1.0, estimate=0.1)
    assert plan.networks is None
    assert "no feasible number of networks" in plan.sentence


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("margin", {"margin": 0.0}),
        ("spread", {"spread": -1.0}),
        ("spread", {"spread": math.nan}),
        ("power", {"power": 1.0}),
        ("level", {"level": 0.0}),
        ("layers", {"layers": 0}),
        ("estimate", {"estimate": math.inf}),
    ],
)
def test_bad_input(key: str, given: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"^{key}: expected"):
        networks_needed(**({"margin": 0.1, "spread": 1.0} | given))  # type: ignore[arg-type]
