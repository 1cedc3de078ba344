"""Verdicts: three-way on an interval and its region, and those on a whole statement."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from saturation_lab.inference.digits import plain_numbers
from saturation_lab.inference.intervals import Interval


class Verdict(StrEnum):
    """A three-way verdict: the interval lies inside the region, outside it, or neither."""

    HOLDS = "holds"
    FAILS = "fails"
    UNDECIDED = "undecided"


class Judgement(StrEnum):
    """The verdict on a statement, which may rest on several numbers.

    A statement that holds only under an assumption *needs* it; one that is right except for its
    notation is a matter of *notation*; *advice* is neither true nor false.
    """

    HOLDS = "holds"
    NEEDS = "needs"
    NOTATION = "notation"
    FAILS = "fails"
    UNDECIDED = "undecided"
    ADVICE = "advice"


@dataclass(frozen=True, kw_only=True)
class Region:
    """The range in which a number must lie for a claim to hold, on the scale of its interval.

    Attributes
    ----------
    low : float
        The lower end; -inf if it is open.
    high : float
        The upper end; inf if it is open.

    Examples
    --------
    >>> Region(low=0.0).decide(Interval(estimate=2, se=0.5, low=1, high=3, networks=9))
    <Verdict.HOLDS: 'holds'>
    """

    low: float = -math.inf
    high: float = math.inf

    @property
    def half_width(self) -> float:
        """Half the distance between the ends; inf if one is open."""
        return (self.high - self.low) / 2

    @property
    def centre(self) -> float:
        """The middle of the region; nan if an end is open."""
        return (self.low + self.high) / 2 if math.isfinite(self.half_width) else math.nan

    def map(self, function: Callable[[float], float]) -> Region:
        """Transform the region to another, increasing scale.

        Parameters
        ----------
        function : callable
            Increasing function of one float, also defined at infinite ends.

        Returns
        -------
        Region
            The transformed region.
        """
        return Region(low=function(self.low), high=function(self.high))

    def to_json(self) -> dict[str, float | None]:
        """Return the ends as plain data; an open end is None."""
        return plain_numbers({"low": self.low, "high": self.high})

    def decide(self, interval: Interval) -> Verdict:
        """Return the verdict of an interval about the region.

        Parameters
        ----------
        interval : Interval
            A confidence interval on the scale of the region.

        Returns
        -------
        Verdict
            Holds if the interval lies inside, fails if it lies outside, else undecided; undecided
            if there is no interval.
        """
        if math.isnan(interval.low) or math.isnan(interval.high):
            return Verdict.UNDECIDED
        if self.low < interval.low and interval.high < self.high:
            return Verdict.HOLDS
        if interval.high < self.low or self.high < interval.low:
            return Verdict.FAILS
        return Verdict.UNDECIDED
