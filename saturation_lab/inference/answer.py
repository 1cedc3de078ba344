"""The verdict of an interval about a region, what it confirms, and what would decide it.

All three come from the same interval, so figures that show intervals agree with the verdicts.
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
    """The verdict of an interval about the region in which its number must lie.

    Attributes
    ----------
    interval : Interval
        The confidence interval of the number.
    region : Region
        Where the number must lie; fixed before any network was drawn.
    verdict : Verdict
        Holds, fails or undecided.
    networks_to_decide : int or None
        Number of networks that would decide with 90 % power (or the power passed to `answer`) if
        the estimate were the truth. None if the verdict is decided already, or if the estimate is
        within one standard error of an end of the region, which would take more than ten times as
        many networks.
    reason : str
        Why there is no interval, if that is not obvious; else "".
    """

    interval: Interval
    region: Region
    verdict: Verdict
    networks_to_decide: int | None
    reason: str = ""

    @property
    def margin(self) -> float:
        """Half the width of the region; inf if one of its ends is open."""
        return self.region.half_width

    @property
    def smallest_margin(self) -> float:
        """The margin about the same centre above which the verdict would be "holds".

        nan without an interval, or if an end of the region is open.
        """
        centre = self.region.centre
        return max(abs(self.interval.low - centre), abs(self.interval.high - centre))

    @property
    def confirmed(self) -> Region:
        """The smallest region of the same kind that the interval would confirm.

        It has the same centre if the region is closed, and the same open end if it is open.
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
        """A clause that states what the interval confirms and, if undecided, what would decide."""
        found = self.interval
        said = self._confirmed(found.error)
        if self.verdict is not Verdict.UNDECIDED:
            return said
        if self.networks_to_decide is None:
            return f"{said}; the estimate is too close to the {self._end} to decide"
        return f"{said}; about {self.networks_to_decide:,} networks would be needed to decide"

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        found = self.interval
        whence = count_text(found.networks, "network")
        if found.overflowed:
            whence += f", of which {found.overflowed:,} overflowed"
        if math.isnan(found.low):
            why = self.reason or whence
            return f"{self.verdict}: {found.of} has no confidence interval ({why})"
        number = rounded(found.estimate, found.error)
        if math.isfinite(found.se):
            number += f" (standard error {rounded(found.se, found.se)})"
        return (
            f"{self.verdict}: {found.of} = {number}, {percent(found.level)} confidence interval "
            f"{found.ends}, from {whence}; required: {self._required}; {self.outlook}"
        )

    @property
    def _required(self) -> str:
        low, high = self.region.low, self.region.high
        if self.region.centre == 0:
            return f"within ±{short(high)}"
        if math.isfinite(self.margin):
            return f"between {short(low)} and {short(high)}"
        return f"above {short(low)}" if math.isfinite(low) else f"below {short(high)}"

    @property
    def _end(self) -> str:
        return "margin" if math.isfinite(self.margin) else "bound"

    def _confirmed(self, error: float) -> str:
        region = self.confirmed
        if math.isfinite(self.margin):
            about = "" if self.region.centre == 0 else f" around {short(self.region.centre)}"
            smallest = rounded_up(self.smallest_margin, error)
            return f"the smallest margin{about} that the data confirm is {smallest}"
        only = "" if self.verdict is Verdict.HOLDS else "only "
        if math.isfinite(region.low):
            return f"the data show {only}that it is above {rounded_down(region.low, error)}"
        return f"the data show {only}that it is below {rounded_up(region.high, error)}"

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data; undefined numbers become None."""
        return {
            "verdict": self.verdict.value,
            "region": self.region.to_json(),
            "margin": plain(self.margin),
            "interval": self.interval.to_json(),
            "smallest_margin": plain(self.smallest_margin),
            "networks_to_decide": self.networks_to_decide,
            "reason": self.reason or None,
            "sentence": self.sentence,
        }


def answer(interval: Interval, region: Region, *, power: float = POWER, reason: str = "") -> Answer:
    """Decide whether the number behind an interval lies in a region.

    Parameters
    ----------
    interval : Interval
        Confidence interval of the number.
    region : Region
        Where the number must lie, on the scale of the interval.
    power : float, default 0.9
        Power for which the number of networks that would decide is planned.
    reason : str
        Why there is no interval, if there is none.

    Returns
    -------
    Answer
        The verdict, and what would decide if it is open.

    Raises
    ------
    InputError
        If the verdict is undecided and ``power`` is not between 0 and 1.

    Examples
    --------
    >>> some = Interval(estimate=0.8, se=0.05, low=0.7, high=0.9, networks=30)
    >>> answer(some, Region(low=0.69)).sentence
    'holds: mean = 0.800 (standard error 0.050), 95 % confidence interval [0.700, 0.900], from \
30 networks; required: above 0.690; the data show that it is above 0.700'
    """
    verdict = region.decide(interval)
    return Answer(
        interval=interval,
        region=region,
        verdict=verdict,
        networks_to_decide=_outstanding(interval, region, power, verdict),
        reason=reason,
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
