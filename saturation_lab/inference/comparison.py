"""Comparisons of two studies, paired by network where they share their random numbers.

Two studies with the same seed draw the same random numbers, so their networks are correlated
[correlation 0.97 between two initializers of the same law]. The differences within pairs are then
known far more precisely than the difference of two independent means. Studies without common random
streams are compared as two independent samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import stdtr, stdtrit

from saturation_lab.checks import InputError, choice
from saturation_lab.inference.digits import count_text, plain
from saturation_lab.inference.intervals import LEVEL, Interval, interval_of, logarithms
from saturation_lab.inference.replicates import Replicates, all_finite, one_layer


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The comparison of one study with another.

    Attributes
    ----------
    shift : Interval
        Mean of ``one`` minus mean of ``other``, of the values or of their logarithms: the scale on
        which Student's t is used.
    degrees : float
        Degrees of freedom of that t.
    scale : str
        "difference" or "ratio".
    paired : bool
        Whether the studies were compared network by network.
    correlation : float
        Correlation of the two studies over the pairs; nan if they are unpaired or do not vary.
    left_out : int
        Number of networks of either study without a partner.
    """

    shift: Interval
    degrees: float
    scale: str
    paired: bool
    correlation: float
    left_out: int

    @property
    def interval(self) -> Interval:
        """The difference, or the ratio of the typical networks, with its interval."""
        shift = self.shift
        back = shift.map(_BACK[self.scale]) if self.scale in _BACK else shift
        return replace(back, of=self.scale)

    @property
    def p_value(self) -> float:
        """The two-sided p-value of "the studies do not differ", from the same t as the interval.

        It is below 1 - level exactly if the interval excludes no difference; nan without an
        interval.
        """
        shift = self.shift
        if math.isnan(shift.low):
            return math.nan
        if shift.se == 0:
            return float(shift.estimate == 0)
        return 2 * float(stdtr(self.degrees, -abs(shift.estimate) / shift.se))

    @property
    def neutral(self) -> float:
        """The value that means no difference: 0 for a difference, 1 for a ratio."""
        return _NEUTRAL[self.scale]

    @property
    def differ(self) -> bool:
        """Whether the interval excludes no difference; False without an interval."""
        return not self.interval.low <= self.neutral <= self.interval.high and not math.isnan(
            self.interval.low
        )

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        verdict = "significant difference" if self.differ else "no significant difference"
        verdict = "undecided" if math.isnan(self.interval.low) else verdict
        way = "compared in pairs" if self.paired else "compared as independent samples"
        left = f"; {count_text(self.left_out, 'network')} without a partner left out"
        return f"{verdict}: {self.interval.sentence}, {way}{left if self.left_out else ''}"

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data; undefined numbers become None."""
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
    """Compare two studies network by network, on the networks that both have.

    The interval is Student's t of the differences. On the scale "ratio" it is taken of
    ln(one/other) and transformed back, which gives the ratio of the typical networks (geometric
    means). If a network of a pair overflowed, there is no interval.

    Parameters
    ----------
    one, other : Replicates
        One value per network; networks with the same index form a pair.
    scale : {"ratio", "difference"}, default "ratio"
        Whether to estimate ``one`` over ``other`` or ``one`` minus ``other``.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Comparison
        The paired comparison.

    Raises
    ------
    InputError
        If the studies have fewer than two networks in common, if a value is not above 0 on the
        scale "ratio", if the scale is unknown, or if an argument has several layers or is a bare
        array.

    Examples
    --------
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
            hint="compare studies that share no networks with compare_unpaired",
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
    """Compare two studies that share no random numbers, as two independent samples.

    The interval is Welch's t with the degrees of freedom of Satterthwaite.

    Parameters
    ----------
    one, other : Replicates
        One value per network; the numbers of networks may differ.
    scale : {"ratio", "difference"}, default "ratio"
        Whether to estimate ``one`` over ``other`` or ``one`` minus ``other``.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Comparison
        The unpaired comparison.

    Raises
    ------
    InputError
        If a network overflowed, if a value is not above 0 on the scale "ratio", if the scale is
        unknown, or if an argument has several layers or is a bare array.

    References
    ----------
    .. [1] B. L. Welch, "The generalization of 'Student's' problem when several different population
       variances are involved", Biometrika 34, 1947.

    Examples
    --------
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
        weights = [part / se**2 for part in parts]  # squares of small variances would underflow
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
"""The transformation that each scale applies before two networks are subtracted."""
_BACK: Mapping[str, Callable[[float], float]] = {"ratio": math.exp}
"""The inverse transformation of a scale, if it has one."""
_SHIFTS: Mapping[str, str] = {"difference": "difference", "ratio": "log ratio"}
"""The name of what is estimated on each scale before it is transformed back."""
_NEUTRAL: Mapping[str, float] = {"difference": 0.0, "ratio": 1.0}
"""The value of each scale that means no difference."""
