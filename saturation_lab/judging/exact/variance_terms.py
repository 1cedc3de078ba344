"""Exact numbers for the lecture's derivations, forward and backward."""

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
    """Return the largest possible Std a, reached with probability 1/2 at each bound of φ.

    Parameters
    ----------
    activation : str
        The name of the activation φ.

    Returns
    -------
    float
        (sup φ - inf φ)/2; inf if φ is unbounded.

    Raises
    ------
    InputError
        If there is no such activation.

    References
    ----------
    .. [1] T. Popoviciu, "Sur les équations algébriques ayant toutes leurs racines réelles",
       Mathematica 9, 1935.

    Examples
    --------
    >>> largest_std("sigmoid"), largest_std("relu")
    (0.5, inf)
    """
    low, high = find_activation(activation).bounds
    return (high - low) / 2


def holding_gain(activation: str, std: float) -> float:
    """Return the σ_w that maps Std z = ``std`` to itself: √(q/E φ(z)²), z ~ N(0, q), q = std².

    Parameters
    ----------
    activation : str
        The name of the activation φ.
    std : float
        The standard deviation of z that the gain preserves, without biases.

    Returns
    -------
    float
        σ_w, the square root of n Var w.

    Raises
    ------
    InputError
        If there is no such activation.

    Examples
    --------
    >>> round(holding_gain("sigmoid", 4.0), 6)
    6.255995
    """
    return variance_preserving_gain(activation, q=std**2)


def settled_std(activation: str, gain: float) -> float:
    """Return the Std z to which the layers converge, starting from standardized inputs.

    Parameters
    ----------
    activation : str
        The name of the activation.
    gain : float
        σ_w; there are no biases.

    Returns
    -------
    float
        The square root of the fixed point of the length map; inf if Std z grows without bound.

    Raises
    ------
    InputError
        If there is no such activation.
    NoAnswer
        If Std z neither converges nor grows.

    Examples
    --------
    >>> round(settled_std("sigmoid", 4.0), 3)
    2.42
    """
    fixed = settled(activation, sigma_w=gain, start=gain**2)
    return math.inf if fixed is None else math.sqrt(fixed.q)


def slope(activation: str, std: float) -> float:
    """Return √(E φ'(z)²) for z ~ N(0, std²), the effective slope in the backward pass.

    Parameters
    ----------
    activation : str
        The name of the activation φ.
    std : float
        The standard deviation of z.

    Returns
    -------
    float
        The root mean square of the slope.

    Raises
    ------
    InputError
        If there is no such activation.

    Examples
    --------
    >>> slope("sigmoid", 1e-6), round(slope("sigmoid", 4.0), 3)
    (0.25, 0.126)
    """
    return math.sqrt(float(gaussian_mean(activation, std**2, of="slope_square")))


def critical_gain(activation: str) -> float:
    """Return the σ_w at which χ₁ = 1 at the fixed point of the length map, without biases.

    Parameters
    ----------
    activation : str
        The name of the activation.

    Returns
    -------
    float
        The critical σ_w.

    Raises
    ------
    InputError
        If there is no such activation.
    NoAnswer
        If it has no critical σ_w without biases.

    Examples
    --------
    >>> round(critical_gain("sigmoid"), 4)
    10.1493
    """
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
"""Joint laws of two weights and the two activations they multiply, as equally likely outcomes.

An outcome is ((w₁, w₂), (a₁, a₂)).
"""


def three_terms_mismatch(case: str) -> float:
    """Return the relative error of the slide's three terms for Var z, z = w₁a₁ + w₂a₂.

    The terms are Σ_j E[w_j]² Var a_j + Var w_j E[a_j]² + Var w_j Var a_j. They are computed in
    fractions, so nothing is rounded.

    Parameters
    ----------
    case : str
        A key of `LAWS`.

    Returns
    -------
    float
        ``|sum of the terms/Var z - 1|``.

    Raises
    ------
    InputError
        If ``case`` is not a key of `LAWS`.

    Examples
    --------
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

    The twin has the weights 2W₁, W₂, W₃, ... and, in every layer but the first, the bias W_l·1.
    With a = (1 + t)/2, its pre-activation u is z/2 and its activation t is tanh u. If it starts
    from half the cotangent, its δ = ∂C/∂u is 2 ∂C/∂z.

    Parameters
    ----------
    bias : {"frozen bias", "no bias"}
        Whether the twin has the bias W_l·1 or none.

    Returns
    -------
    float
        The largest difference between 2u and z, or between half the twin's δ and ∂C/∂z, as a
        share of the largest entry in the layer.

    Raises
    ------
    InputError
        If ``bias`` is neither of the two.
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
"""The package's backward pass multiplies by Wᵀ: given Wᵀ, it computes the printed W v⁺."""


def way_back_mismatch(form: str) -> float:
    """Return how far v = φ'(z) ∘ (Wᵀ v⁺), or W v⁺ as printed, is from the derivative ∂C/∂z.

    The network has three square sigmoid layers, and C = cᵀ a₃. The derivative is computed with a
    complex step, which avoids cancellation [1]_.

    Parameters
    ----------
    form : {"transposed", "as printed"}
        Whether v⁺ is multiplied by Wᵀ or by W.

    Returns
    -------
    float
        The largest difference, as a share of the largest entry in the layer.

    Raises
    ------
    InputError
        If ``form`` is neither of the two.

    References
    ----------
    .. [1] W. Squire and G. Trapp, "Using complex variables to estimate derivatives of real
       functions", SIAM Review 40, 1998, eq. 2.

    Examples
    --------
    >>> way_back_mismatch("transposed") < 1e-13
    True
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
    """Return ∂C/∂z through the layers above z, an array of shape (1, units)."""
    step = 1e-30
    a = 1 / (1 + np.exp(-(z + 1j * step * np.eye(z.size))))  # one row for each perturbed unit
    for weight in above:
        a = 1 / (1 + np.exp(-(a @ weight.T)))
    derivative: Array = (a @ cotangent[0]).imag / step
    return derivative[None]


def uniform_mismatch() -> float:
    """Return the relative difference in variance between the lecture's uniform and normal rules.

    These are U[±4√(6/(n+m))], whose variance is a third of the square of its bound, and the normal
    law of standard deviation 4√(2/(n+m)).

    Returns
    -------
    float
        The largest difference over widths n and m from 1 to a million.

    Examples
    --------
    >>> uniform_mismatch() < 1e-13
    True
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
    "holding_gain": Number(holding_gain, "σ_w that preserves Std z = {1:g}, {0}"),
    "largest_std": Number(largest_std, "largest possible Std a, {0}"),
    "settled_std": Number(settled_std, "Std z to which layers converge, {0}, σ_w = {1:g}"),
    "slope": Number(slope, "√(E φ'²) at Std z = {1:g}, {0}"),
    "tanh_twin_mismatch": Number(
        tanh_twin_mismatch, "largest difference ÷ largest value in the layer", error=True
    ),
    "three_terms_mismatch": Number(
        three_terms_mismatch, "error of the three terms ÷ Var z", error=True
    ),
    "uniform_mismatch": Number(
        uniform_mismatch, "largest relative difference of the variances", error=True
    ),
    "way_back_mismatch": Number(
        way_back_mismatch, "largest error ÷ largest entry in the layer", error=True
    ),
}
