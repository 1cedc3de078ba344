"""Exact numbers for the lecture's statements about activations.

Both sides of an identity are computed over a dense grid of z that includes the extremes. Their
difference is rounding as long as it is a few ulps of the largest term: if terms cancel, the result
has no more correct digits than they have.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from saturation_lab.checks import choice
from saturation_lab.judging.exact.number import Number
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.arrays import Array
from saturation_lab.theory.expectations import gaussian_mean

Sides = tuple[Array, Array, Array]
"""The left and the right side of an identity, and the size of the largest term on either side."""

_SIGMOID, _TANH, _RELU, _SILU = (ACTIVATIONS[name] for name in ("sigmoid", "tanh", "relu", "silu"))


def _mirrored(positive: Array) -> Array:
    return np.concatenate([-positive[::-1], [0.0], positive])


_MOST = np.finfo(np.float64).max
EVERY = _mirrored(
    np.concatenate([[5e-324], np.geomspace(1e-307, 1e-3, 4_000), np.linspace(1e-3, 50, 100_000),
                    np.geomspace(50, _MOST / 2, 4_000), [_MOST]])
)  # fmt: skip
"""A grid over all of float64: 0, the smallest and the largest numbers, and many in between."""
_PRINTABLE = EVERY[np.abs(EVERY) < 350]
"""The z of `EVERY` at which (e^|z|)², which the printed quotients need, does not overflow."""
_QS = np.geomspace(1e-8, 1e4, 241)
"""The variances q of z over which extremes are taken."""


@dataclass(frozen=True, kw_only=True)
class _Identity:
    """Two formulas for one function, and the grid of z on which they are compared."""

    sides: Callable[[Array], Sides]
    over: Array


def _largest(*terms: Any) -> Array:
    sizes = np.broadcast_arrays(*(np.abs(term) for term in terms))
    largest: Array = np.max(sizes, axis=0)
    return largest


def _tanh_as_sigmoid(z: Array) -> Sides:
    twice = 2 * _SIGMOID.value(2 * z)
    return np.tanh(z), twice - 1, _largest(twice, 1.0)


def _silu(z: Array) -> Sides:
    product = expit(z) * z
    return _SILU.value(z), product, product


def _silu_from_relu(z: Array) -> Sides:
    relu, tail = _RELU.value(z), np.abs(z) * _SIGMOID.value(-np.abs(z))
    return _SILU.value(z), relu - tail, _largest(relu, tail)


def _silu_definition(z: Array) -> Sides:
    quotient = z / (1 + np.exp(-z))
    return _SILU.value(z), quotient, quotient


def _silu_slope_line(z: Array) -> Sides:
    s = _SIGMOID.value(z)
    product = z * s * (1 - s)
    return _SILU.derivative(z), product + s, _largest(z * s, s)  # 1 - s has the digits of 1


def _silu_slope(z: Array) -> Sides:
    phi, s = _SILU.value(z), _SIGMOID.value(z)
    return _SILU.derivative(z), phi + s * (1 - phi), _largest(phi, s)


def _swish_scaled(z: Array) -> Sides:
    swish = z * _SIGMOID.value(4 * z)
    return swish, _SILU.value(4 * z) / 4, swish


def _relu_slope(z: Array) -> Sides:
    """Compare the printed derivative, times z, with the difference φ(2z) - φ(z).

    A function that is linear on each side of 0 has the slope (φ(z + h) - φ(z))/h with h = z. No
    other φ that is continuous at 0 has this difference at every z.
    """
    printed = np.where(z > 0, 1.0, 0.0)
    return printed * z, _RELU.value(2 * z) - _RELU.value(z), z


def _sigmoid_definition(z: Array) -> Sides:
    quotient = 1 / (1 + np.exp(-z))
    return _SIGMOID.value(z), quotient, quotient


def _sigmoid_slope(z: Array) -> Sides:
    a = _SIGMOID.value(z)
    return _SIGMOID.derivative(z), a * (1 - a), a  # 1 - a has the digits of 1


def _tanh_quotient(z: Array) -> Sides:
    up, down = np.exp(z), np.exp(-z)
    return np.tanh(z), (up - down) / (up + down), _largest(up, down) / (up + down)


def _tanh_slope(z: Array) -> Sides:
    printed = 4 / np.square(np.exp(z) + np.exp(-z))
    return _TANH.derivative(z), printed, printed


IDENTITIES: dict[str, _Identity] = {
    "tanh z = 2 sigmoid(2 z) - 1": _Identity(sides=_tanh_as_sigmoid, over=EVERY),
    "relu' = 1 if z > 0, else 0": _Identity(sides=_relu_slope, over=EVERY / 2),
    "swish of 4 is silu(4 z)/4": _Identity(sides=_swish_scaled, over=_PRINTABLE / 4),
    "silu = relu - |z| sigmoid(-|z|)": _Identity(sides=_silu_from_relu, over=EVERY),
    "silu = sigmoid(z) z": _Identity(sides=_silu, over=EVERY),
    "silu = z/(1 + e^-z)": _Identity(sides=_silu_definition, over=_PRINTABLE),
    "silu' = z s (1 - s) + s": _Identity(sides=_silu_slope_line, over=EVERY),
    "silu' = phi + s (1 - phi)": _Identity(sides=_silu_slope, over=EVERY),
    "sigmoid = 1/(1 + e^-z)": _Identity(sides=_sigmoid_definition, over=_PRINTABLE),
    "sigmoid' = a (1 - a)": _Identity(sides=_sigmoid_slope, over=EVERY),
    "tanh = (e^z - e^-z)/(e^z + e^-z)": _Identity(sides=_tanh_quotient, over=_PRINTABLE),
    "tanh' = 4/(e^z + e^-z)^2": _Identity(sides=_tanh_slope, over=_PRINTABLE),
}
"""The identities of the slides; the left side is computed by the package's activation."""


