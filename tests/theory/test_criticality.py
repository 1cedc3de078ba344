"""Critical points and gains agree with independent quadrature and with the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saturation_lab import ACTIVATIONS, InputError, critical_point, gains
from saturation_lab.theory import (
    NOT_THERE,
    PYTORCH,
    critical_at,
    critical_line,
    critical_points,
    critical_sigma_w,
    half_stable_point,
    why_none,
)

# by trapezoids over standard normal x, without any quadrature of the package
X = np.linspace(-12, 12, 480_001)
DENSITY = np.exp(-X * X / 2) / math.sqrt(2 * math.pi) * (X[1] - X[0])


def _mean(name: str, q: float, *, slope: bool) -> float:
    member = ACTIVATIONS[name]
    values = (member.derivative if slope else member.value)(math.sqrt(q) * X)
    return float(np.square(values) @ DENSITY)


ROOT_2 = math.sqrt(2)
SELU_AT_ZERO = math.sqrt(2 / 1.0507009873554805**2 / (1 + 1.6732632423543772**2))
EXPECTED = {  # q*, σ_w, σ_b; the first four have every q
    "relu": (math.nan, ROOT_2, 0.0),  # He et al. 2015, eq. 10
    "leaky_relu": (math.nan, ROOT_2 / math.sqrt(1.0001), 0.0),  # He et al. 2015, eq. 15
    "identity": (math.nan, 1.0, 0.0),
    "tanh": (0.0, 1.0, 0.0),  # Poole et al. 2016; Schoenholz et al. 2017
    "softsign": (0.0, 1.0, 0.0),  # φ'(0) = 1
    "sin": (0.0, 1.0, 0.0),
    "hardtanh": (0.0, 1.0, 0.0),
    "elu": (0.0, 1.0, 0.0),  # both slopes at 0 are 1
    "erf": (0.0, math.sqrt(math.pi) / 2, 0.0),  # 1/φ'(0)
    "selu": (0.0, SELU_AT_ZERO, 0.0),  # slopes λ and λα at 0
    "silu": (14.32017362, math.sqrt(1.98800468), math.sqrt(0.55514317)),  # Roberts et al. 2022
    "gelu": ((3 + math.sqrt(17)) / 2, math.sqrt(1.98305826), math.sqrt(0.17292239)),  # the same
    "mish": (1.67016913, 1.41898699, 0.30744396),  # below, by trapezoids
    "sigmoid": (45.62427780, 10.14926371, 0.0),  # below, by trapezoids
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_critical_point_of_each_activation(name: str) -> None:
    q, sigma_w, sigma_b = EXPECTED[name]
    found = critical_point(name)
    assert found.sigma_w == pytest.approx(sigma_w, rel=3e-9)
    assert found.sigma_b == pytest.approx(sigma_b, rel=3e-8, abs=1e-12)
    assert found.q == pytest.approx(q, rel=3e-9, nan_ok=True)
    assert found.sigma_w != pytest.approx(1.01 * sigma_w, rel=3e-9)  # planted


@pytest.mark.parametrize("name", ["mish", "sigmoid", "silu", "gelu"])
def test_trapezoids_agree(name: str) -> None:
    point = critical_point(name)
    slope, square = (_mean(name, point.q, slope=one) for one in (True, False))
    assert point.sigma_w**2 * slope == pytest.approx(1, abs=1e-9)
    assert point.sigma_w**2 * square + point.sigma_b**2 == pytest.approx(point.q, rel=1e-9)
    assert point.sigma_w**2 * square != pytest.approx(point.q, rel=1e-9) or point.sigma_b == 0


@pytest.mark.parametrize("name", ["mish", "silu", "gelu"])
def test_the_half_stable_point_is_where_curvature_vanishes(name: str) -> None:
    point, member = half_stable_point(name), ACTIVATIONS[name]

    def curvature(q: float) -> float:
        z = math.sqrt(q) * X
        second = (member.derivative(z + 1e-5) - member.derivative(z - 1e-5)) / 2e-5
        return float((member.value(z) * second) @ DENSITY)

    assert abs(curvature(point.q)) < 1e-8
    assert abs(curvature(1.05 * point.q)) > 1e-6  # planted
    assert point.chi_parallel == pytest.approx(1, abs=1e-12)


def test_every_activation_is_answered_or_refused() -> None:
    assert set(ACTIVATIONS) - set(EXPECTED) == {"softplus"}
    with pytest.raises(InputError, match="the length map exceeds q wherever χ₁ = 1"):
        critical_point("softplus")
    # independently: E φ² / E φ'² > q
    for q in (1e-2, 1.0, 100.0):
        assert _mean("softplus", q, slope=False) / _mean("softplus", q, slope=True) > q
    assert [name for name in ACTIVATIONS if why_none(name)] == ["softplus"]


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - {"mish", "silu", "gelu"}))
def test_the_others_have_no_half_stable_point(name: str) -> None:
    with pytest.raises(InputError, match="half-stable"):
        half_stable_point(name)


@pytest.mark.parametrize("sigma_b", [0.05, 0.3, 1.0])
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "hardtanh", "selu", "softsign"])
def test_the_critical_line_by_root_finding(name: str, sigma_b: float) -> None:
    sigma_w = critical_sigma_w(name, sigma_b=sigma_b)
    (point,) = critical_points(name, sigma_b=sigma_b)
    assert point.sigma_w == sigma_w
    assert point.sigma_b == pytest.approx(sigma_b, rel=1e-9)
    assert sigma_w**2 * _mean(name, point.q, slope=True) == pytest.approx(1, abs=1e-4)


def test_published_points_of_tanh() -> None:
    # Pennington, Schoenholz & Ganguli 2017, arXiv:1711.04735: σ_w² = 1.05 at σ_b² = 2.01e-5
    assert critical_sigma_w("tanh", sigma_b=math.sqrt(2.01e-5)) ** 2 == pytest.approx(
        1.05, abs=1e-5
    )
    assert critical_sigma_w("tanh", sigma_b=math.sqrt(2.1e-5)) ** 2 != pytest.approx(1.05, abs=1e-5)


def test_the_line_of_the_sine_in_closed_form() -> None:
    q = np.geomspace(0.01, 50, 20)
    line = critical_line("sin", q)
    assert np.allclose(line.sigma_w**2, 2 / (1 + np.exp(-2 * q)), rtol=1e-13)
    assert np.allclose(line.sigma_b**2, q - np.tanh(q), rtol=1e-8)
    assert np.isnan(critical_line("softplus", q).sigma_w).all()


def test_what_does_not_exist_is_refused() -> None:
    with pytest.raises(InputError, match="only an unstable one"):
        critical_sigma_w("silu", sigma_b=0.1)
    with pytest.raises(InputError, match="relu has none"):
        critical_sigma_w("relu", sigma_b=0.1)
    with pytest.raises(InputError, match="σ_b² ≥ 0"):
        critical_at("sigmoid", 1.0)
    with pytest.raises(InputError, match="above 0"):
        critical_line("tanh", [0.0, 1.0])


def test_gains_of_a_dead_activation_are_refused() -> None:
    with pytest.raises(InputError, match="no gain preserves anything"):
        gains(np.zeros_like)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_gains_against_trapezoids(name: str) -> None:
    found = gains(name, q=2.0)
    square, slope = (_mean(name, 2.0, slope=one) for one in (False, True))
    assert found.variance_preserving == pytest.approx(math.sqrt(2 / square), rel=1e-4)
    assert found.gradient_preserving == pytest.approx(math.sqrt(1 / slope), rel=1e-4)
    assert (found.critical is None) == (name == "softplus")
    known = found.pytorch.value
    if known is not None and found.pytorch_chi_1 is not None:
        assert found.pytorch_chi_1 == pytest.approx(known**2 * slope, rel=1e-4)


def test_pytorch_knows_six_of_them() -> None:
    assert sorted(PYTORCH) == ["identity", "leaky_relu", "relu", "selu", "sigmoid", "tanh"]
    assert (PYTORCH["tanh"].value, PYTORCH["selu"].value) == (5 / 3, 0.75)
    assert gains("silu").pytorch is NOT_THERE
    # 3/4 is not what SELU was made for: signal and gradient fade
    selu = gains("selu")
    assert selu.pytorch_growth == pytest.approx(0.5625)
    assert selu.pytorch_chi_1 is not None
    assert selu.pytorch_chi_1 < 0.61
