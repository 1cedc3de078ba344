"""The lecture's derivations, line by line, compared with sampled networks.

A derivation is a chain of lines. Each line drops or substitutes something in the line above. The
value that a line gives for a layer, computed from the network's own moments, is compared with the
mean square measured in that network:

    r = (measured mean square) / (value of the line), for each network and layer.

The variance in a derivation is an expectation over weights. Therefore r is averaged over networks
in each layer; for an exact line this mean is 1 at any width. (The mean of ln r would be off by
about 1/n.) Layers are pooled by the geometric mean, since their factors multiply: a line that is
off by f in each layer is off by f^L over L layers, which is less than a factor of 2 if
|ln f| < ln 2/L (`default_margin`). The chain breaks at the first line whose interval lies outside
this margin.

The interval is Student's t interval over networks, by the delta method. With m_l the mean of r_il
over networks i, ln f = -mean_l ln m_l, and network i contributes -(mean_l r_il/m_l - 1). The
logarithm of a mean over R networks is too low by Var r/(2 R m²) in expectation, which is added.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from saturation_lab.exhibits.material import study_of
from saturation_lab.inference.answer import Answer
from saturation_lab.inference.equivalence import decide, default_margin
from saturation_lab.inference.intervals import Interval, interval_of, mean_interval
from saturation_lab.inference.replicates import Replicates
from saturation_lab.inference.verdict import Verdict
from saturation_lab.measured import Measured
from saturation_lab.theory.expectations import gaussian_curve, gaussian_mean
from saturation_lab.theory.no_answer import NoAnswer

_Float64 = NDArray[np.float64]
OfLayer = Callable[[Measured, int], _Float64]
"""Maps networks and a layer to one number per network, of shape (networks,)."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A line of a derivation.

    Attributes
    ----------
    formula : str
        The line.
    does : str
        What it does to the line above, as a verb phrase: "drops ...", "sets ...".
    says : callable
        The value that it gives for a layer, from the network's own moments.
    """

    formula: str
    does: str
    says: OfLayer


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A derivation as a chain of lines.

    Attributes
    ----------
    symbol : str
        The quantity that is derived.
    quantity : str
        The recorded mean square that it is compared with.
    letter : str
        The signal whose variance is derived.
    first, last : int
        The range of layers in which they are compared; ``last`` is relative to the top layer (0).
    steps : tuple of Step
        The lines, from the top.
    """

    symbol: str
    quantity: str
    letter: str
    first: int
    last: int
    steps: tuple[Step, ...]

    def layers(self, depth: int) -> range:
        """Return the hidden layers in which the chain is compared with networks.

        Parameters
        ----------
        depth : int
            The number of hidden layers.

        Returns
        -------
        range
            The layers, counted from 1.

        Examples
        --------
        >>> list(FORWARD.layers(4)), list(BACKWARD.layers(4))
        ([2, 3, 4], [1, 2, 3])
        """
        return range(self.first, depth + self.last + 1)


@dataclass(frozen=True, kw_only=True)
class Link:
    """The comparison of one line with the networks of one study.

    Attributes
    ----------
    step : Step
        The line.
    by_layer : array of shape (layers,)
        The value of the line over the measured one in each layer, harmonic mean over networks.
    answer : Answer
        The interval of the logarithm of measured over line, and the decision.
    breaks : bool
        Whether the chain breaks at this line.
    broken : bool
        Whether the chain broke at a line above.
    """

    step: Step
    by_layer: _Float64
    answer: Answer
    breaks: bool
    broken: bool

    @property
    def factor(self) -> Interval:
        """The line over the measured value: geometric mean over layers, with its interval."""
        found = self.answer.interval
        turned = replace(found, estimate=-found.estimate, low=-found.high, high=-found.low)
        return turned.map(math.exp)


def followed(chain: Chain, result: Measured) -> list[Link]:
    """Compare each line of a derivation with the networks of a study.

    Parameters
    ----------
    chain : Chain
        The derivation.
    result : Measured
        The networks, sampled from a study.

    Returns
    -------
    list of Link
        A comparison for each line, from the top. If a line is undefined in some network, because
        the network overflowed or its signal vanished, nothing is decided for that line.

    Raises
    ------
    InputError
        If the networks were not sampled from a study.

    Examples
    --------
    >>> from saturation_lab import Study, sample
    >>> study = Study(
    ...     activation="sigmoid", initializer="lecture_normal", widths=(64,) * 3, networks=9
    ... )
    >>> [link.breaks for link in followed(FORWARD, sample(study, workers=1))]
    [False, True, False]
    """
    margin = default_margin(result.depth)
    links: list[Link] = []
    for step in chain.steps:
        ratios = _ratios(chain, step, result)
        answer = decide(pooled(ratios, result.networks), margin=margin)
        broken = any(link.breaks for link in links)
        with np.errstate(all="ignore"):
            by_layer = 1 / ratios.mean(axis=0)
        links.append(
            Link(
                step=step,
                by_layer=by_layer,
                answer=answer,
                breaks=answer.verdict is Verdict.FAILS and not broken,
                broken=broken,
            )
        )
    return links


