"""Between which edges does a value lie, exactly and in a few nanoseconds?

A value lies right of an edge that it equals: exactly, in the values' own precision, up to the bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.histogram import Axis, Counts
from saturation_lab.statistics.kernels import count_ranks

_BITS = 19
_HALF = 1 << (_BITS - 1)

TABLE_BYTES = 4 << _BITS
"""What counting on one set of axes keeps in memory."""


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """The edges of all axes in one row, and the ranks that the first bits of a value tell.

    The rank of a value is the number of edges at or below it. Floating-point numbers that share
    their first bits (sign, exponent and the digits of highest value) are neighbours, a cell. Almost
    every cell lies between two edges: one look into a table ranks its values. Where edges tear a
    cell, its few values are compared with them.

    Attributes:
        n: how many edges there are.
        edges: ascending, in the dtype of the values; behind the n NaN, which no value reaches.
        places: for each axis, where its edges stand in the row.
        marks: by mark, where the smallest number at or above it stands, and the smallest above it.
        ranks: of each cell, [2^19]; where it is torn, or holds infinity or NaN, ~ the lowest rank.
    """

    n: int
    edges: NDArray[Any]
    places: list[NDArray[np.intp]]
    marks: dict[float, tuple[int, int]]
    ranks: NDArray[np.signedinteger[Any]]

    @cached_property
    def bounds(self) -> NDArray[Any]:
        """Return the edges between -inf and +inf: values of rank k lie from k to k + 1."""
        infinite = self.edges.dtype.type(np.inf)
        return np.concatenate([[-infinite], self.edges[: self.n], [infinite]])

    def counts(self, rows: NDArray[Any]) -> Counts:
        """Return how many values of each row have rank 0..n, then how many are NaN, -inf, +inf."""
        counts = np.zeros((len(rows), self.n + 4), dtype=np.int64)
        count_ranks(rows, _bits(rows), _shift(rows.dtype), self.ranks, self.edges, counts)
        return counts


@lru_cache(maxsize=8)  # made in a millisecond
def ruler_of(axes: tuple[Axis, ...], marks: tuple[float, ...], dtype: np.dtype[Any]) -> Ruler:
    """Return the ruler of some axes, with edges at the marks and right above them too."""
    rounded = [_rounded_up(axis.edges, dtype) for axis in axes]
    marked = [_around(mark, dtype) for mark in marks]
    edges = np.unique(np.concatenate([*rounded, *marked]))
    places = [np.searchsorted(edges, own) for own in [*rounded, *marked]]
    edges[edges == 0] = -0.0  # both zeros are at or above the edge
    n = len(edges)

    home, next_lower = _ascending(edges), _ascending(np.nextafter(edges, dtype.type(-np.inf)))
    runs = np.diff(next_lower + 1, prepend=0, append=2 * _HALF)
    small = n + 4 < np.iinfo(np.int16).max  # a table of half the size stays nearer
    ranks = np.repeat(np.arange(n + 1, dtype=np.int16 if small else np.int32), runs)
    inside = np.flatnonzero(home == next_lower)
    torn, first = np.unique(home[inside], return_index=True)
    ranks[torn] = ~inside[first]
    lowest, highest = _ascending(np.array([-np.inf, np.inf], dtype))
    ranks[: lowest + 1] = ranks[highest:] = ~n

    return Ruler(
        n=n,
        edges=np.concatenate([edges, np.full(1, np.nan, dtype)]),
        places=places[: len(axes)],
        marks={
            mark: (int(at), int(above))
            for mark, (at, above) in zip(marks, places[len(axes) :], strict=True)
        },
        ranks=np.concatenate([ranks[_HALF:], ranks[:_HALF][::-1]]),
    )


def _bits(x: NDArray[Any]) -> NDArray[Any]:
    return x.view(f"u{x.itemsize}")


def _shift(dtype: np.dtype[Any]) -> int:
    return 8 * dtype.itemsize - _BITS


def _cells(x: NDArray[Any]) -> NDArray[np.intp]:
    """Return the first bits of each value, as a number."""
    cells: NDArray[np.intp] = (_bits(x) >> _shift(x.dtype)).astype(np.intp)
    return cells


def _ascending(x: NDArray[Any]) -> NDArray[np.intp]:
    """Return the cells of x counted upwards from the lowest: negative ones stand in reverse."""
    cells = _cells(x)
    return np.where(cells < _HALF, _HALF + cells, 2 * _HALF - 1 - cells)


def _around(mark: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the smallest number of a dtype at or above a mark, and the smallest above it."""
    least = _rounded_up(np.array([mark]), dtype)
    return np.concatenate(
        [least, np.where(least > np.float64(mark), least, np.nextafter(least, np.inf, dtype=dtype))]
    )


def _rounded_up(edges: Float64, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the smallest numbers of a dtype at or above: a value is at or above both or none."""
    with np.errstate(over="ignore"):
        rounded = edges.astype(dtype)
    return np.where(rounded < edges, np.nextafter(rounded, dtype.type(np.inf)), rounded)
