"""Do an initializer's draws follow their law: mean, standard deviation, shape, independence?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words, choice, real
from saturation_lab.inference.digits import percent, short
from saturation_lab.nets.arrays import Array
from saturation_lab.testing.assurance import FALSE_ALARM, POWER, Assurance, Terms, conclude
from saturation_lab.testing.laws import LAWS, STD, repeats
from saturation_lab.testing.mistakes import ratios_that_fit
from saturation_lab.testing.subjects import as_numbers, children

_DrawMatrix = Callable[[np.random.Generator], Any]

_MOST_ENTRIES = 10**8
"""A callable is asked for no more, but for two draws: they are all kept in memory."""


def assert_follows_law(
    draws: ArrayLike | _DrawMatrix,
    *,
    law: str,
    std: float,
    detects: float = 0.01,
    seed: int = 0,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that weight matrices are drawn from a law of mean 0 and a standard deviation.

    Under the statement all entries of all draws are independent and of one law, so here entries are
    replicates, not networks. With N of them, of kurtosis κ: the mean has standard error std/√N, the
    mean square √((κ - 1)/N) std², a mean product of neighbours (in rows, in columns, in successive
    draws) 1/√M of M products; the shape is held by Kolmogorov and Smirnov's distance, P(D > d) ≤
    2 exp(-2 N d²). The six share ``false_alarm``; normal approximations, good to a quarter of their
    tails at 1e-6 from 10,000 entries on. No two draws of 8 entries or more may be equal.

    Of ``law="orthogonal"`` entries are dependent: QᵀQ = gain² 1 must hold to rounding, and mean,
    diagonal and products of successive draws must be 0 on average.

    Args:
        draws: [draws, fan_in, fan_out], or ``draw(rng)`` that returns one matrix and is called
            until there are enough entries.
        law: normal, uniform, truncated_normal (cut off at ±2 of the normal law that is cut, ``std``
            being what remains) or orthogonal.
        std: of one entry; of an orthogonal matrix gain/√max(fan_in, fan_out).
        detects: a standard deviation off by this relative error is found with ``power``.
        seed: draw i gets ``default_rng(SeedSequence(seed, spawn_key=(i,)))``.
        false_alarm: in how many runs, at most, right draws are rejected.

    Raises:
        AssertionError: the draws contradict the law.
        InputError: too few draws for ``detects``, or fewer than two; more than a callable is asked
            for; entries that are not finite.

    >>> he = lambda rng: rng.normal(0, (2 / 300) ** 0.5, (300, 200))
    >>> assert_follows_law(he, law="normal", std=(2 / 300) ** 0.5).over
    '6 draws of 300 × 200'
    >>> assert_follows_law(he, law="normal", std=(2 / 200) ** 0.5)
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: draws follow the normal law ...
      standard deviation over the stated one: 0.8136, interval [0.8087, 0.8187], expected 1
      ...
      this fits √(fan_out/fan_in), as where fan-in and fan-out are swapped
    over 6 draws of 300 × 200; false alarms at most 1 in 1,000,000, ...
    """
    chosen = LAWS[choice("law", law, LAWS)]
    std, detects = real("std", std, above=0), real("detects", detects, least=1e-12)
    terms = Terms(
        statement=f"draws follow the {law.replace('_', ' ')} law of mean 0 and standard "
        f"deviation {short(std)}, {chosen.says}",
        false_alarm=false_alarm,
        detects=detects,
        effect=f"a standard deviation off by {percent(detects)}",
        power=power,
    )
    matrices = _read(draws, lambda shape: chosen.draws_needed(shape, terms), terms, seed)
    eps = float(np.finfo(matrices.dtype).eps) if matrices.dtype.kind == "f" else 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # of a tiny std: infinitely too large
        w = matrices / np.float64(std)
        parts = [*chosen.parts(w, terms, eps=eps), *repeats(matrices)]
    spread = next(part for part in parts if part.name == STD)
    hints = ratios_that_fit(spread, std, w.shape[1:])
    return conclude(terms, over=_over(len(w), w.shape[1:]), parts=parts, hints=hints)


def _read(
    draws: ArrayLike | _DrawMatrix,
    needed: Callable[[tuple[int, int]], int],
    terms: Terms,
    seed: int,
) -> Array:
    """Return as many draws as are needed, or all that are given; refuse too few."""
    if callable(draws):
        drawn = (_matrix(draws(rng)) for rng in children(seed))
        first = next(drawn)
        _refuse_too_many(needed(first.shape), first.size, terms)
        rest = islice(drawn, needed(first.shape) - 1)
        matrices = _stacked([first, *rest])
    else:
        matrices = as_numbers("draws", draws, axes=3, expected="an array [draws, fan_in, fan_out]")
    if not np.isfinite(matrices).all():
        bad = int(np.argmin(np.isfinite(matrices).all(axis=(1, 2))))
        raise InputError("draws", expected="finite numbers", got=Words(f"others in draw {bad}"))
    shape = matrices.shape[1:]
    if len(matrices) < needed(shape):
        raise InputError(
            "draws",
            expected=f"at least {_over(needed(shape), shape)}, as {terms.effect} must be found "
            f"with power {percent(terms.power)}",
            got=len(matrices),
            hint="give more draws, or a larger detects",
        )
    return matrices


def _refuse_too_many(count: int, size: int, terms: Terms) -> None:
    if count > 2 and count * size > _MOST_ENTRIES:
        raise InputError(
            "detects",
            expected=f"an error that {_MOST_ENTRIES:,} entries show",
            got=terms.detects,
            hint=f"it takes {count * size:,}",
        )


def _matrix(drawn: object) -> Array:
    """Return a copy: the next draw may fill the same memory."""
    return as_numbers("draw(rng)", drawn, axes=2, expected="a matrix [fan_in, fan_out]").copy()


def _stacked(matrices: list[Array]) -> Array:
    shapes = {matrix.shape for matrix in matrices}
    if len(shapes) > 1:
        got = Words(", ".join(map(str, sorted(shapes))))
        raise InputError("draw(rng)", expected="matrices of one shape", got=got)
    return np.stack(matrices)


def _over(count: int, shape: tuple[int, ...]) -> str:
    return f"{count:,} draws of {shape[0]:,} × {shape[1]:,}"
