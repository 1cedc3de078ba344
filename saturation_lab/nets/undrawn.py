"""What do weights do to given examples, when they are never drawn?

A layer shows its weights only through B examples: W enters as W a for the activations a_1..a_B
below and as Wᵀ delta on the way back. For the two laws here what is seen has a law of its own, so
only that is drawn, B · (n + m) numbers in place of n · m, and nothing is approximated:

normal: with orthonormal q_1..q_r spanning the examples, W q_i = σ g_i with g_i iid standard normal,
and given these, W on the rest of the space is still normal and independent of them.

orthogonal: W is the upper left block of a Haar matrix H of N = max(n, m) rows; H q_1..H q_r is a
uniform frame, and given it, Hᵀ maps what is orthogonal to that frame onto a uniform frame in the
space orthogonal to the q_i.

Rows are examples and directions, as everywhere; leading axes are free: a stack of N networks.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.grams import Float64, Rows, gram
from saturation_lab.nets.products import inner, mixed, transposed

Array = NDArray[np.floating[Any]]
Shape = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the forward pass has seen of the weights of one layer.

    Attributes:
        rows, turn: turn @ rows are orthonormal and span the examples: the frame, [..., r, fan_in].
            It is multiplied out only where somebody asks for it; None for rows that are the frame.
        image: the frame mapped by W, of spread or gain 1, [..., r, fan_out]; for orthogonal weights
            both are padded with zeros to max(fan_in, fan_out).
        fan_in, fan_out: the widths of the layer.
        std: the standard deviation of one weight.
    """

    rows: Array
    turn: Array | None = None
    image: Array
    fan_in: int
    fan_out: int
    std: float

    @property
    def frame(self) -> Array:
        """Return the orthonormal rows."""
        return self.rows if self.turn is None else np.matmul(self.turn, self.rows)

    def against(self, block: Array) -> Array:
        """Return ⟨block_c, frame_i⟩."""
        found = inner(block, self.rows)
        return found if self.turn is None else np.matmul(found, transposed(self.turn))

    def combined(self, matrix: Array) -> tuple[Array, Array]:
        """Return matrix @ frame as a term of `mixed`."""
        return (matrix if self.turn is None else np.matmul(matrix, self.turn), self.rows)

    @property
    def wide(self) -> int:
        """Return max(fan_in, fan_out)."""
        return max(self.fan_in, self.fan_out)

    @property
    def gain(self) -> float:
        """Return how much an orthogonal layer stretches: √wide times the spread of an entry."""
        return self.std * float(np.sqrt(self.wide))


@dataclass(frozen=True, kw_only=True)
class Law:
    """A law of weights that need not be drawn.

    Attributes:
        first: the shape of the normal block that the forward pass needs, from (B, fan_in, fan_out).
        second: the shape of the one that the backward pass needs.
        kept: at most so many bytes beside its image are kept for a number of the first block, by
            the bytes of a number.
        forward: ``(examples, block, fan_out, std)`` to z = a Wᵀ and what it has shown of W.
        backward: ``(seen, gradients, block)`` to delta W.
    """

    first: Callable[[int, int, int], Shape]
    second: Callable[[int, int, int], Shape]
    kept: Callable[[int], int]
    forward: Callable[[Rows, Array, int, float], tuple[Array, Seen]]
    backward: Callable[[Seen, Rows, Array], Array]


def spanned(a: Array) -> tuple[Array, Array]:
    """Return q with orthonormal rows [..., r, n] and root [..., r, B], a = rootᵀ q, r = min(B, n).

    By Householder in float64; rows beyond the rank of ``a`` are arbitrary. Of float32 examples
    from their Gram matrix, up to four times as fast, in networks where that loses no digit of them.

    >>> q, root = spanned(np.array([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]]))
    >>> (root.T @ q).round(12).tolist(), root.shape
    ([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]], (2, 2))
    """
    q, root = _span(Rows(a), a.dtype)
    return q, root.astype(a.dtype)


