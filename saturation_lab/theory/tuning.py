"""Which σ_w and σ_b keep the gradient of a network of this depth?

Criticality alone is not the answer: the first layers are not at the fixed point yet, and what they
take from the gradient stays lost (a critical tanh network without biases loses a factor 60 over 50
layers on its way to q* = 0). So σ_w is solved for, at every σ_b, such that the factors χ₁ of all
layers multiply to 1, from the inputs' own mean square on; and the smallest σ_b is taken that keeps

- the gradient of every layer within a factor 1.5 of the last one's,
- what a finite width disturbs from growing: ln q moves at the top by at most 3.5/√L of what it
  is moved at the bottom.

Where a critical σ_w lies within 5 % the answer is the critical initialization, corrected for the
first layers; where none does (softplus has none) it is right for this depth and no other.
A φ that is linear on either side of 0 needs none of this: its one gain serves every depth.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np

from saturation_lab.checks import real, whole
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.criticality import critical_points, scale_free
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.length_map import FixedPoint, settled

TOLERANCE = 1.5
"""The factor within which the gradient of every layer stays."""
_MOST_SENSITIVE = 3.5
"""Over the root of the depth: what is left at the top, at most, of a relative difference of q at
the bottom. Every layer of finite width disturbs q anew, independently of the others."""
_NEAR = 0.05
"""How far σ_w may be off the critical one to be called near the critical line."""
_DIGITS = 6
"""Of the σ that are recommended."""
_LEAST, _MOST, _NODES = 1e-12, 1e7, 1500
_BIASES = np.concatenate([[0.0], np.geomspace(0.02, 12, 39)])
_GAINS = np.geomspace(0.3, 30, 65)
_HALVINGS = 26
_DISTURBED = 1e-4
_STILL = 1e-14

_Moments = Callable[[Float64], Float64]


class Basis(StrEnum):
    """What a recommendation rests on."""

    EVERY_Q = "every q is a fixed point"
    CRITICAL = "near the critical line"
    THIS_DEPTH = "tuned to this depth"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Standard deviations and what they rest on.

    Attributes:
        basis: of none, the numbers are nan.
        sigma_w, sigma_b: to six digits; exact where every q is a fixed point.
        critical_sigma_w: the critical σ_w at this σ_b that is nearest; nan where there is none.
        fixed: the fixed point that the layers go to; None where there is none.
        worst: the largest factor by which the gradient of a layer is off that of the last.
    """

    basis: Basis
    sigma_w: float
    sigma_b: float
    critical_sigma_w: float
    fixed: FixedPoint | None
    worst: float


_NOTHING_FOUND = Tuning(
    basis=Basis.NONE,
    sigma_w=math.nan,
    sigma_b=math.nan,
    critical_sigma_w=math.nan,
    fixed=None,
    worst=math.nan,
)


def tuned(activation: object, *, depth: int, input_mean_square: float = 1.0) -> Tuning:
    """Return the σ_w and σ_b that keep the gradient over ``depth`` layers of equal width.

    Raises:
        InputError: depth is no whole number from 1, the mean square not above 0.

    >>> found = tuned("relu", depth=50)
    >>> found.basis.value, found.sigma_w, found.sigma_b
    ('every q is a fixed point', 1.41421356, 0.0)
    >>> print(tuned("tanh", depth=50).basis.value)
    near the critical line
    """
    member = find_activation(activation)
    deep = max(2, whole("depth", depth, low=1, high=100_000))
    m = real("input_mean_square", input_mean_square, above=0)
    free = scale_free(member)
    if free is not None:
        sigma_w = free.sigma_w
        fixed = settled(member, sigma_w=sigma_w, start=sigma_w**2 * m)
        return Tuning(
            basis=Basis.EVERY_Q, sigma_w=sigma_w, sigma_b=0.0, critical_sigma_w=sigma_w,
            fixed=fixed, worst=1.0,
        )  # fmt: skip
    return _solved(member, deep, m)


