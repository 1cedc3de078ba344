"""The moments of an activation on a grid of q, as far as they can be computed.

The grid is fixed in units of the activation's natural scale, so that searches on it give rescaled
answers for φ(kz) and c·φ(z).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.gaussian import scale_of
from saturation_lab.theory.natural_scale import natural_scale
from saturation_lab.theory.no_answer import NoAnswer

ENDS = (1e-14, 1e8)
"""The ends of the grid, in units of the natural scale of q."""
_NODES = 1600
"""The number of nodes, equally spaced in log q."""
_SAME = 1e-12
_LINEAR = 0.9
"""From this power of q on, E φ² is said to grow like q."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MomentGrid:
    """The moments of an activation on a grid of q.

    Attributes
    ----------
    unit : float
        The natural scale of q.
    q : array of shape (nodes,)
        The variances, in ascending order: from 1e-14 to 1e8 times the unit, or the part of it in
        which E φ² can be computed.
    square : array of shape (nodes,)
        E φ².
    slope_square : array of shape (nodes,)
        E φ'²; nan where it cannot be computed.
    square_slope : array of shape (nodes,)
        dE[φ²]/dq; nan where it cannot be computed.
    grows : bool
        Whether E φ² grows like q or faster at the upper end, so that a q that grows there does so
        without bound.
    """

    unit: float
    q: Float64
    square: Float64
    slope_square: Float64
    square_slope: Float64
    grows: bool

    @cached_property
    def falls(self) -> Float64:
        """The number of nodes up to each node at which E φ² is less than at the node before."""
        falls = np.diff(self.square) < -_SAME * self.square[:-1]
        return np.concatenate([[0.0], np.cumsum(falls)])

    def between(self, low: float, high: float) -> Float64:
        """Return the nodes from ``low`` to ``high``, in units of the natural scale of q.

        Parameters
        ----------
        low : float
            The lower end.
        high : float
            The upper end.

        Returns
        -------
        array of shape (nodes,)
            The variances of these nodes.
        """
        return self.q[(self.q >= low * self.unit) & (self.q <= high * self.unit)]


@lru_cache(maxsize=256)
def moment_grid(activation: Activation) -> MomentGrid:
    """Return the moments of an activation on the grid.

    Parameters
    ----------
    activation : Activation
        The activation φ.

    Returns
    -------
    MomentGrid
        E φ², E φ'² and dE[φ²]/dq.

    Raises
    ------
    NoAnswer
        If E φ² cannot be computed at the natural scale of q.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> grid = moment_grid(ACTIVATIONS["relu"])
    >>> bool(np.allclose(grid.square, grid.q / 2, rtol=1e-14)), grid.grows
    (True, True)
    """
    unit = natural_scale(activation).q
    q = unit * np.geomspace(*ENDS, _NODES)
    square = _known(activation, "square", q)
    there = np.isfinite(square)
    middle = int(np.argmin(np.where(there, np.abs(np.log(q / unit)), np.inf)))
    gone = np.flatnonzero(~there)
    first = int(gone[gone < middle].max(initial=-1)) + 1
    last = int(gone[gone > middle].min(initial=_NODES))
    q, square = q[first:last], square[first:last]
    growth = float(np.log(square[-1] / square[-2]) / np.log(q[-1] / q[-2])) if len(q) > 1 else 0.0
    return MomentGrid(
        unit=unit,
        q=q,
        square=square,
        slope_square=_known(activation, "slope_square", q),
        square_slope=_known(activation, "square_slope", q),
        grows=growth > _LINEAR,
    )


def _known(activation: Activation, of: str, q: Float64) -> Float64:
    """Return a moment at each q, in ascending order; nan from the first on that cannot be computed.

    If it cannot be computed at one q, it cannot be at a larger one either.
    """
    curve = gaussian_curve(activation, of=of)

    def known(part: Float64) -> Float64:
        try:
            return curve(part)
        except NoAnswer:
            half = len(part) // 2
            low = known(part[:half]) if half else part[:0]
            more = half and len(low) == half
            return np.concatenate([low, known(part[half:])]) if more else low

    found = np.full(len(q), np.nan)
    k = scale_of(q)
    for one in np.unique(k):
        at = np.flatnonzero(k == one)
        values = known(q[at])
        found[at[: len(values)]] = values
        if len(values) < len(at):
            break
    return found
