"""Matrix products with few long rows, computed a block of columns at a time.

BLAS has faster kernels for small matrices, and blocks that are copied to float64 fit in the cache.
The size of a block does not depend on the leading axes, which stack networks, so a network gets the
same bits in any stack.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array

BLOCK = 32_768
"""The most numbers of one network in a block; two such blocks in float64 fit in the cache."""

_SMALL = 960_000
"""The most multiplications in a B × B product; up to 10⁶, OpenBLAS uses a faster kernel."""


def column_blocks(rows: NDArray[Any]) -> Iterator[slice]:
    """Yield slices that divide the columns of some rows into blocks.

    Parameters
    ----------
    rows : array of shape (..., B, n)
        The rows.

    Yields
    ------
    slice
        The columns of one block.

    Examples
    --------
    >>> [block.stop for block in column_blocks(np.ones((4, 20_000)))]
    [8192, 16384, 20000]
    """
    count, columns = rows.shape[-2:]
    count = max(1, count)
    width = max(1, min(BLOCK // count, _SMALL // (count * count)))
    for first in range(0, columns, width):
        yield slice(first, min(first + width, columns))


def inner(a: Array, b: Array) -> Array:
    """Return the inner products ⟨a_b, b_c⟩ of two sets of rows.

    Parameters
    ----------
    a : array of shape (..., B, n)
        The first rows.
    b : array of shape (..., C, n)
        The second rows.

    Returns
    -------
    array of shape (..., B, C)
        The inner products.

    Examples
    --------
    >>> inner(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]])).tolist()
    [[11.0, 17.0]]
    """
    total = np.zeros((), np.result_type(a, b))
    for columns in column_blocks(a):
        total = total + np.matmul(a[..., columns], transposed(b[..., columns]))
    return total


def mixed(*terms: tuple[Array, Array], dtype: Any) -> Array:
    """Return the sum of several products, each of a small matrix with a matrix of long rows.

    Each product is computed in the precision of its matrix.

    Parameters
    ----------
    *terms : (array of shape (..., B, C), array of shape (..., C, n))
        The matrix and the rows of each product; C may differ between terms.
    dtype : dtype
        The dtype of the sum.

    Returns
    -------
    array of shape (..., B, n)
        The sum.

    Examples
    --------
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
    """Return a view of an array with its last two axes swapped.

    Parameters
    ----------
    x : array of shape (..., B, n)
        The array.

    Returns
    -------
    array of shape (..., n, B)
        The view.

    Examples
    --------
    >>> transposed(np.ones((5, 2, 3))).shape
    (5, 3, 2)
    """
    turned: Array = x.swapaxes(-1, -2)
    return turned
