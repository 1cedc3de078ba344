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

import numpy as np

from saturation_lab.nets import frames
from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.grams import Rows
from saturation_lab.nets.products import inner, mixed, transposed

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
    # once more: a block that is nearly in the frame leaves rounding of it behind
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
