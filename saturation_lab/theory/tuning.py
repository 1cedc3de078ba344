"""The σ_w and σ_b that preserve the gradient over a given depth.

Criticality alone is not enough. The first layers have not reached the fixed point yet, and what
they take from the gradient remains lost: a critical tanh network without biases loses a factor of
60 over 50 layers on its way to q* = 0. So, for every σ_b, a σ_w is found for which the factors χ₁
of all layers multiply to 1, starting from the mean square of the inputs. Then the smallest σ_b is
chosen that satisfies two conditions:

- The gradient of every layer is within a factor of 1.5 of that of the last layer.
- Disturbances due to a finite width do not grow: a change of ln q at the bottom changes ln q at the
  top by at most 3.5/√L times as much.

If there is a critical σ_w within 5 %, the result is the critical initialization, corrected for the
first layers. Otherwise (softplus has no critical point), it is valid for this depth only. A φ that
is linear on either side of 0 needs none of this, because a single gain suits every depth.
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
"""Divided by the root of the depth, the largest ratio of a relative change of q at the top to the
change at the bottom that causes it. Every layer of finite width disturbs q independently.
"""
_NEAR = 0.05
"""The relative distance of σ_w from the critical one up to which it counts as near it."""
_DIGITS = 6
"""Significant digits of the recommended σ_w and σ_b."""
_LEAST, _MOST, _NODES = 1e-12, 1e7, 1500
_BIASES = np.concatenate([[0.0], np.geomspace(0.02, 12, 39)])
_GAINS = np.geomspace(0.3, 30, 65)
_HALVINGS = 26
_DISTURBED = 1e-4
_STILL = 1e-14

_Moments = Callable[[Float64], Float64]


class Basis(StrEnum):
    """What a recommendation is based on."""

    EVERY_Q = "every q is a fixed point"
    CRITICAL = "near the critical line"
    THIS_DEPTH = "tuned to this depth"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The recommended standard deviations and their basis.

    Attributes
    ----------
    basis : Basis
        What they are based on. If it is `Basis.NONE`, the numbers are nan.
    sigma_w : float
        The standard deviation of the weights times √n, to six digits; exact if every q is a fixed
        point.
    sigma_b : float
        The standard deviation of the biases, to six digits.
    critical_sigma_w : float
        The nearest critical σ_w at this σ_b; nan if there is none.
    fixed : FixedPoint or None
        The fixed point to which the layers converge, if there is one.
    worst : float
        The largest factor by which the gradient of a layer differs from that of the last layer.
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
    """Return the σ_w and σ_b that preserve the gradient over a number of layers of equal width.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    depth : int
        The number of hidden layers. A single layer is solved as two.
    input_mean_square : float
        The mean square of the inputs per feature, above 0.

    Returns
    -------
    Tuning
        σ_w up to 30 and σ_b up to 12. Its basis is `Basis.NONE` if none of them preserves the
        gradient.

    Raises
    ------
    InputError
        If ``depth`` is not a whole number from 1 to 100,000, or the mean square is not above 0.
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, section 3 and eq. 13 (χ₁ = 1; the factors χ₁).

    Examples
    --------
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
    """Return a cubic spline from ln q to [ln E φ², ln E φ'²], exact to 8 digits, or None.

    It is None if one of the two moments is 0 at some q.
    """
    from scipy.interpolate import CubicSpline

    q = np.geomspace(_LEAST, _MOST, _NODES)
    both = [gaussian_curve(activation, of=of)(q) for of in ("square", "slope_square")]
    if any((values <= 0).any() for values in both):
        return None
    spline: _Moments = CubicSpline(np.log(q), np.log(both), axis=1)
    return spline


def _bracketed(moments: _Moments, depth: int, m: float) -> tuple[Float64, Float64, Float64]:
    """Return the two σ_w between which the gradient ratio first passes 1, and the σ_b."""
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
    """The results of many pairs (σ_w, σ_b).

    Attributes
    ----------
    ratio : array
        E δ² of layer 1 divided by that of the last layer.
    worst : array
        The largest factor by which a layer differs from the last; inf if q reaches 1e7.
    first : array
        q of layer 1.
    last : array
        q of the last layer.
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
        # once q is constant, all layers above are alike
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
