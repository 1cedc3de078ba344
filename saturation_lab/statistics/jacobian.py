"""What do the singular values of a layer's Jacobian say: by how much does it stretch directions?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Array, Float64


@dataclass(frozen=True, kw_only=True)
class Jacobians:
    """The Jacobians J = ∂a_l/∂a_{l-1} = diag(φ'(z_l)) W_l of one layer, one for each example.

    Glorot & Bengio (2010), section 4.2.2, where z is the activation: J^i = ∂z^{i+1}/∂z^i.

    Attributes:
        weights: W_l, [N, n, fan_in].
        slopes: φ'(z_l), [N, B, n].
        examples: those whose singular values are computed, [N, K].

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
        """All min(n, fan_in) singular values, ascending, [N, K, min(n, fan_in)].

        Right to about 1e-8 of the largest: square roots of the eigenvalues of the smaller Gram
        matrix in float64. nan where J is not finite.
        """
        rows = zip(self.weights, self.slopes, self.examples, strict=True)
        return np.array(
            [[_singular_values(slopes[b], w) for b in chosen] for w, slopes, chosen in rows]
        )

    @cached_property
    def root_mean_square(self) -> Float64:
        """Root mean square of the singular values, mean over all B examples, [N].

        Exact without a decomposition: ‖J‖² = Σ_ij φ'(z_i)² W_ij².
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
        jacobian /= largest  # squares of float64 would leave its range
    if weight.shape[0] > weight.shape[1]:
        jacobian = jacobian.T
    eigenvalues = np.linalg.eigvalsh(jacobian @ jacobian.T)
    values: Float64 = largest * np.sqrt(np.maximum(eigenvalues, 0))
    return values
