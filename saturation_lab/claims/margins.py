"""Margins: how far a number may be from its claimed value, fixed in advance.

Each margin has the two bounds of a `Claim`; for a ratio they are those of its logarithm.
"""

from __future__ import annotations

import math
from typing import TypedDict


class Ends(TypedDict):
    """The bounds of a region.

    Attributes
    ----------
    low, high : float
        The lower and the upper bound.
    """

    low: float
    high: float


def within(factor: float, *, about: float = 0.0) -> Ends:
    """Return the bounds of a ratio within ``factor`` of exp(about), as logarithms.

    Parameters
    ----------
    factor : float
        The largest factor, above 1.
    about : float
        The logarithm of the claimed ratio; by default the ratio is 1.

    Returns
    -------
    Ends
        The bounds on the natural logarithm of the ratio.

    Examples
    --------
    >>> {end: round(value, 3) for end, value in within(2).items()}
    {'low': -0.693, 'high': 0.693}
    """
    return {"low": about - math.log(factor), "high": about + math.log(factor)}


def close_to(x: float, share: float) -> Ends:
    """Return the bounds of a positive number within a relative margin.

    Parameters
    ----------
    x : float
        The claimed value.
    share : float
        The margin as a share of ``x``.

    Returns
    -------
    Ends
        The bounds on the plain scale.

    Examples
    --------
    >>> close_to(4.0, 0.05)
    {'low': 3.8, 'high': 4.2}
    """
    return {"low": (1 - share) * x, "high": (1 + share) * x}


FACTOR_2 = math.log(2)
"""The logarithm of 2, for regions with one bound."""

OVER_DEPTH = within(2)
"""A recipe preserves a quantity that changes by less than a factor of 2 from bottom to top."""

ONE_LAYER = within(1.05)
"""A formula for one layer is right if its error is below 5 %, which wide layers allow."""

ROUNDING = 1e-13
"""The largest relative difference between numbers that are equal in exact arithmetic."""

TO_ROUNDING: Ends = {"low": -ROUNDING, "high": ROUNDING}
"""The bounds of a difference that is 0 in exact arithmetic."""
