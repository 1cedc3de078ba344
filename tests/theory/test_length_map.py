"""The fixed points of the length map: all are found, with their stability and depth scales."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saturation_lab import ACTIVATIONS, InputError, fixed_points
from saturation_lab.theory import Stability, depth_scale, half_stable_point, settled
from saturation_lab.theory.length_map import length_map

PAIRS = [(0.5, 0.0), (0.9, 0.5), (1.2, 0.05), (1.3, 1.0), (3.0, 0.0)]


def test_selu_was_made_for_one() -> None:
    # Klambauer et al. 2017, section 2: the fixed point (0, 1), its Jacobian's second eigenvalue
    zero, one = fixed_points("selu", sigma_w=1.0)
    assert zero.stability is Stability.UNSTABLE
    assert one.stability is Stability.STABLE
    assert abs(one.q - 1) < 1e-13
    assert abs(one.chi_parallel - 0.782648) < 5e-7
    assert abs(fixed_points("selu", sigma_w=1.01)[1].q - 1) > 1e-2  # planted


@pytest.mark.parametrize(("name", "sigma_w"), [("tanh", 1.0), ("erf", math.sqrt(math.pi) / 2)])
def test_a_critical_network_without_biases_goes_to_zero(name: str, sigma_w: float) -> None:
    (zero,) = fixed_points(name, sigma_w=sigma_w)
    assert zero.q == 0
    assert zero.stability is Stability.HALF_STABLE
    assert abs(zero.chi_1 - 1) < 1e-14
    assert zero.length_depth == math.inf


def test_the_sine_in_closed_form() -> None:
    point = settled("sin", sigma_w=1.5, sigma_b=0.3)
    assert point is not None
    assert abs(2.25 * (1 - math.exp(-2 * point.q)) / 2 + 0.09 - point.q) < 1e-14
    assert abs(point.chi_1 - 2.25 * (1 + math.exp(-2 * point.q)) / 2) < 1e-14
    assert abs(point.length_depth + 1 / math.log(2.25 * math.exp(-2 * point.q))) < 1e-12


def test_relu_in_closed_form() -> None:
    (point,) = fixed_points("relu", sigma_w=1.0, sigma_b=0.7)
    assert abs(point.q - 0.98) < 1e-14
    assert fixed_points("relu", sigma_w=1.5, sigma_b=0.7) == ()
    assert settled("relu", sigma_w=1.5, sigma_b=0.7) is None
    kept = settled("relu", sigma_w=math.sqrt(2), start=3.0)
    assert kept is not None
    assert kept.q == 3.0
    with pytest.raises(InputError, match="keeps every q"):
        fixed_points("relu", sigma_w=math.sqrt(2))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_iterating_leads_to_the_same_point(name: str) -> None:
    for sigma_w, sigma_b in PAIRS:
        chosen = length_map(name, sigma_w=sigma_w, sigma_b=sigma_b)
        q, before = np.array(1.0), np.array(math.inf)
        for _ in range(700):
            # where |χ∥| < 0.96 the steps to come are at most 24 times as long as the last one
            if q > 1e8 or abs(q - before) <= 1e-12 * q + 1e-15:
                break
            before, q = q, np.clip(chosen(q), 1e-100, 1e9)
        point = settled(name, sigma_w=sigma_w, sigma_b=sigma_b)
        if point is None:
            assert q > 1e8
        elif abs(point.chi_parallel) < 0.96:
            assert abs(float(q) - point.q) <= 1e-9 * point.q + 1e-12


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_slope_is_the_slope(name: str) -> None:
    chosen = length_map(name, sigma_w=1.3, sigma_b=0.2)
    q, step = np.array([0.3, 1.0, 7.0]), 1e-5
    slope = (chosen(q + step) - chosen(q - step)) / (2 * step)
    assert (np.abs(chosen.chi_parallel(q) - slope) < 1e-8).all()
    if name not in ("relu", "leaky_relu", "identity"):  # where both are one number
        assert (np.abs(chosen.chi_1(q) - slope) > 1e-6).any()  # planted: χ₁ for χ∥


@pytest.mark.parametrize("name", ["silu", "gelu", "mish"])
def test_a_touching_map_has_a_half_stable_point(name: str) -> None:
    point = half_stable_point(name)
    points = fixed_points(name, sigma_w=point.sigma_w, sigma_b=point.sigma_b)
    touching = [one for one in points if one.stability is Stability.HALF_STABLE]
    assert [one.q for one in touching] == pytest.approx([point.q], rel=1e-6)
    # planted: with a little less weight nothing is touched
    points = fixed_points(name, sigma_w=point.sigma_w * 0.999, sigma_b=point.sigma_b)
    assert all(one.stability is not Stability.HALF_STABLE for one in points)


def test_two_points_and_none() -> None:
    low, high = fixed_points("silu", sigma_w=1.5, sigma_b=0.3)
    assert low.stability is Stability.STABLE
    assert high.stability is Stability.UNSTABLE
    above = settled("silu", sigma_w=1.5, sigma_b=0.3, start=high.q * 1.01)
    below = settled("silu", sigma_w=1.5, sigma_b=0.3, start=high.q * 0.99)
    assert above is None
    assert below == low


def test_a_map_that_falls_is_iterated() -> None:
    def bump(z: np.ndarray) -> np.ndarray:
        bent: np.ndarray = z * np.exp(-z * z)
        return bent

    point = settled(bump, sigma_w=3.0)
    assert point is not None
    chosen = length_map(bump, sigma_w=3.0)
    assert abs(float(chosen(point.q)) - point.q) < 1e-9


def test_depth_scales() -> None:
    assert depth_scale(math.exp(-0.25)) == pytest.approx(4)
    assert depth_scale(math.exp(0.25)) == pytest.approx(-4)


@pytest.mark.parametrize(
    "wrong", [{"sigma_w": -1.0}, {"sigma_w": math.nan}, {"sigma_w": 1.0, "sigma_b": -0.1}]
)
def test_bad_input_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match="at least 0"):
        fixed_points("tanh", **wrong)
    with pytest.raises(InputError, match="start"):
        settled("tanh", sigma_w=1.0, start=0.0)
