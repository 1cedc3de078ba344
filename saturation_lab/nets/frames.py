"""Which orthonormal rows span given examples, and which are uniform?

Rows are examples and directions, as everywhere; leading axes are free: a stack of N networks. What
is decided for a network hangs on that network alone, so it gets the same bits in any stack.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.nets.grams import Rows, gram
from saturation_lab.nets.products import mixed, transposed


def spanned(a: Array) -> tuple[Array, Array]:
    """Return q with orthonormal rows [..., r, n] and root [..., r, B], a = rootᵀ q, r = min(B, n).

    By Householder in float64; rows beyond the rank of ``a`` are arbitrary. Of float32 examples
    from their Gram matrix, up to four times as fast, in networks where that loses no digit of them.

    >>> q, root = spanned(np.array([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]]))
    >>> (root.T @ q).round(12).tolist(), root.shape
    ([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]], (2, 2))
    """
    q, root = span(Rows(a), a.dtype)
    return q, root.astype(a.dtype)


def span(examples: Rows, dtype: Any) -> tuple[Array, Array]:
    """Return q of a dtype and root in float64, to the digits that the examples have."""
    a = examples.x
    if a.dtype == np.float64:
        return householder(a)
    q, root, lossy = _from_gram(examples, dtype)
    if lossy.any():
        q[lossy], root[lossy] = householder(a[lossy].astype(np.float64))
    return q, root


def _from_gram(examples: Rows, dtype: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return q and root, and [...] where they are not to be used: q loses λ_1 / λ_r roundings."""
    cosines, sizes = _cosines(examples.gram)
    values, vectors = _eigen(cosines, min(examples.x.shape[-2:]))
    lossy = np.asarray(~(values[..., -1] > _MOST_LOSS * values[..., 0]))
    scale = np.sqrt(np.where(lossy[..., None], 1, values))[..., None, :]
    turn = transposed(vectors / scale / _divisors(sizes))
    return mixed((turn, examples.x), dtype=dtype), transposed(sizes * vectors * scale), lossy


_MOST_LOSS = 1e-8
"""The least λ_r / λ_1 of a Gram matrix that still gives a frame: float32 sees no difference."""


def turned(examples: Rows) -> tuple[Array, Array, Array]:
    """Return rows, turn and root of float32 examples: turn @ rows is q of `spanned`, left undone.

    With C = L Lᵀ the cosines of the examples and D their lengths, turn = L⁻¹ D⁻¹ and root = D L:
    products with q lose √(λ_1 / λ_r) roundings. Networks where that would show get q itself.
    """
    a, count = examples.x, examples.x.shape[-2]
    if count > a.shape[-1]:
        q, root = span(examples, a.dtype)
        return q, _ones(root).astype(a.dtype), root
    cosines, sizes = _cosines(examples.gram)
    lower = _cholesky(cosines)
    inverse = np.linalg.inv(np.where(np.isnan(lower), np.eye(count), lower))
    far = np.square(inverse).sum(axis=(-2, -1))
    root, turn = transposed(sizes * lower), (inverse / transposed(_divisors(sizes)))
    with np.errstate(over="ignore"):  # of extreme examples, which get a turn of their own
        turn, rows = turn.astype(a.dtype), a
    extreme = ((sizes > 0) & (sizes < 1 / _FARTHEST)) | (sizes > _FARTHEST)
    apart = np.asarray(
        ~(far < _MOST_SPREAD) | np.isnan(lower).any(axis=(-2, -1)) | extreme.any(axis=(-2, -1))
    )
    if apart.any():
        rows = a.copy()
        rows[apart], root[apart] = span(Rows(a[apart]), a.dtype)
        turn[apart] = np.eye(count)
    return rows, turn, root


_MOST_SPREAD = 1e3
"""The most Σ 1/λ of a matrix of cosines whose frame is not multiplied out."""

_FARTHEST = 2.0**100
"""Examples so many times longer or shorter than 1 have no 1/length in float32, or no products."""


def _ones(square: Array) -> Array:
    return np.broadcast_to(np.eye(square.shape[-2]), (*square.shape[:-1], square.shape[-2]))