def pooled(ratios: _Float64, networks: Sequence[int] | NDArray[np.int64]) -> Interval:
    """Return mean_l ln(mean_i r_il) of ratios r over networks i and layers l, with its interval.

    Parameters
    ----------
    ratios : array of shape (networks, layers)
        Measured over expected values; nan or infinite if undefined.
    networks : sequence of int
        The index of each network.

    Returns
    -------
    Interval
        On the scale of the natural logarithm. It has no ends if there are fewer than two networks
        or if a ratio is undefined. See the module's docstring for the method.

    Examples
    --------
    >>> round(math.exp(pooled(np.array([[0.9, 4.4], [1.1, 3.6]]), [0, 1]).estimate), 2)
    2.01
    """
    lost = ~np.isfinite(ratios).all(axis=1)
    known = ratios[~lost]
    with np.errstate(all="ignore"):
        means = known.mean(axis=0) if len(known) else np.nan
        values = np.log(means).mean() + (ratios / means).mean(axis=1) - 1
        if len(known) > 1:
            values += (known.var(axis=0, ddof=1) / means**2).mean() / (2 * len(known))
    if len(values) < 2:  # an estimate without an interval
        return mean_interval(values)
    values[lost] = np.nan
    return interval_of(Replicates(values=values, networks=networks, overflowed=lost))


def _ratios(chain: Chain, step: Step, result: Measured) -> _Float64:
    """Return measured values over those of a line, of shape (networks, layers)."""
    layers = chain.layers(result.depth)
    with np.errstate(all="ignore"):
        each = [result.values(chain.quantity, i) / step.says(result, i) for i in layers]
    return np.stack(each, axis=1)


def forward_variance(result: Measured, layer: int) -> float:
    """Return n Var w of the weights into a layer, where n is their fan-in.

    Parameters
    ----------
    result : Measured
        The networks, sampled from a study.
    layer : int
        The hidden layer, counted from 1.

    Returns
    -------
    float
        σ_w² of the length map.
    """
    weights = study_of(result).architecture.layers[layer - 1]
    return weights.fan_in * weights.weight_std**2


def _backward_variance(result: Measured, layer: int) -> float:
    """Return n⁺ Var w of the weights out of a layer, where n⁺ is their fan-out."""
    weights = study_of(result).architecture.layers[layer]
    return weights.fan_out * weights.weight_std**2


def slope_at_zero(result: Measured) -> float:
    """Return the limit of E φ'² as z → 0.

    Parameters
    ----------
    result : Measured
        The networks, sampled from a study.

    Returns
    -------
    float
        φ'(0)²; at a kink the mean of the squares of both one-sided slopes.
    """
    activation = study_of(result).architecture.activation
    return float(gaussian_mean(activation, 0.0, of="slope_square"))


def mean_square_slope(result: Measured, layer: int) -> _Float64:
    """Return E φ'(z)² over the weights of a layer, given the layer below, averaged over examples.

    For normal weights, z of one example has exactly the distribution N(0, K), where K is the
    conditional mean square of that example. For other weights this holds approximately in wide
    layers.

    Parameters
    ----------
    result : Measured
        The networks, sampled from a study.
    layer : int
        The hidden layer, counted from 1.

    Returns
    -------
    array of shape (networks,)
        The mean; nan if it diverges or K is not finite.
    """
    given = result.summary.conditional[:, layer - 1]
    known = np.isfinite(given)
    curve = gaussian_curve(study_of(result).architecture.activation, of="slope_square")
    try:
        means = curve(np.where(known, given, 0.0))
    except NoAnswer:  # it diverges
        return np.full(len(given), np.nan)
    mean: _Float64 = np.where(known, means, np.nan).mean(axis=1)
    return mean


def _of_below(moment: str) -> OfLayer:
    """Return n Var w times a moment of the activations that enter the layer."""

    def says(result: Measured, layer: int) -> _Float64:
        return forward_variance(result, layer) * result.values(f"activation_{moment}", layer - 1)

    return says


def _weights_alone(result: Measured, layer: int) -> _Float64:
    return np.full(len(result.networks), forward_variance(result, layer))


def _above(result: Measured, layer: int) -> _Float64:
    return result.values("gradient_mean_square", layer + 1)


def _independent(result: Measured, layer: int) -> _Float64:
    passed = _backward_variance(result, layer) * _above(result, layer)
    return passed * mean_square_slope(result, layer)


def _slope_at_zero(result: Measured, layer: int) -> _Float64:
    return _backward_variance(result, layer) * _above(result, layer) * slope_at_zero(result)


FORWARD: Chain = Chain(
    symbol="Var z",
    quantity="pre_activation_mean_square",
    letter="z",
    first=2,
    last=0,
    steps=(
        Step(
            formula="n Var w (Var a + E[a]²)",
            does="expands the sum with E w = 0",
            says=_of_below("mean_square"),
        ),
        Step(
            formula="n Var w Var a",
            does="drops n Var w E[a]²",
            says=_of_below("variance"),
        ),
        Step(formula="n Var w", does="sets Var a = 1", says=_weights_alone),
    ),
)
"""The forward derivation of the lecture, Glorot weight initialization (GL3 to GL8)."""

BACKWARD: Chain = Chain(
    symbol="Var v",
    quantity="gradient_mean_square",
    letter="v",
    first=1,
    last=-1,
    steps=(
        Step(
            formula="n⁺ Var w E[v⁺²] E[φ'²]",
            does="treats v⁺ and φ' as independent of W",
            says=_independent,
        ),
        Step(
            formula="n⁺ Var w E[v⁺²] φ'(0)²",
            does="sets z = 0 everywhere",
            says=_slope_at_zero,
        ),
        Step(formula="E[v⁺²]", does="requires n⁺ Var w φ'(0)² = 1", says=_above),
    ),
)
"""The backward derivation of the lecture, Glorot weight initialization (BP3 to BP5)."""
