"""Tests of the cells of the lecture's table: their verdicts, also under planted faults."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest
from latex2mathml.converter import convert

from saturation_lab import Statement, critical_point, gains
from saturation_lab.claims.library.activations_summary import SUMMARY
from saturation_lab.claims.library.deep_relu import DEEP_RELU
from saturation_lab.claims.library.table_cells import CELLS
from saturation_lab.claims.library.weight_table import CRITICAL, PRESERVING, RANGE
from saturation_lab.judging import Evidence
from saturation_lab.judging.exact import weight_bounds
from scripts.planted_faults import slips
from tests.claims.conftest import Unexpected
from tests.laws.undrawn_faults import Plant

STATEMENTS = (*RANGE, *CELLS, *SUMMARY, *DEEP_RELU)
BY_ID = {stated.id: stated for stated in STATEMENTS}


@pytest.mark.parametrize("key", BY_ID)
def test_a_statement_is_as_on_record(key: str, found: Mapping[str, Evidence]) -> None:
    assert not [finding.sentence for finding in found[key].unexpected]


def test_few_networks_decide(found: Mapping[str, Evidence]) -> None:
    for key in BY_ID:
        for settled in found[key].settled.values():
            assert settled.looks[-1].networks <= 128


@pytest.mark.parametrize("stated", STATEMENTS, ids=lambda stated: stated.id)
def test_a_formula_becomes_mathml(stated: Statement) -> None:
    assert not stated.formula or convert(stated.formula).startswith("<math")


@pytest.mark.parametrize(
    ("plant", "changed"),
    [
        (slips.fans_swapped, {"GHr.he", "GHr.he.gradient"}),
        (slips.root_forgotten, {"GH0.repaired"}),
        (slips.slope_forgotten, {"GHt.rate"}),
    ],
)
def test_a_fault_of_the_simulator_changes_a_verdict(
    plant: Plant, changed: set[str], unexpected: Unexpected, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert unexpected(*changed) == changed


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
