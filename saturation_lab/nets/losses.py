"""The table of losses: the loss of one example and its gradient at the top of the network."""

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

    A loss that needs labels is a function of the pre-activations of the output layer, of shape
    (..., B, classes), and the labels, of shape (..., B). The other losses are functions of the
    activations a_L, of shape (..., B, n), and a random direction of the same shape.

    Attributes
    ----------
    name : str
        The key in `LOSSES`.
    needs_labels : bool
        Whether the network has a linear output layer with one unit per class.
    value : callable
        A function of ``(top, target)`` that returns C of each example, of shape (..., B).
    gradient : callable
        A function of ``(top, target)`` that returns ∂C/∂top, of the shape of ``top``.
    formula : str
        C and its gradient in plain text.
    source : str
        The paper and section.
    """

    name: str
    needs_labels: bool
    value: Callable[[Array, Any], Array]
    gradient: Callable[[Array, Any], Array]
    formula: str
    source: str


def softmax(z: Array) -> Array:
    """Return e^z / Σ e^z over the last axis, computed without overflow.

    Parameters
    ----------
    z : array of shape (..., classes)
        The pre-activations of the output layer.

    Returns
    -------
    array of shape (..., classes)
        Probabilities, which add up to 1.

    Examples
    --------
    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])
    """
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
        source="the assumption of the backward derivation: an independent, centred top gradient",
    ),
}
