"""Tail probabilities of means, extremes and shares of independent weights, from few entries on."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaincinv, ndtr, stdtrit

from saturation_lab.nets.arrays import Float64

_NODES = 400
"""The number of nodes of Gauss-Legendre quadrature on either side of 0."""


@dataclass(frozen=True)
class Means:
    """The distribution of the mean of independent values g(u), where u has a density.

    Tail probabilities are those of Lugannani & Rice [1]_, whose relative error is of order 1/count
    in the whole tail.

    Attributes
    ----------
    density : callable
        The density of u, elementwise, up to a factor.
    g : callable
        The function, elementwise.
    reach : float
        The density is 0, or negligible, outside [-reach, reach].

    References
    ----------
    .. [1] R. Lugannani and S. Rice, "Saddle point approximation for the distribution of the sum of
       independent random variables", Advances in Applied Probability 12, 1980, p. 475.

    Examples
    --------
    >>> squares = Means(lambda u: np.exp(-u * u / 2), np.square, 30.0)
    >>> round(10 * squares.quantile(1e-6, 10), 2)  # chi-square with 10 degrees of freedom
    46.86
    """

    density: Callable[[Float64], Float64]
    g: Callable[[Float64], Float64]
    reach: float

    @cached_property
    def _nodes(self) -> tuple[Float64, Float64]:
        x, weight = _legendre()
        mass = weight * self.density(self.reach * x)
        return self.g(self.reach * x), mass / mass.sum()

    def _most(self, sign: float) -> float:
        """Return the largest value of sign · g, which may lie at an end."""
        ends = self.g(np.array([-self.reach, 0.0, self.reach]))
        return float(max((sign * ends).max(), (sign * self._nodes[0]).max()))

    def quantile(self, tail: float, count: float, *, upper: bool = True) -> float:
        """Return the value that a mean exceeds (or stays below) with a given probability.

        Parameters
        ----------
        tail : float
            The probability. Above 0.49, the expected value is returned.
        count : float
            The number of values in the mean.
        upper : bool, default True
            Whether the mean exceeds the returned value; otherwise it stays below.

        Returns
        -------
        float
            The quantile.
        """
        sign = 1.0 if upper else -1.0
        values, mass = self._nodes
        values = sign * values
        mean = float(values @ mass)
        if tail > 0.49:
            return sign * mean
        scale = math.sqrt(float(np.square(values - mean) @ mass) * count)

        def tilted(t: float) -> tuple[float, float]:
            """Return the tilted mean, and the log probability to exceed it."""
            exponent = t * (values - mean)
            top = float(exponent.max())
            p = mass * np.exp(exponent - top)
            total = float(p.sum())
            p /= total
            at = float(p @ (values - mean))
            v = t * math.sqrt(count * max(float(p @ np.square(values - mean - at)), 1e-300))
            w = math.sqrt(2 * count * max(t * at - top - math.log(total), 1e-300))
            beyond = float(ndtr(-w)) + math.exp(-w * w / 2) * (1 / v - 1 / w) / _ROOT_2PI
            return at + mean, math.log(max(beyond, 1e-300))

        goal, low, high = math.log(tail), 0.01, 8.0
        while tilted(high / scale)[1] > goal and high < 1e12:
            high *= 2
        if tilted(high / scale)[1] > goal:  # hardly any value lies beyond
            return sign * self._most(sign)
        s = brentq(lambda s: tilted(s / scale)[1] - goal, low, high)
        return sign * tilted(s / scale)[0]


_ROOT_2PI = math.sqrt(2 * math.pi)


@cache
def _legendre() -> tuple[Float64, Float64]:
    """Return nodes x in [-1, 1] and weights; with x = ±s², they are densest around 0."""
    s, weight = np.polynomial.legendre.leggauss(_NODES)
    s, weight = (s + 1) / 2, weight * (s + 1) / 2
    return np.concatenate([-s * s, s * s]), np.concatenate([weight, weight])


def largest_deviation(tail: float, count: int) -> float:
    """Return the largest distance from the mean of ``count`` normal numbers, in their own std.

    The bound is that of Grubbs [1]_: ``count`` times the exact probability of one number.

    Parameters
    ----------
    tail : float
        The probability that it is exceeded is at most this.
    count : int
        The number of values, at least 3. Their standard deviation has the divisor ``count``.

    Returns
    -------
    float
        The bound.

    References
    ----------
    .. [1] F. E. Grubbs, "Sample criteria for testing outlying observations", Annals of Mathematical
       Statistics 21, 1950.

    Examples
    --------
    >>> round(largest_deviation(1e-6, 1_000_000), 2)
    7.13
    """
    t = float(stdtrit(count - 2, tail / (2 * count)))
    return math.sqrt((count - 1) * t * t / (count - 2 + t * t))


def share_limits(tail: float, own: float, rest: float) -> tuple[float, float]:
    """Return the limits of the share that some normal numbers have in a sum of squares.

    Parameters
    ----------
    tail : float
        The probability that the share lies outside the limits, half of it on either side.
    own, rest : float
        The degrees of freedom of the numbers themselves, and of all others.

    Returns
    -------
    low, high : float
        Quantiles of the Beta(own/2, rest/2) distribution.

    Examples
    --------
    >>> [round(x, 4) for x in share_limits(0.05, 10, 90)]
    [0.034, 0.196]
    """
    low = float(betaincinv(own / 2, rest / 2, tail / 2))
    high = 1 - float(betaincinv(rest / 2, own / 2, tail / 2))
    return low, high


def largest_correlation(tail: float, pairs: int, freedom: int) -> float:
    """Return the largest correlation among pairs of independent normal vectors.

    Parameters
    ----------
    tail : float
        The probability that it is exceeded is at most this (a union bound over the pairs).
    pairs : int
        The number of pairs.
    freedom : int
        The number of entries of a vector, less one if each is centred; at least 2.

    Returns
    -------
    float
        The bound on the absolute value: r² has the law Beta(1/2, (freedom - 1)/2).

    Examples
    --------
    >>> round(largest_correlation(1e-6, 1000, 99), 3)
    0.564
    """
    return math.sqrt(1 - float(betaincinv((freedom - 1) / 2, 0.5, tail / pairs)))
