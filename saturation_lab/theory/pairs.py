"""What do two correlated pre-activations share after the activation?

    K(q₁, q₂, c) = E[f(z₁) f(z₂)],  f = φ or φ',  z normal of variances q₁, q₂ and correlation c.

Given w ~ N(0, 1) the two are independent: z_i = √q_i (±√|c| w + √(1 - |c|) y_i), y_i ~ N(0, 1). So

    K = ∫ G₁(w) G₂(±w) exp(-w²/2)/√(2π) dw,  G_i(w) = E[f(√q_i (√|c| w + √(1 - |c|) y))],

with panels that end at the kinks and octaves of f for the inner integrals and, for the outer one,
where these begin to feel a kink: 4 and 8 of their own widths beside it. As c → ±1 the inner ones
close up to f itself, with no digits lost: 1 - |c| = 1e-12 costs no more than c = 1/2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.closed_forms import CLOSED_PAIRS, PairForm
from saturation_lab.theory.expectations import ROUTES, Expectation, gaussian_mean, variances
from saturation_lab.theory.gaussian import Array, Function, shielded

PAIR_MOMENTS: dict[str, Callable[[Activation], Callable[[Array], Array]]] = {
    "value": lambda activation: activation.value,
    "slope": lambda activation: activation.derivative,
}
"""What the kernel is of: E[φ(z₁)φ(z₂)] and E[φ'(z₁)φ'(z₂)]."""

REACH = 9.0
"""The last panel ends at this many standard deviations."""
ORDER, ROUGH_ORDER = 16, 11
"""Nodes of a panel; the error is estimated by leaving out a third of them."""
_OF_DENSITY = np.array([-REACH, -6, -3, 0, 3, 6, REACH])
_BESIDE = np.array([-8.0, -4, 0, 4, 8])
_RULES = {order: np.polynomial.legendre.leggauss(order) for order in (ORDER, ROUGH_ORDER)}
_ROOT_2_PI = np.sqrt(2 * np.pi)
_ROUNDING = 64 * np.finfo(float).eps


def pair_mean(
    activation: object, q1: ArrayLike, q2: ArrayLike, c: ArrayLike, *, of: str = "value"
) -> Array:
    """Return E[f(z₁) f(z₂)] for each (q₁, q₂, c), broadcast; f is φ ("value") or φ' ("slope").

    The derivative of the first in c is √(q₁q₂) times the second (Price 1958). The error is below
    1e-10 of E|f(z₁) f(z₂)|, at c = ±1 and near it too, for the table's activations and
    1e-8 <= q <= 1e4. Without a closed form a value takes about a millisecond, equal ones once.

    Raises:
        InputError: q is negative or not finite, |c| > 1, the shapes do not broadcast, the
            expectation diverges.

    >>> pair_mean("relu", 1.0, 1.0, [-1.0, 0.0, 1.0]).round(12).tolist()
    [-0.0, 0.159154943092, 0.5]
    >>> print(pair_mean("tanh", 1.0, 2.0, 0.5))
    0.2313...
    """
    member, shaped = _checked(activation, q1, q2, c, of)
    closed = _closed(member, of)
    return closed(*shaped) if closed else _by_quadrature(member, shaped, of, ORDER)


def pair_expectation(
    activation: object,
    q1: ArrayLike,
    q2: ArrayLike,
    c: ArrayLike,
    *,
    of: str = "value",
    route: str | None = None,
) -> Expectation:
    """Return what `pair_mean` does, with an estimate of its error and the route.

    The estimate is what a third fewer nodes change: an upper bound of the error for a smooth φ
    with named kinks, its size where a kink is not named.

    >>> pair_expectation("erf", 1.0, 1.0, 0.5).route
    'closed'
    """
    member, shaped = _checked(activation, q1, q2, c, of)
    closed = _closed(member, of)
    chosen = choice("route", route or ("closed" if closed else "quadrature"), ROUTES)
    if chosen == "quadrature":
        value = _by_quadrature(member, shaped, of, ORDER)
        rough = _by_quadrature(member, shaped, of, ROUGH_ORDER)
        error = np.abs(value - rough) + _ROUNDING * np.abs(value)
        return Expectation(value=value, error=error, route=chosen)
    if closed is None:
        raise InputError("route", expected=f'"quadrature" for {member.name}', got=route)
    value = closed(*shaped)
    return Expectation(value=value, error=_ROUNDING * np.abs(value), route=chosen)


def _checked(
    activation: object, q1: ArrayLike, q2: ArrayLike, c: ArrayLike, of: str
) -> tuple[Activation, tuple[Array, Array, Array]]:
    choice("of", of, PAIR_MOMENTS)
    member = find_activation(activation)
    first, second, third = variances("q1", q1), variances("q2", q2), _correlations(c)
    try:
        a, b, d = np.broadcast_arrays(first, second, third)
    except ValueError as error:
        shapes = f"{first.shape}, {second.shape} and {third.shape}"
        raise InputError(
            "c", expected="shapes of q1, q2 and c that broadcast", got=Words(shapes)
        ) from error
    return member, (a, b, d)


def _correlations(c: ArrayLike) -> Array:
    try:
        array = np.asarray(c, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("c", expected="correlations from -1 to 1", got=c) from error
    bad = ~(np.abs(array) <= 1)
    if bad.any():
        raise InputError("c", expected="correlations from -1 to 1", got=array[bad].ravel()[0])
    return array


def _closed(activation: Activation, of: str) -> PairForm | None:
    # by identity: a user's function may bear the name of a member
    if ACTIVATIONS.get(activation.name) is not activation:
        return None
    return CLOSED_PAIRS.get(activation.name, {}).get(of)


def _by_quadrature(
    activation: Activation, shaped: tuple[Array, Array, Array], of: str, order: int
) -> Array:
    triples = np.stack([array.ravel() for array in shaped], axis=1)
    # the kernel does not mind which is the first
    triples[:, :2].sort(axis=1)
    different, which = np.unique(triples, axis=0, return_inverse=True)
    function = shielded(PAIR_MOMENTS[of](activation), activation.name)
    values = np.array([_kernel(activation, function, of, *t, order) for t in different.tolist()])
    return values[which.ravel()].reshape(shaped[0].shape)


def _kernel(
    activation: Activation, f: Function, of: str, q1: float, q2: float, c: float, order: int
) -> float:
    """Return K(q₁, q₂, c)."""
    if c == 0 or q1 == 0 or q2 == 0:
        first, second = gaussian_mean(activation, [q1, q2], of=of)
        return float(first * second)
    common, sign = np.sqrt(abs(c)), np.sign(c)
    own = np.sqrt(1 - abs(c))
    kinks = np.unique([0.0, *activation.kinks, *(-kink for kink in activation.kinks)])
    roots = np.unique(np.sqrt([q1, q2]))
    edges = np.concatenate([_outer_edges(root, common, own, kinks) for root in roots])
    w, weight = _nodes(np.unique(edges), order)
    first = _smoothed(f, roots[0] * common * w, roots[0] * own, kinks, order)
    if len(roots) == 1 and sign > 0:
        second = first
    else:
        second = _smoothed(f, roots[-1] * sign * common * w, roots[-1] * own, kinks, order)
    with np.errstate(all="ignore"):
        inside = first * second * np.exp(-np.square(w) / 2) / _ROOT_2_PI
        total, size = float(inside @ weight), float(np.abs(inside) @ weight)
    at_ends = max(abs(float(inside[0])), abs(float(inside[-1])))
    if not np.isfinite(size) or at_ends > 1e-11 * size:
        raise InputError(
            "activation",
            expected="a finite E[f(z₁) f(z₂)]",
            got=Words(
                f'{activation.name}, where that of its {of} diverges or reaches beyond {REACH:g} '
                f"standard deviations at q1 = {q1:.6g}, q2 = {q2:.6g}, c = {c:.6g}"
            ),
        )
    return total


def _octaves(far: float) -> Array:
    """Return ±1, ±2, ±4, ... up to ``far``: where panels end whatever the variance."""
    steps = 2.0 ** np.arange(max(0, int(np.ceil(np.log2(far)))))
    return np.concatenate([-steps, steps])


def _outer_edges(root: float, common: float, own: float, kinks: Array) -> Array:
    """Return where panels of w end for z = root (common w + own y)."""
    scale = root * common
    beside = (kinks[:, None] / scale + _BESIDE * (own / common)).ravel()
    edges = np.concatenate([_octaves(REACH * scale) / scale, beside])
    return np.concatenate([_OF_DENSITY, edges[np.abs(edges) < REACH]])


def _nodes(edges: Array, order: int) -> tuple[Array, Array]:
    points, weights = _RULES[order]
    half = np.diff(edges)[:, None] / 2
    nodes: Array = (edges[:-1, None] + half + half * points).ravel()
    return nodes, (half * weights).ravel()


def _smoothed(f: Function, mean: Array, std: float, kinks: Array, order: int) -> Array:
    """Return E f(mean + std y), y ~ N(0, 1), for each mean."""
    if std == 0:
        return f(mean)
    fixed = np.concatenate([kinks, _octaves(np.abs(mean).max() + REACH * std)])
    # in units of std from the mean; an edge that is out of reach makes a panel of no width
    edges = np.clip((fixed - mean[:, None]) / std, -REACH, REACH)
    inner = np.broadcast_to(_OF_DENSITY, (len(mean), len(_OF_DENSITY)))
    edges = np.sort(np.concatenate([edges, inner], axis=1), axis=1)
    row, panel = np.nonzero(np.diff(edges, axis=1) > 0)
    left, right = edges[row, panel], edges[row, panel + 1]
    points, weights = _RULES[order]
    half = (right - left)[:, None] / 2
    y = left[:, None] + half + half * points
    shown = f((mean[row, None] + std * y).ravel()).reshape(y.shape)
    with np.errstate(all="ignore"):
        integrals = half[:, 0] * ((shown * np.exp(-np.square(y) / 2)) @ weights) / _ROOT_2_PI
    return np.bincount(row, weights=integrals, minlength=len(mean))

