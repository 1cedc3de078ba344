"""Margins: how far a number may lie from what it is said to be. They are fixed in advance.

Each margin is the two ends of a `Claim`; a ratio's are those of its logarithm.
"""

from __future__ import annotations

import math
from typing import TypedDict


class Ends(TypedDict):
    """The ends of a region."""

    low: float
    high: float


def within(factor: float, *, about: float = 0.0) -> Ends:
    """Return the region within a factor of exp(about), on the log scale.

    >>> {end: round(value, 3) for end, value in within(2).items()}
    {'low': -0.693, 'high': 0.693}
    """
    return {"low": about - math.log(factor), "high": about + math.log(factor)}


def close_to(x: float, share: float) -> Ends:
    """Return the region within a share of a number that is not a ratio.

    >>> close_to(4.0, 0.05)
    {'low': 3.8, 'high': 4.2}
    """
    return {"low": (1 - share) * x, "high": (1 + share) * x}


FACTOR_2 = math.log(2)
"""The logarithm of what is twice as large, for regions with one end."""

OVER_DEPTH = within(2)
"""A recipe preserves what differs by less than this between the bottom and the top."""

ONE_LAYER = within(1.05)
"""A formula for one layer is right where it misses by less than 5 %, as wide layers allow."""

ROUNDING = 1e-13
"""What is the same number in exact arithmetic misses by less than this share of it."""

TO_ROUNDING: Ends = {"low": -ROUNDING, "high": ROUNDING}
"""A difference that is 0 in exact arithmetic."""
