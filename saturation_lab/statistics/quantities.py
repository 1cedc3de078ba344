"""The recorded quantities: one number for each layer of each network, with its definition.

To add a quantity, add one `Quantity` to `QUANTITIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import choice
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.histogram import Axis
from saturation_lab.statistics.tally import PERCENTS, Tally, tally
from saturation_lab.statistics.trace import SIGNALS, TracedLayer

_Tallies = Mapping[str, Tally]
"""The counted values of every signal of a layer."""

PEAK = 1 / 100
"""The half-width of the "0-peak", as a share of the half-width of the figure's common axis."""


class Kind(StrEnum):
    """What kind of number a quantity is, which determines how two of its values are compared."""

    SIZE = "size"
    """A positive number, compared by ratios: a factor of two means the same everywhere."""
    SHARE = "share"
    """A share or a cosine, in parts of one, compared by differences."""
    PLACE = "place"
    """A number of either sign: a mean, a percentile, a skewness or a kurtosis."""


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A quantity: one number for each layer of each network, computed within that network.

    Attributes
    ----------
    name : str
        The key in tables and in the JSON.
    definition : str
        The formula in words.
    kind : Kind
        "size", "share" or "place".
    measure : callable
        Maps a traced layer and the tallies of its signals to values of shape (networks,).
    counted : str
        The signal whose tally it needs; "" if it needs none.
    """

    name: str
    definition: str
    kind: Kind
    measure: Callable[[TracedLayer, _Tallies], Float64]
    counted: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", Kind(choice("kind", self.kind, list(Kind))))


Only = frozenset[tuple[str, int]]
"""The quantities that are computed, each with the number of its layer, where not all are."""


def signals_counted(only: Only) -> set[str]:
    """Return the signals whose tallies some quantities need.

    Parameters
    ----------
    only : frozenset of tuple
        Quantities, each with the number of a layer.

    Returns
    -------
    set of str
        The signals.

    Examples
    --------
    >>> signals_counted(frozenset({("activation_percentile_2", 3), ("activation_mean", 1)}))
    {'activation'}
    """
    return {QUANTITIES[name].counted for name, _ in only} - {""}


def _moment(signal: str, moment: str) -> Callable[[TracedLayer, _Tallies], Float64]:
    def measure(layer: TracedLayer, tallies: _Tallies) -> Float64:
        value: Float64 = getattr(layer.moments[signal], moment)
        return value

    return measure


def _tail(layer: TracedLayer, threshold: float, share: Any) -> Float64:
    """Return a share of z beyond a threshold; nan if there is no such threshold or z overflowed."""
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
    if layer.weight_square == 0:
        return np.full(len(layer.pre_activation), np.nan)
    ratio: Float64 = np.sqrt(layer.weight_gradient_square / layer.weight_square)
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
        "skewness": f"third standardized central moment of {symbol}",
        "kurtosis": f"fourth standardized central moment of {symbol}, 3 for a normal distribution",
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


def _words(signal: str) -> str:
    return signal.replace("pre_", "pre-").replace("_", " ")


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
        definition="mean square of the entries of the mini-batch mean of delta_l a_{l-1}ᵀ: the "
        "gradient that training applies",
        kind=Kind.SIZE,
        measure=lambda layer, tallies: layer.weight_gradient_square,
    ),
    Quantity(
        name="conditional_mean_square",
        definition="K = σ_w² mean(a_{l-1}²) + σ_b², mean over examples: the mean square of z given "
        "the layer below, to which laws that are not centred add that of the mean of z",
        kind=Kind.SIZE,
        measure=lambda layer, tallies: layer.conditional_mean_square.mean(axis=1),
    ),
    Quantity(
        name="saturated_low_share",
        definition="share of z below the activation's lower saturation threshold",
        kind=Kind.SHARE,
        measure=_low_share,
        counted="pre_activation",
    ),
    Quantity(
        name="saturated_high_share",
        definition="share of z above the activation's upper saturation threshold",
        kind=Kind.SHARE,
        measure=_high_share,
        counted="pre_activation",
    ),
    Quantity(
        name="saturated_share",
        definition="share of z beyond either threshold",
        kind=Kind.SHARE,
        measure=_saturated_share,
        counted="pre_activation",
    ),
    Quantity(
        name="dead_share",
        definition="share of units beyond one threshold for all examples",
        kind=Kind.SHARE,
        measure=_dead_share,
    ),
    Quantity(
        name="input_share_of_variance",
        definition="mean over units of the variance of z over the examples shown (ddof 0), divided "
        "by the mean square of z, at most 1: how much of the spread still comes from the input",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["pre_activation"].share_over_examples,
    ),
    Quantity(
        name="activation_input_share_of_variance",
        definition="mean over units of the variance of a over the examples shown (ddof 0), divided "
        "by the mean square of a, at most 1: how much of the spread still comes from the input",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["activation"].share_over_examples,
    ),
    Quantity(
        name="gradient_to_weight_ratio",
        definition="root mean square of the mini-batch weight gradient, divided by that of the "
        "weights' distribution, which is its standard deviation if it is centred",
        kind=Kind.SIZE,
        measure=_gradient_to_weight_ratio,
    ),
    Quantity(
        name="input_correlation",
        definition="cosine of the angle between the z vectors of two examples, mean over all pairs",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["pre_activation"].cosine,
    ),
    Quantity(
        name="activation_correlation",
        definition="cosine of the angle between the a vectors of two examples, mean over all pairs",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.likeness["activation"].cosine,
    ),
    Quantity(
        name="unit_correlation",
        definition="cosine of the angle between the z of two units, as vectors over the examples, "
        "mean over all pairs of units that are not 0 throughout: 1 if all units are equal up to a "
        "positive factor, about 0 for independent weights",
        kind=Kind.SHARE,
        measure=lambda layer, tallies: layer.unit_correlation,
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
        definition="root mean square of the singular values of the layer's Jacobian, mean over "
        "all examples: computed exactly from (W∘W)φ'²",
        kind=Kind.SIZE,
        measure=_singular_value_rms,
    ),
    Quantity(
        name="singular_value_max",
        definition="largest singular value of the layer's Jacobian, mean over the examples that "
        "were decomposed",
        kind=Kind.SIZE,
        measure=_of_singular_values(np.max),
    ),
    *(
        Quantity(
            name=f"{signal}_percentile_{percent}",
            definition=f"value below which {percent} % of the {_words(signal)} values lie: exact, "
            "interpolated linearly between two values",
            kind=Kind.PLACE,
            measure=_percentile(signal, column),
            counted=signal,
        )
        for signal in ("pre_activation", "activation", "gradient")
        for column, percent in enumerate(PERCENTS)
    ),
    *(
        Quantity(
            name=f"{signal}_peak_share",
            definition=f"share of {_words(signal)} values within ±1/100 of the half-width of the "
            "common axis around 0: the 0-peak",
            kind=Kind.SHARE,
            measure=_peak_share(signal),
            counted=signal,
        )
        for signal in SIGNALS
    ),
]

QUANTITIES: dict[str, Quantity] = {quantity.name: quantity for quantity in _ALL}
"""Every quantity, by name, in the order of the tables. A user may add more."""


def own_quantities() -> tuple[Quantity, ...]:
    """Return the quantities that a user added to `QUANTITIES`.

    Returns
    -------
    tuple of Quantity
        The added quantities; a worker process needs them, as it starts with the built-in ones.

    Examples
    --------
    >>> own_quantities()
    ()
    """
    built_in = {one.name for one in _ALL}
    return tuple(one for name, one in QUANTITIES.items() if name not in built_in)


def set_own_quantities(own: Iterable[Quantity]) -> None:
    """Make `QUANTITIES` consist of the built-in quantities and those of a user.

    Parameters
    ----------
    own : iterable of Quantity
        The user's quantities, as `own_quantities` returns them in the process that gives the order.

    Examples
    --------
    >>> set_own_quantities(own_quantities())
    """
    for one in own_quantities():
        del QUANTITIES[one.name]
    QUANTITIES.update({one.name: one for one in own})


def tallies_of(layer: TracedLayer, axes: Mapping[str, tuple[Axis, Axis]]) -> dict[str, Tally]:
    """Count the values of every signal of a layer on both of its axes.

    Parameters
    ----------
    layer : TracedLayer
        The layer.
    axes : mapping of str to tuple of Axis
        The linear and the asinh axis of each signal.

    Returns
    -------
    dict of str to Tally
        The tally of each signal. It also has edges at the ends of the 0-peak and, for
        pre-activations, at the saturation thresholds, so that those shares are exact.

    Examples
    --------
    >>> z = np.array([[[-0.5, 0.5]]])
    >>> layer = TracedLayer(below=z, pre_activation=z, activation=z, gradient=z)
    >>> both = (Axis(low=-1.0, high=1.0, bins=2), Axis(low=-9.0, high=9.0, bins=2, scale=0.1))
    >>> tallies_of(layer, {"activation": both})["activation"].on_axes()[0][0].tolist()
    [1, 1]
    """
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


def measure_layer(
    layer: TracedLayer, tallies: _Tallies, only: Container[str] | None = None
) -> NDArray[Any]:
    """Compute every quantity of one layer, or only some.

    Parameters
    ----------
    layer : TracedLayer
        The layer.
    tallies : mapping of str to Tally
        The tallies of its signals, from `tallies_of`.
    only : container of str, optional
        The names of the quantities to compute; None for all.

    Returns
    -------
    array of shape (networks, quantities)
        The values in the order of `QUANTITIES`; nan if undefined or not computed.

    Examples
    --------
    >>> from saturation_lab.statistics.axes import axes_from
    >>> z = np.array([[[-0.5, 0.5]]])
    >>> layer = TracedLayer(below=z, pre_activation=z, activation=z, gradient=z)
    >>> axes = axes_from(dict.fromkeys(SIGNALS, (-1.0, 1.0)), bins=50)
    >>> values = measure_layer(layer, tallies_of(layer, axes))
    >>> dict(zip(QUANTITIES, values[0].tolist()))["pre_activation_variance"]
    0.25
    """
    if only is None:
        return np.stack([q.measure(layer, tallies) for q in QUANTITIES.values()], axis=1)
    found = np.full((len(layer.pre_activation), len(QUANTITIES)), np.nan)
    for column, quantity in enumerate(QUANTITIES.values()):
        if quantity.name in only:
            found[:, column] = quantity.measure(layer, tallies)
    return found
