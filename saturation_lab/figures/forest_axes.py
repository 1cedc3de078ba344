"""The axes of forest plots: the position of a number, the ticks and the limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from saturation_lab.figures.forest_rows import NUMBERS

_Float64 = NDArray[np.float64]

_FAR = 8.0
"""How far the axis extends, in median distances from the regions; bars are cut off beyond that."""
_ROOM = 0.15
"""The smallest share of the axis that is left for a region with an open end."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The scale of an axis. A position is a coordinate on the drawn axis, such as log₁₀.

    Attributes
    ----------
    place : callable
        Converts an array of numbers to positions.
    ticks : callable
        Returns the numbers to mark, given the lowest position, the highest position and the
        largest number of ticks.
    label : str
        The text below the axis.
    middle : float
        The number at which a vertical line is drawn; nan for none.
    least : float
        A lower bound for the distance from the regions beyond which bars are cut off, as a
        position.
    reach : float
        The number at either end of an axis with fixed limits; nan if the data decide.
    """

    place: Callable[[_Float64], _Float64]
    ticks: Callable[[float, float, int], list[float]]
    label: str
    middle: float
    least: float
    reach: float = math.nan


def _log10(values: _Float64) -> _Float64:
    with np.errstate(divide="ignore"):
        logs: _Float64 = np.log10(np.maximum(values, 0))
    return logs


def _same(values: _Float64) -> _Float64:
    return values


def _margins(values: _Float64) -> _Float64:
    """Return u if |u| ≤ 1, else ±(1 + ln|u|): linear inside, logarithmic outside, smooth."""
    beyond: _Float64 = 1 + np.log(np.maximum(np.abs(values), 1))
    return np.where(np.abs(values) <= 1, values, np.sign(values) * beyond)


def _margin_ticks(low: float, high: float, most: int) -> list[float]:
    """Return the ends of the region, multiples of them, and the middle if there is room."""
    sides = (30.0, 10.0, 3.0, 1.0) if most >= 9 else (10.0, 1.0)
    return [*(-x for x in sides), *([0.0] if most >= 5 else []), *reversed(sides)]


def _ratio_ticks(low: float, high: float, most: int) -> list[float]:
    """Return the densest ticks that fit: 1-2-5, decades, or every second, third, ... decade.

    >>> _ratio_ticks(-1.0, 1.0, 7), _ratio_ticks(-30.0, 1.0, 5)
    ([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], [1e-30, 1e-20, 1e-10, 1.0])
    """
    if high - low < 0.4:  # at most one of 1-2-5 is in that range
        return [x for x in _plain_ticks(10**low, 10**high, most) if x > 0]
    decades = range(math.floor(low), math.ceil(high) + 1)
    tries = [[float(f"{m}e{k}") for k in decades for m in (1, 2, 5)]]
    tries += [
        [float(f"1e{k}") for k in decades if k % step == 0] for step in (1, 2, 3, 5, 10, 20, 50)
    ]
    seen = [[x for x in one if low <= math.log10(x) <= high] for one in tries]
    return next((one for one in seen if len(one) <= most), seen[-1])


def _plain_ticks(low: float, high: float, most: int) -> list[float]:
    ticks = MaxNLocator(most - 1, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    return [float(f"{x:.12g}") for x in ticks if low <= x <= high]


SCALES: dict[str, Scale] = {
    "ratio": Scale(
        place=_log10, ticks=_ratio_ticks, label="ratio (logarithmic axis)", middle=1.0, least=0.15
    ),
    "value": Scale(place=_same, ticks=_plain_ticks, label="", middle=math.nan, least=1e-6),
    "margins": Scale(
        place=_margins,
        ticks=_margin_ticks,
        label="too small ←  margins  → too large",
        middle=math.nan,
        least=2.0,
        reach=40.0,
    ),
}


def number(x: float) -> str:
    """Format a number for an axis, or for a bar that is cut off.

    Parameters
    ----------
    x : float
        Any number, including nan and infinities.

    Returns
    -------
    str
        The number with up to three significant digits, or two in scientific notation.

    Examples
    --------
    >>> number(0.5), number(1000.0), number(3.21e-7), number(1e-30)
    ('0.5', '1,000', '3.2 × 10⁻⁷', '10⁻³⁰')
    """
    if x == 0 or not math.isfinite(x):
        return f"{x:g}".replace("inf", "∞").replace("-", "−")
    if 1e-3 <= abs(x) < 1e5:
        return f"{float(f'{x:.3g}'):,g}".replace("-", "−")
    mantissa, exponent = f"{x:.1e}".split("e")
    power = f"10{str(int(exponent)).translate(_SUPERSCRIPT)}"
    return power if mantissa == "1.0" else f"{mantissa.removesuffix('.0')} × {power}"


def limits(table: pd.DataFrame, scale: Scale) -> tuple[float, float]:
    """Return the limits of the axis: all regions, and all numbers that are not too far from them.

    A number is too far away if its distance from the median of the regions' ends is more than
    8 times the median of all such distances.

    Parameters
    ----------
    table : pandas.DataFrame
        Rows of the table of `forest.forest_plot` that share the scale.
    scale : Scale
        The scale of the axis.

    Returns
    -------
    low, high : float
        The limits, as positions on the axis.
    """
    if math.isfinite(scale.reach):
        end = float(scale.place(np.array([scale.reach]))[0])
        return -end, end
    places = {name: scale.place(table[name].to_numpy(dtype=np.float64)) for name in NUMBERS}
    ends = np.concatenate([places["inside_low"], places["inside_high"]])
    ends = ends[np.isfinite(ends)]
    seen = np.concatenate([*places.values(), scale.place(np.array([scale.middle]))])
    seen = seen[np.isfinite(seen)]
    centre = float(np.median(ends if ends.size else seen))
    reach = max(_FAR * float(np.median(np.abs(seen - centre))), scale.least)
    low = min(max(seen.min(), centre - reach), ends.min(initial=math.inf))
    high = max(min(seen.max(), centre + reach), ends.max(initial=-math.inf))
    room = _ROOM * max(high - low, scale.least)
    open_below = places["inside_high"][np.isneginf(places["inside_low"])] - room
    open_above = places["inside_low"][np.isposinf(places["inside_high"])] + room
    low, high = open_below.min(initial=low), open_above.max(initial=high)
    return float(low - room / 4), float(high + room / 4)
