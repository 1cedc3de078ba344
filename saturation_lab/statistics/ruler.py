"""A lookup table that ranks floating-point values among the edges of several axes, exactly.

A value equal to an edge lies to the right of it. Comparisons are exact, in the precision of the
values, to the last bit.
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
"""The number of leading bits of a value that form its cell."""
_HALF = 1 << (_BITS - 1)
"""The number of cells of one sign."""

TABLE_BYTES = 4 << _BITS
"""The memory that counting on one set of axes takes."""


@dataclass(frozen=True, kw_only=True)
class Ruler:
    """The edges of all axes in one array, and a table from the leading bits of a value to its rank.

    The rank of a value is the number of edges at or below it. Floating-point numbers that share
    their leading bits (sign, exponent and leading digits) are neighbours and form a cell. Almost
    every cell lies between two edges, so a single table lookup ranks its values. Values of a cell
    that contains an edge are compared with the edges.

    Attributes
    ----------
    n : int
        Number of edges.
    edges : array of shape (n + 1,)
        The edges in ascending order, in the dtype of the values, then NaN, which no value reaches.
    places : list of array of int
        For each axis, the positions of its edges in ``edges``.
    marks : dict of float to tuple of int
        For each mark, the position of the smallest number at or above it, and that of the smallest
        number above it.
    ranks : array of int of shape (2^19,)
        The rank of each cell. If the cell contains an edge, infinity or NaN, it is ~ (the bitwise
        complement of) a lower bound.
    """

    n: int
    edges: NDArray[Any]
    places: list[NDArray[np.intp]]
    marks: dict[float, tuple[int, int]]
    ranks: NDArray[np.signedinteger[Any]]

    @cached_property
    def bounds(self) -> NDArray[Any]:
        """The edges between -inf and +inf: values of rank k lie between entries k and k + 1."""
        infinite = self.edges.dtype.type(np.inf)
        return np.concatenate([[-infinite], self.edges[: self.n], [infinite]])

    def counts(self, rows: NDArray[Any]) -> Counts:
        """Count the values of each row by rank.

        Parameters
        ----------
        rows : array of shape (networks, values)
            Contiguous values in the dtype of the edges.

        Returns
        -------
        array of int of shape (networks, n + 4)
            The counts of ranks 0..n, then of NaN, -inf and +inf.
        """
        counts = np.zeros((len(rows), self.n + 4), dtype=np.int64)
        count_ranks(rows, _bits(rows), _shift(rows.dtype), self.ranks, self.edges, counts)
        return counts


@lru_cache(maxsize=8)  # building one takes a millisecond
def ruler_of(axes: tuple[Axis, ...], marks: tuple[float, ...], dtype: np.dtype[Any]) -> Ruler:
    """Return the ruler for some axes, with further edges at the marks and right above them.

    Parameters
    ----------
    axes : tuple of Axis
        The axes.
    marks : tuple of float
        Finite numbers; the shares of values below, at or above them can then be counted exactly.
    dtype : numpy.dtype
        The type of the values, float32 or float64.

    Returns
    -------
    Ruler
        The ruler; the most recent eight are cached.

    Examples
    --------
    >>> some = ruler_of((Axis(low=0.0, high=2.0, bins=2),), (), np.dtype(np.float64))
    >>> some.counts(np.array([[-1.0, 0.0, 0.5, 1.0, np.nan]])).tolist()
    [[1, 2, 1, 0, 1, 0, 0]]
    """
    rounded = [_rounded_up(axis.edges, dtype) for axis in axes]
    marked = [_around(mark, dtype) for mark in marks]
    edges = np.unique(np.concatenate([*rounded, *marked]))
    places = [np.searchsorted(edges, own) for own in [*rounded, *marked]]
    edges[edges == 0] = -0.0  # so that both zeros are at or above the edge
    n = len(edges)

    home, next_lower = _ascending(edges), _ascending(np.nextafter(edges, dtype.type(-np.inf)))
    runs = np.diff(next_lower + 1, prepend=0, append=2 * _HALF)
    small = n + 4 < np.iinfo(np.int16).max  # a table of half the size stays in a nearer cache
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
    """Return the leading bits of each value, as a number."""
    cells: NDArray[np.intp] = (_bits(x) >> _shift(x.dtype)).astype(np.intp)
    return cells


def _ascending(x: NDArray[Any]) -> NDArray[np.intp]:
    """Return the cells of x numbered in ascending order, with those of negative values reversed."""
    cells = _cells(x)
    return np.where(cells < _HALF, _HALF + cells, 2 * _HALF - 1 - cells)


def _around(mark: float, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the smallest number of a dtype at or above a mark, and the smallest one above it."""
    least = _rounded_up(np.array([mark]), dtype)
    return np.concatenate(
        [least, np.where(least > np.float64(mark), least, np.nextafter(least, np.inf, dtype=dtype))]
    )


def _rounded_up(edges: Float64, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return the smallest number of a dtype at or above each edge.

    A value of that dtype is at or above the rounded edge exactly if it is at or above the edge
    itself.
    """
    with np.errstate(over="ignore"):
        rounded = edges.astype(dtype)
    return np.where(rounded < edges, np.nextafter(rounded, dtype.type(np.inf)), rounded)
