"""The expected products of two correlated pre-activations after the activation.

    K(q₁, q₂, c) = E[f(z₁) f(z₂)],  f = φ or φ',  z normal of variances q₁, q₂ and correlation c,

in closed form if there is one (`closed_forms`), and by quadrature otherwise (`gaussian_pairs`).
Both routes agree to 1e-10 of E|f(z₁) f(z₂)|; the tests compare them with mpmath.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.closed_forms import CLOSED_PAIRS, PairForm
from saturation_lab.theory.expectations import (
    PROMISE,
    ROUTES,
    Expectation,
    gaussian_mean,
    is_built_in,
    survey,
    variances,
)
from saturation_lab.theory.gaussian import shielded
from saturation_lab.theory.gaussian_pairs import Kernel
from saturation_lab.theory.natural_scale import natural_scale
from saturation_lab.theory.no_answer import NoAnswer


@dataclass(frozen=True, kw_only=True)
class PairMoment:
    """The function whose products form a kernel.

    Attributes
    ----------
    formula : str
        The kernel in plain text.
    function : callable
        The function f, as a function of the activation.
    square : str
        The key of E f² in `MOMENTS`.
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
"""The kernels by key, the names that `pair_mean` accepts."""

_ORDER, _ROUGH_ORDER = 14, 10
"""The number of nodes of a panel, and that of the coarser rule which estimates the error."""
_ROUNDING = 64 * np.finfo(float).eps
_AIM = 1e-11
_FINER = ((0, 1), (12, 1), (12, 2), (12, 4), (12, 8))
"""The panels that are tried on a user's function until they give E f² to `_AIM`: the octaves below
its scale at which they end, and the number of parts into which they are split.
"""


