"""Initializers made from a user's own rule, and the check that its draws follow that rule."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words, choice, real
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.biases import BIASES
from saturation_lab.nets.initializers import LAWS, Draw, Initializer, Scale

_Deviation = Callable[[int, int], float]
_OwnDraw = Callable[[np.random.Generator, tuple[int, int]], Any]

_PROBES, PROBE = 32, (64, 48)
"""A user's draws are checked on this many matrices of this shape (fan_out, fan_in)."""

_MOST_ERRORS = 6.1
"""The most standard errors, from the spread over matrices, by which a mean may deviate.

Student's t with 31 degrees of freedom exceeds it with probability 1e-6.
"""

_LEAST_STD = 1e-150  # its square is still above 0
_ROUNDING = 1e-6


def own_initializer(
    name: str,
    *,
    std: float | _Deviation,
    law: str | _OwnDraw = "normal",
    bias: str = "zero",
    source: str = "the user's own",
) -> Initializer:
    """Return a user's rule as an initializer: E w = 0, Var w = gain² · std(fan_in, fan_out)².

    A user's own draws are checked once, on 32 matrices of 64 × 48: neither the mean nor the mean
    square may deviate by more than 6.1 standard errors. If the entries are independent and have
    light tails, this detects a standard deviation that is wrong by 2 %. The standard errors come
    from the spread over matrices, so entries may depend on one another. Every later draw is checked
    for its shape and for finite numbers.

    Parameters
    ----------
    name : str
        The name of the rule.
    std : float or callable
        The standard deviation of a weight at gain 1, or a function of ``(fan_in, fan_out)`` that
        returns it. It must be known, because σ_w² = fan_in · Var w follows from it.
    law : str or callable
        A key of `LAWS`, or a function of ``(rng, shape)`` that returns a matrix of shape
        (fan_out, fan_in) with that standard deviation.
    bias : str
        The bias law that belongs to the rule, a key of `BIASES`.
    source : str
        Where the rule comes from.

    Returns
    -------
    Initializer
        The initializer; its gain is 1.

    Raises
    ------
    InputError
        If a standard deviation is not a finite number above 0; if draws fail, have the wrong
        shape, mean or standard deviation, are not finite, or depend on anything but ``rng``.

    Examples
    --------
    >>> rule = own_initializer("mine", std=lambda fan_in, fan_out: 1.5 / fan_in, law="uniform")
    >>> rule.std(fan_in=30, fan_out=10, gain=2.0)
    0.1
    """
    deviation = _checked_deviation(name, std)
    said = choice("law", law, LAWS) if not callable(law) else "own"
    rule = Initializer(
        name=name,
        law=said,
        scale=Scale(
            variance=lambda n, m: deviation(n, m) ** 2,
            std="s(n, m)",
            bound="√3 s(n, m)",
            latex="s(n, m)^2",
        ),
        gain=1.0,
        formula=f"{said} law, std = g s(n, m), g = 1",
        latex=r"E\,w = 0,\ \mathrm{Var}\,w = g^2 s(n, m)^2",
        bias=choice("bias", bias, BIASES),
        own=_scaled(name, law, deviation) if callable(law) else None,
        source=source,
    )
    _refuse_other_draws(rule)
    return rule


def _checked_deviation(name: str, std: float | _Deviation) -> _Deviation:
    def deviation(fan_in: int, fan_out: int) -> float:
        where = f"std({fan_in}, {fan_out}) of {name}"
        try:
            value = std(fan_in, fan_out) if callable(std) else std
        except Exception as error:
            raise InputError(
                where,
                expected="a standard deviation for every fan-in and fan-out",
                got=Words(f"{type(error).__name__}: {error}"),
            ) from error
        return real(where, value, above=_LEAST_STD)

    return deviation


def _scaled(name: str, law: _OwnDraw, deviation: _Deviation) -> Draw:
    """Return a function that checks draws and rescales them to a given standard deviation."""

    def draw(rng: np.random.Generator, out: Array, std: float) -> None:
        fan_out, fan_in = out.shape
        drawn = _checked_draws(name, law, rng, (fan_out, fan_in))
        factor = std / math.sqrt(deviation(fan_in, fan_out) ** 2)  # exactly 1 at gain 1
        wide = np.result_type(drawn.dtype, out.dtype)
        out[...] = drawn.astype(wide) * factor

    return draw


def _checked_draws(
    name: str, law: _OwnDraw, rng: np.random.Generator, shape: tuple[int, int]
) -> Array:
    try:
        drawn = np.asarray(law(rng, shape))
    except Exception as error:
        fault = f"raised {type(error).__name__}: {error}"
        raise _refused(
            name, f"draw(rng, {shape}) to return numbers of that shape", fault
        ) from error
    if drawn.shape != shape or drawn.dtype.kind not in "iuf":
        fault = f"returned {drawn.dtype} of shape {drawn.shape}"
        raise _refused(name, f"draw(rng, {shape}) to return numbers of that shape", fault)
    if not np.isfinite(drawn).all():
        raise _refused(name, "finite weights", f"drew {drawn[~np.isfinite(drawn)][0]}")
    return drawn


def _refused(name: str, expected: str, fault: str) -> InputError:
    return InputError("initializer", expected=expected, got=Words(f"{name}, which {fault}"))


def _refuse_other_draws(rule: Initializer) -> None:
    """Reject draws that are not reproducible, or whose mean or standard deviation is wrong."""
    fan_out, fan_in = PROBE
    std = rule.std(fan_in=fan_in, fan_out=fan_out, gain=1.0)  # rejects an invalid number
    if rule.own is None:
        return
    rngs = [np.random.default_rng(seed) for seed in (0, *range(_PROBES))]
    again, *draws = (rule.draw(rng, PROBE, std=std, dtype="float64") / std for rng in rngs)
    if not np.array_equal(again, draws[0]):
        raise _refused(
            rule.name, "draws that depend on rng alone", "drew other weights from an equal rng"
        )
    means = np.array([x.mean() for x in draws])
    squares = np.array([np.square(x).mean() for x in draws])
    if _is_off(means, 0.0):
        raise _refused(
            rule.name, "weights of mean 0", f"drew weights of mean {std * means.mean():.4g}"
        )
    if _is_off(squares, 1.0):
        raise _refused(
            rule.name,
            f"weights of standard deviation {std:.4g}, the value of std({fan_in}, {fan_out})",
            f"drew weights of {std * math.sqrt(squares.mean()):.4g}",
        )


def _is_off(values: Array, exact: float) -> bool:
    error = values.std(ddof=1) / math.sqrt(len(values))
    return bool(abs(values.mean() - exact) > _MOST_ERRORS * error + _ROUNDING)
