"""Numbers as text, with as many digits as their uncertainty allows."""

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
    """Format a confidence interval, rounded outwards so that it never becomes narrower.

    Parameters
    ----------
    interval : Interval
        The interval.
    percent : bool
        Whether to convert shares to percentages.

    Returns
    -------
    str
        "[low, high]", or in brackets the reason why there is no interval.

    Examples
    --------
    >>> interval_text(Interval(estimate=1.0, se=0.1, low=0.8, high=1.2, networks=9))
    '[0.80, 1.20]'
    """
    if math.isnan(interval.low):
        if interval.networks < 2:
            return "(no interval: a single network has no spread)"
        return "(no interval: undefined in some network)"
    half = (interval.high - interval.low) / 4  # about the standard error
    scale, unit = (100, " %") if percent else (1, "")
    low = rounded_down(scale * interval.low, scale * half)
    high = rounded_up(scale * interval.high, scale * half)
    return f"[{low}{unit}, {high}{unit}]"


def estimate_text(interval: Interval, *, percent: bool = False) -> str:
    """Format an estimate, rounded to the precision that its interval allows.

    Parameters
    ----------
    interval : Interval
        The estimate and its interval.
    percent : bool
        Whether to convert a share to a percentage.

    Returns
    -------
    str
        The estimate without its interval.

    Examples
    --------
    >>> estimate_text(Interval(estimate=1.0, se=0.1, low=0.8, high=1.2, networks=9))
    '1.00'
    """
    half = (interval.high - interval.low) / 4
    return rounded(interval.estimate, half, percent=percent)


def change_text(
    first: Interval, last: Interval, difference: Interval, *, percent: bool = False
) -> str:
    """Describe the change of a quantity between two layers, as far as it is significant.

    Parameters
    ----------
    first, last : Interval
        The means over networks in the first and in the last layer.
    difference : Interval
        The mean of last minus first, network by network.
    percent : bool
        Whether to convert shares to percentages.

    Returns
    -------
    str
        A predicate, such as "rises from ... to ...", to follow the name of the quantity.

    Examples
    --------
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
        return f"is {start} in both layers"
    if math.isnan(difference.low):
        return f"goes from {start} to {end}"
    if difference.low > 0:
        return f"rises from {start} to {end}"
    if difference.high < 0:
        return f"falls from {start} to {end}"
    return f"does not change measurably ({start} and {end})"


def factor_text(ratio: Interval, way: int) -> str:
    """Format a change through the layers as a division or multiplication by a factor above 1.

    Parameters
    ----------
    ratio : Interval
        The ratio of the value in the top layer L to that in layer 1.
    way : {1, -1}
        1 for a signal that propagates from layer 1 up to L, -1 for one that propagates down.

    Returns
    -------
    str
        "÷" or "×", the factor and its interval; "undefined" unless the ratio is above 0.

    Examples
    --------
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
    """Format an expected change to be shown with the measured one, as in `factor_text`.

    Parameters
    ----------
    ratio : float
        The expected ratio of the value in the top layer L to that in layer 1.
    way : {1, -1}
        1 for a signal that propagates from layer 1 up to L, -1 for one that propagates down.
    beside : Interval
        The measured ratio, which determines the number of digits (at least three).

    Returns
    -------
    str
        "÷" or "×" and the factor; "" unless the expected ratio is positive and finite.

    Examples
    --------
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
    """Format a share as a percentage with three digits.

    Parameters
    ----------
    share : float
        A number between 0 and 1, or nan.

    Returns
    -------
    str
        The percentage; tiny shares are given as "below 0.001 %", nan as "undefined".

    Examples
    --------
    >>> share_text(0.1234), share_text(1e-9), share_text(0.0)
    ('12.3 %', 'below 0.001 %', '0 %')
    """
    if 0 < share < 1e-5:
        return "below 0.001 %"
    return "undefined" if math.isnan(share) else short(100 * share) + " %"


def power_text(log10: float) -> str:
    """Format a change that is given as a power of ten as a division or a multiplication.

    Parameters
    ----------
    log10 : float
        The decimal logarithm of the factor of change; nan if it is undefined.

    Returns
    -------
    str
        "÷" or "×" and the factor with three digits; beyond 10³⁰⁰, only its power of ten.

    Examples
    --------
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
    """Format the range of whole numbers, or the number itself if all are equal.

    Parameters
    ----------
    counts : sequence of int
        At least one number.

    Returns
    -------
    str
        "low to high", or a single number.

    Examples
    --------
    >>> span_text([30, 2000, 100]), span_text([30, 30])
    ('30 to 2,000', '30')
    """
    low, high = min(counts), max(counts)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def route_text(labels: Sequence[str], way: int) -> str:
    """Describe the path of a signal through the hidden layers.

    Parameters
    ----------
    labels : sequence of str
        The names of the hidden layers, from the bottom.
    way : {1, -1}
        1 for a signal that propagates up, -1 for one that propagates down.

    Returns
    -------
    str
        The first layer, the direction and the last layer.

    Examples
    --------
    >>> route_text(["1", "2", "3"], 1), route_text(["1", "2", "3"], -1)
    ('layer 1 up to 3', 'layer 3 down to 1')
    """
    ends = (labels[0], "up", labels[-1]) if way > 0 else (labels[-1], "down", labels[0])
    return "layer {} {} to {}".format(*ends)


def unbroken(text: str) -> str:
    """Insert no-break spaces, so that numbers are not separated from their units and labels.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The same text with some of its spaces replaced.

    Examples
    --------
    >>> unbroken("5 % of 3 × 10⁻⁴ in layer 5") == "5\xa0% of 3\xa0×\xa010⁻⁴ in layer\xa05"
    True
    """
    text = text.replace(" %", NO_BREAK + "%").replace(f" {TIMES} 10", f"{NO_BREAK}{TIMES} 10")
    text = re.sub(rf"([{DIVIDED}{TIMES}]) (?=\d)", rf"\1{NO_BREAK}", text)
    text = text.replace("n → ∞", f"n{NO_BREAK}→{NO_BREAK}∞")
    return re.sub(r"\b(layer|Figure|Figures|eq\.|factor|factor of) (?=\d)", rf"\1{NO_BREAK}", text)
