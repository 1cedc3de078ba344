"""The bounds of φ are its infimum and supremum, and its kinks are all jumps of φ'."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, Activation

Array = NDArray[Any]
Function = Callable[[Array], Array]
Kind = type[np.float32] | type[np.float64]

ROUNDINGS = 4  # eps by which φ may pass a bound
REACH = 1e4  # |z| up to which the laws hold
FAR = 1e8  # |z| at which a bounded φ must have come within 1e-6 of its bound
JUMP = 1e-4  # of the largest |φ'|: less is no jump but a rounding

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
both_kinds = pytest.mark.parametrize("kind", [np.float32, np.float64])


def extremes(value: Function, reach: float, kind: Kind = np.float64) -> tuple[float, float]:
    """Return the least and the largest φ found in |z| <= reach."""
    outside = np.geomspace(20, reach, 2000)
    z = np.concatenate([-outside, np.linspace(-20, 20, 40_001), outside]).astype(kind)
    with np.errstate(all="raise", under="ignore"):
        found = value(z)
    return float(found.min()), float(found.max())


def jumps(slope: Function) -> list[tuple[float, float]]:
    """Return the intervals, no wider than a rounding, over which φ' jumps.

    Every interval of a comb is halved 60 times, each time to the half in which φ' changes more.
    """
    edges = np.linspace(-20.005, 20.005, 20_001)
    low, high = edges[:-1], edges[1:]
    largest = np.abs(slope(edges)).max()
    for _ in range(60):
        middle = low + (high - low) / 2
        at_low, at_middle, at_high = slope(low), slope(middle), slope(high)
        left = np.abs(at_middle - at_low) >= np.abs(at_high - at_middle)
        low, high = np.where(left, low, middle), np.where(left, middle, high)
    broken = np.abs(slope(high) - slope(low)) > JUMP * largest
    return list(zip(low[broken].tolist(), high[broken].tolist(), strict=True))


@both_kinds
@every_activation
def test_bounds_hold(activation: Activation, kind: Kind) -> None:
    low, high = activation.bounds
    least, largest = extremes(activation.value, REACH, kind)
    slack = ROUNDINGS * float(np.finfo(kind).eps)
    assert least >= low - (slack * abs(low) if math.isfinite(low) else 0)
    assert largest <= high + (slack * abs(high) if math.isfinite(high) else 0)


@every_activation
def test_bounds_are_approached(activation: Activation) -> None:
    near, far = extremes(activation.value, REACH), extremes(activation.value, FAR)
    for side, bound in enumerate(activation.bounds):
        if math.isfinite(bound):
            assert far[side] == pytest.approx(bound, rel=0, abs=1e-6)
        else:
            assert abs(far[side]) > abs(near[side]) + 1  # still growing


@pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if math.isfinite(a.bounds[0])])
def test_a_planted_bound_is_rejected(name: str) -> None:
    bound, (least, _) = ACTIVATIONS[name].bounds[0], extremes(ACTIVATIONS[name].value, FAR)
    for planted in (bound - 1e-5, bound + 1e-5):
        assert least != pytest.approx(planted, rel=0, abs=1e-6)


@every_activation
def test_kinks_are_where_the_derivative_jumps(activation: Activation) -> None:
    found = jumps(activation.derivative)
    assert len(found) == len(activation.kinks)
    for kink, (low, high) in zip(sorted(activation.kinks), found, strict=True):
        assert low <= kink <= high


@every_activation
def test_at_a_kink_the_derivative_is_the_left_one(activation: Activation) -> None:
    for kink in activation.kinks:
        left, at, right = activation.derivative(
            np.array([np.nextafter(kink, -np.inf), kink, np.nextafter(kink, np.inf)])
        )
        assert at == pytest.approx(left, rel=1e-15)
        assert abs(right - at) > JUMP


@pytest.mark.parametrize("size", [0.001, 1.0])
def test_a_planted_kink_is_found(size: float) -> None:
    def kinked(z: Array) -> Array:
        value: Array = np.cos(z) + np.where(z > 0.3, size, 0.0)
        return value

    ((low, high),) = jumps(kinked)
    assert low <= 0.3 <= high < low + 1e-15
