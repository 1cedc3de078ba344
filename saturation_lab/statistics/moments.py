"""What are moments inside each network?

Moments are in float64 and about the mean: a variance from raw moments loses all digits at a large
mean (`signal` measures them).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.kernels import square_sums

EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True)
class Moments:
    """Moments of N arrays, each field [N]; the variance about each array's own mean (ddof 0)."""

    mean: Float64
    variance: Float64
    third: Float64
    fourth: Float64

    @property
    def mean_square(self) -> Float64:
        """E[x²] = Var x + (E x)²."""
        return self.variance + np.square(self.mean)

    @property
    def skewness(self) -> Float64:
        """Third standardised central moment; nan where the variance is zero."""
        return _ratio(self.third, self.variance**1.5)

    @property
    def kurtosis(self) -> Float64:
        """Fourth standardised central moment, 3 for a normal law; nan where the variance is 0."""
        return _ratio(self.fourth, np.square(self.variance))


def _ratio(top: Float64, bottom: Float64) -> Float64:
    return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom > 0)


def as_rows(x: NDArray[Any]) -> NDArray[Any]:
    """Return an array as compiled loops take it: contiguous, float32 or else float64."""
    kept = np.dtype(np.float32) if x.dtype == np.float32 else np.dtype(np.float64)
    return np.ascontiguousarray(x, dtype=kept)


def mean_square(x: NDArray[Any]) -> Float64:
    """Return the mean of x² over all but the first axis of x [N, ...], in float64.

    >>> mean_square(np.array([[1, 2, 3]], dtype=np.float32)).round(4)
    array([4.6667])
    """
    rows, squares = as_rows(x).reshape(len(x), -1), np.empty(len(x))
    square_sums(rows, squares)
    squares /= rows.shape[1]
    return squares
