"""Tests of the statements on activations: their verdicts and the numbers behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, localcontext

import numpy as np
import pytest
from latex2mathml.converter import convert

from saturation_lab import Statement
from saturation_lab.claims.library.activation_slides import ACTIVATIONS, ROUNDING
from saturation_lab.claims.library.activations_summary import SUMMARY
from saturation_lab.judging import IDENTITIES, Evidence, identity_ulps
from saturation_lab.judging.exact import activation_identities
from saturation_lab.nets import Array


@pytest.mark.parametrize("stated", [*ACTIVATIONS, *SUMMARY], ids=lambda stated: stated.id)
def test_a_statement_is_as_on_record(stated: Statement, found: Mapping[str, Evidence]) -> None:
    assert not found[stated.id].unexpected


@pytest.mark.parametrize("stated", [*ACTIVATIONS, *SUMMARY], ids=lambda stated: stated.id)
def test_a_formula_becomes_mathml(stated: Statement) -> None:
    assert convert(stated.formula).startswith("<math")


def test_every_identity_is_asked_for() -> None:
    parts = [part for stated in (*ACTIVATIONS, *SUMMARY) for part in stated.parts]
    asked = {
        dict(part.experiment.keys)["args"][0]
        for part in parts
        if ("of", "identity_ulps") in part.experiment.keys
    }
    assert asked == set(IDENTITIES)


@pytest.mark.parametrize("name", IDENTITIES)
def test_an_error_of_a_dozen_roundings_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = IDENTITIES[name]

    def off(z: Array) -> activation_identities.Sides:
        left, printed, size = right.sides(z)
        return left, printed + 12 * np.spacing(np.minimum(np.abs(size), 1e300)), size

    monkeypatch.setitem(IDENTITIES, name, replace(right, sides=off))
    assert identity_ulps(name) > ROUNDING


def test_the_grids_hold_the_extremes() -> None:
    for z in (0.0, 5e-324, -5e-324, np.finfo(np.float64).max, np.finfo(np.float64).min):
        assert z in activation_identities.EVERY


def _lambert() -> float:
    w = 0.3
    for _ in range(50):  # Newton on w e^w = 1/e
        w -= (w * math.exp(w) - math.exp(-1)) / (math.exp(w) * (1 + w))
    return w


def test_the_minimum_of_silu_is_lambert_s() -> None:
    w = _lambert()
    assert activation_identities.silu_minimum() == pytest.approx(-w, abs=1e-11)
    assert activation_identities.swish_from_relu(1.0) == pytest.approx(w, abs=1e-11)
    assert activation_identities.swish_from_relu(50.0) == pytest.approx(w / 50, abs=1e-12)


def test_the_range_of_silu_s_slope_is_symmetric_about_a_half() -> None:
    least, most = (
        activation_identities.least_slope("silu"),
        activation_identities.largest_slope("silu"),
    )
    assert least + most == pytest.approx(1, abs=1e-12)
    # φ'' = 0 where z tanh(z/2) = 2, and there φ' = σ + z σ (1 - σ)
    z = 2.4
    for _ in range(50):
        t = math.tanh(z / 2)
        z -= (z * t - 2) / (t + z * (1 - t * t) / 2)
    s = 1 / (1 + math.exp(-z))
    assert most == pytest.approx(s + z * s * (1 - s), abs=1e-10)


def test_the_quotient_ends_where_e_to_the_z_does() -> None:
    for dtype in ("float64", "float32"):
        end = math.log(float(np.finfo(dtype).max))
        assert activation_identities.tanh_quotient_reach(dtype) == pytest.approx(end, rel=1e-6)


def test_the_forms_of_silu_s_slope_agree_to_fifty_digits() -> None:
    with localcontext() as context:
        context.prec = 60
        for z in map(Decimal, ("-40", "-1.2784645", "-0.001", "0", "0.5", "2.4", "40")):
            s = 1 / (1 + (-z).exp())
            forms = z * s * (1 - s) + s, z * s + s * (1 - z * s)
            assert abs(forms[0] - forms[1]) < Decimal("1e-50")
            twice = 1 / (1 + (-2 * z).exp())
            tanh = (z.exp() - (-z).exp()) / (z.exp() + (-z).exp())
            assert abs(tanh - (2 * twice - 1)) < Decimal("1e-50")
