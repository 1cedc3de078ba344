"""The expectation of a function of a normal number, computed to rounding error.

    E f(z) = ∫₀^∞ (f(z) + f(-z)) exp(-z²/2q) / √(2πq) dz,    z ~ N(0, q).

The integrand has two scales: that of f (about 1, whatever q is) and that of the density (√q).
Gauss-Legendre panels therefore end near 1, 2, 4, ... and at the kinks of f, and near multiples of
√q. A panel is bisected if it disagrees with its own two halves, or with f at its own ends. This
finds undeclared kinks, ripples and singularities; what is left of the disagreement when bisection
ends is reported. A `_Rule` is valid for all q within a factor of 4, so that f is evaluated only
once for all of them. Because both sides are folded, the expectation of an odd function is exactly
0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Float64

Function = Callable[[Float64], Float64]
"""An elementwise function of an array."""

_ORDER = 20
"""The number of nodes of a panel."""
_REACH = 10.0
"""A rule ends at this many √q, or at `_WIDE_REACH` if the integrand is not negligible there."""
_WIDE_REACH = 40.0
_TOLERANCE = 4e-15
"""A panel is bisected if this changes E f by more than this share of E|f|. The tolerance is halved
with each bisection, so that a jump in a small panel does not pass by chance.
"""
_OVER = 1e-13
"""The share of E|f| below which the integrand is negligible at the end of a rule."""
_SHIFT, _SPLIT = 1.0311, 0.4871
"""Panels end at `_SHIFT` times 1, 2, 4, ... and are split at `_SPLIT` of their width, to avoid the
places where kinks are likely. A kink that coincides with the end of a panel leaves no trace, and
would be missing from the kinks that are reported.
"""
_INNER = 2.0 ** -np.arange(24.0, 0, -1)
"""Where the panels of a function of unknown scale end below √q, in its units."""
_INSIDE = 1 - 1e-9
"""Where the ends of a panel from -1 to 1 are checked; a declared kink is at the end itself."""
_DEEPEST = 200
"""The most bisections; apart from a singularity at 0, the spacing of floats ends them earlier."""
_NARROW = 2.0**-12
_UNNOTICED = 6
"""Panels narrower than this times √q were bisected because of a kink, if more often than that."""
_MOST_PANELS = 1500
_ODD = 1e-6
"""A panel is also bisected if the odd part of f changes by more than this share of E|f|. E f does
not depend on it, but does not exist if it has a pole.
"""
_CELLS = 4_000_000
"""The most values of the density that are held at a time."""
_ROOT_2_PI = math.sqrt(2 * math.pi)
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(_ORDER)
# maps values at the nodes to those of the interpolating polynomial just inside -1 and 1
_TO_ENDS = np.linalg.solve(
    np.polynomial.legendre.legvander(_POINTS, _ORDER - 1).T,
    np.polynomial.legendre.legvander(np.array([-_INSIDE, _INSIDE]), _ORDER - 1).T,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Panels:
    """Panels of the positive half line, each with its nodes.

    Attributes
    ----------
    left, right : array of shape (panels,)
        The ends of the panels.
    nodes : array of shape (panels, order)
        The nodes z.
    both : array of shape (panels, order)
        weight × (f(z) + f(-z)); 0 where f is not finite.
    size : array of shape (panels, order)
        weight × (|f(z)| + |f(-z)|); 0 where f is not finite.
    odd : array of shape (panels, order)
        weight × (f(z) - f(-z)); 0 where f is not finite.
    finite : bool array of shape (panels, order)
        Whether f(z) and f(-z) are finite.
    unseen : array of shape (panels,)
        By how much f between the outermost nodes and the ends differs from its interpolation, times
        the width there.
    """

    left: Float64
    right: Float64
    nodes: Float64
    both: Float64
    size: Float64
    odd: Float64
    finite: NDArray[np.bool_]
    unseen: Float64

    @classmethod
    def of(cls, function: Function, left: Float64, right: Float64) -> _Panels:
        """Evaluate f on panels."""
        half = (right - left)[:, None] / 2
        nodes = (left[:, None] + right[:, None]) / 2 + half * _POINTS
        inside = (1 - _INSIDE) / 2 * (right - left)
        shown = np.concatenate([nodes, (left + inside)[:, None], (right - inside)[:, None]], axis=1)
        above, below = function(shown.ravel()), function(-shown.ravel())
        with np.errstate(all="ignore"):
            size = (np.abs(above) + np.abs(below)).reshape(shown.shape)
            # large values are excluded too, so that sums do not overflow
            finite = np.isfinite(size * max(1e3, _ORDER * float(half.max())))
            size = np.where(finite, size, 0)
            both = np.where(finite, (above + below).reshape(shown.shape), 0)
            odd = np.where(finite, (above - below).reshape(shown.shape), 0)
        weights = half * _WEIGHTS
        foretold = both[:, :_ORDER] @ _TO_ENDS
        surprise = np.abs(both[:, _ORDER:] - foretold).sum(axis=1)
        return cls(
            left=left,
            right=right,
            nodes=nodes,
            both=both[:, :_ORDER] * weights,
            size=size[:, :_ORDER] * weights,
            odd=odd[:, :_ORDER] * weights,
            finite=finite[:, :_ORDER],
            unseen=np.where(finite.all(axis=1), surprise, 0) * half[:, 0] * (1 - _POINTS[-1]),
        )

    def halves(self, function: Function) -> _Panels:
        """Return both halves of each panel, next to each other."""
        middle = self.left + _SPLIT * (self.right - self.left)
        left = np.stack([self.left, middle], axis=1).ravel()
        return _Panels.of(function, left, np.stack([middle, self.right], axis=1).ravel())

    def take(self, which: NDArray[np.bool_]) -> _Panels:
        """Return a selection of the panels."""
        return _Panels(
            left=self.left[which],
            right=self.right[which],
            nodes=self.nodes[which],
            both=self.both[which],
            size=self.size[which],
            odd=self.odd[which],
            finite=self.finite[which],
            unseen=self.unseen[which],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rule:
    """Nodes and values that give E f(z), z ~ N(0, q), for (scale/2)² <= q <= scale².

    Attributes
    ----------
    nodes : array of shape (nodes,)
        z > 0, in ascending order.
    values : array of shape (nodes, 2)
        The columns weight × (f(z) + f(-z)) and weight × (|f(z)| + |f(-z)|).
    end : float
        The last z up to which f is finite.
    at_end : float
        |f(end)| + |f(-end)|.
    broken : float or None
        The z beyond `end` at which f is not finite, if there is one.
    far : bool
        Whether the rule extends to `_WIDE_REACH`.
    """

    nodes: Float64
    values: Float64
    end: float
    at_end: float
    broken: float | None
    far: bool

    def means(self, q: Float64) -> tuple[Float64, Float64, NDArray[np.bool_]]:
        """Return E f, E|f| and whether the integrand is negligible at the end, for each q."""
        found = np.empty((len(q), 2))
        inverse = 1 / np.sqrt(q)
        count = max(1, _CELLS // max(1, len(self.nodes)))
        for start in range(0, len(q), count):
            rows = slice(start, start + count)
            with np.errstate(over="ignore", invalid="ignore"):
                found[rows] = _density(self.nodes * inverse[rows, None]) @ self.values
        with np.errstate(over="ignore", invalid="ignore"):
            found *= inverse[:, None]
            left_out = self.at_end * _density(self.end * inverse)
            over = np.isfinite(found).all(axis=1) & (left_out <= _OVER * found[:, 1])
        return found[:, 0], found[:, 1], over


@dataclass(frozen=True, kw_only=True, eq=False)
class RulePair:
    """A rule and its refinement with all panels halved; their difference estimates the error.

    Attributes
    ----------
    rule : _Rule
        The rule whose values are used.
    finer : _Rule
        The refined rule.
    spots : tuple of (float, float)
        The width and |z| of the narrowest panel at each place of many bisections, where there is a
        kink.
    unresolved : float
        The disagreement of the panels that were bisected no further, as a share of E|f|.
    pole : float or None
        |z| of the panel that disagrees most, if the spacing of floats ended its bisection.
    """

    rule: _Rule
    finer: _Rule
    spots: tuple[tuple[float, float], ...]
    unresolved: float
    pole: float | None


def scale_of(q: Float64) -> NDArray[np.int64]:
    """Return the scale k for which 2^(k-1) <= √q < 2^k.

    Parameters
    ----------
    q : array of any shape
        Variances, above 0.

    Returns
    -------
    int array of the shape of ``q``
        The scale of each variance.

    Examples
    --------
    >>> scale_of(np.array([1e-8, 1.0, 100.0])).tolist()
    [-13, 1, 4]
    """
    return np.frexp(np.sqrt(q))[1].astype(np.int64)


def rule_for(
    function: Function, kinks: tuple[float, ...], k: int, *, scanned: bool = False
) -> RulePair:
    """Return the quadrature rule for 2^(k-1) <= √q < 2^k.

    Panels are bisected until each agrees with its halves at both ends of that range, to
    `_TOLERANCE` of E|f|, or until there are `_MOST_PANELS`.

    Parameters
    ----------
    function : callable
        The function f, applied elementwise to an array. It may be non-finite far from 0.
    kinks : tuple of float
        The z at which f or its slope jumps, as far as they are known.
    k : int
        The scale of the variances, as `scale_of` returns it.
    scanned : bool
        Whether panels also end at √q/2, √q/4, ..., in case f varies on a scale much below 1.

    Returns
    -------
    RulePair
        The rule, its refinement, the kinks that were found, and what remained unresolved.

    Examples
    --------
    >>> pair = rule_for(np.square, (), 1)
    >>> means, _, _ = pair.rule.means(np.array([1.0, 2.0]))
    >>> means.round(12).tolist()
    [1.0, 2.0]
    """
    scale = math.ldexp(1.0, k)
    ends = np.array([scale / 2, scale])
    inner = _INNER * scale if scanned else _INNER[:0]
    panels = _panels(function, kinks, inner, scale, _REACH)
    over, broken = _is_over(panels, ends)
    far = broken or not over[1]
    if far:
        panels = _panels(function, kinks, inner, scale, _WIDE_REACH)
        over, _ = _is_over(panels, ends)
        ends = ends[: 1 if over[0] and not over[1] else 2]  # it diverges at the second
    whole = _integrals(panels, ends)
    size = whole[1].sum(axis=0)
    coarse: list[_Panels] = []
    fine: list[_Panels] = []
    left: list[tuple[float, float, bool]] = []
    kept = 0
    for depth in range(_DEEPEST):
        halves = panels.halves(function)
        parts = _integrals(halves, ends)
        again = parts.reshape(3, -1, 2, len(ends)).sum(axis=2)
        with np.errstate(invalid="ignore"):
            apart = np.maximum(np.abs(whole[0] - again[0]), _unseen(panels, ends))
            # E|f| grows as a singularity is approached
            size = np.maximum(size, size + (again[1] - whole[1]).sum(axis=0))
            differs = (apart > _TOLERANCE * size * 2.0 ** -min(depth, 10)).any(axis=1)
            odd = np.abs(whole[2] - again[2])
            differs |= (odd > _ODD * size).any(axis=1)
        # there are too few floating-point numbers inside to go on
        deepest = panels.right - panels.left <= 64 * np.spacing(panels.right)
        deepest |= depth == _DEEPEST - 1
        share = np.where(deepest[:, None], np.maximum(apart, odd), apart)
        share = (share / np.where(size > 0, size, 1.0)).max(axis=1)
        ended = differs & (deepest | (kept + 2 * int(differs.sum()) > _MOST_PANELS))
        spots = zip(share[ended], panels.right[ended], deepest[ended], strict=True)
        left += [(float(one), float(z), bool(end)) for one, z, end in spots]
        differs &= ~ended
        kept += int((~differs).sum())
        coarse.append(panels.take(~differs))
        fine.append(halves.take(np.repeat(~differs, 2)))
        if not differs.any():
            break
        again_of = np.repeat(differs, 2)
        panels, whole = halves.take(again_of), parts[:, again_of]
    _, place, pole = max(left, default=(0.0, 0.0, False))
    return RulePair(
        rule=_joined(coarse, far),
        finer=_joined(fine, far),
        spots=_spots(coarse[_UNNOTICED:], scale),
        unresolved=math.fsum(share for share, _, _ in left),
        pole=place if pole else None,
    )


def shielded(function: Callable[[Float64], Any], name: str) -> Function:
    """Return a function that rejects results which are not one float for each element.

    Parameters
    ----------
    function : callable
        A user's function of an array.
    name : str
        How the error message refers to it.

    Returns
    -------
    callable
        The same function with float64 results. It raises `InputError` if the result has another
        shape, or is not real.

    Examples
    --------
    >>> shielded(np.abs, "abs")(np.array([-1.0, 2.0])).tolist()
    [1.0, 2.0]
    """

    def checked(z: Float64) -> Float64:
        with np.errstate(all="ignore"):
            shown = np.asarray(function(z))
        if shown.shape != z.shape or shown.dtype.kind not in "fiub":
            raise InputError(
                "activation",
                expected="a function that returns one float for each element of an array",
                got=Words(
                    f"{name}, which returns {shown.dtype} of shape {shown.shape} "
                    f"for an array of shape {z.shape}"
                ),
            )
        return shown.astype(np.float64, copy=False)

    return checked


def _density(x: Float64) -> Float64:
    # exp(-x²/2)/√(2π), computed in place because most of the time is spent here
    np.square(x, out=x)
    x *= -0.5
    with np.errstate(under="ignore"):
        np.exp(x, out=x)
    x /= _ROOT_2_PI
    return x


def _panels(
    function: Function, kinks: tuple[float, ...], inner: Float64, scale: float, reach: float
) -> _Panels:
    far = reach * scale
    of_density = scale * np.array([0.0, 1, 2, 4, 6, 8, *np.arange(_REACH, reach + 1, 2)])
    octaves = 2.0 ** np.arange(max(0, math.ceil(math.log2(far))))
    regular = _SHIFT * np.concatenate([inner, of_density, octaves[octaves < far]])
    named = np.abs(np.asarray(kinks, dtype=float))
    edges = np.unique(np.concatenate([regular, named[named < _SHIFT * far]]))
    return _Panels.of(function, edges[:-1], edges[1:])


def _integrals(panels: _Panels, ends: Float64) -> Float64:
    """Return the integrals of f, |f| and the odd part of f over each panel, for each end.

    The shape is (3, panels, ends).
    """
    density = _density(panels.nodes[:, :, None] / ends) / ends
    with np.errstate(over="ignore", invalid="ignore"):
        both = np.stack([panels.both, panels.size, panels.odd])
        integrals: Float64 = np.einsum("fnk,nke->fne", both, density)
    return integrals


def _unseen(panels: _Panels, ends: Float64) -> Float64:
    density = _density(panels.left[:, None] / ends) / ends
    unseen: Float64 = panels.unseen[:, None] * density
    return unseen


def _is_over(panels: _Panels, ends: Float64) -> tuple[NDArray[np.bool_], bool]:
    """Return whether the integrand is negligible at the last z at which f is finite.

    There is one answer for both ends of the range of √q. The second result is whether there is such
    a z, beyond which f is not finite.
    """
    rule = _joined([panels], far=False)
    share = rule.at_end * _density(rule.end / ends)
    return share <= 1e-17 * _integrals(panels, ends)[1].sum(axis=0), rule.broken is not None


def _spots(parts: list[_Panels], scale: float) -> tuple[tuple[float, float], ...]:
    if not parts:
        return ()
    left = np.concatenate([part.left for part in parts])
    right = np.concatenate([part.right for part in parts])
    narrow = right - left < _NARROW * scale
    order = np.argsort(left[narrow])
    left, right = left[narrow][order], right[narrow][order]
    groups = np.split(np.arange(len(left)), np.flatnonzero(left[1:] != right[:-1]) + 1)
    found = (min(group, key=lambda i: right[i] - left[i]) for group in groups if len(group) > 1)
    return tuple((float(right[i] - left[i]), float(left[i] + right[i]) / 2) for i in found)


def _joined(parts: list[_Panels], far: bool) -> _Rule:
    nodes, both, size, finite = (
        np.concatenate([field.ravel() for field in fields])
        for fields in (
            [part.nodes for part in parts],
            [part.both for part in parts],
            [part.size for part in parts],
            [part.finite for part in parts],
        )
    )
    width = np.concatenate([((p.right - p.left)[:, None] / 2 * _WEIGHTS).ravel() for p in parts])
    order = np.argsort(nodes)
    good = np.logical_and.accumulate(finite[order])
    last = max(int(good.sum()) - 1, 0)
    end = order[last]
    return _Rule(
        nodes=nodes[order][good],
        values=np.stack([both, size], axis=1)[order][good],
        end=float(nodes[end]),
        at_end=float(size[end] / width[end]),
        broken=None if good.all() else float(nodes[order][int(good.sum())]),
        far=far,
    )