def identity_ulps(name: str) -> float:
    """Return the largest difference between the sides of an identity, in ulps of its largest term.

    Parameters
    ----------
    name : str
        A key of `IDENTITIES`.

    Returns
    -------
    float
        The largest difference over the grid of that identity.

    Raises
    ------
    InputError
        If ``name`` is not a key of `IDENTITIES`.

    Examples
    --------
    >>> identity_ulps("relu' = 1 if z > 0, else 0")
    0.0
    """
    identity = IDENTITIES[choice("identity", name, IDENTITIES)]
    with np.errstate(over="ignore", under="ignore"):  # 2 z may overflow; σ is 1 there
        left, right, size = identity.sides(identity.over)
        ulp = np.spacing(np.minimum(np.abs(size), _MOST / 2))  # that of _MOST is inf
        return float(np.max(np.abs(left - right) / ulp))


def _silu_slope_error() -> float:
    """Return the largest error of φ + σ(1 - φ), computed as printed, over the grid `EVERY`.

    >>> _silu_slope_error() > 0.5
    True
    """
    left, right, _ = _silu_slope(EVERY)
    return float(np.max(np.abs(left - right)))


_NEAR = np.linspace(-10, 10, 2_000_001)
"""A grid that covers the extremes of SiLU, where it changes by less than 1e-11 between points."""


def silu_minimum() -> float:
    """Return the minimum of SiLU.

    It is -W(1/e), where W is Lambert's function, and lies at z = -1 - W(1/e).

    Returns
    -------
    float
        The minimum, computed on a grid.

    Examples
    --------
    >>> round(silu_minimum(), 9)
    -0.278464543
    """
    return float(_SILU.value(_NEAR).min())


def least_slope(name: str) -> float:
    """Return the smallest slope of an activation over |z| <= 10.

    Parameters
    ----------
    name : str
        The name of the activation φ.

    Returns
    -------
    float
        min φ'; negative if φ falls somewhere.

    Examples
    --------
    >>> round(least_slope("silu"), 6)
    -0.099839
    """
    return float(ACTIVATIONS[name].derivative(_NEAR).min())


def largest_slope(name: str) -> float:
    """Return the largest slope of an activation over |z| <= 10.

    Parameters
    ----------
    name : str
        The name of the activation φ.

    Returns
    -------
    float
        max φ'.

    Examples
    --------
    >>> largest_slope("sigmoid"), round(largest_slope("silu"), 6)
    (0.25, 1.099839)
    """
    return float(ACTIVATIONS[name].derivative(_NEAR).max())


def swish_from_relu(beta: float) -> float:
    """Return the largest distance between Swish and ReLU, max |z σ(βz) - ReLU(z)| = W(1/e)/β.

    Parameters
    ----------
    beta : float
        β of Swish; at 1 it is SiLU.

    Returns
    -------
    float
        The maximum, computed on a grid.

    Examples
    --------
    >>> round(swish_from_relu(1.0), 9), round(swish_from_relu(100.0), 6)
    (0.278464543, 0.002785)
    """
    z = _NEAR / beta
    return float(np.max(np.abs(z * _SIGMOID.value(_NEAR) - _RELU.value(z))))


