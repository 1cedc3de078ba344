"""Activations with a parameter in their name, such as ``leaky_relu:0.2``.

A family is one `Family` object and one row of `FAMILIES`. Every member has the bounds, kinks and
saturation thresholds of its own parameter. A number after the colon makes the difference to an
import path, ``module:attribute``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from saturation_lab.checks import InputError, real
from saturation_lab.nets.activations import ACTIVATIONS, SATURATED, Activation
from saturation_lab.nets.arrays import Array


@dataclass(frozen=True)
class _At:
    """A function of z at fixed arguments; unlike a lambda, it can be compared and pickled."""

    function: Callable[..., Array]
    arguments: tuple[object, ...]

    def __call__(self, z: Array) -> Array:
        return self.function(z, *self.arguments)


@dataclass(frozen=True, kw_only=True)
class Family:
    """Activations that differ in one parameter.

    Attributes
    ----------
    symbol : str
        The parameter in plain text.
    default : float
        Its value in the table of activations.
    member : str
        The key in `ACTIVATIONS` of the member of that value.
    make : callable
        Maps a parameter to an `Activation`, whose name and source are filled in later.
    signed : bool
        Whether the parameter may be 0 or negative.
    source : str
        The publication that introduced the parameter.
    """

    symbol: str
    default: float
    member: str
    make: Callable[[float], Activation]
    signed: bool = False
    source: str


def parametrized(name: object) -> Activation | None:
    """Return the activation that a name with a parameter stands for.

    Parameters
    ----------
    name : object
        A key of `FAMILIES`, with or without a colon and a number, such as ``elu:1.5``. Without a
        number, or with the default, the member of the table is returned.

    Returns
    -------
    Activation or None
        The activation, always the same object for the same parameter; None for any other name, for
        an import path, and for anything but text.

    Raises
    ------
    InputError
        If there is a number after the colon, but no such family, or the number is out of range.

    Examples
    --------
    >>> parametrized("leaky_relu:0.2").value(np.array([-1.0, 1.0])).tolist()
    [-0.2, 1.0]
    >>> parametrized("swish").name, parametrized("swish:1.70").name, parametrized("numpy:tanh")
    ('silu', 'swish:1.7', None)
    """
    if not isinstance(name, str):
        return None
    family, colon, rest = name.partition(":")
    try:
        parameter = float(rest) if colon else math.nan
    except ValueError:
        return None
    if not colon:
        return ACTIVATIONS[FAMILIES[name].member] if name in FAMILIES else None
    if not math.isfinite(parameter):  # math:inf is an import path
        return None
    if family not in FAMILIES:
        raise InputError(
            "activation",
            expected=f"one of {', '.join(FAMILIES)} before a colon and a number",
            got=name,
        )
    return _member(family, parameter)


@cache
def _member(name: str, parameter: float) -> Activation:
    family = FAMILIES[name]
    if parameter == family.default:
        return ACTIVATIONS[family.member]
    if not family.signed:
        real(f"activation: {name}", parameter, above=0)
    made, short = family.make(parameter), repr(parameter).removesuffix(".0")
    return replace(
        made,
        name=f"{name}:{short}",
        spelled=f"{made.title} ({family.symbol} = {short})",
        lecture_gain=None,
        source=family.source,
    )


def _leaky_relu(z: Array, alpha: float) -> Array:
    value: Array = np.maximum(z, 0) + alpha * np.minimum(z, 0)
    return value


def _leaky_relu_derivative(z: Array, alpha: float) -> Array:
    above = (z > 0).astype(z.dtype)
    slope: Array = above + alpha * (1 - above)
    return slope


def _leaky_relus(alpha: float) -> Activation:
    # a side is saturated if its slope is below 5 % of the other one's
    limit = SATURATED * max(1.0, abs(alpha))
    return replace(
        ACTIVATIONS["leaky_relu"],
        value=_At(_leaky_relu, (alpha,)),
        derivative=_At(_leaky_relu_derivative, (alpha,)),
        formula=f"z if z > 0, else {alpha:g} z",
        derivative_formula=f"1 if z > 0, else {alpha:g}",
        bounds=(-math.inf if alpha > 0 else 0.0, math.inf),
        kinks=() if alpha == 1 else (0.0,),
        z_low=0.0 if abs(alpha) < limit else None,
        z_high=0.0 if limit > 1 else None,
    )


def _elu(z: Array, alpha: float) -> Array:
    value: Array = np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))
    return value


def _elu_derivative(z: Array, alpha: float) -> Array:
    above = (z > 0).astype(z.dtype)
    slope: Array = above + (1 - above) * (alpha * np.exp(np.minimum(z, 0)))
    return slope


def _elus(alpha: float) -> Activation:
    limit = SATURATED * max(1.0, alpha)
    return replace(
        ACTIVATIONS["elu"],
        value=_At(_elu, (alpha,)),
        derivative=_At(_elu_derivative, (alpha,)),
        formula=f"z if z > 0, else {alpha:g} (e^z - 1)",
        derivative_formula=f"1 if z > 0, else {alpha:g} e^z",
        bounds=(-alpha, math.inf),
        kinks=(0.0,),
        z_low=min(0.0, math.log(limit / alpha)),  # α e^z = limit, unless φ' is below it up to 0
        z_high=0.0 if limit > 1 else None,
    )


def _scaled(z: Array, function: Callable[[Array], Array], inner: float, outer: float) -> Array:
    value: Array = outer * function(inner * z)
    return value


def _rescaled(name: str, inner: float, outer: float, formula: str, slope: str) -> Activation:
    """Return ``outer`` · φ(``inner`` · z), for a φ of the table and two numbers above 0."""
    one = ACTIVATIONS[name]

    def at(threshold: float | None) -> float | None:
        return None if threshold is None else threshold / inner

    return replace(
        one,
        value=_At(_scaled, (one.value, inner, outer)),
        derivative=_At(_scaled, (one.derivative, inner, outer * inner)),
        formula=formula,
        derivative_formula=slope,
        bounds=(outer * one.bounds[0], outer * one.bounds[1]),
        kinks=tuple(kink / inner for kink in one.kinks),
        jumps=tuple(jump / inner for jump in one.jumps),
        z_low=at(one.z_low),
        z_high=at(one.z_high),
        spelled="",
    )


def _swishes(beta: float) -> Activation:
    b = f"{beta:g} z"
    slope = f"σ({b}) (1 + {b} (1 - σ({b})))"
    return replace(_rescaled("silu", beta, 1 / beta, f"z σ({b})", slope), spelled="Swish")


def _celus(alpha: float) -> Activation:
    power = f"e^(z/{alpha:g})"
    formula = f"z if z > 0, else {alpha:g} ({power} - 1)"
    made = _rescaled("elu", 1 / alpha, alpha, formula, f"1 if z > 0, else {power}")
    return replace(made, spelled="CELU")


def _softpluses(beta: float) -> Activation:
    return _rescaled(
        "softplus", beta, 1 / beta, f"log(1 + e^({beta:g} z)) / {beta:g}", f"σ({beta:g} z)"
    )


def _sines(omega: float) -> Activation:
    return _rescaled("sin", omega, 1.0, f"sin({omega:g} z)", f"{omega:g} cos({omega:g} z)")


FAMILIES: dict[str, Family] = {
    "leaky_relu": Family(
        symbol="α",
        default=0.01,
        member="leaky_relu",
        make=_leaky_relus,
        signed=True,
        source="Maas, Hannun & Ng 2013, ICML workshop; He, Zhang, Ren & Sun 2015, eq. 1",
    ),
    "elu": Family(
        symbol="α",
        default=1.0,
        member="elu",
        make=_elus,
        source="Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289, eq. 15",
    ),
    "celu": Family(
        symbol="α",
        default=1.0,
        member="elu",
        make=_celus,
        source="Barron 2017, arXiv:1704.07483, eq. 2",
    ),
    "swish": Family(
        symbol="β",
        default=1.0,
        member="silu",
        make=_swishes,
        source="Ramachandran, Zoph & Le 2017, arXiv:1710.05941",
    ),
    "softplus": Family(
        symbol="β",
        default=1.0,
        member="softplus",
        make=_softpluses,
        source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, NIPS 13; with a sharpness β",
    ),
    "sin": Family(
        symbol="ω",
        default=1.0,
        member="sin",
        make=_sines,
        source="Sitzmann, Martel, Bergman, Lindell & Wetzstein 2020, arXiv:2006.09661, section 3.2",
    ),
}
"""The families by name. ``NAME:NUMBER`` is the member of that parameter."""
