"""Moments of two correlated pre-activations agree with mpmath, for every correlation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, InputError, gaussian_mean, own_activation
from saturation_lab.theory import CLOSED_PAIRS, PAIR_MOMENTS, pair_expectation, pair_gap, pair_mean

Array = NDArray[np.float64]

LIMIT = 1e-10  # of E|f(z₁) f(z₂)|
DATA = json.loads((Path(__file__).parent / "pairs.json").read_text(encoding="utf-8"))
ROWS = DATA["rows"]
NAMES = sorted({row[0] for row in ROWS})
CORRELATIONS = np.array([-1, -1 + 1e-12, -0.99, -0.5, 0, 1e-9, 0.3, 0.9, 1 - 1e-6, 1 - 1e-12, 1])


def worst(
    name: str, route: str | None, off: float = 0, moments: Sequence[str] = tuple(PAIR_MOMENTS)
) -> float:
    """Return the largest error over the data, as a share of E|f(z₁) f(z₂)|."""
    errors = []
    for of in moments:
        rows = [row[2:] for row in ROWS if row[:2] == [name, of]]
        q1, q2, gap, sign, mean, size = np.array(rows, dtype=np.float64).T
        c = sign * (1 - gap) * (1 - off)
        found = pair_expectation(name, q1, q2, c, of=of, route=route)
        errors.append((np.abs(found.value - mean) / size).max())
    return float(max(errors))


def test_the_data_are_whole() -> None:
    assert len(NAMES) >= 15
    assert {row[1] for row in ROWS} == set(PAIR_MOMENTS)
    assert any(row[4] == "1e-12" for row in ROWS)


@pytest.mark.parametrize("name", NAMES)
def test_kernels_agree_with_mpmath(name: str) -> None:
    assert worst(name, None) <= LIMIT
    if name in CLOSED_PAIRS:  # otherwise this is the route already taken
        assert worst(name, "quadrature") <= LIMIT
    assert worst(name, None, off=1e-7, moments=["value"]) > LIMIT  # planted


@pytest.mark.parametrize("name", CLOSED_PAIRS)
@pytest.mark.parametrize("of", PAIR_MOMENTS)
def test_both_routes_agree(name: str, of: str) -> None:
    for q1, q2 in ((1e-8, 1e-8), (1e-4, 1.0), (1.0, 1.0), (1.0, 2.5), (10.0, 10.0)):
        closed = pair_expectation(name, q1, q2, CORRELATIONS, of=of, route="closed")
        found = pair_expectation(name, q1, q2, CORRELATIONS, of=of, route="quadrature")
        # never above E|f₁ f₂|, and equal to it where both are positive
        size = np.abs(closed.value)
        assert (np.abs(closed.value - found.value) <= LIMIT * size).all()


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_ends_are_moments_of_one(name: str) -> None:
    q = np.array([1e-8, 1e-2, 1.0, 100.0, 1e4])
    for of, square in (("value", "square"), ("slope", "slope_square")):
        mean, exact = gaussian_mean(name, q, of=of), gaussian_mean(name, q, of=square)
        assert pair_mean(name, q, q, 1.0, of=of) == pytest.approx(exact, rel=1e-12, abs=0)
        assert pair_mean(name, q, q, 0.0, of=of) == pytest.approx(mean**2, rel=1e-12, abs=1e-30)


@pytest.mark.parametrize("name", ["tanh", "softplus", "selu", "hardtanh", "relu"])
@pytest.mark.parametrize("c", [-0.7, 0.2, 0.9])
def test_the_slope_in_c_is_the_kernel_of_slopes(name: str, c: float) -> None:
    q1, q2, step = 0.8, 1.7, 1e-3
    up, down, up2, down2 = pair_mean(
        name, q1, q2, c + step * np.array([1, -1, 2, -2]), of="value"
    ).tolist()
    by_difference = (8 * (up - down) - (up2 - down2)) / (12 * step)
    slope = np.sqrt(q1 * q2) * float(pair_mean(name, q1, q2, c, of="slope"))
    assert slope == pytest.approx(by_difference, rel=1e-8)
    assert 1.0001 * slope != pytest.approx(by_difference, rel=1e-8)  # planted


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "selu", "hardtanh", "gelu", "relu"])
def test_gaps_are_differences_of_kernels(name: str) -> None:
    c = np.array([-1.0, -0.6, 0.0, 0.4, 0.9])
    for of in PAIR_MOMENTS:
        for q in (1e-2, 1.0, 50.0):
            difference = pair_mean(name, q, q, 1.0, of=of) - pair_mean(name, q, q, c, of=of)
            scale = float(pair_mean(name, q, q, 1.0, of=of))
            assert np.abs(pair_gap(name, q, c, of=of) - difference).max() <= 1e-12 * scale


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "selu", "gelu", "mish"])
def test_gaps_keep_their_digits_near_one(name: str) -> None:
    # K(1) - K(c) = (1 - c) q E φ'² up to (1 - c)², (1 - c)^(3/2) at a kink
    for power in (30, 40, 48):
        near = 2.0**-power
        expected = near * gaussian_mean(name, 2.0, of="slope_square") * 2.0
        gap, limit = pair_gap(name, 2.0, 1 - near), 4 * near**0.5
        assert gap == pytest.approx(expected, rel=limit, abs=0)
        assert 1.001 * gap != pytest.approx(expected, rel=limit, abs=0)  # planted


def test_shapes_broadcast_and_the_two_are_exchangeable() -> None:
    q1, q2, c = np.array([[0.5], [2.0]]), np.array([1.0, 3.0, 2.0]), 0.4
    found = pair_mean("mish", q1, q2, c)
    assert found.shape == (2, 3)
    swapped = pair_mean("mish", q2[:, None], q1[:, 0], c)
    assert (swapped == found.T).all()
    assert pair_mean("tanh", 0.0, 1.0, 0.5) == 0
    assert pair_mean("sigmoid", 0.0, 1.0, 0.5) == 0.25


@pytest.mark.parametrize("c", [-0.9, 0.1, 0.5, 1 - 1e-12])
def test_an_exponential_is_followed_far_out(c: float) -> None:
    for q1, q2 in ((0.25, 0.25), (1.0, 30.0), (80.0, 80.0)):
        exact = np.exp((q1 + q2) / 2 + c * np.sqrt(q1 * q2))
        assert pair_mean(np.exp, q1, q2, c) == pytest.approx(exact, rel=1e-10, abs=0)


@pytest.mark.parametrize(
    ("kink", "q"), [(0.3, 1e-2), (0.3, 1.0), (0.3, 100.0), (0.25, 1.0), (1.0, 1.0)]
)
def test_a_kink_without_a_name_is_found(kink: float, q: float) -> None:
    def bent(z: Any) -> Any:
        return np.abs(z - kink)

    def slope(z: Any) -> Any:
        return np.sign(z - kink)

    named = own_activation(bent, slope, kinks=(kink,))
    unnamed = own_activation(bent, slope)
    for of in PAIR_MOMENTS:
        exact, found = (
            pair_expectation(one, q, 2 * q, CORRELATIONS, of=of) for one in (named, unnamed)
        )
        scale = np.abs(exact.value).max()
        assert np.abs(exact.value - found.value).max() <= LIMIT * scale
        assert found.error.max() <= 1e-8 * scale


def test_a_ripple_too_fine_shows_in_the_error() -> None:
    ripple = own_activation(lambda z: np.sin(300 * z), lambda z: 300 * np.cos(300 * z))
    found = pair_expectation(ripple, 1.0, 1.0, 0.9)
    assert found.error > 1e-6
    assert abs(float(found.value)) <= 10 * found.error  # e^-9000


@pytest.mark.parametrize("c", [1.0000001, -2.0, np.nan, "near"])
def test_what_is_no_correlation_is_refused(c: Any) -> None:
    with pytest.raises(InputError, match=r"^c: expected correlations from -1 to 1, got "):
        pair_mean("tanh", 1.0, 1.0, c)


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r"^q2: expected finite variances >= 0, got -1"):
        pair_mean("tanh", 1.0, -1.0, 0.5)
    with pytest.raises(InputError, match=r"^c: expected shapes .* got \(2,\), \(3,\) and \(\)"):
        pair_mean("tanh", [1.0, 2.0], [1.0, 2.0, 3.0], 0.5)
    with pytest.raises(InputError, match=r"expected a finite E φ .* diverges .* at q = 0\.7 "):
        pair_mean(own_activation(lambda z: np.exp(z * z)), 0.1, 0.7, 0.5)
    with pytest.raises(InputError, match=r'route: expected "quadrature" for tanh, got "closed"'):
        pair_expectation("tanh", 1.0, 1.0, 0.5, route="closed")
