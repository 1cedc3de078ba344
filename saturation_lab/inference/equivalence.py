"""Equivalence tests of a relative error: a three-way verdict from one confidence interval.

The verdict is "holds" if the 95 % interval of log(1 + r) lies inside ±margin, "fails" if it lies
outside, and "undecided" otherwise. The margin is fixed before any network is drawn. By default it
is ln 2/L, so that the errors of L layers together stay below a factor of 2. Because one
interval gives both answers, figures of intervals agree with the verdicts. If the true error is
exactly at the margin, the probability of a false "holds" is 2.5 %, half the error of the level.

References
----------
.. [1] D. J. Schuirmann, "A comparison of the two one-sided tests procedure and the power approach
   for assessing the equivalence of average bioavailability", Journal of Pharmacokinetics and
   Biopharmaceutics 15, 1987. With a 95 % interval each one-sided test has level 2.5 %.
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
    """Return the default margin ln 2/L on the scale log(1 + r).

    If the error of each of L layers is smaller, all errors together stay below a factor of 2.

    Parameters
    ----------
    layers : int
        Number of layers L, at least 1.

    Returns
    -------
    float
        The margin, a natural logarithm.

    Raises
    ------
    InputError
        If ``layers`` is not a whole number of at least 1.

    Examples
    --------
    >>> round(default_margin(10), 4)
    0.0693
    """
    return math.log(2) / whole("layers", layers, low=1)


def equivalence(
    errors: Replicates, *, margin: float, level: float = LEVEL, power: float = POWER
) -> Answer:
    """Test whether the mean relative error r over networks lies within ±margin on log(1 + r).

    The ends of Student's t interval of the mean of r are transformed to log(1 + r); the standard
    error follows by the delta method.

    Parameters
    ----------
    errors : Replicates
        The relative error r, a ratio minus 1, of each network; shape (networks,).
    margin : float
        Half-width of the region, on the scale log(1 + r) (natural logarithm).
    level : float, default 0.95
        Confidence level of the interval.
    power : float, default 0.9
        Power for which the number of networks that would decide is planned.

    Returns
    -------
    Answer
        The verdict about log(1 + r).

    Raises
    ------
    InputError
        If ``margin`` is not above 0, if a value of r is below -1, or if ``errors`` has several
        layers or is a bare array.

    Examples
    --------
    >>> r = Replicates(values=[0.01, -0.02, 0.00, 0.02, -0.01], networks=range(5))
    >>> equivalence(r, margin=default_margin(10)).sentence
    'holds: log(1 + r) = 0.0000 (standard error 0.0071), 95 % confidence interval \
[−0.0198, 0.0194], from 5 networks; required: within ±0.0693; the smallest margin that \
the data confirm is 0.0199'
    """
    found = one_layer(errors)
    lowest = np.min(found.values, initial=0.0, where=~np.isnan(found.values))
    if lowest < -1:
        raise InputError(
            "errors",
            expected="relative errors (ratio - 1) of at least -1",
            got=Words(f"{lowest:.6g}"),
        )
    return decide(_logarithmic(interval_of(found, level=level)), margin=margin, power=power)


def decide(interval: Interval, *, margin: float, power: float = POWER) -> Answer:
    """Decide whether a number on the scale log(1 + r) lies within ±margin.

    Parameters
    ----------
    interval : Interval
        Confidence interval of log(1 + r).
    margin : float
        Half-width of the region.
    power : float, default 0.9
        Power for which the number of networks that would decide is planned.

    Returns
    -------
    Answer
        The verdict.

    Raises
    ------
    InputError
        If ``margin`` is not above 0.

    Examples
    --------
    >>> decide(Interval(estimate=0.0, se=0.1, low=-0.2, high=0.2, networks=30), margin=0.3).verdict
    <Verdict.HOLDS: 'holds'>
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
