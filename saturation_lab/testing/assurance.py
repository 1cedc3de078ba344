"""What does an assertion say, when it passes and when the data contradict it?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saturation_lab.checks import InputError, real
from saturation_lab.inference.digits import percent, plain, rounded, short

FALSE_ALARM = 1e-6
POWER = 0.999

_SHOWN = 6
"""Contradictions that a message lists one by one; of more, the first and the last."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One layer, or one property of a law: what was stated of it and what was measured.

    Attributes:
        name: what it is.
        estimate, low, high: measured, with its interval; those of all parts cover together in all
            but ``false_alarm`` of the runs.
        least, most: between these the number should lie.
    """

    name: str
    estimate: float
    low: float
    high: float
    least: float
    most: float

    @property
    def contradicted(self) -> bool:
        """Return whether the interval lies outside what was stated."""
        return self.high < self.least or self.low > self.most

    @property
    def slack(self) -> float:
        """Return how far the interval is from lying outside, in its own widths."""
        width = self.high - self.low
        room = min(self.high - self.least, self.most - self.low)
        return room / width if width > 0 else math.copysign(math.inf, room)

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        if self.low == self.high:
            return f"{self.name}: {short(self.estimate)}, expected {self._expected()}"
        ends = f"[{self._say(self.low)}, {self._say(self.high)}]"
        return (
            f"{self.name}: {self._say(self.estimate)}, interval {ends}, expected {self._expected()}"
        )

    def _expected(self) -> str:
        if self.least == self.most:
            return f"{self.least:g}"
        if self.least == -math.inf:
            return f"at most {self.most:.3g}"
        return f"{self.least:.3g} to {self.most:.3g}"

    def _say(self, x: float) -> str:
        if math.isinf(x):
            return "∞"
        if 0 < 1.05 * self.low < self.high:  # on a scale of ratios
            return short(x)
        return rounded(x, (self.high - self.low) / 10)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; an infinite end is None."""
        return {
            "name": self.name,
            **{key: plain(vars(self)[key]) for key in ("estimate", "low", "high", "least", "most")},
            "contradicted": self.contradicted,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, kw_only=True)
class Terms:
    """On what terms a statement is held against data.

    Attributes:
        statement: what is stated.
        false_alarm: in how many of all runs a true statement is rejected, at most.
        detects: the size of the error that must be found.
        effect: the same in words.
        power: how often it is found, at least.
    """

    statement: str
    false_alarm: float
    detects: float
    effect: str
    power: float

    def __post_init__(self) -> None:
        for key in ("false_alarm", "power"):
            if real(key, vars(self)[key], above=0) >= 1:
                raise InputError(key, expected="a number between 0 and 1", got=vars(self)[key])

    @property
    def alarms(self) -> str:
        """Say how often a true statement is rejected."""
        return f"false alarms at most {_short_rate(self.false_alarm)}"

    @property
    def sentence(self) -> str:
        """Say how often the test errs, both ways."""
        return f"{self.alarms}, {self.effect} is found with power {percent(self.power)}"


@dataclass(frozen=True, kw_only=True)
class Assurance:
    """A statement that the data do not contradict, and what would have been found.

    Attributes:
        terms: the statement, its false alarms and what it detects.
        over: how much was looked at, in words.
        parts: what was measured of each layer, or of each property.
    """

    terms: Terms
    over: str
    parts: tuple[Part, ...]

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        nearest = min(self.parts, key=lambda part: part.slack)
        return (
            f"not contradicted: {self.terms.statement}; the closest is {nearest.sentence}; "
            f"over {self.over}; {self.terms.sentence}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            **vars(self.terms),
            "over": self.over,
            "parts": [part.to_json() for part in self.parts],
            "sentence": self.sentence,
        }


def conclude(
    terms: Terms,
    *,
    over: str,
    parts: Sequence[Part],
    hints: Sequence[str] = (),
    enough: bool = True,
) -> Assurance:
    """Return the assurance, or raise `AssertionError` where a part is contradicted.

    ``enough`` says whether there was as much to look at as the terms' power takes.
    """
    outside = [part.sentence for part in parts if part.contradicted]
    if not outside:
        return Assurance(terms=terms, over=over, parts=tuple(parts))
    if len(outside) > _SHOWN:
        outside = [outside[0], f"... and {len(outside) - 2} more ...", outside[-1]]
    errs = terms.sentence if enough else terms.alarms
    raise contradiction(terms, over=f"{over}; {errs}", findings=[*outside, *hints])


def contradiction(terms: Terms, *, over: str, findings: Sequence[str]) -> AssertionError:
    """Return the error: the statement, what contradicts it, and over what it was looked for."""
    lines = [f"contradicted: {terms.statement}", *(f"  {line}" for line in findings)]
    return AssertionError("\n".join([*lines, f"over {over}"]))


def _short_rate(rate: float) -> str:
    """Return a small rate as people say it.

    >>> _short_rate(1e-6), _short_rate(0.05)
    ('1 in 1,000,000', '1 in 20')
    """
    return f"1 in {1 / rate:,.0f}" if rate <= 0.1 else short(rate)
