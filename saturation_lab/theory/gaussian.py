"""How is the expectation of a function of a normal number computed to rounding error?

    E f(z) = ∫₀^∞ (f(z) + f(-z)) exp(-z²/2q) / √(2πq) dz,    z ~ N(0, q).

The integrand has two scales, that of f (about 1, whatever q is) and that of the density (√q). So
Gauss-Legendre panels end near 1, 2, 4, ... and at the kinks for the one, near multiples of √q for
the other, and panels that disagree with their own two halves, or with f at their own ends, are
halved: that finds a kink which nobody named, and a ripple. A `_Rule` holds for all q within a
factor 4, so that f is evaluated once for them all. Folding the two sides makes the expectation of
an odd function exactly 0.
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

_ORDER = 20
"""Nodes of a panel."""
_REACH = 10.0
"""A rule ends at this many √q; where the integrand is not over by then, at `_WIDE_REACH`."""
_WIDE_REACH = 40.0
_TOLERANCE = 4e-15
"""A panel is halved where that changes E f by more than this share of E|f|, and its halves where it
changes by half of that, and so on: a jump in a small panel must not pass by chance."""
_OVER = 1e-13
"""Of E|f|: what the integrand may weigh where a rule ends."""
_SHIFT, _SPLIT = 1.0311, 0.4871
"""Panels end at 1, 2, 4, ... times the one and split at the other, not where kinks like to lie: one
at an end by chance leaves no trace, and who asks for the kinks would not hear of it."""
_INSIDE = 1 - 1e-9
"""Where, of a panel from -1 to 1, the ends are looked at: a named kink lies at the end itself."""
_DEEPEST = 52
_NARROW = 2.0**-12
"""Of √q: panels this narrow were halved for the sake of a kink."""
_MOST_PANELS = 400
_ROWS = 2048
_ROOT_2_PI = math.sqrt(2 * math.pi)
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(_ORDER)
# from values at the nodes to those of their polynomial just inside -1 and 1
_TO_ENDS = np.linalg.solve(
    np.polynomial.legendre.legvander(_POINTS, _ORDER - 1).T,
    np.polynomial.legendre.legvander(np.array([-_INSIDE, _INSIDE]), _ORDER - 1).T,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Panels:
    """Panels of the positive half line, each with its nodes.

    Attributes:
        left, right: where panels begin and end, [n].
        nodes: z, [n, ORDER].
        both: weight × (f(z) + f(-z)), [n, ORDER]; 0 where f is not finite.
        size: weight × (|f(z)| + |f(-z)|), likewise.
        finite: whether f(z) and f(-z) are finite numbers.
        unseen: what f does between the outermost nodes and the ends that the nodes do not foretell,
            times the width there, [n].
    """

    left: Float64
    right: Float64
    nodes: Float64
    both: Float64
    size: Float64
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
            # so that no sum of them overflows
            finite = np.isfinite(size * max(1e3, _ORDER * float(half.max())))
            size = np.where(finite, size, 0)
            both = np.where(finite, (above + below).reshape(shown.shape), 0)
        weights = half * _WEIGHTS
        foretold = both[:, :_ORDER] @ _TO_ENDS
        surprise = np.abs(both[:, _ORDER:] - foretold).sum(axis=1)
        return cls(
            left=left,
            right=right,
            nodes=nodes,
            both=both[:, :_ORDER] * weights,
            size=size[:, :_ORDER] * weights,
            finite=finite[:, :_ORDER],
            unseen=np.where(finite.all(axis=1), surprise, 0) * half[:, 0] * (1 - _POINTS[-1]),
        )

    def halves(self, function: Function) -> _Panels:
        """Return two panels for each, next to each other."""
        middle = self.left + _SPLIT * (self.right - self.left)
        left = np.stack([self.left, middle], axis=1).ravel()
        return _Panels.of(function, left, np.stack([middle, self.right], axis=1).ravel())

    def take(self, which: NDArray[np.bool_]) -> _Panels:
        """Return some of the panels."""
        return _Panels(
            left=self.left[which],
            right=self.right[which],
            nodes=self.nodes[which],
            both=self.both[which],
            size=self.size[which],
            finite=self.finite[which],
            unseen=self.unseen[which],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Rule:
    """Nodes and values that give E f(z), z ~ N(0, q), for (scale/2)² <= q <= scale².

    Attributes:
        nodes: z > 0, ascending, [m].
        values: columns weight × (f(z) + f(-z)) and weight × (|f(z)| + |f(-z)|), [m, 2].
        end: the last z up to which f is finite.
        at_end: |f(end)| + |f(-end)|.
        broken: the z beyond `end` where f is no finite number, or None.
        far: whether it had to go on to `_WIDE_REACH`.
    """

    nodes: Float64
    values: Float64
    end: float
    at_end: float
    broken: float | None
    far: bool

    def means(self, q: Float64) -> tuple[Float64, Float64, NDArray[np.bool_]]:
        """Return E f, E|f| and whether the integrand is over where the rule ends; q is [k]."""
        found = np.empty((len(q), 2))
        inverse = 1 / np.sqrt(q)
        for start in range(0, len(q), _ROWS):
            rows = slice(start, start + _ROWS)
            with np.errstate(over="ignore", invalid="ignore"):
                found[rows] = _density(self.nodes * inverse[rows, None]) @ self.values
        with np.errstate(over="ignore", invalid="ignore"):
            found *= inverse[:, None]
            left_out = self.at_end * _density(self.end * inverse)
            over = np.isfinite(found).all(axis=1) & (left_out <= _OVER * found[:, 1])
        return found[:, 0], found[:, 1], over


@dataclass(frozen=True, kw_only=True, eq=False)
class RulePair:
    """A rule, and the one with all panels halved: how far they are apart is how good it is.

    Attributes:
        rule, finer: the two.
        spots: (width, |z|) of the narrowest panel wherever many halvings led: a kink lies there.
    """

    rule: _Rule
    finer: _Rule
    spots: tuple[tuple[float, float], ...]


def scale_of(q: Float64) -> NDArray[np.int64]:
    """Return the k of each q > 0 for which 2^(k-1) <= √q < 2^k.

    >>> scale_of(np.array([1e-8, 1.0, 100.0])).tolist()
    [-13, 1, 4]
    """
    return np.frexp(np.sqrt(q))[1].astype(np.int64)


def rule_for(function: Function, kinks: tuple[float, ...], k: int) -> RulePair:
    """Return the rule for 2^(k-1) <= √q < 2^k; ``function`` may be non-finite far out.

    Panels are halved until each agrees with its halves at both ends of that range, to `_TOLERANCE`
    of E|f|, or until there are `_MOST_PANELS`.
    """
    scale = math.ldexp(1.0, k)
    ends = np.array([scale / 2, scale])
    panels = _panels(function, kinks, scale, _REACH)
    far = not _is_over(panels, ends)
    if far:
        panels = _panels(function, kinks, scale, _WIDE_REACH)
    limit = _TOLERANCE * _integrals(panels, panels.size, ends).sum(axis=0)
    coarse: list[_Panels] = []
    fine: list[_Panels] = []
    kept = 0
    for depth in range(_DEEPEST):
        halves = panels.halves(function)
        whole = _integrals(panels, panels.both, ends)
        again = _integrals(halves, halves.both, ends).reshape(-1, 2, 2).sum(axis=1)
        with np.errstate(invalid="ignore"):
            apart = np.maximum(np.abs(whole - again), _unseen(panels, ends))
            differs = (apart > limit * 2.0 ** -min(depth, 10)).any(axis=1)
        # the last digits of z leave no room inside
        differs &= panels.right - panels.left > 64 * np.spacing(panels.right)
        kept += int((~differs).sum())
        if kept + 2 * int(differs.sum()) > _MOST_PANELS or depth == _DEEPEST - 1:
            differs = np.zeros_like(differs)
        coarse.append(panels.take(~differs))
        fine.append(halves.take(np.repeat(~differs, 2)))
        if not differs.any():
            break
        panels = halves.take(np.repeat(differs, 2))
    return RulePair(
        rule=_joined(coarse, far), finer=_joined(fine, far), spots=_spots(coarse, scale)
    )


def shielded(function: Callable[[Float64], Any], name: str) -> Function:
    """Return the function, which refuses results that are not one float for each number."""

    def checked(z: Float64) -> Float64:
        with np.errstate(all="ignore"):
            shown = np.asarray(function(z))
        if shown.shape != z.shape or shown.dtype.kind not in "fiub":
            raise InputError(
                "activation",
                expected="a function that makes one float of each number of an array",
                got=Words(f"{name}, which gives {shown.dtype} {shown.shape} for {z.shape}"),
            )
        return shown.astype(np.float64, copy=False)

    return checked


def _density(x: Float64) -> Float64:
    # exp(-x²/2)/√(2π), in place: most of the time is spent here
    np.square(x, out=x)
    x *= -0.5
    with np.errstate(under="ignore"):
        np.exp(x, out=x)
    x /= _ROOT_2_PI
    return x


def _panels(function: Function, kinks: tuple[float, ...], scale: float, reach: float) -> _Panels:
    far = reach * scale
    of_density = scale * np.array([0.0, 1, 2, 4, 6, 8, *np.arange(_REACH, reach + 1, 2)])
    octaves = 2.0 ** np.arange(max(0, math.ceil(math.log2(far))))
    regular = _SHIFT * np.concatenate([of_density, octaves[octaves < far]])
    named = np.abs(np.asarray(kinks, dtype=float))
    edges = np.unique(np.concatenate([regular, named[named < _SHIFT * far]]))
    return _Panels.of(function, edges[:-1], edges[1:])


def _integrals(panels: _Panels, values: Float64, ends: Float64) -> Float64:
    # of each panel, at both ends of the range of √q: [n, 2]
    density = _density(panels.nodes[:, :, None] / ends) / ends
    with np.errstate(over="ignore", invalid="ignore"):
        integrals: Float64 = np.einsum("nk,nke->ne", values, density)
    return integrals


def _unseen(panels: _Panels, ends: Float64) -> Float64:
    density = _density(panels.left[:, None] / ends) / ends
    unseen: Float64 = panels.unseen[:, None] * density
    return unseen


def _is_over(panels: _Panels, ends: Float64) -> bool:
    rule = _joined([panels], far=False)
    share = rule.at_end * float(_density(np.array([rule.end / ends[1]]))[0])
    total = float(_integrals(panels, panels.size, ends)[:, 1].sum())
    return rule.broken is None and share <= 1e-17 * total


def _spots(parts: list[_Panels], scale: float) -> tuple[tuple[float, float], ...]:
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
