"""On which axes does a forest plot stand: where is a number on them, and which ticks have they?"""

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
"""How many times the median distance from the regions the axis reaches; farther bars are cut."""
_ROOM = 0.15
"""The part of the axis that is left at least to a region without an end."""
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """An axis: where a number stands on it, its ticks, and what is written below it.

    Attributes:
        place: numbers to places on the axis.
        ticks: (lowest place, highest place, most of them) to numbers.
        label: below the axis.
        middle: the number that a line is drawn at; nan for none.
        least: how much of it is shown at least.
        reach: the number at either end of an axis that is always the same; nan where the numbers
            decide.
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
    """Return u where |u| ≤ 1, else ±(1 + ln|u|): linear inside, logarithmic outside, smooth."""
    beyond: _Float64 = 1 + np.log(np.maximum(np.abs(values), 1))
    return np.where(np.abs(values) <= 1, values, np.sign(values) * beyond)


def _margin_ticks(low: float, high: float, most: int) -> list[float]:
    """Return the ends of the region, what lies several times as far away, and the middle."""
    sides = (30.0, 10.0, 3.0, 1.0) if most >= 9 else (10.0, 1.0)
    return [*(-x for x in sides), *([0.0] if most >= 5 else []), *reversed(sides)]


def _ratio_ticks(low: float, high: float, most: int) -> list[float]:
    """Return 1-2-5, or decades, or every second, third ... of them: the most that are allowed.

    >>> _ratio_ticks(-1.0, 1.0, 7), _ratio_ticks(-30.0, 1.0, 5)
    ([0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0], [1e-30, 1e-20, 1e-10, 1.0])
    """
    if high - low < 0.4:  # 1-2-5 has at most one there
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
    """Return a number for an axis, or of a bar that is cut.

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
    """Return the ends of the axis: all regions, and all numbers that are not too far from them.

    Too far is 8 times the median distance of all numbers from the middle of the regions' ends.
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
