"""The summary of many networks, and how partial summaries are merged.

Merging does not depend on the order of the parts, to the last bit: rows are sorted by network, and
counts are integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.statistics.faintness import faint_gradient, faint_signal
from saturation_lab.statistics.histogram import Axis, Histogram
from saturation_lab.statistics.moments import mean_square
from saturation_lab.statistics.quantities import Only, measure_layer, signals_counted, tallies_of
from saturation_lab.statistics.tally import Counted
from saturation_lab.statistics.trace import Trace, TracedLayer

Axes = Mapping[str, tuple[Axis, Axis]]
"""For each signal, its linear axis and its asinh axis."""

ROWS = (
    "networks",
    "values",
    "conditional",
    "first_bad_layer",
    "bad_going_up",
    "first_faint_layer",
    "faint_going_up",
)
"""The fields of `Summary` that have one row per network."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The per-network table and the pooled histograms of R networks.

    The layers are the hidden ones, followed by the output layer if there is one.

    Attributes
    ----------
    networks : array of int of shape (networks,)
        The index of each network, in ascending order.
    values : array of shape (networks, layers, quantities)
        The quantities in the order of `QUANTITIES`; nan if undefined.
    conditional : array of shape (networks, layers, examples)
        The conditional mean square K of each example.
    first_bad_layer : array of int of shape (networks,)
        The layer, from 1, in which a network first became non-finite; 0 if it never did.
    bad_going_up : array of bool of shape (networks,)
        Whether that was in the forward pass.
    first_faint_layer : array of int of shape (networks,)
        The layer, from 1, in which a network first underflowed; 0 if it never did.
    faint_going_up : array of bool of shape (networks,)
        Whether that was in the forward pass.
    histograms : mapping of str to tuple of Histogram
        The counts of each signal on the linear and on the asinh axis.
    """

    networks: NDArray[np.int64]
    values: Float64
    conditional: Float64
    first_bad_layer: NDArray[np.int64]
    bad_going_up: NDArray[np.bool_]
    first_faint_layer: NDArray[np.int64]
    faint_going_up: NDArray[np.bool_]
    histograms: Mapping[str, tuple[Histogram, Histogram]]

    @property
    def overflowed(self) -> int:
        """The number of networks that became non-finite in some layer."""
        return int(np.count_nonzero(self.first_bad_layer))

    @property
    def underflowed(self) -> int:
        """The number of networks that underflowed in some layer."""
        return int(np.count_nonzero(self.first_faint_layer))

    def first(self, count: int) -> Summary:
        """Return the rows of the first networks, without the histograms.

        Histograms are pooled over networks, so they cannot be split.

        Parameters
        ----------
        count : int
            Number of networks.

        Returns
        -------
        Summary
            Their rows, and no histograms.
        """
        rows = {name: getattr(self, name)[:count] for name in ROWS}
        return Summary(histograms={}, **rows)


def summarize(
    trace: Trace, *, networks: NDArray[np.int64], axes: Axes, only: Only | None = None
) -> Summary:
    """Measure the networks of a trace.

    Parameters
    ----------
    trace : Trace
        The traced networks.
    networks : array of int of shape (networks,)
        Their indices.
    axes : mapping of str to tuple of Axis
        The linear and the asinh axis of each signal that gets histograms.
    only : frozenset of tuple, optional
        The quantities to compute, each with the number of its layer. The other values are nan,
        and there are no histograms; only these quantities need axes. None for everything.

    Returns
    -------
    Summary
        The quantities and the histograms of these networks.

    Examples
    --------
    >>> from saturation_lab.statistics.axes import axes_from
    >>> from saturation_lab.statistics.trace import SIGNALS
    >>> z = np.array([[[-0.5, 0.5]]])
    >>> layer = TracedLayer(below=z, pre_activation=z, activation=z, gradient=z)
    >>> axes = axes_from(dict.fromkeys(SIGNALS, (-1.0, 1.0)), bins=50)
    >>> summarize(Trace(layers=(layer,)), networks=np.array([7]), axes=axes).overflowed
    0
    """
    layers = trace.every_layer
    above = [*(layer.gradient for layer in layers[1:]), None]
    with np.errstate(all="ignore"):  # overflow is counted, not warned about
        # measure a copy of each layer, so that its cached properties are freed with it
        measured = [
            _measure(replace(layer), delta, axes)
            if only is None
            else _measure_only(
                replace(layer), delta, axes, frozenset(x for x in only if x[1] == number)
            )
            for number, (layer, delta) in enumerate(zip(layers, above, strict=True), start=1)
        ]
        bad, bad_up = _first_layer(
            up=[part.bad_up for part in measured], down=[part.bad_down for part in measured]
        )
        faint, faint_up = _first_layer(
            up=[part.faint_up for part in measured], down=[part.faint_down for part in measured]
        )
    return Summary(
        networks=networks,
        values=np.stack([part.values for part in measured], axis=1),
        conditional=np.stack([part.conditional for part in measured], axis=1),
        first_bad_layer=bad,
        bad_going_up=bad_up,
        first_faint_layer=faint,
        faint_going_up=faint_up,
        histograms={
            signal: (
                _stacked([part.counts[signal][0] for part in measured], axes[signal][0]),
                _stacked([part.counts[signal][1] for part in measured], axes[signal][1]),
            )
            for signal in (axes if only is None else ())
        },
    )


class _Measured(NamedTuple):
    """The measurements of one layer of N networks."""

    values: Float64
    conditional: Float64
    counts: dict[str, list[Counted]]
    bad_up: NDArray[np.bool_]
    bad_down: NDArray[np.bool_]
    faint_up: NDArray[np.bool_]
    faint_down: NDArray[np.bool_]


def _measure(layer: TracedLayer, above: Array | None, axes: Axes) -> _Measured:
    bad = {s: _bad(layer.signal(s), moments.mean) for s, moments in layer.moments.items()}
    bad["weight_gradient"] = _bad(layer.weight_gradient, layer.weight_gradient_square)
    tallies = tallies_of(layer, axes)
    squares = {signal: moments.mean_square for signal, moments in layer.moments.items()}
    squares["weight_gradient"] = layer.weight_gradient_square
    return _Measured(
        values=measure_layer(layer, tallies),
        conditional=layer.conditional_mean_square,
        counts={signal: counted.on_axes() for signal, counted in tallies.items()},
        bad_up=bad["pre_activation"] | bad["activation"],
        bad_down=bad["gradient"] | bad["weight_gradient"],
        faint_up=faint_signal(layer, squares),
        faint_down=faint_gradient(layer, squares, above),
    )


def _measure_only(layer: TracedLayer, above: Array | None, axes: Axes, only: Only) -> _Measured:
    """Compute some quantities, and see which signals left the range, but no weight gradients."""
    tallies = tallies_of(layer, {signal: axes[signal] for signal in signals_counted(only)})
    signals = ("pre_activation", "activation", "gradient")
    squares = {signal: mean_square(layer.signal(signal)) for signal in signals}
    bad = {signal: _bad(layer.signal(signal), squares[signal]) for signal in signals}
    return _Measured(
        values=measure_layer(layer, tallies, {name for name, _ in only}),
        conditional=np.full(layer.pre_activation.shape[:2], np.nan),
        counts={},
        bad_up=bad["pre_activation"] | bad["activation"],
        bad_down=bad["gradient"],
        faint_up=faint_signal(layer, squares),
        faint_down=faint_gradient(layer, squares, above),
    )


def _stacked(layers: list[Counted], axis: Axis) -> Histogram:
    return Histogram(
        axis=axis,
        counts=np.stack([counts for counts, _ in layers]),
        flows=np.stack([flows for _, flows in layers]),
    )


def _first_layer(
    *, up: list[NDArray[np.bool_]], down: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the first layer that is marked in either pass, and whether it was going up."""
    order = np.stack([*up, *reversed(down)], axis=1)
    first = order.argmax(axis=1)
    numbers = np.array([*range(1, len(up) + 1), *range(len(up), 0, -1)])
    found = order.any(axis=1)
    return np.where(found, numbers[first], 0), found & (first < len(up))


