"""What do given weights compute, forward and backward?

One code for sampling and for training. Arrays carry leading axes freely: a stack of N networks is
[N, B, n], one network [B, n].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Array


class Weights(Protocol):
    """The weights W of one layer, as far as passes need them."""

    def up(self, a: Array) -> Array:
        """Return a Wᵀ for rows of examples: a [..., B, fan_in] to [..., B, fan_out]."""

    def down(self, delta: Array) -> Array:
        """Return delta W: delta [..., B, fan_out] to [..., B, fan_in]."""


@dataclass(frozen=True)
class Matrix:
    """Weights that are there, [..., fan_out, fan_in]."""

    weight: Array

    def up(self, a: Array) -> Array:
        """Return a Wᵀ."""
        z: Array = np.matmul(a, self.weight.swapaxes(-1, -2))
        return z

    def down(self, delta: Array) -> Array:
        """Return delta W."""
        back: Array = np.matmul(delta, self.weight)
        return back


def matrices(weights: Iterable[Array]) -> list[Matrix]:
    """Return drawn weights as passes take them."""
    return [Matrix(weight) for weight in weights]


def affine(a: Array, weights: Weights, bias: Array | None) -> Array:
    """Return z = a Wᵀ + b for rows of examples: a [..., B, fan_in], z [..., B, fan_out]."""
    z = weights.up(a)
    if bias is not None:
        z += bias[..., None, :]
    return z


BLOCK = 32_768
"""Entries that a function is applied to at a time: more would leave the cache."""


def entrywise(function: Callable[[Array], Array], x: Array) -> Array:
    """Return function(x), a block at a time: what it computes on the way stays in the cache.

    >>> entrywise(np.sqrt, np.array([[4.0, 9.0]]))
    array([[2., 3.]])
    """
    out = np.empty(x.shape, x.dtype)
    entries, found = x.reshape(-1), out.reshape(-1)
    for first in range(0, x.size, BLOCK):
        block = slice(first, first + BLOCK)
        found[block] = function(entries[block])
    return out


def forward(
    x: Array, weights: Sequence[Weights], biases: Sequence[Array | None], activation: Activation
) -> tuple[list[Array], list[Array]]:
    """Return the pre-activations z_1..z_L and activations a_1..a_L of the hidden layers.

    z_l = W_l a_{l-1} + b_l, a_l = φ(z_l), a_0 = x (the lecture, feedforward).
    """
    pre_activations, activations = [], []
    a = x
    for weight, bias in zip(weights, biases, strict=True):
        z = affine(a, weight, bias)
        a = entrywise(activation.value, z)
        pre_activations.append(z)
        activations.append(a)
    return pre_activations, activations


def backward(
    cotangent: Array,
    weights: Sequence[Weights],
    pre_activations: Sequence[Array],
    activation: Activation,
) -> list[Array]:
    """Return delta_l = ∂C/∂z_l of the hidden layers 1..L from ``cotangent`` = ∂C/∂a_L.

    delta_l = φ'(z_l) ∘ ∂C/∂a_l and ∂C/∂a_{l-1} = W_lᵀ delta_l, each example on its own
    (Glorot & Bengio 2010, eqs. 2 and 3; claim BP1).
    """
    deltas: list[Array] = []
    for weight, z in zip(reversed(weights), reversed(pre_activations), strict=True):
        delta = entrywise(activation.derivative, z)
        delta *= cotangent
        deltas.append(delta)
        if len(deltas) < len(weights):
            cotangent = weight.down(delta)
    return deltas[::-1]


def batch_weight_gradient(delta: Array, below: Array) -> Array:
    """Return the mini-batch mean of delta aᵀ, [..., fan_out, fan_in]: what training applies."""
    gradient: Array = np.matmul(delta.swapaxes(-1, -2), below)
    gradient /= delta.shape[-2]
    return gradient
