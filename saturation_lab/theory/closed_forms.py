"""Closed forms of the expectations of activations.

A row is optional: an activation without one is integrated numerically. Here z ~ N(0, q), and
(z₁, z₂) have variances q₁, q₂ and correlation c. Every form keeps its accuracy for small and large
q and for c near ±1.

Sources: Williams 1998, Computation with infinite neural networks, Neural Computation 10, eq. 11
(error function, the arcsine law); Cho & Saul 2009, Kernel methods for deep learning, NIPS, eqs. 3
to 6 (ReLU, arc-cosine kernels of order 0 and 1). The forms of the sine are real parts of
E e^(iz) = e^(-q/2). The others are incomplete gamma functions of a truncated normal, or follow from
symmetry.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import erf, erfc, gammainc

from saturation_lab.nets.activations import LEAK
from saturation_lab.nets.arrays import Float64

_OneForm = Callable[[Float64], Float64]
PairForm = Callable[[Float64, Float64, Float64], Float64]
"""The form of a kernel: arrays q₁, q₂ and c that broadcast, to an array."""


def _constant(value: float) -> _OneForm:
    return lambda q: np.full_like(q, value)


def _two_slopes(below: float, above: float) -> dict[str, _OneForm]:
    """Return the moments of φ(z) = ``below`` · z for z < 0 and ``above`` · z for z > 0."""
    first, second, fourth = ((below**p + above**p) / 2 for p in (1, 2, 4))
    tilt, tilted = above - below, above**2 - below**2
    return {
        "value": lambda q: tilt * np.sqrt(q / (2 * math.pi)),
        "square": lambda q: second * q,
        "fourth": lambda q: 3 * fourth * np.square(q),
        "slope": _constant(first),
        "slope_square": _constant(second),
        "slope_fourth": _constant(fourth),
        "product": lambda q: tilted * np.sqrt(q / (2 * math.pi)),
        "square_slope": _constant(second),
    }


def _sine_fourth(q: Float64) -> Float64:
    # (3 - 4 e^-2q + e^-8q)/8 written in u = 1 - e^-2q, which avoids cancellation
    u = -np.expm1(-2 * q)
    value: Float64 = np.square(u) * (6 - 4 * u + np.square(u)) / 8
    return value


def _inside(q: Float64, order: float) -> Float64:
    """Return E[z^(2m); |z| < 1] / (q^m (2m-1)!!), m = order - 1/2."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(gammainc(order, 0.5 / q), dtype=np.float64)


def _outside(q: Float64) -> Float64:
    """Return P(|z| > 1)."""
    with np.errstate(divide="ignore", over="ignore"):
        value: Float64 = erfc(np.sqrt(0.5 / q))
    return value


def _within(q: Float64) -> Float64:
    """Return P(|z| < 1)."""
    with np.errstate(divide="ignore", over="ignore"):
        value: Float64 = erf(np.sqrt(0.5 / q))
    return value


_ZERO = _constant(0.0)
_HALF = _constant(0.5)

CLOSED: dict[str, dict[str, _OneForm]] = {
    "relu": _two_slopes(0.0, 1.0),
    "leaky_relu": _two_slopes(LEAK, 1.0),
    "identity": _two_slopes(1.0, 1.0),
    "erf": {
        "value": _ZERO,
        "square": lambda q: 2 / math.pi * np.arctan2(2 * q, np.sqrt(1 + 4 * q)),
        "slope": lambda q: 2 / math.sqrt(math.pi) / np.sqrt(1 + 2 * q),
        "slope_square": lambda q: 4 / math.pi / np.sqrt(1 + 4 * q),
        "slope_fourth": lambda q: 16 / math.pi**2 / np.sqrt(1 + 8 * q),
        "product": _ZERO,
        "square_slope": lambda q: 4 / math.pi / ((1 + 2 * q) * np.sqrt(1 + 4 * q)),
    },
    "sin": {
        "value": _ZERO,
        "square": lambda q: -np.expm1(-2 * q) / 2,
        "fourth": _sine_fourth,
        "slope": lambda q: np.exp(-q / 2),
        "slope_square": lambda q: (1 + np.exp(-2 * q)) / 2,
        "slope_fourth": lambda q: 3 / 8 + np.exp(-2 * q) / 2 + np.exp(-8 * q) / 8,
        "product": _ZERO,
        "square_slope": lambda q: np.exp(-2 * q),
    },
    "hardtanh": {
        "value": _ZERO,
        "square": lambda q: q * _inside(q, 1.5) + _outside(q),
        "fourth": lambda q: 3 * np.square(q) * _inside(q, 2.5) + _outside(q),
        "slope": _within,
        "slope_square": _within,
        "slope_fourth": _within,
        "product": _ZERO,
        "square_slope": lambda q: _inside(q, 1.5),
    },
    "gelu": {
        "value": lambda q: q / np.sqrt(2 * math.pi * (1 + q)),
        "slope": _HALF,
    },
    "sigmoid": {"value": _HALF},
    "softplus": {"slope": _HALF},
    "silu": {"slope": _HALF},
}
"""The moments in closed form: activation, key of `MOMENTS`, function of q."""


