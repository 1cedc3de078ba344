"""Tests of the lecture's derivations: their verdicts, and the numbers behind them.

A planted fault moves the number of a part by ten standard errors and more, so its power is beyond
99.9 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest
from latex2mathml.converter import convert
from scipy.integrate import quad

from saturation_lab import InputError
from saturation_lab.claims.library.fan_in_rule import FORWARD_RULE, HOLDING_GAIN
from saturation_lab.claims.library.fan_out_rule import BACKWARD_RULE, CRITICAL_GAIN
from saturation_lab.claims.library.figure_7 import FIGURE_7
from saturation_lab.claims.library.gradient_derivation import AT_16, AT_FIXED_POINT, BACKWARD
from saturation_lab.claims.library.variance_derivation import FORWARD, UNIT_GAIN
from saturation_lab.inference import Verdict
from saturation_lab.judging import (
    LAWS,
    Evidence,
    critical_gain,
    holding_gain,
    largest_std,
    settled_std,
    slope,
    tanh_twin_mismatch,
    three_terms_mismatch,
    uniform_mismatch,
    way_back_mismatch,
)
from saturation_lab.nets import UNDRAWN
from saturation_lab.theory import settled
from saturation_lab.theory.length_map import length_map
from scripts.planted_faults import slips
from tests.claims.conftest import Unexpected
from tests.laws.undrawn_faults import NORMAL, Plant

STATEMENTS = (*FORWARD, *FORWARD_RULE, *BACKWARD, *BACKWARD_RULE, *FIGURE_7)


def test_every_part_is_decided_as_on_record(found: Mapping[str, Evidence]) -> None:
    # one seed; every part by looks of level 1 - 0.05/8, at most one in twenty wrong
    news = [finding.sentence for one in STATEMENTS for finding in found[one.id].unexpected]
    assert news == []
    assert {part.expected for statement in STATEMENTS for part in statement.parts} == {
        "holds",
        "fails",
    }


def test_a_derivation_turns_where_its_assumption_is_met() -> None:
    for statement in STATEMENTS:
        if statement.kind == "derivation":
            record = {part.id: part.expected for part in statement.parts}
            assert record[statement.id] == "fails", statement.id
            assert record[f"{statement.id}.met"] == "holds", statement.id


def test_theory_foresees_every_verdict(found: Mapping[str, Evidence]) -> None:
    """Where theory has the number of a sampled part it lies on the side that was measured.

    Finite width alone decides BP3.
    """
    foreseen = 0
    for statement in STATEMENTS:
        for finding in found[statement.id].findings:
            if math.isnan(finding.predicted) or finding.claim.id == "BP3":
                continue
            inside = finding.region.low < finding.predicted < finding.region.high
            assert inside == (finding.verdict is Verdict.HOLDS), finding.claim.id
            foreseen += 1
    assert foreseen >= 40


def test_formulas_are_mathematics() -> None:
    for statement in STATEMENTS:
        assert convert(statement.formula).startswith("<math"), statement.id
        assert "merror" not in convert(statement.formula)


def _undrawn_gain(patch: pytest.MonkeyPatch) -> None:
    """Let pre-activations come out 10 % too large."""
    wrong = replace(NORMAL, forward=lambda a, b, m, std: NORMAL.forward(a, b, m, 1.1 * std))
    patch.setitem(UNDRAWN, "normal", wrong)


@pytest.mark.parametrize(
    ("part", "plant"),
    [
        ("GL7.met", _undrawn_gain),
        ("GL7.precise", slips.variance_measured),
        ("BP1.repaired", slips.not_transposed),
        ("BP2.given", slips.fans_swapped),
        ("BP4.precise", slips.slope_forgotten),
        ("BP6.precise", slips.gain_for_all(1.0)),
        ("BP7.forward", slips.bound_for_std),
    ],
)
def test_a_planted_fault_changes_a_verdict(
    part: str, plant: Plant, unexpected: Unexpected, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert unexpected(part) == {part}


def _mean(function: Callable[[float], float], std: float) -> float:
    """Return E f(z), z ~ N(0, std²), by SciPy's adaptive quadrature."""
    half = quad(
        lambda x: (function(std * x) + function(-std * x)) * math.exp(-x * x / 2),
        0,
        12,
        epsabs=1e-13,
        limit=200,
    )[0]
    return half / math.sqrt(2 * math.pi)


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z)) if z > 0 else math.exp(z) / (1 + math.exp(z))


def _square(z: float) -> float:
    return _sigmoid(z) ** 2


def _slope_square(z: float) -> float:
    return (_sigmoid(z) * _sigmoid(-z)) ** 2


