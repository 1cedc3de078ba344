"""Findings: the verdict on a claim from measured networks, and its theoretical expectation."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from saturation_lab.claims.claim import Claim
from saturation_lab.inference.answer import Answer, answer
from saturation_lab.inference.averages import Basis, Known, average
from saturation_lab.inference.digits import (
    MINUS,
    TIMES,
    count_text,
    percent,
    plain,
    plain_numbers,
    rounded,
    rounded_down,
    rounded_up,
    short,
)
from saturation_lab.inference.intervals import LEVEL, Interval, mean_interval
from saturation_lab.inference.verdict import Region, Verdict
from saturation_lab.judging.exact import EXACT
from saturation_lab.judging.forms import experiment_of
from saturation_lab.judging.kinds import Exact, Experiment
from saturation_lab.judging.place import Networks
from saturation_lab.nets.arrays import Float64

_Digits = Callable[[float], str]

_EXACT = 1e-4
"""The relative width of an interval below which a number is the same in every network."""

_MOST = 12
"""The largest number of digits for computed numbers and for the bounds of regions."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The measurement for one claim and the verdict that follows from it.

    Attributes
    ----------
    claim : Claim
        The claim.
    answer : Answer
        The verdict and the interval of the deciding number, a mean over networks.
    measured : Interval
        The measurement in the claim's own networks: a ratio (its geometric mean over networks), or
        the deciding number if that is not a ratio.
    expected : float
        The theoretical expectation of the deciding number (`decided`) for wide layers; nan if
        theory has no answer.
    beside : Interval or None
        The ratio in the networks that they are compared with, if the claim is a comparison.
    undefined : int
        The number of networks in which the deciding number is undefined; if there are any, the
        verdict is undecided.
    predicted, predicted_beside : float
        The theoretical expectations of ``measured`` and ``beside``.
    """

    claim: Claim
    answer: Answer
    measured: Interval
    expected: float = math.nan
    beside: Interval | None = None
    undefined: int = 0
    predicted: float = math.nan
    predicted_beside: float = math.nan

    @property
    def experiment(self) -> Experiment:
        """The experiment that decides the claim."""
        return experiment_of(self.claim)

    @property
    def verdict(self) -> Verdict:
        """Whether the claim holds, fails or remains undecided."""
        return self.answer.verdict

    @property
    def interval(self) -> Interval:
        """The deciding number on the scale of the claim's region, which may be logarithmic."""
        return self.answer.interval

    @property
    def decided(self) -> Interval:
        """The deciding number as it is shown: a ratio instead of its logarithm."""
        return self.interval.map(math.exp) if self._logarithmic else self.interval

    @property
    def region(self) -> Region:
        """The region in which `decided` must lie."""
        return self._shown(self.answer.region)

    @property
    def confirmed(self) -> Region:
        """The smallest region of the same kind that the interval would confirm."""
        return self._shown(self.answer.confirmed)

    @property
    def in_unit(self) -> Interval:
        """The deciding number in the unit of the source."""
        return self.interval.map(self._in_unit)

    @property
    def region_in_unit(self) -> Region:
        """The region in which `in_unit` must lie."""
        return self.answer.region.map(self._in_unit)

    @property
    def theory(self) -> float:
        """The theoretical expectation of `in_unit`; nan if there is none."""
        unit = self.claim.unit
        return self.expected if unit is None else unit(self.expected)

    @property
    def asked(self) -> str:
        """The required region in words, in the unit of the source."""
        region, unit = self.region_in_unit, self.claim.unit
        low, high = region.low, region.high
        fine = (high - low) / 100 if math.isfinite(high - low) else math.inf  # bounds must differ
        said = self._said(region, lambda x: _as_asked(x, fine), lambda x: _as_asked(x, fine))
        return f"{unit.asks} ({said})" if unit and unit.asks else said

    @property
    def shown(self) -> str:
        """The region that the interval would confirm, in words; "" without an interval."""
        if math.isnan(self.interval.low):
            return ""
        scale = self.interval if self.claim.unit is None else self.in_unit
        quarter = (scale.high - scale.low) / 4  # about the standard error

        def error(x: float) -> float:
            return x * quarter if self._logarithmic and self.claim.unit is None else quarter

        return self._said(
            self.answer.confirmed.map(self._in_unit),
            lambda x: rounded_down(x, error(x)),
            lambda x: rounded_up(x, error(x)),
        )

    @property
    def number(self) -> str:
        """The deciding number with its interval, as text, in the unit of the source."""
        found = self.in_unit
        if isinstance(self.experiment, Exact) or not self._spread > _EXACT * abs(found.estimate):
            return self.brief
        return f"{rounded(found.estimate, (found.high - found.low) / 4)} {found.ends}{self._ends}"

    @property
    def brief(self) -> str:
        """The deciding number without its interval, as text, in the unit of the source."""
        found = self.in_unit
        if math.isnan(found.low):
            return self._missing
        return f"{_on_its_side(found.estimate, self.region_in_unit)}{self._ends}"

    @property
    def sentence(self) -> str:
        """The finding in one line."""
        what = "ratio" if self._logarithmic else self.interval.of
        if isinstance(self.experiment, Exact):
            return f"{self.verdict}: {self.number}, computed; required: {self.asked}"
        count = count_text(self.interval.networks, "network")
        if math.isnan(self.interval.low):
            of = f" of {self.interval.networks:,}" if self.undefined else ""
            return f"{self.verdict}: {self._missing}{of}"
        return (
            f"{self.verdict}: {what} {self.number} ({percent(self.interval.level)}) over {count}; "
            f"required: {self.asked}; shown: {self.shown}{self.outlook}"
        )

    @property
    def outlook(self) -> str:
        """What would decide the claim; "" if it is decided or more networks would not help."""
        if self.verdict is not Verdict.UNDECIDED or self.undefined or self.answer.reason:
            return ""
        if self.interval.networks < 2:
            return "; one network has no spread"
        needed = self.answer.networks_to_decide
        if needed is None:
            return "; too close to a bound to be decided"
        return f"; about {needed:,} networks would decide"

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain data: ratios, not logarithms; undefined numbers are None.

        ``measured`` is the measurement in the claim's own networks, and ``beside`` the measurement
        in the networks that they are compared with. ``decides`` is the number that must lie in
        ``region``, and ``confirmed`` is the smallest region of that kind that the data would
        confirm.
        """
        return {
            "claim": self.claim.id,
            "source": self.claim.source,
            "sentence": self.claim.sentence,
            "precise": self.claim.precise,
            "verdict": self.verdict.value,
            "networks": self.interval.networks,
            "undefined": self.undefined,
            "measured": plain_numbers(self.measured.numbers),
            "predicted": plain(self.predicted),
            "beside": None if self.beside is None else plain_numbers(self.beside.numbers),
            "predicted_beside": plain(self.predicted_beside),
            "decides": plain_numbers(self.decided.numbers),
            "region": self.region.to_json(),
            "confirmed": self.confirmed.to_json(),
            "networks_to_decide": self.answer.networks_to_decide,
            "reason": self.answer.reason or None,
        }

    @property
    def _missing(self) -> str:
        """Why there is no interval."""
        if self.undefined:
            return f"undefined in {count_text(self.undefined, 'network')}"
        if self.answer.reason:
            return f"no interval, because {self.answer.reason}"
        return f"no interval from {count_text(self.interval.networks, 'network')}"

    @property
    def exact(self) -> bool:
        """Whether the claim holds as an identity: its number is rounding and nothing else."""
        found = self.experiment
        holds = self.verdict is Verdict.HOLDS
        return holds and isinstance(found, Exact) and EXACT[found.of].error

    @property
    def _spread(self) -> float:
        """The width of the interval; nan without one."""
        return self.in_unit.high - self.in_unit.low

    @property
    def _ends(self) -> str:
        return "" if self.claim.unit is None else self.claim.unit.ends

    def _in_unit(self, x: float) -> float:
        """Convert a number on the scale of the claim's region to the unit of the source."""
        plain_scale = math.exp(x) if self._logarithmic else x
        return plain_scale if self.claim.unit is None else self.claim.unit(plain_scale)

    @property
    def _logarithmic(self) -> bool:
        return self.experiment.logarithmic

    def _said(self, region: Region, low: _Digits, high: _Digits) -> str:
        if not math.isfinite(self.answer.margin):
            if math.isfinite(self.answer.region.high):
                return f"below {high(region.high)}{self._ends}"
            return f"above {low(region.low)}{self._ends}"
        if self.answer.region.centre == 0 and self.claim.unit is None:
            return f"within {'a factor of ' if self._logarithmic else '±'}{high(region.high)}"
        return f"between {low(region.low)} and {high(region.high)}{self._ends}"

    def _shown(self, region: Region) -> Region:
        return region.map(math.exp) if self._logarithmic else region


