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
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.closed_forms import CLOSED_PAIRS, PairForm
from saturation_lab.theory.expectations import ROUTES, Expectation, gaussian_mean, variances
from saturation_lab.theory.gaussian import Array, Function, shielded

PAIR_MOMENTS: dict[str, Callable[[Activation], Callable[[Array], Any]]] = {
    "value": lambda activation: activation.value,
    "slope": lambda activation: activation.derivative,
}
"""What the kernel is of: E[φ(z₁)φ(z₂)] and E[φ'(z₁)φ'(z₂)]."""

OVER = 1e-11
"""Of the largest integrand: how large it may be at its ends."""
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
    1e-8 <= q <= 1e4. Without a closed form a value takes a millisecond or two, equal ones once.

    Raises:
        InputError: q is negative or not finite, |c| > 1, the shapes do not broadcast, the
            expectation diverges.

    >>> pair_mean("relu", 1.0, 1.0, [0.0, 1.0]).round(12).tolist()
    [0.159154943092, 0.5]
    >>> print(pair_mean("tanh", 1.0, 2.0, 0.5))
    0.2096030794278
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


def pair_gap(activation: object, q: ArrayLike, c: ArrayLike, *, of: str = "value") -> Array:
    """Return K(q, q, 1) - K(q, q, c) = E[(f(z₁) - f(z₂))²]/2 to its own last digits.

    The difference of two `pair_mean` keeps none where c is near 1; here it is the mean over w of
    the variances given w and of the squared difference of the means, and nothing cancels.

    Raises:
        InputError: as `pair_mean`.

    >>> gap = 2.0**-40  # 1 - c, exactly
    >>> print(pair_gap("identity", 3.0, 1 - gap) / gap)
    3.0
    """
    member, (variance, _, correlation) = _checked(activation, q, q, c, of)
    function = shielded(PAIR_MOMENTS[of](member), member.name)
    pairs = zip(variance.ravel().tolist(), correlation.ravel().tolist(), strict=True)
    found = [_gap(member, function, of, one, other) for one, other in pairs]
    return np.array(found, dtype=np.float64).reshape(variance.shape)


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
    values = np.array(
        [_kernel(activation, function, of, q1, q2, c, order) for q1, q2, c in different.tolist()]
    )
    return values[which.ravel()].reshape(shaped[0].shape)


def _kernel(
    activation: Activation, f: Function, of: str, q1: float, q2: float, c: float, order: int
) -> float:
    """Return K(q₁, q₂, c), q₁ <= q₂."""
    if c == 0 or q1 == 0 or q2 == 0:
        first, second = gaussian_mean(activation, [q1, q2], of=of)
        return float(first * second)
    common, own = _parts(c)
    kinks = _kinks(activation)
    small, large = np.sqrt(q1), np.sqrt(q2)
    w, weight = _outer(np.unique([small, large]), common, own, kinks, order)
    near = _given(f, small * common * w, small * own, kinks, order).means()
    if q1 == q2 and c > 0:
        other = near
    else:
        mean = np.sign(c) * large * common * w
        other = _given(f, mean, large * own, kinks, order).means()
    with np.errstate(all="ignore"):
        inside = near * other
    _refuse_endless(np.abs(inside), w, f"{activation.name}, where that of its {of}", (q1, q2, c))
    return float((inside * _density(w)) @ weight)


def _gap(activation: Activation, f: Function, of: str, q: float, c: float) -> float:
    """Return K(q, q, 1) - K(q, q, c)."""
    if q == 0:
        return 0.0
    kinks, root = _kinks(activation), np.sqrt(q)
    if c == 0:
        return float(_given(f, np.zeros(1), root, kinks, ORDER).variances()[0])
    common, own = _parts(c)
    w, weight = _outer(root[None], common, own, kinks, ORDER)
    one = _given(f, root * common * w, root * own, kinks, ORDER)
    other = one if c > 0 else _given(f, -root * common * w, root * own, kinks, ORDER)
    with np.errstate(all="ignore"):
        spread = one.variances() + other.variances()
        inside = (np.square(one.means() - other.means()) + spread) / 2
        size = np.square(one.means()) + np.square(other.means()) + spread
    _refuse_endless(size, w, f"{activation.name}, where that of its {of}", (q, q, c))
    return float((inside * _density(w)) @ weight)


