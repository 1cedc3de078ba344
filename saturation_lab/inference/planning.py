"""How many networks does it take to decide? Solved with the noncentral t, at least sixteen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy.special import nctdtr, stdtrit

from saturation_lab.checks import InputError, real, whole
from saturation_lab.inference.digits import percent, plain, short
from saturation_lab.inference.intervals import LEVEL
from saturation_lab.inference.verdict import Region

LEAST = 16
"""No study is planned with fewer networks: a spread of fewer is hardly known."""
POWER = 0.9
_MOST = 10**9


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How many networks decide whether a mean lies within ±margin.

    Attributes:
        networks: as many as are needed; None where a billion would not do.
        margin: of the statement, on the scale of the estimate.
        estimate: the true value that is planned for.
        spread: the standard deviation over networks.
        power: how often a study of that size decides every layer.
        layers: how many layers must be decided at once.
        level: of the intervals.
    """

    networks: int | None
    margin: float
    estimate: float
    spread: float
    power: float
    layers: int
    level: float

    @property
    def layer_power(self) -> float:
        """Return how often one layer must be decided, 1 - (1 - power)/layers."""
        return power_of_each(self.power, layers=self.layers)

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        what = "within" if abs(self.estimate) < self.margin else "outside"
        where = f" in all of {self.layers} layers" if self.layers > 1 else ""
        case = f"spread {short(self.spread)} over networks and a true value of "
        case += short(self.estimate)
        if self.networks is None:
            return f"{case}: no number of networks shows it {what} ±{short(self.margin)}{where}"
        return (
            f"{self.networks:,} networks: at {case}, {percent(self.power)} of all studies show it "
            f"{what} ±{short(self.margin)}{where}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "networks": self.networks,
            "margin": self.margin,
            "estimate": plain(self.estimate),
            "spread": plain(self.spread),
            "power": self.power,
            "layers": self.layers,
            "level": self.level,
            "sentence": self.sentence,
        }


def power_of_each(power: float, *, layers: int) -> float:
    """Return the power that each layer needs so that all are decided with ``power``.

    1 - (1 - power)/layers, whatever the layers' dependence (Bonferroni on the misses): "every layer
    holds" is an intersection-union test, which needs no correction of its level (Berger 1982,
    Technometrics 24) but loses power with every layer.

    >>> round(power_of_each(0.9, layers=10), 12)
    0.99
    """
    layers = whole("layers", layers, low=1)
    return 1 - (1 - _share("power", power)) / layers


def power_to_decide(
    *, networks: int, margin: float, spread: float, estimate: float = 0.0, level: float = LEVEL
) -> float:
    """Return how often the interval of a mean lies on the side of ±margin where the truth lies.

    With T noncentral t of R - 1 degrees and t its quantile at (1 + level)/2, an end of the margin
    at distance d is excluded with P(T(d √R/s) > t). Inside the margin both ends must be: at least
    the sum of both less 1 (exact where one end is far). Outside, the near one.

    >>> round(power_to_decide(networks=30, margin=0.1, spread=0.1), 3)
    0.999
    """
    quantile = float(stdtrit(networks - 1, (1 + level) / 2))

    def excluded(distance: float) -> float:
        if spread == 0:
            return float(distance > 0)
        shift = distance * math.sqrt(networks) / spread
        if shift > quantile + 12:  # beyond all doubt, and where the noncentral t is slow
            return 1.0
        return 1.0 - float(nctdtr(networks - 1, shift, quantile))

    near, far = margin - abs(estimate), margin + abs(estimate)
    if near <= 0:
        return excluded(-near)
    return max(0.0, excluded(near) + excluded(far) - 1)


def networks_needed(
    *,
    margin: float,
    spread: float,
    estimate: float = 0.0,
    power: float = POWER,
    layers: int = 1,
    level: float = LEVEL,
    least: int = LEAST,
) -> Plan:
    """Return how many networks decide whether a mean lies within ±margin.

    The distance to the margin is margin - |estimate|; a true value outside is planned to be
    found outside. The spread comes from theory or from a pilot of its own.

    Raises:
        InputError: margin <= 0, spread < 0, power or level outside (0, 1), an estimate that is not
            finite.

    >>> networks_needed(margin=0.05, spread=0.1).networks
    54
    >>> networks_needed(margin=0.05, spread=0.1, layers=10).sentence
    '85 networks: at spread 0.100 over networks and a true value of 0, 90 % of all studies show it \
within ±0.0500 in all of 10 layers'
    """
    margin = real("margin", margin, above=0)
    spread, estimate = real("spread", spread, least=0), real("estimate", estimate)
    level = _share("level", level)
    wanted = power_of_each(power, layers=layers)

    def enough(networks: int) -> bool:
        reached = power_to_decide(
            networks=networks, margin=margin, spread=spread, estimate=estimate, level=level
        )
        return reached >= wanted

    return Plan(
        networks=_smallest(enough, whole("least", least, low=2)),
        margin=margin,
        estimate=estimate,
        spread=spread,
        power=power,
        layers=layers,
        level=level,
    )


def networks_for(
    region: Region,
    *,
    estimate: float,
    spread: float,
    power: float = POWER,
    layers: int = 1,
    level: float = LEVEL,
) -> int | None:
    """Return how many networks show on which side of a region's ends a mean lies.

    None where a billion would not do, or nothing is known of the spread.

    >>> networks_for(Region(low=-0.05, high=0.05), estimate=0.0, spread=0.1)
    54
    >>> networks_for(Region(low=0.0), estimate=0.05, spread=0.1)  # only one end to be excluded
    44
    """
    if not (math.isfinite(estimate) and math.isfinite(spread)):
        return None
    margin, away = region.half_width, estimate - region.centre
    if not math.isfinite(margin):  # beyond an end by d is as far as 2 d is outside of ±d
        margin = abs(estimate - (region.low if math.isfinite(region.low) else region.high))
        away = 2 * margin
    if margin == 0:
        return None
    return networks_needed(
        margin=margin, estimate=away, spread=spread, power=power, layers=layers, level=level
    ).networks


def _smallest(enough: Callable[[int], bool], least: int) -> int | None:
    """Return the smallest number from ``least`` that is enough, by doubling and halving."""
    high = least
    while not enough(high):
        high *= 2
        if high > _MOST:
            return None
    low = max(least - 1, high // 2)
    if high == least:
        return least
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _share(key: str, value: object) -> float:
    share = real(key, value, above=0)
    if share >= 1:
        raise InputError(key, expected="a number between 0 and 1", got=share)
    return share
