"""Why is an initialization recommended? Plain sentences, every number computed."""

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
_MOST_LAYERS = 300  # that correlations are followed through, a millisecond or two each


def reasons_for(
    activation: Activation, study: Study, tuning: Tuning, *, input_mean_square: float
) -> tuple[str, ...]:
    """Return the sentences behind a tuning."""
    depth = len(study.widths)
    said = [_BASIS[tuning.basis](activation, tuning, depth)]
    if depth == 1:
        said.append("One hidden layer passes its gradient through no weights: solved as for two.")
    if tuning.basis is not Basis.NONE:
        said += _on_bias(activation, tuning, depth, input_mean_square)
        said.append(_on_inputs(activation, tuning, depth, input_mean_square))
        said += _on_fans(study)
    return tuple(said)


def fans_differ(study: Study) -> bool:
    """Return whether the hidden layers differ in width."""
    return len(set(study.widths)) > 1


def _every_q(activation: Activation, tuning: Tuning, depth: int) -> str:
    return (
        f"{activation.name} is linear on either side of 0: with σ_w² = 1 / E φ'² = "
        f"{tuning.critical_sigma_w**2:.6g} and no bias every layer keeps E z² and E δ² at once, "
        "whatever the inputs' size and the depth."
    )


def _critical(activation: Activation, tuning: Tuning, depth: int) -> str:
    off = 100 * (tuning.sigma_w / tuning.critical_sigma_w - 1)
    where = "no finite fixed point"
    if tuning.fixed is not None:
        where = f"q* = {tuning.fixed.q:.4g} with χ₁ = {tuning.fixed.chi_1:.4g}"
    return (
        f"At σ_b = {tuning.sigma_b:g} the critical σ_w (χ₁ = 1) of {activation.name} is "
        f"{tuning.critical_sigma_w:.6g}; {abs(off):.2g} % {'more' if off > 0 else 'less'} makes up "
        f"for the first of {depth} layers, so that layer 1 gets the gradient of layer {depth}, and "
        f"every layer between within a factor {tuning.worst:.3g}. E z² goes to {where}."
    )


def _this_depth(activation: Activation, tuning: Tuning, depth: int) -> str:
    why = why_none(activation)
    said = (
        f"{activation.name} has no critical initialization ({why}), so E z² moves."
        if why
        else f"Over {depth} layers E z² of {activation.name} does not come to rest at a critical "
        "point."
    )
    return (
        f"{said} σ_w is solved for {_layers(depth)}, so that layer 1 gets the gradient of layer "
        f"{depth}, every layer between within a factor {tuning.worst:.3g}; another depth needs "
        "another gain."
    )


def _layers(depth: int) -> str:
    return "one layer" if depth == 1 else f"{depth} layers"


def _none(activation: Activation, tuning: Tuning, depth: int) -> str:
    why = why_none(activation)
    return (
        f"No σ_w and σ_b up to 30 and 12 keep the gradient of every one of {depth} layers of "
        f"{activation.name} within a factor {TOLERANCE:g}" + (f": {why}." if why else ".")
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
            f"The bias is needed: without one no σ_w has χ₁ = 1 at a fixed point that E z² of "
            f"{activation.name} goes to."
        ]
    point = without[0]
    return [
        f"The bias is needed: without one the critical σ_w is {point.sigma_w:.6g}, E z² goes to "
        f"{point.q:.4g}, and on the way there layer 1 is left with "
        f"{_lost(activation, point.sigma_w, depth, m):.3g} times the gradient of layer {depth}."
    ]


def _draws(activation: Activation, point: CriticalPoint, m: float) -> bool:
    reached = settled(activation, sigma_w=point.sigma_w, start=point.sigma_w**2 * m)
    return reached is not None and math.isclose(reached.q, point.q, rel_tol=1e-6, abs_tol=1e-9)


def _lost(activation: Activation, sigma_w: float, depth: int, m: float) -> float:
    """Return E δ² of layer 1 over that of the last one, without biases."""
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
        f"Biases are {100 * tuning.sigma_b**2 / first:.2g} % of E z² in layer 1; two "
        f"unrelated inputs reach layer {layer} with correlation {_correlation(1 - gap)}"
        + (": the gradient is kept, what tells inputs apart hardly." if gap < _ALIKE else ".")
    )


def _correlation(c: float) -> str:
    return f"{max(c, 0.0):.3f}" if c < 0.999 else f"1 - {1 - c:.1g}"


def _on_fans(study: Study) -> list[str]:
    if not fans_differ(study):
        return []
    first, last = study.widths[0], study.widths[-1]
    return [
        "Widths differ, so one gain cannot serve both ways. By fan-in (recommended) E z² is the "
        f"same as at equal widths, and so is E ‖δ‖²; per unit, δ² of layer 1 is n_L / n_1 = "
        f"{last} / {first} of that, as one norm is spread over more or fewer units.",
        "By fan-out E δ² per unit is kept while E z² grows by n_l / n_(l+1) in each layer that "
        "narrows, which moves z to where φ' differs; by both (Glorot) each gets half of it.",
    ]
