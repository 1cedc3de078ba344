"""Measurement of a user's own networks: a `Trace` of them gets verdicts, exhibits and pages."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, ClassVar

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.measured import SCHEMA, Measured
from saturation_lab.statistics.axes import axes_from, checked_ranges, reach_of, span_from
from saturation_lab.statistics.summary import merge, summarize
from saturation_lab.statistics.trace import COUNTED, SIGNALS, Trace

_MOST_PARTS = 64
"""Summaries are merged whenever this many have accumulated, which bounds the memory they take."""
_FIRST_TRACES = 4
"""The number of traces that set the ranges of the histograms."""


@dataclass(frozen=True, kw_only=True)
class OwnNetworks:
    """A description of networks that were not sampled from a study; an `Origin`.

    Attributes
    ----------
    about : str
        What the networks are, as stated by whoever measured them.
    seed : int or None
        Networks of one seed are paired by index; None: they are never paired.
    widths : tuple of int
        The number of units in each hidden layer.
    layer_labels : tuple of str
        The label of each hidden layer.
    examples : int
        The number of inputs that each network was shown.
    ranges : mapping of str to (float, float)
        The ends (low, high) of the linear histogram axis of each signal.
    digest : str
        The SHA-256 of the per-network table.
    """

    about: str
    seed: int | None
    widths: tuple[int, ...]
    layer_labels: tuple[str, ...]
    examples: int
    ranges: Mapping[str, tuple[float, float]]
    digest: str
    kind: ClassVar[str] = "own"
    input_notes: ClassVar[tuple[str, ...]] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the description as plain data."""
        return {
            "about": self.about,
            "seed": self.seed,
            "widths": list(self.widths),
            "labels": list(self.layer_labels),
            "examples": self.examples,
            "ranges": {signal: list(span) for signal, span in self.ranges.items()},
        }

    def written(self) -> str:
        """Return the description as TOML."""
        import tomli_w

        known = {key: value for key, value in self.to_json().items() if value is not None}
        return tomli_w.dumps({"schema": SCHEMA, **known})


def measure(
    traces: Iterable[Trace],
    *,
    title: str,
    name: str = "networks",
    seed: int | None = None,
    labels: Sequence[str] | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    bins: int = 200,
) -> Measured:
    """Measure networks of your own, so that they can be judged, compared and shown on pages.

    Parameters
    ----------
    traces : iterable of Trace
        The networks, one or more in each trace. They are numbered from 0 in this order. Each trace
        is dropped once it has been measured, so an iterator takes the least memory.
    title : str
        The title of the networks on a page.
    name : str
        Their name in tables.
    seed : int, optional
        Results with the same seed are compared network by network, paired by index. By default
        they are never paired.
    labels : sequence of str, optional
        The labels of the hidden layers; by default their numbers.
    ranges : mapping of str to (float, float), optional
        The ends (low, high) of the linear histogram axis of each signal (`SIGNALS`). For a signal
        that is omitted, the first four traces set them: ± the value below which 99.9 % of the
        widest layer lies.
    bins : int
        The number of bins in a linear histogram.

    Returns
    -------
    Measured
        The networks with their per-network table and histograms.

    Raises
    ------
    InputError
        If there are no traces, traces differ in their layers, units or examples, the number of
        labels is not the number of hidden layers, or a range is not a pair (low, high).

    Examples
    --------
    >>> from saturation_lab import Study
    >>> from saturation_lab.sampling.run import trace_network
    >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,) * 3)
    >>> own = measure((trace_network(study, i) for i in range(4)), title="Mine", seed=1)
    >>> own.depth, len(own.networks), own.values("pre_activation_mean_square", 1).shape
    (3, 4, (4,))
    """
    ahead = iter(traces)
    first = list(islice(ahead, _FIRST_TRACES))
    if not first:
        raise InputError("traces", expected="at least one", got=Words("none"))
    spans = dict(checked_ranges("ranges", ranges or {}))
    signals = COUNTED if first[0].layers[0].jacobians is not None else SIGNALS
    reach = [reach_of(trace, [s for s in signals if s not in spans]) for trace in first]
    spans |= {signal: span_from(max(one[signal] for one in reach), signal) for signal in reach[0]}
    axes = axes_from(spans, bins=bins)
    shape = _shape(first[0])
    parts, done = [], 0
    for trace in chain(first, ahead):
        if _shape(trace) != shape:
            raise InputError(
                "traces",
                expected=f"layers of {shape[0]} units and {shape[1]} examples, as in the first",
                got=Words(f"{_shape(trace)[0]} units and {_shape(trace)[1]} examples"),
            )
        count = len(trace.layers[0].pre_activation)
        parts.append(summarize(trace, networks=np.arange(done, done + count), axes=axes))
        parts = [merge(parts)] if len(parts) == _MOST_PARTS else parts
        done += count
    widths = shape[0][: len(first[0].layers)]
    called = tuple(str(i + 1) for i in range(len(widths))) if labels is None else tuple(labels)
    if len(called) != len(widths):
        raise InputError(
            "labels", expected=f"one for each of the {len(widths)} hidden layers", got=len(called)
        )
    summary = merge(parts)
    origin = OwnNetworks(
        about=title,
        seed=seed,
        widths=widths,
        layer_labels=called,
        examples=shape[1],
        ranges=spans,
        digest=hashlib.sha256(summary.values.tobytes()).hexdigest(),
    )
    return Measured(origin=origin, summary=summary, name=name, title=title)


def _shape(trace: Trace) -> tuple[tuple[int, ...], int]:
    """Return the number of units in every layer, and the number of examples."""
    shapes = [layer.pre_activation.shape for layer in trace.every_layer]
    return tuple(shape[2] for shape in shapes), shapes[0][1]
