"""Copies: runs of weights that occur twice, within one tensor or in two of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array

RUN = 8
"""Runs of this many weights are compared. Two are equal by chance in less than one of 10^8 tensors
of 10^7 weights, even if a weight takes only 256 values, as the uniform law in bfloat16 does."""

_SELECTED = 4
"""One run in 2^4 is looked at: those whose first weight has a hash that starts with 4 zero bits. A
copy begins at the same weights as its original, wherever it lies."""

_Hashes = NDArray[np.uint64]


def runs(matrix: Array) -> _Hashes:
    """Return the hashes of some runs of 8 adjacent weights in the rows of a matrix.

    Parameters
    ----------
    matrix : array of shape (rows, columns)
        The weights.

    Returns
    -------
    array of uint64, shape (runs,)
        One hash for each selected run; a run and its copy have the same.

    Examples
    --------
    >>> w = np.random.default_rng(0).standard_normal((20, 30))
    >>> w[10:, 5:25] = w[:10, 8:28]
    >>> hashes = runs(w)
    >>> len(hashes) - len(np.unique(hashes))  # of 130 that are copied
    7
    """
    if matrix.shape[1] < RUN:
        return np.empty(0, dtype=np.uint64)
    bits = np.ascontiguousarray(matrix).view(f"u{matrix.dtype.itemsize}").astype(np.uint64)
    starts = bits[:, : 1 - RUN] * _MULTIPLIER >> np.uint64(64 - _SELECTED)
    rows, columns = np.nonzero(starts == 0)
    total = np.zeros(len(rows), dtype=np.uint64)
    for step in range(RUN):
        total = (total ^ (total >> np.uint64(32))) * _MULTIPLIER + bits[rows, columns + step]
    return (total ^ (total >> np.uint64(32))) * _MULTIPLIER


_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2⁶⁴ over the golden ratio: the first bits of a product with it are those of a hash."""


def _distinct(hashes: list[_Hashes]) -> _Hashes:
    if not hashes:
        return np.empty(0, dtype=np.uint64)
    x = np.sort(np.concatenate(hashes))  # several times faster than np.unique
    return x[np.concatenate([[True], x[1:] != x[:-1]])] if x.size else x


class Copies:
    """A count of the runs of weights that occur twice in some matrices, or recur transposed."""

    def __init__(self) -> None:
        self._rows: list[_Hashes] = []
        self._columns: list[_Hashes] = []

    def add(self, matrix: Array) -> None:
        """Add a matrix.

        Parameters
        ----------
        matrix : array of shape (rows, columns)
            The weights.
        """
        self._rows.append(runs(matrix))
        self._columns.append(runs(matrix.T))

    @property
    def rows(self) -> _Hashes:
        """The distinct hashes of the rows."""
        return _distinct(self._rows)

    @property
    def columns(self) -> _Hashes:
        """The distinct hashes of the columns."""
        return _distinct(self._columns)

    def count(self) -> int:
        """Return the number of looked-at runs that occur again, in a row or in a column.

        Returns
        -------
        int
            The number.
        """
        rows, columns = self.rows, self.columns
        twice = max(
            sum(map(len, self._rows)) - len(rows), sum(map(len, self._columns)) - len(columns)
        )
        return twice + len(np.intersect1d(rows, columns, assume_unique=True))


def shared_runs(tensors: Sequence[Copies]) -> dict[tuple[int, int], int]:
    """Return how many of the looked-at runs two tensors share, one of them perhaps transposed.

    Parameters
    ----------
    tensors : sequence of Copies
        The runs of each tensor.

    Returns
    -------
    dict
        The number of shared runs by the positions of both tensors, for pairs that share any.

    Examples
    --------
    >>> w, both = np.random.default_rng(0).standard_normal((20, 30)), [Copies(), Copies()]
    >>> both[0].add(w)
    >>> both[1].add(w.T)
    >>> list(shared_runs(both))
    [(0, 1)]
    """
    if not tensors:
        return {}
    sides = [side for one in tensors for side in (one.rows, one.columns)]
    hashes = np.concatenate(sides)
    owner = np.repeat(np.arange(len(sides)), [len(side) for side in sides])
    order = np.argsort(hashes, kind="stable")
    hashes, owner = hashes[order], owner[order]
    counts: Counter[tuple[int, int]] = Counter()
    for first in np.flatnonzero(hashes[1:] == hashes[:-1]):
        one, other = int(owner[first]), int(owner[first + 1])
        if one // 2 != other // 2 and not (one % 2 and other % 2):  # columns only of one
            counts[one // 2, other // 2] += 1
    return dict(counts)
