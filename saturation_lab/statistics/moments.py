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


def mean_cosine(x: NDArray[Any]) -> Float64:
    """Return, for x [N, B, n], the cosine between two examples' vectors, mean over all pairs.

    With u_b = x_b / ‖x_b‖: (‖Σ_b u_b‖² - B) / (B (B - 1)), so no pair is formed. nan at B = 1 and
    where a vector is zero.

    >>> mean_cosine(np.array([[[1.0, 0.0], [0.0, 2.0], [3.0, 0.0]]])).round(4)
    array([0.3333])
    """
    networks, examples, _ = x.shape
    if examples < 2:
        return np.full(networks, np.nan)
    rows = x.astype(np.float64)
    norms = np.sqrt(np.square(rows).sum(axis=2, keepdims=True))
    rows /= np.where(norms > 0, norms, np.nan)
    total = np.square(rows.sum(axis=1)).sum(axis=1)
    cosine: Float64 = (total - examples) / (examples * (examples - 1))
    return cosine


BLOCK = 32_768
"""Values that are turned to float64 at a time: more would leave the cache."""


def mean_square(x: NDArray[Any]) -> Float64:
    """Return the mean of x² over all but the first axis of x [N, ...], in float64.

    >>> mean_square(np.array([[1, 2, 3]], dtype=np.float32)).round(4)
    array([4.6667])
    """
    rows = x.reshape(len(x), -1)
    total = np.zeros(len(x))
    for first in range(0, rows.shape[1], BLOCK):
        block = rows[:, first : first + BLOCK].astype(np.float64)
        total += np.vecdot(block, block)
    return total / rows.shape[1]


def gram(x: NDArray[Any]) -> Float64:
    """Return the products ⟨x_b, x_c⟩ of the rows of x [N, B, n] in float64, [N, B, B].

    >>> gram(np.array([[[1, 2], [3, 4]]], dtype=np.float32)).tolist()
    [[[5.0, 11.0], [11.0, 25.0]]]
    """
    rows = x.astype(np.float64)
    products: Float64 = np.matmul(rows, rows.swapaxes(1, 2))
    return products


PERCENTILE_BINS = 4096


def percentiles(x: NDArray[Any], percents: tuple[float, ...]) -> Float64:
    """Return percentiles of all values of each network, x [N, ...] to [N, percents].

    Read off a histogram of 4,096 equal bins between the smallest and the largest value, linear
    inside a bin: right to one bin, 1/4096 of that range. nan where a value is not finite.

    >>> percentiles(np.arange(10_001.0)[None], (2, 98)).round(1)
    array([[ 200., 9800.]])
    """
    rows = x.reshape(len(x), -1)
    return np.array([_percentiles(row, np.array(percents) / 100) for row in rows])


def _percentiles(row: NDArray[Any], shares: Float64) -> Float64:
    low, high = float(row.min()), float(row.max())
    if low == high:
        return np.full(len(shares), low)
    scale = PERCENTILE_BINS / (high - low)
    if not (np.isfinite(low) and np.isfinite(high) and np.isfinite(scale)):
        return np.full(len(shares), np.nan)
    place = row.astype(np.float64)
    place -= low
    place *= scale
    np.minimum(place, PERCENTILE_BINS - 1, out=place)
    counts = np.bincount(place.astype(np.int32), minlength=PERCENTILE_BINS)
    below = np.concatenate([[0], np.cumsum(counts)])
    edges = np.linspace(low, high, PERCENTILE_BINS + 1)
    return np.interp(shares * row.size, below, edges)
