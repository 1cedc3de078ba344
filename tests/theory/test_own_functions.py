"""A user's functions of every kind are integrated rightly, or refused with the reason."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import Activation, NoAnswer, gaussian_mean, own_activation, phase_diagram
from saturation_lab.nets.scan import features_of, jumps_of
from saturation_lab.theory import (
    Gram,
    critical_line,
    critical_points,
    expectation,
    fixed_correlation,
    fixed_points,
    gaussian_curve,
    pair_gap,
    pair_mean,
    respond,
    settled,
    why_none,
)

Array = NDArray[np.float64]
Function = Callable[[Any], Any]

LIMIT = 1e-9
BLURRED = 1e-8
"""Of slopes by central differences, which blur a kink within 1e-5."""

OWN: dict[str, tuple[Function, tuple[float, ...]]] = {
    "two bumps": (lambda z: np.exp(-((z - 1) ** 2)) - 0.5 * np.exp(-4 * (z + 2) ** 2), ()),
    "spike": (lambda z: z / 2 + np.exp(-(((z - 0.7) / 0.01) ** 2)), (0.7,)),
    "staircase": (
        lambda z: np.floor(2 * z + 0.3) / 2,
        tuple((n - 0.3) / 2 for n in range(-80, 80)),
    ),
    "plateaus": (
        lambda z: np.clip(z, -1, 1) + np.clip(z - 3, 0, 1) + np.clip(z + 3, -1, 0),
        (-4.0, -3.0, -1.0, 1.0, 3.0, 4.0),
    ),
    "ripple": (lambda z: z + 0.3 * np.sin(20 * z), ()),
    "chirp": (lambda z: np.sin(z * z), ()),
    "growth": (lambda z: np.exp(z * z / 40), ()),
    "dead zone": (lambda z: np.sign(z) * np.maximum(np.abs(z) - 1, 0), (-1.0, 1.0)),
    "jump up": (lambda z: np.tanh(z) + (z > 1), (1.0,)),
    "gate": (lambda z: np.where(np.abs(z) > 0.5, z, 0.0), (-0.5, 0.5)),
}
"""φ, and where its panels must end in a quadrature by hand."""
JUMPING = {"staircase": 512, "jump up": 1, "gate": 2}
"""The number of jumps; of the infinitely many of a staircase, the innermost are kept."""


@cache
def _own(name: str) -> Activation:
    return own_activation(OWN[name][0], name=name)


def _nodes(name: str, q: float) -> tuple[Array, Array]:
    """Return nodes and weights of N(0, q) on 12,000 panels of 4 points."""
    marks = [mark for one in OWN[name][1] for mark in (one - 0.1, one, one + 0.1)]
    edges = np.union1d(np.linspace(-13, 13, 12_001) * math.sqrt(q), marks)
    if name == "spike":
        edges = np.union1d(edges, np.linspace(0.6, 0.8, 2001))
    x, w = np.polynomial.legendre.leggauss(4)
    half = np.diff(edges)[:, None] / 2
    z = (edges[:-1, None] + half + half * x).ravel()
    return z, (half * w).ravel() * np.exp(-z * z / (2 * q)) / math.sqrt(2 * math.pi * q)


def _by_hand(name: str, q: float) -> dict[str, tuple[float, float]]:
    """Return E φ, E φ² and dE[φ²]/dq, each with the mean absolute value of its integrand."""
    z, weight = _nodes(name, q)
    a = OWN[name][0](z)
    terms = {"value": a, "square": a * a, "square_slope": a * a * (z * z / q - 1) / (2 * q)}
    return {of: (float(one @ weight), float(np.abs(one) @ weight)) for of, one in terms.items()}


@pytest.mark.parametrize("name", OWN)
def test_moments_are_those_of_a_quadrature_by_hand(name: str) -> None:
    for q in (0.05, 6.0):
        for of, (exact, size) in _by_hand(name, q).items():
            limit = (BLURRED if of == "square_slope" else LIMIT) * size
            found = float(gaussian_mean(_own(name), q, of=of))
            assert abs(found - exact) <= limit, (q, of)
            assert abs(float(gaussian_curve(_own(name), of=of)(q)) - exact) <= limit
            assert abs(found + 1e-5 * size - exact) > limit  # planted


@pytest.mark.parametrize("name", OWN)
def test_pairs_are_those_of_a_quadrature_by_hand(name: str) -> None:
    # E[φ(z₁)φ(z₂)] = Σ c^k α_k², with the Hermite coefficients α_k of a quadrature by hand
    q, c = 1.0, 0.5
    z, weight = _nodes(name, q)
    before, here = np.zeros_like(z), np.ones_like(z)
    exact = 0.0
    for k in range(60):  # 2^-60 remains
        exact += c**k * float((OWN[name][0](z) * here) @ weight) ** 2
        before, here = here, (z * here - math.sqrt(k) * before) / math.sqrt(k + 1)
    size = float(gaussian_mean(_own(name), q))
    assert abs(float(pair_mean(_own(name), q, q, c)) - exact) <= LIMIT * size
    gap = float(pair_gap(_own(name), q, c))
    assert abs(size - gap - exact) <= LIMIT * size


@pytest.mark.parametrize("name", OWN)
def test_fixed_points_are_kept_and_attract_as_the_map_by_hand_says(name: str) -> None:
    w, b = 0.7, 0.4
    points = fixed_points(_own(name), sigma_w=w, sigma_b=b)
    assert points
    for point in points:
        by_hand = _by_hand(name, point.q)
        if point.q < 10:  # beyond, the growth does not end within 13 standard deviations
            assert w**2 * by_hand["square"][0] + b**2 == pytest.approx(point.q, rel=LIMIT)
            assert w**2 * by_hand["square_slope"][0] == pytest.approx(point.chi_parallel, abs=1e-8)
    limit = settled(_own(name), sigma_w=w, sigma_b=b, start=0.2)
    assert limit is not None
    found = phase_diagram(_own(name), sigma_w=[w], sigma_b=[b], start=0.2)
    assert found.q[0, 0] == pytest.approx(limit.q, rel=1e-9)
    q = 0.2
    for _ in range(60):
        q = w**2 * float(gaussian_curve(_own(name))(q)) + b**2
    assert q == pytest.approx(limit.q, rel=1e-6)


@pytest.mark.parametrize("name", OWN)
def test_jumps_are_found(name: str) -> None:
    assert len(_own(name).jumps) == JUMPING.get(name, 0)
    if name in ("jump up", "gate"):
        assert _own(name).jumps == pytest.approx(OWN[name][1], rel=1e-15)
    if name == "staircase":
        assert np.allclose((2 * np.array(_own(name).jumps) + 0.3) % 1, 0, atol=1e-9) or np.allclose(
            (2 * np.array(_own(name).jumps) + 0.3 + 0.5) % 1, 0.5, atol=1e-9
        )


def test_what_is_steep_or_rough_is_no_jump() -> None:
    for value in (
        lambda z: np.tanh(1e6 * z),
        lambda z: np.abs(z - 0.3),
        lambda z: np.sin(3000 * z),
        lambda z: np.tanh(z.astype(np.float32)).astype(float),
        np.cbrt,
        lambda z: 1 / z,
        np.tan,
    ):
        assert jumps_of(value) == ()
    assert jumps_of(lambda z: np.tanh(z) + 1e-3 * (z > 0.3)) == pytest.approx((0.3,))
    assert jumps_of(np.sign) == (0.0,)


def test_a_feature_far_narrower_than_its_place_is_marked() -> None:
    marks = np.array(features_of(lambda z: np.exp(-np.square((z - 30) / 0.1))))
    assert len(marks) > 1
    assert np.abs(marks - 30).max() < 1
    assert features_of(np.tanh) == ()


def test_a_jump_counts_in_the_slope_of_the_length_map() -> None:
    # E φ² of 2·1{z > 1} + tanh z as if φ' had no jump: the slope is less than half of the true one
    value: Function = lambda z: np.tanh(z) + 2 * (z > 1)  # noqa: E731
    mine = own_activation(value, lambda z: 1 - np.tanh(z) ** 2, name="tanh and a step")
    low, middle, high = fixed_points(mine, sigma_w=0.8, sigma_b=0.2)
    assert [one.stability.value for one in (low, middle, high)] == ["stable", "unstable", "stable"]
    step = 1e-4 * middle.q
    above, below = gaussian_curve(mine)(middle.q + step), gaussian_curve(mine)(middle.q - step)
    assert middle.chi_parallel == pytest.approx(0.64 * float(above - below) / (2 * step), rel=1e-6)
    # planted: E[φφ'z]/q without the jump calls the point stable
    smooth = replace(mine, jumps=(), kinks=(1.0,))
    assert 0.64 * float(gaussian_mean(smooth, middle.q, of="square_slope")) < 0.7


@pytest.mark.parametrize("name", ["jump up", "gate"])
def test_where_phi_jumps_there_is_no_order(name: str) -> None:
    mine = _own(name)
    found = phase_diagram(mine, sigma_w=[0.3, 0.6, 0.9], sigma_b=[0.3, 0.6])
    assert set(found.phase.ravel().tolist()) == {"chaotic"}
    assert critical_points(mine) == ()
    assert np.isnan(critical_line(mine, [0.5, 1.0]).sigma_w).all()
    assert why_none(mine).startswith("φ jumps at z = ")
    point = settled(mine, sigma_w=0.6, sigma_b=0.6)
    assert point is not None
    limit = fixed_correlation(mine, q=point.q, sigma_w=0.6, sigma_b=0.6)
    assert 0 < limit.gap < 1
    kept = [
        0.36 * float(pair_gap(mine, point.q, 1 - gap)) / point.q
        for gap in limit.gap * np.array([1 - 1e-4, 1, 1 + 1e-4])
    ]
    assert kept[1] == pytest.approx(limit.gap, rel=1e-9)
    assert (kept[2] - kept[0]) / (2e-4 * limit.gap) == pytest.approx(limit.slope, rel=1e-5)


def test_the_gram_matrix_after_a_jump() -> None:
    mine = _own("jump up")
    for c in (-0.5, 0.3, 0.9, 0.99):
        z = Gram(square=np.ones(2), gap=np.array([[0, 1 - c], [1 - c, 0]]))
        found = respond(mine, z.square)
        assert found.gram(z).product[0, 1] == pytest.approx(pair_mean(mine, 1, 1, c), abs=1e-5)
        slope = pair_mean(mine, 1, 1, c, of="slope")
        assert found.slopes(z)[0, 1] == pytest.approx(slope, abs=1e-10)


DIVERGING: dict[str, tuple[Function, str]] = {
    "1/z": (lambda z: 1 / z, "value"),
    "1/z squared": (lambda z: 1 / z, "square"),
    "1/√|z| squared": (lambda z: np.abs(z) ** -0.5, "square"),
    "1/(z - 1)": (lambda z: 1 / (z - 1), "value"),
    "tan": (np.tan, "value"),
    "tan squared": (np.tan, "square"),
    "exp z²": (lambda z: np.exp(z * z), "square"),
    "log slope": (np.cbrt, "slope_square"),
}


@pytest.mark.parametrize("name", DIVERGING)
def test_an_integral_that_diverges_is_refused(name: str) -> None:
    value, of = DIVERGING[name]
    slope = (lambda z: np.abs(z) ** (-2 / 3) / 3) if name == "log slope" else None
    mine = own_activation(value, slope, name=name)
    asks: tuple[Callable[[], object], ...] = (
        lambda: gaussian_mean(mine, 1.0, of=of),
        lambda: gaussian_curve(mine, of=of)(1.0),
    )
    for ask in asks:
        with pytest.raises(NoAnswer, match=r"diverges or overflows|too many oscillations"):
            ask()


def test_an_integrable_singularity_is_integrated() -> None:
    # E |z|^p = 2^(p/2) Γ((p + 1)/2)/√π
    def to_the(power: float) -> Callable[[Any], Any]:
        return lambda z: np.abs(z) ** power

    for power in (-0.5, -0.25, 0.3):
        mine = own_activation(to_the(power))
        exact = 2 ** (power / 2) * math.gamma((power + 1) / 2) / math.sqrt(math.pi)
        assert float(gaussian_mean(mine, 1.0, of="value")) == pytest.approx(exact, rel=1e-9)
    log = own_activation(lambda z: np.log(np.abs(z)))
    exact = -(np.euler_gamma + math.log(2)) / 2
    assert float(gaussian_mean(log, 1.0, of="value")) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize("frequency", [30.0, 150.0])
def test_oscillations_are_resolved(frequency: float) -> None:
    mine = own_activation(lambda z: np.cos(frequency * z), name="fast")
    for q in (0.01, 1.0):
        exact = (1 + math.exp(-2 * q * frequency**2)) / 2
        assert float(gaussian_mean(mine, q)) == pytest.approx(exact, rel=1e-10)


def test_oscillations_too_fast_are_refused_everywhere() -> None:
    mine = own_activation(lambda z: np.sin(3000 * z), name="fast")
    shown = expectation(mine, 1.0)
    assert abs(float(shown.value) - 0.5) <= shown.error
    for ask in (
        lambda: gaussian_mean(mine, 1.0),
        lambda: gaussian_curve(mine)(1.0),
        lambda: pair_mean(mine, 1.0, 1.0, 0.5),
        lambda: pair_gap(mine, 1.0, 0.5),
        lambda: settled(mine, sigma_w=1.5),
        lambda: phase_diagram(mine, sigma_w=[1.5], sigma_b=[0.0]),
    ):
        with pytest.raises(NoAnswer, match="fast, which has too many oscillations"):
            ask()
    # on its own scale, the same function is answered
    assert settled(mine, sigma_w=1.5 / 3000, start=1 / 3000**2) is not None
