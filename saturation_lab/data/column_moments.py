"""The mean, standard deviation and range of every column of a table, computed a block at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array, Float64

_ROUNDING = 1e-13
"""A column whose values differ by less than this, relative to their size, is constant."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """What the columns of a table hold.

    Attributes
    ----------
    rows : int
        The number of rows.
    mean, std : array of shape (columns,)
        The mean and the standard deviation of each column (divided by the number of rows). The
        standard deviation of a column that is constant, up to rounding, is exactly 0.
    low, high : array of shape (columns,)
        The smallest and the largest value of each column.
    """

    rows: int
    mean: Float64
    std: Float64
    low: Float64
    high: Float64

    @property
    def varies(self) -> NDArray[np.bool_]:
        """Return for each column whether it holds different values."""
        varies: NDArray[np.bool_] = self.std > 0
        return varies

    @property
    def overall(self) -> tuple[float, float]:
        """Return the mean and the standard deviation of all values together."""
        mean = float(self.mean.mean())
        square = np.square(self.std) + np.square(self.mean - mean)
        return mean, float(np.sqrt(square.mean())) if self.low.min() < self.high.max() else 0.0

    @property
    def span(self) -> tuple[float, float]:
        """Return the smallest and the largest value of all."""
        return float(self.low.min()), float(self.high.max())

    @property
    def farthest(self) -> Float64:
        """Return the largest distance from the mean in each column, in standard deviations."""
        reach = np.maximum(self.high - self.mean, self.mean - self.low)
        distance: Float64 = np.divide(reach, self.std, out=np.zeros_like(reach), where=self.std > 0)
        return distance

    @property
    def binary(self) -> NDArray[np.bool_]:
        """Return for each column whether it holds exactly two different values.

        The variance of a column is at most (high - mean)(mean - low), and equal to it if and only
        if every value is one of the two ends.
        """
        most = (self.high - self.mean) * (self.mean - self.low)
        binary: NDArray[np.bool_] = self.varies & np.isclose(
            np.square(self.std), most, rtol=1e-9, atol=0
        )
        return binary


class MomentsTally:
    """An accumulator of the moments of a table whose rows arrive in blocks.

    Missing values (nan) count as the mean of the other values of their column.

    Parameters
    ----------
    columns : int
        The number of columns.

    Examples
    --------
    >>> tally = MomentsTally(1)
    >>> for block in ([[1.0], [2.0]], [[6.0]]):
    ...     tally.add(np.array(block))
    >>> tally.moments().mean.tolist(), tally.moments().high.tolist()
    ([3.0], [6.0])
    """

    def __init__(self, columns: int) -> None:
        self._rows = 0
        self._present = np.zeros(columns)
        self._mean = np.zeros(columns)
        self._square = np.zeros(columns)
        self._low = np.full(columns, np.inf)
        self._high = np.full(columns, -np.inf)

    def add(self, block: Float64) -> None:
        """Add some rows.

        Parameters
        ----------
        block : array of shape (rows, columns)
            Their values.
        """
        if not len(block):
            return
        count, mean = np.full(block.shape[1], len(block)), block.mean(axis=0)
        if np.isnan(mean).any():
            absent = np.isnan(block)
            count = len(block) - absent.sum(axis=0)
            mean = np.where(absent, 0.0, block).sum(axis=0) / np.maximum(count, 1)
            block = np.where(absent, mean, block)
        there = count > 0
        self._low = np.where(there, np.minimum(self._low, block.min(axis=0)), self._low)
        self._high = np.where(there, np.maximum(self._high, block.max(axis=0)), self._high)
        total = np.maximum(self._present + count, 1)
        apart = np.where(there, mean - self._mean, 0.0)
        self._square += np.square(block - mean).sum(axis=0)
        self._square += np.square(apart) * self._present * count / total
        self._mean += apart * count / total
        self._present += count
        self._rows += len(block)

    def moments(self) -> Moments:
        """Return the moments of all rows so far.

        Returns
        -------
        Moments
            The moments.
        """
        size = np.maximum(np.abs(self._low), np.abs(self._high))
        varies = self._high - self._low > _ROUNDING * size
        return Moments(
            rows=self._rows,
            mean=np.where(varies, self._mean, self._low),
            std=np.where(varies, np.sqrt(self._square / max(1, self._rows)), 0.0),
            low=self._low,
            high=self._high,
        )


def moments_of(x: Array) -> Moments:
    """Return the moments of the columns of a table.

    Parameters
    ----------
    x : array of shape (rows, columns)
        The table.

    Returns
    -------
    Moments
        The moments.

    Examples
    --------
    >>> moments_of(np.array([[1.0, 5.0], [3.0, 5.0]])).std.tolist()
    [1.0, 0.0]
    """
    tally = MomentsTally(x.shape[1])
    tally.add(np.asarray(x, dtype=np.float64))
    return tally.moments()
