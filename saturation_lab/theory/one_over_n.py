"""The forward corrections of order 1/n that a finite width causes, for any activation.

Given the layer below, the pre-activations of one example are iid N(0, K_l) if the weights are
normal, where K_{l+1} = σ_w² mean(φ(z_l)²) + σ_b² differs between networks. With the length map
F(q) = σ_w² E φ² + σ_b², the relations E[K_{l+1} | K_l] = F(K_l) and Var[K_{l+1} | K_l] =
σ_w⁴ (E φ⁴ - (E φ²)²)/n_l are exact. An expansion about the mean-field q_l gives, for V_l = Var K_l
and D_l = E K_l - q_l, both of order 1/n,

    V_{l+1} = F'(q_l)² V_l + σ_w⁴ (E φ⁴ - (E φ²)²)/n_l,        V_1 = 0,
    D_{l+1} = F'(q_l) D_l + F''(q_l) V_l/2,                    D_1 = 0.

**Exact**: the first layer only. **Asymptotic**: the terms left out are of order 1/n² at fixed
depth, and grow with depth/n. The exact laws of linear, ReLU and leaky ReLU networks are in
`finite_width`. Not covered are the back-propagated gradient, which shares its slopes with K,
orthogonal weights, and the joint scatter of several examples.

Sources: Yaida 2020, Non-Gaussian processes and neural networks at finite widths, MSML, section 3;
Roberts, Yaida & Hanin 2022, The principles of deep learning theory, section 4.3 (the single input's
four-point vertex and the correction of the two-point correlator).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import Architecture, Layer
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.expectations import gaussian_mean, mean_square_slope
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.profile import expected_profile
from saturation_lab.theory.uniform_biases import mixed_mean

_INDEPENDENT = ("normal", "uniform", "truncated_normal")
"""Laws whose entries are independent of each other."""


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """The mean square of z in every hidden layer to order 1/n, for one example.

    Attributes
    ----------
    mean_field : array of shape (layers,)
        q_l, the value at infinite width.
    shift : array of shape (layers,)
        D_l, the difference between the mean over networks and q_l.
    conditional_variance : array of shape (layers,)
        V_l, the variance of K_l over networks.
    variance : array of shape (layers,)
        The variance of mean(z_l²) over networks, V_l + 2 q_l²/n_l.
    """

    mean_field: Float64
    shift: Float64
    conditional_variance: Float64
    variance: Float64


def beta(architecture: Architecture, *, input_mean_square: float = 1.0) -> Float64:
    """Return β_l = Σ_{k <= l} (E φ⁴/(E φ²)² - 1)/n_k along the mean-field profile.

    β decides whether an interval needs a logarithmic scale. To leading order, it is the variance of
    ln mean(a_l²) if F'(q) q = F(q), as in linear, ReLU and leaky ReLU networks without biases. In
    other networks, the scatter is damped or amplified from layer to layer; see `corrected`.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    input_mean_square : float
        ‖x‖²/n_0 of the example, above 0.

    Returns
    -------
    array of shape (layers,)
        β for each hidden layer.

    Raises
    ------
    NoAnswer
        If the weights of a layer depend on each other, or an expectation diverges.
    InputError
        If ``input_mean_square`` is not above 0.

    References
    ----------
    .. [1] S. Yaida, "Non-Gaussian processes and neural networks at finite widths", MSML 2020,
       arXiv:1910.00019, section 3.
    .. [2] B. Hanin and M. Nica, "Products of many large random matrices and gradients in deep
       neural networks", Communications in Mathematical Physics 376, 2020, theorem 1 (β for ReLU).

    Examples
    --------
    >>> from saturation_lab import Study
    >>> he = {"initializer": "he_normal", "widths": [100] * 3}
    >>> beta(Study(activation="relu", **he).architecture).round(12).tolist()
    [0.05, 0.1, 0.15]
    """
    _require_independent(architecture, _INDEPENDENT)
    q = expected_profile(architecture, input_mean_square=input_mean_square).pre_activation
    bounds = [layer.bias_bound for layer in _hidden(architecture)]
    shift = _hidden(architecture)[0].bias_mean
    square, fourth = (
        mixed_mean(architecture.activation, q, bounds, of=of, mean=shift)
        for of in ("square", "fourth")
    )
    units = np.array([layer.fan_out for layer in _hidden(architecture)])
    total: Float64 = np.cumsum((fourth / square**2 - 1) / units)
    return total


def corrected(architecture: Architecture, *, input_mean_square: float = 1.0) -> Corrected:
    """Return the mean square of z in every hidden layer to order 1/n, for one fixed example.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    input_mean_square : float
        ‖x‖²/n_0 of the example, above 0.

    Returns
    -------
    Corrected
        The mean-field value, its correction and the scatter over networks, for each hidden layer.

    Raises
    ------
    NoAnswer
        If the weights or biases are not independent normal ones, or an expectation diverges.
    InputError
        If ``input_mean_square`` is not above 0.

    References
    ----------
    .. [1] S. Yaida, "Non-Gaussian processes and neural networks at finite widths", MSML 2020,
       arXiv:1910.00019, section 3.
    .. [2] D. A. Roberts, S. Yaida and B. Hanin, "The Principles of Deep Learning Theory", Cambridge
       University Press, 2022, section 4.3.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> net = Study(
    ...     activation="tanh", initializer="glorot_normal", widths=[100] * 4, inputs="gaussian"
    ... ).architecture
    >>> found = corrected(net)
    >>> for name in ("mean_field", "shift", "variance"):
    ...     print(name, getattr(found, name).round(6).tolist())
    mean_field [1.0, 0.394294, 0.23645, 0.166656]
    shift [0.0, 0.0, -0.000309, -0.000527]
    variance [0.02, 0.004085, 0.001796, 0.001057]
    """
    _require_independent(architecture, ("normal",))
    phi = architecture.activation
    q = expected_profile(architecture, input_mean_square=input_mean_square).pre_activation
    shift, spread = np.zeros(len(q)), np.zeros(len(q))
    hidden = _hidden(architecture)
    for k, layer in enumerate(hidden[1:]):
        gain = _weight_variance(layer)
        noise = gaussian_mean(phi, q[k], of="fourth") - gaussian_mean(phi, q[k], of="square") ** 2
        slope, bend = gain * float(mean_square_slope(phi, q[k])), gain * _bend(phi, float(q[k]))
        spread[k + 1] = slope**2 * spread[k] + gain**2 * float(noise) / layer.fan_in
        shift[k + 1] = slope * shift[k] + bend * spread[k] / 2
    units = np.array([layer.fan_out for layer in hidden])
    return Corrected(
        mean_field=q,
        shift=shift,
        conditional_variance=spread,
        variance=spread + 2 * q**2 / units,
    )


def _bend(phi: Activation, q: float) -> float:
    """Return d²E[φ²]/dq² by a five-point rule in ln q, in which the expectation is analytic.

    Its singularities are π/2 away, so the error is about 4e-9 of the scale of the slope.
    """
    step = 0.01
    slopes: Any = mean_square_slope(phi, q * np.exp(step * np.array([-2, -1, 1, 2])))
    return float(slopes @ np.array([1, -8, 8, -1])) / (12 * step * q)


def _hidden(architecture: Architecture) -> tuple[Layer, ...]:
    return architecture.layers[: architecture.depth]


def _weight_variance(layer: Layer) -> float:
    """Return σ_w² = n Var w."""
    return layer.fan_in * layer.weight_std**2


def _require_independent(architecture: Architecture, laws: tuple[str, ...]) -> None:
    rule = architecture.initializer
    if rule.law not in laws or rule.own is not None:
        kind = "independent normal" if laws == ("normal",) else "independent"
        raise NoAnswer("initializer", expected=f"{kind} weights", got=rule.name)
    biased = any(layer.bias_square for layer in architecture.layers)
    if biased and architecture.bias.law not in laws:
        raise NoAnswer("bias", expected="normal biases or none", got=architecture.bias.name)
