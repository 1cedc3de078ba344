"""What does one interval answer about a region, what would it confirm, and what more would it take?

One interval decides all three answers, so figures of intervals and verdicts agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from saturation_lab.inference.digits import (
    count_text,
    percent,
    plain,
    rounded,
    rounded_down,
    rounded_up,
    short,
)
from saturation_lab.inference.intervals import Interval
from saturation_lab.inference.planning import POWER, networks_for
from saturation_lab.inference.verdict import Region, Verdict


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What an interval says about where its number must lie.

    Attributes:
        interval: of the number.
        region: where it must lie, fixed before anything was drawn.
        verdict: holds, fails or undecided.
        networks_to_decide: how many networks would decide with 90 % power if the estimate were the
            truth; None where it is decided already, or too close to an end: nearer to it than one
            standard error, which would take more than ten times as many networks.
    """

    interval: Interval
    region: Region
    verdict: Verdict
    networks_to_decide: int | None

    @property
    def margin(self) -> float:
        """Return half the region's width; inf where an end is open."""
        return self.region.half_width

    @property
    def smallest_margin(self) -> float:
        """Return the margin about the same centre above which every one would hold.

        nan without an interval, and where an end of the region is open.
        """
        centre = self.region.centre
        return max(abs(self.interval.low - centre), abs(self.interval.high - centre))

    @property
    def confirmed(self) -> Region:
        """Return the smallest region of the same kind that the interval would confirm.

        Of a closed one with the same centre, of an open one with the same end open.
        """
        region, margin = self.region, self.smallest_margin
        if math.isfinite(region.half_width):
            return Region(low=region.centre - margin, high=region.centre + margin)
        return Region(
            low=self.interval.low if math.isfinite(region.low) else -math.inf,
            high=self.interval.high if math.isfinite(region.high) else math.inf,
        )

    @property
    def outlook(self) -> str:
        """Say what would be confirmed, and what would decide."""
        found = self.interval
        said = self._confirmed(found.error)
        if self.verdict is not Verdict.UNDECIDED:
            return said
        if self.networks_to_decide is None:
            return f"{said}; too close to the {self._end} to be decided"
        return f"{said}; about {self.networks_to_decide:,} networks would decide"

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        found = self.interval
        whence = count_text(found.networks, "network")
        if found.overflowed:
            whence += f", of which {found.overflowed:,} overflowed"
        if math.isnan(found.low):
            return f"{self.verdict}: {found.of} has no interval, over {whence}"
        number = rounded(found.estimate, found.error)
        number += f" ± {rounded(found.se, found.se)}" if math.isfinite(found.se) else ""
        return (
            f"{self.verdict}: {found.of} = {number}, {percent(found.level)} interval {found.ends}, "
            f"{self._asked}, over {whence}; {self.outlook}"
        )

    @property
    def _asked(self) -> str:
        low, high = self.region.low, self.region.high
        if self.region.centre == 0:
            return f"margin ±{short(high)}"
        if math.isfinite(self.margin):
            return f"asked between {short(low)} and {short(high)}"
        return f"asked above {short(low)}" if math.isfinite(low) else f"asked below {short(high)}"

    @property
    def _end(self) -> str:
        return "margin" if math.isfinite(self.margin) else "end"

    def _confirmed(self, error: float) -> str:
        region = self.confirmed
        if math.isfinite(self.margin):
            about = "" if self.region.centre == 0 else f" about {short(self.region.centre)}"
            smallest = rounded_up(self.smallest_margin, error)
            return f"the smallest margin{about} that would hold is {smallest}"
        if math.isfinite(region.low):
            return f"it is shown to lie above {rounded_down(region.low, error)}"
        return f"it is shown to lie below {rounded_up(region.high, error)}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None."""
        return {
            "verdict": self.verdict.value,
            "region": self.region.to_json(),
            "margin": plain(self.margin),
            "interval": self.interval.to_json(),
            "smallest_margin": plain(self.smallest_margin),
            "networks_to_decide": self.networks_to_decide,
            "sentence": self.sentence,
        }


def answer(interval: Interval, region: Region, *, power: float = POWER) -> Answer:
    """Return what an interval says about a region on its own scale.

    >>> some = Interval(estimate=0.8, se=0.05, low=0.7, high=0.9, networks=30)
    >>> answer(some, Region(low=0.69)).sentence
    'holds: mean = 0.800 ± 0.050, 95 % interval [0.700, 0.900], asked above 0.690, \
over 30 networks; it is shown to lie above 0.700'
    """
    verdict = region.decide(interval)
    return Answer(
        interval=interval,
        region=region,
        verdict=verdict,
        networks_to_decide=_outstanding(interval, region, power, verdict),
    )


def _outstanding(interval: Interval, region: Region, power: float, verdict: Verdict) -> int | None:
    distance = min(abs(interval.estimate - region.low), abs(interval.estimate - region.high))
    if verdict is not Verdict.UNDECIDED or not interval.se > 0 or not distance > interval.se:
        return None
    needed = networks_for(
        region,
        estimate=interval.estimate,
        spread=interval.se * math.sqrt(interval.networks),
        power=power,
        level=interval.level,
    )
    return None if needed is None else max(needed, interval.networks + 1)
