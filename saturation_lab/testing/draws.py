"""An assertion that weight matrices are drawn from a stated distribution."""

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
"""The most entries drawn from a callable, since all are kept in memory (two draws at least)."""


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
    """Assert that weight matrices are drawn from a law with mean 0 and a given standard deviation.

    Parameters
    ----------
    draws : array_like of shape (draws, fan_in, fan_out), or callable
        The weight matrices, or a function ``draw(rng)`` that returns one matrix of shape
        (fan_in, fan_out). It is called until there are enough entries.
    law : {"normal", "uniform", "truncated_normal", "orthogonal"}
        The distribution of the entries. ``truncated_normal`` is a normal distribution that is
        truncated at ±2 of its own standard deviations.
    std : float
        The standard deviation of one entry: for ``truncated_normal`` after the truncation, for
        ``orthogonal`` gain/√max(fan_in, fan_out).
    detects : float, default 0.01
        A standard deviation with this relative error is detected with probability ``power``.
    seed : int, default 0
        Draw i gets the generator ``default_rng(SeedSequence(seed, spawn_key=(i,)))``. It is used
        only if ``draws`` is callable.
    false_alarm : float, default 1e-6
        The largest rate at which correct draws are rejected.
    power : float, default 0.999
        The smallest probability of detecting an error of the size ``detects``.

    Returns
    -------
    Assurance
        What was measured, and the error rates of the test.

    Raises
    ------
    AssertionError
        If the draws contradict the law.
    InputError
        If there are fewer than two draws or too few to detect ``detects``, if a callable would have
        to draw more than 100,000,000 entries, or if an entry is not finite.

    Notes
    -----
    If the statement is true, all entries of all draws are independent and identically distributed,
    so the entries are the replicates. For N entries with kurtosis κ, six properties are tested:

    - The mean, with standard error std/√N.
    - The mean square, with standard error √((κ - 1)/N) std².
    - The mean product of adjacent entries in rows, in columns, and in successive draws, each with
      standard error std²/√M for M products.
    - The shape, by the Kolmogorov-Smirnov distance D, with P(D > d) ≤ 2 exp(-2 N d²) [1]_.

    The six share ``false_alarm`` equally. From 10,000 entries on, which is the least that is
    accepted, the normal approximations give tail probabilities of 1e-6 to within a quarter. In
    addition, no two draws of 8 or more entries may be equal.

    Entries of an orthogonal matrix are dependent. For ``law="orthogonal"``, QᵀQ = gain² I must hold
    to rounding (QQᵀ for matrices with fewer rows than columns), and the mean, the diagonal, and the
    products of successive draws must be 0 on average.

    References
    ----------
    .. [1] P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Annals of
       Probability 18, 1990.

    Examples
    --------
    >>> he = lambda rng: rng.normal(0, (2 / 300) ** 0.5, (300, 200))
    >>> assert_follows_law(he, law="normal", std=(2 / 300) ** 0.5).over
    '6 draws of 300 × 200'
    >>> assert_follows_law(he, law="normal", std=(2 / 200) ** 0.5)
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: draws follow the normal law ...
      standard deviation / stated value: 0.8136, interval [0.8087, 0.8187], expected 1
      ...
      possible cause: fan-in and fan-out are swapped (factor √(fan_out/fan_in))
    based on 6 draws of 300 × 200; false-alarm rate at most 1 in 1,000,000, ...
    """
    chosen = LAWS[choice("law", law, LAWS)]
    std, detects = real("std", std, above=0), real("detects", detects, least=1e-12)
    terms = Terms(
        statement=f"draws follow the {law.replace('_', ' ')} law with mean 0 and standard "
        f"deviation {short(std)}, {chosen.says}",
        false_alarm=false_alarm,
        detects=detects,
        effect=f"a standard deviation that is off by {percent(detects)}",
        power=power,
    )
    matrices = _read(draws, lambda shape: chosen.draws_needed(shape, terms), terms, seed)
    eps = float(np.finfo(matrices.dtype).eps) if matrices.dtype.kind == "f" else 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # a tiny std gives infinite ratios
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
    """Return as many draws as needed, or all given draws; raise an error if they are too few."""
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
        raise InputError("draws", expected="finite numbers", got=Words(f"nan or inf in draw {bad}"))
    shape = matrices.shape[1:]
    if len(matrices) < needed(shape):
        raise InputError(
            "draws",
            expected=f"at least {_over(needed(shape), shape)} to detect {terms.effect} with power "
            f"{percent(terms.power)}",
            got=len(matrices),
            hint="pass more draws or a larger value of detects",
        )
    return matrices


def _refuse_too_many(count: int, size: int, terms: Terms) -> None:
    if count > 2 and count * size > _MOST_ENTRIES:
        raise InputError(
            "detects",
            expected=f"an error that can be detected with {_MOST_ENTRIES:,} entries",
            got=terms.detects,
            hint=f"this one needs {count * size:,}; pass a larger value of detects",
        )


def _matrix(drawn: object) -> Array:
    """Return a copy, since the next draw may reuse the same memory."""
    return as_numbers("draw(rng)", drawn, axes=2, expected="a matrix [fan_in, fan_out]").copy()


def _stacked(matrices: list[Array]) -> Array:
    shapes = {matrix.shape for matrix in matrices}
    if len(shapes) > 1:
        got = Words(", ".join(map(str, sorted(shapes))))
        raise InputError("draw(rng)", expected="matrices of the same shape", got=got)
    return np.stack(matrices)


def _over(count: int, shape: tuple[int, ...]) -> str:
    return f"{count:,} draws of {shape[0]:,} × {shape[1]:,}"
