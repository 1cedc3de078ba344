"""The phase diagram over σ_w and σ_b: where deep networks collapse, stay bounded or explode.

For every pair it contains the fixed point to which q converges, and χ₁ there. The fixed points of a
pair are where W(q) = (q - σ_b²) / E φ² equals σ_w². If E φ² does not decrease with q, the first
fixed point on the way from the start follows from the running maximum or minimum of W along one
grid of q, for a whole row of σ_w at once. Because nothing is iterated, the computation is not slow
at criticality.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, real
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.expectations import Curve, gaussian_curve
from saturation_lab.theory.length_map import MOST
from saturation_lab.theory.no_answer import NoAnswer

LEAST_BIAS = 1e-5
"""The smallest σ_b, apart from 0, that is accepted."""
LEAST = 1e-12
_NODES = 1600
_SAME = 1e-12
_EDGE = 1e-9
_STEPS = 8


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
        The fixed point that is reached: 0 if the signal collapses, inf beyond 1e8.
    chi_1 : array of shape (rows, columns)
        χ₁ at the fixed point; nan where q is inf.
    phase : str array of shape (rows, columns)
        Members of `Phase`: collapsed (q* = 0), ordered (χ₁ < 1), critical (χ₁ = 1 to 9 digits),
        chaotic (χ₁ > 1), unbounded (no fixed point on the way).
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
        Standard deviations of the biases, each 0 or at least 1e-5.
    start : float
        E z² of the first layer, above 0.

    Returns
    -------
    PhaseDiagram
        The fixed points, χ₁ and the phases, of shape (rows, columns).

    Raises
    ------
    NoAnswer
        If E φ² decreases somewhere (use `settled` for single pairs then), or an expectation
        diverges.
    InputError
        If an axis has negative or infinite numbers or is not one-dimensional, if a σ_b is between 0
        and 1e-5, or if ``start`` is not above 0.

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
    small = b[(b > 0) & (b < LEAST_BIAS)]
    if small.size:
        raise InputError("sigma_b", expected=f"0, or at least {LEAST_BIAS:g}", got=small[0])
    nodes = np.union1d(np.geomspace(LEAST, MOST, _NODES), q0)
    height = square(nodes)
    if (np.diff(height) < -_SAME * height[1:]).any():
        raise NoAnswer(
            "activation",
            expected="an activation whose E φ² grows with q",
            got=Words(f"{member.name}, whose E φ² decreases somewhere"),
            hint="use settled() for a single pair of σ_w and σ_b",
        )
    first = int(np.searchsorted(nodes, q0))
    left, right = np.stack([_brackets(nodes, height, w, one, first) for one in b], axis=1)
    q = _refined(square, left, right, w, b[:, None])
    chi = np.full(q.shape, np.nan)
    finite = np.isfinite(q)
    chi[finite] = slope(q[finite])
    chi *= np.square(w)
    return PhaseDiagram(sigma_w=w, sigma_b=b, q=q, chi_1=chi, phase=_phases(q, chi))


def _axis(key: str, values: ArrayLike) -> Float64:
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    bad = ~(np.isfinite(array) & (array >= 0))
    if array.ndim != 1 or bad.any():
        got = array[bad][0] if bad.any() else Words(f"{array.ndim} dimensions")
        raise InputError(key, expected="a 1-D array of finite numbers >= 0", got=got)
    return array


def _brackets(nodes: Float64, height: Float64, w: Float64, b: float, first: int) -> Float64:
    """Return the nodes (left, right) around the fixed point of every σ_w.

    They are (0, 0) if the signal collapses and (inf, inf) if there is no fixed point.
    """
    wanted = np.square(w)
    needed = (nodes - b * b) / height
    rising = np.maximum.accumulate(needed[first:])
    falling = np.minimum.accumulate(needed[first::-1])
    up = first + np.searchsorted(rising, wanted)  # the first node with W >= σ_w²
    down = first - np.searchsorted(-falling, -wanted)  # the first one below with W <= σ_w²
    grows = wanted > needed[first]
    padded = np.concatenate([[0.0], nodes, [np.inf]])
    left = np.where(grows, padded[up], padded[down + 1])
    right = np.where(grows, padded[up + 1], padded[down + 2])
    left, right = np.where(right == np.inf, np.inf, left), np.where(left == 0, 0.0, right)
    stays = np.abs(wanted - needed[first]) <= _SAME * np.abs(needed[first])
    return np.where(stays, nodes[first], np.stack([left, right]))


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


def _phases(q: Float64, chi: Float64) -> NDArray[np.str_]:
    with np.errstate(invalid="ignore"):
        edge = np.abs(chi - 1) <= _EDGE
        conditions = [np.isinf(q), q == 0, edge, chi < 1]
    named = [Phase.UNBOUNDED, Phase.COLLAPSED, Phase.CRITICAL, Phase.ORDERED]
    return np.select(conditions, [str(one) for one in named], default=str(Phase.CHAOTIC))
