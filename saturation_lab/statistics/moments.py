"""What are moments and percentiles inside each network?

Moments are in float64 and about the mean: a variance from raw moments loses all digits at a large
mean (`signal` measures them).
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
    wanted = shares * row.size
    below = _below_edges(row, low, scale, wanted)
    return low + np.interp(wanted, below, np.arange(PERCENTILE_BINS + 1)) / scale


SAMPLED, OUTSIDE = 512, 0.06
"""Of a long row so many values are looked at first, to see beyond what this share of them lies."""


def _below_edges(row: NDArray[Any], low: float, scale: float, wanted: Float64) -> NDArray[np.int64]:
    """Return how many values lie below each edge, right wherever a wanted count is reached.

    Of a long row only what is far out is counted bin by bin, the rest as one.
    """
    if row.size > 16 * SAMPLED:
        some = np.sort(row[:: row.size // SAMPLED])
        far = int(OUTSIDE * len(some))
        ends = some[[far, -1 - far]]
        outside = row.take(np.flatnonzero((row <= ends[0]) | (row >= ends[1])))
        counts = _counts(outside, low, scale)
        first, last = _bins(ends, low, scale)
        counts[first] += row.size - outside.size
        below = np.concatenate([[0], np.cumsum(counts)])
        if ((wanted < below[first]) | (wanted >= below[last + 1])).all():
            return below
    return np.concatenate([[0], np.cumsum(_counts(row, low, scale))])


def _counts(values: NDArray[Any], low: float, scale: float) -> NDArray[np.int64]:
    return np.bincount(_bins(values, low, scale), minlength=PERCENTILE_BINS)


def _bins(values: NDArray[Any], low: float, scale: float) -> NDArray[np.int32]:
    place = values.astype(np.float64)
    place -= low
    place *= scale
    np.minimum(place, PERCENTILE_BINS - 1, out=place)
    return place.astype(np.int32)
