"""The expected mean squares of z and of the gradient, layer by layer.

These are the mean-field recursions (n → ∞), evaluated with the network's own widths. For layer l
with weights of variance v_l from n_{l-1} units and biases of variance s_l,

    q_l = n_{l-1} v_l E φ(z_{l-1})² + s_l,    E δ_l² = E φ'(z_l)² · n_{l+1} v_{l+1} E δ_{l+1}²,

where z_l ~ N(0, q_l), or is the sum of a normal number and a uniform bias. They start from the mean
square of the inputs and from ∂C/∂a_L of mean square 1.

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
from saturation_lab.theory.natural_scale import natural_scale
from saturation_lab.theory.no_answer import refuse_uncentred
from saturation_lab.theory.uniform_biases import mixed_mean

_TINY = 1e-100


@dataclass(frozen=True, kw_only=True, eq=False)
class Profile:
    """The expected mean squares of the hidden layers, from the bottom up.

    Attributes
    ----------
    pre_activation : array of shape (layers,)
        E z²; nan from the layer on in which it exceeds 1e8 natural units of q.
    gradient : array of shape (layers,)
        E δ² with δ = ∂C/∂z; nan in all layers if E z² exceeds 1e8 natural units in one of them.
    widths : tuple of int
        The number of units of each layer.
    """

    pre_activation: Float64
    gradient: Float64
    widths: tuple[int, ...]

    @property
    def signal_ratio(self) -> float:
        """E z² of the last layer divided by that of layer 1."""
        return float(self.pre_activation[-1] / self.pre_activation[0])

    @property
    def gradient_ratio(self) -> float:
        """E δ² of layer 1 divided by that of the last layer; nan if the latter is 0."""
        last = float(self.gradient[-1])
        return float(self.gradient[0]) / last if last else math.nan

    @property
    def gradient_norm_ratio(self) -> float:
        """E ‖δ‖² of layer 1 divided by that of the last layer."""
        return self.gradient_ratio * self.widths[0] / self.widths[-1]


def expected_profile(architecture: Architecture, *, input_mean_square: float = 1.0) -> Profile:
    """Return the expected mean squares in the hidden layers for one example.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    input_mean_square : float
        ‖x‖²/n_0 of the example, above 0.

    Returns
    -------
    Profile
        E z² and E δ² for each hidden layer. δ starts from ∂C/∂a_L of mean square 1.

    Raises
    ------
    NoAnswer
        If the weights are not centred, or an expectation diverges.
    InputError
        If ``input_mean_square`` is not above 0.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 3.
    .. [2] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, eq. 13.
    .. [3] K. He, X. Zhang, S. Ren and J. Sun, "Delving deep into rectifiers: surpassing human-level
       performance on ImageNet classification", ICCV 2015, arXiv:1502.01852, eqs. 9 and 13.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> study = Study(
    ...     activation="relu", initializer="he_normal", widths=(64, 16), inputs="gaussian"
    ... )
    >>> profile = expected_profile(study.architecture)
    >>> profile.pre_activation.round(9).tolist(), profile.gradient.round(9).tolist()
    ([2.0, 2.0], [0.125, 0.5])
    """
    refuse_uncentred(architecture)
    phi = architecture.activation
    slope = gaussian_curve(phi, of="slope_square")
    layers = architecture.layers[: architecture.depth]
    below = real("input_mean_square", input_mean_square, above=0)
    most = MOST * natural_scale(architecture.activation).q
    q = np.full(len(layers), np.nan)
    for i, layer in enumerate(layers):
        q[i] = layer.fan_in * layer.weight_std**2 * below + layer.bias_square
        if q[i] > most:
            q[i] = math.nan
            break
        # E φ² is linear in a small q: φ(0) = 0, unless the weights are zero
        if q[i] > _TINY:
            shift = layer.bias_mean
            below = float(mixed_mean(phi, q[i], layer.bias_bound, of="square", mean=shift))
        else:
            below = float(phi.value(np.zeros(1))[0]) ** 2 + float(slope(0.0)) * q[i]
    kept = np.full(len(layers), np.nan)
    if np.isfinite(q).all():
        bounds = [layer.bias_bound for layer in layers]
        shift = layers[0].bias_mean
        kept = mixed_mean(phi, np.maximum(q, _TINY), bounds, of="slope_square", mean=shift)
    above = [layer.fan_out * layer.weight_std**2 for layer in layers[1:]]
    with np.errstate(under="ignore"):
        down = np.cumprod(np.concatenate([[1.0], above[::-1]]) * kept[::-1])[::-1]
    return Profile(pre_activation=q, gradient=down, widths=architecture.widths)
