"""Tests of statements about layers: the number of networks needed and the decision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from saturation_lab.checks import InputError, Words, real, whole
from saturation_lab.inference.digits import percent, short
from saturation_lab.inference.intervals import interval_of
from saturation_lab.inference.planning import LEAST, networks_needed, power_to_decide
from saturation_lab.inference.replicates import Replicates
from saturation_lab.nets.arrays import Float64
from saturation_lab.testing.assurance import Assurance, Part, Terms, conclude, contradiction
from saturation_lab.testing.subjects import Layout, Networks

MOST_NETWORKS = 10_000
"""The default of the most networks drawn from a callable."""

MOST_SECONDS = 120.0
"""The default of the longest time spent on drawing networks."""

_LEAST_ALARM = 1e-12
"""The smallest rate of false alarms for one comparison."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One number that a statement is about: that of a layer, or its distance from another layer's.

    Attributes
    ----------
    name : str
        Its name in messages.
    layer : int
        The index of the layer.
    to : int or None
        The index of the layer whose number is subtracted; None if none is.
    least, most : float
        The range in which the mean over networks lies according to the statement.
    expected : float or None
        The value expected in messages and for causes; None if only the range is known.
    """

    name: str
    layer: int
    to: int | None = None
    least: float = -math.inf
    most: float
    expected: float | None = None

    def of(self, values: Float64) -> Float64:
        """Return the number of every network.

        Parameters
        ----------
        values : array of shape (networks, layers)
            One number for each layer.

        Returns
        -------
        array of shape (networks,)
            The number of the layer, or the difference.
        """
        column: Float64 = values[:, self.layer]
        return column if self.to is None else column - values[:, self.to]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Limits on the networks that are drawn from a callable.

    Attributes
    ----------
    most_networks : int
        The largest number of networks.
    most_seconds : float
        The longest time.

    Raises
    ------
    InputError
        If ``most_networks`` is below 2 or ``most_seconds`` is not above 0.
    """

    most_networks: int = MOST_NETWORKS
    most_seconds: float = MOST_SECONDS

    def __post_init__(self) -> None:
        whole("most_networks", self.most_networks, low=2)
        real("most_seconds", self.most_seconds, above=0)

    def stop(self, networks: Networks, needed: float) -> str:
        """Say which limit keeps a number of networks from being drawn; "" if none does.

        Parameters
        ----------
        networks : Networks
            The networks drawn so far.
        needed : float
            The number of networks.

        Returns
        -------
        str
            The limit and how far it goes.
        """
        drawn, seconds = len(networks.values), networks.seconds
        if networks.count or drawn >= needed:
            return ""
        if needed > self.most_networks:
            return f"most_networks={self.most_networks:,}"
        if seconds * needed / drawn > self.most_seconds:
            rest = f"{needed:,.0f} would take about {seconds * needed / drawn:.0f} s"
            return f"most_seconds={self.most_seconds:g}, and {rest}"
        return ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement about every layer, tested on networks.

    Attributes
    ----------
    terms : Terms
        The statement and the error rates.
    compare : callable
        Maps the layout of the networks to the comparisons that the statement is about.
    distance : float
        A mean that is outside the range of its comparison by this much must be detected.
    detects : callable
        Maps a distance to the value of ``detects`` that stands for it.
    scale : callable
        Maps a number to the scale on which it is shown; the identity by default.
    distinct : bool
        Whether two layers of a network that are equal in every number are refused.
    limits : Limits
        Limits on the networks that are drawn.
    hints : callable
        Maps the parts, the comparisons and the layout to lines on possible causes; none by default.
    """

    terms: Terms
    compare: Callable[[Layout], Sequence[Comparison]]
    distance: float
    detects: Callable[[float], float]
    scale: Callable[[float], float] = field(default=lambda x: x)
    distinct: bool = True
    limits: Limits = field(default_factory=Limits)
    hints: Callable[[Sequence[Part], Sequence[Comparison], Layout], list[str]] = field(
        default=lambda *_: []
    )

    def answer(self, networks: Networks) -> Assurance:
        """Test the statement.

        The number of networks to draw depends on their spread only, never on the means. The means
        are compared with the statement once, at the end.

        Parameters
        ----------
        networks : Networks
            The networks to read or draw.

        Returns
        -------
        Assurance
            What was measured, and the error rates of the test.

        Raises
        ------
        AssertionError
            If the data contradict the statement.
        InputError
            If there are too few networks for the stated power, if two networks or two layers are
            equal, or if ``false_alarm`` is too small.
        """
        __tracebackhide__ = True
        needed: float = networks.count or min(LEAST, self.limits.most_networks)
        while True:
            most = math.inf if networks.count else self.limits.most_seconds
            values = networks.read(int(needed), most_seconds=most)
            self._refuse_lost(values, networks.layout)
            networks.refuse_equal()
            comparisons = self.compare(networks.layout)
            compared = np.stack([each.of(values) for each in comparisons], axis=1)
            needed = self._needed(compared, self.distance)
            stop = self.limits.stop(networks, needed)
            if networks.count or len(values) >= needed or stop:
                break
        parts = self._parts(comparisons, compared)
        found = conclude(
            self.terms,
            over=_over(values),
            parts=parts,
            hints=self.hints(parts, comparisons, networks.layout),
            enough=len(values) >= needed,
        )
        if self.distinct:
            networks.refuse_twins()
        if len(values) < needed:
            raise self._too_few(compared, needed, stop)
        return found

    def _level(self, count: int) -> float:
        each = self.terms.false_alarm / count
        if each < _LEAST_ALARM:  # 1 - each would be rounded
            raise InputError(
                "false_alarm",
                expected=f"at least {_LEAST_ALARM:g} per comparison ({count} in all)",
                got=self.terms.false_alarm,
            )
        return 1 - each

    def _needed(self, compared: Float64, distance: float) -> float:
        plan = networks_needed(
            margin=1.0,
            spread=_spread(compared),
            estimate=1.0 + distance,
            power=self.terms.power,
            level=self._level(compared.shape[1]),
        )
        return math.inf if plan.networks is None else plan.networks

    def _parts(self, comparisons: Sequence[Comparison], compared: Float64) -> list[Part]:
        networks, level = np.arange(len(compared)), self._level(compared.shape[1])
        parts = []
        for each, column in zip(comparisons, compared.T, strict=True):
            mean = interval_of(Replicates(values=column, networks=networks), level=level)
            low, estimate, high, least, most = (
                _scaled(self.scale, x)
                for x in (mean.low, mean.estimate, mean.high, each.least, each.most)
            )
            parts.append(
                Part(name=each.name, estimate=estimate, low=low, high=high, least=least, most=most)
            )
        return parts

    def _refuse_lost(self, values: Float64, layout: Layout) -> None:
        """Raise `AssertionError` if a network is infinite or 0 in a layer: it has no finite log."""
        __tracebackhide__ = True
        for edge, what in (
            (math.inf, "overflow (values that are not finite)"),
            (-math.inf, "a dead layer (all units are 0 for all examples)"),
        ):
            lost = values == edge
            if lost.any():
                count, layer = np.count_nonzero(lost.any(axis=1)), int(lost.any(axis=0).argmax())
                where = f"{layout.names[layer]} of network {lost[:, layer].argmax()}"
                finding = f"{what} in {count} of {_over(values)}, for example in {where}"
                raise contradiction(self.terms, over=_over(values), findings=[finding])

    def _too_few(self, compared: Float64, needed: float, stop: str) -> InputError:
        wanted = f"{needed:,.0f} networks" if needed <= 10**9 else "a billion networks"
        got = f"{len(compared):,}" + (f" ({stop})" if stop else "")
        more = f"raise {stop.split('=', maxsplit=1)[0]}" if stop else "pass more networks"
        return InputError(
            "networks",
            expected=f"at least {wanted} to detect {self.terms.effect} with power "
            f"{percent(self.terms.power)} at a standard deviation of {short(_spread(compared))} "
            "between networks",
            got=Words(got),
            hint=f"{more} or a larger value of detects{self._reachable(compared)}",
        )

    def _reachable(self, compared: Float64) -> str:
        """Say for which ``detects`` and ``false_alarm`` the networks at hand would suffice."""
        if len(compared) < LEAST:
            return f" (at least {LEAST} networks are needed in any case)"
        found = []
        far = _smallest(lambda x: self._needed(compared, x) <= len(compared), self.distance, 50.0)
        if far and math.isfinite(detects := _scaled(self.detects, far)):
            found.append(f"detects={_up(detects)}")

        def enough(log_rate: float) -> bool:
            power = power_to_decide(
                networks=len(compared),
                margin=1.0,
                estimate=1.0 + self.distance,
                spread=_spread(compared),
                level=1 - math.exp(log_rate) / compared.shape[1],
            )
            return power >= self.terms.power

        rate = _smallest(enough, math.log(self.terms.false_alarm), math.log(0.05))
        if rate is not None:
            found.append(f"false_alarm={_up(math.exp(rate))}")
        return f" (these networks suffice for {' or '.join(found)})" if found else ""


def _smallest(enough: Callable[[float], bool], low: float, high: float) -> float | None:
    """Return about the smallest number that is enough, by bisection; None if ``high`` is not."""
    if not enough(high):
        return None
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _up(x: float) -> str:
    """Return a number with two significant digits, rounded up.

    >>> _up(4.21), _up(0.00301)
    ('4.3', '0.0031')
    """
    step = 10.0 ** (math.floor(math.log10(x)) - 1)
    return f"{math.ceil(x / step - 1e-9) * step:.2g}" if x < 100 else f"{math.ceil(x):d}"


def _spread(compared: Float64) -> float:
    return float(compared.std(axis=0, ddof=1).max())


def _over(values: Float64) -> str:
    return f"{len(values):,} networks"


def _scaled(scale: Callable[[float], float], x: float) -> float:
    try:
        return scale(x)
    except OverflowError:
        return math.inf
