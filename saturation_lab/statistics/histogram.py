"""Histograms that count every value, and how they are added.

The bins, the underflow, the overflow and the counts of NaN, -inf and +inf always add up to the
number of values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Float64

Counts = NDArray[np.int64]

WIDE_BINS = 400
"""The number of bins of an asinh axis."""

FLOWS = ("underflow", "overflow", "nan", "minus_inf", "plus_inf")
"""The kinds of values outside the bins, in the order of `Histogram.flows`."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """An axis of equal bins between low and high, in x or in asinh(x / scale).

    An asinh axis spans several decades: it is linear in x below its scale and logarithmic above.

    Attributes
    ----------
    low, high : float
        The outer edges, in units of x.
    bins : int
        Number of bins.
    scale : float or None
        Scale of an asinh axis, in units of x; None for a linear axis.

    Examples
    --------
    >>> Axis(low=-1.0, high=1.0, bins=4).edges
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    """

    low: float
    high: float
    bins: int
    scale: float | None = None

    @property
    def edges(self) -> Float64:
        """The bins + 1 edges, in units of x."""
        if self.scale is None:
            edges = np.linspace(self.low, self.high, self.bins + 1)
        else:
            low, high = np.arcsinh(self.low / self.scale), np.arcsinh(self.high / self.scale)
            edges = np.sinh(np.linspace(low, high, self.bins + 1)) * self.scale
        edges[0], edges[-1] = self.low, self.high
        return edges

    @property
    def half_width(self) -> float:
        """Half the distance between the outer edges."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """The counts of each layer on one axis.

    Merging is addition, so the order in which networks arrive does not matter.

    Attributes
    ----------
    axis : Axis
        The axis.
    counts : array of int of shape (layers, bins)
        The number of values in each bin.
    flows : array of int of shape (layers, 5)
        The numbers of values outside the bins, in the order of `FLOWS`.
    """

    axis: Axis
    counts: Counts
    flows: Counts

    def __add__(self, other: Histogram) -> Histogram:
        if self.axis != other.axis or self.counts.shape != other.counts.shape:
            raise InputError(
                "histogram",
                expected=f"the same axis and number of layers: {self.axis}, {len(self.counts)}",
                got=Words(f"{other.axis}, {len(other.counts)}"),
            )
        return Histogram(
            axis=self.axis, counts=self.counts + other.counts, flows=self.flows + other.flows
        )

    @property
    def seen(self) -> Counts:
        """The number of values counted in each layer, of shape (layers,)."""
        total: Counts = self.counts.sum(axis=1) + self.flows.sum(axis=1)
        return total
