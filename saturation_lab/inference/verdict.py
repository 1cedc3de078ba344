"""What does an interval decide about a region? Holds, fails or undecided."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

from saturation_lab.inference.intervals import Interval


class Verdict(StrEnum):
    """Three ways to answer: the interval lies inside, lies outside, or does neither."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Region:
    """Where a number must lie for a claim to hold: between low and high, on the interval's scale.

    >>> Region(low=0.0).decide(Interval(estimate=2, se=0.5, low=1, high=3, networks=9))
    <Verdict.HOLDS: 'holds'>
    """

    low: float = -math.inf
    high: float = math.inf

    def decide(self, interval: Interval) -> Verdict:
        """Return the verdict of a 95 % interval; without an interval nothing is decided."""
        if math.isnan(interval.low) or math.isnan(interval.high):
            return Verdict.UNDECIDED
        if self.low < interval.low and interval.high < self.high:
            return Verdict.HOLDS
        if interval.high < self.low or self.high < interval.low:
            return Verdict.FAILS
        return Verdict.UNDECIDED
