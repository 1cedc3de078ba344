"""The length map of the mean square of the pre-activations, its fixed points and their stability.

One layer maps q = E z² to V(q) = σ_w² E[φ(√q x)²] + σ_b², x ~ N(0, 1). At a fixed point V(q) = q,

    χ∥ = V'(q) = σ_w² dE[φ²]/dq    is the factor of a layer on a small difference in q,
    χ₁ = σ_w² E[φ'²]               is its factor on the mean square of the gradient,

and differences decay over ξ = -1/ln χ layers.

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
from saturation_lab.theory.moment_grid import ENDS, MomentGrid, moment_grid
from saturation_lab.theory.no_answer import NoAnswer

LEAST, MOST = ENDS
"""The q below which it counts as 0 and beyond which as unbounded, in its natural units."""

_SAME = 1e-12
"""Values of V(q)/q - 1 below this are due to rounding."""
_HALF = 1e-9
_PATIENCE = 3000
"""The number of layers after which a q that creeps along is said to reach the next fixed point."""
_EXTRA = 40


class Stability(StrEnum):
    """What happens to a small difference in q."""

    STABLE = "stable"
    HALF_STABLE = "half-stable"
    UNSTABLE = "unstable"


def depth_scale(chi: float) -> float:
    """Return the depth scale ξ = -1/ln χ, in layers.

    Parameters
    ----------
    chi : float
        The factor of a layer on a small difference.

    Returns
    -------
    float
        The number of layers over which a difference falls by a factor of e. It is infinite at χ =
        1, negative if differences grow, and 0 for χ <= 0.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, eqs. 6 and 7.

    Examples
    --------
    >>> round(depth_scale(0.9), 3), depth_scale(1.0), depth_scale(0.0)
    (9.491, inf, 0.0)
    """
    if chi <= 0:
        return 0.0
    log = math.log(chi)
    return math.inf if abs(log) < _SAME else -1 / log


@dataclass(frozen=True, kw_only=True)
class FixedPoint:
    """A q that a layer leaves unchanged.

    Attributes
    ----------
    q : float
        The mean square of z.
    chi_1 : float
        The factor of a layer on the mean square of the gradient, which is also the slope of the
        correlation map at c = 1, unless φ jumps: the slope is infinite then.
    chi_parallel : float
        The factor of a layer on a small difference in q.
    """

    q: float
    chi_1: float
    chi_parallel: float

    @property
    def stability(self) -> Stability:
        """Whether a small difference in q fades, persists or grows."""
        excess = abs(self.chi_parallel) - 1
        if abs(excess) <= _HALF:
            return Stability.HALF_STABLE
        return Stability.STABLE if excess < 0 else Stability.UNSTABLE

    @property
    def length_depth(self) -> float:
        """ξ_q = -1/ln |χ∥|, the number of layers over which a difference in q falls to 1/e."""
        return depth_scale(abs(self.chi_parallel))

    @property
    def gradient_depth(self) -> float:
        """-1/ln χ₁, the number of layers over which the gradient's mean square falls to 1/e."""
        return depth_scale(self.chi_1)


