"""Which numbers decide the lecture's initialization table?"""

from __future__ import annotations

import math

import numpy as np

from saturation_lab.judging.exact.number import Number
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.theory.criticality import critical_point
from saturation_lab.theory.expectations import gaussian_mean
from saturation_lab.theory.gains import gains

_QS = np.geomspace(1e-8, 1e4, 241)
"""Variances of z that are looked at."""


def bound(initializer: str, activation: str, fan_in: float, fan_out: float) -> float:
    """Return the bound of a uniform rule: √3 Std w.

    >>> round(bound("lecture_uniform", "tanh", 3, 3), 9)
    1.0
    """
    rule = INITIALIZERS[initializer]
    gain = rule.gain_for(ACTIVATIONS[activation])
    return math.sqrt(3) * rule.std(fan_in=int(fan_in), fan_out=int(fan_out), gain=gain)


def _most_growth(activation: str, sigma_w_square: float) -> float:
    """Return the largest V(q)/q = σ_w² E φ²/q without biases, over q from 1e-8 to 1e4.

    >>> _most_growth("relu", 2.0)
    1.0
    """
    return float(np.max(sigma_w_square * gaussian_mean(activation, _QS) / _QS))


def growth(activation: str, sigma_w_square: float, q: float) -> float:
    """Return V(q)/q = σ_w² E φ²/q without biases.

    >>> growth("identity", 1.0, 3.0)
    1.0
    """
    return sigma_w_square * float(gaussian_mean(activation, q)) / q


def _chi_1_error(activation: str, sigma_w_square: float) -> float:
    """Return the largest |χ₁ - 1|, χ₁ = σ_w² E φ'², over q from 1e-8 to 1e4.

    >>> _chi_1_error("relu", 2.0)
    0.0
    """
    slope = gaussian_mean(activation, _QS, of="slope_square")
    return float(np.max(np.abs(sigma_w_square * slope - 1)))


def _preserving_chi_parallel(activation: str) -> float:
    """Return χ∥ at q = 1 under the gain that keeps q = 1: above 1 it is an unstable fixed point.

    >>> round(_preserving_chi_parallel("silu"), 6)
    1.172594
    """
    return gains(activation).forward_chi_parallel


def critical_bias(activation: str) -> float:
    """Return σ_b of the critical point.

    >>> round(critical_bias("silu"), 7), critical_bias("relu")
    (0.7450793, 0.0)
    """
    return critical_point(activation).sigma_b


NUMBERS: dict[str, Number] = {
    "bound": Number(bound, "bound √3 Std w, n = {2:g}, m = {3:g}"),
    "most_growth": Number(_most_growth, "{1:g} E φ²/q, the largest over q, {0}"),
    "growth": Number(growth, "{1:g} E φ²/q at q = {2:g}, {0}"),
    "chi_1_error": Number(_chi_1_error, "|{1:g} E φ'² − 1|, the largest over q, {0}"),
    "preserving_chi_parallel": Number(_preserving_chi_parallel, "χ∥ at q = 1, {0}"),
    "critical_bias": Number(critical_bias, "σ_b of the critical point, {0}"),
}
