"""At which step does the lecture's derivation leave its networks, forward and backward?

A derivation is a chain of lines, each the one above with something dropped or put. What a line says
of a layer, from the network's own moments, is compared with the mean square that the network has:

    r = (what the network has) / (what the line says), for each network and layer.

The variance that a derivation speaks of is an expectation over weights. So r is averaged over
networks in each layer: of an exact line that mean is 1 at any width. (On the log scale a single
network would be off by about 1/n.) Layers are pooled by the geometric mean, as their factors
multiply: a line that errs by f in each layer errs by f^L over L layers, and L layers stay below a
factor 2 where |ln f| < ln 2/L (`default_margin`). The chain breaks at the first line whose interval
lies outside.

The interval is Student's t over networks, by the delta method: with m_l the mean of r_il over
networks i, ln f = -mean_l ln m_l, and network i moves it by -(mean_l r_il/m_l - 1). The logarithm
of a mean of R lies too low by Var r/(2 R m²), in every layer alike, so that is added.
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
"""A number of one layer in each network, [R]."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A line of a derivation.

    Attributes:
        formula: the line.
        does: what it does to the line above: "drops ...", "puts ...".
        says: what it says of a layer, from the network's own moments.
    """

    formula: str
    does: str
    says: OfLayer


@dataclass(frozen=True, kw_only=True)
class Chain:
    """A derivation: what it is about, and its lines from the top.

    Attributes:
        symbol: what is derived.
        quantity: what the network has of it, a mean square.
        letter: the signal that it is the variance of.
        first, last: the layers that it is held to, the last counted from the top layer (0).
        steps: its lines.
    """

    symbol: str
    quantity: str
    letter: str
    first: int
    last: int
    steps: tuple[Step, ...]

    def layers(self, depth: int) -> range:
        """Return the hidden layers that the chain is held to."""
        return range(self.first, depth + self.last + 1)


@dataclass(frozen=True, kw_only=True)
class Link:
    """What was found of one line in one study.

    Attributes:
        step: the line.
        by_layer: the line over the network in each layer, mean over networks.
        answer: the interval of the logarithm of network over line, and what it decides.
        breaks: whether the chain breaks here.
        broken: whether it broke in a line above.
    """

    step: Step
    by_layer: _Float64
    answer: Answer
    breaks: bool
    broken: bool

    @property
    def factor(self) -> Interval:
        """Return the line over the network: geometric mean over layers, with its interval."""
        found = self.answer.interval
        turned = replace(found, estimate=-found.estimate, low=-found.high, high=-found.low)
        return turned.map(math.exp)


def followed(chain: Chain, result: Measured) -> list[Link]:
    """Return what a study's networks make of each line, from the top.

    A network in which a line is undefined (it overflowed, or no signal is left) is counted, and
    then nothing is decided there.

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
    """Return the interval of mean_l ln(mean_i r_il) of ratios r [R, layers], see the module.

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
    if len(values) < 2:  # an estimate, no interval
        return mean_interval(values)
    values[lost] = np.nan
    return interval_of(Replicates(values=values, networks=networks, overflowed=lost))


def _ratios(chain: Chain, step: Step, result: Measured) -> _Float64:
    """Return what the networks have over what a line says, [R, layers]."""
    layers = chain.layers(result.depth)
    with np.errstate(all="ignore"):
        each = [result.values(chain.quantity, i) / step.says(result, i) for i in layers]
    return np.stack(each, axis=1)


def forward_variance(result: Measured, layer: int) -> float:
    """Return n Var w of the weights into a layer, n their fan-in."""
    weights = study_of(result).architecture.layers[layer - 1]
    return weights.fan_in * weights.weight_std**2


def _backward_variance(result: Measured, layer: int) -> float:
    """Return n⁺ Var w of the weights out of a layer, n⁺ their fan-out."""
    weights = study_of(result).architecture.layers[layer]
    return weights.fan_out * weights.weight_std**2


def slope_at_zero(result: Measured) -> float:
    """Return E φ'² as z → 0: φ'(0)², at a kink the mean of both squares."""
    activation = study_of(result).architecture.activation
    return float(gaussian_mean(activation, 0.0, of="slope_square"))


def mean_square_slope(result: Measured, layer: int) -> _Float64:
    """Return E φ'(z)² over the weights of a layer, given the layer below it, mean over examples.

    With normal weights z of an example is exactly N(0, K), K its conditional mean square; with
    others nearly, in wide layers. nan where it diverges.
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
    """Return n Var w times a moment of the activations that enter."""

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


FORWARD = Chain(
    symbol="Var z",
    quantity="pre_activation_mean_square",
    letter="z",
    first=2,
    last=0,
    steps=(
        Step(
            formula="n Var w (Var a + E[a]²)",
            does="expands the sum, E w = 0",
            says=_of_below("mean_square"),
        ),
        Step(
            formula="n Var w Var a",
            does="drops n Var w E[a]²",
            says=_of_below("variance"),
        ),
        Step(formula="n Var w", does="puts Var a = 1", says=_weights_alone),
    ),
)
"""Lecture, Glorot weight initialization: forward (statements GL3 to GL8)."""

BACKWARD = Chain(
    symbol="Var v",
    quantity="gradient_mean_square",
    letter="v",
    first=1,
    last=-1,
    steps=(
        Step(
            formula="n⁺ Var w E[v⁺²] E[φ'²]",
            does="takes v⁺ and φ' to know nothing of W",
            says=_independent,
        ),
        Step(
            formula="n⁺ Var w E[v⁺²] φ'(0)²",
            does="puts z = 0 everywhere",
            says=_slope_at_zero,
        ),
        Step(formula="E[v⁺²]", does="wants n⁺ Var w φ'(0)² = 1", says=_above),
    ),
)
"""Lecture, Glorot weight initialization: backward (statements BP3 to BP5)."""
