"""What mean squares of z and of the gradient does a network show, layer by layer?

The mean-field recursions along the network's own widths, n → ∞ in spirit: for layer l with
weights of variance v_l from n_{l-1} units and biases of variance s_l,

    q_l = n_{l-1} v_l E φ(z_{l-1})² + s_l,    E δ_l² = E φ'(z_l)² · n_{l+1} v_{l+1} E δ_{l+1}²,

z_l ~ N(0, q_l), started from the mean square of the inputs and from ∂C/∂a_L of mean square 1.

Source: Poole et al. 2016, arXiv:1606.05340, eq. 3; Schoenholz et al. 2017, arXiv:1611.01232,
eq. 13; He et al. 2015, arXiv:1502.01852, eqs. 9 and 13.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from saturation_lab.checks import real
from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.length_map import MOST

_TINY = 1e-100


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """Expected mean squares of the hidden layers, [L] from the bottom up.

    Attributes:
        pre_activation, gradient: E z² and E δ², δ = ∂C/∂z; nan from where E z² passes 1e8.
        widths: units of each layer.
    """

    pre_activation: Float64
    gradient: Float64
    widths: tuple[int, ...]

    @property
    def signal_ratio(self) -> float:
        """Return E z² of the last layer over that of layer 1."""
        return float(self.pre_activation[-1] / self.pre_activation[0])

    @property
    def gradient_ratio(self) -> float:
        """Return E δ² of layer 1 over that of the last layer; nan where that is 0."""
        last = float(self.gradient[-1])
        return float(self.gradient[0]) / last if last else math.nan

    @property
    def gradient_norm_ratio(self) -> float:
        """Return E ‖δ‖² of layer 1 over that of the last layer."""
        return self.gradient_ratio * self.widths[0] / self.widths[-1]


def expected_profile(architecture: Architecture, *, input_mean_square: float = 1.0) -> Profile:
    """Return the mean squares that layers are expected to show to one example.

    Raises:
        NoAnswer: an expectation diverges.
        InputError: ``input_mean_square`` is not above 0.

    >>> from saturation_lab import Study
    >>> study = Study(
    ...     activation="relu", initializer="he_normal", widths=(64, 16), inputs="gaussian"
    ... )
    >>> profile = expected_profile(study.architecture)
    >>> profile.pre_activation.round(9).tolist(), profile.gradient.round(9).tolist()
    ([2.0, 2.0], [0.125, 0.5])
    """
    square = gaussian_curve(architecture.activation, of="square")
    slope = gaussian_curve(architecture.activation, of="slope_square")
    layers = architecture.layers[: architecture.depth]
    below = real("input_mean_square", input_mean_square, above=0)
    q = np.full(len(layers), np.nan)
    for i, layer in enumerate(layers):
        q[i] = layer.fan_in * layer.weight_std**2 * below + layer.bias_std**2
        if q[i] > MOST:
            q[i] = math.nan
            break
        # as q → 0 either φ(0) = 0 and E φ² is linear in q, or q stays far from 0
        below = float(square(q[i])) if q[i] > _TINY else float(slope(0.0)) * q[i]
    bounded = np.isfinite(q).all()
    kept = slope(np.maximum(q, _TINY)) if bounded else np.full(len(layers), np.nan)
    above = [layer.fan_out * layer.weight_std**2 for layer in layers[1:]]
    with np.errstate(under="ignore"):
        down = np.cumprod(np.concatenate([[1.0], above[::-1]]) * kept[::-1])[::-1]
    return Profile(pre_activation=q, gradient=down, widths=architecture.widths)
