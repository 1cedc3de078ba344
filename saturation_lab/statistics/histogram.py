"""How are values counted into bins so that none is lost and counts add up?

bins + underflow + overflow + NaN + -inf + +inf = values seen, always. A value lies in the bin whose
left edge is the last one at or below it: exactly, in the values' own precision and up to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError

Counts = NDArray[np.int64]
Counted = tuple[Counts, Counts]

WIDE_BINS = 400
"""Bins of an asinh axis."""

BLOCK = 65_536
"""Values that are counted at a time: more would leave the cache."""

FLOWS = ("underflow", "overflow", "nan", "minus_inf", "plus_inf")
"""The counts that stand beside the bins, in the order of `Histogram.flows`."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Equal bins between low and high: of x itself, or of asinh(x / scale) to look across decades.

    Attributes:
        low, high: the outer edges, in units of x.
        bins: how many bins lie between them.
        scale: None for a linear axis; else x is linear below it and logarithmic above.

    >>> Axis(low=-1.0, high=1.0, bins=4).edges
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    """

    low: float
    high: float
    bins: int
    scale: float | None = None

    @property
    def edges(self) -> NDArray[np.float64]:
        """Return the bins + 1 edges in units of x."""
        if self.scale is None:
            edges = np.linspace(self.low, self.high, self.bins + 1)
        else:
            low, high = np.arcsinh(self.low / self.scale), np.arcsinh(self.high / self.scale)
            edges = np.sinh(np.linspace(low, high, self.bins + 1)) * self.scale
        edges[0], edges[-1] = self.low, self.high
        return edges


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts over one axis for each layer: ``counts`` [layers, bins], ``flows`` [layers, 5].

    Merging is addition, so the order in which networks arrive does not matter.
    """

    axis: Axis
    counts: Counts
    flows: Counts

    def __add__(self, other: Histogram) -> Histogram:
        if self.axis != other.axis or self.counts.shape != other.counts.shape:
            raise InputError(
                "histogram", expected=f"the same axis and layers, {self.axis}", got=other.axis
            )
        return Histogram(
            axis=self.axis, counts=self.counts + other.counts, flows=self.flows + other.flows
        )

    @property
    def seen(self) -> Counts:
        """Return how many values each layer has shown, [layers]."""
        total: Counts = self.counts.sum(axis=1) + self.flows.sum(axis=1)
        return total


def count(x: NDArray[Any], axis: Axis) -> Counted:
    """Count every value of x: bins [axis.bins] and the five `FLOWS`.

    A value on an inner edge belongs to the bin on its right, one on ``high`` to the overflow.

    >>> bins, flows = count(np.array([0.0, 0.5, 7.0, np.nan]), Axis(low=-1.0, high=1.0, bins=2))
    >>> bins.tolist(), dict(zip(FLOWS, flows.tolist()))
    ([0, 2], {'underflow': 0, 'overflow': 1, 'nan': 1, 'minus_inf': 0, 'plus_inf': 0})
    """
    (counted,) = count_on_each(x, (axis,))
    return counted


def count_on_each(x: NDArray[Any], axes: tuple[Axis, ...]) -> list[Counted]:
    """Count every value of x on each of the axes, in one pass over x."""
    x = x.reshape(-1)
    if x.dtype != np.float32:
        x = x.astype(np.float64, copy=False)
    ruler = _ruler(axes, x.dtype)
    counts = ruler.counts(x)
    finite, not_finite = counts[:-3], counts[-3:]
    below = np.cumsum(finite)
    found = []
    for places in ruler.places:
        below_edges = below[places]
        under, over = below_edges[0], below[-1] - below_edges[-1]
        flows = np.array([under, over, *not_finite], dtype=np.int64)
        found.append((np.diff(below_edges), flows))
    return found


_BITS = 19
_HALF = 1 << (_BITS - 1)

TABLE_BYTES = 4 << _BITS
"""What counting on one set of axes keeps in memory."""


