"""What is differentiated? The loss of one example, and its gradient at the top of the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array

Labels = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The loss C of one example.

    Attributes:
        name: the key of the table.
        needs_labels: whether a linear output layer with one unit a class stands on top.
        value: C of each example, from ``(top, target)``.
        gradient: ∂C/∂top, same shape as ``top``, from ``(top, target)``.
        formula, source: in plain text.

    ``top`` is the output layer's z [..., B, classes] with labels [..., B] as its target, or the
    activations a_L [..., B, n] with a drawn direction of the same shape.
    """

    name: str
    needs_labels: bool
    value: Callable[[Array, Any], Array]
    gradient: Callable[[Array, Any], Array]
    formula: str
    source: str


def softmax(z: Array) -> Array:
    """Return e^z / Σ e^z over the last axis, shifted by the maximum so that nothing overflows."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    probabilities: Array = e / e.sum(axis=-1, keepdims=True)
    return probabilities


def _nll(z: Array, labels: Labels) -> Array:
    shifted = z - z.max(axis=-1, keepdims=True)
    chosen = np.take_along_axis(shifted, labels[..., None], axis=-1)[..., 0]
    loss: Array = np.log(np.exp(shifted).sum(axis=-1)) - chosen
    return loss


def _nll_gradient(z: Array, labels: Labels) -> Array:
    one_hot = (labels[..., None] == np.arange(z.shape[-1])).astype(z.dtype)
    value: Array = softmax(z) - one_hot
    return value


def _linear(a: Array, direction: Array) -> Array:
    loss: Array = (a * direction).sum(axis=-1)
    return loss


def _linear_gradient(a: Array, direction: Array) -> Array:
    return np.broadcast_to(direction, a.shape)


LOSSES: dict[str, Loss] = {
    "softmax_nll": Loss(
        name="softmax_nll",
        needs_labels=True,
        value=_nll,
        gradient=_nll_gradient,
        formula="C = -log softmax(z_out)[label], ∂C/∂z_out = softmax(z_out) - onehot(label)",
        source="Glorot & Bengio 2010, section 2.3",
    ),
    "random_cotangent": Loss(
        name="random_cotangent",
        needs_labels=False,
        value=_linear,
        gradient=_linear_gradient,
        formula="C = ⟨g, a_L⟩ with g iid N(0, 1), ∂C/∂a_L = g",
        source="the backward derivation's own assumption: an independent, centred top gradient",
    ),
}