def test_numbers_in_the_data_are_theorys() -> None:
    fixed = settled("sigmoid", sigma_w=4.0, start=16.0)
    assert fixed is not None
    for given, expected in [
        (HOLDING_GAIN, holding_gain("sigmoid", 4.0)),
        (CRITICAL_GAIN, critical_gain("sigmoid")),
        (AT_16, float(length_map("sigmoid", sigma_w=4.0).chi_1(16.0))),
        (AT_FIXED_POINT, fixed.chi_1),
    ]:
        assert given == pytest.approx(expected, rel=1e-12)


def test_numbers_agree_with_another_quadrature() -> None:
    assert holding_gain("sigmoid", 4.0) == pytest.approx(4 / math.sqrt(_mean(_square, 4.0)))
    assert slope("sigmoid", 4.0) == pytest.approx(math.sqrt(_mean(_slope_square, 4.0)))
    std = 4.0
    for _ in range(30):
        std = 4 * math.sqrt(_mean(_square, std))
    assert settled_std("sigmoid", 4.0) == pytest.approx(std)
    gain = critical_gain("sigmoid")
    std = settled_std("sigmoid", gain)
    assert gain**2 * _mean(_square, std) == pytest.approx(std**2)
    assert gain**2 * _mean(_slope_square, std) == pytest.approx(1)
    mean, square = _mean(lambda z: max(z, 0.0), 1.0), _mean(lambda z: max(z, 0.0) ** 2, 1.0)
    assert UNIT_GAIN**2 * (square - mean**2) == pytest.approx(1)


def test_no_law_on_the_range_of_a_sigmoid_spreads_more() -> None:
    rng = np.random.default_rng(1)
    laws = rng.beta(0.05, 0.05, (2000, 6))  # mostly near the ends
    assert laws.std(axis=1).max() <= largest_std("sigmoid") == np.std([0.0, 1.0])
    assert laws.std(axis=1).max() > 0.49
    assert math.isinf(largest_std("relu"))


def test_three_terms_by_plain_enumeration() -> None:
    for case, outcomes in LAWS.items():
        w, a = np.array(outcomes, dtype=float).transpose(1, 0, 2)
        terms = (
            w.mean(axis=0) ** 2 * a.var(axis=0)
            + w.var(axis=0) * a.mean(axis=0) ** 2
            + w.var(axis=0) * a.var(axis=0)
        )
        miss = abs(terms.sum() / (w * a).sum(axis=1).var() - 1)
        assert three_terms_mismatch(case) == pytest.approx(miss, abs=1e-14), case


def test_the_tanh_twin_in_plain_numpy() -> None:
    rng = np.random.default_rng(3)
    weights = rng.normal(0, math.sqrt(1 / 30), (4, 30, 30))
    x = rng.standard_normal(30)
    z, u = 4 * weights[0] @ x, 2 * weights[0] @ x
    for weight in weights[1:]:
        a, t = 1 / (1 + np.exp(-z)), np.tanh(u)
        z, u = 4 * weight @ a, weight @ t + weight @ np.ones(30)
        assert np.allclose(z / 2, u, rtol=0, atol=1e-12)
    assert tanh_twin_mismatch("frozen bias") < 1e-13
    assert tanh_twin_mismatch("no bias") > 0.1


def test_the_way_back_by_central_differences() -> None:
    rng = np.random.default_rng(4)
    weight, z, c = rng.standard_normal((5, 5)), *rng.standard_normal((2, 5))

    def cost(moved: np.ndarray) -> float:
        return float(c @ (1 / (1 + np.exp(-(weight @ (1 / (1 + np.exp(-moved))))))))

    numerical = [(cost(z + h) - cost(z - h)) / 2e-5 for h in 1e-5 * np.eye(5)]
    a = 1 / (1 + np.exp(-z))
    b = 1 / (1 + np.exp(-weight @ a))
    above = b * (1 - b) * c
    assert np.allclose(a * (1 - a) * (weight.T @ above), numerical, rtol=1e-7)
    assert not np.allclose(a * (1 - a) * (weight @ above), numerical, rtol=0.1)
    assert way_back_mismatch("transposed") < 1e-13
    assert way_back_mismatch("as printed") > 0.1


def test_the_uniform_law_has_a_third_of_its_bound_squared(monkeypatch: pytest.MonkeyPatch) -> None:
    assert uniform_mismatch() < 1e-14
    slips.root_forgotten(monkeypatch)
    assert uniform_mismatch() > 0.1


@pytest.mark.parametrize("number", [three_terms_mismatch, tanh_twin_mismatch, way_back_mismatch])
def test_another_case_is_refused(number: Callable[[str], float]) -> None:
    with pytest.raises(InputError, match="expected one of"):
        number("nonsense")
