"""Thresholds of saturation satisfy their definition, without the formula of their row."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from saturation_lab import ACTIVATIONS, Activation
from saturation_lab.nets import SATURATED

Array = NDArray[Any]
Function = Callable[[Array], Array]

REACH = 1e4  # |z| up to which the tail is followed
CLOSE = 1e-8  # how near to a threshold its two sides are told apart

STATED = [
    pytest.param(activation, side, stated, id=f"{name}-{side}")
    for name, activation in ACTIVATIONS.items()
    for side, stated in ((-1, activation.z_low), (1, activation.z_high))
    if stated is not None
]

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)


def steepest(slope: Function) -> float:
    """Return max |φ'|: the best point of a grid, polished between its neighbours."""
    z = np.concatenate([np.linspace(-30, 30, 6001), [-REACH, REACH]])
    size = np.abs(slope(z))
    best = int(size[:-2].argmax())
    polished = minimize_scalar(
        lambda x: -abs(float(slope(np.array([x]))[0])),
        bounds=(z[max(best - 1, 0)], z[min(best + 1, 6000)]),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return max(float(size.max()), -float(polished.fun))


def is_threshold(slope: Function, t: float, side: int) -> bool:
    """Say whether |φ'| < 5 % of its maximum for all z beyond t and for no smaller bound |t|.

    ``side`` is -1 for z < t (z_low) and 1 for z > t (z_high).
    """
    limit = SATURATED * steepest(slope)
    steps = np.concatenate([[CLOSE], np.geomspace(2 * CLOSE, REACH, 5000), np.linspace(0.01, 50)])
    beyond = np.abs(slope(t + side * steps)) < limit
    inside = np.abs(slope(np.array([t - side * CLOSE]))) < limit
    return bool(beyond.all() and not inside.any())


def has_tail(slope: Function, side: int) -> bool:
    """Say whether |φ'| stays below 5 % of its maximum far out on one side."""
    far = side * np.linspace(REACH, REACH + 100, 5001)
    return bool((np.abs(slope(far)) < SATURATED * steepest(slope)).all())


@every_activation
def test_a_threshold_is_stated_exactly_where_there_is_a_tail(activation: Activation) -> None:
    for side, stated in ((-1, activation.z_low), (1, activation.z_high)):
        assert has_tail(activation.derivative, side) == (stated is not None)


@pytest.mark.parametrize(("activation", "side", "stated"), STATED)
def test_thresholds_are_where_the_tail_begins(
    activation: Activation, side: int, stated: float
) -> None:
    slope = activation.derivative
    assert is_threshold(slope, stated, side)
    off = 0.01 * abs(stated) or 0.01  # planted: 1 % too far in and too far out
    assert not is_threshold(slope, stated - off, side)
    assert not is_threshold(slope, stated + off, side)


def test_a_dip_inside_is_no_threshold() -> None:
    # φ' of silu crosses zero at -1.278: it is small there, grows again further out, then dies off
    slope = ACTIVATIONS["silu"].derivative
    z = np.linspace(-2, -1, 10_001)
    dip = z[np.abs(slope(z)) < SATURATED * steepest(slope)]
    assert -2 < dip.min() < -1.28 < -1.27 < dip.max() < -1
    assert not is_threshold(slope, float(dip.max()), -1)
    assert not is_threshold(slope, float(dip.min()), -1)


@every_activation
def test_thresholds_can_be_moved_but_not_made(activation: Activation) -> None:
    low, high = activation.thresholds()
    assert low == (-math.inf if activation.z_low is None else activation.z_low)
    assert high == (math.inf if activation.z_high is None else activation.z_high)
    moved_low, moved_high = activation.thresholds(4.0)
    assert moved_low == (-math.inf if activation.z_low is None else -4.0)
    assert moved_high == (math.inf if activation.z_high is None else 4.0)