@lru_cache(maxsize=256)
def _solved(activation: Activation, depth: int, m: float) -> Tuning:
    moments = _moments(activation)
    if moments is None:
        return _NOTHING_FOUND
    low, high, bias = _bracketed(moments, depth, m)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = _walk(moments, middle, bias, depth, m).ratio < 1
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    worst, sensitivity = _steadiness(moments, low, bias, depth, m)
    good = np.flatnonzero(
        (worst <= TOLERANCE) & (sensitivity <= _MOST_SENSITIVE / math.sqrt(depth))
    )
    if not good.size:
        return _NOTHING_FOUND
    first = good[0]
    return _named(activation, low[first], bias[first], worst[first], m)


def _moments(activation: Activation) -> _Moments | None:
    """Return ln q to [ln E φ², ln E φ'²] as a cubic spline, to 8 digits; None where one is 0."""
    from scipy.interpolate import CubicSpline

    q = np.geomspace(_LEAST, _MOST, _NODES)
    both = [gaussian_curve(activation, of=of)(q) for of in ("square", "slope_square")]
    if any((values <= 0).any() for values in both):
        return None
    spline: _Moments = CubicSpline(np.log(q), np.log(both), axis=1)
    return spline


def _bracketed(moments: _Moments, depth: int, m: float) -> tuple[Float64, Float64, Float64]:
    """Return the two σ_w between which the ratio of layer 1 to the last first passes 1, and σ_b."""
    w, b = np.broadcast_arrays(_GAINS, _BIASES[:, None])
    ratio = _walk(moments, w, b, depth, m).ratio
    passes = (ratio[:, :-1] < 1) & (ratio[:, 1:] >= 1)
    rows = np.flatnonzero(passes.any(axis=1))
    column = passes[rows].argmax(axis=1)
    return _GAINS[column], _GAINS[column + 1], _BIASES[rows]


def _steadiness(
    moments: _Moments, w: Float64, b: Float64, depth: int, m: float
) -> tuple[Float64, Float64]:
    """Return the worst factor of a layer, and |d ln q_L / d ln q_1|."""
    found, beside = (_walk(moments, w, b, depth, m * one) for one in (1, 1 + _DISTURBED))
    top = np.abs(np.log(beside.last / found.last))
    return found.worst, top / np.log(beside.first / found.first)


def _named(activation: Activation, w: float, b: float, worst: float, m: float) -> Tuning:
    sigma_w, sigma_b = _rounded(w), _rounded(b)
    critical = [point.sigma_w for point in critical_points(activation, sigma_b=sigma_b)]
    nearest = min(critical, key=lambda one: abs(one / sigma_w - 1), default=math.nan)
    near = abs(nearest / sigma_w - 1) <= _NEAR
    return Tuning(
        basis=Basis.CRITICAL if near else Basis.THIS_DEPTH,
        sigma_w=sigma_w,
        sigma_b=sigma_b,
        critical_sigma_w=nearest,
        fixed=settled(
            activation, sigma_w=sigma_w, sigma_b=sigma_b, start=sigma_w**2 * m + sigma_b**2
        ),
        worst=float(worst),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Walk:
    """Of many (σ_w, σ_b) at once.

    Attributes:
        ratio: E δ² of layer 1 over that of the last.
        worst: the largest factor by which a layer is off the last; inf where q passes 1e7.
        first, last: q of layer 1 and of the last.
    """

    ratio: Float64
    worst: Float64
    first: Float64
    last: Float64


def _walk(moments: _Moments, w: Float64, b: Float64, depth: int, m: float) -> _Walk:
    w2, b2 = np.square(w), np.square(b)
    q = first = np.clip(w2 * m + b2, _LEAST, _MOST)
    below, least, most = (np.zeros(q.shape) for _ in range(3))  # Σ ln χ₁ of the layers below
    for layer in range(1, depth):
        square, slope = moments(np.log(q))
        following = np.clip(w2 * np.exp(square) + b2, _LEAST, _MOST)
        # once q stands still all layers above are alike
        left = depth - layer if (np.abs(following - q) <= _STILL * q).all() else 1
        below, q = below + left * (np.log(w2) + slope), following
        least, most = np.minimum(least, below), np.maximum(most, below)
        if left > 1:
            break
    off = np.where(q < _MOST, np.maximum(below - least, most - below), np.inf)
    with np.errstate(over="ignore", under="ignore"):
        return _Walk(ratio=np.exp(below), worst=np.exp(off), first=first, last=q)


def _rounded(x: float) -> float:
    return float(f"{x:.{_DIGITS}g}")
