"""The reasons for a recommended initialization, as plain sentences with computed numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

from saturation_lab.nets.activations import Activation
from saturation_lab.study import Study
from saturation_lab.theory.correlation_map import carried_gap
from saturation_lab.theory.criticality import CriticalPoint, critical_points, why_none
from saturation_lab.theory.length_map import LEAST, length_map, settled
from saturation_lab.theory.tuning import TOLERANCE, Basis, Tuning

_ALIKE = 1e-3
_MOST_LAYERS = 300  # correlations are followed no farther; a layer takes one or two milliseconds


def reasons_for(
    activation: Activation, study: Study, tuning: Tuning, *, input_mean_square: float
) -> tuple[str, ...]:
    """Return the reasons for a tuning.

    Parameters
    ----------
    activation : Activation
        The activation φ.
    study : Study
        The network, whose widths are discussed if they differ.
    tuning : Tuning
        The recommended σ_w and σ_b.
    input_mean_square : float
        The mean square of the inputs per feature.

    Returns
    -------
    tuple of str
        Complete sentences, in the order in which they are to be read.

    Raises
    ------
    NoAnswer
        If an expectation of the activation diverges.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> from saturation_lab.theory.tuning import tuned
    >>> study = Study(activation="relu", initializer="he_normal", widths=(8, 8), inputs="gaussian")
    >>> found = reasons_for(
    ...     ACTIVATIONS["relu"], study, tuned("relu", depth=2), input_mean_square=1.0
    ... )
    >>> print(found[0])
    relu is linear on either side of 0: with σ_w² = 1 / E φ'² = 2 and no bias, every layer
    preserves both E z² and E δ², for inputs of any size and at any depth.
    """
    depth = len(study.widths)
    said = [_BASIS[tuning.basis](activation, tuning, depth)]
    if depth == 1:
        said.append(
            "The gradient of a single hidden layer passes through no weights, so the equations are "
            "solved for two layers."
        )
    if tuning.basis is not Basis.NONE:
        said += _on_bias(activation, tuning, depth, input_mean_square)
        said.append(_on_inputs(activation, tuning, depth, input_mean_square))
        said += _on_fans(study)
    return tuple(said)


def fans_differ(study: Study) -> bool:
    """Return whether the hidden layers differ in width.

    Parameters
    ----------
    study : Study
        The network.

    Returns
    -------
    bool
        False if all hidden layers have the same width.

    Examples
    --------
    >>> fans_differ(Study(activation="relu", initializer="he_normal", widths=(8, 4)))
    True
    """
    return len(set(study.widths)) > 1


def _every_q(activation: Activation, tuning: Tuning, depth: int) -> str:
    return (
        f"{activation.name} is linear on either side of 0: with σ_w² = 1 / E φ'² = "
        f"{tuning.critical_sigma_w**2:.6g} and no bias, every layer preserves both E z² and E δ², "
        "for inputs of any size and at any depth."
    )


def _critical(activation: Activation, tuning: Tuning, depth: int) -> str:
    off = 100 * (tuning.sigma_w / tuning.critical_sigma_w - 1)
    where = "no finite fixed point"
    if tuning.fixed is not None:
        where = f"q* = {tuning.fixed.q:.4g} with χ₁ = {tuning.fixed.chi_1:.4g}"
    return (
        f"At σ_b = {tuning.sigma_b:g}, the critical σ_w (χ₁ = 1) of {activation.name} is "
        f"{tuning.critical_sigma_w:.6g}. The recommended σ_w is {abs(off):.2g} % "
        f"{'larger' if off > 0 else 'smaller'} to compensate for the first layers, in which E z² "
        f"has not converged yet. {_kept(tuning, depth)} E z² converges to {where}."
    )


def _this_depth(activation: Activation, tuning: Tuning, depth: int) -> str:
    why = why_none(activation)
    said = (
        f"{activation.name} has no critical initialization ({why}), so E z² keeps changing."
        if why
        else f"Over {_layers(depth)}, E z² of {activation.name} does not converge to a critical "
        "point."
    )
    return (
        f"{said} The recommended σ_w is solved for {_layers(depth)}. {_kept(tuning, depth)} "
        "Another depth needs another gain."
    )


def _kept(tuning: Tuning, depth: int) -> str:
    return (
        f"With it, layer 1 receives the gradient of layer {depth}, and every layer in between "
        f"stays within a factor of {tuning.worst:.3g} of it."
    )


def _layers(depth: int) -> str:
    return "one layer" if depth == 1 else f"{depth} layers"


def _none(activation: Activation, tuning: Tuning, depth: int) -> str:
    why = why_none(activation)
    return (
        f"No σ_w up to 30 with a σ_b up to 12 keeps the gradient of {activation.name} over "
        f"{_layers(depth)} within a factor of {TOLERANCE:g}" + (f": {why}." if why else ".")
    )


_BASIS: dict[Basis, Callable[[Activation, Tuning, int], str]] = {
    Basis.EVERY_Q: _every_q,
    Basis.CRITICAL: _critical,
    Basis.THIS_DEPTH: _this_depth,
    Basis.NONE: _none,
}


def _on_bias(activation: Activation, tuning: Tuning, depth: int, m: float) -> list[str]:
    if tuning.sigma_b == 0 or tuning.basis is Basis.EVERY_Q:
        return []
    without = [point for point in critical_points(activation) if _draws(activation, point, m)]
    if not without:
        return [
            f"The bias is needed: without it, no σ_w has χ₁ = 1 at a fixed point to which E z² of "
            f"{activation.name} converges."
        ]
    point = without[0]
    return [
        f"The bias is needed: without it, the critical σ_w is {point.sigma_w:.6g}, E z² converges "
        f"to {point.q:.4g}, and on the way there the gradient of layer 1 becomes "
        f"{_lost(activation, point.sigma_w, depth, m):.3g} times that of layer {depth}."
    ]


def _draws(activation: Activation, point: CriticalPoint, m: float) -> bool:
    reached = settled(activation, sigma_w=point.sigma_w, start=point.sigma_w**2 * m)
    return reached is not None and math.isclose(reached.q, point.q, rel_tol=1e-6, abs_tol=1e-9)


def _lost(activation: Activation, sigma_w: float, depth: int, m: float) -> float:
    """Return E δ² of layer 1 divided by that of the last layer, without biases."""
    mapped = length_map(activation, sigma_w=sigma_w)
    q, log = sigma_w**2 * m, 0.0
    for _ in range(depth - 1):
        if q < LEAST:  # it is linear from here on
            break
        log += math.log(float(mapped.chi_1(q)))
        q = float(mapped(q))
    return math.exp(log)


def _on_inputs(activation: Activation, tuning: Tuning, depth: int, m: float) -> str:
    chosen = length_map(activation, sigma_w=tuning.sigma_w, sigma_b=tuning.sigma_b)
    first = tuning.sigma_w**2 * m + tuning.sigma_b**2
    layer = min(depth, _MOST_LAYERS)
    gap = carried_gap(chosen, tuning.sigma_w**2 * m / first, q=first, layers=layer - 1)
    return (
        f"Biases contribute {100 * tuning.sigma_b**2 / first:.2g} % of E z² in layer 1. Two "
        f"unrelated inputs reach layer {layer} with correlation {_correlation(1 - gap)}"
        + (", so they can hardly be told apart there." if gap < _ALIKE else ".")
    )


def _correlation(c: float) -> str:
    return f"{max(c, 0.0):.3f}" if c < 0.999 else f"1 - {1 - c:.1g}"


def _on_fans(study: Study) -> list[str]:
    if not fans_differ(study):
        return []
    first, last = study.widths[0], study.widths[-1]
    return [
        "The widths differ, so no single gain can preserve both E z² and E δ². Scaling by fan-in "
        "(recommended) preserves E z² and E ‖δ‖² as well as with equal widths. Per unit, E δ² of "
        f"layer 1 is n_L / n_1 = {last} / {first} times that of the last layer, because the same "
        "norm is spread over a different number of units.",
        "Scaling by fan-out preserves E δ² per unit, while E z² grows by a factor of n_l / n_(l+1) "
        "in each narrowing layer, so φ' takes other values there. Scaling by the mean of both "
        "(Glorot) is a compromise between the two.",
    ]
