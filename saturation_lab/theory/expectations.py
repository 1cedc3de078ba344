"""The moments of an activation and of its slope under a normal pre-activation.

For z ~ N(0, q): E φ, E φ², E φ', E φ'², E φφ', E φ⁴, E φ'⁴ and dE[φ²]/dq. They are computed in
closed form if there is one (`closed_forms`), and by quadrature otherwise (`gaussian`). The products
of two correlated pre-activations are in `pairs`. Both routes agree to 1e-12 of E|·|; the tests
compare them with 22-digit values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.nets.scan import features_of
from saturation_lab.theory.closed_forms import CLOSED
from saturation_lab.theory.gaussian import Function, RulePair, rule_for, scale_of, shielded
from saturation_lab.theory.gaussian_moments import MOMENTS
from saturation_lab.theory.no_answer import NoAnswer

_DEGREE = 26
"""The degree of the Chebyshev expansion of a curve between two powers of 4 of q."""
_SAME_KINK = 1e-5
_SEEN = 40.0
"""Edges up to this many √q are reported."""
_BESIDE_ZERO = np.array([-1e-200, 1e-200])
_ROUNDING = 16 * np.finfo(float).eps
PROMISE = 1e-7
"""An integral that is not resolved to this share of E|f| is refused."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Expectation:
    """An expectation and an estimate of its error.

    Attributes
    ----------
    value : array
        The expectation, of the shape of the variances.
    error : array
        An estimate of its absolute error: the change when every panel is halved, plus rounding.
    route : str
        "closed" or "quadrature".
    """

    value: Float64
    error: Float64
    route: str


def gaussian_mean(activation: object, q: ArrayLike, *, of: str = "square") -> Float64:
    """Return a moment of φ(z), z ~ N(0, q), for each q.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : array_like
        Variances of z, at least 0.
    of : str
        The moment, a key of `MOMENTS`.

    Returns
    -------
    array of the shape of ``q``
        The moment for each variance.

    Raises
    ------
    NoAnswer
        If the expectation diverges or overflows at one of the q, or φ oscillates too fast for its
        error to be below 1e-7 of E|f|.
    InputError
        If q is negative or not finite; if q is 0 for "square_slope" and φ(0) ≠ 0, where the limit
        would need φ''; if there is no such moment; or if φ does not return one float for each
        element.

    Notes
    -----
    For the built-in activations and 1e-8 <= q <= 1e4, the error is below 1e-12 of the expectation
    of the integrand's absolute value. For a user's own function, an estimated error of more than
    1e-7 is refused; `expectation` returns the estimate. Odd integrands of odd or even φ give
    exactly 0. A kink that the user does not declare is searched for; declaring it is faster.

    At q = 0 the limit q → 0 is returned: φ(0), and at a kink the mean over both sides.

    References
    ----------
    .. [1] C. K. I. Williams, "Computation with infinite neural networks", Neural Computation 10,
       1998, eq. 11 (the closed form of the error function).
    .. [2] Y. Cho and L. K. Saul, "Kernel methods for deep learning", NIPS 2009, eqs. 3 to 6 (the
       closed forms of ReLU).

    Examples
    --------
    >>> gaussian_mean("relu", [1.0, 4.0], of="square").tolist()
    [0.5, 2.0]
    >>> print(gaussian_mean("tanh", 1.0, of="slope_square"))
    0.464402902448
    """
    member, q = _checked(activation, q, of)
    closed = _closed(member, of)
    if closed is not None:
        return closed(q)
    return _by_quadrature(member, q, of)[0]


def expectation(
    activation: object, q: ArrayLike, *, of: str = "square", route: str | None = None
) -> Expectation:
    """Return a moment as `gaussian_mean` does, with an estimate of its error.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : array_like
        Variances of z, at least 0.
    of : str
        The moment, a key of `MOMENTS`.
    route : str or None
        "closed" or "quadrature" to force a route. By default, the closed form is used if there is
        one.

    Returns
    -------
    Expectation
        The moment for each variance, its estimated absolute error and the route that was taken.

    Raises
    ------
    NoAnswer
        If the expectation diverges or overflows at one of the q.
    InputError
        As for `gaussian_mean`, or if a closed form is required but does not exist.

    References
    ----------
    .. [1] C. K. I. Williams, "Computation with infinite neural networks", Neural Computation 10,
       1998, eq. 11 (the closed form of the error function).
    .. [2] Y. Cho and L. K. Saul, "Kernel methods for deep learning", NIPS 2009, eqs. 3 to 6 (the
       closed forms of ReLU).

    Examples
    --------
    >>> found = expectation(lambda z: np.exp(-np.abs(z - 0.3)), 1.0)  # with an undeclared kink
    >>> found.route, bool(found.error < 1e-13)
    ('quadrature', True)
    """
    member, q = _checked(activation, q, of)
    closed = _closed(member, of)
    chosen = choice("route", route or ("closed" if closed else "quadrature"), ROUTES)
    if chosen == "quadrature":
        value, error = _by_quadrature(member, q, of, strict=False)
        return Expectation(value=value, error=error, route=chosen)
    if closed is None:
        raise InputError(
            "route", expected=f'"quadrature" for {MOMENTS[of].formula} of {member.name}', got=route
        )
    value = closed(q)
    return Expectation(value=value, error=_ROUNDING * np.abs(value), route=chosen)


