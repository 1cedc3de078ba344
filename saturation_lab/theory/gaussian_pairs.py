"""E[f(z₁) f(z₂)] of two correlated normal numbers, however close their correlation is to ±1.

Given w ~ N(0, 1), the two are independent: z_i = √q_i (±√|c| w + √(1 - |c|) y_i), y_i ~ N(0, 1). So

    K = ∫ G₁(w) G₂(±w) exp(-w²/2)/√(2π) dw,  G_i(w) = E[f(√q_i (√|c| w + √(1 - |c|) y))].

The integrals use Gauss-Legendre panels. Those of the inner integrals end at the kinks and octaves
of f. Those of the outer integral also end at 4 and 8 widths of the inner ones from each kink, where
these begin to be affected by it. As c → ±1, the inner integrals reduce to f itself without loss of
accuracy: 1 - |c| = 1e-12 takes no more time than 1 - |c| = 1/2.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.gaussian import Function

_NEAR = np.arange(-9.0, 10, 3)
"""The ends of the panels, in standard deviations of w and y."""
_FAR = np.arange(-39.0, 40, 3)
"""The same for an f that grows exponentially."""
_MANY, _SMOOTH = 8, 1.0
"""With more kinks than this, outer panels narrower than this times own/common are joined."""
_BESIDE = np.array([-8.0, -4, 0, 4, 8])


@dataclass(frozen=True, kw_only=True, eq=False)
class Kernel:
    """The kernel K(q₁, q₂, c) = E[f(z₁) f(z₂)] of one function.

    Attributes
    ----------
    function : callable
        The function f, applied elementwise.
    kinks : tuple of float
        The z at which f or its slope jumps.
    far : bool
        Whether E f² needs more than 10 standard deviations.
    order : int
        The number of nodes of a panel.
    mean_of_one : callable
        E f(z), z ~ N(0, q), as a function of q.
    unit : float
        The scale of z on which f varies; panels end at this times 1, 2, 4, ...
    split : int
        The number of parts of each panel, for an f that oscillates.
    """

    function: Function
    kinks: tuple[float, ...]
    far: bool
    order: int
    mean_of_one: Callable[[float], float]
    unit: float = 1.0
    split: int = 1

    def mean(self, q1: float, q2: float, c: float) -> float:
        """Return K(q₁, q₂, c).

        Parameters
        ----------
        q1 : float
            The variance of z₁.
        q2 : float
            The variance of z₂.
        c : float
            Their correlation, from -1 to 1.

        Returns
        -------
        float
            E[f(z₁) f(z₂)].
        """
        if c == 0 or q1 == 0 or q2 == 0:
            return self.mean_of_one(q1) * self.mean_of_one(q2)
        common, own = math.sqrt(abs(c)), math.sqrt(1 - abs(c))
        small, large = math.sqrt(q1), math.sqrt(q2)
        w, weight = self._outer({small, large}, common, own)
        one = self._given(small * common * w, small * own).means()
        if q1 == q2 and c > 0:
            other = one
        else:
            other = self._given(math.copysign(large, c) * common * w, large * own).means()
        return float((one * other) @ weight)

    def gap(self, q: float, c: float) -> float:
        """Return K(q, q, 1) - K(q, q, c) = E[(f(z₁) - f(z₂))²]/2 without cancellation.

        Parameters
        ----------
        q : float
            The variance of both numbers.
        c : float
            Their correlation, from -1 to 1.

        Returns
        -------
        float
            Half the mean squared difference.
        """
        root = math.sqrt(q)
        if q == 0:
            return 0.0
        if c == 0:
            return float(self._given(np.zeros(1), root).variances()[0])
        common, own = math.sqrt(abs(c)), math.sqrt(1 - abs(c))
        w, weight = self._outer({root}, common, own)
        one = self._given(root * common * w, root * own)
        other = one if c > 0 else self._given(-root * common * w, root * own)
        apart = np.square(one.means() - other.means()) + one.variances() + other.variances()
        return float(apart @ weight) / 2

    @property
    def _ends(self) -> Float64:
        return _FAR if self.far else _NEAR

    def _marks(self) -> Float64:
        # the kinks of f(z) and f(-z); φ' of a built-in activation may have a kink at 0
        return np.unique([0.0, *self.kinks, *(-kink for kink in self.kinks)])

    def _outer(self, roots: set[float], common: float, own: float) -> tuple[Float64, Float64]:
        """Return w and weight × density for z = root (common w + own y), for all roots."""
        reach = self._ends[-1]
        edges = [self._ends]
        for scale in (root * common for root in roots):
            beside = (self._marks()[:, None] / scale + _BESIDE * (own / common)).ravel()
            edges += [_octaves(reach * scale, self.unit) / scale, beside]
        cuts = np.unique(np.concatenate(edges))
        cuts = cuts[np.abs(cuts) <= reach]
        if len(self.kinks) > _MANY or self.split > 1:
            # the inner integrals vary on a scale of own/common, which is all that needs resolving
            cuts = _thinned(_split(cuts, self.split), _SMOOTH * own / common)
        w, weight = _nodes(cuts[:-1], cuts[1:], self.order)
        return w.ravel(), weight.ravel()

    def _given(self, mean: Float64, std: float) -> _Given:
        """Return f(mean + std y) at the nodes of E over y ~ N(0, 1), for each mean."""
        rows = len(mean)
        if std == 0:
            whole = np.arange(rows)
            return _Given(row=whole, weights=np.ones(rows), values=self.function(mean), rows=rows)
        reach = self._ends[-1]
        fixed = np.concatenate(
            [self._marks(), _octaves(np.abs(mean).max() + reach * std, self.unit)]
        )
        # in units of std from the mean; an edge out of reach yields a panel of width 0
        edges = np.clip((fixed - mean[:, None]) / std, -reach, reach)
        inner = np.broadcast_to(self._ends, (rows, len(self._ends)))
        edges = _split(np.sort(np.concatenate([edges, inner], axis=1), axis=1), self.split)
        row, panel = np.nonzero(np.diff(edges, axis=1) > 0)
        y, weights = _nodes(edges[row, panel], edges[row, panel + 1], self.order)
        return _Given(
            row=np.repeat(row, self.order),
            weights=weights.ravel(),
            values=self.function((mean[row, None] + std * y).ravel()),
            rows=rows,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Given:
    """The values of f at the nodes of the inner integrals; those of row i belong to the i-th w."""

    row: NDArray[np.intp]
    weights: Float64
    values: Float64
    rows: int

    def means(self) -> Float64:
        """Return E[f | w] for each w."""
        return self._sums(self.values)

    def variances(self) -> Float64:
        """Return Var[f | w] for each w."""
        with np.errstate(all="ignore"):
            return self._sums(np.square(self.values - self.means()[self.row]))

    def _sums(self, values: Float64) -> Float64:
        # where f overflows, the density is negligible, or else E f² would have been rejected
        with np.errstate(all="ignore"):
            terms = np.where(np.isfinite(values), self.weights * values, 0)
        return np.bincount(self.row, weights=terms, minlength=self.rows).astype(np.float64)


def _nodes(left: Float64, right: Float64, order: int) -> tuple[Float64, Float64]:
    """Return nodes and weight × standard normal density, each of shape (panels, order)."""
    points, weights = _RULES[order]
    half = (right - left)[:, None] / 2
    nodes = left[:, None] + half + half * points
    density: Float64 = half * weights * np.exp(-np.square(nodes) / 2) / math.sqrt(2 * math.pi)
    return nodes, density


def _thinned(edges: Float64, least: float) -> Float64:
    """Return edges without those that are closer than ``least`` to the one before."""
    kept = [float(edges[0])]
    for edge in edges[1:-1].tolist():
        if edge - kept[-1] > least:
            kept.append(edge)
    return np.array([*kept, float(edges[-1])])


def _split(edges: Float64, parts: int) -> Float64:
    """Return edges along the last axis with each panel split into equal parts."""
    if parts == 1:
        return edges
    shares = np.arange(parts) / parts
    inner = edges[..., :-1, None] + np.diff(edges, axis=-1)[..., None] * shares
    return np.concatenate([inner.reshape(*edges.shape[:-1], -1), edges[..., -1:]], axis=-1)


def _octaves(far: float, unit: float) -> Float64:
    """Return ±1, ±2, ±4, ... units up to ``far``, where panels end regardless of the variance."""
    steps = unit * 2.0 ** np.arange(max(0, math.ceil(math.log2(far / unit))))
    return np.concatenate([-steps, steps])


_RULES = {order: np.polynomial.legendre.leggauss(order) for order in range(4, 33)}
