"""Numbers in the cells of tables, in as few characters as their uncertainty allows."""

from __future__ import annotations

import math

from saturation_lab.inference.digits import TIMES

NONE = "–"
"""The cell of a number that does not exist."""

DIGITS = 6
"""No cell shows more digits than this: the next ones of float32 are rounding errors."""

_DIVIDED = "\N{DIVISION SIGN}"


def number_cell(x: float, digits: int) -> str:
    """Return a number with significant digits, in fixed notation if that is not long.

    Parameters
    ----------
    x : float
        The number.
    digits : int
        The number of significant digits.

    Returns
    -------
    str
        The number.

    Examples
    --------
    >>> number_cell(0.12345, 2), number_cell(123456.0, 3), number_cell(2687.0, 2)
    ('0.12', '1.23e+05', '2700')
    """
    if x == 0:
        return "0"
    if 1e-3 <= abs(x) < 1e4:
        shown = float(f"{x:.{digits - 1}e}")  # 0.9996 with three digits is 1.00
        return f"{shown:.{max(0, digits - 1 - math.floor(math.log10(abs(shown))))}f}"
    return f"{x:.{digits - 1}e}"


def range_cell(low: float, high: float) -> str:
    """Return a range with as many digits as its ends need to differ, up to `DIGITS`.

    Parameters
    ----------
    low, high : float
        The ends of the range.

    Returns
    -------
    str
        The ends, or one number if they are equal to `DIGITS` digits.

    Examples
    --------
    >>> range_cell(0.5811, 0.7312), range_cell(0.0, 3.2e-8), range_cell(0.25, 0.25)
    ('0.58…0.73', '0…3.2e-08', '0.250')
    """
    if math.isnan(low):
        return NONE
    if low == high:
        return number_cell(low, 3)
    needed = (d for d in range(2, DIGITS) if high - low > 2 * 10.0 ** (1 - d) * abs(high))
    digits = next(needed, DIGITS)
    ends = [number_cell(end, digits) for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else "…".join(ends)


def unseen(x: float, half: float) -> bool:
    """Return whether half of an interval is too small to be seen in `DIGITS` digits.

    Parameters
    ----------
    x, half : float
        The number and half of its interval.

    Returns
    -------
    bool
        Whether the number is shown alone.

    Examples
    --------
    >>> unseen(1.0, 1e-9), unseen(0.0, 1e-9)
    (True, False)
    """
    return half < 10.0 ** (1 - DIGITS) * abs(x)


def half_cell(x: float, half: float, *, unit: str = "", fixed: bool = False) -> str:
    """Return a number ± half of its interval, with one digit of the half, or two after a 1.

    A half that is too small to be seen in `DIGITS` digits is left out.

    Parameters
    ----------
    x, half : float
        The number and half of its interval, which is above 0.
    unit : str, default ""
        What follows, such as " %".
    fixed : bool, default False
        Whether a very large or small number is kept in fixed notation, as percentages are.

    Returns
    -------
    str
        The number and the half.

    Examples
    --------
    >>> half_cell(0.661, 0.0612), half_cell(2e-7, 1.4e-8), half_cell(1.0000000000000016, 6e-15)
    ('0.66 ± 0.06', '(2.00 ± 0.14)e-07', '1.00000')
    """
    if unseen(x, half):
        return f"{number_cell(x, DIGITS)}{unit}"
    power = 0 if fixed or not x or 1e-3 <= abs(x) < 1e5 else math.floor(math.log10(abs(x)))
    x, half = x / 10.0**power, half / 10.0**power
    first = math.floor(math.log10(half))
    digits = max(0, (half < 2 * 10.0**first) - first)
    if fixed and half >= 0.05:
        digits = min(digits, 1)
    said = f"{x:.{digits}f} ± {half:.{digits}f}"
    return f"({said})e{power:+03d}" if power else f"{said}{unit}"


def factor_cell(x: float, low: float, high: float) -> str:
    """Return a positive number ×÷ the factor between it and the ends of its interval.

    Parameters
    ----------
    x, low, high : float
        The number and the ends of its interval on a scale of ratios.

    Returns
    -------
    str
        The number and the factor; the number alone if the factor is 1 to `DIGITS` digits.

    Examples
    --------
    >>> factor_cell(2.0, 0.5, 8.0), factor_cell(2e60, 5e59, 8e60), factor_cell(1.0, 0.99, 1.01)
    ('2.0 ×÷4.0', '2.0e+60 ×÷4.0', '1.000 ×÷1.010')
    """
    factor = math.inf if low <= 0 else math.sqrt(high / low)
    excess = factor - 1
    if math.isnan(factor) or excess < 10.0 ** (1 - DIGITS):
        return number_cell(x, 3 if math.isnan(factor) or factor == 1 else DIGITS)
    if excess == math.inf:
        return f"{number_cell(x, 2)} [0, {number_cell(high, 2)}]"
    if excess >= 9:
        return f"{number_cell(x, 2)} {TIMES}{_DIVIDED}{number_cell(factor, 2)}"
    first = math.floor(math.log10(excess))
    digits = 1 if excess >= 0.1 else (excess < 2 * 10.0**first) - first  # two after a 1
    return f"{number_cell(x, digits + 1)} {TIMES}{_DIVIDED}{factor:.{digits}f}"
