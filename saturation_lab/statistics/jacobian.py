"""Singular values of layer Jacobians: by how much a layer stretches directions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array, Float64


@dataclass(frozen=True, kw_only=True)
class Jacobians:
    """The Jacobians J = ∂a_l/∂a_{l-1} = diag(φ'(z_l)) W_l of one layer, one for each example.

    In Glorot and Bengio's notation, where z is the activation, they are J^i = ∂z^{i+1}/∂z^i [1]_.

    Attributes
    ----------
    weights : array of shape (networks, units, fan-in)
        The weights W_l.
    slopes : array of shape (networks, examples, units)
        The slopes φ'(z_l).
    examples : array of int of shape (networks, K)
        The examples whose singular values are computed.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, section 4.2.2.

    Examples
    --------
    >>> stretch = np.array([[[2.0, 0.0], [0.0, 3.0]]])
    >>> layer = Jacobians(weights=stretch, slopes=np.ones((1, 1, 2)), examples=np.array([[0]]))
    >>> layer.singular_values.round(6).tolist(), layer.root_mean_square.round(4).tolist()
    ([[[2.0, 3.0]]], [2.5495])
    """

    weights: Array
    slopes: Array
    examples: NDArray[np.int64]

    @cached_property
    def singular_values(self) -> Float64:
        """All singular values in ascending order, of shape (networks, K, min(units, fan-in)).

        They are square roots of the eigenvalues of the smaller Gram matrix in float64, accurate to
        about 1e-8 of the largest. They are nan if J is not finite.
        """
        rows = zip(self.weights, self.slopes, self.examples, strict=True)
        return np.array(
            [[_singular_values(slopes[b], w) for b in chosen] for w, slopes, chosen in rows]
        )

    @cached_property
    def root_mean_square(self) -> Float64:
        """The root mean square of the singular values, mean over all examples, shape (networks,).

        It is exact and needs no decomposition: ‖J‖² = Σ_ij φ'(z_i)² W_ij².
        """
        _, units, fan_in = self.weights.shape
        square = np.square(self.weights, dtype=np.float64).sum(axis=2)
        slopes = np.square(self.slopes, dtype=np.float64)
        total = np.matmul(slopes, square[:, :, None])[:, :, 0]
        mean: Float64 = np.sqrt(total / min(units, fan_in)).mean(axis=1)
        return mean


def _singular_values(slope: Array, weight: Array) -> Float64:
    jacobian = slope.astype(np.float64)[:, None] * weight
    largest = np.abs(jacobian).max()
    if not np.isfinite(largest):
        return np.full(min(weight.shape), np.nan)
    if largest > 0:
        jacobian /= largest  # otherwise its squares could overflow or underflow float64
    if weight.shape[0] > weight.shape[1]:
        jacobian = jacobian.T
    eigenvalues = np.linalg.eigvalsh(jacobian @ jacobian.T)
    values: Float64 = largest * np.sqrt(np.maximum(eigenvalues, 0))
    return values
