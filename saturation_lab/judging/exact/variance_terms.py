"""Which numbers decide the lecture's derivations, forward and backward?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import product

import numpy as np

from saturation_lab.checks import choice
from saturation_lab.judging.exact.number import Number
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.nets.own import find_activation
from saturation_lab.nets.passes import backward, forward, matrices
from saturation_lab.theory.criticality import critical_sigma_w
from saturation_lab.theory.expectations import gaussian_mean
from saturation_lab.theory.gains import variance_preserving_gain
from saturation_lab.theory.length_map import settled


def largest_std(activation: str) -> float:
    """Return the largest Std a of any law: half at each end of φ (Popoviciu 1935).

    >>> largest_std("sigmoid"), largest_std("relu")
    (0.5, inf)
    """
    low, high = find_activation(activation).bounds
    return (high - low) / 2


def holding_gain(activation: str, std: float) -> float:
    """Return the σ_w with which layers of Std z = ``std`` stay so: √(q/E φ²), q = std²."""
    return variance_preserving_gain(activation, q=std**2)


def settled_std(activation: str, gain: float) -> float:
    """Return the Std z to which layers go from standardised inputs; inf: beyond all bounds.

    >>> round(settled_std("sigmoid", 4.0), 3)
    2.42
    """
    fixed = settled(activation, sigma_w=gain, start=gain**2)
    return math.inf if fixed is None else math.sqrt(fixed.q)


def slope(activation: str, std: float) -> float:
    """Return √(E φ'²) at z ~ N(0, std²): what stands for the slope on the way back.

    >>> slope("sigmoid", 1e-6), round(slope("sigmoid", 4.0), 3)
    (0.25, 0.126)
    """
    return math.sqrt(float(gaussian_mean(activation, std**2, of="slope_square")))


def critical_gain(activation: str) -> float:
    """Return the σ_w at which χ₁ = 1 at the fixed point, without biases."""
    return critical_sigma_w(activation)


_A = (0, 1, 1, 4)
_OFF_CENTRE, _CENTRED = (-1, -1, 2, 2), (-2, 1, 1)
LAWS: dict[str, list[tuple[tuple[int, int], tuple[int, int]]]] = {
    "all independent": [
        ((v, w), (a, b)) for v, w, a, b in product(_OFF_CENTRE, _OFF_CENTRE, _A, _A)
    ],
    "equal activations, centred weights": [
        ((v, w), (a, a)) for v, w, a in product(_CENTRED, _CENTRED, _A)
    ],
    "equal activations": [((v, w), (a, a)) for v, w, a in product(_OFF_CENTRE, _OFF_CENTRE, _A)],
    "weights equal to activations": [((a, b), (a, b)) for a, b in product(_A, _A)],
}
"""Two weights and the two activations that they multiply: equally likely outcomes."""


def three_terms_mismatch(case: str) -> float:
    """Return by what share of Var z, z = w₁a₁ + w₂a₂, the slide's three terms miss it.

    Σ_j E[w_j]² Var a_j + Var w_j E[a_j]² + Var w_j Var a_j, in fractions: no rounding.

    >>> three_terms_mismatch("all independent"), three_terms_mismatch("equal activations")
    (0.0, 0.05)
    """
    outcomes = LAWS[choice("case", case, LAWS)]
    variance = _moments([w[0] * a[0] + w[1] * a[1] for w, a in outcomes])[1]
    terms = Fraction(0)
    for j in (0, 1):
        mean_w, var_w = _moments([w[j] for w, _ in outcomes])
        mean_a, var_a = _moments([a[j] for _, a in outcomes])
        terms += mean_w**2 * var_a + var_w * mean_a**2 + var_w * var_a
    return abs(float(terms / variance - 1))


def _moments(values: Sequence[int]) -> tuple[Fraction, Fraction]:
    mean = Fraction(sum(values), len(values))
    return mean, sum(((value - mean) ** 2 for value in values), Fraction(0)) / len(values)


_DEPTH, _WIDTH, _EXAMPLES, _SEED = 10, 200, 16, 2025
BIASES = ("frozen bias", "no bias")


def tanh_twin_mismatch(bias: str) -> float:
    """Return how far a sigmoid network with 4 times Glorot's weights is from its tanh twin.

    The twin has weights 2W₁, W₂, W₃, ... and, in every layer but the first, the bias W_l·1. With
    a = (1 + t)/2 its u is z/2, its t is tanh u, and from half the cotangent its δ = ∂C/∂u is
    2 ∂C/∂z. The largest difference of u and of δ, as a share of the layer's largest.

    Args:
        bias: "frozen bias", or "no bias" for a twin without it.
    """
    frozen = choice("bias", bias, BIASES) == "frozen bias"
    rng = np.random.default_rng(_SEED)
    x, cotangent = rng.standard_normal((2, _EXAMPLES, _WIDTH))
    weights = _glorot(rng)
    z, delta = _both_ways(x, cotangent, [4 * w for w in weights], [None] * _DEPTH, "sigmoid")
    biases = [w.sum(axis=1) if frozen else None for w in weights[1:]]
    twin = [2 * weights[0], *weights[1:]]
    u, twin_delta = _both_ways(x, cotangent / 2, twin, [None, *biases], "tanh")
    return max(_apart(z, [2 * one for one in u]), _apart(delta, [one / 2 for one in twin_delta]))


def _glorot(rng: np.random.Generator) -> list[Array]:
    rule = INITIALIZERS["glorot_normal"]
    std = rule.std(fan_in=_WIDTH, fan_out=_WIDTH, gain=1.0)
    return [rule.draw(rng, (_WIDTH, _WIDTH), std=std, dtype="float64") for _ in range(_DEPTH)]


def _both_ways(
    x: Array,
    cotangent: Array,
    weights: Sequence[Array],
    biases: Sequence[Array | None],
    activation: str,
) -> tuple[list[Array], list[Array]]:
    member, given = ACTIVATIONS[activation], matrices(weights)
    z, _ = forward(x, given, biases, member)
    return z, backward(cotangent, given, z, member)


def _apart(ones: Sequence[Array], others: Sequence[Array]) -> float:
    return max(
        float(np.abs(one - other).max() / np.abs(one).max())
        for one, other in zip(ones, others, strict=True)
    )


_MATRICES: dict[str, Callable[[Array], Array]] = {
    "transposed": lambda weight: weight,
    "as printed": lambda weight: weight.T,
}
"""The package's way back multiplies with Wᵀ: given Wᵀ, it does what is printed."""


def way_back_mismatch(form: str) -> float:
    """Return how far v = φ'(z) ∘ (Wᵀ v⁺), or W v⁺ as printed, is from the derivative ∂C/∂z.

    Of three square sigmoid layers and C = cᵀ a₃; the derivative by a complex step, which rounds and
    does not cancel (Squire & Trapp 1998). The largest difference as a share of the layer's largest.
    """
    of_matrix = _MATRICES[choice("form", form, _MATRICES)]
    rng = np.random.default_rng(_SEED)
    weights = [rng.standard_normal((12, 12)) for _ in range(3)]
    x, cotangent = rng.standard_normal((2, 1, 12))
    member = ACTIVATIONS["sigmoid"]
    z, _ = forward(x, matrices(weights), [None] * 3, member)
    found = backward(cotangent, matrices(map(of_matrix, weights)), z, member)
    return _apart([_derivative(weights[i + 1 :], z[i], cotangent) for i in range(3)], found)


def _derivative(above: Sequence[Array], z: Array, cotangent: Array) -> Array:
    """Return ∂C/∂z, [1, n], of the layers above z."""
    step = 1e-30
    a = 1 / (1 + np.exp(-(z + 1j * step * np.eye(z.size))))  # one row for each unit that is moved
    for weight in above:
        a = 1 / (1 + np.exp(-(a @ weight.T)))
    derivative: Array = (a @ cotangent[0]).imag / step
    return derivative[None]


def uniform_mismatch() -> float:
    """Return by what share the variances of U[±4√(6/(n+m))] and N(0, std 4√(2/(n+m))) differ.

    The largest over widths n, m from 1 to a million: U[±b] has variance b²/3.
    """
    rule, widths = INITIALIZERS["lecture_normal"], (1, 2, 3, 10, 784, 1000, 10**6)
    return max(
        abs(
            (4 * math.sqrt(6 / (n + m))) ** 2 / 3 / rule.std(fan_in=n, fan_out=m, gain=4.0) ** 2 - 1
        )
        for n, m in product(widths, widths)
    )


NUMBERS: dict[str, Number] = {
    "critical_gain": Number(critical_gain, "σ_w at which χ₁ = 1, {0}"),
    "holding_gain": Number(holding_gain, "σ_w that keeps Std z = {1:g}, {0}"),
    "largest_std": Number(largest_std, "largest Std a, {0}"),
    "settled_std": Number(settled_std, "Std z where layers settle, {0}, σ_w = {1:g}"),
    "slope": Number(slope, "√(E φ'²) at Std z = {1:g}, {0}"),
    "tanh_twin_mismatch": Number(
        tanh_twin_mismatch, "largest mismatch ÷ the layer's largest value"
    ),
    "three_terms_mismatch": Number(three_terms_mismatch, "mismatch ÷ Var z"),
    "uniform_mismatch": Number(uniform_mismatch, "largest relative mismatch of the variances"),
    "way_back_mismatch": Number(way_back_mismatch, "largest mismatch ÷ the largest entry"),
}
