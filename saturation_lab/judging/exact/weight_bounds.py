"""Exact numbers for the lecture's initialization table."""

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
"""The variances q of z over which extremes are taken."""


def bound(initializer: str, activation: str, fan_in: float, fan_out: float) -> float:
    """Return the bound of a uniform initializer, √3 Std w.

    Parameters
    ----------
    initializer : str
        The name of the initializer.
    activation : str
        The activation whose gain it uses.
    fan_in, fan_out : float
        The widths of the layer below and of the layer itself; fractions are dropped.

    Returns
    -------
    float
        b of U[-b, b].

    Examples
    --------
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
    """Return the factor V(q)/q = σ_w² E φ(z)²/q by which a layer changes q, without biases.

    Parameters
    ----------
    activation : str
        The name of the activation φ.
    sigma_w_square : float
        σ_w², the product n Var w.
    q : float
        The variance of the Gaussian z in the layer below.

    Returns
    -------
    float
        The variance of z in the layer over that in the layer below.

    Raises
    ------
    InputError
        If there is no such activation.

    References
    ----------
    .. [1] B. Poole et al., "Exponential expressivity in deep neural networks through transient
       chaos", NeurIPS 2016, arXiv:1606.05340, eq. 3.

    Examples
    --------
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
    """Return χ∥ at q = 1 for the gain that preserves q = 1; above 1, that fixed point is unstable.

    >>> round(_preserving_chi_parallel("silu"), 6)
    1.172594
    """
    return gains(activation).forward_chi_parallel


def critical_bias(activation: str) -> float:
    """Return σ_b at the critical point of an activation.

    Parameters
    ----------
    activation : str
        The name of the activation.

    Returns
    -------
    float
        The standard deviation of the biases.

    Raises
    ------
    InputError
        If there is no such activation.
    NoAnswer
        If it has no critical point.

    Examples
    --------
    >>> round(critical_bias("silu"), 7), critical_bias("relu")
    (0.7450793, 0.0)
    """
    return critical_point(activation).sigma_b


NUMBERS: dict[str, Number] = {
    "bound": Number(bound, "bound √3 Std w, n = {2:g}, m = {3:g}"),
    "most_growth": Number(_most_growth, "largest {1:g} E φ²/q over q, {0}"),
    "growth": Number(growth, "{1:g} E φ²/q at q = {2:g}, {0}"),
    "chi_1_error": Number(_chi_1_error, "largest |{1:g} E φ'² − 1| over q, {0}", error=True),
    "preserving_chi_parallel": Number(_preserving_chi_parallel, "χ∥ at q = 1, {0}"),
    "critical_bias": Number(critical_bias, "σ_b at the critical point, {0}"),
}
