"""Check the verdicts on the lecture's initialization table, also with planted faults."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from latex2mathml.converter import convert

from saturation_lab.claims import STUDIES
from saturation_lab.claims.library.activations_summary import SUMMARY
from saturation_lab.claims.library.deep_relu import DEEP_RELU
from saturation_lab.claims.library.table_cells import CELLS
from saturation_lab.claims.library.weight_table import CRITICAL, PRESERVING, RANGE
from saturation_lab.claims.statement import Statement
from saturation_lab.judging.evidence import Evidence, examine
from saturation_lab.judging.exact import weight_bounds
from saturation_lab.study import Study
from saturation_lab.theory.criticality import critical_point
from saturation_lab.theory.gains import gains
from scripts.planted_faults import slips
from tests.laws.undrawn_faults import Plant

STATEMENTS = (*RANGE, *CELLS, *SUMMARY, *DEEP_RELU)
BY_ID = {stated.id: stated for stated in STATEMENTS}


def _examined(*statements: Statement) -> Mapping[str, Evidence]:
    studies = {name: Study.from_dict(data) for name, data in STUDIES.items()}
    return {e.statement.id: e for e in examine(statements, studies, workers=1)}


@pytest.fixture(scope="module")
def found() -> Mapping[str, Evidence]:
    return _examined(*STATEMENTS)


@pytest.mark.parametrize("key", BY_ID)
def test_a_statement_is_as_on_record(key: str, found: Mapping[str, Evidence]) -> None:
    assert not [finding.sentence for finding in found[key].unexpected]


def test_few_networks_decide(found: Mapping[str, Evidence]) -> None:
    for evidence in found.values():
        for settled in evidence.settled.values():
            assert settled.looks[-1].networks <= 128


@pytest.mark.parametrize("stated", STATEMENTS, ids=lambda stated: stated.id)
def test_a_formula_becomes_mathml(stated: Statement) -> None:
    assert not stated.formula or convert(stated.formula).startswith("<math")


@pytest.mark.parametrize(
    ("plant", "key", "changed"),
    [
        (slips.fans_swapped, "GHr", {"GHr.he", "GHr.he.gradient"}),
        (slips.root_forgotten, "GH0", {"GH0.met"}),
        (slips.slope_forgotten, "GHt", {"GHt.rate"}),
    ],
)
def test_a_fault_of_the_simulator_changes_a_verdict(
    plant: Plant, key: str, changed: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    [evidence] = _examined(BY_ID[key]).values()
    assert {finding.claim.id for finding in evidence.unexpected} >= changed


def test_the_numbers_of_silu_are_theory_s() -> None:
    point = critical_point("silu")
    assert CRITICAL["gain"] == pytest.approx(point.sigma_w, abs=1e-9)
    assert CRITICAL["bias_scale"] == pytest.approx(point.sigma_b, abs=1e-9)
    assert pytest.approx(gains("silu").variance_preserving, abs=1e-12) == PRESERVING


def test_glorot_s_bound_is_printed_in_the_paper() -> None:
    assert weight_bounds.bound("lecture_uniform", "tanh", 1000, 1000) == pytest.approx(
        math.sqrt(6 / 2000)
    )
    assert weight_bounds.bound("lecture_uniform", "sigmoid", 100, 500) == pytest.approx(
        4 * math.sqrt(6 / 600)
    )


def test_the_critical_point_of_silu_is_the_literature_s() -> None:
    # Roberts, Yaida & Hanin 2022, section 5.3.4: C_b ≈ 0.55514317, C_W ≈ 1.98800468, K* = 14.32
    assert weight_bounds.critical_bias("silu") ** 2 == pytest.approx(0.55514317, abs=1e-8)
    assert critical_point("silu").sigma_w ** 2 == pytest.approx(1.98800468, abs=1e-8)


def test_silu_of_a_gaussian_by_plain_sums() -> None:
    q, step = 2.0, 1e-3
    z = [step * i for i in range(-20_000, 20_001)]
    density = [math.exp(-x * x / (2 * q)) / math.sqrt(2 * math.pi * q) for x in z]
    square = sum(p * (x / (1 + math.exp(-x))) ** 2 for p, x in zip(density, z, strict=True)) * step
    assert weight_bounds.growth("silu", 2.0, q) == pytest.approx(2 * square / q, rel=1e-9)