def _span(examples: Rows, dtype: Any) -> tuple[Array, Array]:
    """Return q of a dtype and root in float64, to the digits that the examples have."""
    a = examples.x
    if a.dtype == np.float64:
        return _householder(a)
    q, root, lossy = _from_gram(examples, dtype)
    if lossy.any():
        q[lossy], root[lossy] = _householder(a[lossy].astype(np.float64))
    return q, root


def _from_gram(examples: Rows, dtype: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return q and root, and [...] where they are not to be used: q loses λ_1 / λ_r roundings."""
    cosines, sizes = _cosines(examples.gram)
    values, vectors = _eigen(cosines, min(examples.x.shape[-2:]))
    lossy = np.asarray(~(values[..., -1] > MOST_LOSS * values[..., 0]))
    scale = np.sqrt(np.where(lossy[..., None], 1, values))[..., None, :]
    turn = transposed(vectors / scale / _divisors(sizes))
    return mixed((turn, examples.x), dtype=dtype), transposed(sizes * vectors * scale), lossy


MOST_LOSS = 1e-8
"""The least λ_r / λ_1 of a Gram matrix that still gives a frame: float32 sees no difference."""


def turned(examples: Rows) -> tuple[Array, Array, Array]:
    """Return rows, turn and root of float32 examples: turn @ rows is q of `spanned`, left undone.

    With C = L Lᵀ the cosines of the examples and D their lengths, turn = L⁻¹ D⁻¹ and root = D L:
    products with q lose √(λ_1 / λ_r) roundings. Networks where that would show get q itself.
    """
    a, count = examples.x, examples.x.shape[-2]
    if count > a.shape[-1]:
        q, root = _span(examples, a.dtype)
        return q, _ones(root).astype(a.dtype), root
    cosines, sizes = _cosines(examples.gram)
    lower = _cholesky(cosines)
    inverse = np.linalg.inv(np.where(np.isnan(lower), np.eye(count), lower))
    far = np.square(inverse).sum(axis=(-2, -1))
    root, turn = transposed(sizes * lower), (inverse / transposed(_divisors(sizes)))
    turn, rows = turn.astype(a.dtype), a
    apart = np.asarray(~(far < MOST_SPREAD) | np.isnan(lower).any(axis=(-2, -1)))
    if apart.any():
        rows = a.copy()
        rows[apart], root[apart] = _span(Rows(a[apart]), a.dtype)
        turn[apart] = np.eye(count)
    return rows, turn, root


MOST_SPREAD = 1e3
"""The most Σ 1/λ of a matrix of cosines whose frame is not multiplied out."""


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


def _householder(a: Array) -> tuple[Array, Array]:
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
    if MANY * block.shape[-2] <= block.shape[-1]:
        lower = np.linalg.cholesky(_finite_or_one(gram(block)))
        return mixed((np.linalg.inv(lower), block), dtype=block.dtype)
    q, r = np.linalg.qr(transposed(block))
    signs = np.copysign(1, np.diagonal(r, axis1=-2, axis2=-1))
    frame: Array = transposed(q * signs[..., None, :])
    return frame


MANY = 8
"""So many normal rows as they have entries, divided by this, have a Gram matrix of condition 5."""


def _normal_forward(examples: Rows, block: Array, fan_out: int, std: float) -> tuple[Array, Seen]:
    a = examples.x
    if a.dtype == np.float64:
        rows, root = _householder(a)
        turn = None
    else:
        rows, turn, root = turned(examples)
    z = mixed(((transposed(root) * std).astype(a.dtype), block), dtype=a.dtype)
    seen = Seen(rows=rows, turn=turn, image=block, fan_in=a.shape[-1], fan_out=fan_out, std=std)
    return z, seen


def _normal_backward(seen: Seen, gradients: Rows, block: Array) -> Array:
    delta = gradients.x
    free = (transposed(root_of(gradients, block.shape[-2])) * seen.std).astype(delta.dtype)
    known = inner(delta, seen.image)
    known *= seen.std
    known -= np.matmul(free, seen.against(block))
    return mixed((free, block), seen.combined(known), dtype=delta.dtype)


def _orthogonal_forward(
    examples: Rows, block: Array, fan_out: int, std: float
) -> tuple[Array, Seen]:
    frame, root = _span(examples, np.float64)
    seen = Seen(
        rows=_padded(frame, block.shape[-1]),
        image=uniform_frame(block.astype(np.float64)),
        fan_in=examples.x.shape[-1],
        fan_out=fan_out,
        std=std,
    )
    z = mixed((transposed(root) * seen.gain, seen.image[..., :fan_out]), dtype=examples.x.dtype)
    return z, seen


def _orthogonal_backward(seen: Seen, gradients: Rows, block: Array) -> Array:
    delta = gradients.x
    rest = _padded(delta.astype(np.float64), seen.wide)
    known = inner(rest, seen.image)
    rest -= mixed((known, seen.image), dtype=np.float64)
    unseen = uniform_frame(_orthogonal_to(seen.frame, block.astype(np.float64)))
    # once more: a block that is nearly in the frame leaves rounding of it behind
    unseen = _orthogonal_to(seen.frame, unseen)
    root = transposed(scaled_root(rest, row_sizes(delta), block.shape[-2]))
    return mixed(
        (known * seen.gain, seen.frame[..., : seen.fan_in]),
        (root * seen.gain, unseen[..., : seen.fan_in]),
        dtype=delta.dtype,
    )


def _orthogonal_to(frame: Array, rows: Array) -> Array:
    rest: Array = rows - mixed((inner(rows, frame), frame), dtype=rows.dtype)
    return rest


def _padded(rows: Array, width: int) -> Array:
    if rows.shape[-1] == width:
        return rows
    before = [(0, 0)] * (rows.ndim - 1)
    return np.pad(rows, [*before, (0, width - rows.shape[-1])])


UNDRAWN: dict[str, Law] = {
    "normal": Law(
        first=lambda examples, n, m: (min(examples, n), m),
        second=lambda examples, n, m: (min(examples, m), n),
        kept=lambda itemsize: itemsize,  # the frame, where it is multiplied out
        forward=_normal_forward,
        backward=_normal_backward,
    ),
    "orthogonal": Law(
        first=lambda examples, n, m: (min(examples, n), max(n, m)),
        second=lambda examples, n, m: (
            min(examples, max(n, m) - min(examples, n)),
            max(n, m),
        ),
        kept=lambda itemsize: 16,  # frame and image in float64
        forward=_orthogonal_forward,
        backward=_orthogonal_backward,
    ),
}
"""By the name of a law of `LAWS`. Of other laws what is seen of W has no law that can be drawn."""

WORTH = 4
"""Weights are left undrawn when that takes so many times fewer random numbers."""


def bytes_kept(architecture: Architecture, examples: int, itemsize: int) -> int:
    """Return how many bytes at most are kept of the weights of one network from up to down."""
    law = UNDRAWN[architecture.initializer.law]
    shapes = (law.first(examples, layer.fan_in, layer.fan_out) for layer in architecture.layers)
    return law.kept(itemsize) * sum(rows * columns for rows, columns in shapes)


def numbers_drawn(architecture: Architecture, examples: int) -> int:
    """Return how many normals stand for the weights of one network when none is drawn."""
    law = UNDRAWN[architecture.initializer.law]
    shapes = (
        shape(examples, layer.fan_in, layer.fan_out)
        for layer in architecture.layers
        for shape in (law.first, law.second)
    )
    return sum(rows * columns for rows, columns in shapes)


def reason_to_draw(architecture: Architecture, examples: int) -> str:
    """Return why the weights of an architecture had better be drawn; "" where they need not be."""
    law = architecture.initializer.law
    if law not in UNDRAWN:
        return f"{law.replace('_', ' ')} weights have no exact weight-free form"
    weights = sum(layer.fan_in * layer.fan_out for layer in architecture.layers)
    if WORTH * numbers_drawn(architecture, examples) > weights:
        return "networks so narrow for so many examples are drawn as fast with their weights"
    return ""
