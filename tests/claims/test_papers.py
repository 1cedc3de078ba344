"""Check the verdicts on the papers' statements, and that they change if the simulator is wrong.

The seeds are fixed; the interval of each look has level 1 - 0.05/8. A planted fault changes the
sampled numbers by a factor of 1.7 or more, many times the half-width of their intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import latex2mathml.converter
import numpy as np
import pytest
from scipy.integrate import quad

from saturation_lab.claims import STATEMENTS
from saturation_lab.claims.library import he_equations
from saturation_lab.claims.library.papers import PAPERS
from saturation_lab.claims.statement import KINDS, Statement
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.evidence import Evidence, examine
from saturation_lab.judging.exact.paper_equations import (
    FANS,
    fan_mismatch,
    he_over_constant,
    leak_mismatch,
    variance_mismatch,
)
from saturation_lab.judging.statement_files import read_statements
from saturation_lab.theory.finite_width import Factor
from scripts.planted_faults import slips
from tests.laws.undrawn_faults import Plant


def _examined(statements: Iterable[Statement]) -> Mapping[str, Evidence]:
    _, studies = read_statements()
    return {e.statement.id: e for e in examine(list(statements), studies, workers=1)}


@pytest.fixture(scope="module")
def found() -> Mapping[str, Evidence]:
    """Return the evidence for every statement of the papers, at the shipped size."""
    return _examined(PAPERS)


def test_every_part_comes_out_as_on_record(found: Mapping[str, Evidence]) -> None:
    news = [finding.sentence for e in found.values() for finding in e.unexpected]
    assert not news
    assert {e.verdict for e in found.values()} == {Verdict.HOLDS, Verdict.FAILS}


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


def _turned(patch: pytest.MonkeyPatch, plant: Plant, *ids: str) -> set[str]:
    """Return the parts of some statements whose verdict is another one under a planted fault."""
    plant(patch)
    found = _examined(s for s in PAPERS if s.id in ids)
    return {finding.claim.id for e in found.values() for finding in e.unexpected}


@pytest.mark.parametrize(
    ("plant", "ids", "turned"),
    [
        (slips.root_forgotten, ("GB15", "GB16"), {"GB15", "GB16"}),
        (slips.gain_of_the_rule, ("GB12", "GB15", "GB16"), {"GB12", "GB15", "GB16"}),
        (slips.bound_for_std, ("GBJ",), {"GBJ", "GBJ.standard"}),
        (slips.slope_forgotten, ("GB6",), {"GB6", "GB6.precise"}),
        (slips.fans_swapped, ("HE14",), {"HE14", "HE14.fan-in"}),
    ],
    ids=["root", "gain", "bound", "slope", "fans"],
)
def test_a_planted_fault_turns_a_verdict(
    plant: Plant, ids: tuple[str, ...], turned: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert turned <= _turned(monkeypatch, plant, *ids)


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
