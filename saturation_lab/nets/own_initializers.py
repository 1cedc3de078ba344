"""How does a user's own rule for weights become an initializer, and are its draws what it says?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words, choice, real
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.initializers import BIASES, LAWS, Draw, Initializer, Scale

_Deviation = Callable[[int, int], float]
_OwnDraw = Callable[[np.random.Generator, tuple[int, int]], Any]

_PROBES, PROBE = 32, (64, 48)
"""A user's draws are looked at in this many matrices of this shape [fan_out, fan_in]."""

_MOST_ERRORS = 6.1
"""Standard errors, from the spread over matrices, that a mean may be off: Student's t with 31
degrees of freedom lies beyond once in a million."""

_LEAST_STD = 1e-150  # its square is no zero
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

    Args:
        std: the standard deviation of a weight at gain 1, a number or ``(fan_in, fan_out)`` to one.
            It must be known, as σ_w² = fan_in · Var w rests on it.
        law: a key of `LAWS`, or ``draw(rng, shape)`` that returns the matrix [fan_out, fan_in] at
            gain 1, of that standard deviation.
        bias: the bias law that belongs to the rule, a key of `BIASES`.

    Draws of your own are looked at once: of 32 matrices of 64 × 48 neither mean nor mean square may
    be more than 6.1 standard errors off. For independent entries of light tails that finds a
    standard deviation that is wrong by 2 %. The standard errors are those over matrices, so entries
    may depend on one another. Every later draw is held to shape and finite numbers.

    Raises:
        InputError: a standard deviation is no finite number above 0; or draws fail, are of another
            shape, spread or mean, are not finite, or do not come from ``rng`` alone.

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
    """Return the user's draws, checked, times std over their own standard deviation."""

    def draw(rng: np.random.Generator, out: Array, std: float) -> None:
        fan_out, fan_in = out.shape
        drawn = _checked_draws(name, law, rng, (fan_out, fan_in))
        factor = std / math.sqrt(deviation(fan_in, fan_out) ** 2)  # 1 at gain 1, to the bit
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
    """Refuse draws that are not reproducible, or not of mean 0 and the standard deviation said."""
    fan_out, fan_in = PROBE
    std = rule.std(fan_in=fan_in, fan_out=fan_out, gain=1.0)  # refuses what is no number
    if rule.own is None:
        return
    rngs = [np.random.default_rng(seed) for seed in (0, *range(_PROBES))]
    again, *draws = (rule.draw(rng, PROBE, std=std, dtype="float64") / std for rng in rngs)
    if not np.array_equal(again, draws[0]):
        raise _refused(
            rule.name, "draws that come from rng alone", "drew other weights from an equal rng"
        )
    means = np.array([x.mean() for x in draws])
    squares = np.array([np.square(x).mean() for x in draws])
    if _is_off(means, 0.0):
        raise _refused(rule.name, "weights of mean 0", f"drew a mean of {std * means.mean():.4g}")
    if _is_off(squares, 1.0):
        raise _refused(
            rule.name,
            f"weights of standard deviation {std:.4g}, as std({fan_in}, {fan_out}) says",
            f"drew them of {std * math.sqrt(squares.mean()):.4g}",
        )


def _is_off(values: Array, exact: float) -> bool:
    error = values.std(ddof=1) / math.sqrt(len(values))
    return bool(abs(values.mean() - exact) > _MOST_ERRORS * error + _ROUNDING)
