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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.products import gram, inner, mixed, transposed

Array = NDArray[np.floating[Any]]
Shape = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the forward pass has seen of the weights of one layer.

    Attributes:
        frame: orthonormal rows that span the examples, [..., r, fan_in].
        image: the same rows mapped by W, [..., r, fan_out]; for orthogonal weights of gain 1, and
            both padded with zeros to max(fan_in, fan_out).
        fan_in, fan_out: the widths of the layer.
        std: the standard deviation of one weight.
    """

    frame: Array
    image: Array
    fan_in: int
    fan_out: int
    std: float

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
        forward: ``(a, block, fan_out, std)`` to z = a Wᵀ and what it has shown of W.
        backward: ``(seen, delta, block)`` to delta W.
    """

    first: Callable[[int, int, int], Shape]
    second: Callable[[int, int, int], Shape]
    forward: Callable[[Array, Array, int, float], tuple[Array, Seen]]
    backward: Callable[[Seen, Array, Array], Array]


def spanned(a: Array) -> tuple[Array, Array]:
    """Return q with orthonormal rows [..., r, n] and root [..., r, B], a = rootᵀ q, r = min(B, n).

    By Householder in float64; rows beyond the rank of ``a`` are arbitrary. Of float32 examples
    from their Gram matrix, up to four times as fast, in networks where that loses no digit of them.

    >>> q, root = spanned(np.array([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]]))
    >>> (root.T @ q).round(12).tolist(), root.shape
    ([[3.0, 0.0, 4.0], [6.0, 0.0, 8.0]], (2, 2))
    """
    q, root = _span(a, a.dtype)
    return q, root.astype(a.dtype)


def _span(a: Array, dtype: Any) -> tuple[Array, Array]:
    """Return q of a dtype and root in float64, to the digits that ``a`` has."""
    if a.dtype == np.float64:
        return _householder(a)
    q, root, lossy = _from_gram(a, dtype)
    if lossy.any():
        q[lossy], root[lossy] = _householder(a[lossy].astype(np.float64))
    return q, root


def _from_gram(a: Array, dtype: Any) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Return q and root, and [...] where they are not to be used: q loses λ_1 / λ_r roundings."""
    sizes = row_sizes(a)
    units = _divisors(sizes)
    values, vectors = _eigen(gram(a, units), min(a.shape[-2:]))
    lossy = np.asarray(~(values[..., -1] > MOST_LOSS * values[..., 0]))
    scale = np.sqrt(np.where(lossy[..., None], 1, values))[..., None, :]
    turn = transposed(vectors / scale / units)
    return mixed((turn, a), dtype=dtype), transposed(sizes * vectors * scale), lossy


MOST_LOSS = 1e-8
"""The least λ_r / λ_1 of a Gram matrix that still gives a frame: float32 sees no difference."""


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


def row_sizes(rows: Array) -> Array:
    """Return the largest |entry| of each row, [..., B, 1], in float64."""
    low, high = (edge(axis=-1, keepdims=True) for edge in (rows.min, rows.max))
    sizes: Array = np.maximum(-low, high).astype(np.float64)
    return sizes


def _divisors(sizes: Array) -> Array:
    return np.where(sizes == 0, 1, sizes)


def root_of(rows: Array, sizes: Array, count: int) -> Array:
    """Return S [..., count, B] with SᵀS = rows rowsᵀ, for a Gram matrix of rank ``count``.

    Rounding is that of each row's own size [..., B, 1]: examples may have gradients a billion times
    smaller than others, or none, and squares that float64 cannot hold.
    """
    values, vectors = _eigen(gram(rows, _divisors(sizes)), count)
    return transposed(sizes * vectors * np.sqrt(values)[..., None, :])


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


def _normal_forward(a: Array, block: Array, fan_out: int, std: float) -> tuple[Array, Seen]:
    frame, root = spanned(a)
    image = block
    image *= a.dtype.type(std)
    z = mixed((transposed(root), image), dtype=a.dtype)
    return z, Seen(frame=frame, image=image, fan_in=a.shape[-1], fan_out=fan_out, std=std)


def _normal_backward(seen: Seen, delta: Array, block: Array) -> Array:
    root = transposed(root_of(delta, row_sizes(delta), block.shape[-2])) * seen.std
    free = root.astype(delta.dtype)
    known = inner(delta, seen.image)
    known -= np.matmul(free, inner(block, seen.frame))
    return mixed((free, block), (known, seen.frame), dtype=delta.dtype)


def _orthogonal_forward(a: Array, block: Array, fan_out: int, std: float) -> tuple[Array, Seen]:
    frame, root = _span(a, np.float64)
    seen = Seen(
        frame=_padded(frame, block.shape[-1]),
        image=uniform_frame(block.astype(np.float64)),
        fan_in=a.shape[-1],
        fan_out=fan_out,
        std=std,
    )
    return mixed((transposed(root) * seen.gain, seen.image[..., :fan_out]), dtype=a.dtype), seen


def _orthogonal_backward(seen: Seen, delta: Array, block: Array) -> Array:
    rest = _padded(delta.astype(np.float64), seen.wide)
    known = inner(rest, seen.image)
    rest -= mixed((known, seen.image), dtype=np.float64)
    unseen = uniform_frame(_orthogonal_to(seen.frame, block.astype(np.float64)))
    # once more: a block that is nearly in the frame leaves rounding of it behind
    unseen = _orthogonal_to(seen.frame, unseen)
    root = transposed(root_of(rest, row_sizes(delta), block.shape[-2]))
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
        forward=_normal_forward,
        backward=_normal_backward,
    ),
    "orthogonal": Law(
        first=lambda examples, n, m: (min(examples, n), max(n, m)),
        second=lambda examples, n, m: (
            min(examples, max(n, m) - min(examples, n)),
            max(n, m),
        ),
        forward=_orthogonal_forward,
        backward=_orthogonal_backward,
    ),
}
"""By the name of a law of `LAWS`. Of other laws what is seen of W has no law that can be drawn."""

WORTH = 4
"""Weights are left undrawn when that takes so many times fewer random numbers."""


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
