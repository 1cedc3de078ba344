"""Which numbers decide the identities of Glorot & Bengio 2010 and of He et al. 2015?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from saturation_lab.judging.exact.number import Number
from saturation_lab.nets.initializers import FAN_IN, INITIALIZERS, MEAN_FAN
from saturation_lab.theory.expectations import gaussian_mean

FANS = tuple(round(10 ** (k / 8)) for k in range(49))
"""From 1 to a million, eight a decade."""

_SQUARES = np.logspace(-8, 4, 121)
"""Mean squares of z."""

_ASKED: dict[str, Callable[[int, int], float]] = {
    "third_of_fan_in": lambda n, m: FAN_IN.variance(n, m) / 3,
    "mean_fan": MEAN_FAN.variance,
}
"""Variances of a weight that papers ask for, from fan-in n and fan-out m."""


def _variance(rule: str, n: int, m: int) -> float:
    found = INITIALIZERS[rule]
    assert found.gain is not None
    return found.std(fan_in=n, fan_out=m, gain=found.gain) ** 2


def variance_mismatch(rule: str, asked: str) -> float:
    """Return the largest |Var w/asked - 1| of a rule over all pairs of `FANS`.

    >>> variance_mismatch("glorot_uniform", "mean_fan") < 1e-14
    True
    """
    wanted = _ASKED[asked]
    return max(abs(_variance(rule, n, m) / wanted(n, m) - 1) for n in FANS for m in FANS)


def fan_mismatch(rule: str, taper: float) -> float:
    """Return the largest |n Var w - 1| or |m Var w - 1| of layers from n to m = taper · n units.

    >>> round(fan_mismatch("glorot_normal", 0.5), 12)  # 2n/(n + m) = 4/3
    0.333333333333
    """
    pairs = [(2 * n, round(taper * 2 * n)) for n in FANS]
    return max(abs(fan * _variance(rule, *pair) - 1) for pair in pairs for fan in pair)


def leak_mismatch(activation: str, slope: float) -> float:
    """Return how far E φ²/q and E φ'² are from (1 + slope²)/2, relatively, over `_SQUARES`.

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
    """Return ∏ √(2/n̂)/std over convolutions of 3 × 3 with so many filters, n̂ = 9 · filters.

    >>> round(he_over_constant(0.01, 64.0), 1)
    5.9
    """
    rule = INITIALIZERS["he_fan_out_normal"]
    assert rule.gain is not None
    return math.prod(
        rule.std(fan_in=1, fan_out=9 * round(count), gain=rule.gain) / std for count in filters
    )


NUMBERS: dict[str, Number] = {
    "variance_mismatch": Number(variance_mismatch, "largest relative error of Var w"),
    "fan_mismatch": Number(fan_mismatch, "larger of |n Var w − 1| and |m Var w − 1|"),
    "leak_mismatch": Number(leak_mismatch, "largest relative error of E φ²/q and E φ'²"),
    "he_over_constant": Number(he_over_constant, "the product over the layers"),
}
