"""The distribution of single weights: mean, standard deviation, kurtosis, extremes and shape."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.laws import IID, Stated
from saturation_lab.testing.limits import at_most, within_limits
from saturation_lab.testing.tails import Means, largest_deviation

MEAN = "mean / stated standard deviation"
STD = "standard deviation / stated value"
KURTOSIS = "kurtosis"
LARGEST = "largest |w - mean| / standard deviation"
BEYOND = "entries beyond the bound of the law"
STRETCHED = "largest |w - mean| / bound at the measured standard deviation"
ABOVE = "largest |w| / stated standard deviation"
SHAPE = "Kolmogorov-Smirnov distance"

_CELLS = 4096
"""The distance is computed at this many quantiles, which cannot make it larger."""

_LEAST, _LEAST_KURTOSIS = 8, 100
"""The least numbers of entries whose standard deviation, and whose kurtosis, is tested. Of fewer
normal entries the largest is compared with the stated standard deviation."""

_MANY = 100
"""From this many entries on, the sample mean makes no difference to the law of the variance."""

_FAR = 38.0
"""The normal density is negligible beyond this."""


class Entries:
    """Streaming sums of weights that are stated to be independent and identically distributed.

    Parameters
    ----------
    stated : Stated
        The law, whose name is a key of `IID`.
    eps : float
        The machine epsilon of the weights: each entry may be off by a relative rounding error.
    """

    def __init__(self, stated: Stated, *, eps: float) -> None:
        self._stated, self._law, self._eps = stated, IID[stated.law], eps
        self.count, self.unit = 0, 0.0
        self._sums = np.zeros(4)
        self._low, self._high, self._beyond = math.inf, -math.inf, 0
        self._cells = np.zeros(_CELLS, dtype=np.int64)

    def add(self, weights: Array) -> Float64:
        """Add some weights, and return them less the stated mean, in a unit near their own size.

        Parameters
        ----------
        weights : array of any shape
            The weights.

        Returns
        -------
        array of the same shape
            The weights in units of the stated standard deviation, or of another fixed unit if that
            would overflow.
        """
        x = weights.astype(np.float64) - self._stated.mean
        if not self.unit:
            self.unit = _unit(self._stated.std, float(np.abs(x).max()))
        u: Float64 = x / self.unit
        square = u * u
        self._sums += [
            u.sum(), square.sum(), np.vdot(square, u), np.vdot(square, square)
        ]  # fmt: skip
        self._low, self._high = min(self._low, float(u.min())), max(self._high, float(u.max()))
        with np.errstate(over="ignore", under="ignore"):
            standard = u * (self.unit / self._stated.std)
            below = self._law.cdf(standard)
        limit = self._law.bound * (1 + self._eps)
        self._beyond += int(np.count_nonzero(np.abs(standard) > limit))
        cell = np.minimum((below * _CELLS).astype(np.int64), _CELLS - 1)
        self._cells += np.bincount(cell.ravel(), minlength=_CELLS)
        self.count += u.size
        return u

    @property
    def std(self) -> float:
        """The standard deviation about the mean, in the unit of `add`."""
        first, second = self._sums[:2] / self.count
        return math.sqrt(max(0.0, float(second - first * first)))

    def parts(self, each: float) -> list[Part]:
        """Return what was measured, each property with its own rate of false alarms.

        Parameters
        ----------
        each : float
            The rate of each of the five properties.

        Returns
        -------
        list of Part
            The properties. The distance is left out if the mean or the standard deviation
            contradicts the statement, because it would only repeat that.
        """
        scale = self.unit / self._stated.std
        center, spread = float(self._sums[0]) / self.count * scale, self.std * scale
        parts = [self._mean(center, spread, each)]
        widest = math.inf
        if self.count >= _LEAST:
            parts.append(self._spread(spread, each))
            widest = parts[-1].high
        explained = any(part.contradicted for part in parts)
        if self.count >= _LEAST_KURTOSIS and spread > 0:
            parts.append(self._kurtosis(each))
        parts += self._extremes(center, spread, each, widest=widest if explained else None)
        return parts if explained else [*parts, self._shape(each)]

    def _mean(self, center: float, spread: float, each: float) -> Part:
        off = mean_limit(self._stated.law, each, self.count) * max(1.0, spread)
        off += self._eps * spread
        low, high = center - off, center + off
        return Part(name=MEAN, estimate=center, low=low, high=high, least=0.0, most=0.0)

    def _spread(self, spread: float, each: float) -> Part:
        least, most = variance_limits(self._stated.law, each, self.count)
        corrected = spread * math.sqrt(self.count / (self.count - 1))
        low = corrected / math.sqrt(most) * (1 - self._eps / 2)
        high = corrected / math.sqrt(least) * (1 + self._eps / 2)
        return Part(name=STD, estimate=corrected, low=low, high=high, least=1.0, most=1.0)

    def _kurtosis(self, each: float) -> Part:
        m, m2, m3, m4 = (float(x) for x in self._sums / self.count)
        fourth = m4 - 4 * m * m3 + 6 * m * m * m2 - 3 * m**4
        limits = kurtosis_limits(self._stated.law, each, self.count)
        return within_limits(KURTOSIS, fourth / self.std**4, limits)

    def _extremes(
        self, center: float, spread: float, each: float, *, widest: float | None
    ) -> list[Part]:
        """Return the largest entry; ``widest`` is the largest std that the data allow, if any."""
        scale = self.unit / self._stated.std
        low, high = self._low * scale, self._high * scale
        furthest = max(high - center, center - low)
        if math.isinf(self._law.bound):
            if self.count < _LEAST:
                limit = -float(ndtri(each / (2 * self.count))) * (1 + self._eps)
                return [at_most(ABOVE, max(high, -low), limit)]
            if spread == 0:
                return []
            limit = largest_deviation(each, self.count) * (1 + self._eps)
            return [at_most(LARGEST, furthest / spread, limit)]
        if widest is None:
            return [at_most(BEYOND, self._beyond, 0.0)]
        # a wrong mean or standard deviation is a contradiction of its own
        limit = self._law.bound * widest * (1 + self._eps)
        return [at_most(STRETCHED, furthest / limit, 1.0)] if widest > 0 else []

    def _shape(self, each: float) -> Part:
        """Return the Kolmogorov-Smirnov distance D and the limit that it should not exceed.

        P(D > d) ≤ 2 exp(-2 N d²) for every N (Massart 1990, Annals of Probability 18).
        """
        below = np.cumsum(self._cells)[:-1] / self.count
        distance = float(np.abs(below - np.arange(1, _CELLS) / _CELLS).max())
        limit = math.sqrt(math.log(2 / each) / (2 * self.count)) + self._eps / 2
        return at_most(SHAPE, distance, min(limit, 1.0))


def _unit(std: float, largest: float) -> float:
    """Return the stated standard deviation if it is near the size of the weights."""
    if largest == 0 or 1e-6 < largest / std < 1e6:
        return std
    return largest


@lru_cache(maxsize=4096)
def mean_limit(law: str, tail: float, count: int) -> float:
    """Return the largest distance of the sample mean from the mean, in standard deviations.

    Parameters
    ----------
    law : str
        A key of `IID`.
    tail : float
        The probability that it is exceeded.
    count : int
        The number of entries.

    Returns
    -------
    float
        The limit.

    Examples
    --------
    >>> round(mean_limit("normal", 0.05, 100), 4)
    0.196
    """
    return _means(law, lambda u: u).quantile(tail / 2, count)


@lru_cache(maxsize=4096)
def variance_limits(law: str, tail: float, count: int) -> tuple[float, float]:
    """Return the limits of the sample variance (divisor N - 1) of entries of variance 1.

    Parameters
    ----------
    law : str
        A key of `IID`.
    tail : float
        The probability that it lies outside, half of it on either side.
    count : int
        The number of entries, at least 8.

    Returns
    -------
    low, high : float
        The limits.

    Examples
    --------
    >>> low, high = variance_limits("normal", 0.05, 11)
    >>> round(10 * low, 2), round(10 * high, 2)  # chi-square, 10 degrees of freedom
    (3.25, 20.48)
    """
    means, below = _means(law, np.square), tail / 2
    if law == "normal" or count >= _MANY:
        return means.quantile(below, count - 1, upper=False), means.quantile(below, count - 1)
    # about the mean the sum of squares is smaller, and at most √N times as likely to be tiny
    low = means.quantile(below / math.sqrt(count), count - 1, upper=False)
    return low, means.quantile(below, count) * count / (count - 1)


@lru_cache(maxsize=4096)
def kurtosis_limits(law: str, tail: float, count: int) -> tuple[float, float]:
    """Return the limits of the sample kurtosis m₄/m₂².

    By (m₂ - 1)² ≥ 0, m₄ > k m₂² implies that the mean of u⁴ - 2k u² + k is above 0, whose tail
    probability is known. For the normal law this holds unless an entry exceeds the limit of
    `largest_deviation`, which is tested on its own. Downwards the first-order expansion of
    m₄/m₂² is used, which is cautious.

    Parameters
    ----------
    law : str
        A key of `IID`.
    tail : float
        The probability that it lies outside, half of it on either side.
    count : int
        The number of entries, at least 100.

    Returns
    -------
    low, high : float
        The limits; ``high`` is inf if the entries are too few.

    Examples
    --------
    >>> [round(k, 2) for k in kurtosis_limits("normal", 0.05, 10_000)]
    [2.9, 3.11]
    """
    exact, n = IID[law].kurtosis, count - 1
    reach = min(IID[law].bound, largest_deviation(tail, count))
    density = IID[law].density

    def above(k: float) -> float:
        return Means(density, lambda u: u**4 - 2 * k * u**2 + k, reach).quantile(tail / 2, n)

    linear = Means(density, lambda u: u**4 - 2 * exact * u**2 + exact, reach)
    low = exact + linear.quantile(tail / 2, n, upper=False)
    high = exact + linear.quantile(tail / 2, n)
    while above(high) > 0:
        high = exact + 1.5 * (high - exact)
        if high > 4 * exact:
            return low, math.inf
    return low, float(brentq(above, exact, high, xtol=1e-4 * (high - exact)))


def detectable(law: str, tail: float, count: int, power: float) -> float:
    """Return the factor by which a standard deviation must be off to be detected.

    Parameters
    ----------
    law : str
        A key of `IID`.
    tail : float
        The rate of false alarms of the standard deviation.
    count : int
        The number of entries.
    power : float
        The probability of detecting the factor, or its inverse.

    Returns
    -------
    float
        The factor, above 1; inf for fewer than 8 entries.

    Examples
    --------
    >>> round(detectable("normal", 1e-6, 10_000, 0.999), 3)
    1.059
    """
    if count < _LEAST:
        return math.inf
    least, most = variance_limits(law, tail, count)
    low, high = variance_limits(law, 2 * (1 - power), count)
    return math.sqrt(max(most / low, high / least))


def _means(law: str, g: object) -> Means:
    return Means(IID[law].density, g, min(IID[law].bound, _FAR))  # type: ignore[arg-type]
