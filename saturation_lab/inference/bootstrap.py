"""How sure is any statistic over networks, where the shape of their law forbids Student's t?

Whole networks are drawn again, never units. `bootstrap_t` studentizes the mean and corrects for
skewness to second order; `bootstrap_bca` serves any statistic, also of several layers at once. Both
need some tens of networks: of ten values the bootstrap knows no tail.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from saturation_lab.checks import whole
from saturation_lab.inference.intervals import LEVEL, Interval, interval_of
from saturation_lab.inference.replicates import Float64, Replicates, all_finite, one_layer

_Statistic = Callable[[Float64], Float64]
_DRAWS = 1999


def bootstrap_t(
    replicates: Replicates, *, rng: np.random.Generator, draws: int = _DRAWS, level: float = LEVEL
) -> Interval:
    """Return the percentile-t interval of the mean over networks.

    [m - q_high s/√R, m - q_low s/√R], with the quantiles q of (m* - m)/(s*/√R) over samples of R
    networks drawn with replacement. Samples without spread count as infinitely far.

    Raises:
        InputError: a network overflowed; replicates of several layers, or a bare array.

    Source: Efron & Tibshirani 1993, An introduction to the bootstrap, section 12.5.

    >>> skew = Replicates(values=np.exp(np.arange(20) / 4), networks=range(20))
    >>> found = bootstrap_t(skew, rng=np.random.default_rng(1))
    >>> bool(found.high - found.estimate > found.estimate - found.low)
    True
    """
    values = all_finite(one_layer(replicates)).values
    plain = interval_of(replicates, level=level)
    if plain.se == 0:
        return plain
    count = whole("draws", draws, low=100)
    again = values[rng.integers(len(values), size=(count, len(values)))]
    away = again.mean(axis=1) - plain.estimate
    error = again.std(axis=1, ddof=1) / math.sqrt(len(values))
    far = np.copysign(np.inf, away)
    t = np.divide(away, error, out=far, where=error > 1e-12 * plain.se)
    low, high = np.quantile(t, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    low, high = plain.estimate - high * plain.se, plain.estimate - low * plain.se
    return replace(plain, low=float(low), high=float(high))


def bootstrap_bca(
    replicates: Replicates,
    statistic: _Statistic,
    *,
    rng: np.random.Generator,
    draws: int = _DRAWS,
    level: float = LEVEL,
    of: str = "statistic",
) -> Interval:
    """Return the bias-corrected and accelerated interval of a statistic over networks.

    Args:
        statistic: takes ``values`` [..., R], networks last, and returns [...].

    Raises:
        InputError: a network overflowed; replicates of several layers, or a bare array.

    Source: Efron 1987, Better bootstrap confidence intervals, JASA 82; computed by SciPy.

    >>> spread = Replicates(values=np.arange(30.0) ** 2, networks=range(30))
    >>> found = bootstrap_bca(
    ...     spread, lambda x: np.median(x, axis=-1), rng=np.random.default_rng(1), of="median"
    ... )
    >>> found.low < found.estimate < found.high
    True
    """
    from scipy.stats import DegenerateDataWarning, bootstrap

    values = all_finite(one_layer(replicates)).values
    estimate = float(statistic(values))
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", DegenerateDataWarning)  # then the ends are nan
        found = bootstrap(
            (values,),
            lambda x, axis: statistic(np.moveaxis(x, axis, -1)),
            n_resamples=whole("draws", draws, low=100),
            confidence_level=level,
            vectorized=True,
            method="BCa",
            rng=rng,
        )
    low, high = (float(x) for x in found.confidence_interval)
    return Interval(
        estimate=estimate,
        se=float(found.standard_error),
        low=low,
        high=high,
        networks=len(values),
        level=level,
        of=of,
    )