@dataclass(frozen=True, kw_only=True)
class LengthMap:
    """The length map V(q) = σ_w² E φ² + σ_b² and its derivatives, created by `length_map`.

    Attributes
    ----------
    activation : Activation
        The activation φ.
    sigma_w : float
        The standard deviation of the weights times √fan-in.
    sigma_b : float
        The standard deviation of the biases.
    """

    activation: Activation
    sigma_w: float
    sigma_b: float

    def __call__(self, q: ArrayLike) -> Float64:
        """Return V(q)."""
        return self.sigma_w**2 * self._square(q) + self.sigma_b**2

    def chi_1(self, q: ArrayLike) -> Float64:
        """Return χ₁ = σ_w² E φ'².

        Parameters
        ----------
        q : array_like
            Mean squares of z.

        Returns
        -------
        array of the shape of ``q``
            The factor of a layer on the mean square of the gradient.
        """
        return self.sigma_w**2 * self._slope(q)

    def chi_parallel(self, q: ArrayLike) -> Float64:
        """Return χ∥ = V'(q) = σ_w² dE[φ²]/dq.

        Parameters
        ----------
        q : array_like
            Mean squares of z.

        Returns
        -------
        array of the shape of ``q``
            The factor of a layer on a small difference in q.
        """
        return self.sigma_w**2 * self._square_slope(q)

    def at(self, q: float) -> FixedPoint:
        """Return χ₁ and χ∥ at q, without checking that q is a fixed point.

        Parameters
        ----------
        q : float
            The mean square of z.

        Returns
        -------
        FixedPoint
            At q = 0, χ∥ is nan if φ(0) ≠ 0.
        """
        parallel = math.nan if q == 0 and not self.passes_zero else float(self.chi_parallel(q))
        return FixedPoint(q=q, chi_1=float(self.chi_1(q)), chi_parallel=parallel)

    @property
    def passes_zero(self) -> bool:
        """Whether φ(0) = 0."""
        return float(gaussian_mean(self.activation, 0.0, of="square")) == 0

    @property
    def least(self) -> float:
        """The least q that is distinguished from 0, 1e-14 in units of the natural scale."""
        return LEAST * self.grid.unit

    @property
    def most(self) -> float:
        """The q beyond which it counts as unbounded, 1e8 in units of the natural scale."""
        return MOST * self.grid.unit

    @cached_property
    def grid(self) -> MomentGrid:
        """The moments of the activation on a grid of q."""
        return moment_grid(self.activation)

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
    """Return the length map of an activation.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_w : float
        The standard deviation of the weights times √fan-in.
    sigma_b : float
        The standard deviation of the biases.

    Returns
    -------
    LengthMap
        A callable that maps q (array_like) to V(q).

    Raises
    ------
    InputError
        If σ_w or σ_b is negative or not finite.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 3.

    Examples
    --------
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
    """Return every fixed point of the length map.

    They are searched for at 0 and from 1e-14 to 1e8 in units of the activation's natural scale of q
    (see `natural_scale`), as far as E φ² can be computed.

    Between two roots of χ∥ = 1, the difference V(q) - q is monotone, so that a change of its sign
    is exactly one fixed point. If it only touches 0, at such a root, the point is half-stable.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_w : float
        The standard deviation of the weights times √fan-in.
    sigma_b : float
        The standard deviation of the biases.

    Returns
    -------
    tuple of FixedPoint
        In order of increasing q; empty if there is none.

    Raises
    ------
    NoAnswer
        If every q is a fixed point (a piecewise linear φ at its critical σ_w, with σ_b = 0), or an
        expectation diverges.
    InputError
        If σ_w or σ_b is negative or not finite.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 3.

    Examples
    --------
    >>> [round(point.q, 6) for point in fixed_points("tanh", sigma_w=1.5, sigma_b=0.0)]
    [0.0, 0.793354]
    >>> fixed_points("relu", sigma_w=1.5, sigma_b=0.1)
    ()
    """
    chosen = length_map(activation, sigma_w=sigma_w, sigma_b=sigma_b)
    if _every_q_is_fixed(chosen):
        raise NoAnswer(
            "sigma_w",
            expected="a σ_w with isolated fixed points",
            got=Words(f"{chosen.sigma_w:.6g}, at which {chosen.activation.name} keeps every q"),
        )
    return _found(chosen)


def _every_q_is_fixed(chosen: LengthMap) -> bool:
    """Return whether V(q) = q for all q."""
    q = chosen.grid.between(1e-8, 1e4)[::64]
    return bool((np.abs(chosen(q) / q - 1) <= _SAME).all())


def settled(
    activation: object, *, sigma_w: float, sigma_b: float = 0.0, start: float = 1.0
) -> FixedPoint | None:
    """Return the fixed point to which q converges from layer to layer.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_w : float
        The standard deviation of the weights times √fan-in.
    sigma_b : float
        The standard deviation of the biases.
    start : float
        The mean square of z in the first layer, above 0.

    Returns
    -------
    FixedPoint or None
        The limit; None if q grows without bound. If every q is a fixed point, it is ``start``.

    Raises
    ------
    NoAnswer
        If an expectation diverges, or cannot be computed at the q that is reached.
    InputError
        If σ_w or σ_b is negative or not finite, or ``start`` is not above 0.

    Notes
    -----
    q always converges or grows without bound; it never repeats a cycle. As d ln E φ² / d ln q =
    E[φ² (z²/q - 1)] / (2 E φ²) >= -1/2, no two q are mapped to each other, for which the slope
    would have to be -1 on average between them. An iteration without such a pair converges from
    every start [2]_.

    Where V increases, q moves in one direction until the next fixed point, however slowly, so that
    nothing needs to be iterated. Where V decreases, the layers are followed until that is so.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 3 and 4.
    .. [2] W. A. Coppel, "The solution of equations by iteration", Mathematical Proceedings of the
       Cambridge Philosophical Society 51, 1955, pp. 41-43.

    Examples
    --------
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
    for _ in range(_PATIENCE):
        goal, sure = _goal(chosen, q, points)
        if sure:
            return goal
        following = float(chosen(q))
        if abs(following - q) <= _SAME * q:
            near = min(points, key=lambda point: abs(point.q - following), default=None)
            found = near is not None and abs(near.q - following) <= _HALF * following
            return near if found else chosen.at(following)
        q = following
    return _goal(chosen, q, points)[0]


def _goal(
    chosen: LengthMap, q: float, points: tuple[FixedPoint, ...]
) -> tuple[FixedPoint | None, bool]:
    """Return the next fixed point on the way from q, and whether V increases all the way there."""
    grid = chosen.grid
    if float(chosen(q)) > q:
        goal = next((point for point in points if point.q > q), None)
        end = grid.q[-1] if goal is None else goal.q
    else:
        goal = next((point for point in reversed(points) if point.q < q), None)
        end = 0.0 if goal is None else goal.q
    first, last = np.searchsorted(grid.q, sorted([q, end]))
    inside = grid.falls[max(first - 1, 0) : last + 1]
    # beyond the grid, only the growth of E φ² is known
    known = grid.grows if goal is None else q <= grid.q[-1]
    return goal, known and bool(inside[0] == inside[-1])


def _found(chosen: LengthMap) -> tuple[FixedPoint, ...]:
    roots = [0.0] if chosen.sigma_b == 0 and chosen.passes_zero else []
    grid, bias = chosen.grid, chosen.sigma_b**2
    nodes = grid.q
    if 0 < bias < nodes[0]:
        nodes = np.union1d(np.geomspace(bias / 2, nodes[0], _EXTRA), nodes)
    slopes = chosen.sigma_w**2 * grid.square_slope - 1
    bends = crossings(lambda x: chosen.chi_parallel(x) - 1, grid.q, values=slopes)
    q = np.union1d(nodes, bends)
    excess = chosen(q) / q - 1
    roots += crossings(lambda x: chosen(x) / x - 1, q, touching=True, values=excess)
    return tuple(chosen.at(root) for root in roots)
