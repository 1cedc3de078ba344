"""Tests of the papers' statements: their verdicts, also under planted faults of the simulator.

The seeds are fixed, and the interval of each look has level 1 - 0.05/8. A planted fault moves
sampled numbers by a factor of 1.7 or more, many times the half-width of their intervals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import latex2mathml.converter
import numpy as np
import pytest
from scipy.integrate import quad

from saturation_lab import Statement
from saturation_lab.claims import STATEMENTS
from saturation_lab.claims.library import he_equations
from saturation_lab.claims.library.papers import PAPERS
from saturation_lab.claims.statement import KINDS
from saturation_lab.inference import Judgement
from saturation_lab.judging import (
    FANS,
    Evidence,
    fan_mismatch,
    he_over_constant,
    leak_mismatch,
    variance_mismatch,
)
from saturation_lab.theory import Factor
from scripts.planted_faults import slips
from tests.claims.conftest import Unexpected
from tests.laws.undrawn_faults import Plant


def test_every_part_comes_out_as_on_record(found: Mapping[str, Evidence]) -> None:
    evidence = [found[statement.id] for statement in PAPERS]
    assert not [finding.sentence for e in evidence for finding in e.unexpected]
    assert {e.verdict for e in evidence} == {Judgement.HOLDS, Judgement.NEEDS}


def test_derivations_say_which_assumption_carries_them() -> None:
    for statement in PAPERS:
        verdicts = {part.expected for part in statement.parts}
        if statement.kind == "derivation":
            assert statement.assumes, statement.id
            assert verdicts == {"holds", "fails"}, statement.id


def test_statements_are_whole() -> None:
    for statement in PAPERS:
        assert statement in STATEMENTS
        assert statement.kind in KINDS
        assert statement.why
        assert statement.parts[0].id == statement.id
        assert all(part.id.split(".")[0] == statement.id for part in statement.parts)


@pytest.mark.parametrize("statement", PAPERS, ids=lambda statement: statement.id)
def test_formulas_become_mathml(statement: Statement) -> None:
    if statement.formula:
        assert "merror" not in latex2mathml.converter.convert(statement.formula)


@pytest.mark.parametrize(
    ("plant", "turned"),
    [
        (slips.root_forgotten, {"GB15", "GB16"}),
        (slips.gain_of_the_rule, {"GB12", "GB15", "GB16"}),
        (slips.slope_forgotten, {"GB6", "GB6.precise"}),
        (slips.fans_swapped, {"HE14", "HE14.fan-in"}),
    ],
    ids=["root", "gain", "slope", "fans"],
)
def test_a_planted_fault_turns_a_verdict(
    plant: Plant, turned: set[str], unexpected: Unexpected, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert unexpected(*turned) == turned


def test_singular_values_turn_a_verdict(
    unexpected: Unexpected, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Jacobians of 100 units are enough: their singular values are within 3 % of those of 500.

    U[±std] instead of U[±√3 std] divides the means 0.80 and 0.49 by √3. They are then five or more
    half-widths of their intervals away from the regions, which begin at 0.7 and 0.4.
    """
    parts = {"GBJ", "GBJ.standard"}
    assert not unexpected(*parts, width=100)
    slips.bound_for_std(monkeypatch)
    assert unexpected(*parts, width=100) == parts


def test_typical_narrow_networks_lose_what_finite_width_says() -> None:
    study = he_equations.STUDIES["He 2015: ReLU, narrow"]
    factor = Factor(units=study["width"], slopes=(0.0, 1.0))
    lost = (study["depth"] - 1) * (factor.log_mean - math.log(factor.mean))
    assert pytest.approx(lost, abs=5e-4) == he_equations.NARROW_LOSS


def test_glorots_singular_value() -> None:
    # mean singular value of a square matrix of variance 1/n: 8/(3π) (quarter circle law)
    rng = np.random.default_rng(5)
    values = np.linalg.svd(rng.normal(0, 1 / 20, (400, 400)), compute_uv=False)
    assert values.mean() == pytest.approx(8 / (3 * math.pi), abs=0.01)


def test_exact_numbers_against_arithmetic_by_hand() -> None:
    assert FANS[0] == 1
    assert FANS[-1] == 10**6
    # sqrt(2/(9 d))/0.01: the factors that the paper prints are 5.9, 4.2, 2.9 and 2.1
    printed = {64: 5.9, 128: 4.2, 256: 2.9, 512: 2.1}
    for filters, factor in printed.items():
        assert he_over_constant(0.01, filters) == pytest.approx(factor, abs=0.05)
    assert fan_mismatch("glorot_normal", 1.5) == pytest.approx(0.2, abs=1e-12)  # 2/2.5 and 3/2.5
    assert fan_mismatch("he_normal", 1.0) == pytest.approx(1.0, abs=1e-12)
    # U[±1/√n] has variance 1/(3n), which is 1/3 of LeCun's
    assert variance_mismatch("lecun_uniform", "third_of_fan_in") == pytest.approx(2.0, abs=1e-12)
    # ELU is no leaky ReLU
    assert leak_mismatch("elu", 0.0) > 0.1

    # E φ² of a leaky ReLU at q = 4, by an integral of its own
    def integrand(z: float) -> float:
        return float(max(z, 0.01 * z) ** 2 * math.exp(-z * z / 8) / math.sqrt(8 * math.pi))

    square = sum(quad(integrand, *ends)[0] for ends in ((-40, 0), (0, 40)))
    assert square == pytest.approx(4 * (1 + 0.01**2) / 2, rel=1e-9)
