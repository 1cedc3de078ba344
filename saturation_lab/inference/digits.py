"""Numbers as text with the digits that their uncertainty allows, and as plain values for JSON."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

MINUS, TIMES = "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def rounded(x: float, error: float, *, percent: bool = False) -> str:
    """Format a number down to the second significant digit of its error, with at most six digits.

    Parameters
    ----------
    x : float
        The number.
    error : float
        Its standard error. If it is not finite or not positive, three significant digits are shown.
    percent : bool, default False
        Whether to show the number and its error in percent.

    Returns
    -------
    str
        The number in fixed or scientific notation; "undefined" if it is not finite.

    Examples
    --------
    >>> rounded(12.3456, 0.0789), rounded(0.000123456, 0.0000021), rounded(0.5, float("nan"))
    ('12.346', '1.235 × 10⁻⁴', '0.500')
    """
    if not math.isfinite(x):
        return "undefined"
    if percent:
        return rounded(100 * x, 100 * error) + " %"
    if not math.isfinite(error) or error <= 0:
        return short(x)
    last = _last_digit(x, error)
    if x != 0 and not 1e-3 <= abs(x) < 1e5 and last < math.log10(abs(x)):
        return _scientific(x, math.floor(math.log10(abs(x))) - last)
    shown = round(x, -last) if last > 0 else x
    return _signed(f"{shown:,.{max(0, -last)}f}", x)


def rounded_up(x: float, error: float) -> str:
    """Format a number like `rounded`, but never below it.

    A true statement "at most x" is still true with the printed number.

    Parameters
    ----------
    x : float
        The number.
    error : float
        Its standard error, which sets the number of digits.

    Returns
    -------
    str
        The number rounded up; "undefined" if it is not finite.

    Examples
    --------
    >>> rounded_up(0.12341, 0.01), rounded_up(0.5, 0.0), rounded_up(float("inf"), 1.0)
    ('0.124', '0.500', 'undefined')
    """
    return _onto_a_digit(x, error, math.ceil)


def rounded_down(x: float, error: float) -> str:
    """Format a number like `rounded`, but never above it.

    A true statement "at least x" is still true with the printed number.

    Parameters
    ----------
    x : float
        The number.
    error : float
        Its standard error, which sets the number of digits.

    Returns
    -------
    str
        The number rounded down; "undefined" if it is not finite.

    Examples
    --------
    >>> rounded_down(0.12349, 0.01), rounded_down(-0.1234, 0.01)
    ('0.123', '−0.124')
    """
    return _onto_a_digit(x, error, math.floor)


def _onto_a_digit(x: float, error: float, whole: Callable[[float], int]) -> str:
    if not math.isfinite(x):
        return "undefined"
    known = error if math.isfinite(error) and error > 0 else abs(x) / 10
    if known == 0:
        return "0"
    step = 10.0 ** _last_digit(x, known)
    away = x / step
    nearest = round(away)
    steps = nearest if abs(away - nearest) < 1e-9 else whole(away)
    return rounded(steps * step, known)


def short(x: float) -> str:
    """Format a number with three significant digits, for captions.

    Parameters
    ----------
    x : float
        The number.

    Returns
    -------
    str
        The number; whole numbers with separators from 1,000 to 100,000, scientific notation above
        that and below 0.001; "undefined" if it is not finite.

    Examples
    --------
    >>> short(0.000123), short(0.1234), short(0)
    ('1.23 × 10⁻⁴', '0.123', '0')
    """
    if not math.isfinite(x) or x == 0:
        return "0" if x == 0 else "undefined"
    if 1e3 <= abs(x) < 1e5:
        return _signed(f"{x:,.0f}", x)
    return _signed(f"{x:#.3g}".rstrip("."), x) if 1e-3 <= abs(x) < 1e3 else _scientific(x, 2)


def percent(share: float) -> str:
    """Format a share, such as a level or a power, in percent with at most six digits.

    Parameters
    ----------
    share : float
        The share, in parts of one.

    Returns
    -------
    str
        The share in percent, without trailing zeros.

    Examples
    --------
    >>> percent(0.95), percent(1 - 0.05 / 8)
    ('95 %', '99.375 %')
    """
    return f"{100 * share:.6g} %"


def superscript(number: int) -> str:
    """Format a whole number as a superscript.

    Parameters
    ----------
    number : int
        The exponent; may be negative.

    Returns
    -------
    str
        Superscript digits.

    Examples
    --------
    >>> superscript(-12)
    '⁻¹²'
    """
    return str(number).translate(_SUPERSCRIPT)


def plain(x: float) -> float | None:
    """Return a number for JSON, which has neither nan nor infinity.

    Parameters
    ----------
    x : float
        The number.

    Returns
    -------
    float or None
        The number; None if it is not finite.

    Examples
    --------
    >>> plain(1.5), plain(float("nan"))
    (1.5, None)
    """
    return float(x) if math.isfinite(x) else None


def plain_numbers(numbers: Mapping[str, float]) -> dict[str, float | None]:
    """Apply `plain` to every value of a mapping.

    Parameters
    ----------
    numbers : mapping of str to float
        Numbers by name.

    Returns
    -------
    dict of str to float or None
        The same names; numbers that are not finite become None.

    Examples
    --------
    >>> plain_numbers({"low": 0.5, "high": float("inf")})
    {'low': 0.5, 'high': None}
    """
    return {name: plain(x) for name, x in numbers.items()}


def count_text(count: int, noun: str) -> str:
    """Format a count with its noun, in the singular or in the plural with "s".

    Parameters
    ----------
    count : int
        The count.
    noun : str
        The noun in the singular; its plural must end in a plain "s".

    Returns
    -------
    str
        The count, with thousands separators, and the noun.

    Examples
    --------
    >>> count_text(1, "network"), count_text(2000, "network")
    ('1 network', '2,000 networks')
    """
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _last_digit(x: float, error: float) -> int:
    last = math.floor(math.log10(error)) - 1
    return last if x == 0 else max(last, math.floor(math.log10(abs(x))) - 5)


def _scientific(x: float, digits: int) -> str:
    mantissa, exponent = f"{x:.{max(0, digits)}e}".split("e")
    return _signed(f"{mantissa} {TIMES} 10{superscript(int(exponent))}", x)


def _signed(text: str, x: float) -> str:
    return text.replace("-", MINUS) if x < 0 else text
