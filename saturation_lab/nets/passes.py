"""The forward and backward passes through given weights.

Sampling and training share this code. Leading axes of arrays are optional: a stack of N networks
has shape (N, B, n), a single network (B, n).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Array


class Weights(Protocol):
    """The weights W of one layer, reduced to the two products that passes need."""

    def up(self, a: Array) -> Array:
        """Return a Wᵀ.

        Parameters
        ----------
        a : array of shape (..., B, fan_in)
            The activations below the layer, one example per row.

        Returns
        -------
        array of shape (..., B, fan_out)
            The pre-activations without biases.
        """

    def down(self, delta: Array) -> Array:
        """Return delta W.

        Parameters
        ----------
        delta : array of shape (..., B, fan_out)
            The gradients ∂C/∂z of the layer, one example per row.

        Returns
        -------
        array of shape (..., B, fan_in)
            The gradients ∂C/∂a of the activations below.
        """


@dataclass(frozen=True)
class Matrix:
    """The weights of one layer as an explicit matrix.

    Attributes
    ----------
    weight : array of shape (..., fan_out, fan_in)
        The weights.
    """

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
    """Wrap the weight matrices of several layers for `forward` and `backward`.

    Parameters
    ----------
    weights : iterable of arrays of shape (..., fan_out, fan_in)
        The weights of each layer.

    Returns
    -------
    list of Matrix
        The same weights.
    """
    return [Matrix(weight) for weight in weights]


def affine(a: Array, weights: Weights, bias: Array | None) -> Array:
    """Return the pre-activations z = a Wᵀ + b of one layer.

    Parameters
    ----------
    a : array of shape (..., B, fan_in)
        The activations below the layer, one example per row.
    weights : Weights
        The weights W.
    bias : array of shape (..., fan_out), or None
        The biases b; None for none.

    Returns
    -------
    array of shape (..., B, fan_out)
        The pre-activations.

    Examples
    --------
    >>> affine(np.ones((1, 2)), Matrix(np.array([[1.0, 2.0], [3.0, 4.0]])), np.array([0.5, 0.0]))
    array([[3.5, 7. ]])
    """
    z = weights.up(a)
    if bias is not None:
        z += bias[..., None, :]
    return z


BLOCK = 32_768
"""The number of entries to which a function is applied at a time, so that they fit in the cache."""


def entrywise(function: Callable[[Array], Array], x: Array) -> Array:
    """Apply an elementwise function in blocks, so that its intermediate results stay in the cache.

    Parameters
    ----------
    function : callable
        A function of an array that works elementwise and keeps the dtype.
    x : array of any shape
        The argument.

    Returns
    -------
    array of the shape of ``x``
        function(x).

    Examples
    --------
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
    """Return the pre-activations and activations of all hidden layers.

    z_l = W_l a_{l-1} + b_l and a_l = φ(z_l), with a_0 = x.

    Parameters
    ----------
    x : array of shape (..., B, n_0)
        The inputs, one example per row.
    weights : sequence of Weights
        The weights of the hidden layers 1 to L.
    biases : sequence of arrays of shape (..., n_l), or None
        The biases of each layer; None for none.
    activation : Activation
        φ.

    Returns
    -------
    pre_activations : list of arrays of shape (..., B, n_l)
        z_1 to z_L.
    activations : list of arrays of shape (..., B, n_l)
        a_1 to a_L.

    References
    ----------
    .. [1] The lecture, feedforward.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> z, a = forward(np.ones((1, 2)), matrices([-np.eye(2)]), [None], ACTIVATIONS["relu"])
    >>> z[0].tolist(), a[0].tolist()
    ([[-1.0, -1.0]], [[0.0, 0.0]])
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
    """Return the back-propagated gradients delta_l = ∂C/∂z_l of all hidden layers.

    delta_l = φ'(z_l) ∘ ∂C/∂a_l and ∂C/∂a_{l-1} = W_lᵀ delta_l, separately for each example
    (claim BP1).

    Parameters
    ----------
    cotangent : array of shape (..., B, n_L)
        The gradient ∂C/∂a_L at the top.
    weights : sequence of Weights
        The weights of the hidden layers 1 to L.
    pre_activations : sequence of arrays of shape (..., B, n_l)
        z_1 to z_L, from `forward`.
    activation : Activation
        φ.

    Returns
    -------
    list of arrays of shape (..., B, n_l)
        delta_1 to delta_L.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eqs. 2 and 3.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> z = [np.array([[1.0, -1.0]])]
    >>> backward(np.array([[5.0, 7.0]]), matrices([np.eye(2)]), z, ACTIVATIONS["relu"])[0].tolist()
    [[5.0, 0.0]]
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
    """Return the mean over examples of the weight gradient delta aᵀ, which training applies.

    Parameters
    ----------
    delta : array of shape (..., B, fan_out)
        The back-propagated gradients ∂C/∂z of the layer.
    below : array of shape (..., B, fan_in)
        The activations below the layer.

    Returns
    -------
    array of shape (..., fan_out, fan_in)
        The weight gradient of the mini-batch.

    Examples
    --------
    >>> batch_weight_gradient(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]))
    array([[2.]])
    """
    gradient: Array = np.matmul(delta.swapaxes(-1, -2), below)
    gradient /= delta.shape[-2]
    return gradient
