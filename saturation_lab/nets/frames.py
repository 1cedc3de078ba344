"""Orthonormal frames: those that span given examples, and uniformly distributed ones.

Rows are examples or directions. Leading axes are optional and stack N networks. Every decision
about a network depends on that network alone, so it gets the same bits in any stack.
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
    """Return orthonormal rows q that span the rows of an array, and root with a = rootᵀ q.

    float64 examples are decomposed by Householder reflections. For float32 examples q comes from
    their float64 Gram matrix, which is up to four times as fast, in every network where that loses
    no digit of the examples.

    Parameters
    ----------
    a : array of shape (..., B, n)
        B examples of n features.

    Returns
    -------
    q : array of shape (..., r, n)
        Orthonormal rows, r = min(B, n). Rows beyond the rank of ``a`` are arbitrary.
    root : array of shape (..., r, B)
        The coefficients of the examples.

    Examples
    --------
    >>> q, root = spanned(np.array([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]]))
    >>> (root.T @ q).round(12).tolist(), root.shape
    ([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]], (2, 2))
    """
    q, root = span(Rows(a), a.dtype)
    return q, root.astype(a.dtype)


def span(examples: Rows, dtype: Any) -> tuple[Array, Array]:
    """Return the frame and root of `spanned`, as accurate as the dtype of the examples.

    Parameters
    ----------
    examples : Rows
        Examples of shape (..., B, n).
    dtype : dtype
        The dtype of the frame, if the examples are float32.

    Returns
    -------
    q : array of shape (..., r, n)
        Orthonormal rows that span the examples, r = min(B, n).
    root : float64 array of shape (..., r, B)
        The coefficients of the examples: they are rootᵀ q.
    """
    a = examples.x
    if a.dtype == np.float64:
        return householder(a)
    q, root, lossy = _from_gram(examples, dtype)
    if lossy.any():
        q[lossy], root[lossy] = householder(a[lossy].astype(np.float64))
    return q, root


def _from_gram(examples: Rows, dtype: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return q, root, and a mask [...] of the networks in which q is too inaccurate to be used.

    Rounding errors in q grow with λ_1 / λ_r, the ratio of the extreme eigenvalues.
    """
    cosines, sizes = _cosines(examples.gram)
    values, vectors = _eigen(cosines, min(examples.x.shape[-2:]))
    lossy = np.asarray(~(values[..., -1] > _MOST_LOSS * values[..., 0]))
    scale = np.sqrt(np.where(lossy[..., None], 1, values))[..., None, :]
    turn = transposed(vectors / scale / _divisors(sizes))
    return mixed((turn, examples.x), dtype=dtype), transposed(sizes * vectors * scale), lossy


_MOST_LOSS = 1e-8
"""The smallest λ_r / λ_1 of a Gram matrix whose frame has no error that is visible in float32."""