def judge(claim: Claim, networks: Networks, *, level: float = LEVEL) -> Finding:
    """Judge one claim on measured networks.

    Predictions that the networks carry (`Measured.expecting`) are reported with the measurement;
    they do not affect the verdict.

    Parameters
    ----------
    claim : Claim
        The claim.
    networks : mapping of str to Measured
        The networks, by the names that the claim uses.
    level : float
        The confidence level of the intervals.

    Returns
    -------
    Finding
        The measurement and the verdict.

    Raises
    ------
    InputError
        If networks that are compared do not share seed, indices and axis ranges.

    Examples
    --------
    >>> from saturation_lab.claims.claim import ask
    >>> claim = Claim(experiment=ask("exact", of="share_outside", args=(4.0, 4.0)), high=0.05)
    >>> judge(claim, {}).sentence
    'fails: 0.317, computed; required: below 0.05'
    """
    experiment = experiment_of(claim)
    values = experiment.values(networks)
    decided = decide(claim, values, experiment.known(networks), level=level)
    found = decided.interval
    measured, beside = found.map(math.exp) if experiment.logarithmic else found, None
    undefined = np.count_nonzero(~np.isfinite(values)) if experiment.roles else 0
    expected = experiment.expected(networks)
    predicted, predicted_beside = expected, math.nan
    if experiment.compared:
        ratios = experiment.compared
        measured, beside = (ratio.interval(networks, level=level) for ratio in ratios)
        predicted, predicted_beside = (ratio.expected(networks) for ratio in ratios)
    return Finding(
        claim=claim,
        answer=decided,
        measured=measured,
        expected=expected,
        beside=beside,
        undefined=int(undefined),
        predicted=predicted,
        predicted_beside=predicted_beside,
    )


