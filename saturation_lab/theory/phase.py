"""The phase diagram over σ_w and σ_b: where deep networks collapse, stay bounded or explode.

For every pair it contains the fixed point to which q converges, and χ₁ there. The fixed points of a
pair are where W(q) = (q - σ_b²) / E φ² equals σ_w². Where E φ² does not decrease, q moves to the
next one on its way, which follows from W on one grid of q without any iteration, so that the
computation is not slow at criticality. Where E φ² decreases (z e^(-z²), for example), the layers
are followed until this is so, or until q converges, which it always does (see `settled`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, real
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.expectations import Curve, gaussian_curve
from saturation_lab.theory.moment_grid import MomentGrid, moment_grid

_SAME = 1e-12
_LOST = 1e-13
_EDGE = 1e-9
_STEPS = 8
_PATIENCE = 1024
"""The number of layers after which a q that has not settled is said to reach the next point."""
_PER_DECADE = 20


class Phase(StrEnum):
    """What happens to the signal and the gradient in a deep network."""

    COLLAPSED = "collapsed"
    ORDERED = "ordered"
    CRITICAL = "critical"
    CHAOTIC = "chaotic"
    UNBOUNDED = "unbounded"


@dataclass(frozen=True, kw_only=True, eq=False)
class PhaseDiagram:
    """Fixed points over a grid; the two-dimensional arrays have the shape (sigma_b, sigma_w).

    Attributes
    ----------
    sigma_w : array of shape (columns,)
        The σ_w axis.
    sigma_b : array of shape (rows,)
        The σ_b axis.
    q : array of shape (rows, columns)
        The fixed point that is reached: 0 if the signal collapses, inf if q grows without bound.
    chi_1 : array of shape (rows, columns)
        χ₁ at the fixed point; nan where q is inf.
    phase : str array of shape (rows, columns)
        Members of `Phase`: collapsed (q* = 0), ordered (χ₁ < 1), critical (χ₁ = 1 to 9 digits),
        chaotic (χ₁ > 1), unbounded (no fixed point on the way). If φ jumps, there is no order: the
        slope of the correlation map at c = 1 is infinite whatever χ₁ is, and every fixed point
        above 0 is chaotic.
    """

    sigma_w: Float64
    sigma_b: Float64
    q: Float64
    chi_1: Float64
    phase: NDArray[np.str_]


def phase_diagram(
    activation: object, *, sigma_w: ArrayLike, sigma_b: ArrayLike, start: float = 1.0
) -> PhaseDiagram:
    """Return the fixed point to which E z² converges, for every σ_w and σ_b.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_w : array_like of shape (columns,)
        Standard deviations of the weights times √fan-in.
    sigma_b : array_like of shape (rows,)
        Standard deviations of the biases.
    start : float
        E z² of the first layer, above 0.

    Returns
    -------
    PhaseDiagram
        The fixed points, χ₁ and the phases, of shape (rows, columns).

    Raises
    ------
    NoAnswer
        If an expectation diverges, or E φ² cannot be computed at the q that is reached.
    InputError
        If an axis has negative or infinite numbers or is not one-dimensional, or if ``start`` is
        not above 0.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 3 to 6.
    .. [2] M. Dowell and P. Jarratt, "A modified regula falsi method for computing the root of an
       equation", BIT 11, 1971 (the refinement between the nodes).

    Examples
    --------
    >>> found = phase_diagram("tanh", sigma_w=[0.5, 1.5], sigma_b=[0.0, 0.3])
    >>> found.phase.tolist()
    [['collapsed', 'chaotic'], ['ordered', 'chaotic']]
    """
    member = find_activation(activation)
    square = gaussian_curve(member, of="square")
    slope = gaussian_curve(member, of="slope_square")
    w, b, q0 = _axis("sigma_w", sigma_w), _axis("sigma_b", sigma_b), real("start", start, above=0)
    grids = [_down_to(moment_grid(member), square, one) for one in b.tolist()]
    rows = [_brackets(grid, square, w, one, q0) for grid, one in zip(grids, b, strict=True)]
    left, right = np.stack(rows, axis=1)
    q = _refined(square, left, right, w, b[:, None])
    chi = np.full(q.shape, np.nan)
    finite = np.isfinite(q)
    chi[finite] = slope(q[finite])
    chi *= np.square(w)
    return PhaseDiagram(
        sigma_w=w, sigma_b=b, q=q, chi_1=chi, phase=_phases(q, chi, bool(member.jumps))
    )


def _axis(key: str, values: ArrayLike) -> Float64:
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    bad = ~(np.isfinite(array) & (array >= 0))
    if array.ndim != 1 or bad.any():
        got = array[bad][0] if bad.any() else Words(f"{array.ndim} dimensions")
        raise InputError(key, expected="a 1-D array of finite numbers >= 0", got=got)
    return array


def _down_to(grid: MomentGrid, square: Curve, b: float) -> MomentGrid:
    """Return the grid with nodes down to σ_b², unless it is 0."""
    least = b * b
    if not 0 < least < grid.q[0]:
        return grid
    count = 2 + math.ceil(_PER_DECADE * math.log10(grid.q[0] / least))
    q = np.geomspace(least / 2, grid.q[0], count)[:-1]
    return replace(
        grid, q=np.concatenate([q, grid.q]), square=np.concatenate([square(q), grid.square])
    )


def _brackets(grid: MomentGrid, square: Curve, w: Float64, b: float, start: float) -> Float64:
    """Return the interval (left, right) around the fixed point of every σ_w.

    It is (0, 0) if the signal collapses, and (inf, inf) if there is no fixed point.
    """
    found = np.full((2, len(w)), np.nan)
    q, open_ = np.full(len(w), start), np.arange(len(w))
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.nan_to_num((grid.q - b * b) / grid.square, posinf=np.inf, neginf=-np.inf)
    looked = 1
    for layer in range(_PATIENCE + 1):
        last = layer == _PATIENCE
        if layer + 1 == looked or last:
            looked *= 2
            interval, sure = _next(grid, needed, q, np.square(w[open_]), square, b)
            sure |= last
            found[:, open_[sure]] = interval[:, sure]
            open_, q = open_[~sure], q[~sure]
            if not open_.size:
                break
        following = np.square(w[open_]) * square(q) + b * b
        same = np.abs(following - q) <= _SAME * q
        found[:, open_[same]] = following[same]
        open_, q = open_[~same], following[~same]
    return found


def _next(
    grid: MomentGrid, needed: Float64, q: Float64, wanted: Float64, square: Curve, b: float
) -> tuple[Float64, NDArray[np.bool_]]:
    """Return the interval of the next fixed point on the way from q, and whether q gets there.

    It does if V does not decrease on the way.
    """
    nodes, size = grid.q, len(grid.q)
    at = np.searchsorted(nodes, q)  # the first node from q on
    excess = wanted * square(q) + b * b - q
    grows = excess > 0
    above = wanted[:, None] > needed  # V(q) > q at the node
    index = np.arange(size)
    # the first node from q on with V <= q, and the last one before q with V >= q
    up = np.where((index >= at[:, None]) & ~above, index, size).min(axis=1)
    # without biases, V(q)/q - 1 is lost in rounding as q -> 0 at the critical σ_w
    raised = needed if b else needed * (1 + _LOST)
    down = np.where((index < at[:, None]) & (wanted[:, None] >= raised), index, -1).max(axis=1)
    padded = np.concatenate([[0.0], nodes, [np.inf]])
    left = np.where(grows, np.where(up == at, q, padded[up]), padded[down + 1])
    right = np.where(grows, padded[up + 1], np.where(down + 1 == at, q, padded[down + 2]))
    left, right = np.where(right == np.inf, np.inf, left), np.where(left == 0, 0.0, right)
    first = np.where(grows, np.maximum(at - 1, 0), np.maximum(down, 0))
    last = np.where(grows, np.minimum(up, size - 1), np.minimum(at, size - 1))
    sure = grid.falls[last] == grid.falls[first]
    # beyond the grid, only the growth of E φ² is known
    sure &= np.where(right == np.inf, grid.grows, at < size)
    stays = np.abs(excess) <= _SAME * q
    interval = np.where(stays, q, np.stack([left, right]))
    return interval, sure | stays


def _refined(square: Curve, left: Float64, right: Float64, w: Float64, b: Float64) -> Float64:
    """Return the fixed points between the nodes, by the Illinois variant of regula falsi."""
    open_ = np.isfinite(right) & (right > left)
    found = left.copy()
    lo, hi = left[open_], right[open_]
    wide = [np.broadcast_to(np.square(x), left.shape)[open_] for x in (w, b)]

    def excess(q: Float64) -> Float64:
        value: Float64 = wide[0] * square(q) + wide[1] - q
        return value

    at_lo, at_hi = excess(lo), excess(hi)
    before = np.zeros(lo.shape, dtype=bool)
    for step in range(_STEPS):
        with np.errstate(divide="ignore", invalid="ignore"):
            middle = (lo * at_hi - hi * at_lo) / (at_hi - at_lo)
        middle = np.where(np.isfinite(middle), middle, lo)
        at_middle = excess(middle)
        same = np.sign(at_middle) == np.sign(at_lo)
        # if the same end has moved twice, halve the value at the other end
        again = (same == before) & (step > 0)
        share = np.where(again, 0.5, 1.0)
        at_hi, at_lo = (
            np.where(same, share * at_hi, at_middle),
            np.where(same, at_middle, share * at_lo),
        )
        before = same
        lo, hi = np.where(same, middle, lo), np.where(same, hi, middle)
    found[open_] = middle
    return found


def _phases(q: Float64, chi: Float64, jumps: bool) -> NDArray[np.str_]:
    with np.errstate(invalid="ignore"):
        edge, below = (np.abs(chi - 1) <= _EDGE) & (not jumps), (chi < 1) & (not jumps)
        conditions = [np.isinf(q), q == 0, edge, below]
    named = [Phase.UNBOUNDED, Phase.COLLAPSED, Phase.CRITICAL, Phase.ORDERED]
    return np.select(conditions, [str(one) for one in named], default=str(Phase.CHAOTIC))
