"""How are few long rows multiplied with others, or into new ones?

Rows of examples are few and long. Each product goes through them a block of columns at a time:
BLAS has faster kernels for small matrices, and what is copied to float64 stays in the cache.
How rows are cut does not depend on the leading axes, a stack of networks, so a network gets the
same bits in any stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array

BLOCK = 32_768
"""Numbers of one network in a block: twice so many in float64 stay in the cache."""

_SMALL = 960_000
"""Multiplications of a B × B product over one block: up to 10⁶ OpenBLAS has a faster kernel."""


def column_blocks(rows: NDArray[Any]) -> Iterator[slice]:
    """Cut the columns of rows [..., B, n].

    >>> [block.stop for block in column_blocks(np.ones((4, 20_000)))]
    [8192, 16384, 20000]
    """
    count, columns = rows.shape[-2:]
    count = max(1, count)
    width = max(1, min(BLOCK // count, _SMALL // (count * count)))
    for first in range(0, columns, width):
        yield slice(first, min(first + width, columns))


def inner(a: Array, b: Array) -> Array:
    """Return ⟨a_b, b_c⟩ of rows a [..., B, n] and b [..., C, n], [..., B, C].

    >>> inner(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])).tolist()
    [[11.0, 17.0]]
    """
    total = np.zeros((), np.result_type(a, b))
    for columns in column_blocks(a):
        total = total + np.matmul(a[..., columns], transposed(b[..., columns]))
    return total


def mixed(*terms: tuple[Array, Array], dtype: Any) -> Array:
    """Return the sum of the terms' matrix [..., B, C] @ rows [..., C, n], [..., B, n] of a dtype.

    A term is multiplied in the precision of its matrix.

    >>> mixed((np.array([[1.0, -1.0]]), np.array([[3.0], [5.0]])), dtype=np.float32)
    array([[-2.]], dtype=float32)
    """
    (matrix, rows), *others = terms
    leading = np.broadcast_shapes(matrix.shape[:-2], rows.shape[:-2])
    out = np.empty((*leading, matrix.shape[-2], rows.shape[-1]), dtype)
    for columns in column_blocks(rows):
        part = out[..., columns]
        np.matmul(matrix, rows[..., columns], out=part, dtype=matrix.dtype, casting="same_kind")
        for other, more in others:
            part += np.matmul(other, more[..., columns], dtype=other.dtype)
    return out


def transposed(x: Array) -> Array:
    """Return rows as columns."""
    turned: Array = x.swapaxes(-1, -2)
    return turned
