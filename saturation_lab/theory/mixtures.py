"""Shares and percentiles of a layer whose examples have different distributions.

In a wide layer, z is N(0, q_b) for example b, so that its B examples together follow a mixture.
Further, a = φ(z), and δ = φ'(z) h with a normal h that is independent of z.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erf, ndtr

from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.response import Response

_HALVINGS, _FEWER = 60, 26
_GROUPS = 128


def share_below(threshold: float, q: Float64) -> float:
    """Return the share of a mixture of normal distributions below a threshold.

    Parameters
    ----------
    threshold : float
        The threshold t.
    q : array of shape (examples,)
        The variance of z for each example.

    Returns
    -------
    float
        The mean over examples of P(z < t), z ~ N(0, q_b).

    Examples
    --------
    >>> share_below(0.0, np.array([1.0, 4.0]))
    0.5
    """
    return float(_normal_cdf(threshold, q).mean())


def _normal_cdf(threshold: float, q: Float64) -> Float64:
    with np.errstate(all="ignore"):
        ratio = threshold / np.sqrt(q)
    value: Float64 = np.where(q > 0, ndtr(ratio), float(threshold > 0))
    return value


def share_within(bound: float, q: Float64) -> float:
    """Return the share of a mixture of normal distributions between -bound and bound.

    Parameters
    ----------
    bound : float
        The bound t, above 0.
    q : array of shape (examples,)
        The variance of z for each example.

    Returns
    -------
    float
        The mean over examples of P(|z| <= t), z ~ N(0, q_b).

    Examples
    --------
    >>> round(share_within(1.0, np.array([1.0])), 6)
    0.682689
    """
    with np.errstate(all="ignore"):
        return float(erf(bound / np.sqrt(2 * q)).mean())


def normal_percentile(share: float, q: Float64) -> float:
    """Return a percentile of a mixture of normal distributions.

    Parameters
    ----------
    share : float
        The share of values below the percentile, between 0 and 1.
    q : array of shape (examples,)
        The variance of z for each example.

    Returns
    -------
    float
        The percentile, in the unit of z.

    Examples
    --------
    >>> round(normal_percentile(0.98, np.array([1.0])), 6)
    2.053749
    """
    if share == 0.5 or not q.any():
        return 0.0
    reach = 10 * math.sqrt(q.max())
    low, high = -reach, reach
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if share_below(middle, q) < share else (low, middle)
    return (low + high) / 2


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