def _product(q1: Float64, q2: Float64) -> Float64:
    value: Float64 = np.sqrt(q1) * np.sqrt(q2)
    return value


def _arc_cosine(c: Float64) -> Float64:
    """Return (sin θ + (π - θ) cos θ)/2π for cos θ = c."""
    rest = np.arccos(-c)  # π - θ
    # sin r - r cos r loses digits like r³, so a series is used for r < 0.6, exact to rounding
    square = np.square(rest)
    series = rest * square / 3 * (1 - square / 10 * (1 - square / 28 * (1 - square / 54 * (
        1 - square / 88 * (1 - square / 130 * (1 - square / 180))))))  # fmt: skip
    value: Float64 = np.where(rest < 0.6, series, np.sin(rest) - rest * np.cos(rest)) / (
        2 * math.pi
    )
    return value


def _two_slopes_pair(below: float, above: float) -> dict[str, PairForm]:
    same, cross = below**2 + above**2, 2 * below * above

    def value(q1: Float64, q2: Float64, c: Float64) -> Float64:
        return _product(q1, q2) * (same * _arc_cosine(c) - cross * _arc_cosine(-c))

    def slope(q1: Float64, q2: Float64, c: Float64) -> Float64:
        both_on, one_on = np.arccos(-c) / (2 * math.pi), np.arccos(c) / (2 * math.pi)
        return same * both_on + cross * one_on + np.zeros_like(q1 + q2)

    return {"value": value, "slope": slope}


def _erf_rest(q1: Float64, q2: Float64, c: Float64) -> Float64:
    """Return √((1 + 2q₁)(1 + 2q₂) - 4c²q₁q₂) without cancellation."""
    value: Float64 = np.sqrt(1 + 2 * q1 + 2 * q2 + 4 * q1 * q2 * (1 - c) * (1 + c))
    return value


def _erf_value(q1: Float64, q2: Float64, c: Float64) -> Float64:
    value: Float64 = 2 / math.pi * np.arctan2(2 * c * _product(q1, q2), _erf_rest(q1, q2, c))
    return value


def _sine_pair(q1: Float64, q2: Float64, c: Float64) -> tuple[Float64, Float64]:
    """Return E e^(i(z₁ - z₂)) for |c|, and the logarithm of E e^(i(z₁ + z₂)) relative to it."""
    s = _product(q1, q2)
    near = np.exp(-np.square(np.sqrt(q1) - np.sqrt(q2)) / 2 - s * (1 - np.abs(c)))
    return near, -2 * s * np.abs(c)


def _sine_value(q1: Float64, q2: Float64, c: Float64) -> Float64:
    near, exponent = _sine_pair(q1, q2, c)
    value: Float64 = -np.sign(c) * near * np.expm1(exponent) / 2
    return value


def _sine_slope(q1: Float64, q2: Float64, c: Float64) -> Float64:
    near, exponent = _sine_pair(q1, q2, c)
    value: Float64 = near * (1 + np.exp(exponent)) / 2
    return value


CLOSED_PAIRS: dict[str, dict[str, PairForm]] = {
    "relu": _two_slopes_pair(0.0, 1.0),
    "leaky_relu": _two_slopes_pair(LEAK, 1.0),
    "identity": {
        "value": lambda q1, q2, c: c * _product(q1, q2),
        "slope": lambda q1, q2, c: np.ones_like(q1 + q2 + c),
    },
    "erf": {
        "value": _erf_value,
        "slope": lambda q1, q2, c: 4 / math.pi / _erf_rest(q1, q2, c),
    },
    "sin": {"value": _sine_value, "slope": _sine_slope},
}
"""The kernels in closed form: activation, key of `PAIR_MOMENTS`, function of q₁, q₂ and c."""
