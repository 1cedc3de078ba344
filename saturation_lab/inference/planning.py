"""Sample-size planning: how many networks a verdict needs, from the noncentral t distribution."""

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
"""The smallest number of networks that is planned: with fewer, the spread is hardly known."""
POWER = 0.9
"""The default power."""
_MOST = 10**9


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The number of networks needed to decide whether a mean lies within ±margin.

    Attributes
    ----------
    networks : int or None
        The number of networks; None if hundreds of millions would not suffice.
    margin : float
        Half-width of the region, on the scale of the estimate.
    estimate : float
        The true value that is assumed.
    spread : float
        Standard deviation over networks.
    power : float
        Probability that a study of this size decides every layer.
    layers : int
        Number of layers that must all be decided.
    level : float
        Confidence level of the intervals.
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
        """The power needed in each layer, 1 - (1 - power)/layers."""
        return power_of_each(self.power, layers=self.layers)

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        what = "within" if abs(self.estimate) < self.margin else "outside"
        where = f" in all {self.layers} layers" if self.layers > 1 else ""
        case = f"with a standard deviation of {short(self.spread)} over networks and a true value "
        case += f"of {short(self.estimate)}"
        shown = f"that the value lies {what} ±{short(self.margin)}{where}"
        if self.networks is None:
            return f"{case}, no feasible number of networks would show {shown}"
        return (
            f"{self.networks:,} networks: {case}, {percent(self.power)} of studies would show "
            f"{shown}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data."""
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
    """Return the power that each layer needs so that all layers are decided with ``power``.

    It is 1 - (1 - power)/layers, whatever the dependence between layers (Bonferroni on the misses).
    "Every layer holds" is an intersection-union test [1]_: its level needs no correction, but it
    loses power with every layer.

    Parameters
    ----------
    power : float
        Power for all layers together, between 0 and 1.
    layers : int
        Number of layers, at least 1.

    Returns
    -------
    float
        Power for each layer.

    Raises
    ------
    InputError
        If ``power`` is not between 0 and 1, or if ``layers`` is not a whole number of at least 1.

    References
    ----------
    .. [1] R. L. Berger, "Multiparameter hypothesis testing and acceptance sampling", Technometrics
       24, 1982.

    Examples
    --------
    >>> round(power_of_each(0.9, layers=10), 12)
    0.99
    """
    layers = whole("layers", layers, low=1)
    return 1 - (1 - _share("power", power)) / layers


def power_to_decide(
    *, networks: int, margin: float, spread: float, estimate: float = 0.0, level: float = LEVEL
) -> float:
    """Return the probability that the interval of a mean lies on the true side of ±margin.

    Let T be noncentral t with R - 1 degrees of freedom and t the central quantile at (1 + level)/2.
    An end of the margin at distance d is excluded with probability P(T(d √R/s) > t). If the true
    value is inside the margin, both ends must be excluded; the result is a lower bound, the sum of
    both probabilities minus 1 (exact if one end is far away). If it is outside, the near end must
    be.

    Parameters
    ----------
    networks : int
        Number of networks R, at least 2.
    margin : float
        Half-width of the region around 0.
    spread : float
        Standard deviation s over networks.
    estimate : float, default 0.0
        The true value.
    level : float, default 0.95
        Confidence level of the interval.

    Returns
    -------
    float
        The power.

    Examples
    --------
    >>> round(power_to_decide(networks=30, margin=0.1, spread=0.1), 3)
    0.999
    """
    quantile = float(stdtrit(networks - 1, (1 + level) / 2))

    def excluded(distance: float) -> float:
        """Return the probability that the interval excludes an end at this distance."""
        if spread == 0:
            return float(distance > 0)
        shift = distance * math.sqrt(networks) / spread
        if shift > quantile + 12:  # practically certain, and the noncentral t is slow here
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
    """Return how many networks are needed to decide whether a mean lies within ±margin.

    The distance to the margin is margin - abs(estimate). If the true value is outside the
    margin, the networks must suffice to show that. Take the spread from theory, or from a pilot
    that is not part of the study.

    Parameters
    ----------
    margin : float
        Half-width of the region around 0.
    spread : float
        Standard deviation over networks.
    estimate : float, default 0.0
        The true value that is assumed.
    power : float, default 0.9
        Probability that every layer is decided.
    layers : int, default 1
        Number of layers that must all be decided.
    level : float, default 0.95
        Confidence level of the intervals.
    least : int, default 16
        Smallest number of networks to plan, at least 2.

    Returns
    -------
    Plan
        The number of networks and what it was planned for.

    Raises
    ------
    InputError
        If ``margin`` is not above 0, ``spread`` is below 0, ``power`` or ``level`` is not between 0
        and 1, ``estimate`` is not finite, or ``layers`` or ``least`` is too small.

    Examples
    --------
    >>> networks_needed(margin=0.05, spread=0.1).networks
    54
    >>> networks_needed(margin=0.05, spread=0.1, layers=10).sentence
    '85 networks: with a standard deviation of 0.100 over networks and a true value of 0, \
90 % of studies would show that the value lies within ±0.0500 in all 10 layers'
    """
    margin = real("margin", margin, above=0)
    spread, estimate = real("spread", spread, least=0), real("estimate", estimate)
    level = _share("level", level)
    wanted = power_of_each(power, layers=layers)

    def enough(networks: int) -> bool:
        """Return whether this number of networks reaches the power needed in each layer."""
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
    """Return how many networks are needed to show on which side of a region's ends a mean lies.

    Parameters
    ----------
    region : Region
        The region; an end may be open.
    estimate : float
        The true value that is assumed.
    spread : float
        Standard deviation over networks.
    power : float, default 0.9
        Probability that every layer is decided.
    layers : int, default 1
        Number of layers that must all be decided.
    level : float, default 0.95
        Confidence level of the intervals.

    Returns
    -------
    int or None
        The number of networks; None if hundreds of millions would not suffice, or if the estimate
        or the spread is unknown (not finite).

    Raises
    ------
    InputError
        If ``spread`` is below 0, ``power`` or ``level`` is not between 0 and 1, or ``layers`` is
        below 1.

    Examples
    --------
    >>> networks_for(Region(low=-0.05, high=0.05), estimate=0.0, spread=0.1)
    54
    >>> networks_for(Region(low=0.0), estimate=0.05, spread=0.1)  # only one end to be excluded
    44
    """
    if not (math.isfinite(estimate) and math.isfinite(spread)):
        return None
    margin, away = region.half_width, estimate - region.centre
    if not math.isfinite(margin):  # a distance d from the only end is planned as 2 d against ±d
        margin = abs(estimate - (region.low if math.isfinite(region.low) else region.high))
        away = 2 * margin
    if margin == 0:
        return None
    return networks_needed(
        margin=margin, estimate=away, spread=spread, power=power, layers=layers, level=level
    ).networks


def _smallest(enough: Callable[[int], bool], least: int) -> int | None:
    """Find the smallest sufficient number not below ``least``; None if it is far too large."""
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
