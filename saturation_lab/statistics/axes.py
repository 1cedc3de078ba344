"""Which axes histograms have: a rule that takes each signal's range from a few networks.

The linear axis holds 99.9 % of |values| of the layer that is widest; the asinh axis looks across
decades. All layers of a signal share both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from saturation_lab.statistics.histogram import WIDE_BINS, Axis
from saturation_lab.statistics.summary import Axes
from saturation_lab.statistics.trace import Trace

REACH_SHARE = 0.999
"""A range holds this share of |values| of the layer that is widest."""
MOST_VALUES = 2**20
"""Of a signal with two, three, ... times as many values in a layer, every second, third, ... is
looked at."""
WIDE_REACH = 1e2
WIDE_DECADES = 8
"""The asinh axis reaches 100 times as far as the linear one, and down by 8 decades from there."""
NEVER_NEGATIVE = ("singular_value",)
"""Signals whose ranges start at 0."""
LEAST_RANGE, MOST_RANGE = 1e-250, 1e250


def axes_from(ranges: Mapping[str, tuple[float, float]], *, bins: int) -> Axes:
    """Return the linear and the asinh axis of every signal that has a range."""
    axes = {}
    for signal, (low, high) in ranges.items():
        linear = Axis(low=low, high=high, bins=bins)
        reach = WIDE_REACH * max(abs(low), abs(high))
        wide = Axis(low=-reach, high=reach, bins=WIDE_BINS, scale=reach / 10**WIDE_DECADES)
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
                reach[signal] = max(reach[signal], float(np.quantile(values, REACH_SHARE)))
    return reach


def span_from(reach: float, signal: str = "") -> tuple[float, float]:
    """Return the range of a signal whose values reach so far.

    The end is rounded up to two significant digits, from 1e-250 to 1e250; it is 1 where nothing
    was seen.

    >>> span_from(0.0123), span_from(0.0), span_from(2.0, "singular_value")
    ((-0.013, 0.013), (-1.0, 1.0), (0.0, 2.0))
    """
    end = _round_up(reach)
    return (0.0 if signal in NEVER_NEGATIVE else -end), end


def _round_up(reach: float) -> float:
    if reach == 0:
        return 1.0
    reach = min(max(reach, LEAST_RANGE), MOST_RANGE)
    decade = 10.0 ** (math.floor(math.log10(reach)) - 1)
    return float(f"{math.ceil(reach / decade) * decade:.2g}")
