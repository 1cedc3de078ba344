"""Atoms: values that too many entries share, though the law has a density."""

from __future__ import annotations

import numpy as np
from scipy.stats import poisson

from saturation_lab.nets.arrays import Array
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.limits import at_most

ZEROS = "entries that are exactly 0"
ENDS = "entries that equal the largest or the smallest one"

_NEVER = 1e-9
"""The probability of either number exceeding its limit. It is not part of the false-alarm rate."""

_AT_ZERO = 1e-5
"""The largest probability with which rounding or a generator's grid makes an entry 0."""


class Atoms:
    """Counts of entries that are 0 or equal an extreme, as after dropout, pruning or clipping.

    Parameters
    ----------
    eps : float
        The machine epsilon of the entries. The probability of a value that is not 0 is at most of
        this order, so that the extremes of N entries recur about N · eps times. 0 for integers,
        which are not tested.
    """

    def __init__(self, *, eps: float) -> None:
        self._eps = eps
        self._count = self._zeros = 0
        self._ends = [(np.inf, 0), (-np.inf, 0)]

    def add(self, weights: Array) -> None:
        """Add some entries.

        Parameters
        ----------
        weights : array of any shape
            The entries.
        """
        self._count += weights.size
        self._zeros += weights.size - int(np.count_nonzero(weights))
        for k, end in enumerate((float(weights.min()), float(weights.max()))):
            value, often = self._ends[k]
            further = end < value if k == 0 else end > value
            if further or end == value:
                here = int(np.count_nonzero(weights == end))
                self._ends[k] = (end, here if further else often + here)

    def parts(self) -> list[Part]:
        """Return the largest counts and their limits.

        Returns
        -------
        list of Part
            Two properties; [] for integers.
        """
        if not self._eps:
            return []
        zeros, ends = (
            float(poisson.isf(_NEVER, rate * self._count)) for rate in (_AT_ZERO, self._eps)
        )
        (_, least), (_, most) = self._ends
        return [at_most(ZEROS, self._zeros, zeros), at_most(ENDS, max(least, most), ends + 1)]
