"""What does finite width change for any activation? The leading order in 1/n, forward.

Given the layer below, the pre-activations of one example are iid N(0, K_l) when the weights are
normal, where K_{l+1} = σ_w² mean(φ(z_l)²) + σ_b² differs from network to network. With the length
map F(q) = σ_w² E φ² + σ_b², exactly E[K_{l+1} | K_l] = F(K_l) and Var[K_{l+1} | K_l] =
σ_w⁴ (E φ⁴ - (E φ²)²)/n_l. Expanded about the mean-field q_l, this gives for V_l = Var K_l and
D_l = E K_l - q_l, both of order 1/n,

    V_{l+1} = F'(q_l)² V_l + σ_w⁴ (E φ⁴ - (E φ²)²)/n_l,        V_1 = 0,
    D_{l+1} = F'(q_l) D_l + F''(q_l) V_l/2,                    D_1 = 0.

**Exact**: nothing here but the first layer. **Asymptotic**: what is left out is of order 1/n² at
fixed depth, and grows with depth/n. `finite_width` has the exact laws of linear, ReLU and leaky
networks. Not here: the back-propagated gradient, which shares its slopes with K, orthogonal
weights, and how several examples scatter together.

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

_INDEPENDENT = ("normal", "uniform", "truncated_normal")
"""Laws whose entries are independent of each other."""


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """The mean square of z in every hidden layer, for one example, to order 1/n; arrays [L].

    Attributes:
        mean_field: q_l, its value at infinite width.
        shift: D_l, by how much its mean over networks is larger.
        conditional_variance: V_l, the variance over networks of K_l.
        variance: that of mean(z_l²): V_l + 2 q_l²/n_l.
    """

    mean_field: Float64
    shift: Float64
    conditional_variance: Float64
    variance: Float64


def beta(architecture: Architecture, *, input_mean_square: float = 1.0) -> Float64:
    """Return β_l = Σ_{k ≤ l} (E φ⁴/(E φ²)² - 1)/n_k along the mean-field profile, [L].

    By it the rule of when an interval needs the scale of logarithms is stated. It is Var ln
    mean(a_l²), to leading order, where F'(q) q = F(q), as in linear, ReLU and leaky networks
    without biases. Elsewhere scatter is damped or amplified from layer to layer: see `corrected`.

    Raises:
        NoAnswer: the weights of a layer depend on each other; an expectation diverges.

    >>> from saturation_lab import Study
    >>> he = {"initializer": "he_normal", "widths": [100] * 3}
    >>> beta(Study(activation="relu", **he).architecture).round(12).tolist()
    [0.05, 0.1, 0.15]
    """
    _require_independent(architecture, _INDEPENDENT)
    q = expected_profile(architecture, input_mean_square=input_mean_square).pre_activation
    square = gaussian_mean(architecture.activation, q, of="square")
    fourth = gaussian_mean(architecture.activation, q, of="fourth")
    units = np.array([layer.fan_out for layer in _hidden(architecture)])
    total: Float64 = np.cumsum((fourth / square**2 - 1) / units)
    return total


def corrected(architecture: Architecture, *, input_mean_square: float = 1.0) -> Corrected:
    """Return the mean square of z in every hidden layer to order 1/n, for one fixed example.

    Raises:
        NoAnswer: weights or biases are not independent normal ones; an expectation diverges.

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
    """Return d²E[φ²]/dq² by five points in ln q, in which the expectation is analytic.

    Its singularities are π/2 away, so the rule is off by about 4e-9 of the slope's scale.
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
    rule, said = architecture.initializer, "normal" if laws == ("normal",) else ""
    if rule.law not in laws or rule.own is not None:
        expected = f"independent {said} weights".replace("  ", " ")
        raise NoAnswer("initializer", expected=expected, got=rule.name)
    biased = any(layer.bias_std for layer in architecture.layers)
    if biased and architecture.bias.law not in laws:
        raise NoAnswer("bias", expected="normal biases or none", got=architecture.bias.name)
