"""What is a histogram that loses no value, and how do two become one?

bins + underflow + overflow + NaN + -inf + +inf = values seen, always.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError
from saturation_lab.nets.arrays import Float64

Counts = NDArray[np.int64]

WIDE_BINS = 400
"""Bins of an asinh axis."""

FLOWS = ("underflow", "overflow", "nan", "minus_inf", "plus_inf")
"""The counts that stand beside the bins, in the order of `Histogram.flows`."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """Equal bins between low and high: of x itself, or of asinh(x / scale) to look across decades.

    Attributes:
        low, high: the outer edges, in units of x.
        bins: how many bins lie between them.
        scale: None for a linear axis; else x is linear below it and logarithmic above.

    >>> Axis(low=-1.0, high=1.0, bins=4).edges
    array([-1. , -0.5,  0. ,  0.5,  1. ])
    """

    low: float
    high: float
    bins: int
    scale: float | None = None

    @property
    def edges(self) -> Float64:
        """Return the bins + 1 edges in units of x."""
        if self.scale is None:
            edges = np.linspace(self.low, self.high, self.bins + 1)
        else:
            low, high = np.arcsinh(self.low / self.scale), np.arcsinh(self.high / self.scale)
            edges = np.sinh(np.linspace(low, high, self.bins + 1)) * self.scale
        edges[0], edges[-1] = self.low, self.high
        return edges

    @property
    def half_width(self) -> float:
        """Return half of the axis's extent."""
        return (self.high - self.low) / 2


@dataclass(frozen=True, kw_only=True)
class Histogram:
    """Counts over one axis for each layer: ``counts`` [layers, bins], ``flows`` [layers, 5].

    Merging is addition, so the order in which networks arrive does not matter.
    """

    axis: Axis
    counts: Counts
    flows: Counts

    def __add__(self, other: Histogram) -> Histogram:
        if self.axis != other.axis or self.counts.shape != other.counts.shape:
            raise InputError(
                "histogram", expected=f"the same axis and layers, {self.axis}", got=other.axis
            )
        return Histogram(
            axis=self.axis, counts=self.counts + other.counts, flows=self.flows + other.flows
        )

    @property
    def seen(self) -> Counts:
        """Return how many values each layer has shown, [layers]."""
        total: Counts = self.counts.sum(axis=1) + self.flows.sum(axis=1)
        return total
