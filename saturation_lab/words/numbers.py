"""How is a number said? With as many digits as its uncertainty allows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from saturation_lab.inference.digits import (
    TIMES,
    rounded,
    rounded_down,
    rounded_up,
    short,
    superscript,
)
from saturation_lab.inference.intervals import Interval

DIVIDED = "\N{DIVISION SIGN}"
NO_BREAK = "\N{NO-BREAK SPACE}"


def interval_text(interval: Interval, *, percent: bool = False) -> str:
    """Return ``[low, high]`` in fitting digits, never narrower than it is, or why there is none."""
    if math.isnan(interval.low):
        if interval.networks < 2:
            return "none: one network has no spread"
        return "none: undefined in some network"
    half = (interval.high - interval.low) / 4  # about the standard error
    scale, unit = (100, " %") if percent else (1, "")
    low = rounded_down(scale * interval.low, scale * half)
    high = rounded_up(scale * interval.high, scale * half)
    return f"[{low}{unit}, {high}{unit}]"


def estimate_text(interval: Interval, *, percent: bool = False) -> str:
    """Return the estimate with digits to match the interval."""
    half = (interval.high - interval.low) / 4
    return rounded(interval.estimate, half, percent=percent)


def change_text(
    first: Interval, last: Interval, difference: Interval, *, percent: bool = False
) -> str:
    """Return how a quantity goes from its first to its last value, as far as it is known.

    Args:
        first, last: its means over networks in the two places.
        difference: last minus first, network by network.

    >>> some = dict(se=0.1, networks=9)
    >>> one = Interval(estimate=1.0, low=0.8, high=1.2, **some)
    >>> two = Interval(estimate=2.0, low=1.8, high=2.2, **some)
    >>> change_text(one, two, Interval(estimate=1.0, low=0.7, high=1.3, **some))
    'rises from 1.00 to 2.00'
    """
    start, end = (estimate_text(x, percent=percent) for x in (first, last))
    if not (math.isfinite(first.estimate) and math.isfinite(last.estimate)):
        return "is undefined"
    if first.estimate == last.estimate:
        return f"is {start} in both"
    if math.isnan(difference.low):
        return f"goes from {start} to {end}"
    if difference.low > 0:
        return f"rises from {start} to {end}"
    if difference.high < 0:
        return f"falls from {start} to {end}"
    return f"does not change measurably ({start} and {end})"


def factor_text(ratio: Interval, way: int) -> str:
    """Return a change as a division or a multiplication by a factor above 1, with its interval.

    ``way`` is 1 for what goes from layer 1 up to L, whose ratio L over 1 is given, -1 for what
    comes down.

    >>> factor_text(Interval(estimate=0.5, se=0.1, low=0.4, high=0.6, networks=9), 1)
    '÷ 2.00 [1.66, 2.50]'
    """
    if not ratio.estimate > 0:
        return "undefined"
    shrinks = (ratio.estimate < 1) == (way > 0)
    ends = (ratio.low, ratio.high)
    if ratio.estimate < 1:
        ends = (1 / ratio.high, 1 / ratio.low if ratio.low > 0 else math.inf)
    factor = Interval(
        estimate=max(ratio.estimate, 1 / ratio.estimate),
        se=math.nan,
        low=ends[0],
        high=ends[1],
        networks=ratio.networks,
    )
    text = f"{DIVIDED if shrinks else TIMES} {estimate_text(factor)}"
    return text if math.isnan(ratio.low) else f"{text} {interval_text(factor)}"


def change_factor(ratio: float, way: int, beside: Interval) -> str:
    """Return an expected change as `factor_text` does the measured one beside which it stands.

    With as many digits, three at least; nothing where none is expected.

    >>> beside = Interval(estimate=0.5, se=0.1, low=0.4999, high=0.5001, networks=9)
    >>> [change_factor(ratio, 1, beside) for ratio in (0.5, 2.0, float("nan"))]
    ['÷ 2.00000', '× 2.00000', '']
    """
    if not (0 < ratio < math.inf):
        return ""
    shrinks = (ratio < 1) == (way > 0)
    factor = max(ratio, 1 / ratio)
    with_digits = rounded(factor, factor * (beside.high - beside.low) / (4 * beside.estimate))
    return f"{DIVIDED if shrinks else TIMES} {max(short(factor), with_digits, key=len)}"


def share_text(share: float) -> str:
    """Return a share in percent, as far as that can be imagined.

    >>> share_text(0.1234), share_text(1e-9), share_text(0.0)
    ('12.3 %', 'below 0.001 %', '0 %')
    """
    if 0 < share < 1e-5:
        return "below 0.001 %"
    return "undefined" if math.isnan(share) else short(100 * share) + " %"


def power_text(log10: float) -> str:
    """Return a change that is given as a power of ten: divided or multiplied by so much.

    >>> power_text(-2.0), power_text(0.5), power_text(-400.0)
    ('÷ 100', '× 3.16', '÷ 10⁴⁰⁰')
    """
    if math.isnan(log10):
        return "undefined"
    sign = DIVIDED if log10 < 0 else TIMES
    if abs(log10) > 300:
        return f"{sign} 10{superscript(round(abs(log10)))}"
    return f"{sign} {short(10 ** abs(log10))}"


def span_text(counts: Sequence[int]) -> str:
    """Return whole numbers as their span, or as the one that they all are.

    >>> span_text([30, 2000, 100]), span_text([30, 30])
    ('30 to 2,000', '30')
    """
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def route_text(labels: Sequence[str], way: int) -> str:
    """Return from which hidden layer to which something goes: up (``way`` 1) or down (-1).

    >>> route_text(["1", "2", "3"], 1), route_text(["1", "2", "3"], -1)
    ('layer 1 up to 3', 'layer 3 down to 1')
    """
    ends = (labels[0], "up", labels[-1]) if way > 0 else (labels[-1], "down", labels[0])
    return "layer {} {} to {}".format(*ends)


def unbroken(text: str) -> str:
    """Return a text whose numbers keep their units on the line.

    >>> unbroken("5 % of 3 × 10⁻⁴ in layer 5") == "5\xa0% of 3\xa0×\xa010⁻⁴ in layer\xa05"
    True
    """
    text = text.replace(" %", NO_BREAK + "%").replace(f" {TIMES} 10", f"{NO_BREAK}{TIMES} 10")
    text = re.sub(rf"([{DIVIDED}{TIMES}]) (?=\d)", rf"\1{NO_BREAK}", text)
    text = text.replace("n → ∞", f"n{NO_BREAK}→{NO_BREAK}∞")
    return re.sub(r"\b(layer|Figure|Figures|eq\.|factor) (?=\d)", rf"\1{NO_BREAK}", text)
