"""Histogram axes: the range of each signal, chosen from a few networks or given by the user.

The linear axis covers 99.9 % of the absolute values in the layer with the widest values. The asinh
axis spans several decades. All layers of a signal share both axes.
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
"""The share of absolute values that a range covers in the layer with the widest values."""
MOST_VALUES = 2**20
"""Of a layer with k times as many values of a signal, every k-th value is used."""
WIDE_REACH = 1e2
"""The ratio of the outer edge of the asinh axis to that of the linear axis."""
_WIDE_DECADES = 8
"""The number of decades from the outer edge of the asinh axis down to its linear part."""
_NEVER_NEGATIVE = ("singular_value",)
"""Signals whose ranges start at 0."""
_LEAST_RANGE, _MOST_RANGE = 1e-250, 1e250
"""The smallest width of a range, and the largest absolute value of its ends."""


def checked_ranges(key: str, value: object) -> Mapping[str, tuple[float, float]]:
    """Check a table of ranges, one for each signal.

    Parameters
    ----------
    key : str
        Name of the option, for error messages.
    value : object
        The table, a mapping of signals to pairs (low, high).

    Returns
    -------
    mapping of str to tuple of float
        The ranges, read-only and in the order of `COUNTED`.

    Raises
    ------
    InputError
        If it is not a table, if a signal is unknown, or if a range is not a pair of finite numbers
        with low < high.

    Examples
    --------
    >>> dict(checked_ranges("ranges", {"activation": [-1, 1]}))
    {'activation': (-1.0, 1.0)}
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
        expected = f"numbers of at most {_MOST_RANGE:g} that differ by more than rounding"
        raise InputError(key, expected=expected, got=span)
    return low, high


def axes_from(ranges: Mapping[str, tuple[float, float]], *, bins: int) -> Axes:
    """Return the linear and the asinh axis of every signal that has a range.

    Parameters
    ----------
    ranges : mapping of str to tuple of float
        The range (low, high) of the linear axis, by signal.
    bins : int
        Number of bins of the linear axes.

    Returns
    -------
    dict of str to tuple of Axis
        The linear axis and the asinh axis of each signal.

    Examples
    --------
    >>> linear, wide = axes_from({"activation": (-1.0, 1.0)}, bins=50)["activation"]
    >>> linear.high, wide.high
    (1.0, 100.0)
    """
    axes = {}
    for signal, (low, high) in ranges.items():
        linear = Axis(low=low, high=high, bins=bins)
        reach = WIDE_REACH * max(abs(low), abs(high))
        wide = Axis(low=-reach, high=reach, bins=WIDE_BINS, scale=reach / 10**_WIDE_DECADES)
        axes[signal] = (linear, wide)
    return axes


def reach_of(trace: Trace, signals: Iterable[str]) -> dict[str, float]:
    """Return how far the values of each signal extend from 0 in the hidden layers of a trace.

    Parameters
    ----------
    trace : Trace
        A few traced networks.
    signals : iterable of str
        Names from `COUNTED`.

    Returns
    -------
    dict of str to float
        The 99.9 % quantile of the finite absolute values, in the layer where it is largest; 0 if
        there are none.

    Examples
    --------
    >>> from saturation_lab.statistics.trace import TracedLayer
    >>> z = np.full((1, 1, 2), -0.5)
    >>> layer = TracedLayer(below=z, pre_activation=z, activation=z, gradient=z)
    >>> reach_of(Trace(layers=(layer,)), ["activation"])
    {'activation': 0.5}
    """
    reach = dict.fromkeys(signals, 0.0)
    for traced in trace.layers:
        layer = replace(traced)  # a copy, so that the cached weight gradient is freed with it
        for signal in reach:
            values = layer.signal(signal).reshape(-1)
            values = np.abs(values[:: max(1, values.size // MOST_VALUES)])
            values = values[np.isfinite(values)]
            if values.size:
                reach[signal] = max(reach[signal], float(np.quantile(values, _REACH_SHARE)))
    return reach


def span_from(reach: float, signal: str = "") -> tuple[float, float]:
    """Return the range of a signal from the reach of its values.

    The outer end is the reach rounded up to two significant digits, between 1e-250 and 1e250; it is
    1 if the reach is 0.

    Parameters
    ----------
    reach : float
        Absolute value up to which the range extends.
    signal : str, default ""
        Name of the signal; the range of singular values starts at 0, all others are symmetric.

    Returns
    -------
    low, high : float
        The ends of the range.

    Examples
    --------
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
