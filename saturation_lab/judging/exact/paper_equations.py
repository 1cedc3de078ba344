"""Exact numbers for the identities of Glorot & Bengio 2010 and He et al. 2015."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from saturation_lab.judging.exact.number import Number
from saturation_lab.nets.initializers import FAN_IN, INITIALIZERS, MEAN_FAN
from saturation_lab.theory.expectations import gaussian_mean

FANS = tuple(round(10 ** (k / 8)) for k in range(49))
"""Fans from 1 to a million, eight per decade."""

_SQUARES = np.logspace(-8, 4, 121)
"""The mean squares of z at which `leak_mismatch` is evaluated."""

_ASKED: dict[str, Callable[[int, int], float]] = {
    "third_of_fan_in": lambda n, m: FAN_IN.variance(n, m) / 3,
    "mean_fan": MEAN_FAN.variance,
}
"""The weight variances that the papers prescribe, as functions of fan-in n and fan-out m."""


def _variance(rule: str, n: int, m: int) -> float:
    found = INITIALIZERS[rule]
    assert found.gain is not None
    return found.std(fan_in=n, fan_out=m, gain=found.gain) ** 2


def variance_mismatch(rule: str, asked: str) -> float:
    """Return the largest relative error of a rule's weight variance over all pairs of `FANS`.

    Parameters
    ----------
    rule : str
        The name of an initializer with a fixed gain.
    asked : {"third_of_fan_in", "mean_fan"}
        The variance that it should have: 1/(3n) or 2/(n + m).

    Returns
    -------
    float
        The largest ``|Var w/prescribed variance - 1|``.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eqs. 12, 15 and 16.

    Examples
    --------
    >>> variance_mismatch("glorot_uniform", "mean_fan") < 1e-14
    True
    """
    wanted = _ASKED[asked]
    return max(abs(_variance(rule, n, m) / wanted(n, m) - 1) for n in FANS for m in FANS)


def fan_mismatch(rule: str, taper: float) -> float:
    """Return the largest |n Var w - 1| or |m Var w - 1| for layers with m = taper · n units.

    Parameters
    ----------
    rule : str
        The name of an initializer with a fixed gain.
    taper : float
        Fan-out over fan-in, m/n.

    Returns
    -------
    float
        The largest value over twice the widths n of `FANS`.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eqs. 10 to 12.

    Examples
    --------
    >>> round(fan_mismatch("glorot_normal", 0.5), 12)  # 2n/(n + m) = 4/3
    0.333333333333
    """
    pairs = [(2 * n, round(taper * 2 * n)) for n in FANS]
    return max(abs(fan * _variance(rule, *pair) - 1) for pair in pairs for fan in pair)


def leak_mismatch(activation: str, slope: float) -> float:
    """Return the largest relative error of E φ²/q = E φ'² = (1 + slope²)/2, z ~ N(0, q).

    Parameters
    ----------
    activation : str
        The name of the activation φ.
    slope : float
        The slope of φ below 0; above 0 it is 1.

    Returns
    -------
    float
        The largest error of both over q from 1e-8 to 1e4.

    References
    ----------
    .. [1] K. He et al., "Delving deep into rectifiers", ICCV 2015, arXiv:1502.01852, eq. 15.

    Examples
    --------
    >>> leak_mismatch("relu", 0.0) < 1e-14
    True
    """
    asked = (1 + slope**2) / 2
    found = [
        gaussian_mean(activation, _SQUARES, of="square") / _SQUARES,
        gaussian_mean(activation, _SQUARES, of="slope_square"),
    ]
    return float(np.max(np.abs(np.stack(found) / asked - 1)))


def he_over_constant(std: float, *filters: float) -> float:
    """Return He's standard deviation over a constant one, multiplied over 3 × 3 convolutions.

    Parameters
    ----------
    std : float
        The constant standard deviation of the weights.
    *filters : float
        The number of filters in each layer.

    Returns
    -------
    float
        ∏ √(2/n̂)/std, where n̂ = 9 · filters.

    References
    ----------
    .. [1] K. He et al., "Delving deep into rectifiers", ICCV 2015, arXiv:1502.01852, the
       discussion of eq. 14.

    Examples
    --------
    >>> round(he_over_constant(0.01, 64.0), 1)
    5.9
    """
    rule = INITIALIZERS["he_fan_out_normal"]
    assert rule.gain is not None
    return math.prod(
        rule.std(fan_in=1, fan_out=9 * round(count), gain=rule.gain) / std for count in filters
    )


NUMBERS: dict[str, Number] = {
    "variance_mismatch": Number(variance_mismatch, "largest relative error of Var w", error=True),
    "fan_mismatch": Number(fan_mismatch, "larger of |n Var w − 1| and |m Var w − 1|", error=True),
    "leak_mismatch": Number(
        leak_mismatch, "largest relative error of E φ²/q and E φ'²", error=True
    ),
    "he_over_constant": Number(he_over_constant, "∏ √(2/n̂) ÷ Std w, over the layers"),
}
