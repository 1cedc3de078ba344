"""The exact law over the networks of a study of what is recorded in each layer, where it is known.

`finite_width` derives the laws for one network architecture; here they are matched with the
quantities of a study. Two numbers of a law decide which interval of a mean over networks can be
trusted: β, the variance of the logarithm, and the gap between the logarithm of the mean and that of
the typical network, which an interval of the typical network turns into one of the mean.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study
from saturation_lab.theory.finite_width import (
    MEAN_SQUARES,
    Factor,
    Scatter,
    mean_square_law,
    slopes,
)
from saturation_lab.theory.no_answer import NoAnswer

_SAME_LAW = {"batch_weight_gradient_mean_square": "weight_gradient_mean_square"}
"""Quantities that equal another one if there is a single example."""


@dataclass(frozen=True, kw_only=True)
class KnownLaws:
    """The exact laws of all quantities in all layers; nan where the law is not known.

    Attributes
    ----------
    beta : array of shape (layers, quantities)
        The variance of the logarithm over the networks that are not at 0.
    log_gap : array of shape (layers, quantities)
        The logarithm of the mean over all networks, divided by the geometric mean over those that
        are not at 0.
    """

    beta: Float64
    log_gap: Float64


def law_of(study: Study, quantity: str, layer: int) -> Scatter | None:
    """Return the exact law over networks of a quantity of a study, if it is known.

    Parameters
    ----------
    study : Study
        The networks and their inputs.
    quantity : str
        A key of `QUANTITIES`.
    layer : int
        The layer, from 1 to L, or L + 1 for the output layer.

    Returns
    -------
    Scatter or None
        The law; None if it has not been derived for such networks, for more than one example, or
        for the quantity. The scale is that of an example of mean square 1.

    Examples
    --------
    >>> he = {"initializer": "he_normal", "widths": [10] * 3, "loss": None}
    >>> study = Study(activation="relu", inputs="gaussian", examples=1, **he)
    >>> round(law_of(study, "gradient_mean_square", 1).log_variance, 4)
    2.6002
    >>> law_of(study, "gradient_mean", 1) is None
    True
    """
    name = _SAME_LAW.get(quantity, quantity)
    net = study.architecture
    if study.examples != 1 or name not in MEAN_SQUARES or not 1 <= layer <= net.depth:
        return None
    if study.fresh_inputs and name != "gradient_mean_square":
        return None  # the law holds for a fixed example; gradients do not depend on it
    try:
        return mean_square_law(net, layer, of=name)
    except NoAnswer:
        return None


def ratio_law_of(study: Study, quantity: str, of: int, over: int) -> Scatter | None:
    """Return the exact law over networks of a quantity in one layer over the same in another.

    The factors of the layers that both contain cancel. They do only on the way up for activations,
    and on the way down for gradients.

    Parameters
    ----------
    study : Study
        The networks and their inputs.
    quantity : str
        A key of `QUANTITIES`.
    of, over : int
        The layers of the numerator and of the denominator, from 1 to L.

    Returns
    -------
    Scatter or None
        The law over the networks in which the denominator is not 0, up to a constant factor; None
        if it is not known.

    Examples
    --------
    >>> he = {"initializer": "he_normal", "widths": [10] * 3, "loss": None}
    >>> study = Study(activation="relu", inputs="gaussian", examples=1, **he)
    >>> law = ratio_law_of(study, "gradient_mean_square", 1, 3)
    >>> len(law.factors), law.alive
    (2, 1.0)
    >>> ratio_law_of(study, "gradient_mean_square", 3, 1) is None
    True
    """
    whole, part = law_of(study, quantity, of), law_of(study, quantity, over)
    if whole is None or part is None:
        return None
    if quantity == "activation_mean_square" and of > over:
        left = whole.factors[over:]
        return Scatter(log_scale=0.0, factors=left, alive=math.prod(1 - one.dead for one in left))
    if quantity == "gradient_mean_square" and of < over:
        return Scatter(log_scale=0.0, factors=whole.factors[: over - of], alive=1.0)
    return None


def known_laws(study: Study) -> KnownLaws:
    """Return the exact laws of all quantities in all layers of a study's networks.

    Parameters
    ----------
    study : Study
        The networks and their inputs.

    Returns
    -------
    KnownLaws
        Arrays of shape (layers, quantities), nan where the law is not known; the output layer, if
        there is one, is last.

    Examples
    --------
    >>> he = {"initializer": "he_normal", "widths": [10] * 3, "loss": None}
    >>> study = Study(activation="relu", inputs="gaussian", examples=1, **he)
    >>> column = list(QUANTITIES).index("gradient_mean_square")
    >>> known_laws(study).log_gap[:, column].round(4).tolist()
    [0.9224, 0.6139, 0.3055]
    """
    net = study.architecture
    shape = (len(net.layers), len(QUANTITIES))
    beta, gap = np.full(shape, np.nan), np.full(shape, np.nan)
    for column, quantity in enumerate(QUANTITIES):
        if law_of(study, quantity, 1) is not None:
            found = _along(study, _SAME_LAW.get(quantity, quantity))
            beta[: net.depth, column], gap[: net.depth, column] = found
    if not any(layer.weight_square for layer in net.layers):
        _of_zero_weights(net, beta)
    return KnownLaws(beta=beta, log_gap=gap)


def _of_zero_weights(net: Architecture, beta: Float64) -> None:
    """Set β = 0 where zero weights make a number exactly 0 in every network."""
    reached = net.depth - (net.classes is None)  # layer L has a gradient if it is the last one
    still = not any(layer.bias_square for layer in net.layers)
    for column, quantity in enumerate(QUANTITIES):
        if quantity.startswith(("gradient_", "weight_gradient_", "batch_weight_gradient_")):
            beta[:reached, column] = 0
        elif still and quantity.startswith(("pre_activation_", "conditional_")):
            beta[:, column] = 0


def _along(study: Study, quantity: str) -> tuple[Float64, Float64]:
    """Return β and the gap in every hidden layer: the sums over factors that `Scatter` takes.

    Summed from layer to layer, so that the time does not grow with the square of the depth.
    """
    net = study.architecture
    found = slopes(net.activation)
    assert found is not None  # there is a law
    kinks = [_of_factor(Factor(units=units, slopes=found)) for units in net.widths]
    plain = [_of_factor(Factor(units=units, slopes=(1.0, 1.0))) for units in net.widths]
    variance, gap, alive = np.array(kinks).T
    own_variance, own_gap, _ = np.array(plain).T

    def below(x: Float64) -> Float64:
        return np.cumsum(x) - x

    def above(x: Float64) -> Float64:
        total: Float64 = np.cumsum(x[::-1])[::-1]
        return total

    if quantity == "pre_activation_mean_square":
        return below(variance) + own_variance, below(gap) + own_gap
    if quantity == "activation_mean_square":
        return np.cumsum(variance), np.cumsum(gap)
    if quantity == "gradient_mean_square":
        return above(variance), above(gap) + below(alive)
    return np.full(len(gap), variance.sum()), np.full(len(gap), gap.sum())


@lru_cache(maxsize=1024)
def _of_factor(factor: Factor) -> tuple[float, float, float]:
    """Return Var ln S, ln E S - E ln S and ln P(S > 0) of a factor."""
    gap = math.log(factor.mean) - factor.log_mean
    return factor.log_variance, gap, math.log1p(-factor.dead)