def mean_square_slope(activation: object, q: ArrayLike) -> Float64:
    """Return dE[φ(z)²]/dq for z ~ N(0, q), from which χ∥ follows by the factor σ_w².

    By Stein's lemma [1]_ it is E[φφ'z]/q, which does not need φ''. If φ jumps, it is
    E[(φ² - φ(0)²)(z²/q - 1)]/(2q), the derivative of the density, which does not need φ' either.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : array_like
        Variances of z, at least 0; above 0 if φ(0) ≠ 0.

    Returns
    -------
    array of the shape of ``q``
        The derivative for each variance.

    Raises
    ------
    NoAnswer
        As for `gaussian_mean`.
    InputError
        As for `gaussian_mean`.

    References
    ----------
    .. [1] C. M. Stein, "Estimation of the mean of a multivariate normal distribution", Annals of
       Statistics 9, 1981, lemma 1.

    Examples
    --------
    >>> mean_square_slope("relu", 3.0).item()
    0.5
    """
    return gaussian_mean(activation, q, of="square_slope")


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A moment as a function of q that costs about 30 multiplications per value.

    An expectation under N(0, q) is analytic in log q for |arg q| < π/2, with or without kinks.
    Therefore its Chebyshev expansion between two powers of 4 gains a factor of 4.7 per degree, and
    degree 26 leaves only rounding errors. If there is a closed form, it is used instead. If the
    expansion has not converged at that degree (E e^z at q = 100), each value is integrated.

    Attributes
    ----------
    activation : Activation
        The activation φ.
    of : str
        The moment, a key of `MOMENTS`.

    Examples
    --------
    >>> curve = gaussian_curve("tanh", of="square")
    >>> q = np.geomspace(1e-8, 1e4, 1000)
    >>> bool(np.allclose(curve(q), gaussian_mean("tanh", q), rtol=1e-13, atol=0))
    True
    """

    activation: Activation
    of: str

    def __call__(self, q: ArrayLike) -> Float64:
        """Return the moment for each q, as `gaussian_mean` does."""
        _, q = _checked(self.activation, q, self.of)
        closed = _closed(self.activation, self.of)
        if closed is not None:
            return closed(q)
        flat, found = q.ravel(), np.empty(q.size)
        for k, at in _by_scale(flat):
            if k is None:
                found[at] = _limit(self.activation, self.of)
            else:
                # map log q from (log 4^(k-1), log 4^k) to (-1, 1)
                x = np.log2(flat[at]) - (2 * k - 1)
                coefficients = _expansion(self.activation, self.of, k)
                if coefficients is None:
                    found[at] = _at_scale(self.activation, flat[at], self.of, k)[0]
                else:
                    found[at] = np.polynomial.chebyshev.chebval(x, coefficients)
        return found.reshape(q.shape)


def gaussian_curve(activation: object, *, of: str = "square") -> Curve:
    """Return a moment as a function of q, for many values or repeated calls.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    of : str
        The moment, a key of `MOMENTS`.

    Returns
    -------
    Curve
        A callable that takes variances q (array_like) and returns the moment for each of them.

    Raises
    ------
    InputError
        If there is no such moment or activation.

    Examples
    --------
    >>> round(float(gaussian_curve("silu", of="slope")(2.0)), 12)
    0.5
    """
    choice("of", of, MOMENTS)
    return Curve(activation=find_activation(activation), of=of)


@dataclass(frozen=True, kw_only=True)
class _Survey:
    """What the integration of a moment has revealed about its integrand.

    Attributes
    ----------
    far : bool
        Whether z beyond 10 standard deviations contributes, as it may for an exponential.
    kinks : tuple of float
        |z| of the kinks that were found, declared or not; 0 is not included.
    edges : tuple of float
        |z| of the declared kinks and jumps, and of places around narrow features of a user's
        function, up to 40 standard deviations; 0 is not included.
    """

    far: bool
    kinks: tuple[float, ...]
    edges: tuple[float, ...]


def survey(activation: object, q: ArrayLike, *, of: str = "square") -> _Survey:
    """Integrate a moment at each q and return what this has revealed about the integrand.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : array_like
        Variances of z, at least 0.
    of : str
        The moment, a key of `MOMENTS`.

    Returns
    -------
    _Survey
        How far out the integrand contributes (``far``), and where it has kinks (``kinks``).

    Raises
    ------
    NoAnswer
        As for `gaussian_mean`.
    InputError
        As for `gaussian_mean`.

    Examples
    --------
    >>> survey(np.exp, 100.0).far
    True
    >>> bent = survey(lambda z: np.maximum(z, 0.25), 1.0, of="value")
    >>> bent.far, [round(z, 6) for z in bent.kinks]
    (False, [0.25])
    """
    member, array = _checked(activation, q, of)
    _by_quadrature(member, array, of)
    rules = [_rule(member, of, k) for k, _ in _by_scale(array.ravel()) if k is not None]
    reach = _SEEN * float(np.sqrt(array.max(initial=0.0)))
    edges = {abs(z) for z in _edges(member) if abs(z) < reach} - {0.0}
    kinks: list[float] = []
    for _, z in sorted(spot for rule in rules for spot in rule.spots):
        if all(abs(z - kink) > _SAME_KINK * (1 + z) for kink in kinks):
            kinks.append(z)
    return _Survey(
        far=any(rule.rule.far for rule in rules), kinks=tuple(kinks), edges=tuple(sorted(edges))
    )


ROUTES = ("closed", "quadrature")
"""How an expectation can be computed."""


def _checked(activation: object, q: ArrayLike, of: str) -> tuple[Activation, Float64]:
    choice("of", of, MOMENTS)
    member = find_activation(activation)
    array = variances("q", q)
    if MOMENTS[of].over_q and not array.all() and np.square(member.value(_BESIDE_ZERO)).any():
        raise InputError("q", expected=f"q > 0 for {MOMENTS[of].formula} of {member.name}", got=0)
    return member, array


def variances(key: str, q: ArrayLike) -> Float64:
    """Return ``q`` as an array of variances.

    Parameters
    ----------
    key : str
        The name of the argument, for the error message.
    q : array_like
        Finite numbers, at least 0.

    Returns
    -------
    array of the shape of ``q``
        The variances as float64.

    Raises
    ------
    InputError
        If ``q`` is not numeric, or an entry is negative or not finite.

    Examples
    --------
    >>> variances("q", [0, 2]).tolist()
    [0.0, 2.0]
    """
    try:
        array = np.asarray(q, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(key, expected="variances (numbers >= 0)", got=q) from error
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        raise InputError(key, expected="finite variances >= 0", got=array[bad].ravel()[0])
    return array


def _closed(activation: Activation, of: str) -> Callable[[Float64], Float64] | None:
    return CLOSED.get(activation.name, {}).get(of) if is_built_in(activation) else None


def is_built_in(activation: Activation) -> bool:
    """Return whether an activation is a member of the table, about which everything is known.

    Parameters
    ----------
    activation : Activation
        The activation.

    Returns
    -------
    bool
        False for a user's own function, even if it has the name of a member.

    Examples
    --------
    >>> is_built_in(find_activation("tanh")), is_built_in(find_activation(np.tanh))
    (True, False)
    """
    return ACTIVATIONS.get(activation.name) is activation


def _by_scale(q: Float64) -> list[tuple[int | None, NDArray[np.bool_]]]:
    """Return the scales k that occur and where they occur; k is None for q = 0."""
    zero = q == 0
    k = scale_of(np.where(zero, 1, q))
    found: list[tuple[int | None, NDArray[np.bool_]]] = [
        (int(one), (k == one) & ~zero) for one in np.unique(k[~zero])
    ]
    return [*found, (None, zero)] if zero.any() else found


def _by_quadrature(
    activation: Activation, q: Float64, of: str, *, strict: bool = True
) -> tuple[Float64, Float64]:
    flat = q.ravel()
    value, error = np.empty(flat.size), np.zeros(flat.size)
    for k, at in _by_scale(flat):
        if k is None:
            value[at] = _limit(activation, of)
        else:
            value[at], error[at] = _at_scale(activation, flat[at], of, k, strict=strict)
    return value.reshape(q.shape), error.reshape(q.shape)


def _at_scale(
    activation: Activation, q: Float64, of: str, k: int, *, strict: bool = True
) -> tuple[Float64, Float64]:
    if of == "square_slope" and activation.jumps:
        return _across_jumps(activation, q, k, strict=strict)
    if of == "square_slope" and not is_built_in(activation):
        _integrated(activation, q, "square", k, strict=strict)  # raises where E φ² diverges
    value, error = _integrated(activation, q, of, k, strict=strict)
    return (value / q, error / q) if MOMENTS[of].over_q else (value, error)


def _across_jumps(
    activation: Activation, q: Float64, k: int, *, strict: bool
) -> tuple[Float64, Float64]:
    """Return dE[φ²]/dq = E[(φ² - φ(0)²)(z²/q - 1)]/(2q) and its error."""
    plain, turned = (
        _integrated(activation, q, of, k, strict=strict) for of in (_LIFT, _LIFT_TURNED)
    )
    return (turned[0] / q - plain[0]) / (2 * q), (turned[1] / q + plain[1]) / (2 * q)


def _integrated(
    activation: Activation, q: Float64, of: str, k: int, *, strict: bool
) -> tuple[Float64, Float64]:
    pair = _rule(activation, of, k)
    if pair.unresolved > PROMISE:
        if pair.pole is not None:
            raise _divergent(activation, of, float(q.min()), pair.pole)
        if strict and pair.rule.means(q[[q.argmax()]])[2].all():
            raise _unresolved(activation, of, float(q.min()), pair.unresolved)
    value, size, over = pair.rule.means(q)
    if not over.all():
        raise _divergent(activation, of, float(q[~over].min()), pair.rule.broken)
    finer, _, _ = pair.finer.means(q)
    return value, np.abs(finer - value) + (_ROUNDING + pair.unresolved) * size


def _divergent(activation: Activation, of: str, q: float, broken: float | None) -> NoAnswer:
    where = "" if broken is None else f" (the integrand is not finite at |z| = {broken:.3g})"
    return NoAnswer(
        "activation",
        expected=f"a finite {_formula(of)} for z ~ N(0, q)",
        got=Words(f"{activation.name}, for which it diverges or overflows at q = {q:.6g}{where}"),
    )


def _unresolved(activation: Activation, of: str, q: float, share: float) -> NoAnswer:
    return NoAnswer(
        "activation",
        expected=f"a φ whose {_formula(of)} can be integrated to {PROMISE:g}",
        got=Words(
            f"{activation.name}, which has too many oscillations, jumps or poles for q = {q:.6g} "
            f"(estimated relative error {share:.1g})"
        ),
    )


def _formula(of: str) -> str:
    return MOMENTS["square_slope" if of in (_LIFT, _LIFT_TURNED) else of].formula


_LIFT, _LIFT_TURNED = "lift", "lift_turned"
"""The two integrals of the smoothed derivative: of φ² - φ(0)², and of that times z²."""


def _integrand(activation: Activation, of: str) -> Function:
    phi = shielded(activation.value, activation.name)
    if of in (_LIFT, _LIFT_TURNED):
        middle = float(np.square(phi(_BESIDE_ZERO)).mean())

        def lifted(z: Float64) -> Float64:
            with np.errstate(all="ignore"):
                lift = np.square(phi(z)) - middle
                return lift if of == _LIFT else lift * np.square(z)

        return lifted
    moment = MOMENTS[of]
    slope = shielded(activation.derivative, f"the derivative of {activation.name}")

    def integrand(z: Float64) -> Float64:
        a = phi(z) if moment.value else z
        s = slope(z) if moment.slope else z
        with np.errstate(all="ignore"):
            return moment.integrand(a, s, z)

    return integrand


@lru_cache(maxsize=1024)
def _rule(activation: Activation, of: str, k: int) -> RulePair:
    return rule_for(
        _integrand(activation, of), _edges(activation), k, scanned=not is_built_in(activation)
    )


@lru_cache(maxsize=256)
def _edges(activation: Activation) -> tuple[float, ...]:
    """Return the kinks and jumps of φ and φ', and the places around their narrow features."""
    known = (*activation.kinks, *activation.jumps)
    if is_built_in(activation):
        return known
    value = shielded(activation.value, activation.name)
    slope = shielded(activation.derivative, f"the derivative of {activation.name}")
    return (*known, *features_of(value), *features_of(slope))


@lru_cache(maxsize=4096)
def _expansion(activation: Activation, of: str, k: int) -> Float64 | None:
    angles = np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1)
    x = np.cos(angles)
    try:
        value, error = _at_scale(activation, np.exp2(x + (2 * k - 1)), of, k)
    except NoAnswer:  # it diverges for some of these q, perhaps not for those that are needed
        return None
    # the discrete cosine transform at the Chebyshev points
    coefficients: Float64 = (
        2 / (_DEGREE + 1) * np.cos(np.outer(np.arange(_DEGREE + 1), angles)) @ value
    )
    coefficients[0] /= 2
    settled = np.abs(coefficients[-3:]).max() <= 100 * error.min()
    return coefficients if settled else None


def _limit(activation: Activation, of: str) -> float:
    """Return the moment as q → 0: the mean of the integrand just below and just above 0."""
    chosen = "slope_square" if MOMENTS[of].over_q else of  # φ(0) = 0: E[φφ'z]/q → E φ'²
    sides = _integrand(activation, chosen)(_BESIDE_ZERO)
    return float(sides.mean())
