"""What do two correlated pre-activations share after the activation?

    K(q₁, q₂, c) = E[f(z₁) f(z₂)],  f = φ or φ',  z normal of variances q₁, q₂ and correlation c,

in closed form where there is one (`closed_forms`), else by quadrature (`gaussian_pairs`). Both
routes agree to 1e-10 of E|f(z₁) f(z₂)|, which tests hold against mpmath.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.closed_forms import CLOSED_PAIRS, PairForm
from saturation_lab.theory.expectations import (
    ROUTES,
    Expectation,
    gaussian_mean,
    survey,
    variances,
)
from saturation_lab.theory.gaussian import shielded
from saturation_lab.theory.gaussian_pairs import Kernel


@dataclass(frozen=True, kw_only=True)
class PairMoment:
    """What a kernel is of.

    Attributes:
        formula: in plain text.
        function: f, from the activation.
        square: the key of E f² in `MOMENTS`.
    """

    formula: str
    function: Callable[[Activation], Callable[[Float64], Any]]
    square: str


PAIR_MOMENTS: dict[str, PairMoment] = {
    "value": PairMoment(
        formula="E[φ(z₁)φ(z₂)]", function=lambda activation: activation.value, square="square"
    ),
    "slope": PairMoment(
        formula="E[φ'(z₁)φ'(z₂)]",
        function=lambda activation: activation.derivative,
        square="slope_square",
    ),
}

_ORDER, _ROUGH_ORDER = 14, 10
"""Nodes of a panel; the error is estimated by leaving out a third of them."""
_ROUNDING = 64 * np.finfo(float).eps


def pair_mean(
    activation: object, q1: ArrayLike, q2: ArrayLike, c: ArrayLike, *, of: str = "value"
) -> Float64:
    """Return E[f(z₁) f(z₂)] for each (q₁, q₂, c), broadcast; f is φ ("value") or φ' ("slope").

    The derivative of the first in c is √(q₁q₂) times the second (Price 1958). The error is below
    1e-10 of E|f(z₁) f(z₂)|, at c = ±1 and near it too, for the table's activations and
    1e-8 <= q <= 1e4. Without a closed form a value takes a millisecond or two, equal ones once.
    A kink that is not named is searched for.

    Raises:
        NoAnswer: E f² diverges or passes what a float holds at one of the variances.
        InputError: q is negative or not finite, |c| > 1, the shapes do not broadcast.

    >>> pair_mean("relu", 1.0, 1.0, [0.0, 1.0]).round(12).tolist()
    [0.159154943092, 0.5]
    >>> print(pair_mean("tanh", 1.0, 2.0, 0.5))
    0.2096030794278
    """
    member, shaped = _checked(activation, q1, q2, c, of)
    closed = _closed(member, of)
    return closed(*shaped) if closed else _by_quadrature(member, shaped, of, _ORDER)


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
    and where kinks are named or were found; large for a φ that ripples faster than panels can see.

    >>> pair_expectation("erf", 1.0, 1.0, 0.5).route
    'closed'
    """
    member, shaped = _checked(activation, q1, q2, c, of)
    closed = _closed(member, of)
    chosen = choice("route", route or ("closed" if closed else "quadrature"), ROUTES)
    if chosen == "quadrature":
        value = _by_quadrature(member, shaped, of, _ORDER)
        rough = _by_quadrature(member, shaped, of, _ROUGH_ORDER)
        error = np.abs(value - rough) + _ROUNDING * np.abs(value)
        return Expectation(value=value, error=error, route=chosen)
    if closed is None:
        raise InputError("route", expected=f'"quadrature" for {member.name}', got=route)
    value = closed(*shaped)
    return Expectation(value=value, error=_ROUNDING * np.abs(value), route=chosen)


def pair_gap(activation: object, q: ArrayLike, c: ArrayLike, *, of: str = "value") -> Float64:
    """Return K(q, q, 1) - K(q, q, c) = E[(f(z₁) - f(z₂))²]/2 to its own last digits.

    The difference of two `pair_mean` keeps none where c is near 1; here it is the mean over w of
    the variances given w and of the squared difference of the means, and nothing cancels.

    Raises:
        NoAnswer, InputError: as `pair_mean`.

    >>> gap = 2.0**-40  # 1 - c, exactly
    >>> print(pair_gap("identity", 3.0, 1 - gap) / gap)
    3.0
    """
    member, (variance, _, correlation) = _checked(activation, q, q, c, of)
    kernel = _kernel(member, variance, of, _ORDER)
    pairs = zip(variance.ravel().tolist(), correlation.ravel().tolist(), strict=True)
    found = [kernel.gap(one, other) for one, other in pairs]
    return np.array(found, dtype=np.float64).reshape(variance.shape)


def _checked(
    activation: object, q1: ArrayLike, q2: ArrayLike, c: ArrayLike, of: str
) -> tuple[Activation, tuple[Float64, Float64, Float64]]:
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


def _correlations(c: ArrayLike) -> Float64:
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
    activation: Activation, shaped: tuple[Float64, Float64, Float64], of: str, order: int
) -> Float64:
    triples = np.stack([array.ravel() for array in shaped], axis=1)
    # the kernel does not mind which is the first
    triples[:, :2].sort(axis=1)
    different, which = np.unique(triples, axis=0, return_inverse=True)
    kernel = _kernel(activation, different[:, :2], of, order)
    values = np.array([kernel.mean(q1, q2, c) for q1, q2, c in different.tolist()])
    return values[which.ravel()].reshape(shaped[0].shape)


def _kernel(activation: Activation, q: Float64, of: str, order: int) -> Kernel:
    """Return what computes K for variances up to the largest of ``q``; refuse where E f² is not."""
    moment = PAIR_MOMENTS[of]
    variance = np.unique(q)
    # f² may be smooth where f is not
    kinks = survey(activation, variance, of=of).kinks
    return Kernel(
        function=shielded(moment.function(activation), activation.name),
        kinks=(*activation.kinks, *kinks),
        far=survey(activation, variance, of=moment.square).far,
        order=order,
        mean_of_one=lambda one: float(gaussian_mean(activation, one, of=of)),
    )
