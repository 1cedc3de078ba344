"""Tests of statements about layers: the number of networks needed and the decision."""

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
"""The most networks drawn from a callable."""

_LEAST_ALARM = 1e-12
"""The smallest rate of false alarms for one layer."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """The direction in which layers are compared: up from the first or down from the top.

    Attributes
    ----------
    says : str
        The direction in words.
    step : int
        1 for up, -1 for down.
    """

    says: str
    step: int

    def log_ratios(self, logs: Float64) -> Float64:
        """Return the log ratios of all other layers to the reference layer.

        Parameters
        ----------
        logs : array of shape (networks, layers)
            Natural logarithms of mean squares, from the bottom layer up.

        Returns
        -------
        array of shape (networks, layers - 1)
            ln(m_l/m_reference), in the direction of propagation.
        """
        on_the_way = logs[:, :: self.step]
        ratios: Float64 = on_the_way[:, 1:] - on_the_way[:, :1]
        return ratios

    def names(self, layers: int) -> list[str]:
        """Return the names of the ratios.

        Parameters
        ----------
        layers : int
            The number of hidden layers.

        Returns
        -------
        list of str
            A name for each ratio, in the direction of propagation.

        Examples
        --------
        >>> DOWN.names(3)
        ['layer 2 / layer 3', 'layer 1 / layer 3']
        """
        reference, *others = range(1, layers + 1)[:: self.step]
        return [f"layer {number} / layer {reference}" for number in others]

    def along(self, widths: Sequence[int]) -> Sequence[int]:
        """Return the widths in the direction of propagation.

        Parameters
        ----------
        widths : sequence of int
            From the bottom layer up.

        Returns
        -------
        sequence of int
            The same, starting with the reference layer.
        """
        return widths[:: self.step]


UP = Direction(says="layer 1 to any later layer", step=1)
DOWN = Direction(says="the top layer to any lower layer", step=-1)


@dataclass(frozen=True, kw_only=True)
class Question:
    """A statement about every layer, tested on networks.

    Attributes
    ----------
    terms : Terms
        The statement and the error rates.
    compared : callable
        Maps one number per layer, of shape (networks, layers), to the K numbers that the statement
        is about, of shape (networks, K).
    names : callable
        Maps the number of layers to the names of the K numbers.
    least, most : float
        The range in which their means over networks lie according to the statement.
    planned_for : float
        A mean outside this range that must be detected.
    scale : callable
        Maps a number to the scale on which it is shown; the identity by default.
    hints : callable
        Maps the parts and the widths of the layers to lines on possible causes; none by default.
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
            If there are too few networks for the stated power, if two networks are equal, or if
            ``false_alarm`` is too small.
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
        if each < _LEAST_ALARM:  # 1 - each would be rounded
            raise InputError(
                "false_alarm",
                expected=f"at least {_LEAST_ALARM:g} per comparison ({count} in all)",
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
        """Raise `AssertionError` if a network is infinite or 0 in a layer: it has no finite log."""
        for edge, what in (
            (math.inf, "overflow (values that are not finite)"),
            (-math.inf, "a dead layer (all units are 0 for all examples)"),
        ):
            lost = values == edge
            if lost.any():
                count, layer = np.count_nonzero(lost.any(axis=1)), int(lost.any(axis=0).argmax())
                where = f"layer {layer + 1} of network {lost[:, layer].argmax()}"
                finding = f"{what} in {count} of {_over(values)}, for example in {where}"
                raise contradiction(self.terms, over=_over(values), findings=[finding])

    def _too_few(self, compared: Float64, needed: float) -> InputError:
        wanted = f"{needed:,.0f} networks" if needed <= 10**9 else "a billion networks"
        return InputError(
            "networks",
            expected=f"at least {wanted} to detect {self.terms.effect} with power "
            f"{percent(self.terms.power)} at a standard deviation of {short(_spread(compared))} "
            "between networks",
            got=Words(f"{len(compared):,}"),
            hint="pass more networks or a larger value of detects",
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
