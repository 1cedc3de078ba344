"""What are the moments of an array inside each network?

Central moments in float64 throughout: a variance from raw moments loses all digits at a large mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]
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


def central_moments(x: NDArray[Any]) -> Moments:
    """Return the moments over all but the first axis of x [N, ...].

    >>> central_moments(np.array([[1e8, 1e8 + 2]])).variance
    array([1.])
    """
    rows = x.reshape(len(x), -1).astype(np.float64)
    mean = rows.mean(axis=1)
    rows -= mean[:, None]
    squares = np.square(rows)
    variance = squares.mean(axis=1)
    for network in np.flatnonzero(variance <= np.square(8 * EPS * mean)):
        if np.ptp(x[network]) == 0:  # the mean of a constant is rounded: its variance is not
            rows[network] = squares[network] = variance[network] = 0
            mean[network] = x[network].flat[0]
    rows *= squares
    third = rows.mean(axis=1)
    np.square(squares, out=squares)
    return Moments(mean=mean, variance=variance, third=third, fourth=squares.mean(axis=1))


def share_of_variance_over_examples(x: NDArray[Any]) -> Float64:
    """Return, for x [N, B, n], mean over units of Var over examples (ddof 1) / mean square of x.

    nan at B = 1 and where x is zero throughout.
    """
    networks, examples, units = x.shape
    if examples < 2:
        return np.full(networks, np.nan)
    rows = x.astype(np.float64)
    mean_square = np.square(rows).reshape(networks, -1).mean(axis=1)
    rows -= rows.mean(axis=1, keepdims=True)
    np.square(rows, out=rows)
    between = rows.reshape(networks, -1).sum(axis=1) / ((examples - 1) * units)
    return _ratio(between, mean_square)
