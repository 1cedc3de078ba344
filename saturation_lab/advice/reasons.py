"""The reasons for a recommended initialization, as plain sentences with computed numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

from saturation_lab.nets.activations import Activation
from saturation_lab.study import Study
from saturation_lab.theory.criticality import flat, why_none
from saturation_lab.theory.tuning import ALIKE, SATURATED, WORST, Basis, Tuning

_CLOSE = 1e-3


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
    relu is linear on either side of 0: with σ_w² = 1 / E φ'² = 2 and no bias, wide layers
    preserve both E z² and E δ², for inputs of any size and at any depth.
    """
    depth = len(study.widths)
    said = [_BASIS[tuning.basis](activation, tuning, depth)]
    if tuning.basis in (Basis.CRITICAL, Basis.THIS_DEPTH):
        said.append(
            "Layer 1 has a gain of its own, with which inputs of mean square "
            f"{input_mean_square:.3g} reach E z² = {tuning.q:.4g} at once."
        )
    if tuning.basis is not Basis.NONE:
        said += _on_fans(study)
    return tuple(said)


def faults_of(study: Study) -> tuple[str, ...]:
    """Return what is wrong with a study's own rule if it is not a random, centred one.

    Parameters
    ----------
    study : Study
        The network with its own initializer.

    Returns
    -------
    tuple of str
        Complete sentences; empty for random weights of mean 0.

    Examples
    --------
    >>> ones = Study(activation="tanh", initializer="constant", widths=(8, 8))
    >>> print(faults_of(ones)[0])
    Yours: with equal weights, all units of a layer compute the same value and get the same
    gradient, so they stay equal in training, and each layer acts as a single unit.
    """
    layers = study.architecture.layers[: len(study.widths)]
    top = layers[-1]
    if not top.weight_square:
        return (
            "Yours: with zero weights, no input reaches a unit and no gradient passes below the "
            "last layer. At first only the last layer can learn, and only its biases if the "
            "activations there are 0.",
        )
    if math.isnan(top.weight_mean):
        return (
            "Yours: identity weights are not random. Each unit passes on one unit of the layer "
            "below, so inputs are not mixed, and units without a partner are 0.",
        )
    if not top.weight_std:
        return (
            "Yours: with equal weights, all units of a layer compute the same value and get the "
            "same gradient, so they stay equal in training, and each layer acts as a single unit.",
        )
    if top.weight_mean:
        varied, common = top.fan_in * top.weight_std**2, (top.fan_in * top.weight_mean) ** 2
        return (
            f"Yours: the weights have a mean of {top.weight_mean:.3g}. If the units below share a "
            f"sign, the mean makes up {common / (varied + common):.1%} of E z², which is "
            f"{varied + common:.3g} times E a²: all units of a layer are nearly equal.",
        )
    return ()


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
        f"{tuning.sigma_w**2:.6g} and no bias, wide layers preserve both E z² and E δ², for inputs "
        "of any size and at any depth."
    )


def _critical(activation: Activation, tuning: Tuning, depth: int) -> str:
    return (
        f"At E z² = {tuning.q:.4g}, σ_w = {tuning.sigma_w:.6g} and σ_b = {tuning.sigma_b:.4g} are "
        f"critical for {activation.name}: a wide layer leaves both E z² and the gradient unchanged "
        f"(χ₁ = 1), at any depth. {_on_q(tuning, depth)}"
    )


def _on_q(tuning: Tuning, depth: int) -> str:
    """Return the reason for this E z² among all at which an initialization is critical."""
    reach = f"over {_layers(depth)}"
    if tuning.correlation <= tuning.aim and tuning.saturated <= SATURATED + _CLOSE:
        if tuning.correlation >= tuning.aim - _CLOSE:
            return (
                "It is the largest E z² at which two unrelated inputs keep "
                f"{1 - tuning.aim:.0%} of their squared distance {reach}: a larger one would use "
                "more of the nonlinearity, but "
                + (
                    "make inputs alike."
                    if tuning.aim == ALIKE
                    else "single networks of this width would scatter too much."
                )
            )
        if tuning.saturated >= SATURATED - _CLOSE:
            return (
                f"It is the largest E z² at which no more than {SATURATED:.0%} of the units are "
                f"saturated; two unrelated inputs keep a correlation of {tuning.correlation:.2g} "
                f"{reach}."
            )
    return (
        f"At every E z², two unrelated inputs lose more than half of their squared distance "
        f"{reach}, or too many units are saturated. This one is the best compromise, with a "
        f"correlation of {_correlation(tuning.correlation)} and {tuning.saturated:.0%} of the "
        "units saturated."
    )


def _this_depth(activation: Activation, tuning: Tuning, depth: int) -> str:
    why = why_none(activation)
    return (
        f"{activation.name} has no critical initialization at a useful E z²"
        + (f" ({why})" if why else "")
        + f", so E z² changes from layer to layer. This σ_w is solved for {_layers(depth)}, in "
        f"each of which the gradient stays within a factor of {WORST:g}. Another depth needs "
        "another gain."
    )


def _layers(depth: int) -> str:
    return "one layer" if depth == 1 else f"{depth} layers"


def _none(activation: Activation, tuning: Tuning, depth: int) -> str:
    why = why_none(activation)
    if flat(activation):
        return f"No σ_w and σ_b keep the gradient of {activation.name}: {why}."
    return (
        f"No σ_w and σ_b keep the gradient of {activation.name} over {_layers(depth)} within a "
        f"factor of {WORST:g}" + (f": {why}." if why else ".")
    )


_BASIS: dict[Basis, Callable[[Activation, Tuning, int], str]] = {
    Basis.EVERY_Q: _every_q,
    Basis.CRITICAL: _critical,
    Basis.THIS_DEPTH: _this_depth,
    Basis.NONE: _none,
}


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