def _parts(c: float) -> tuple[float, float]:
    return float(np.sqrt(abs(c))), float(np.sqrt(1 - abs(c)))


def _kinks(activation: Activation) -> Array:
    # of φ(z) and of φ(-z); a table's φ may have a jump of φ'' at 0
    return np.unique([0.0, *activation.kinks, *(-kink for kink in activation.kinks)])


def _density(w: Array) -> Array:
    value: Array = np.exp(-np.square(w) / 2) / _ROOT_2_PI
    return value


def _refuse_endless(size: Array, w: Array, whose: str, at: tuple[float, float, float]) -> None:
    """Refuse an integrand over w that is not over at the last nodes."""
    with np.errstate(all="ignore"):
        seen = size * _density(w)
    if not np.isfinite(seen).all() or max(seen[0], seen[-1]) > OVER * seen.max():
        where = "q1 = {:.6g}, q2 = {:.6g}, c = {:.6g}".format(*at)
        reach = f"diverges or reaches beyond {REACH:g} standard deviations"
        raise InputError(
            "activation",
            expected="a finite E[f(z₁) f(z₂)]",
            got=Words(f"{whose} {reach} at {where}"),
        )


def _octaves(far: float) -> Array:
    """Return ±1, ±2, ±4, ... up to ``far``: where panels end whatever the variance."""
    steps = 2.0 ** np.arange(max(0, int(np.ceil(np.log2(far)))))
    return np.concatenate([-steps, steps])


def _outer(
    roots: Array, common: float, own: float, kinks: Array, order: int
) -> tuple[Array, Array]:
    """Return nodes and weights over w for both z = root (common w + own y)."""
    edges = [_OF_DENSITY]
    for scale in (roots * common).tolist():
        beside = (kinks[:, None] / scale + _BESIDE * (own / common)).ravel()
        edges += [_octaves(REACH * scale) / scale, beside]
    cuts = np.unique(np.concatenate(edges))
    cuts = cuts[np.abs(cuts) <= REACH]
    points, weights = _RULES[order]
    half = np.diff(cuts)[:, None] / 2
    nodes: Array = (cuts[:-1, None] + half + half * points).ravel()
    return nodes, (half * weights).ravel()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Given:
    """f at the nodes of the inner integrals: those of row i belong to the i-th w."""

    row: NDArray[np.intp]
    weights: Array
    values: Array
    rows: int

    def means(self) -> Array:
        """Return E[f | w] for each w."""
        return self._sums(self.values)

    def variances(self) -> Array:
        """Return Var[f | w] for each w."""
        return self._sums(np.square(self.values - self.means()[self.row]))

    def _sums(self, values: Array) -> Array:
        with np.errstate(all="ignore"):
            sums = np.bincount(self.row, weights=self.weights * values, minlength=self.rows)
        return sums.astype(np.float64)


def _given(f: Function, mean: Array, std: float, kinks: Array, order: int) -> _Given:
    """Return f(mean + std y) at the nodes of E over y ~ N(0, 1), for each mean."""
    if std == 0:
        rows = np.arange(len(mean))
        return _Given(row=rows, weights=np.ones(len(mean)), values=f(mean), rows=len(mean))
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
    return _Given(
        row=np.repeat(row, order),
        weights=(half * weights * np.exp(-np.square(y) / 2) / _ROOT_2_PI).ravel(),
        values=f((mean[row, None] + std * y).ravel()),
        rows=len(mean),
    )
