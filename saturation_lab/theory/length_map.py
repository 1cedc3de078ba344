"""Where does the mean square of the pre-activations settle, and does it stay there?

One layer takes q = E z² to V(q) = σ_w² E[φ(√q x)²] + σ_b², x ~ N(0, 1). A fixed point V(q) = q has

    χ∥ = V'(q) = σ_w² dE[φ²]/dq    what a layer leaves of a small difference in q,
    χ₁ = σ_w² E[φ'²]               its factor on the mean square of the gradient,

and differences fade over ξ = -1/ln χ layers.

Sources: Poole, Lahiri, Raghu, Sohl-Dickstein & Ganguli 2016, arXiv:1606.05340, eqs. 3 and 4;
Schoenholz, Gilmer, Ganguli & Sohl-Dickstein 2017, arXiv:1611.01232, eqs. 6 and 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import Words, real
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.crossings import crossings
from saturation_lab.theory.expectations import Curve, gaussian_curve, gaussian_mean
from saturation_lab.theory.no_answer import NoAnswer

LEAST, MOST = 1e-14, 1e8
"""Fixed points are searched for between these q, and at 0."""
_NODES = 1400
"""Of that search, equally far apart in log q."""
_SAME = 1e-12
"""V(q)/q - 1 below this is rounding."""
_HALF = 1e-9
_PATIENCE = 100_000
_VANISHED = 1e-100


class Stability(StrEnum):
    """What becomes of a small difference in q."""

    STABLE = "stable"
    HALF_STABLE = "half-stable"
    UNSTABLE = "unstable"


def depth_scale(chi: float) -> float:
    """Return ξ = -1/ln χ, in layers; inf at χ = 1, negative where a difference grows.

    >>> round(depth_scale(0.9), 3), depth_scale(1.0), depth_scale(0.0)
    (9.491, inf, 0.0)
    """
    if chi <= 0:
        return 0.0
    log = math.log(chi)
    return math.inf if abs(log) < _SAME else -1 / log


@dataclass(frozen=True, kw_only=True)
class FixedPoint:
    """A q that a layer does not change.

    Attributes:
        q: the mean square of z.
        chi_1: factor of a layer on the mean square of the gradient, and the slope of the
            correlation map at c = 1.
        chi_parallel: factor of a layer on a small difference in q.
    """

    q: float
    chi_1: float
    chi_parallel: float

    @property
    def stability(self) -> Stability:
        """Return what becomes of a small difference in q."""
        excess = abs(self.chi_parallel) - 1
        if abs(excess) <= _HALF:
            return Stability.HALF_STABLE
        return Stability.STABLE if excess < 0 else Stability.UNSTABLE

    @property
    def length_depth(self) -> float:
        """Return ξ_q = -1/ln |χ∥|: over how many layers q forgets where it came from."""
        return depth_scale(abs(self.chi_parallel))

    @property
    def gradient_depth(self) -> float:
        """Return -1/ln χ₁: over how many layers the mean square of the gradient falls by e."""
        return depth_scale(self.chi_1)


@dataclass(frozen=True, kw_only=True)
class LengthMap:
    """V(q) = σ_w² E φ² + σ_b² with what belongs to it. Made by `length_map`."""

    activation: Activation
    sigma_w: float
    sigma_b: float

    def __call__(self, q: ArrayLike) -> Float64:
        """Return V(q)."""
        return self.sigma_w**2 * self._square(q) + self.sigma_b**2

    def chi_1(self, q: ArrayLike) -> Float64:
        """Return σ_w² E φ'²."""
        return self.sigma_w**2 * self._slope(q)

    def chi_parallel(self, q: ArrayLike) -> Float64:
        """Return V'(q) = σ_w² dE[φ²]/dq."""
        return self.sigma_w**2 * self._square_slope(q)

    def at(self, q: float) -> FixedPoint:
        """Return χ₁ and χ∥ at q; whether q is a fixed point is not looked at."""
        parallel = math.nan if q == 0 and not self.passes_zero else float(self.chi_parallel(q))
        return FixedPoint(q=q, chi_1=float(self.chi_1(q)), chi_parallel=parallel)

    @property
    def passes_zero(self) -> bool:
        """Return whether φ(0) = 0."""
        return float(gaussian_mean(self.activation, 0.0, of="square")) == 0

    @cached_property
    def _square(self) -> Curve:
        return gaussian_curve(self.activation, of="square")

    @cached_property
    def _slope(self) -> Curve:
        return gaussian_curve(self.activation, of="slope_square")

    @cached_property
    def _square_slope(self) -> Curve:
        return gaussian_curve(self.activation, of="square_slope")