def _cosines(gram: Float64) -> tuple[Float64, Float64]:
    """Return a Gram matrix of rows of length 1, and the lengths [..., B, 1]; 0 stays 0."""
    sizes: Float64 = np.sqrt(np.diagonal(gram, axis1=-2, axis2=-1))[..., None]
    divisors = _divisors(sizes)
    cosines: Float64 = gram / divisors / divisors.swapaxes(-1, -2)
    return cosines, sizes


def _cholesky(matrices: Float64) -> Array:
    """Return L with L Lᵀ = matrix; nan where a matrix is not positive definite, to rounding."""
    try:
        lower: Array = np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        lower = np.full_like(matrices, np.nan)
        for place in np.ndindex(matrices.shape[:-2]):
            with suppress(np.linalg.LinAlgError):
                lower[place] = np.linalg.cholesky(matrices[place])
    return lower


def householder(a: Array) -> tuple[Array, Array]:
    q, r = np.linalg.qr(transposed(a))
    return np.ascontiguousarray(transposed(q)), r


def _eigen(gram: Array, count: int) -> tuple[Array, Array]:
    """Return the largest ``count`` eigenvalues, descending and not negative, and their vectors.

    A matrix that is not finite, of a network that overflowed, has eigenvalues that are nan.
    """
    values, vectors = np.linalg.eigh(_finite_or_one(gram))
    finite = np.asarray(np.isfinite(gram).all(axis=(-2, -1)))
    values = np.where(finite[..., None], np.maximum(values, 0), np.nan)
    return values[..., : -count - 1 : -1], vectors[..., : -count - 1 : -1]


def _finite_or_one(matrix: Array) -> Array:
    """Return square matrices with the unit matrix for those that are not finite: LAPACK stops."""
    finite = np.isfinite(matrix).all(axis=(-2, -1), keepdims=True)
    return np.where(finite, matrix, np.eye(matrix.shape[-1]))


def row_sizes(rows: Array) -> Float64:
    """Return the largest |entry| of each row, [..., B, 1], in float64."""
    low, high = (edge(axis=-1, keepdims=True) for edge in (rows.min, rows.max))
    sizes: Float64 = np.maximum(-low, high).astype(np.float64)
    return sizes


def _divisors(sizes: Float64) -> Float64:
    return np.where(sizes == 0, 1, sizes)


def root_of(rows: Rows, count: int) -> Array:
    """Return S [..., count, B] with SᵀS = rows rowsᵀ, for a Gram matrix of rank ``count``.

    Rounding is that of each row's own size: examples may have gradients a billion times smaller
    than others, or none, and of float64 ones squares that float64 cannot hold.
    """
    if rows.x.dtype == np.float64:
        return scaled_root(rows.x, row_sizes(rows.x), count)
    cosines, sizes = _cosines(rows.gram)
    if count == cosines.shape[-1]:
        lower = _cholesky(cosines)
        failed = np.asarray(np.isnan(lower).any(axis=(-2, -1)))
        if failed.any():
            lower[failed] = _root(cosines[failed], count)
        return transposed(sizes * lower)
    return transposed(sizes * _root(cosines, count))


def scaled_root(rows: Array, sizes: Float64, count: int) -> Array:
    """Return the root of rows that are divided by sizes [..., B, 1] on the way."""
    return transposed(sizes * _root(gram(rows, _divisors(sizes)), count))


def _root(gram: Float64, count: int) -> Array:
    """Return X [..., B, count] with X Xᵀ = gram."""
    values, vectors = _eigen(gram, count)
    root: Array = vectors * np.sqrt(values)[..., None, :]
    return root


def uniform_frame(block: Array) -> Array:
    """Return the orthonormal rows that a normal block [..., k, N] becomes: a uniform frame.

    QR of the transpose with the diagonal of R made positive (Mezzadri 2007, section 5). Of few rows
    R is the Cholesky factor of their Gram matrix: normal ones are far from dependent, no digit is
    lost.
    """
    if _MANY * block.shape[-2] <= block.shape[-1]:
        lower = np.linalg.cholesky(_finite_or_one(gram(block)))
        return mixed((np.linalg.inv(lower), block), dtype=block.dtype)
    q, r = np.linalg.qr(transposed(block))
    signs = np.copysign(1, np.diagonal(r, axis1=-2, axis2=-1))
    frame: Array = transposed(q * signs[..., None, :])
    return frame


_MANY = 8
"""So many normal rows as they have entries, divided by this, have a Gram matrix of condition 5."""
