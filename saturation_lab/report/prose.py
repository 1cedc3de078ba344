"""How is a number said? With as many digits as its uncertainty allows."""

from __future__ import annotations

import math

from saturation_lab.inference.intervals import Interval

MINUS, TIMES, DIVIDED = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}", "\N{DIVISION SIGN}"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def rounded(x: float, error: float, *, percent: bool = False) -> str:
    """Return x with digits down to the second significant digit of ``error``.

    >>> rounded(12.3456, 0.0789), rounded(0.000123456, 0.0000021), rounded(0.5, float("nan"))
    ('12.346', '1.235 × 10⁻⁴', '0.500')
    """
    if not math.isfinite(x):
        return "undefined"
    if percent:
        return rounded(100 * x, 100 * error) + " %"
    if not math.isfinite(error) or error <= 0:
        return short(x)
    last = math.floor(math.log10(error)) - 1
    if x != 0 and not 1e-3 <= abs(x) < 1e5 and last < math.log10(abs(x)):
        return _scientific(x, math.floor(math.log10(abs(x))) - last)
    return _signed(f"{x:,.{max(0, -last)}f}", x)


def interval_text(interval: Interval, *, percent: bool = False) -> str:
    """Return ``[low, high]`` with digits to match its width, or why there is none."""
    if math.isnan(interval.low):
        if interval.networks < 2:
            return "none: one network has no spread"
        return "none: undefined in some network"
    half = (interval.high - interval.low) / 4  # about the standard error
    ends = (rounded(x, half, percent=percent) for x in (interval.low, interval.high))
    return "[" + ", ".join(ends) + "]"


def estimate_text(interval: Interval, *, percent: bool = False) -> str:
    """Return the estimate with digits to match the interval."""
    half = (interval.high - interval.low) / 4
    return rounded(interval.estimate, half, percent=percent)


def change_text(first: float, last: float) -> str:
    """Return how a number goes from first to last: rises, falls or stays.

    >>> change_text(0.2, 0.05)
    'falls'
    """
    if math.isclose(first, last, rel_tol=1e-3):
        return "stays"
    return "rises" if last > first else "falls"


def share_text(x: float) -> str:
    """Return a share as a percentage of two significant digits, for captions.

    >>> share_text(0.01234), share_text(0.98765), share_text(float("nan"))
    ('1.2 %', '98.8 %', 'undefined')
    """
    if not math.isfinite(x):
        return "undefined"
    percent = 100 * x
    if 0 < percent < 0.01:
        return "less than 0.01 %"
    if percent == 0:
        return "0 %"
    return (f"{percent:.1f}" if percent >= 10 else f"{percent:#.2g}") + " %"


def short(x: float) -> str:
    """Return a number with three significant digits, for captions.

    >>> short(0.000123), short(0.1234), short(0)
    ('1.23 × 10⁻⁴', '0.123', '0')
    """
    if not math.isfinite(x) or x == 0:
        return "0" if x == 0 else "undefined"
    if 1e3 <= abs(x) < 1e5:
        return _signed(f"{x:,.0f}", x)
    return _signed(f"{x:#.3g}".rstrip("."), x) if 1e-3 <= abs(x) < 1e3 else _scientific(x, 2)


def _scientific(x: float, digits: int) -> str:
    mantissa, exponent = f"{x:.{max(0, digits)}e}".split("e")
    power = str(int(exponent)).translate(_SUPERSCRIPT)
    return _signed(f"{mantissa} {TIMES} 10{power}", x)


def _signed(text: str, x: float) -> str:
    return text.replace("-", MINUS) if x < 0 else text