def _bad(x: NDArray[Any], mean: Float64) -> NDArray[np.bool_]:
    """Return which networks contain a value that is not finite, from a mean of x or x² in each."""
    bad = ~np.isfinite(mean)  # a finite mean has finite terms, but finite terms may overflow it
    for network in np.flatnonzero(bad):
        bad[network] = not np.isfinite(x[network]).all()
    return bad


def merge(parts: Iterable[Summary], networks: range | None = None) -> Summary:
    """Merge partial summaries, in any order; each network must be in exactly one part.

    Parameters
    ----------
    parts : iterable of Summary
        The parts.
    networks : range, optional
        The indices of all networks together. If given, the parts are consumed one at a time and
        written to their rows, so that memory grows by the per-network table only.

    Returns
    -------
    Summary
        All networks in ascending order, and the sums of the histograms.

    Raises
    ------
    InputError
        If a network is in several parts or in none, if it is not one of ``networks``, or if
        histograms have different axes.

    Examples
    --------
    >>> from saturation_lab.statistics.axes import axes_from
    >>> from saturation_lab.statistics.trace import SIGNALS
    >>> z = np.array([[[-0.5, 0.5]]])
    >>> layer = TracedLayer(below=z, pre_activation=z, activation=z, gradient=z)
    >>> axes = axes_from(dict.fromkeys(SIGNALS, (-1.0, 1.0)), bins=50)
    >>> parts = [
    ...     summarize(Trace(layers=(layer,)), networks=np.array([index]), axes=axes)
    ...     for index in (1, 0)
    ... ]
    >>> merge(parts).networks
    array([0, 1])
    """
    if networks is None:
        parts = list(parts)
        indices = np.sort(np.concatenate([part.networks for part in parts]))
    else:
        indices = np.arange(networks.start, networks.stop)
    rows: dict[str, NDArray[Any]] = {}
    done = np.zeros(len(indices), dtype=bool)
    histograms: dict[str, tuple[Histogram, Histogram]] = {}
    for part in parts:
        places = np.searchsorted(indices, part.networks)
        known = np.take(indices, places, mode="clip") == part.networks
        if not known.all():
            stray = int(part.networks[~known][0])
            raise InputError(
                "networks",
                expected=f"networks {indices[0]} to {indices[-1]}",
                got=Words(f"network {stray}"),
            )
        if done[places].any() or len(np.unique(places)) != len(places):
            raise InputError(
                "networks",
                expected="each network in one part only",
                got=Words("a network in several parts"),
            )
        done[places] = True
        for name in ROWS:
            own = getattr(part, name)
            if name not in rows:
                rows[name] = np.empty((len(indices), *own.shape[1:]), own.dtype)
            rows[name][places] = own
        for signal, (linear, wide) in part.histograms.items():
            old = histograms.get(signal)
            histograms[signal] = (linear, wide) if old is None else (old[0] + linear, old[1] + wide)
    if not done.all():
        raise InputError(
            "networks",
            expected="every network in some part",
            got=Words(f"no part with network {int(indices[~done][0])}"),
        )
    return Summary(histograms=histograms, **rows)
