"""Answers about φ(kz) and c·φ(z) are those about φ, rescaled; a function needs no name for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

from saturation_lab import (
    ACTIVATIONS,
    Activation,
    NoAnswer,
    critical_point,
    fixed_points,
    own_activation,
    phase_diagram,
)
from saturation_lab.theory import fixed_correlation, natural_scale, settled
from saturation_lab.theory.criticality import CriticalPoint
from saturation_lab.theory.phase import PhaseDiagram

TEN = (
    "tanh", "sigmoid", "silu", "gelu", "elu", "selu", "softsign", "mish", "hardtanh", "relu",
)  # fmt: skip
SCALES = [(name, *((1e3, 1e-3) if i % 2 else (1e-3, 1e3))) for i, name in enumerate(TEN)]
"""Each activation with a scale of z and one of φ, by turns."""
LIMIT = 1e-9
W, B = np.array([0.3, 0.8, 1.1, 1.7, 2.9, 6.0]), np.array([0.0, 0.003, 0.4, 1.1])


def rescaled(name: str, k: float, c: float) -> Activation:
    """Return c·φ(kz) as a user's own function."""
    member = ACTIVATIONS[name]
    return own_activation(
        lambda z: c * member.value(k * z),
        lambda z: c * k * member.derivative(k * z),
        kinks=tuple(kink / k for kink in member.kinks),
        name=f"{c:g} {name}({k:g} z)",
    )


@cache
def _answers(name: str) -> tuple[PhaseDiagram, CriticalPoint]:
    return phase_diagram(name, sigma_w=W, sigma_b=B), critical_point(name)


def off(found: Any, exact: Any) -> float:
    """Return the largest relative error; what is 0, infinite or nan must be so exactly."""
    found, exact = np.asarray(found, dtype=float), np.asarray(exact, dtype=float)
    plain = np.isfinite(exact) & (exact != 0)
    assert np.array_equal(found[~plain], exact[~plain], equal_nan=True)
    return float(np.abs(found[plain] / exact[plain] - 1).max(initial=0))


@pytest.mark.parametrize(("name", "k", "c"), SCALES)
def test_phases_and_critical_points_rescale(name: str, k: float, c: float) -> None:
    diagram, point = _answers(name)
    mine = rescaled(name, k, c)
    found = phase_diagram(mine, sigma_w=W / (k * c), sigma_b=B / k, start=1 / k**2)
    assert found.phase.tolist() == diagram.phase.tolist()
    assert off(found.q * k**2, diagram.q) < LIMIT
    assert off(found.chi_1, diagram.chi_1) < LIMIT
    critical = critical_point(mine)
    assert off(critical.sigma_w * k * c, point.sigma_w) < LIMIT
    assert off(critical.sigma_b * k, point.sigma_b) < LIMIT
    assert off(critical.q * k**2, point.q) < LIMIT
    # planted: the same start for both, or the same σ_b
    assert off(found.q[1:] * k**2, 1.001 * diagram.q[1:]) > LIMIT


@pytest.mark.parametrize("c", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("k", [1e-3, 7.3, 1e3])
def test_the_natural_scale_rescales_to_rounding(k: float, c: float) -> None:
    for name in ("tanh", "softplus", "gelu"):
        mine, table = natural_scale(rescaled(name, k, c)), natural_scale(name)
        assert off([mine.z * k, mine.a / c], [table.z, table.a]) < 1e-12
        assert off(mine.sigma_w * mine.a, mine.z) < 1e-12
    if k != 1:
        assert off(natural_scale(rescaled("tanh", 1.01 * k, c)).z * k, table.z) > 1e-3


def test_a_power_has_no_scale_of_its_own() -> None:
    def to_the(power: float) -> Any:
        return lambda z: 5 * np.abs(z) ** power

    for power in (1.0, 2.0, 3.0):
        found = natural_scale(own_activation(to_the(power)))
        assert found.z == 1
    assert natural_scale("relu").a == pytest.approx(2**-0.5, rel=1e-14)


def test_a_function_needs_no_name() -> None:
    mine = own_activation(np.sin, np.cos)
    w, b = [0.5, 1.0, 1.5, 4.0, 30.0], [0.0, 0.2, 2.0]
    named, own = (phase_diagram(one, sigma_w=w, sigma_b=b) for one in ("sin", mine))
    assert own.phase.tolist() == named.phase.tolist()
    assert off(own.q, named.q) < LIMIT
    assert off(own.chi_1, named.chi_1) < LIMIT
    assert critical_point(mine) == critical_point("sin")
    for sigma_w, sigma_b in ((1.5, 0.0), (3.0, 0.5)):
        pairs = zip(
            fixed_points(mine, sigma_w=sigma_w, sigma_b=sigma_b),
            fixed_points("sin", sigma_w=sigma_w, sigma_b=sigma_b),
            strict=True,
        )
        for one, other in pairs:
            assert off([one.q, one.chi_1], [other.q, other.chi_1]) < LIMIT
            if one.q > 0:
                slopes = [
                    fixed_correlation(which, q=other.q, sigma_w=sigma_w, sigma_b=sigma_b).slope
                    for which in (mine, "sin")
                ]
                assert off(*slopes) < 1e-8


E: dict[str, tuple[Callable[[Any], Any], Callable[[float], float]]] = {
    # φ and E φ² as a function of q
    "z exp(-z²)": (lambda z: z * np.exp(-z * z), lambda q: q * (1 + 4 * q) ** -1.5),
    "cos": (np.cos, lambda q: (1 + np.exp(-2 * q)) / 2),
    "exp(-z²)": (lambda z: np.exp(-z * z), lambda q: (1 + 4 * q) ** -0.5),
}


@pytest.mark.parametrize("name", E)
def test_where_the_mean_square_falls_the_layers_are_followed(name: str) -> None:
    value, square = E[name]
    w, b = np.array([0.4, 1.0, 1.5, 3.0, 8.0, 20.0]), np.array([0.0, 0.3, 2.0])
    found = phase_diagram(value, sigma_w=w, sigma_b=b, start=0.7)
    for i, sigma_b in enumerate(b):
        for j, sigma_w in enumerate(w):
            if name == "z exp(-z²)" and sigma_b == 0 and sigma_w <= 1:
                exact = 0.0  # at σ_w = 1 like 1/(6 l) in layer l: no iteration gets there
            else:
                exact = 0.7
                for _ in range(400):
                    exact = sigma_w**2 * square(exact) + sigma_b**2
            assert found.q[i, j] == pytest.approx(exact, rel=1e-9)
            point = settled(value, sigma_w=sigma_w, sigma_b=sigma_b, start=0.7)
            assert point is not None
            assert point.q == pytest.approx(exact, rel=1e-12)
            assert point.chi_parallel >= -0.5  # as at every fixed point of any φ


def test_a_pole_has_no_diagram() -> None:
    with pytest.raises(NoAnswer, match="positive and finite E φ²"):
        phase_diagram(lambda z: 1 / z, sigma_w=[1.0], sigma_b=[0.1])
