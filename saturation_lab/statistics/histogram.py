"""How are values counted into bins so that none is lost and counts add up?

bins + underflow + overflow + NaN + -inf + +inf = values seen, always.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boost_histogram as bh
import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError

Counts = NDArray[np.int64]
Counted = tuple[Counts, Counts]

WIDE_BINS = 400
"""Bins of an asinh axis."""

_SMALL = 1e-30
BLOCK = 32_768

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

    def place(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return where x lies on the axis in which the bins are equal."""
        if self.scale is None:
            return x
        if self.scale < _SMALL:  # float32 has no such number
            x = x.astype(np.float64)
        with np.errstate(over="ignore"):  # what is too far for the quotient is beyond the axis
            placed: NDArray[Any] = np.arcsinh(x / self.scale)
        return placed

    @property
    def ends(self) -> tuple[float, float]:
        """Return (low, high) on the axis in which the bins are equal."""
        low, high = self.place(np.array([self.low, self.high]))
        return float(low), float(high)

    @property
    def edges(self) -> NDArray[np.float64]:
        """Return the bins + 1 edges in units of x."""
        edges = np.linspace(*self.ends, self.bins + 1)
        if self.scale is not None:
            edges = np.sinh(edges) * self.scale
        edges[0], edges[-1] = self.low, self.high
        return edges


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


def count(x: NDArray[Any], axis: Axis) -> Counted:
    """Count every value of x: bins [axis.bins] and the five `FLOWS`.

    A value on an inner edge belongs to the bin on its right, one on ``high`` to the overflow.

    >>> bins, flows = count(np.array([0.0, 0.5, 7.0, np.nan]), Axis(low=-1.0, high=1.0, bins=2))
    >>> bins.tolist(), dict(zip(FLOWS, flows.tolist()))
    ([0, 2], {'underflow': 0, 'overflow': 1, 'nan': 1, 'minus_inf': 0, 'plus_inf': 0})
    """
    x = x.reshape(-1)
    finite = np.isfinite(x)
    nan = minus = plus = 0
    if not finite.all():
        # boost-histogram puts NaN into the overflow bin: count what is not finite here instead
        nan = int(np.isnan(x).sum())
        minus = int(np.isneginf(x).sum())
        plus = int(np.isposinf(x).sum())
        x = x[finite]
    filled = bh.Histogram(bh.axis.Regular(axis.bins, *axis.ends), storage=bh.storage.Int64())
    for first in range(0, x.size, BLOCK):  # in float64 and in the cache, the filling is fastest
        filled.fill(axis.place(x[first : first + BLOCK]).astype(np.float64, copy=False))
    counts = np.asarray(filled.view(flow=True), dtype=np.int64)
    flows = np.array([counts[0], counts[-1], nan, minus, plus], dtype=np.int64)
    return counts[1:-1].copy(), flows
