"""Weight-free sampling: the exact effect of random weights on given examples, without drawing them.

The weights of a layer act only on B examples: as W a on the activations a_1..a_B below, and as
Wᵀ delta in the backward pass. For the two laws here, the joint law of these products is known. So
only the products are drawn, B · (n + m) numbers instead of n · m, and nothing is approximated.

normal: if orthonormal q_1..q_r span the examples, W q_i = σ g_i with g_i iid standard normal. Given
these, W on the orthogonal complement is still normal and independent of them.

orthogonal: W is the upper left block of a Haar matrix H with N = max(n, m) rows. H q_1..H q_r is a
uniform frame. Given it, Hᵀ maps orthonormal vectors that are orthogonal to that frame to a uniform
frame in the orthogonal complement of the q_i.

Rows are examples or directions. Leading axes are optional and stack N networks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from saturation_lab.nets import frames
from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.grams import Rows
from saturation_lab.nets.products import inner, mixed, transposed

Shape = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the forward pass has revealed about the weights of one layer.

    Attributes
    ----------
    rows : array of shape (..., r, fan_in)
        Rows that span the examples. For orthogonal weights they are padded with zeros to
        max(fan_in, fan_out) columns.
    turn : array of shape (..., r, r), or None
        The matrix that turns the rows into the orthonormal frame, turn @ rows; None if the rows are
        the frame themselves. The product is computed only when it is needed.
    image : array of shape (..., r, fan_out)
        The image of the frame under W, divided by the standard deviation of a weight (normal) or
        by the gain (orthogonal). For orthogonal weights it has max(fan_in, fan_out) columns.
    fan_in, fan_out : int
        The number of units below and above.
    std : float
        The standard deviation of one weight.
    """

    rows: Array
    turn: Array | None = None
    image: Array
    fan_in: int
    fan_out: int
    std: float

    @property
    def frame(self) -> Array:
        """Return the orthonormal rows that span the examples."""
        return self.rows if self.turn is None else np.matmul(self.turn, self.rows)

    def against(self, block: Array) -> Array:
        """Return the inner products ⟨block_c, frame_i⟩ of some rows with the frame.

        Parameters
        ----------
        block : array of shape (..., C, fan_in)
            The rows.

        Returns
        -------
        array of shape (..., C, r)
            The inner products.
        """
        found = inner(block, self.rows)
        return found if self.turn is None else np.matmul(found, transposed(self.turn))

    def combined(self, matrix: Array) -> tuple[Array, Array]:
        """Return the product matrix @ frame as a term of `mixed`, without computing it.

        Parameters
        ----------
        matrix : array of shape (..., B, r)
            The coefficients.

        Returns
        -------
        (array, array)
            A matrix of shape (..., B, r) and the rows that it multiplies.
        """
        return (matrix if self.turn is None else np.matmul(matrix, self.turn), self.rows)

    @property
    def wide(self) -> int:
        """Return max(fan_in, fan_out)."""
        return max(self.fan_in, self.fan_out)

    @property
    def gain(self) -> float:
        """Return the factor by which an orthogonal layer scales lengths: √wide · std."""
        return self.std * float(np.sqrt(self.wide))


@dataclass(frozen=True, kw_only=True)
class Law:
    """A law of weights that need not be drawn.

    Attributes
    ----------
    first : callable
        A function of ``(B, fan_in, fan_out)`` that returns the shape of the block of standard
        normals that the forward pass needs.
    second : callable
        The same for the backward pass.
    kept : callable
        A function of the item size that returns the most bytes that are kept until the backward
        pass for each number of the first block: those of the frame (normal, where the image is the
        block itself), or of frame and image (orthogonal).
    forward : callable
        A function of ``(examples, block, fan_out, std)`` that returns z = a Wᵀ and what it reveals
        about W.
    backward : callable
        A function of ``(seen, gradients, block)`` that returns delta W.
    """

    first: Callable[[int, int, int], Shape]
    second: Callable[[int, int, int], Shape]
    kept: Callable[[int], int]
    forward: Callable[[Rows, Array, int, float], tuple[Array, Seen]]
    backward: Callable[[Seen, Rows, Array], Array]


