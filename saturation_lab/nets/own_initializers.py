"""Initializers made from a user's own rule, and the check that its draws follow that rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args

import numpy as np

from saturation_lab.checks import InputError, Words, choice, real
from saturation_lab.nets.arrays import Array, as_numpy
from saturation_lab.nets.biases import BIASES
from saturation_lab.nets.initializers import LAWS, Draw, Initializer, Scale

Layout = Literal["out_in", "in_out"]
"""The order of the axes of weights: [out, in], as in this package and PyTorch, or [in, out]."""

LAYOUTS: tuple[Layout, ...] = get_args(Layout)

_Deviation = Callable[[int, int], float]
_OwnDraw = Callable[[np.random.Generator, tuple[int, int]], Any]

_PROBES, PROBE = 32, (64, 48)
"""A user's draws are checked on this many matrices of this shape (fan_out, fan_in)."""

_WIDE_PROBES, _WIDE = 36, (512, 384)
"""And on these, whose seven million weights contain what occurs once in a million."""

_MOST_ERRORS = 6.1
"""The most standard errors, from the spread over matrices, by which a mean may deviate.

Student's t with 31 degrees of freedom exceeds it with probability 1e-6.
"""

_MOST_SPREAD = {PROBE: 0.1, _WIDE: 0.03}
"""The largest relative standard error of the mean square over all matrices of a shape."""

_MOST_SHARE = 0.1
"""The largest mean share that the largest weight may have in the sum of squares of a matrix."""

_SPANNING = 16
"""The number of rows whose span is compared with the other rows."""

_LEAST_STD = 1e-150  # its square is still above 0
_ROUNDING = 1e-6