def decide(
    claim: Claim, values: Float64, known: Known | None = None, *, level: float = LEVEL
) -> Answer:
    """Decide a claim from its number in each network.

    The mean of a number whose law over networks is too heavy for an interval stays undecided, with
    the reason, unless its law is known exactly (see `inference.averages`).

    Parameters
    ----------
    claim : Claim
        The claim, which has the region.
    values : ndarray of float64
        The deciding numbers on the scale of the region, an array of shape (networks,); a single
        one if it is computed exactly.
    known : Known, optional
        What is known about the number in advance; logarithms need nothing.
    level : float
        The confidence level of the interval.

    Returns
    -------
    Answer
        The interval of the mean over networks, and the verdict.
    """
    experiment = experiment_of(claim)
    if isinstance(experiment, Exact):
        (x,) = values.tolist()
        found, reason = Interval(estimate=x, se=0.0, low=x, high=x, networks=0, of="number"), ""
    elif experiment.logarithmic:
        found, reason = replace(mean_interval(values, level=level), of="log ratio"), ""
    else:
        averaged = average(values, known, level=level)
        by_law = " by the exact law" * (averaged.basis is Basis.LAW)
        found, reason = replace(averaged.mean, of=f"mean{by_law}"), averaged.reason
    return answer(found, Region(low=claim.low, high=claim.high), reason=reason)


def _as_asked(x: float, fine: float = math.inf) -> str:
    """Return a bound with four digits, or as many as keep it within ``fine`` of its value."""
    if x != 0 and not 1e-3 <= abs(x) < 1e4:
        return short(x).removeprefix(f"1.00 {TIMES} ")
    digits = next((d for d in range(4, _MOST) if abs(float(f"{x:.{d}g}") - x) < fine), _MOST)
    return f"{x:.{digits}g}".replace("-", MINUS)


def _on_its_side(x: float, region: Region) -> str:
    """Return a number with three digits, or as many as keep it on its side of both bounds."""

    def sides(number: float) -> tuple[bool, ...]:
        low, high = region.low, region.high
        return number < low, number > low, number < high, number > high

    def stays(digits: int) -> bool:
        return sides(float(f"{x:.{digits - 1}e}")) == sides(x)

    digits = next((d for d in range(3, _MOST) if stays(d)), _MOST)
    return short(x) if digits == 3 else f"{x:.{digits}g}".replace("-", MINUS)