def turned(examples: Rows) -> tuple[Array, Array, Array]:
    """Return the frame q of `spanned` for float32 examples as a product turn @ rows.

    The product is not computed, which saves time if only products with q are needed. With C = L Lᵀ
    the matrix of cosines of the examples and D their lengths, turn = L⁻¹ D⁻¹ and rootᵀ = D L.
    Rounding errors in products with q grow with √(λ_1 / λ_r); networks in which they would be
    visible get q itself as ``rows`` and the unit matrix as ``turn``.

    Parameters
    ----------
    examples : Rows
        Examples of shape (..., B, n).

    Returns
    -------
    rows : array of shape (..., r, n)
        The examples, or q, r = min(B, n).
    turn : array of shape (..., r, r)
        The matrix that turns the rows into q.
    root : float64 array of shape (..., r, B)
        The coefficients of the examples: they are rootᵀ turn @ rows.
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
    with np.errstate(over="ignore"):  # extreme examples overflow here, and are treated below
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
"""The largest Σ 1/λ of a matrix of cosines whose frame may stay a product."""

_FARTHEST = 2.0**100
"""Examples longer than this, or shorter than its inverse, overflow in products or as 1/length."""


def _ones(square: Array) -> Array:
    return np.broadcast_to(np.eye(square.shape[-2]), (*square.shape[:-1], square.shape[-2]))


def _cosines(gram: Float64) -> tuple[Float64, Float64]:
    """Return the matrix of cosines from a Gram matrix, and the lengths of the rows, [..., B, 1].

    The cosines of a row of length 0 are 0.
    """
    sizes: Float64 = np.sqrt(np.diagonal(gram, axis1=-2, axis2=-1))[..., None]
    divisors = _divisors(sizes)
    cosines: Float64 = gram / divisors / divisors.swapaxes(-1, -2)
    return cosines, sizes


def _cholesky(matrices: Float64) -> Array:
    """Return L with L Lᵀ = matrix; nan for a matrix that is not numerically positive definite."""
    try:
        lower: Array = np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        lower = np.full_like(matrices, np.nan)
        for place in np.ndindex(matrices.shape[:-2]):
            with suppress(np.linalg.LinAlgError):
                lower[place] = np.linalg.cholesky(matrices[place])
    return lower


def householder(a: Array) -> tuple[Array, Array]:
    """Return the frame and root of `spanned` by Householder reflections.

    Parameters
    ----------
    a : array of shape (..., B, n)
        B examples of n features.

    Returns
    -------
    q : array of shape (..., r, n)
        Orthonormal rows that span the examples, r = min(B, n).
    root : array of shape (..., r, B)
        The coefficients of the examples: a = rootᵀ q.
    """
    q, r = np.linalg.qr(transposed(a))
    return np.ascontiguousarray(transposed(q)), r


def _eigen(gram: Array, count: int) -> tuple[Array, Array]:
    """Return the largest ``count`` eigenvalues and their vectors.

    The eigenvalues are descending, and negative ones are set to 0. A matrix that is not finite,
    because its network overflowed, has nan eigenvalues.
    """
    values, vectors = np.linalg.eigh(_finite_or_one(gram))
    finite = np.asarray(np.isfinite(gram).all(axis=(-2, -1)))
    values = np.where(finite[..., None], np.maximum(values, 0), np.nan)
    return values[..., : -count - 1 : -1], vectors[..., : -count - 1 : -1]


def _finite_or_one(matrix: Array) -> Array:
    """Replace matrices that are not finite, on which LAPACK fails, by the unit matrix."""
    finite = np.isfinite(matrix).all(axis=(-2, -1), keepdims=True)
    return np.where(finite, matrix, np.eye(matrix.shape[-1]))


def row_sizes(rows: Array) -> Float64:
    """Return the largest absolute value in each row.

    Parameters
    ----------
    rows : array of shape (..., B, n)
        The rows.

    Returns
    -------
    float64 array of shape (..., B, 1)
        The largest absolute values.

    Examples
    --------
    >>> row_sizes(np.array([[1.0, -3.0], [0.0, 0.0]])).tolist()
    [[3.0], [0.0]]
    """
    low, high = (edge(axis=-1, keepdims=True) for edge in (rows.min, rows.max))
    sizes: Float64 = np.maximum(-low, high).astype(np.float64)
    return sizes


def _divisors(sizes: Float64) -> Float64:
    return np.where(sizes == 0, 1, sizes)


def root_of(rows: Rows, count: int) -> Array:
    """Return a root S of the Gram matrix of some rows, SᵀS = rows rowsᵀ.

    Each row is scaled to length 1 first, so rounding errors are relative to its own size: the
    gradients of one example may be a billion times smaller than those of another, or zero, and the
    squares of float64 gradients may leave the range of float64.

    Parameters
    ----------
    rows : Rows
        Rows of shape (..., B, n).
    count : int
        The rank of the Gram matrix, at most B.

    Returns
    -------
    array of shape (..., count, B)
        The root.
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
    """Return the root of `root_of`, computed from rows that are divided by the given sizes.

    Parameters
    ----------
    rows : array of shape (..., B, n)
        The rows.
    sizes : float64 array of shape (..., B, 1)
        The size of each row; 0 for a row of zeros.
    count : int
        The rank of the Gram matrix, at most B.

    Returns
    -------
    array of shape (..., count, B)
        S with SᵀS = rows rowsᵀ.
    """
    return transposed(sizes * _root(gram(rows, _divisors(sizes)), count))


def _root(gram: Float64, count: int) -> Array:
    """Return X of shape [..., B, count] with X Xᵀ = gram."""
    values, vectors = _eigen(gram, count)
    root: Array = vectors * np.sqrt(values)[..., None, :]
    return root


def uniform_frame(block: Array) -> Array:
    """Return a uniformly distributed (Haar) frame made from independent standard normals.

    It is the factor Q of the transposed block, with the signs that make the diagonal of R positive.
    If the rows are few, R is the Cholesky factor of their Gram matrix; rows of normals are then far
    from linearly dependent, so no digit is lost.

    Parameters
    ----------
    block : array of shape (..., k, N)
        Independent standard normals, k <= N.

    Returns
    -------
    array of shape (..., k, N)
        Orthonormal rows.

    References
    ----------
    .. [1] F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices
       of the AMS 54 (2007), section 5, arXiv:math-ph/0609050.
    """
    if _MANY * block.shape[-2] <= block.shape[-1]:
        lower = np.linalg.cholesky(_finite_or_one(gram(block)))
        return mixed((np.linalg.inv(lower), block), dtype=block.dtype)
    q, r = np.linalg.qr(transposed(block))
    signs = np.copysign(1, np.diagonal(r, axis1=-2, axis2=-1))
    frame: Array = transposed(q * signs[..., None, :])
    return frame


_MANY = 8
"""Normal rows this many times longer than their number have a Gram matrix of condition 5."""
