"""Averages over networks: the mean and the typical network, and which interval each of them gets.

A mean square is a product of one random factor per layer, so it is nearly log-normal over networks.
β, the variance of its logarithm, grows like depth/width. Where β is large, a few networks determine
the mean, most samples contain none of them, and Student's t interval of the mean is narrow and
wrong. The rule for positive quantities is therefore:

- **The typical network**, the geometric mean over the networks that are not at 0, always gets the
  exponential of Student's t interval of the logarithms.
- **The mean** gets Student's t interval where β <= 0.1, or where there are at least 25 γ² networks,
  γ being the skewness of a log-normal law with this β and this share of zeros (Cochran's rule
  [1]_). Elsewhere, if theory knows the law exactly, it gets the interval of the typical network
  times the exact ratio of mean and typical network; if not, its interval is withheld.

β is the exact one where theory knows it, and otherwise the sample variance of the logarithms.

**Shares of counted values** get the interval of Korn & Graubard [2]_: the exact binomial interval
of Clopper and Pearson for as many independent values as explain the scatter between networks.
Unlike Student's t, it has an honest end where all networks show 0.

**All other quantities** get Student's t interval of the mean. Percentiles and means that have the
same sign in all networks are sizes, and are treated as such.

References
----------
.. [1] W. G. Cochran, "Sampling Techniques", 3rd edition, Wiley, 1977, section 2.15.
.. [2] E. L. Korn and B. I. Graubard, "Confidence intervals for proportions with small expected
   number of positive counts estimated from survey data", Survey Methodology 24, 1998.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, stdtrit

from saturation_lab.inference.digits import count_text, plain, short
from saturation_lab.inference.intervals import LEVEL, Interval, mean_intervals
from saturation_lab.inference.replicates import Float64

SMALL_BETA = 0.1
"""The largest β at which Student's t interval of the mean is used for any number of networks."""
COCHRAN = 25
"""The number of networks that a mean needs for each unit of squared skewness."""
_ENOUGH_SIGNS = 10
"""The least number of networks whose common sign is not taken for chance."""


class Basis(StrEnum):
    """The basis of an interval of a mean."""

    T = "t"
    """Student's t."""
    BINOMIAL = "binomial"
    """Korn & Graubard's binomial interval of a share."""
    LAW = "exact law"
    """The interval of the typical network, times the exact ratio of mean and typical network."""
    WITHHELD = "withheld"
    """There is no interval, because the law is too heavy for this number of networks."""
    NONE = "none"
    """There is no interval: a single network, or a value that is undefined in some network."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known about numbers before they are measured; arrays that broadcast to their shape.

    Attributes
    ----------
    size : array_like of bool
        Whether a number is a size, which is positive or 0.
    place : array_like of bool
        Whether a number may be of either sign, but scales with a signal. It counts as a size if it
        has one sign in all of at least ten networks.
    units : array_like of int
        The number of units that are counted, if a number is a share of counted values; else 0.
    counted : array_like of int
        The number of values that are counted: units × examples.
    beta, log_gap : array_like of float
        The exact variance of the logarithm, and the exact logarithm of the ratio of the mean to the
        typical network; nan if unknown.
    """

    size: ArrayLike = False
    place: ArrayLike = False
    units: ArrayLike = 0
    counted: ArrayLike = 0
    beta: ArrayLike = math.nan
    log_gap: ArrayLike = math.nan