def pair_mean(
    activation: object, q1: ArrayLike, q2: ArrayLike, c: ArrayLike, *, of: str = "value"
) -> Float64:
    """Return E[f(z₁) f(z₂)] for each (q₁, q₂, c).

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q1 : array_like
        Variances of z₁, at least 0.
    q2 : array_like
        Variances of z₂, at least 0.
    c : array_like
        Correlations, from -1 to 1. The three arguments are broadcast against each other.
    of : str
        The function f: "value" for φ, "slope" for φ'.

    Returns
    -------
    array of the broadcast shape
        The kernel for each triple.

    Raises
    ------
    NoAnswer
        If E f² diverges or overflows at one of the variances, or f oscillates too fast.
    InputError
        If a variance is negative or not finite, |c| > 1, or the shapes do not broadcast.

    Notes
    -----
    The derivative with respect to c of the kernel of φ is √(q₁q₂) times that of φ' [1]_. For
    the built-in activations and 1e-8 <= q <= 1e4, the error is below 1e-10 of E|f(z₁) f(z₂)|,
    including c = ±1 and its neighbourhood. Without a closed form, a value takes one or two
    milliseconds; equal values are computed once. A kink that is not declared is searched for.

    References
    ----------
    .. [1] R. Price, "A useful theorem for nonlinear devices having Gaussian inputs", IRE
       Transactions on Information Theory 4, 1958.
    .. [2] C. K. I. Williams, "Computation with infinite neural networks", Neural Computation 10,
       1998, eq. 11 (the closed form of the error function).
    .. [3] Y. Cho and L. K. Saul, "Kernel methods for deep learning", NIPS 2009, eqs. 3 to 6 (the
       closed forms of ReLU).

    Examples
    --------
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
    """Return what `pair_mean` returns, with an estimate of its error.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q1 : array_like
        Variances of z₁, at least 0.
    q2 : array_like
        Variances of z₂, at least 0.
    c : array_like
        Correlations, from -1 to 1.
    of : str
        The function f: "value" for φ, "slope" for φ'.
    route : str or None
        "closed" or "quadrature" to force a route. By default, the closed form is used if there is
        one.

    Returns
    -------
    Expectation
        The kernel for each triple, its estimated absolute error and the route that was taken. The
        estimate is the change with a third fewer nodes. It is an upper bound for a smooth φ and if
        kinks are declared or found. It is large if φ oscillates too fast for the panels.

    Raises
    ------
    NoAnswer
        As for `pair_mean`.
    InputError
        As for `pair_mean`, or if a closed form is required but does not exist.

    References
    ----------
    .. [1] C. K. I. Williams, "Computation with infinite neural networks", Neural Computation 10,
       1998, eq. 11 (the closed form of the error function).
    .. [2] Y. Cho and L. K. Saul, "Kernel methods for deep learning", NIPS 2009, eqs. 3 to 6 (the
       closed forms of ReLU).

    Examples
    --------
    >>> pair_expectation("erf", 1.0, 1.0, 0.5).route
    'closed'
    """
    member, shaped = _checked(activation, q1, q2, c, of)
    closed = _closed(member, of)
    chosen = choice("route", route or ("closed" if closed else "quadrature"), ROUTES)
    if chosen == "quadrature":
        value = _by_quadrature(member, shaped, of, _ORDER, strict=False)
        rough = _by_quadrature(member, shaped, of, _ROUGH_ORDER, strict=False)
        error = np.abs(value - rough) + _ROUNDING * np.abs(value)
        return Expectation(value=value, error=error, route=chosen)
    if closed is None:
        raise InputError("route", expected=f'"quadrature" for {member.name}', got=route)
    value = closed(*shaped)
    return Expectation(value=value, error=_ROUNDING * np.abs(value), route=chosen)


def pair_gap(activation: object, q: ArrayLike, c: ArrayLike, *, of: str = "value") -> Float64:
    """Return K(q, q, 1) - K(q, q, c) = E[(f(z₁) - f(z₂))²]/2 without cancellation.

    The difference of two results of `pair_mean` loses all digits if c is close to 1. This function
    computes it as a mean over the shared part of z₁ and z₂: of the conditional variances and of the
    squared difference of the conditional means. Nothing cancels.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : array_like
        Variances of both z₁ and z₂, at least 0.
    c : array_like
        Correlations, from -1 to 1.
    of : str
        The function f: "value" for φ, "slope" for φ'.

    Returns
    -------
    array of the broadcast shape
        The difference for each pair.

    Raises
    ------
    NoAnswer
        As for `pair_mean`.
    InputError
        As for `pair_mean`.

    Examples
    --------
    >>> gap = 2.0**-40  # 1 - c, exactly
    >>> print(pair_gap("identity", 3.0, 1 - gap) / gap)
    3.0
    """
    member, (variance, _, correlation) = _checked(activation, q, q, c, of)
    kernel = _kernel(member, variance, of, _ORDER, strict=True)
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
            "c", expected="shapes of q1, q2 and c that broadcast together", got=Words(shapes)
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
    return CLOSED_PAIRS.get(activation.name, {}).get(of) if is_built_in(activation) else None


def _by_quadrature(
    activation: Activation,
    shaped: tuple[Float64, Float64, Float64],
    of: str,
    order: int,
    *,
    strict: bool = True,
) -> Float64:
    triples = np.stack([array.ravel() for array in shaped], axis=1)
    # the kernel is symmetric in q1 and q2
    triples[:, :2].sort(axis=1)
    different, which = np.unique(triples, axis=0, return_inverse=True)
    kernel = _kernel(activation, different[:, :2], of, order, strict=strict)
    values = np.array([kernel.mean(q1, q2, c) for q1, q2, c in different.tolist()])
    return values[which.ravel()].reshape(shaped[0].shape)


def _kernel(activation: Activation, q: Float64, of: str, order: int, *, strict: bool) -> Kernel:
    return _kernel_for(activation, tuple(np.unique(q).tolist()), of, order, strict)


@lru_cache(maxsize=128)
def _kernel_for(
    activation: Activation, q: tuple[float, ...], of: str, order: int, strict: bool
) -> Kernel:
    """Return the kernel for the variances ``q``; raise if E f² diverges.

    If ``strict``, also raise if the panels do not resolve f.
    """
    variance = np.array(q)
    moment = PAIR_MOMENTS[of]
    # f² may be smooth where f has a kink, and the kinks of an odd f do not show in its mean
    found, squared = (survey(activation, variance, of=one) for one in (of, moment.square))
    bent = () if is_built_in(activation) else _bends(activation, variance)
    kernel = Kernel(
        function=shielded(moment.function(activation), activation.name),
        kinks=(*activation.kinks, *found.kinks, *squared.kinks, *bent, *found.edges),
        far=squared.far,
        order=order,
        mean_of_one=lambda one: float(gaussian_mean(activation, one, of=of)),
    )
    if is_built_in(activation):
        return kernel
    return _resolving(kernel, activation, variance, of, strict=strict)


def _bends(activation: Activation, q: Float64) -> tuple[float, ...]:
    """Return the places at which φ' jumps, as far as it can be integrated."""
    try:
        return survey(activation, q, of="slope").kinks
    except NoAnswer:
        return ()


def _resolving(
    kernel: Kernel, activation: Activation, q: Float64, of: str, *, strict: bool
) -> Kernel:
    """Return the kernel with its panels split until E f² agrees with `gaussian_mean` at every q."""
    variance = q[q > 0]
    exact = gaussian_mean(activation, variance, of=PAIR_MOMENTS[of].square)
    unit = natural_scale(activation).z
    best, error = kernel, math.inf
    for depth, split in _FINER:
        finer = replace(kernel, unit=unit * 2.0**-depth, split=split)
        found = np.array([finer.mean(one, one, 1.0) for one in variance.tolist()])
        off = float((np.abs(found - exact) / np.where(exact > 0, exact, 1.0)).max(initial=0.0))
        if off < error:
            best, error = finer, off
        if error <= _AIM:
            break
    if error <= PROMISE or not strict:
        return best
    raise NoAnswer(
        "activation",
        expected=f"a φ whose {PAIR_MOMENTS[of].formula} can be integrated to {PROMISE:g}",
        got=Words(f"{activation.name}, which varies too fast for q = {variance.max():.6g}"),
    )
