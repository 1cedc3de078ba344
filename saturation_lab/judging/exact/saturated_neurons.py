"""Exact numbers for the self-tests: the slope of a saturated sigmoid, and the variance of a sum.

The slope a(1-a) is computed exactly and as floating point computes it. "high" and "low" name the
sides z > 0 and z < 0.
"""

from __future__ import annotations

import numpy as np

from saturation_lab.judging.exact.number import Number
from saturation_lab.nets.activations import ACTIVATIONS

_SIDES = {"low": -1.0, "high": 1.0}
_FORMATS = {"float32": np.float32, "float64": np.float64}

_SIGMOID = ACTIVATIONS["sigmoid"]
_STEP = 1e-9  # the complex step; its error is of the order of its square


def _slope_mismatch(reach: float) -> float:
    """Return the largest relative error of a(1-a) as dσ/dz for |z| <= reach, in machine epsilons.

    The derivative is the complex step Im σ(z + ih)/h of 1/(1 + e^-z), which is computed without
    a(1-a) [1]_. 1 - a is computed as σ(-z), so that nothing cancels. ``reach`` must not exceed 650,
    as h e^-|z| has too few digits beyond.

    References
    ----------
    .. [1] W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real
       functions", SIAM Review 40, 1998, eq. 2.

    Examples
    --------
    >>> _slope_mismatch(30.0) < 8
    True
    """
    z = np.linspace(-reach, reach, 100_001)
    derivative = (1 / (1 + np.exp(-(z + 1j * _STEP)))).imag / _STEP
    slope = _SIGMOID.value(z) * _SIGMOID.value(-z)
    return float(np.max(np.abs(derivative / slope - 1)) / np.finfo(np.float64).eps)


def sigmoid_slope(z: float) -> float:
    """Return dσ/dz, computed as e^-|z|/(1 + e^-|z|)² so that no digits are lost.

    Parameters
    ----------
    z : float
        The pre-activation.

    Returns
    -------
    float
        The slope of the sigmoid at z, from 0 to 1/4.

    Examples
    --------
    >>> sigmoid_slope(0.0)
    0.25
    """
    return float(_SIGMOID.derivative(np.array(z)))


def slope_as_computed(z: float, dtype: str) -> float:
    """Compute ``a * (1 - a)`` in floating point, from a rounded a.

    Parameters
    ----------
    z : float
        The pre-activation.
    dtype : {"float32", "float64"}
        The format in which everything is rounded.

    Returns
    -------
    float
        The product, exactly 0 if ``a`` or ``1 - a`` is rounded to 0.

    Examples
    --------
    >>> slope_as_computed(40.0, "float64"), slope_as_computed(-40.0, "float64") > 0
    (0.0, True)
    """
    a = _SIGMOID.value(np.array(z, dtype=_FORMATS[dtype]))
    return float(a * (1 - a))


def _slope_error(z: float, dtype: str) -> float:
    """Return the relative error of `slope_as_computed`; it is 1 if the product is exactly 0.

    >>> _slope_error(40.0, "float64")
    1.0
    """
    return abs(slope_as_computed(z, dtype) / sigmoid_slope(z) - 1)


def zero_slope_beyond(side: str, dtype: str) -> float:
    """Return the |z| beyond which ``a * (1 - a)`` is exactly 0 in floating point.

    On the high side, 1 + e^-z rounds to 1 for z above p ln 2, where p is the number of binary
    digits of the format. On the low side, a = e^z rounds to 0 if it is less than half of the
    smallest positive number.

    Parameters
    ----------
    side : {"low", "high"}
        The sign of z: negative or positive.
    dtype : {"float32", "float64"}
        The format in which everything is rounded.

    Returns
    -------
    float
        The threshold on |z|.

    Examples
    --------
    >>> zero_slope_beyond("high", "float64"), zero_slope_beyond("low", "float64")
    (36.74, 745.13)
    """
    least, most = 1.0, 1000.0
    while (middle := (least + most) / 2) not in (least, most):
        if slope_as_computed(_SIDES[side] * middle, dtype) == 0:
            most = middle
        else:
            least = middle
    return most


def _zero_slopes_high_over_low(dtype: str) -> float:
    """Return `zero_slope_beyond` on the high side over that on the low side.

    >>> _zero_slopes_high_over_low("float64")
    0.0493
    """
    return zero_slope_beyond("high", dtype) / zero_slope_beyond("low", dtype)


def _variance_over_sum(terms: float, correlation: float) -> float:
    """Return Var(Σ x) over Σ Var x, the sum of a covariance matrix over its trace.

    For n terms of equal variance whose pairwise correlation is c, it is 1 + (n - 1) c.

    >>> _variance_over_sum(10.0, 0.5)
    5.5
    """
    count = int(terms)
    covariance = np.full((count, count), correlation)
    np.fill_diagonal(covariance, 1.0)
    return float(covariance.sum() / np.trace(covariance))


NUMBERS: dict[str, Number] = {
    "slope_mismatch": Number(
        _slope_mismatch, "largest relative error in roundings of 2⁻⁵², |z| ≤ {0:g}", error=True
    ),
    "sigmoid_slope": Number(sigmoid_slope, "σ'(z) at z = {0:g}"),
    "slope_as_computed": Number(slope_as_computed, "a*(1-a) in {1} at z = {0:g}"),
    "slope_error": Number(_slope_error, "relative error of a*(1-a) in {1} at z = {0:g}"),
    "zero_slope_beyond": Number(zero_slope_beyond, "|z| beyond which a*(1-a) is 0, z {0}, {1}"),
    "zero_slopes_high_over_low": Number(
        _zero_slopes_high_over_low, "|z| beyond which a*(1-a) is 0, high ÷ low, {0}"
    ),
    "variance_over_sum": Number(_variance_over_sum, "variance of the sum ÷ sum of the variances"),
}