def length_map(activation: object, *, sigma_w: float, sigma_b: float = 0.0) -> LengthMap:
    """Return the length map of an activation, weights of variance σ_w²/n and biases of σ_b².

    Raises:
        InputError: σ_w or σ_b is negative or not finite.

    >>> length_map("relu", sigma_w=2.0, sigma_b=1.0)(3.0).item()
    7.0
    """
    return LengthMap(
        activation=find_activation(activation),
        sigma_w=real("sigma_w", sigma_w, least=0),
        sigma_b=real("sigma_b", sigma_b, least=0),
    )


def fixed_points(
    activation: object, *, sigma_w: float, sigma_b: float = 0.0
) -> tuple[FixedPoint, ...]:
    """Return every fixed point of the length map by growing q: 0, and those from 1e-14 to 1e8.

    Between two roots of χ∥ = 1 the difference V(q) - q is monotone, so a change of its sign is one
    fixed point; where it only touches 0, at such a root, the point is half-stable. Empty: there is
    none.

    Raises:
        NoAnswer: every q is a fixed point (a piecewise linear φ at its critical σ_w, σ_b = 0).

    >>> [round(point.q, 6) for point in fixed_points("tanh", sigma_w=1.5, sigma_b=0.0)]
    [0.0, 0.793354]
    >>> fixed_points("relu", sigma_w=1.5, sigma_b=0.1)
    ()
    """
    chosen = length_map(activation, sigma_w=sigma_w, sigma_b=sigma_b)
    if _every_q_is_fixed(chosen):
        raise NoAnswer(
            "sigma_w",
            expected="isolated fixed points",
            got=Words(f"{chosen.sigma_w:.6g}, where {chosen.activation.name} keeps every q"),
        )
    return _found(chosen)


def _every_q_is_fixed(chosen: LengthMap) -> bool:
    """Return whether V(q) = q for all q."""
    q = np.geomspace(1e-8, 1e4, 13)
    return bool((np.abs(chosen(q) / q - 1) <= _SAME).all())


def settled(
    activation: object, *, sigma_w: float, sigma_b: float = 0.0, start: float = 1.0
) -> FixedPoint | None:
    """Return the fixed point to which layer after layer takes q = ``start``; None: beyond 1e8.

    Where every q is a fixed point, that is ``start``.

    Raises:
        NoAnswer: q neither settles nor grows (a cycle, where V falls).

    >>> print(round(settled("tanh", sigma_w=1.5, sigma_b=0.5).q, 6))
    1.218208
    >>> settled("relu", sigma_w=1.5) is None
    True
    """
    chosen = length_map(activation, sigma_w=sigma_w, sigma_b=sigma_b)
    q = real("start", start, above=0)
    excess = float(chosen(q)) / q - 1
    if abs(excess) <= _SAME:
        return chosen.at(q)
    points = _found(chosen)
    if (chosen.chi_parallel(_nodes()) < 0).any():
        return _by_iteration(chosen, q, points)
    # V grows: q moves one way, up to the next fixed point
    if excess > 0:
        return next((point for point in points if point.q > q), None)
    return next((point for point in reversed(points) if point.q < q), None)


def _nodes() -> Float64:
    return np.geomspace(LEAST, MOST, _NODES)


def _found(chosen: LengthMap) -> tuple[FixedPoint, ...]:
    roots = [0.0] if chosen.sigma_b == 0 and chosen.passes_zero else []
    q = np.union1d(_nodes(), crossings(lambda x: chosen.chi_parallel(x) - 1, _nodes()))
    excess = chosen(q) / q - 1
    roots += crossings(lambda x: chosen(x) / x - 1, q, touching=True, values=excess)
    return tuple(chosen.at(root) for root in roots)


def _by_iteration(chosen: LengthMap, q: float, points: tuple[FixedPoint, ...]) -> FixedPoint | None:
    for _ in range(_PATIENCE):
        following = float(chosen(q))
        if following > MOST:
            return None
        if abs(following - q) <= _SAME * q or following < _VANISHED:
            return min(points, key=lambda point: abs(point.q - following), default=None)
        q = following
    raise NoAnswer(
        "activation",
        expected="a length map that settles",
        got=Words(f"{chosen.activation.name}, whose q still moves after {_PATIENCE:,} layers"),
    )
