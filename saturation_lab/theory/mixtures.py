"""Where do values of a layer lie: shares and percentiles, when each example has a law of its own?

z of a wide layer is N(0, q_b) for example b; its B examples together are a mixture. a = φ(z), and
δ = φ'(z) h with h normal, independent of z.
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
    """Return the mean over b of P(z < t), z ~ N(0, q_b).

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
    """Return the mean over b of P(|z| <= t), z ~ N(0, q_b)."""
    with np.errstate(all="ignore"):
        return float(erf(bound / np.sqrt(2 * q)).mean())


def normal_percentile(share: float, q: Float64) -> float:
    """Return where a share of the mixture of N(0, q_b) lies below.

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
    """The mixture's law of f(z), f given at a response's nodes: by rank, linear in between."""

    def __init__(self, response: Response, values: Float64) -> None:
        counts = np.bincount(response.which, minlength=len(values)) / len(response.which)
        weight = np.broadcast_to(response.nodes.weight, values.shape) * counts[:, None]
        order = np.argsort(values, axis=None)
        self.sorted = values.ravel()[order]
        kept = weight.ravel()[order]
        self.rank = np.cumsum(kept) - kept / 2

    def percentile(self, share: float) -> float:
        """Return below what value a share lies."""
        return float(np.interp(share, self.rank, self.sorted))

    def share_within(self, bound: float) -> float:
        """Return the share of values in [-bound, bound]."""
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
    """Return the means of ``count`` groups of equal weight, of rising value.

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
    """Return where a share of s · N(0, 1) lies below, s any of the scales: [M, S] to [M].

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