class _Ruler(NamedTuple):
    """The edges of all axes in one row, and the ranks that the first bits of a value tell.

    The rank of a value is the number of edges at or below it. Floating-point numbers that share
    their first bits (sign, exponent and the digits of highest value) are neighbours, a cell. Almost
    every cell lies between two edges: one look into a table ranks its values. Where edges tear a
    cell, its few values are compared with them.

    Attributes:
        n: how many edges there are.
        edges: ascending, in the dtype of the values; behind the n NaN, which no value reaches.
        places: for each axis, where its edges stand in the row.
        ranks: of each cell, [2^19]; where it is torn, or holds infinity or NaN, ~ the lowest rank.
        steps: powers of two, falling to 1, that together reach past the edges inside of a cell.
    """

    n: int
    edges: NDArray[Any]
    places: list[NDArray[np.intp]]
    ranks: NDArray[np.int32]
    steps: list[int]

    def counts(self, x: NDArray[Any]) -> Counts:
        """Return how many values have rank 0..n, then how many are NaN, -inf and +inf."""
        counts = np.zeros(self.n + 4, dtype=np.int64)
        for first in range(0, x.size, BLOCK):
            block = x[first : first + BLOCK]
            ranks = self.ranks.take(_cells(block))
            torn = np.flatnonzero(ranks < 0)
            ranks[torn] = self._compared(block.take(torn), ~ranks.take(torn))
            counts += np.bincount(ranks, minlength=len(counts))
        return counts

    def _compared(self, x: NDArray[Any], lowest: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return the ranks of values from the lowest ranks of their cells."""
        ranks = lowest
        for step in self.steps:
            ranks += step * (x >= self.edges.take(ranks + (step - 1)))
        if not np.isfinite(x).all():
            kinds = [np.isnan(x), np.isneginf(x), np.isposinf(x)]
            ranks = np.select(kinds, [self.n + 1, self.n + 2, self.n + 3], ranks)
        return ranks


@lru_cache(maxsize=8)  # made in a millisecond
def _ruler(axes: tuple[Axis, ...], dtype: np.dtype[Any]) -> _Ruler:
    rounded = [_rounded_up(axis.edges, dtype) for axis in axes]
    edges = np.unique(np.concatenate(rounded))
    places = [np.searchsorted(edges, own) for own in rounded]
    edges[edges == 0] = -0.0  # both zeros are at or above the edge
    n = len(edges)

    home, next_lower = _ascending(edges), _ascending(np.nextafter(edges, dtype.type(-np.inf)))
    runs = np.diff(next_lower + 1, prepend=0, append=2 * _HALF)
    ranks = np.repeat(np.arange(n + 1, dtype=np.int32), runs)
    inside = np.flatnonzero(home == next_lower)
    torn, first, several = np.unique(home[inside], return_index=True, return_counts=True)
    ranks[torn] = ~inside[first]
    lowest, highest = _ascending(np.array([-np.inf, np.inf], dtype))
    ranks[: lowest + 1] = ranks[highest:] = ~n

    powers = int(several.max(initial=0)).bit_length()
    return _Ruler(
        n=n,
        edges=np.concatenate([edges, np.full(1 << powers, np.nan, dtype)]),
        places=places,
        ranks=np.concatenate([ranks[_HALF:], ranks[:_HALF][::-1]]),
        steps=[1 << power for power in reversed(range(powers))],
    )


def _cells(x: NDArray[Any]) -> NDArray[np.intp]:
    """Return the first bits of each value, as a number."""
    bits = x.view(f"u{x.itemsize}")
    cells: NDArray[np.intp] = (bits >> (8 * x.itemsize - _BITS)).astype(np.intp)
    return cells


def _ascending(x: NDArray[Any]) -> NDArray[np.intp]:
    """Return the cells of x counted upwards from the lowest: negative ones stand in reverse."""
    cells = _cells(x)
    return np.where(cells < _HALF, _HALF + cells, 2 * _HALF - 1 - cells)


def _rounded_up(edges: NDArray[np.float64], dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the smallest numbers of a dtype at or above: a value is at or above both or none."""
    with np.errstate(over="ignore"):
        rounded = edges.astype(dtype)
    too_low = rounded < edges
    rounded[too_low] = np.nextafter(rounded[too_low], dtype.type(np.inf))
    return rounded
