"""Is a relative error small enough? Three answers from one 95 % interval.

A statement holds where the interval of log(1 + r) lies inside ±margin, fails where it lies outside,
and is undecided otherwise. The margin is fixed before anything is drawn; by default ln 2/L, so that
the errors of L layers together stay below a factor 2. One interval serves both answers, so figures
of intervals and verdicts agree; a false "holds" at the margin has half of its level's error, 2.5 %.

Source: Schuirmann 1987, Journal of Pharmacokinetics and Biopharmaceutics 15 (two one-sided tests;
with a 95 % interval each has 2.5 %).
"""

from __future__ import annotations

import math

import numpy as np

from saturation_lab.checks import InputError, Words, real, whole
from saturation_lab.inference.answer import Answer, answer
from saturation_lab.inference.intervals import LEVEL, Interval, interval_of
from saturation_lab.inference.planning import POWER
from saturation_lab.inference.replicates import Replicates, one_layer
from saturation_lab.inference.verdict import Region


def default_margin(layers: int) -> float:
    """Return ln 2/L: so small an error in each of L layers makes less than a factor 2 in all.

    >>> round(default_margin(10), 4)
    0.0693
    """
    return math.log(2) / whole("layers", layers, low=1)


def equivalence(
    errors: Replicates, *, margin: float, level: float = LEVEL, power: float = POWER
) -> Answer:
    """Return whether the mean relative error r over networks lies within ±margin on log(1 + r).

    Student's t interval of the mean of r, its ends taken to log(1 + r); se by the delta method.

    Args:
        errors: r in each network, ratio - 1.

    Raises:
        InputError: margin <= 0; r below -1; replicates of several layers, or a bare array.

    >>> r = Replicates(values=[0.01, -0.02, 0.00, 0.02, -0.01], networks=range(5))
    >>> equivalence(r, margin=default_margin(10)).sentence
    'holds: log(1 + r) = 0.0000 ± 0.0071, 95 % interval [−0.0198, 0.0194], margin ±0.0693, \
over 5 networks; the smallest margin that would hold is 0.0199'
    """
    found = one_layer(errors)
    lowest = np.min(found.values, initial=0.0, where=~np.isnan(found.values))
    if lowest < -1:
        raise InputError("errors", expected="ratios less 1, from -1 up", got=Words(f"{lowest:.6g}"))
    return decide(_logarithmic(interval_of(found, level=level)), margin=margin, power=power)


def decide(interval: Interval, *, margin: float, power: float = POWER) -> Answer:
    """Return what any interval on the scale log(1 + r) says about ±margin.

    Raises:
        InputError: margin <= 0.
    """
    margin = real("margin", margin, above=0)
    return answer(interval, Region(low=-margin, high=margin), power=power)


def _logarithmic(interval: Interval) -> Interval:
    low, estimate, high = (
        math.log1p(x) if x > -1 else -math.inf if x <= -1 else math.nan
        for x in (interval.low, interval.estimate, interval.high)
    )
    se = interval.se / (1 + interval.estimate) if interval.estimate > -1 else math.nan
    return Interval(
        estimate=estimate,
        se=se,
        low=low,
        high=high,
        networks=interval.networks,
        level=interval.level,
        overflowed=interval.overflowed,
        of="log(1 + r)",
    )
