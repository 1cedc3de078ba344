"""Tallies: the ranked values of one signal, which give bins, shares and percentiles.

Every value is ranked once. Shares beyond a mark and percentiles follow exactly from the counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.histogram import Axis, Counts
from saturation_lab.statistics.kernels import neighbours
from saturation_lab.statistics.moments import as_rows
from saturation_lab.statistics.ruler import Ruler, ruler_of

Counted = tuple[Counts, Counts]
"""The counts in the bins, and the five `FLOWS`."""

PERCENTS = (2, 98)
"""The percentiles that are recorded."""


@dataclass(frozen=True)
class Tally:
    """The values of N networks, and how many values of each network lie between any two edges.

    Attributes
    ----------
    rows : array of shape (networks, values)
        The values.
    axes : tuple of Axis
        The axes on which they are counted.
    ruler : Ruler
        The edges of all axes.
    counts : array of int of shape (networks, n + 4)
        The counts of each rank, then of NaN, -inf and +inf.
    """

    rows: NDArray[Any]
    axes: tuple[Axis, ...]
    ruler: Ruler
    counts: Counts

    @cached_property
    def below(self) -> Counts:
        """The number of finite values below each edge, then their total; (networks, n + 1)."""
        below: Counts = np.cumsum(self.counts[:, :-3], axis=1)
        return below

    def on_axes(self) -> list[Counted]:
        """Return the pooled counts of all networks on each axis: the bins and the five `FLOWS`."""
        below, not_finite = self.below.sum(axis=0), self.counts[:, -3:].sum(axis=0)
        found = []
        for places in self.ruler.places:
            below_edges = below[places]
            under, over = below_edges[0], below[-1] - below_edges[-1]
            found.append((np.diff(below_edges), np.array([under, over, *not_finite])))
        return found

    def share_below(self, mark: float) -> Float64:
        """Return the share of values that are finite and below a mark, for each network.

        Parameters
        ----------
        mark : float
            One of the marks that the tally was made with.

        Returns
        -------
        array of shape (networks,)
            The share, of all values.
        """
        return self._share(self._below(mark, 0))

    def share_above(self, mark: float) -> Float64:
        """Return the share of values that are finite and above a mark, for each network.

        Parameters
        ----------
        mark : float
            One of the marks that the tally was made with.

        Returns
        -------
        array of shape (networks,)
            The share, of all values.
        """
        return self._share(self.below[:, -1] - self._below(mark, 1))

    def share_within(self, mark: float) -> Float64:
        """Return the share of values in [-mark, mark], for each network.

        Parameters
        ----------
        mark : float
            A number such that the tally was made with the marks -mark and mark.

        Returns
        -------
        array of shape (networks,)
            The share, of all values.
        """
        return self._share(self._below(mark, 1) - self._below(-mark, 0))

    def _share(self, counts: Counts) -> Float64:
        share: Float64 = counts / self.rows.shape[1]
        return share

    def _below(self, mark: float, which: int) -> Counts:
        return self.below[:, self.ruler.marks[mark][which]]

    @cached_property
    def tails(self) -> Float64:
        """The `PERCENTS`, of shape (networks, 2)."""
        return self.percentiles(PERCENTS)

    def percentiles(self, percents: tuple[float, ...]) -> Float64:
        """Return percentiles of all values of each network.

        They are exact, with linear interpolation between two values as in `numpy.percentile`.

        Parameters
        ----------
        percents : tuple of float
            Percentages from 0 to 100.

        Returns
        -------
        array of shape (networks, percents)
            The percentiles; nan in networks with a value that is not finite.
        """
        count, size = self.rows.shape
        whole = (self.below[:, -1] == size) & (size > 0)
        if not whole.all():
            found = np.full((count, len(percents)), np.nan)
            if whole.any():
                some = Tally(self.rows[whole], self.axes, self.ruler, self.counts[whole])
                found[whole] = some.percentiles(percents)
            return found
        found = np.empty((count, len(percents)))
        for column, percent in enumerate(percents):
            place = percent / 100 * (size - 1)
            left, right = self._neighbours(int(place)).T
            found[:, column] = left + (place - int(place)) * (right - left)
        return found

    def _neighbours(self, place: int) -> Float64:
        """Return the value of rank ``place`` (from 0) and the next one, of shape (networks, 2).

        Only values between the nearest edges around both are searched.
        """
        networks = np.arange(len(self.rows))
        following = min(place + 1, self.rows.shape[1] - 1)
        lowest, highest = (np.count_nonzero(self.below <= i, axis=1) for i in (place, following))
        before = np.where(lowest > 0, self.below[networks, lowest - 1], 0)
        places = np.stack([place - before, self.below[networks, highest] - before], axis=1)
        found = np.empty((len(self.rows), 2))
        bounds = self.ruler.bounds
        neighbours(self.rows, bounds[lowest], bounds[highest + 1], places, found)
        return found


def tally(x: NDArray[Any], axes: tuple[Axis, ...], marks: tuple[float, ...] = ()) -> Tally:
    """Count every value on all axes at once, and around the marks.

    Parameters
    ----------
    x : array of shape (networks, ...)
        The values.
    axes : tuple of Axis
        The axes.
    marks : tuple of float, default ()
        Numbers at which shares will be asked for; those that are not finite are ignored.

    Returns
    -------
    Tally
        The counts of each network.

    Examples
    --------
    >>> counted = tally(
    ...     np.array([[0.0, 0.5, 7.0, 9.0]]), (Axis(low=-1.0, high=1.0, bins=2),), (0.5,)
    ... )
    >>> counted.on_axes()[0][0].tolist(), counted.share_above(0.5).tolist()
    ([0, 2], [0.5])
    >>> counted.percentiles((50,)).tolist()
    [[3.75]]
    """
    rows = as_rows(x).reshape(len(x), math.prod(x.shape[1:]))
    finite = tuple(sorted({mark for mark in marks if np.isfinite(mark)}))
    ruler = ruler_of(axes, finite, rows.dtype)
    return Tally(rows, axes, ruler, ruler.counts(rows))
