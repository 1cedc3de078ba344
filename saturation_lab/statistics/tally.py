"""What do the counts of one signal tell of each network: bins, shares, percentiles?

Every value is ranked once; shares beyond a mark and percentiles come from the counts, exactly.
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

PERCENTS = (2, 98)
"""The percentiles that are kept."""


@dataclass(frozen=True)
class Tally:
    """The values of N networks, and how many of each network's lie between any two edges.

    Attributes:
        rows: the values, [N, M].
        axes: the axes that they are counted on.
        ruler: the edges.
        counts: values of each rank, then NaN, -inf and +inf, [N, n + 4].
    """

    rows: NDArray[Any]
    axes: tuple[Axis, ...]
    ruler: Ruler
    counts: Counts

    @cached_property
    def below(self) -> Counts:
        """How many finite values lie below each edge, and how many there are, [N, n + 1]."""
        below: Counts = np.cumsum(self.counts[:, :-3], axis=1)
        return below

    def on_axes(self) -> list[Counted]:
        """Return the counts of all networks on each axis: bins, and the five `FLOWS`."""
        below, not_finite = self.below.sum(axis=0), self.counts[:, -3:].sum(axis=0)
        found = []
        for places in self.ruler.places:
            below_edges = below[places]
            under, over = below_edges[0], below[-1] - below_edges[-1]
            found.append((np.diff(below_edges), np.array([under, over, *not_finite])))
        return found

    def share_below(self, mark: float) -> Float64:
        """Return the share of finite values < mark, for each network [N]."""
        return self._share(self._below(mark, 0))

    def share_above(self, mark: float) -> Float64:
        """Return the share of finite values > mark, for each network [N]."""
        return self._share(self.below[:, -1] - self._below(mark, 1))

    def share_within(self, mark: float) -> Float64:
        """Return the share of values of -mark <= x <= mark, for each network [N]."""
        return self._share(self._below(mark, 1) - self._below(-mark, 0))

    def _share(self, counts: Counts) -> Float64:
        share: Float64 = counts / self.rows.shape[1]
        return share

    def _below(self, mark: float, which: int) -> Counts:
        return self.below[:, self.ruler.marks[mark][which]]

    @cached_property
    def tails(self) -> Float64:
        """Return the `PERCENTS`, [N, 2]."""
        return self.percentiles(PERCENTS)

    def percentiles(self, percents: tuple[float, ...]) -> Float64:
        """Return percentiles of all values of each network, [N, percents].

        Exact: linear between the two values beside a place, as `numpy.percentile`. nan where a
        value is not finite.
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
        """Return of each network the value that so many others are below, and the next, [N, 2].

        Only values between the nearest edges around both are looked at.
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
    """Count every value of x [N, ...] on all axes at once, and around the marks.

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
