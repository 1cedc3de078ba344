"""Which axes histograms have: a rule that takes each signal's range from a few networks.

The linear axis holds 99.9 % of |values| of the layer that is widest; the asinh axis looks across
decades. All layers of a signal share both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from saturation_lab.checks import InputError, choice, real
from saturation_lab.statistics.histogram import WIDE_BINS, Axis
from saturation_lab.statistics.summary import Axes
from saturation_lab.statistics.trace import COUNTED, Trace

_REACH_SHARE = 0.999
"""A range holds this share of |values| of the layer that is widest."""
MOST_VALUES = 2**20
"""Of a signal with two, three, ... times as many values in a layer, every second, third, ... is
looked at."""
WIDE_REACH = 1e2
_WIDE_DECADES = 8
"""The asinh axis reaches 100 times as far as the linear one, and down by 8 decades from there."""
_NEVER_NEGATIVE = ("singular_value",)
"""Signals whose ranges start at 0."""
_LEAST_RANGE, _MOST_RANGE = 1e-250, 1e250


def checked_ranges(key: str, value: object) -> Mapping[str, tuple[float, float]]:
    """Return the given ranges (low, high) by signal, read-only and in the order of the signals.

    Raises
    ------
    InputError
        If it is no table, a signal is unknown, or a range is none.
    """
    if not isinstance(value, Mapping):
        raise InputError(key, expected="a table of signal = [low, high]", got=value)
    spans = {choice(key, one, COUNTED): _span(f"{key}.{one}", span) for one, span in value.items()}
    return MappingProxyType({signal: spans[signal] for signal in COUNTED if signal in spans})


def _span(key: str, span: object) -> tuple[float, float]:
    if not isinstance(span, list | tuple) or len(span) != 2:
        raise InputError(key, expected="[low, high]", got=span)
    low = real(key, span[0])
    high = real(key, span[1], above=low)
    largest = max(abs(low), abs(high))
    if largest > _MOST_RANGE or high - low < max(_LEAST_RANGE, 1e-9 * largest):
        expected = f"numbers up to {_MOST_RANGE:g} and apart by more than rounding"
        raise InputError(key, expected=expected, got=span)
    return low, high


def axes_from(ranges: Mapping[str, tuple[float, float]], *, bins: int) -> Axes:
    """Return the linear and the asinh axis of every signal that has a range."""
    axes = {}
    for signal, (low, high) in ranges.items():
        linear = Axis(low=low, high=high, bins=bins)
        reach = WIDE_REACH * max(abs(low), abs(high))
        wide = Axis(low=-reach, high=reach, bins=WIDE_BINS, scale=reach / 10**_WIDE_DECADES)
        axes[signal] = (linear, wide)
    return axes


def reach_of(trace: Trace, signals: Iterable[str]) -> dict[str, float]:
    """Return how far the values of each signal reach in the hidden layers of a trace."""
    reach = dict.fromkeys(signals, 0.0)
    for traced in trace.layers:
        layer = replace(traced)  # its weight gradient goes with the copy
        for signal in reach:
            values = layer.signal(signal).reshape(-1)
            values = np.abs(values[:: max(1, values.size // MOST_VALUES)])
            values = values[np.isfinite(values)]
            if values.size:
                reach[signal] = max(reach[signal], float(np.quantile(values, _REACH_SHARE)))
    return reach


def span_from(reach: float, signal: str = "") -> tuple[float, float]:
    """Return the range of a signal whose values reach so far.

    The end is rounded up to two significant digits, from 1e-250 to 1e250; it is 1 where nothing
    was seen.

    >>> span_from(0.0123), span_from(0.0), span_from(2.0, "singular_value")
    ((-0.013, 0.013), (-1.0, 1.0), (0.0, 2.0))
    """
    end = _round_up(reach)
    return (0.0 if signal in _NEVER_NEGATIVE else -end), end


def _round_up(reach: float) -> float:
    if reach == 0:
        return 1.0
    reach = min(max(reach, _LEAST_RANGE), _MOST_RANGE)
    decade = 10.0 ** (math.floor(math.log10(reach)) - 1)
    return float(f"{math.ceil(reach / decade) * decade:.2g}")
