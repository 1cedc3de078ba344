"""The cells, rules, lines and scales of an outlook agree with the maps of single layers."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from saturation_lab import ACTIVATIONS, Study, fixed_points
from saturation_lab.advice import recommended_study
from saturation_lab.theory import (
    RECOMMENDED,
    RULES,
    Outlook,
    Phase,
    expected_profile,
    fixed_correlation,
    rule_sigmas,
    settled,
)
from saturation_lab.theory.length_map import length_map
from saturation_lab.theory.outlook import outlook


@cache
def _outlook(name: str) -> Outlook:
    return outlook(ACTIVATIONS[name], depth=50, width=500)


@pytest.mark.parametrize("name", ["tanh", "silu", "elu"])
def test_cells_and_rules_lie_where_layers_go(name: str) -> None:
    one = _outlook(name)
    rng = np.random.default_rng(5)
    for row in one.phases.iloc[rng.integers(len(one.phases), size=12)].to_dict("records"):
        point = settled(name, sigma_w=float(row["sigma_w"]), sigma_b=float(row["sigma_b"]))
        if point is None:
            assert row["phase"] == Phase.UNBOUNDED
        else:
            assert row["q"] == pytest.approx(point.q, rel=1e-3, abs=1e-12)
            assert row["chi_1"] == pytest.approx(point.chi_1, rel=1e-3)
    for rule in one.placed:
        if rule.key == RECOMMENDED:  # at a fixed point from layer 1 on, even if it is unstable
            layer = length_map(name, sigma_w=rule.sigma_w, sigma_b=rule.sigma_b)
            assert rule.phase is Phase.CRITICAL
            assert float(layer(rule.q)) == pytest.approx(rule.q, rel=1e-6)
            assert float(layer.chi_1(rule.q)) == pytest.approx(rule.chi_1, rel=1e-6)
            assert rule.length_depth == pytest.approx(layer.at(rule.q).length_depth, rel=1e-4)
            assert rule.correlation_depth == math.inf
            continue
        point = settled(name, sigma_w=rule.sigma_w, sigma_b=rule.sigma_b)
        assert (point is None) == (rule.phase == Phase.UNBOUNDED)
        if point is not None and point.q > 1e-6:
            assert rule.chi_1 == pytest.approx(point.chi_1, rel=1e-6)
            slope = fixed_correlation(
                name, q=point.q, sigma_w=rule.sigma_w, sigma_b=rule.sigma_b
            ).depth
            assert rule.correlation_depth == pytest.approx(slope, rel=1e-4)


def test_what_is_left_of_the_gradient_is_that_of_the_profile() -> None:
    study = Study(activation="silu", initializer="he_normal", widths=(500,) * 50, inputs="gaussian")
    one = _outlook("silu")
    expected = {
        RECOMMENDED: recommended_study(study),
        "pytorch": replace(study, initializer="pytorch_default"),
        "he": study,
    }
    for key, candidate in expected.items():
        rule = one.rule(key)
        assert rule is not None
        assert candidate is not None
        ratio = expected_profile(candidate.architecture).gradient_ratio
        assert rule.gradient_ratio == pytest.approx(ratio, rel=1e-6)


def test_the_line_is_critical_and_reaches_down_to_no_bias() -> None:
    for name in ("sigmoid", "silu"):
        one = _outlook(name)
        line = one.line.dropna()
        for row in line.iloc[:: max(1, len(line) // 8)].to_dict("records"):
            layer = length_map(name, sigma_w=float(row["sigma_w"]), sigma_b=float(row["sigma_b"]))
            assert layer.chi_1(row["q"]) == pytest.approx(1, rel=1e-9)
            assert layer(row["q"]) == pytest.approx(row["q"], rel=1e-9)
        assert line["sigma_b"].min() < 0.05 * one.axes[1]


def test_scales_are_those_of_the_fixed_point() -> None:
    one = _outlook("tanh")
    bias = float(one.scales["sigma_b"].iloc[0])
    assert bias == one.tuning.sigma_b > 0
    for row in one.scales.iloc[[3, 20, -1]].to_dict("records"):
        (point,) = fixed_points("tanh", sigma_w=float(row["sigma_w"]), sigma_b=bias)
        assert row["xi_q"] == pytest.approx(point.length_depth, rel=1e-3)
        if point.chi_1 < 1:
            assert row["xi_c"] == pytest.approx(point.gradient_depth, rel=1e-3)


def test_rules_are_placed_by_their_variance() -> None:
    relu = ACTIVATIONS["relu"]
    assert rule_sigmas(relu, RULES["he"], width=64) == pytest.approx((math.sqrt(2), 0))
    assert rule_sigmas(relu, RULES["standard"], width=64) == pytest.approx((1 / math.sqrt(3), 0))
    theirs = rule_sigmas(relu, RULES["pytorch"], width=64)
    assert theirs == pytest.approx((1 / math.sqrt(3), 1 / math.sqrt(3 * 64)))
    he = _outlook("relu").rule("he")
    assert he is not None
    assert he.phase is Phase.CRITICAL
    assert he.gradient_ratio == pytest.approx(1)
