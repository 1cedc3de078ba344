"""Moments within each network, computed in float64 and about the mean.

A variance from raw moments would lose all its digits if the mean is large. `signal` computes the
sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.kernels import square_sums

EPS = float(np.finfo(np.float64).eps)
"""The relative rounding error of float64."""

_LEAST = 1e-290
"""A power of the variance below which fourth powers could have underflowed."""


@dataclass(frozen=True, kw_only=True)
class Moments:
    """The mean and the central moments of N arrays.

    Attributes
    ----------
    mean : array of shape (networks,)
        The mean.
    variance : array of shape (networks,)
        The variance about each array's own mean (ddof 0).
    third : array of shape (networks,)
        The third central moment.
    fourth : array of shape (networks,)
        The fourth central moment.
    """

    mean: Float64
    variance: Float64
    third: Float64
    fourth: Float64

    @property
    def mean_square(self) -> Float64:
        """The mean square E[x²] = Var x + (E x)²."""
        return self.variance + np.square(self.mean)

    @property
    def skewness(self) -> Float64:
        """The third standardized central moment; nan if the variance is (nearly) zero."""
        return _ratio(self.third, self.variance**1.5)

    @property
    def kurtosis(self) -> Float64:
        """The fourth standardized central moment, 3 if normal; nan for (nearly) no variance."""
        return _ratio(self.fourth, np.square(self.variance))


def _ratio(top: Float64, bottom: Float64) -> Float64:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > _LEAST)


def as_rows(x: NDArray[Any]) -> NDArray[Any]:
    """Return an array in the form that the compiled loops take.

    Parameters
    ----------
    x : array
        Numbers of any type and shape.

    Returns
    -------
    array
        The same values and shape, contiguous; float32 stays float32, everything else becomes
        float64.

    Examples
    --------
    >>> as_rows(np.array([[1, 2]])).dtype
    dtype('float64')
    """
    kept = np.dtype(np.float32) if x.dtype == np.float32 else np.dtype(np.float64)
    return np.ascontiguousarray(x, dtype=kept)


def mean_square(x: NDArray[Any]) -> Float64:
    """Return the mean square over all axes but the first, in float64.

    Parameters
    ----------
    x : array of shape (networks, ...)
        The values.

    Returns
    -------
    array of shape (networks,)
        The mean of x² of each network.

    Examples
    --------
    >>> mean_square(np.array([[1, 2, 3]], dtype=np.float32)).round(4)
    array([4.6667])
    """
    rows, squares = as_rows(x).reshape(len(x), -1), np.empty(len(x))
    square_sums(rows, squares)
    squares /= rows.shape[1]
    return squares
