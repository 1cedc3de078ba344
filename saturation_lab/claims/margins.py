"""How far from 1 may a ratio lie where it is said to be 1? Fixed before anything is drawn.

Each margin is the two ends of a `Claim` about the logarithm of a ratio of mean squares.
"""

from __future__ import annotations

import math
from typing import TypedDict


class Ends(TypedDict):
    """The ends of a region."""

    low: float
    high: float


def within(factor: float) -> Ends:
    """Return the region within a factor of 1, on the log scale.

    >>> {end: round(value, 3) for end, value in within(2).items()}
    {'low': -0.693, 'high': 0.693}
    """
    return {"low": -math.log(factor), "high": math.log(factor)}


OVER_DEPTH = within(2)
"""A recipe preserves what differs by less than this between the bottom and the top."""

ONE_LAYER = within(1.05)
"""A formula for one layer is right where it misses by less than 5 %, as wide layers allow."""

ROUNDING = 1e-13
"""What is the same number in exact arithmetic misses by less than this share of it."""