def _swish_from_half(beta: float, end: float) -> float:
    """Return max |z σ(βz) - z/2| over |z| ≤ end: end tanh(β end/2)/2.

    >>> round(_swish_from_half(0.01, 4.0), 6)
    0.039995
    """
    z = np.linspace(-end, end, 100_001)
    return float(np.max(np.abs(z * _SIGMOID.value(beta * z) - z / 2)))


def _tanh_from_sigmoid(steeper: float) -> float:
    """Return max |tanh z - (2 σ(steeper z) - 1)|.

    >>> round(_tanh_from_sigmoid(1.0), 4)
    0.3003
    """
    return float(np.max(np.abs(np.tanh(_NEAR) - (2 * _SIGMOID.value(steeper * _NEAR) - 1))))


def tanh_quotient_reach(dtype: str) -> float:
    """Return the largest z at which (e^z - e^-z)/(e^z + e^-z), computed as printed, is finite.

    Parameters
    ----------
    dtype : {"float32", "float64"}
        The format in which the quotient is computed.

    Returns
    -------
    float
        The largest z before e^z overflows.

    Examples
    --------
    >>> round(tanh_quotient_reach("float64"), 4), round(tanh_quotient_reach("float32"), 4)
    (709.7827, 88.7228)
    """
    low, high = np.array(1.0, dtype), np.array(1e4, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        while np.nextafter(low, high) < high:
            middle = (low + high) / 2
            _, quotient, _ = _tanh_quotient(middle)
            low, high = (middle, high) if np.isfinite(quotient) else (low, middle)
    return float(low)


def _jump_of_slope(name: str) -> float:
    """Return φ'(0+) - φ'(0-), the jump of the slope at 0.

    >>> _jump_of_slope("relu"), _jump_of_slope("silu")
    (1.0, 0.0)
    """
    least = np.array([-5e-324, 5e-324])
    below, above = ACTIVATIONS[name].derivative(least)
    return float(above - below)


def _mean_slope_square(name: str, q: float) -> float:
    """Return E φ'(z)², z ~ N(0, q).

    >>> _mean_slope_square("relu", 3.0)
    0.5
    """
    return float(gaussian_mean(name, q, of="slope_square"))


def _least_slope_ratio(name: str, than: str) -> float:
    """Return the smallest ratio of E φ'² between two activations, over q from 1e-8 to 1e4.

    >>> round(_least_slope_ratio("relu", "sigmoid"), 6)
    8.0
    """
    top, bottom = (gaussian_mean(which, _QS, of="slope_square") for which in (name, than))
    return float(np.min(top / bottom))


def _slope_ratio(name: str, than: str, q: float) -> float:
    """Return the ratio of E φ'² between two activations, for z ~ N(0, q).

    >>> _slope_ratio("relu", "identity", 1.0)
    0.5
    """
    return _mean_slope_square(name, q) / _mean_slope_square(than, q)


NUMBERS: dict[str, Number] = {
    "identity_ulps": Number(
        identity_ulps, "largest difference, in ulps of the largest term", error=True
    ),
    "silu_slope_error": Number(
        _silu_slope_error, "largest error over the range of float64", error=True
    ),
    "silu_minimum": Number(silu_minimum, "min φ"),
    "least_slope": Number(least_slope, "min φ', {0}"),
    "largest_slope": Number(largest_slope, "max φ', {0}"),
    "swish_from_relu": Number(swish_from_relu, "largest distance of Swish, β = {0:g}, from ReLU"),
    "swish_from_half": Number(
        _swish_from_half, "largest distance of Swish, β = {0:g}, from z/2, |z| ≤ {1:g}"
    ),
    "tanh_from_sigmoid": Number(
        _tanh_from_sigmoid, "largest distance of tanh z from 2 σ({0:g} · z) − 1"
    ),
    "tanh_quotient_reach": Number(
        tanh_quotient_reach, "largest z at which the quotient is finite, {0}"
    ),
    "jump_of_slope": Number(_jump_of_slope, "φ'(0+) − φ'(0−), {0}"),
    "least_slope_ratio": Number(_least_slope_ratio, "E φ'², {0} ÷ {1}, smallest over q"),
    "slope_ratio": Number(_slope_ratio, "E φ'², {0} ÷ {1}, at q = {2:g}"),
}
