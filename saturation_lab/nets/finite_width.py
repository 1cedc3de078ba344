"""How far do gradients of networks of finite width scatter about what mean field says?

For an activation of slope s₋ below and s₊ above zero (ReLU: 0 and 1), zero biases and centred
normal weights, and for one example, the slopes φ'(z) act as if they were drawn independently of all
weights, s₋ or s₊ with probability 1/2 each (Hanin & Nica 2020). So on the way down every layer
multiplies the squared length by a factor of its own: with delta_l = φ'(z_l) ∘ W_{l+1}ᵀ delta_{l+1}
and g iid N(0, 1)

    mean(delta_l²) / mean(delta_{l+1}²) = n_{l+1} Var w_{l+1} · (1/n_l) Σ_i s_i² g_i².

Its mean is n_{l+1} Var w_{l+1} E s²; its squared coefficient of variation is c/n_l with
c = 3 E s⁴ / (E s²)² - 1, for ReLU 5. The logarithm of the whole product is a sum over layers 1 to
L - 1, so about normal, with variance β = Σ c/n_l up to order 1/n² and a mean lower by β/2.

A layer whose units are all off (s₋ = 0, probability 2^-n) lets nothing through either way; such
networks have no ratio, and the law is that of the others.

On the way up it is the same for mean(a_l²), with c/n_l of layers 2 to L.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import Architecture, Layer

PROBES = np.array([-1000.0, -7.0, -0.5, -1e-3, 1e-3, 0.5, 7.0, 1000.0])


@dataclass(frozen=True, kw_only=True)
class LogNormal:
    """The law of a ratio of mean squares over networks: log is about N(log(mean) - β/2, β).

    Attributes:
        mean: its mean over networks at any width, which is what mean field says.
        beta: the variance of its logarithm, up to order 1/n².
    """

    mean: float
    beta: float


def slopes(activation: Activation) -> tuple[float, float] | None:
    """Return (s₋, s₊) of an activation that is s₋ z below and s₊ z above zero; else None.

    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> slopes(ACTIVATIONS["relu"]), slopes(ACTIVATIONS["tanh"])
    ((0.0, 1.0), None)
    """
    with np.errstate(all="ignore"):
        found = activation.value(PROBES) / PROBES
    below, above = float(found[0]), float(found[-1])
    expected = np.where(PROBES < 0, below, above)
    return (below, above) if np.allclose(found, expected, rtol=1e-6, atol=1e-9) else None


def gradient_law(architecture: Architecture) -> LogNormal | None:
    """Return the law of mean(delta_1²)/mean(delta_L²), one example, random cotangent; else None.

    Source: Hanin & Nica 2020, Products of many large random matrices and gradients in deep neural
    networks, Commun. Math. Phys. 376; Hanin 2018, Which neural net architectures give
    rise to exploding and vanishing gradients?, NeurIPS. None where it was not derived.

    >>> from saturation_lab import Study
    >>> he = {"initializer": "he_normal", "widths": [100] * 10}
    >>> law = gradient_law(Study(activation="relu", **he).architecture)
    >>> round(law.mean, 12), round(law.beta, 12)
    (1.0, 0.45)
    >>> gradient_law(Study(activation="tanh", **he).architecture) is None
    True
    """
    hidden = architecture.layers[: architecture.depth]
    # W_{l+1} leads down to layer l, whose slopes enter
    factors = [(layer.fan_out, layer, layer.fan_in) for layer in hidden[1:]]
    return _law(architecture, factors)


def activation_law(architecture: Architecture) -> LogNormal | None:
    """Return the law of mean(a_L²)/mean(a_1²), one example; None where it was not derived."""
    hidden = architecture.layers[: architecture.depth]
    # W_l leads up to layer l, whose slopes enter
    factors = [(layer.fan_in, layer, layer.fan_out) for layer in hidden[1:]]
    return _law(architecture, factors)


def _law(architecture: Architecture, factors: Iterable[tuple[int, Layer, int]]) -> LogNormal | None:
    """Return the product's law; a factor is (units that are summed over, weights, units seen)."""
    found = slopes(architecture.activation)
    rule = architecture.initializer
    normal = rule.law == "normal" and rule.own is None
    unbiased = all(layer.bias_std == 0 for layer in architecture.layers)
    if found is None or not any(found) or not normal or not unbiased:
        return None
    second, fourth = (sum(s**power for s in found) / 2 for power in (2, 4))
    spread = 3 * fourth / second**2 - 1
    factors = list(factors)
    return LogNormal(
        mean=math.prod(summed * layer.weight_std**2 * second for summed, layer, _ in factors),
        beta=sum(spread / seen for _, _, seen in factors),
    )
