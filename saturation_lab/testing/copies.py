"""Copies: runs of weights that occur twice, within one tensor or in two of them."""

from __future__ import annotations

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
    12
    """
    if matrix.shape[1] < RUN:
        return np.empty(0, dtype=np.uint64)
    bits = np.ascontiguousarray(matrix).view(f"u{matrix.dtype.itemsize}")
    mixed = _mixed(bits.astype(np.uint64))
    rows, columns = np.nonzero(mixed[:, : 1 - RUN] >> np.uint64(64 - _SELECTED) == 0)
    total = np.zeros(len(rows), dtype=np.uint64)
    for step in range(RUN):
        total = _mixed(total + mixed[rows, columns + step])
    return total


def _mixed(bits: _Hashes) -> _Hashes:
    """Return a hash of each number, by the finalizer of splitmix64 (Steele et al. 2014)."""
    x = bits + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


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
        return np.unique(np.concatenate(self._rows))

    @property
    def columns(self) -> _Hashes:
        """The distinct hashes of the columns."""
        return np.unique(np.concatenate(self._columns))

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

    def shared(self, other: Copies) -> int:
        """Return the number of looked-at runs that another tensor has as well.

        Parameters
        ----------
        other : Copies
            The runs of the other tensor.

        Returns
        -------
        int
            The number of distinct runs in its rows, or in its columns if the other is transposed.
        """
        return max(
            len(np.intersect1d(self.rows, these, assume_unique=True))
            for these in (other.rows, other.columns)
        )
