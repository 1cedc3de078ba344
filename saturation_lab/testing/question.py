"""How many networks does a statement about layers take, and do they contradict it?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.digits import percent, short
from saturation_lab.inference.intervals import interval_of
from saturation_lab.inference.planning import LEAST, networks_needed
from saturation_lab.inference.replicates import Replicates
from saturation_lab.nets.arrays import Float64
from saturation_lab.testing.assurance import Assurance, Part, Terms, conclude, contradiction
from saturation_lab.testing.subjects import Networks

_MOST_NETWORKS = 10_000
"""A callable is asked for no more networks than this."""

_LEAST_ALARM = 1e-12
"""The smallest rate of false alarms of one layer."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """From which layer to which others: up from the first, or down from the top.

    Attributes:
        says: the same in words.
        step: 1 up, -1 down.
    """

    says: str
    step: int

    def log_ratios(self, logs: Float64) -> Float64:
        """Return ln of every other layer's mean square over the reference's, [R, L - 1]."""
        on_the_way = logs[:, :: self.step]
        ratios: Float64 = on_the_way[:, 1:] - on_the_way[:, :1]
        return ratios

    def names(self, layers: int) -> list[str]:
        """Return what the ratios are called."""
        reference, *others = range(1, layers + 1)[:: self.step]
        return [f"layer {number} / layer {reference}" for number in others]

    def along(self, widths: Sequence[int]) -> Sequence[int]:
        """Return the widths in the order of the way."""
        return widths[:: self.step]


UP = Direction(says="layer 1 to every later one", step=1)
DOWN = Direction(says="the top layer to every lower one", step=-1)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement about every layer, put to networks.

    Attributes:
        terms: the statement, its false alarms and what it must detect.
        compared: from one number a layer [R, L] to what the statement is about, [R, K].
        names: of the K numbers.
        least, most: between which their means over networks lie, as stated.
        planned_for: a mean that must be found outside.
        scale: how they are shown.
        hints: what the contradicted parts look like, given the layers' widths.
    """

    terms: Terms
    compared: Callable[[Float64], Float64]
    names: Callable[[int], list[str]]
    least: float
    most: float
    planned_for: float
    scale: Callable[[float], float] = field(default=lambda x: x)
    hints: Callable[[Sequence[Part], Sequence[int]], list[str]] = field(default=lambda *_: [])

    def answer(self, networks: Networks) -> Assurance:
        """Return the assurance.

        Networks are drawn until their spread, and nothing else, says that there are enough; then
        the means are looked at once.

        Raises:
            AssertionError: the data contradict the statement.
            InputError: there are too few networks to detect what should be detected.
        """
        values = networks.read(networks.count or LEAST)
        while True:
            self._refuse_lost(values)
            networks.refuse_equal()
            compared = self.compared(values)
            needed = self._needed(compared)
            if networks.count or len(values) >= needed or needed > _MOST_NETWORKS:
                break
            values = networks.read(int(needed))
        parts = self._parts(compared, values.shape[1])
        found = conclude(
            self.terms,
            over=_over(values),
            parts=parts,
            hints=self.hints(parts, networks.widths),
            enough=len(values) >= needed,
        )
        if len(values) < needed:
            raise self._too_few(compared, needed)
        return found

    def _level(self, count: int) -> float:
        each = self.terms.false_alarm / count
        if each < _LEAST_ALARM:  # 1 - each would be another number
            raise InputError(
                "false_alarm",
                expected=f"at least {_LEAST_ALARM:g} for each of {count}",
                got=self.terms.false_alarm,
            )
        return 1 - each

    def _needed(self, compared: Float64) -> float:
        plan = networks_needed(
            margin=self.most,
            spread=_spread(compared),
            estimate=self.planned_for,
            power=self.terms.power,
            level=self._level(compared.shape[1]),
        )
        return math.inf if plan.networks is None else plan.networks

    def _parts(self, compared: Float64, layers: int) -> list[Part]:
        networks, level = np.arange(len(compared)), self._level(compared.shape[1])
        least, most = (_scaled(self.scale, x) for x in (self.least, self.most))
        parts = []
        for name, column in zip(self.names(layers), compared.T, strict=True):
            mean = interval_of(Replicates(values=column, networks=networks), level=level)
            low, estimate, high = (
                _scaled(self.scale, x) for x in (mean.low, mean.estimate, mean.high)
            )
            parts.append(
                Part(name=name, estimate=estimate, low=low, high=high, least=least, most=most)
            )
        return parts

    def _refuse_lost(self, values: Float64) -> None:
        """Raise where a network is infinite or 0 somewhere: the typical network is not finite."""
        for edge, what in (
            (math.inf, "overflow: values are not finite"),
            (-math.inf, "are dead: all units are 0 for all examples"),
        ):
            lost = values == edge
            if lost.any():
                count, layer = np.count_nonzero(lost.any(axis=1)), int(lost.any(axis=0).argmax())
                where = f"layer {layer + 1} of network {lost[:, layer].argmax()}"
                finding = f"{count} of {_over(values)} {what}, as in {where}"
                raise contradiction(self.terms, over=_over(values), findings=[finding])

    def _too_few(self, compared: Float64, needed: float) -> InputError:
        wanted = f"{needed:,.0f} networks" if needed <= 10**9 else "a billion networks"
        return InputError(
            "networks",
            expected=f"{wanted} or more, as {self.terms.effect} must be found with power "
            f"{percent(self.terms.power)} at a spread of {short(_spread(compared))} over networks",
            got=Words(f"{len(compared):,}"),
            hint="give more networks, or a larger detects",
        )


def _spread(compared: Float64) -> float:
    return float(compared.std(axis=0, ddof=1).max())


def _over(values: Float64) -> str:
    return f"{len(values):,} networks"


def _scaled(scale: Callable[[float], float], x: float) -> float:
    try:
        return scale(x)
    except OverflowError:
        return math.inf
