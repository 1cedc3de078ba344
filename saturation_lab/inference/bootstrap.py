"""Bootstrap confidence intervals over networks, for skewed values and for any statistic.

Whole networks are resampled, never units. `bootstrap_t` studentizes the mean and is second-order
accurate for skewed values. `bootstrap_bca` works for any statistic. Both need a few dozen networks:
ten values say nothing about the tails of a distribution.
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
    """Return the bootstrap-t confidence interval of the mean over networks.

    The interval is [m - q_high s/√R, m - q_low s/√R] with mean m and standard deviation s of R
    values, and quantiles q of (m* - m)/(s*/√R) over samples of R networks drawn with replacement. A
    sample without spread counts as infinitely far away.

    Parameters
    ----------
    replicates : Replicates
        One value per network; shape (networks,).
    rng : numpy.random.Generator
        Source of the resampled networks.
    draws : int, default 1999
        Number of bootstrap samples, at least 100.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Interval
        The mean, its standard error s/√R, and the bootstrap-t ends; the plain interval of zero
        width if all values are equal.

    Raises
    ------
    InputError
        If a network overflowed, if ``replicates`` has several layers or is a bare array, or if
        ``draws`` is below 100.

    References
    ----------
    .. [1] B. Efron and R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall, 1993,
       section 12.5.

    Examples
    --------
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
    """Return the bias-corrected and accelerated (BCa) confidence interval of any statistic.

    Parameters
    ----------
    replicates : Replicates
        One value per network; shape (networks,).
    statistic : callable
        Maps an array of shape (..., networks) to the statistic of each row, of shape (...,).
    rng : numpy.random.Generator
        Source of the resampled networks.
    draws : int, default 1999
        Number of bootstrap samples, at least 100.
    level : float, default 0.95
        Confidence level.
    of : str, default "statistic"
        Name of the statistic, used in the sentence of the interval.

    Returns
    -------
    Interval
        The statistic of the sample, its bootstrap standard error and the BCa ends; the ends are nan
        if the bootstrap distribution is degenerate.

    Raises
    ------
    InputError
        If a network overflowed, if ``replicates`` has several layers or is a bare array, or if
        ``draws`` is below 100.

    See Also
    --------
    scipy.stats.bootstrap : Computes the interval.

    References
    ----------
    .. [1] B. Efron, "Better bootstrap confidence intervals", Journal of the American Statistical
       Association 82, 1987.

    Examples
    --------
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
        warnings.simplefilter("ignore", DegenerateDataWarning)  # the ends are nan then
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
