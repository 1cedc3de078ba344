"""What does an interval decide about a region? Holds, fails or undecided."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from saturation_lab.inference.digits import plain_numbers
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

    @property
    def half_width(self) -> float:
        """Return how far the ends lie from the centre; inf where an end is open."""
        return (self.high - self.low) / 2

    @property
    def centre(self) -> float:
        """Return the middle; nan where an end is open."""
        return (self.low + self.high) / 2 if math.isfinite(self.half_width) else math.nan

    def map(self, function: Callable[[float], float]) -> Region:
        """Return the region on another, increasing scale."""
        return Region(low=function(self.low), high=function(self.high))

    def to_json(self) -> dict[str, float | None]:
        """Return the ends; an open one is None."""
        return plain_numbers({"low": self.low, "high": self.high})

    def decide(self, interval: Interval) -> Verdict:
        """Return the verdict of an interval; without an interval nothing is decided."""
        if math.isnan(interval.low) or math.isnan(interval.high):
            return Verdict.UNDECIDED
        if self.low < interval.low and interval.high < self.high:
            return Verdict.HOLDS
        if interval.high < self.low or self.high < interval.low:
            return Verdict.FAILS
        return Verdict.UNDECIDED