def own_initializer(
    name: str,
    *,
    std: float | _Deviation,
    law: str | _OwnDraw = "normal",
    layout: Layout = "out_in",
    bias: str = "zero",
    source: str = "the user's own",
) -> Initializer:
    """Return a user's rule as an initializer: E w = 0, Var w = gain² · std(fan_in, fan_out)².

    A user's own draws are checked once, on 32 matrices of 64 × 48 and, if these pass, on 36 of
    512 × 384. For both shapes the standard errors come from the spread over matrices, and these
    must hold:

    - The mean square over all matrices has a standard error of at most 10 %, and of 3 % for the
      larger ones. This refuses laws without a variance, and outliers that are so rare and so large
      that they make up most of it, such as 1,000 standard deviations once in a million weights.
    - The mean, the mean square, and the correlation of adjacent weights in rows and in columns
      deviate by at most 6.1 standard errors. This detects a standard deviation that is wrong by
      2 % for laws with light tails.
    - In the larger matrices no weight holds over 10 % of the sum of squares, no rows are equal, and
      the span of 16 rows does not hold more of the others than if they were independent (by 6.1
      standard errors and a quarter).

    Weights may therefore have any law with light tails, may be discrete or mostly 0, and may depend
    on one another as orthogonal weights do. A correct law is refused at a rate of about 1 in
    100,000; Student's t law with five degrees of freedom, 1 in 10,000, because its fourth moment
    converges slowly. Every later draw is checked for its shape and for finite numbers.

    Parameters
    ----------
    name : str
        The name of the rule.
    std : float or callable
        The standard deviation of a weight at gain 1, or a function of ``(fan_in, fan_out)`` that
        returns it. It must be known, because σ_w² = fan_in · Var w follows from it.
    law : str or callable
        A key of `LAWS`, or a function of ``(rng, shape)`` that returns a matrix of that shape and
        standard deviation.
    layout : {"out_in", "in_out"}, default "out_in"
        The order of the axes of the matrices that the function returns: (fan_out, fan_in) as in
        this package and PyTorch, or (fan_in, fan_out) as in NumPy, Keras and JAX.
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
    choice("layout", layout, LAYOUTS)
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
        own=_scaled(name, law, deviation, layout) if callable(law) else None,
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


def _scaled(name: str, law: _OwnDraw, deviation: _Deviation, layout: Layout) -> Draw:
    """Return a function that checks draws and rescales them to a given standard deviation."""

    def draw(rng: np.random.Generator, out: Array, std: float) -> None:
        fan_out, fan_in = out.shape
        if layout == "out_in":
            drawn = _checked_draws(name, law, rng, (fan_out, fan_in))
        else:
            drawn = _checked_draws(name, law, rng, (fan_in, fan_out)).T
        factor = std / math.sqrt(deviation(fan_in, fan_out) ** 2)  # exactly 1 at gain 1
        wide = np.result_type(drawn.dtype, out.dtype)
        out[...] = drawn.astype(wide) * factor

    return draw


def _checked_draws(
    name: str, law: _OwnDraw, rng: np.random.Generator, shape: tuple[int, int]
) -> Array:
    try:
        drawn = as_numpy(law(rng, shape))
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
    """Reject draws that are not reproducible, or that break the statement of the rule."""
    fan_out, fan_in = PROBE
    rule.std(fan_in=fan_in, fan_out=fan_out, gain=1.0)  # rejects an invalid number
    if rule.own is None:
        return
    again, first = (next(_probes(rule, PROBE, 1)) for _ in range(2))
    one, other = _probes(rule, PROBE, 2)
    if one.any() and np.array_equal(one, other):
        raise _refused(
            rule.name, "other weights from every rng", "drew the same weights from two of them"
        )
    if not np.array_equal(again, first):
        raise _refused(
            rule.name, "draws that depend on rng alone", "drew other weights from an equal rng"
        )
    _refuse_moments(rule, PROBE, np.array([_measured(w) for w in _probes(rule, PROBE, _PROBES)]))
    wide = []
    for w in _probes(rule, _WIDE, _WIDE_PROBES):
        _refuse_equal_rows(rule.name, w)
        square = np.square(w)
        wide.append([*_measured(w), _spanned(w), float(square.max() / square.sum())])
    rows = np.array(wide)
    if rows[:, 5].mean() > _MOST_SHARE:
        raise _refused(
            rule.name,
            f"weights of which none holds over {100 * _MOST_SHARE:.0f} % of the sum of squares",
            f"drew one that holds {100 * rows[:, 5].mean():.2g} %; the tails are too heavy",
        )
    _refuse_moments(rule, _WIDE, rows)
    if _is_off(rows[:, 4], 1.0) and rows[:, 4].mean() > 1.25:
        raise _refused(
            rule.name,
            "weights of independent rows",
            f"drew rows of which {_SPANNING} span {rows[:, 4].mean():.3g} times the expected share "
            "of the others, as in a matrix of low rank",
        )


def _probes(rule: Initializer, shape: tuple[int, int], count: int) -> Iterator[Array]:
    """Yield draws divided by their standard deviation."""
    std = rule.std(fan_in=shape[1], fan_out=shape[0], gain=1.0)
    for seed in range(count):
        yield rule.draw(np.random.default_rng(seed), shape, std=std, dtype="float64") / std


def _measured(w: Array) -> list[float]:
    """Return the mean, the mean square, and the products of adjacent entries along both axes."""
    flat = w.ravel()
    return [
        float(flat.mean()),
        float(np.vdot(flat, flat)) / w.size,
        float((w[1:] * w[:-1]).mean()),
        float((w[:, 1:] * w[:, :-1]).mean()),
    ]


def _spanned(w: Array) -> float:
    """Return the share of rows in the span of others, over its expected value."""
    basis = np.linalg.qr(w[:_SPANNING].T)[0]
    rest = w[_SPANNING:]
    inside, everything = rest @ basis, float(np.square(rest).sum())
    return float(np.square(inside).sum() / everything * w.shape[1] / _SPANNING)


def _refuse_equal_rows(name: str, w: Array) -> None:
    rows = [row.tobytes() for row in w if row.any()]
    if len(set(rows)) < len(rows):
        count = len(rows) - len(set(rows))
        fault = f"drew a matrix in which {count} of {len(w)} rows equal another one"
        raise _refused(name, "weights of independent rows", fault)


def _refuse_moments(rule: Initializer, shape: tuple[int, int], rows: Array) -> None:
    """Reject a wrong mean, standard deviation or correlation, from one row for each matrix."""
    fan_out, fan_in = shape
    std = rule.std(fan_in=fan_in, fan_out=fan_out, gain=1.0)
    means, squares, *products = rows[:, :4].T
    if _is_off(means, 0.0):
        raise _refused(
            rule.name, "weights of mean 0", f"drew weights of mean {std * means.mean():.4g}"
        )
    spread = _error(squares) / max(float(squares.mean()), 1e-300)
    if spread > _MOST_SPREAD[shape]:
        raise _refused(
            rule.name,
            "weights whose mean square has a relative standard error of at most "
            f"{100 * _MOST_SPREAD[shape]:.0f} % over {len(rows)} matrices of {fan_out} × {fan_in}",
            f"drew weights for which it is {100 * spread:.2g} %; the tails are too heavy, a few "
            "weights are far too large, or all weights of a matrix share a factor",
        )
    if _is_off(squares, 1.0):
        raise _refused(
            rule.name,
            f"weights of standard deviation {std:.4g}, the value of std({fan_in}, {fan_out})",
            f"drew weights of standard deviation {_unlike(std * math.sqrt(squares.mean()), std)}",
        )
    for axis, values in zip(("columns", "rows"), products, strict=True):
        if _is_off(values, 0.0):
            raise _refused(
                rule.name,
                "uncorrelated weights",
                f"drew weights whose neighbours along the {axis} have the correlation "
                f"{values.mean():.2g}",
            )


def _unlike(x: float, other: float) -> str:
    """Return a number with four digits, or with as many as tell it from another one."""
    return next((f"{x:.{n}g}" for n in range(4, 17) if f"{x:.{n}g}" != f"{other:.{n}g}"), f"{x}")


def _error(values: Array) -> float:
    return float(values.std(ddof=1)) / math.sqrt(len(values))


def _is_off(values: Array, exact: float) -> bool:
    return bool(abs(values.mean() - exact) > _MOST_ERRORS * _error(values) + _ROUNDING)
