"""Results and failure messages of the assertions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saturation_lab.checks import InputError, real
from saturation_lab.inference.digits import percent, plain, rounded, short

FALSE_ALARM = 1e-6
"""The default rate of false alarms."""

POWER = 0.999
"""The default power."""

_LEAST_FALSE_ALARM = 1e-12
"""Smaller rates would need probabilities that the approximations do not give."""

_SHOWN = 6
"""List at most this many contradicted parts; beyond that, only the first and the last."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """One layer or one property of a law: the measured value and the range it should lie in.

    Attributes
    ----------
    name : str
        The layer, the ratio of two layers, or the property.
    estimate : float
        The measured value.
    low, high : float
        The ends of its confidence interval. The intervals of all parts are simultaneous: they all
        cover in all but ``false_alarm`` of the runs.
    least, most : float
        The range in which the true value should lie.

    Examples
    --------
    >>> part = Part(name="layer 2", estimate=0.5, low=0.4, high=0.6, least=0.7, most=1.4)
    >>> part.contradicted
    True
    >>> part.sentence
    'layer 2: 0.500, interval [0.400, 0.600], expected 0.7 to 1.4'
    """

    name: str
    estimate: float
    low: float
    high: float
    least: float
    most: float

    @property
    def contradicted(self) -> bool:
        """Whether the whole interval lies outside the expected range."""
        return self.high < self.least or self.low > self.most

    @property
    def slack(self) -> float:
        """The distance of the interval from being contradicted, in units of its own width."""
        width = self.high - self.low
        room = min(self.high - self.least, self.most - self.low)
        return room / width if width > 0 else math.copysign(math.inf, room)

    @property
    def sentence(self) -> str:
        """The measured value, its interval and the expected range in one line."""
        if self.low == self.high:
            whole = float(self.estimate).is_integer()
            value = f"{self.estimate:,.0f}" if whole else short(self.estimate)
            return f"{self.name}: {value}, expected {self._expected()}"
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
        """Return all fields as plain data, with None for an infinite end."""
        return {
            "name": self.name,
            **{key: plain(vars(self)[key]) for key in ("estimate", "low", "high", "least", "most")},
            "contradicted": self.contradicted,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The statement under test and the error rates of the test.

    Attributes
    ----------
    statement : str
        The statement in words.
    false_alarm : float
        The largest rate at which a true statement is rejected, between 0 and 1.
    detects : float
        The size of the error that must be detected.
    effect : str
        The same in words, as in "a factor of 4".
    power : float
        The smallest probability of detecting it, between 0 and 1.

    Raises
    ------
    InputError
        If ``false_alarm`` or ``power`` is not between 0 and 1.
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
        if self.false_alarm < _LEAST_FALSE_ALARM:
            expected = f"at least {_LEAST_FALSE_ALARM:g}, which the approximations allow for"
            raise InputError("false_alarm", expected=expected, got=self.false_alarm)

    @property
    def alarms(self) -> str:
        """The rate of false alarms in words."""
        return f"false-alarm rate at most {_short_rate(self.false_alarm)}"

    @property
    def sentence(self) -> str:
        """Both error rates in words."""
        return f"{self.alarms}, power {percent(self.power)} to detect {self.effect}"


@dataclass(frozen=True, kw_only=True)
class Assurance:
    """The result of an assertion that passed: the statement, the data, and the error rates.

    Attributes
    ----------
    terms : Terms
        The statement and the error rates.
    over : str
        The amount of data in words, as in "20 networks".
    parts : tuple of Part
        What was measured of each layer or each property.
    """

    terms: Terms
    over: str
    parts: tuple[Part, ...]

    @property
    def sentence(self) -> str:
        """The result in one line, with the part that is closest to a contradiction."""
        nearest = min(self.parts, key=lambda part: part.slack)
        return (
            f"not contradicted: {self.terms.statement}; closest to a contradiction is "
            f"{nearest.sentence}; based on {self.over}; {self.terms.sentence}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data."""
        return {
            **vars(self.terms),
            "detects": plain(self.terms.detects),
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
    leading: int = 1,
) -> Assurance:
    """Return the assurance, or raise `AssertionError` if any part is contradicted.

    Parameters
    ----------
    terms : Terms
        The statement and the error rates.
    over : str
        The amount of data in words.
    parts : sequence of Part
        What was measured.
    hints : sequence of str, default ()
        Lines that are added to the message, such as possible causes.
    enough : bool, default True
        Whether there was enough data for the stated power. If not, the message leaves the power
        out.
    leading : int, default 1
        Of more than six contradicted parts, this many are listed, and the last.

    Returns
    -------
    Assurance
        The result if no part is contradicted.

    Raises
    ------
    AssertionError
        If a part is contradicted. The message lists up to six contradicted parts; of
        more, only the first ``leading`` and the last.
    """
    __tracebackhide__ = True  # pytest then shows the line of the user's test
    outside = [part.sentence for part in parts if part.contradicted]
    if not outside:
        return Assurance(terms=terms, over=over, parts=tuple(parts))
    if len(outside) > _SHOWN:
        more = f"... and {len(outside) - leading - 1} more ..."
        outside = [*outside[:leading], more, outside[-1]]
    errs = terms.sentence if enough else terms.alarms
    raise contradiction(terms, over=f"{over}; {errs}", findings=[*outside, *hints])


def contradiction(terms: Terms, *, over: str, findings: Sequence[str]) -> AssertionError:
    """Return the error of a contradicted statement.

    Parameters
    ----------
    terms : Terms
        The statement and the error rates.
    over : str
        The amount of data in words.
    findings : sequence of str
        What contradicts the statement, one line each.

    Returns
    -------
    AssertionError
        Its message has the statement, the findings, and the amount of data.
    """
    lines = [f"contradicted: {terms.statement}", *(f"  {line}" for line in findings)]
    return AssertionError("\n".join([*lines, f"based on {over}"]))


def _short_rate(rate: float) -> str:
    """Return a small rate as "1 in N", a larger one as a number.

    >>> _short_rate(1e-6), _short_rate(0.05)
    ('1 in 1,000,000', '1 in 20')
    """
    return f"1 in {1 / rate:,.0f}" if rate <= 0.1 else short(rate)
