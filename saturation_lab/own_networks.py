"""Networks of your own, measured: whoever can make a `Trace` gets all that sampled ones get."""

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
"""Merge this many summaries into one, so that histograms do not pile up."""
_FIRST_TRACES = 4
"""How many traces set the ranges of histograms."""


@dataclass(frozen=True, kw_only=True)
class OwnNetworks:
    """Networks that somebody else drew, as `measure` describes them; an `Origin`.

    Attributes
    ----------
    about
        What they are, in the words of whoever measured them.
    """

    about: str
    seed: int | None
    widths: tuple[int, ...]
    layer_labels: tuple[str, ...]
    examples: int
    ranges: Mapping[str, tuple[float, float]]
    digest: str
    kind: ClassVar[str] = "own"

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
    """Measure networks of your own: whatever can be traced gets verdicts, exhibits and pages.

    Parameters
    ----------
    traces
        What the networks show, a `Trace` of one or more networks at a time; the networks are
        counted from 0. Each trace is dropped once it is measured.
    title
        What the networks are called on a page.
    name
        What they are called in tables.
    seed
        Networks of one seed are compared network by network, by their index. None: never.
    labels
        What the hidden layers are called; by default their numbers.
    ranges
        The ends (low, high) of the linear histogram axis by signal (`SIGNALS`); those left out are
        set by the first traces: ± the value below which 99.9 % of the widest layer lies.
    bins
        Bins of the linear histograms.

    Raises
    ------
    InputError
        If there is no trace, traces differ in their layers, units or examples, or there is not one
        label for each hidden layer, or a range is none.

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
    """Return the units of every layer and the number of examples."""
    shapes = [layer.pre_activation.shape for layer in trace.every_layer]
    return tuple(shape[2] for shape in shapes), shapes[0][1]
