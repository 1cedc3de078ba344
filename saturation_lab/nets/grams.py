"""Gram matrices of few long rows, accumulated in float64.

A matrix product would copy float32 rows to float64 and compute every inner product twice. This loop
multiplies four rows by four others at a time, sixteen sums in one pass through memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.nets.compiled import compiled

_BLOCK = 512
"""The number of columns processed at a time; those of a few dozen rows fit in the L1 cache."""

_SIDE = 4
"""The number of rows that are multiplied by as many others at a time."""


def gram(rows: Array, sizes: Float64 | None = None) -> Float64:
    """Return the Gram matrix of some rows, ⟨x_b, x_c⟩, in float64.

    Parameters
    ----------
    rows : array of shape (..., B, n)
        The rows.
    sizes : float64 array of shape (..., B, 1), optional
        Divisors of the rows, so that no product of large or small rows leaves the range of float64.

    Returns
    -------
    float64 array of shape (..., B, B)
        The inner products of the (divided) rows.

    Examples
    --------
    >>> gram(np.array([[1, 2], [3, 4]], dtype=np.float32)).tolist()
    [[5.0, 11.0], [11.0, 25.0]]
    """
    scaled = rows if sizes is None else rows / sizes
    *leading, count, columns = scaled.shape
    networks = math.prod(leading)
    found = np.zeros((networks, count, count))
    _fill_grams(np.ascontiguousarray(scaled).reshape(networks, count, columns), found)
    return found.reshape(*leading, count, count)


@dataclass(frozen=True)
class Rows:
    """Rows of examples and their Gram matrix, which is computed once, on first use.

    Attributes
    ----------
    x : array of shape (..., B, n)
        The rows.

    Examples
    --------
    >>> Rows(np.array([[1.0, 2.0], [3.0, 4.0]])).gram.tolist()
    [[5.0, 11.0], [11.0, 25.0]]
    """

    x: Array

    @cached_property
    def gram(self) -> Float64:
        """The inner products ⟨x_b, x_c⟩ in float64, of shape (..., B, B)."""
        return gram(self.x)


@compiled
def _add_products(x: Array, out: Float64, top: int, left: int, first: int, end: int) -> None:
    """Add the contribution of columns first to end to ⟨x_b, x_c⟩, c <= b < B.

    b and c are the `_SIDE` rows from ``top`` and from ``left``.
    """
    count = x.shape[0]
    last = count - 1  # rows beyond the last repeat it; their sums are not stored
    a0, a1 = x[top, first:end], x[min(top + 1, last), first:end]
    a2, a3 = x[min(top + 2, last), first:end], x[min(top + 3, last), first:end]
    b0, b1 = x[left, first:end], x[min(left + 1, last), first:end]
    b2, b3 = x[min(left + 2, last), first:end], x[min(left + 3, last), first:end]
    s00 = s01 = s02 = s03 = s10 = s11 = s12 = s13 = 0.0
    s20 = s21 = s22 = s23 = s30 = s31 = s32 = s33 = 0.0
    for i in range(a0.size):
        r0, r1, r2, r3 = np.float64(a0[i]), np.float64(a1[i]), np.float64(a2[i]), np.float64(a3[i])
        c0, c1, c2, c3 = np.float64(b0[i]), np.float64(b1[i]), np.float64(b2[i]), np.float64(b3[i])
        s00 += r0 * c0
        s01 += r0 * c1
        s02 += r0 * c2
        s03 += r0 * c3
        s10 += r1 * c0
        s11 += r1 * c1
        s12 += r1 * c2
        s13 += r1 * c3
        s20 += r2 * c0
        s21 += r2 * c1
        s22 += r2 * c2
        s23 += r2 * c3
        s30 += r3 * c0
        s31 += r3 * c1
        s32 += r3 * c2
        s33 += r3 * c3
    sums = (
        (s00, s01, s02, s03),
        (s10, s11, s12, s13),
        (s20, s21, s22, s23),
        (s30, s31, s32, s33),
    )
    for i in range(min(_SIDE, count - top)):
        for j in range(min(_SIDE, count - left)):
            if left + j <= top + i:
                out[top + i, left + j] += sums[i][j]


@compiled
def _fill_grams(stack: Array, out: Float64) -> None:
    """Write the Gram matrices of a stack of rows [N, B, n] into zeros of shape [N, B, B]."""
    _, count, columns = stack.shape
    for network in range(stack.shape[0]):
        own = out[network]
        for first in range(0, columns, _BLOCK):
            end = min(first + _BLOCK, columns)
            for top in range(0, count, _SIDE):
                for left in range(0, top + 1, _SIDE):
                    _add_products(stack[network], own, top, left, first, end)
        for row in range(count):
            for column in range(row):
                own[column, row] = own[row, column]