@dataclass(frozen=True, kw_only=True)
class Average:
    """The averages of one number over networks.

    Attributes
    ----------
    mean : Interval
        The mean. Where its law is too heavy and not known, it is the mean of the sample, without an
        interval.
    typical : Interval
        The geometric mean over the networks that are not at 0; nan for a number that is not a size.
    spread : tuple of float
        The 5th and the 95th percentile over single networks.
    beta : float
        The variance of the logarithm: exact, or else of the sample.
    zeros : int
        The number of networks in which the number is exactly 0.
    basis : Basis
        The basis of the interval of the mean.
    needed : float
        The number of networks that Student's t interval of the mean needs; inf if beyond counting.
    """

    mean: Interval
    typical: Interval
    spread: tuple[float, float]
    beta: float
    zeros: int
    basis: Basis
    needed: float

    @property
    def heavy(self) -> bool:
        """Whether Student's t interval of the mean cannot be trusted."""
        return self.basis in (Basis.LAW, Basis.WITHHELD)

    @property
    def reason(self) -> str:
        """Why the interval of the mean is withheld; "" if it is not.

        >>> average([1.0, 0.01, 3e-4, 20.0, 0.3, 7.0], Known(size=True)).reason
        'the law over networks is too heavy for a mean of 6 networks (β = 17.6)'
        """
        if self.basis is not Basis.WITHHELD:
            return ""
        networks = self.mean.networks
        if self.zeros == networks:
            return f"it is exactly 0 in all {count_text(networks, 'network')}"
        if math.isnan(self.beta):
            known = f"{self.zeros:,} of them are exactly 0"
        else:
            known = f"β = {short(self.beta)}"
        more = f"; it takes about {self.needed:,.0f}" if self.needed < 1e6 else ""
        return (
            "the law over networks is too heavy for a mean of "
            f"{count_text(networks, 'network')} ({known}{more})"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the averages as plain data; undefined numbers are None."""
        mean, typical = self.mean, self.typical
        found: dict[str, Any] = {
            "estimate": plain(mean.estimate),
            "se": plain(mean.se),
            "low": plain(mean.low),
            "high": plain(mean.high),
            "basis": self.basis.value,
        }
        if self.reason:
            found["reason"] = self.reason
        if math.isfinite(typical.estimate):
            found["typical"] = plain(typical.estimate)
            found["typical_low"], found["typical_high"] = plain(typical.low), plain(typical.high)
            found["beta"] = plain(self.beta)
        if self.zeros:
            found["zeros"] = self.zeros
        return {**found, "spread_5": plain(self.spread[0]), "spread_95": plain(self.spread[1])}


@dataclass(frozen=True, kw_only=True)
class Averages:
    """The averages of many numbers over networks, as arrays of one shape (...).

    Attributes
    ----------
    estimate, se, low, high : array of shape (...)
        The mean, its standard error, and the ends of its interval; nan if undefined or withheld.
    typical, typical_low, typical_high : array of shape (...)
        The typical network and its interval; nan for numbers that are not sizes.
    spread_5, spread_95 : array of shape (...)
        Percentiles over single networks.
    beta : array of shape (...)
        The variance of the logarithm: exact, or else of the sample.
    zeros : array of int of shape (...)
        The number of networks at exactly 0.
    basis : array of str of shape (...)
        The `Basis` of each interval of a mean.
    needed : array of shape (...)
        The number of networks that Student's t interval of the mean needs.
    networks : int
        The number of networks.
    level : float
        The confidence level.
    """

    estimate: Float64
    se: Float64
    low: Float64
    high: Float64
    typical: Float64
    typical_low: Float64
    typical_high: Float64
    spread_5: Float64
    spread_95: Float64
    beta: Float64
    zeros: NDArray[np.int64]
    basis: NDArray[Any]
    needed: Float64
    networks: int
    level: float

    def at(self, *index: int) -> Average:
        """Return the averages of one number.

        Parameters
        ----------
        *index : int
            The index of the number in the arrays.

        Returns
        -------
        Average
            Its mean, typical network and spread.
        """

        def one(array: Float64) -> float:
            return float(array[index])

        mean = Interval(
            estimate=one(self.estimate),
            se=one(self.se),
            low=one(self.low),
            high=one(self.high),
            networks=self.networks,
            level=self.level,
        )
        typical = Interval(
            estimate=one(self.typical),
            se=math.nan,
            low=one(self.typical_low),
            high=one(self.typical_high),
            networks=self.networks - int(self.zeros[index]),
            level=self.level,
            of="geometric mean",
        )
        return Average(
            mean=mean,
            typical=typical,
            spread=(one(self.spread_5), one(self.spread_95)),
            beta=one(self.beta),
            zeros=int(self.zeros[index]),
            basis=Basis(str(self.basis[index])),
            needed=one(self.needed),
        )

    @property
    def columns(self) -> dict[str, NDArray[Any]]:
        """The columns of a table of profiles."""
        mean = ("estimate", "se", "low", "high", "basis")
        typical = ("typical", "typical_low", "typical_high", "beta", "zeros")
        return {name: getattr(self, name) for name in (*mean, *typical, "spread_5", "spread_95")}


def average(values: ArrayLike, known: Known | None = None, *, level: float = LEVEL) -> Average:
    """Return the averages of one number over networks.

    Parameters
    ----------
    values : array_like of shape (networks,)
        One value per network.
    known : Known, optional
        What is known about the number; by default, only that it may be of either sign.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Average
        The mean, the typical network and the spread over networks.

    Examples
    --------
    >>> some = average([0.9, 1.0, 1.1, 1.3], Known(size=True))
    >>> some.basis.value, some.mean.ends, some.typical.ends
    ('t', '[0.80, 1.35]', '[0.83, 1.38]')
    """
    return averages(values, known, level=level).at()


def averages(values: ArrayLike, known: Known | None = None, *, level: float = LEVEL) -> Averages:
    """Return the averages of numbers over networks, each with the interval that it can have.

    Parameters
    ----------
    values : array_like of shape (networks, ...)
        One row per network.
    known : Known, optional
        What is known about the numbers; by default, only that they may be of either sign.
    level : float, default 0.95
        Confidence level.

    Returns
    -------
    Averages
        Arrays of shape (...). If any value of a column is not finite, its numbers are nan.

    Examples
    --------
    >>> found = averages([[1.0, 0.0], [2.0, 0.0], [4.0, 0.0]], Known(units=[0, 50], counted=50))
    >>> found.basis.tolist(), found.low.round(4).tolist(), found.high.round(4).tolist()
    (['t', 'binomial'], [-1.4612, 0.0], [6.1279, 0.0243])
    """
    rows, known = np.asarray(values, dtype=np.float64), Known() if known is None else known
    count, shape = len(rows), rows.shape[1:]
    gap, units = (np.broadcast_to(x, shape) for x in (known.log_gap, known.units))
    with np.errstate(all="ignore"):
        estimate, se, low, high = mean_intervals(rows, level=level)
        size, typical, beta, zeros = _typical(rows, known, level=level)
        needed = COCHRAN * _squared_skewness(beta, 1 - zeros / count)
        heavy = size & (count > 1) & ~(beta <= SMALL_BETA) & ~(needed <= count)
        exact = heavy & np.isfinite(gap) & np.isfinite(typical[1])
        share = (units > 0) & np.isfinite(low)
        ratio = np.exp(gap) * typical
        estimate = np.where(exact, ratio[0], estimate)
        ends = np.where(share, _binomial(estimate, se, rows, known, level=level), [low, high])
        ends = np.where(exact, ratio[1:], np.where(heavy, np.nan, ends))
        percentiles = np.quantile(rows, [0.05, 0.95], axis=0)
    basis = np.select(
        [exact, heavy, np.isnan(low), share],
        [Basis.LAW.value, Basis.WITHHELD.value, Basis.NONE.value, Basis.BINOMIAL.value],
        default=Basis.T.value,
    )
    return Averages(
        estimate=estimate,
        se=np.where(heavy | share & ~(se > 0), np.nan, se),
        low=ends[0],
        high=ends[1],
        typical=typical[0],
        typical_low=typical[1],
        typical_high=typical[2],
        spread_5=percentiles[0] if count > 1 else np.full(shape, np.nan),
        spread_95=percentiles[1] if count > 1 else np.full(shape, np.nan),
        beta=beta,
        zeros=zeros,
        basis=basis,
        needed=needed,
        networks=count,
        level=level,
    )


def _typical(
    rows: Float64, known: Known, *, level: float
) -> tuple[NDArray[np.bool_], Float64, Float64, NDArray[np.int64]]:
    """Return which columns are sizes, their typical networks with intervals, β, and the zeros."""
    sign = np.where((rows <= 0).all(axis=0) & (rows < 0).any(axis=0), -1.0, 1.0)
    inside = sign * rows > 0
    zero = rows == 0
    one_sign = (inside | zero).all(axis=0) & np.isfinite(rows).all(axis=0)
    place = one_sign & ~zero.all(axis=0) & (len(rows) >= _ENOUGH_SIGNS)
    size = one_sign & np.asarray(known.size) | place & np.asarray(known.place)
    logs = np.log(np.where(inside, np.abs(rows), 1.0))
    there = inside.sum(axis=0)
    mean = logs.sum(axis=0) / there
    variance = np.square(np.where(inside, logs - mean, 0.0)).sum(axis=0) / (there - 1)
    variance = np.where(size & (there > 1), variance, np.nan)
    half = stdtrit(np.maximum(there - 1, 1), (1 + level) / 2) * np.sqrt(variance / there)
    ends = np.sort(sign * np.exp([mean - half, mean + half]), axis=0)
    typical = np.where(size & (there > 0), np.stack([sign * np.exp(mean), *ends]), np.nan)
    beta = np.where(np.isfinite(known.beta) & size, known.beta, variance)
    return size, typical, beta, np.where(size, zero.sum(axis=0), 0)


def _squared_skewness(beta: Float64, alive: Float64) -> Float64:
    """Return the squared skewness of a number that is log-normal with a probability, and else 0."""
    square = np.exp(beta) / alive  # E X²/(E X)²
    third = np.exp(3 * beta) / alive**2  # E X³/(E X)³
    spread = square - 1
    found = np.square(third - 3 * square + 2) / spread**3
    return np.where(spread == 0, 0.0, np.where(np.isnan(found), np.inf, found))


def _binomial(share: Float64, se: Float64, rows: Float64, known: Known, *, level: float) -> Float64:
    """Return the ends of Korn & Graubard's interval of a share.

    Values of different units count as independent where no scatter between networks is seen; those
    of different examples do not. Where most networks are at 0 or 1, the scatter is hardly seen, and
    there are no more independent values than units. Less than one value shows no lower end.
    """
    count = len(rows)
    units, counted = (count * np.asarray(x, dtype=np.float64) for x in (known.units, known.counted))
    at_an_end = np.maximum((rows == 0).mean(axis=0), (rows == 1).mean(axis=0)) >= 0.5
    t, limit = (stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) for n in (np.float64(count), units))
    trials = share * (1 - share) / se**2 * (limit / t) ** 2
    most = np.where(at_an_end | ~(se > 0), units, np.maximum(units, counted))
    trials = np.where(se > 0, np.minimum(trials, most), most)
    hits = np.clip(share, 0, 1) * trials
    tail = (1 - level) / 2
    low = np.where(hits >= 1, betaincinv(hits, trials - hits + 1, tail), 0.0)
    high = np.where(hits < trials, betaincinv(hits + 1, trials - hits, 1 - tail), 1.0)
    return np.stack([low, high])
