"""Which numbers are recorded of each layer of each network, and how is each one defined?

A new quantity is one `Quantity` and one row of `QUANTITIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.histogram import Axis
from saturation_lab.statistics.tally import PERCENTS, Tally, tally
from saturation_lab.statistics.trace import SIGNALS, TracedLayer

_Tallies = Mapping[str, Tally]
"""The counted values of every signal of a layer."""

PEAK = 1 / 100
"""The "0-peak": values within this share of the half-width of the figure's common axis."""


class Kind(StrEnum):
    """What sort of number a quantity is, from which follows how two of them are compared."""

    SIZE = "size"
    """Above 0, on a scale of its own: twice as much is the same everywhere."""
    SHARE = "share"
    """A share or a cosine, in parts of one."""
    PLACE = "place"
    """Of either sign: a mean, a percentile, a shape."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """One number for each layer of each network, computed inside that network.

    Attributes:
        name: the key of the table and of the JSON.
        definition: the formula in words.
        kind: size, share or place.
        measure: from a traced layer and the counts of its signals to [N].
    """

    name: str
    definition: str
    kind: Kind
    measure: Callable[[TracedLayer, _Tallies], Float64]


def _moment(signal: str, moment: str) -> Callable[[TracedLayer, _Tallies], Float64]:
    def measure(layer: TracedLayer, tallies: _Tallies) -> Float64:
        value: Float64 = getattr(layer.moments[signal], moment)
        return value

    return measure


def _tail(layer: TracedLayer, threshold: float, share: Any) -> Float64:
    """Return a share of z beyond a threshold; nan without such a tail or where z overflowed."""
    if not np.isfinite(threshold):
        return np.full(len(layer.pre_activation), np.nan)
    return np.where(np.isfinite(layer.moments["pre_activation"].mean), share(), np.nan)


def _low_share(layer: TracedLayer, tallies: _Tallies) -> Float64:
    low, _ = layer.thresholds
    return _tail(layer, low, lambda: tallies["pre_activation"].share_below(low))


def _high_share(layer: TracedLayer, tallies: _Tallies) -> Float64:
    _, high = layer.thresholds
    return _tail(layer, high, lambda: tallies["pre_activation"].share_above(high))


def _saturated_share(layer: TracedLayer, tallies: _Tallies) -> Float64:
    shares = np.stack([_low_share(layer, tallies), _high_share(layer, tallies)])
    there = np.isfinite(layer.thresholds)[:, None]
    return np.where(there.any(), np.where(there, shares, 0).sum(axis=0), np.nan)


def _dead_share(layer: TracedLayer, tallies: _Tallies) -> Float64:
    low, high = layer.thresholds
    return _tail(layer, max(low, -high), lambda: layer.dead_share)


def _weight_gradient_mean_square(layer: TracedLayer, tallies: _Tallies) -> Float64:
    delta_square = layer.measured["gradient"].example_square
    value: Float64 = (delta_square * layer.below_square).mean(axis=1)
    return value


def _gradient_to_weight_ratio(layer: TracedLayer, tallies: _Tallies) -> Float64:
    weight_square = layer.weight_variance / layer.below.shape[-1]
    ratio: Float64 = np.sqrt(layer.weight_gradient_square / weight_square)
    return ratio


def _of_singular_values(reduce: Callable[..., Any]) -> Callable[[TracedLayer, _Tallies], Float64]:
    def measure(layer: TracedLayer, tallies: _Tallies) -> Float64:
        values = layer.singular_value
        if not values.size:
            return np.full(len(values), np.nan)
        found: Float64 = reduce(values, axis=2).mean(axis=1)
        return found

    return measure


def _singular_value_rms(layer: TracedLayer, tallies: _Tallies) -> Float64:
    if layer.jacobians is None:
        return np.full(len(layer.pre_activation), np.nan)
    return layer.jacobians.root_mean_square


def _percentile(signal: str, column: int) -> Callable[[TracedLayer, _Tallies], Float64]:
    return lambda layer, tallies: tallies[signal].tails[:, column]


def _peak_share(signal: str) -> Callable[[TracedLayer, _Tallies], Float64]:
    def measure(layer: TracedLayer, tallies: _Tallies) -> Float64:
        if signal == "weight_gradient":
            spread = layer.weight_gradient_square
        else:
            spread = layer.moments[signal].mean
        return np.where(
            np.isfinite(spread),
            tallies[signal].share_within(PEAK * tallies[signal].axes[0].half_width),
            np.nan,
        )

    return measure


def _moments_of(signal: str, symbol: str) -> list[Quantity]:
    wording = {
        "mean": f"mean of {symbol} over all units and examples",
        "mean_square": f"mean of {symbol}² over all units and examples",
        "variance": f"variance of {symbol} over all units and examples, about the network's mean",
        "skewness": f"third standardised central moment of {symbol}",
        "kurtosis": f"fourth standardised central moment of {symbol}, 3 for a normal law",
    }
    return [
        Quantity(
            name=f"{signal}_{moment}",
            definition=words,
            kind=Kind.SIZE if moment in ("mean_square", "variance") else Kind.PLACE,
            measure=_moment(signal, moment),
        )
        for moment, words in wording.items()
    ]


_ALL: list[Quantity] = [
    *_moments_of("pre_activation", "z"),
    *_moments_of("activation", "a"),
    *_moments_of("gradient", "delta = ∂C/∂z"),
    Quantity(
        name="weight_gradient_mean_square",
        definition="mean over examples of ‖delta_l‖² ‖a_{l-1}‖² / (n_l n_{l-1}): the squared "
        "weight gradient of one example (Glorot & Bengio 2010, eq. 3)",
        kind=Kind.SIZE,
        measure=_weight_gradient_mean_square,
    ),
    Quantity(
        name="batch_weight_gradient_mean_square",
        definition="mean square of the entries of the mini-batch mean of delta_l a_{l-1}ᵀ: what "
        "training applies",
        kind=Kind.SIZE,
        measure=lambda layer, tallies: layer.weight_gradient_square,
    ),
    Quantity(
        name="conditional_mean_square",
        definition="K = σ_w² mean(a_{l-1}²) + σ_b², mean over examples: Var z given the layer "
        "below",
        kind=Kind.SIZE,
        measure=lambda layer, tallies: layer.conditional_mean_square.mean(axis=1),
    ),
    Quantity(
        name="saturated_low_share",
        definition="share of z below the activation's lower saturation threshold",
        kind=Kind.SHARE,
        measure=_low_share,
    ),
    Quantity(
        name="saturated_high_share",
        definition="share of z above the activation's upper saturation threshold",
        kind=Kind.SHARE,
        measure=_high_share,
    ),
    Quantity(
        name="saturated_share",
        definition="share of z beyond either threshold",
        kind=Kind.SHARE,
        measure=_saturated_share,
    ),
    Quantity(
        name="dead_share",
        definition="share of units beyond one threshold for all examples",
        kind=Kind.SHARE,
        measure=_dead_share,
    ),
    Quantity(
        name="input_share_of_variance",
        definition="mean over units of the variance of z over examples (ddof 1), divided by the "
        "mean square of z: how much of the spread still comes from the input",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["pre_activation"].share_over_examples,
    ),
    Quantity(
        name="activation_input_share_of_variance",
        definition="the same for a",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["activation"].share_over_examples,
    ),
    Quantity(
        name="gradient_to_weight_ratio",
        definition="root mean square of the mini-batch weight gradient over the standard deviation "
        "of the weights' law",
        kind=Kind.SIZE,
        measure=_gradient_to_weight_ratio,
    ),
    Quantity(
        name="input_correlation",
        definition="cosine between the z vectors of two examples, mean over all pairs",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["pre_activation"].cosine,
    ),
    Quantity(
        name="activation_correlation",
        definition="the same for a",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["activation"].cosine,
    ),
    Quantity(
        name="singular_value_mean",
        definition="mean of the singular values of the layer's Jacobian ∂a_l/∂a_{l-1}, mean over "
        "the examples that were decomposed (Glorot & Bengio 2010, section 4.2.2)",
        kind=Kind.SIZE,
        measure=_of_singular_values(np.mean),
    ),
    Quantity(
        name="singular_value_rms",
        definition="root mean square of these singular values, mean over all examples: exact from "
        "(W∘W)φ'²",
        kind=Kind.SIZE,
        measure=_singular_value_rms,
    ),
    Quantity(
        name="singular_value_max",
        definition="largest of these singular values, mean over the examples that were decomposed",
        kind=Kind.SIZE,
        measure=_of_singular_values(np.max),
    ),
    *(
        Quantity(
            name=f"{signal}_percentile_{percent}",
            definition=f"{percent} % of the {signal.replace('_', ' ')} values lie below; exact, "
            "linear between two values",
            kind=Kind.PLACE,
            measure=_percentile(signal, column),
        )
        for signal in ("pre_activation", "activation", "gradient")
        for column, percent in enumerate(PERCENTS)
    ),
    *(
        Quantity(
            name=f"{signal}_peak_share",
            definition=f"share of {signal.replace('_', ' ')} values within ±1/100 of the "
            "half-width of the common axis: the 0-peak",
            kind=Kind.SHARE,
            measure=_peak_share(signal),
        )
        for signal in SIGNALS
    ),
]

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}


def tallies_of(layer: TracedLayer, axes: Mapping[str, tuple[Axis, Axis]]) -> dict[str, Tally]:
    """Count every signal of a layer on both its axes, and around what shares need."""
    return {
        signal: tally(
            layer.signal(signal),
            both,
            marks=(
                *(layer.thresholds if signal == "pre_activation" else ()),
                *(side * PEAK * both[0].half_width for side in (-1, 1)),
            ),
        )
        for signal, both in axes.items()
    }


def measure_layer(layer: TracedLayer, tallies: _Tallies) -> NDArray[Any]:
    """Return every quantity of one layer, [N, quantities] in the order of `QUANTITIES`."""
    return np.stack([q.measure(layer, tallies) for q in QUANTITIES.values()], axis=1)
