"""Do two studies differ, compared network by network where they share their random numbers?

Two studies of the same seed draw the same numbers, so their networks move together [correlation
0.97 between two initializers of the same law]: the differences inside pairs are then far surer than
the difference of two means. Studies without common streams are compared as two samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from saturation_lab.checks import InputError, choice
from saturation_lab.inference.digits import plain
from saturation_lab.inference.intervals import LEVEL, Interval, interval_of, logarithms
from saturation_lab.inference.replicates import Replicates, all_finite, one_layer


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One study against another.

    Attributes:
        shift: of the values or of their logarithms, one less the other: where t is taken.
        degrees: of freedom of that t.
        scale: difference or ratio.
        paired: whether network by network.
        correlation: between the two over the pairs; nan where unpaired, or without spread.
        left_out: networks of either study without a partner.
    """

    shift: Interval
    degrees: float
    scale: str
    paired: bool
    correlation: float
    left_out: int

    @property
    def interval(self) -> Interval:
        """Return the difference, or the ratio of typical networks, as it is read."""
        shift = self.shift
        back = shift.map(_BACK[self.scale]) if self.scale in _BACK else shift
        return replace(back, of=self.scale)

    @property
    def p_value(self) -> float:
        """Return the two-sided p-value of "they do not differ", of the interval's own t.

        It is below 1 - level where the interval lies on one side; nan where there is none.
        """
        shift = self.shift
        if math.isnan(shift.low):
            return math.nan
        if shift.se == 0:
            return float(shift.estimate == 0)
        return 2 * float(stdtr(self.degrees, -abs(shift.estimate) / shift.se))

    @property
    def neutral(self) -> float:
        """Return the value at which the two do not differ."""
        return _NEUTRAL[self.scale]

    @property
    def differ(self) -> bool:
        """Return whether the interval lies on one side of no difference."""
        return not self.interval.low <= self.neutral <= self.interval.high and not math.isnan(
            self.interval.low
        )

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        verdict = "they differ" if self.differ else "no difference is shown"
        way = "paired" if self.paired else "unpaired"
        left = f", {self.left_out:,} without a partner left out" if self.left_out else ""
        return f"{verdict}: {self.interval.sentence}, {way}{left}"

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data; undefined numbers are None."""
        return {
            "scale": self.scale,
            "paired": self.paired,
            "differ": self.differ,
            "p_value": plain(self.p_value),
            "correlation": plain(self.correlation),
            "left_out": self.left_out,
            "interval": self.interval.to_json(),
            "sentence": self.sentence,
        }


def compare_paired(
    one: Replicates, other: Replicates, *, scale: str = "ratio", level: float = LEVEL
) -> Comparison:
    """Return ``one`` less, or over, ``other``, from the networks that both have.

    Student's t of the differences, or of ln(one/other) taken back: the ratio of the typical
    networks. Where a network overflowed in either, there is no interval.

    Raises:
        InputError: fewer than two common networks; values not above 0 where the ratio is asked for.

    >>> rng = np.random.default_rng(1)
    >>> luck = rng.normal(0, 1, 30)
    >>> one, other = (Replicates(values=np.exp(x), networks=range(30)) for x in (luck + 0.1, luck))
    >>> compare_paired(one, other).interval.estimate.__round__(3)
    1.105
    """
    sides = [SCALES[choice("scale", scale, SCALES)](one_layer(x)) for x in (one, other)]
    _, left, right = np.intersect1d(one.networks, other.networks, return_indices=True)
    if len(left) < 2:
        raise InputError(
            "studies",
            expected="at least two networks in common",
            got=len(left),
            hint="studies without common networks are compared unpaired",
        )
    first, second = sides[0].of(left), sides[1].of(right)
    lost = first.overflowed | second.overflowed
    gone = ~np.isfinite(first.values) | ~np.isfinite(second.values)
    with np.errstate(invalid="ignore"):
        apart = np.where(gone, np.inf, first.values - second.values)
    difference = Replicates(values=apart, networks=first.networks, overflowed=lost)
    return Comparison(
        shift=replace(interval_of(difference, level=level), of=_SHIFTS[scale]),
        degrees=len(left) - 1,
        scale=scale,
        paired=True,
        correlation=_correlation(first, second),
        left_out=one.count + other.count - 2 * len(left),
    )


def compare_unpaired(
    one: Replicates, other: Replicates, *, scale: str = "ratio", level: float = LEVEL
) -> Comparison:
    """Return ``one`` less, or over, ``other`` for studies that share no random numbers.

    Welch's t with the degrees of freedom of Satterthwaite (Welch 1947, Biometrika 34).

    Raises:
        InputError: a network overflowed; values not above 0 where the ratio is asked for.

    >>> one = Replicates(values=[1.0, 2.0, 3.0], networks=range(3))
    >>> other = Replicates(values=[3.0, 4.0, 5.0], networks=range(3))
    >>> compare_unpaired(one, other, scale="difference").interval.ends
    '[−4.27, 0.27]'
    """
    sides = [SCALES[choice("scale", scale, SCALES)](all_finite(one_layer(x))) for x in (one, other)]
    means = [interval_of(side, level=level) for side in sides]
    parts = [mean.se**2 for mean in means]
    se = math.sqrt(sum(parts))
    estimate, networks = means[0].estimate - means[1].estimate, one.count + other.count
    degrees, half = networks - 2.0, 0.0
    if se > 0:
        weights = [part / se**2 for part in parts]  # squares of small variances would vanish
        degrees = 1 / sum(w**2 / (m.networks - 1) for w, m in zip(weights, means, strict=True))
        half = float(stdtrit(degrees, (1 + level) / 2)) * se
    shift = Interval(
        estimate=estimate,
        se=se,
        low=estimate - half,
        high=estimate + half,
        networks=networks,
        level=level,
        of=_SHIFTS[scale],
    )
    return Comparison(
        shift=shift, degrees=degrees, scale=scale, paired=False, correlation=math.nan, left_out=0
    )


def _correlation(first: Replicates, second: Replicates) -> float:
    x, y = first.values, second.values
    if not (np.isfinite(x).all() and np.isfinite(y).all()) or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


SCALES: Mapping[str, Callable[[Replicates], Replicates]] = {
    "difference": lambda values: values,
    "ratio": logarithms,
}
"""On which scale two networks are subtracted."""
_BACK: Mapping[str, Callable[[float], float]] = {"ratio": math.exp}
"""How a scale is read: not at all, or back from logarithms."""
_SHIFTS: Mapping[str, str] = {"difference": "difference", "ratio": "log ratio"}
"""What is subtracted, in words."""
_NEUTRAL: Mapping[str, float] = {"difference": 0.0, "ratio": 1.0}
"""Where two studies do not differ."""
