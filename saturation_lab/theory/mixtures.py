"""Shares and percentiles of a layer whose examples have different distributions.

In a wide layer, z is N(0, q_b) for example b, plus a bias if the biases are uniform or constant, so
that its B examples together follow a mixture. Further, a = φ(z), and δ = φ'(z) h with a normal h
that is independent of z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.response import Response

_HALVINGS, _FEWER = 60, 26
_GROUPS = 128
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_WEIGHTS /= 2


@dataclass(frozen=True, kw_only=True, eq=False)
class PreActivations:
    """The distribution of z = g + b over units and examples, g ~ N(0, q_b) and b ~ U(m - c, m + c).

    Attributes
    ----------
    given : array of shape (examples,)
        The variance q of g for each example.
    bound : float
        The bound c of the bias about its mean; 0 if z is normal.
    mean : float
        The mean m of the bias.

    Examples
    --------
    >>> flat = PreActivations(given=np.zeros(2), bound=2.0)
    >>> flat.share_below(1.0), round(flat.percentile(0.98), 9), round(flat.kurtosis, 9)
    (0.75, 1.92, 1.8)
    """

    given: Float64
    bound: float = 0.0
    mean: float = 0.0

    @property
    def kurtosis(self) -> float:
        """The fourth standardized central moment of z; nan if z is constant."""
        c = self.bound**2
        fourth = 3 * np.square(self.given) + 2 * self.given * c + c**2 / 5
        square = float((self.given + c / 3).mean())
        return float(fourth.mean()) / square**2 if square > 0 else math.nan

    def share_below(self, threshold: float) -> float:
        """Return the share of values below a threshold.

        Parameters
        ----------
        threshold : float
            The threshold t.

        Returns
        -------
        float
            The mean over examples of P(z < t).
        """
        threshold -= self.mean
        spread, c = np.sqrt(self.given), self.bound
        narrow = c <= spread
        with np.errstate(all="ignore"):
            near = ndtr((threshold - c * _NODES[:, None]) / spread)
            ends = [_integral((threshold + side * c) / spread) for side in (1, -1)]
            wide = (ends[0] - ends[1]) * spread / (2 * c)
            still = np.clip((threshold + c) / (2 * c), 0, 1) if c else float(threshold > 0)
        return float(np.where(spread > 0, np.where(narrow, _WEIGHTS @ near, wide), still).mean())

    def share_above(self, threshold: float) -> float:
        """Return the share of values above a threshold.

        Parameters
        ----------
        threshold : float
            The threshold t.

        Returns
        -------
        float
            The mean over examples of P(z > t).
        """
        return self.share_below(2 * self.mean - threshold)  # z is symmetric about its mean

    def share_within(self, bound: float) -> float:
        """Return the share of values between -bound and bound.

        Parameters
        ----------
        bound : float
            The half-width of the interval, above 0.

        Returns
        -------
        float
            The mean over examples of P(|z| <= bound).
        """
        return self.share_below(bound) - self.share_below(-bound)

    def percentile(self, share: float) -> float:
        """Return a percentile.

        Parameters
        ----------
        share : float
            The share of values below the percentile, between 0 and 1.

        Returns
        -------
        float
            The percentile, in the unit of z.
        """
        reach = 10 * math.sqrt(self.given.max()) + self.bound
        if share == 0.5 or reach == 0:
            return self.mean
        low, high = self.mean - reach, self.mean + reach
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.share_below(middle) < share else (low, middle)
        return (low + high) / 2


def _integral(u: Float64) -> Float64:
    """Return the integral of the normal distribution function up to u, u Φ(u) + Φ'(u)."""
    value: Float64 = u * ndtr(u) + np.exp(-np.square(u) / 2) / math.sqrt(2 * math.pi)
    return np.where(u < -38, 0.0, value)


class Values:
    """The distribution of f(z) over all examples, from f at the nodes of a response.

    Its distribution function is interpolated linearly between the nodes.

    Parameters
    ----------
    response : Response
        The nodes, their weights, and the row of each example.
    values : array of shape (variances, nodes)
        The function f at the nodes.
    """

    def __init__(self, response: Response, values: Float64) -> None:
        counts = np.bincount(response.which, minlength=len(values)) / len(response.which)
        weight = np.broadcast_to(response.nodes.weight, values.shape) * counts[:, None]
        order = np.argsort(values, axis=None)
        self.sorted = values.ravel()[order]
        kept = weight.ravel()[order]
        self.rank = np.cumsum(kept) - kept / 2

    def percentile(self, share: float) -> float:
        """Return the value below which a given share of the distribution lies.

        Parameters
        ----------
        share : float
            The share, between 0 and 1.

        Returns
        -------
        float
            The percentile.
        """
        return float(np.interp(share, self.rank, self.sorted))

    def share_within(self, bound: float) -> float:
        """Return the share of values in [-bound, bound].

        Parameters
        ----------
        bound : float
            The half-width of the interval.

        Returns
        -------
        float
            The share, between 0 and 1.
        """
        low = np.searchsorted(self.sorted, -bound, side="left")
        if low == 0:
            return float(self._rank_at(bound))
        return float(self._rank_at(bound) - self._rank_at(-bound))

    def _rank_at(self, value: float) -> float:
        above = int(np.searchsorted(self.sorted, value, side="right"))
        if above == 0:
            return 0.0
        if above == len(self.sorted):
            return 1.0
        low, high = self.sorted[above - 1], self.sorted[above]
        part = (value - low) / (high - low)
        return float(self.rank[above - 1] + part * (self.rank[above] - self.rank[above - 1]))


def grouped(values: Float64, weight: Float64, count: int = _GROUPS) -> Float64:
    """Return the means of groups of equal weight, in order of increasing value.

    Parameters
    ----------
    values : array of shape (values,)
        The values, in any order.
    weight : array of shape (values,)
        Their weights. A value may be divided between two groups.
    count : int
        The number of groups.

    Returns
    -------
    array of shape (count,)
        The weighted mean of each group.

    Examples
    --------
    >>> grouped(np.array([3.0, 1.0]), np.array([0.5, 0.5]), 4).tolist()
    [1.0, 1.0, 3.0, 3.0]
    """
    order = np.argsort(values)
    total = np.concatenate([[0.0], np.cumsum(weight[order])])
    mass = np.concatenate([[0.0], np.cumsum(weight[order] * values[order])])
    found: Float64 = np.diff(np.interp(np.linspace(0, total[-1], count + 1), total, mass))
    means: Float64 = found * count / total[-1]
    return means


def scale_percentile(share: float, scales: Float64) -> Float64:
    """Return the percentiles of mixtures of s · N(0, 1), where s is one of several scales.

    Parameters
    ----------
    share : float
        The share of values below the percentile, between 0 and 1.
    scales : array of shape (draws, scales)
        The standard deviations of each mixture; all have equal weight.

    Returns
    -------
    array of shape (draws,)
        The percentile of each mixture.

    Examples
    --------
    >>> scale_percentile(0.02, np.ones((1, 3))).round(6).tolist()
    [-2.053749]
    """
    far = max(share, 1 - share)
    low, high = np.zeros(len(scales)), 10 * scales.max(axis=1)
    for _ in range(_FEWER):
        middle = (low + high) / 2
        with np.errstate(all="ignore"):
            below = ndtr(middle[:, None] / scales).mean(axis=1)
        low, high = np.where(below < far, middle, low), np.where(below < far, high, middle)
    found: Float64 = math.copysign(1.0, share - 0.5) * (low + high) / 2
    return found
