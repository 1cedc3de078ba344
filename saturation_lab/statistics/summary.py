"""What remains of many networks, and how do two parts become one?

Merging is order-free to the last bit: rows are sorted by network, counts are integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.histogram import Axis, Histogram
from saturation_lab.statistics.quantities import measure_layer, tallies_of
from saturation_lab.statistics.tally import Counted
from saturation_lab.statistics.trace import Trace, TracedLayer

Axes = Mapping[str, tuple[Axis, Axis]]
"""For each signal its linear axis and its asinh axis."""

_ROWS = ("networks", "values", "conditional", "first_bad_layer", "bad_going_up")


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The per-network table and the pooled histograms of R networks.

    Attributes:
        networks: the index of each network, [R], ascending.
        values: [R, layers, quantities] in the order of `QUANTITIES`; undefined is nan.
        conditional: K for each example, [R, layers, B].
        first_bad_layer: the layer (from 1) where a network first became non-finite, 0 if never.
        bad_going_up: whether that was in the forward pass, [R].
        histograms: for each signal its counts on the linear and on the asinh axis.

    The layers are the hidden ones, then the output layer if there is one.
    """

    networks: NDArray[np.int64]
    values: Float64
    conditional: Float64
    first_bad_layer: NDArray[np.int64]
    bad_going_up: NDArray[np.bool_]
    histograms: Mapping[str, tuple[Histogram, Histogram]]

    @property
    def overflowed(self) -> int:
        """Return how many networks became non-finite somewhere."""
        return int(np.count_nonzero(self.first_bad_layer))

    def first(self, count: int) -> Summary:
        """Return the rows of the first networks; pooled histograms cannot be taken apart again."""
        rows = {name: getattr(self, name)[:count] for name in _ROWS}
        return Summary(histograms={}, **rows)


def summarize(trace: Trace, *, networks: NDArray[np.int64], axes: Axes) -> Summary:
    """Measure N traced networks; ``networks`` [N] are their indices."""
    with np.errstate(all="ignore"):  # overflow is counted, not warned about
        # a copy of the layer takes what it computes on the way with it when it goes
        measured = [_measure(replace(layer), axes) for layer in trace.every_layer]
        bad, going_up = _first_bad_layer(
            up=[part.bad_up for part in measured], down=[part.bad_down for part in measured]
        )
    return Summary(
        networks=networks,
        values=np.stack([part.values for part in measured], axis=1),
        conditional=np.stack([part.conditional for part in measured], axis=1),
        first_bad_layer=bad,
        bad_going_up=going_up,
        histograms={
            signal: (
                _stacked([part.counts[signal][0] for part in measured], axes[signal][0]),
                _stacked([part.counts[signal][1] for part in measured], axes[signal][1]),
            )
            for signal in axes
        },
    )


class _Measured(NamedTuple):
    """What is kept of one layer of N networks."""

    values: Float64
    conditional: Float64
    counts: dict[str, list[Counted]]
    bad_up: NDArray[np.bool_]
    bad_down: NDArray[np.bool_]


def _measure(layer: TracedLayer, axes: Axes) -> _Measured:
    bad = {s: _bad(layer.signal(s), moments.mean) for s, moments in layer.moments.items()}
    bad["weight_gradient"] = _bad(layer.weight_gradient, layer.weight_gradient_square)
    tallies = tallies_of(layer, axes)
    return _Measured(
        values=measure_layer(layer, tallies),
        conditional=layer.conditional_mean_square,
        counts={signal: counted.on_axes() for signal, counted in tallies.items()},
        bad_up=bad["pre_activation"] | bad["activation"],
        bad_down=bad["gradient"] | bad["weight_gradient"],
    )


def _stacked(layers: list[Counted], axis: Axis) -> Histogram:
    return Histogram(
        axis=axis,
        counts=np.stack([counts for counts, _ in layers]),
        flows=np.stack([flows for _, flows in layers]),
    )


def _first_bad_layer(
    *, up: list[NDArray[np.bool_]], down: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the first layer with a non-finite value in the order of computing, and the pass."""
    order = np.stack([*up, *reversed(down)], axis=1)
    first = order.argmax(axis=1)
    numbers = np.array([*range(1, len(up) + 1), *range(len(up), 0, -1)])
    found = order.any(axis=1)
    return np.where(found, numbers[first], 0), found & (first < len(up))


def _bad(x: NDArray[Any], mean: Float64) -> NDArray[np.bool_]:
    """Say which networks hold a value that is not finite, from a mean of x or x² in each."""
    bad = ~np.isfinite(mean)  # a finite mean has finite parts, but finite parts may overflow it
    for network in np.flatnonzero(bad):
        bad[network] = not np.isfinite(x[network]).all()
    return bad


def merge(parts: Iterable[Summary], networks: range | None = None) -> Summary:
    """Return one summary of all parts, whatever their order; each network in one part only.

    Args:
        networks: the indices that the parts have together. Where they are known, parts are taken
            one at a time, written where they belong: memory grows by the per-network table alone.
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
                "networks", expected=f"{indices[0]} to {indices[-1]}", got=Words(f"network {stray}")
            )
        if done[places].any() or len(np.unique(places)) != len(places):
            raise InputError(
                "networks", expected="each network in one part only", got=Words("a repeated one")
            )
        done[places] = True
        for name in _ROWS:
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
            expected="every network in a part",
            got=Words(f"none for {int(indices[~done][0])}"),
        )
    return Summary(histograms=histograms, **rows)