def _normal_forward(examples: Rows, block: Array, fan_out: int, std: float) -> tuple[Array, Seen]:
    a = examples.x
    if a.dtype == np.float64:
        rows, root = frames.householder(a)
        turn = None
    else:
        rows, turn, root = frames.turned(examples)
    z = mixed(((transposed(root) * std).astype(a.dtype), block), dtype=a.dtype)
    seen = Seen(rows=rows, turn=turn, image=block, fan_in=a.shape[-1], fan_out=fan_out, std=std)
    return z, seen


def _normal_backward(seen: Seen, gradients: Rows, block: Array) -> Array:
    delta = gradients.x
    free = (transposed(frames.root_of(gradients, block.shape[-2])) * seen.std).astype(delta.dtype)
    known = inner(delta, seen.image)
    known *= seen.std
    known -= np.matmul(free, seen.against(block))
    return mixed((free, block), seen.combined(known), dtype=delta.dtype)


def _orthogonal_forward(
    examples: Rows, block: Array, fan_out: int, std: float
) -> tuple[Array, Seen]:
    frame, root = frames.span(examples, np.float64)
    seen = Seen(
        rows=_padded(frame, block.shape[-1]),
        image=frames.uniform_frame(block.astype(np.float64)),
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
    unseen = frames.uniform_frame(_orthogonal_to(seen.frame, block.astype(np.float64)))
    # project twice: rounding errors remain if a block is nearly in the span of the frame
    unseen = _orthogonal_to(seen.frame, unseen)
    root = transposed(frames.scaled_root(rest, frames.row_sizes(delta), block.shape[-2]))
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
        kept=lambda itemsize: itemsize,  # the frame, if it is computed
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
"""Laws by their key in `LAWS`. For other laws, the joint law of the products with W is unknown."""

WORTH = 4
"""Weights are left undrawn if that takes at least this many times fewer random numbers."""


def bytes_kept(architecture: Architecture, examples: int, itemsize: int) -> int:
    """Return an upper bound on the memory kept between the passes instead of the weights.

    Parameters
    ----------
    architecture : Architecture
        The network.
    examples : int
        B, the number of examples.
    itemsize : int
        The bytes of one number, 4 or 8.

    Returns
    -------
    int
        The number of bytes for one network.
    """
    law = UNDRAWN[architecture.initializer.law]
    shapes = (law.first(examples, layer.fan_in, layer.fan_out) for layer in architecture.layers)
    return law.kept(itemsize) * sum(rows * columns for rows, columns in shapes)


def numbers_drawn(architecture: Architecture, examples: int) -> int:
    """Return how many standard normals replace the weights of one network.

    Parameters
    ----------
    architecture : Architecture
        The network.
    examples : int
        B, the number of examples.

    Returns
    -------
    int
        The count for both passes together.
    """
    law = UNDRAWN[architecture.initializer.law]
    shapes = (
        shape(examples, layer.fan_in, layer.fan_out)
        for layer in architecture.layers
        for shape in (law.first, law.second)
    )
    return sum(rows * columns for rows, columns in shapes)


def reason_to_draw(architecture: Architecture, examples: int) -> str:
    """Return why the weights of an architecture should be drawn.

    Parameters
    ----------
    architecture : Architecture
        The network.
    examples : int
        B, the number of examples.

    Returns
    -------
    str
        A clause that fits after "because"; "" if weight-free sampling is exact and worthwhile.
    """
    law = architecture.initializer.law
    if law not in UNDRAWN:
        return f"{law.replace('_', ' ')} weights have no exact weight-free form"
    weights = sum(layer.fan_in * layer.fan_out for layer in architecture.layers)
    if WORTH * numbers_drawn(architecture, examples) > weights:
        return "with layers this narrow and this many examples, drawing weights is as fast"
    return ""
