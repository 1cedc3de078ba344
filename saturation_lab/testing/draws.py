"""An assertion that weights are drawn from a stated distribution."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import NOTHING, InputError, Words, real
from saturation_lab.inference.digits import percent
from saturation_lab.nets.own_initializers import Layout
from saturation_lab.testing.assurance import FALSE_ALARM, POWER, Assurance, Terms, conclude
from saturation_lab.testing.causes import causes
from saturation_lab.testing.laws import Law, LawName, Stated
from saturation_lab.testing.subjects import children
from saturation_lab.testing.tensors import Tensor, checked_layout, read_tensor, shape_words
from saturation_lab.testing.weight_evidence import Evidence, Reach, rounded_up

_Draw = Callable[[np.random.Generator], Any]

DETECTS, RARE = 0.01, 1e-6
"""What is detected in the draws of a callable by default."""

_MOST_ENTRIES, _MOST_CALLS = 10**9, 20_000
"""The most entries that are drawn, and by default the most calls in search of outliers."""


def assert_follows_law(
    draws: ArrayLike | Iterable[ArrayLike] | _Draw,
    *,
    law: LawName | Law | str,
    std: float | None = None,
    layout: Layout | None = None,
    detects: float | None = None,
    rare: float | None = None,
    seed: int = 0,
    false_alarm: float = FALSE_ALARM,
    power: float = POWER,
) -> Assurance:
    """Assert that the entries of a weight tensor follow a law.

    Parameters
    ----------
    draws : array_like, iterable of arrays, or callable
        One array or tensor of any framework with up to five axes; a list or iterator of several
        draws of equal shape; or a function ``draw(rng)`` that returns one draw and is called until
        there are enough.
    law : {"normal", "uniform", "truncated_normal", "orthogonal"}, str or Law
        The law of the entries; the name of an initializer of this package, such as
        ``"he_normal"``; or a `Law`, which may have a gain and a mean.
    std : float, optional
        The standard deviation of an entry, for ``truncated_normal`` after the truncation at ±2 of
        its own standard deviations. Required with the first three laws. For ``orthogonal`` it is
        1/√max(rows, columns) by default.
    layout : {"out_in", "in_out"}, optional
        The order of the axes: ``(fan_out, fan_in, *kernel)`` as in PyTorch and in this package,
        or ``(*kernel, fan_in, fan_out)`` as in NumPy, Keras and JAX. Required where the standard
        deviation depends on it; elsewhere it only helps to name a cause.
    detects : float, optional
        A standard deviation with this relative error is detected with probability ``power``; 0.01
        for a callable. Given arrays are tested with what they can detect, which the result states;
        if they cannot detect a value that you pass, they are refused.
    rare : float, optional
        Outliers at this rate are detected with probability ``power``; 1e-6 for a callable (more if
        that takes over 20,000 calls), so that about 7 million entries are drawn.
    seed : int, default 0
        Draw i gets the generator ``default_rng(SeedSequence(seed, spawn_key=(i,)))``. It is used
        only if ``draws`` is callable.
    false_alarm : float, default 1e-6
        The largest rate at which correct draws are rejected.
    power : float, default 0.999
        The smallest probability of detecting ``detects`` and ``rare``.

    Returns
    -------
    Assurance
        What was measured, and the error rates of the test.

    Raises
    ------
    AssertionError
        If the draws contradict the law.
    InputError
        If the entries are not finite numbers, if ``layout`` or ``std`` is missing, or if
        ``detects`` or ``rare`` cannot be reached with the given arrays or with 1,000,000,000
        entries.

    Notes
    -----
    If the statement is true, all entries of all draws are independent and identically distributed,
    so the entries are the replicates. Eighteen properties share ``false_alarm`` equally:

    - The mean and the standard deviation about the mean, by saddlepoint approximations [1]_ whose
      relative error is of order 1/N.
    - The kurtosis, by the same for u⁴ - 2k u² + k, which bounds its tail.
    - The largest entry: by the bound of a bounded law, and by Grubbs' [2]_ for the normal law.
    - The Kolmogorov-Smirnov distance D from the stated law, with P(D > d) ≤ 2 exp(-2 N d²) [3]_.
    - Dependence: the correlation of successive draws; and both for rows and for columns the
      correlation of adjacent entries and of their sizes, the smallest and the largest variance of
      a row, the largest correlation of two rows, and the share of rows within the span of others.
      Their laws are exact if the entries are normal, and cautious if they are bounded.

    In addition no two draws may be equal, no run of eight adjacent weights may occur again, and no
    more entries may be exactly 0, or equal the largest or the smallest one, than rounding explains.
    This has a probability below 1e-8. Rounding to the dtype of the weights, such as bfloat16, is
    allowed for.

    Entries of an orthogonal matrix are dependent. For ``law="orthogonal"``, QᵀQ = gain² I must hold
    to rounding (QQᵀ for matrices with fewer rows than columns), and the mean, the diagonal, and the
    products of successive draws must be 0 on average.

    References
    ----------
    .. [1] R. Lugannani and S. Rice, "Saddle point approximation for the distribution of the sum of
       independent random variables", Advances in Applied Probability 12, 1980.
    .. [2] F. E. Grubbs, "Sample criteria for testing outlying observations", Annals of Mathematical
       Statistics 21, 1950.
    .. [3] P. Massart, "The tight constant in the Dvoretzky-Kiefer-Wolfowitz inequality", Annals of
       Probability 18, 1990.

    Examples
    --------
    >>> he = lambda rng: rng.normal(0, (2 / 300) ** 0.5, (200, 300))
    >>> assert_follows_law(he, law="he_normal", layout="out_in", rare=1e-5).over
    '12 draws of 200 × 300'
    >>> assert_follows_law(he, law="he_normal", layout="in_out", rare=1e-5)
    Traceback (most recent call last):
    ...
    AssertionError: contradicted: weights follow the normal law ...
      standard deviation / stated value: 0.81495, interval [0.81128, 0.81866], expected 1
      possible cause: fan-in and fan-out are swapped (factor √(fan_in/fan_out))
    based on 12 draws of 200 × 300; false-alarm rate at most 1 in 1,000,000, ...
    """
    __tracebackhide__ = True
    layout = checked_layout(layout)
    terms = Terms(statement="", false_alarm=false_alarm, detects=0, effect="", power=power)
    tensors = _tensors(draws, seed)
    first = next(tensors)
    stated = as_law(law, std).stated(first.values.shape, layout=layout)
    evidence = Evidence(stated, first, layout=layout)
    reach = _planned(evidence, detects, rare, terms, free=callable(draws))
    needed = evidence.needed(reach, false_alarm=false_alarm, power=power) if reach else None
    for tensor in chain([first], islice(tensors, needed and needed - 1)):
        _refuse_other_shape(tensor, first)
        evidence.add(tensor.values)
    if not callable(draws):
        _refuse_too_few(evidence, detects, rare, terms)
    reach = reach or evidence.reach(evidence.draws, false_alarm=false_alarm, power=power)
    parts = evidence.parts(false_alarm)
    return conclude(
        _terms(stated, reach, terms),
        over=evidence.over,
        parts=parts,
        hints=causes(parts, stated, evidence.shape, layout),
        leading=4,
    )


def as_law(law: LawName | Law | str, std: float | None = None) -> Law:
    """Return what the user states as a `Law`.

    Parameters
    ----------
    law : str or Law
        The name of a law or of an initializer, or a `Law`.
    std : float, optional
        The standard deviation; None for a `Law`, which has its own.

    Returns
    -------
    Law
        The law.

    Raises
    ------
    InputError
        If both are given, or neither a name nor a `Law`.

    Examples
    --------
    >>> as_law("normal", 0.02)
    Law(name='normal', std=0.02, gain=None, mean=0.0)
    """
    if isinstance(law, Law):
        if std is not None:
            hint = f'pass Law("{law.name}", std=...) alone'
            raise InputError("std", expected="no std together with a Law", got=std, hint=hint)
        return law
    if not isinstance(law, str):
        raise InputError("law", expected="the name of a law or a Law", got=Words(repr(law)))
    return Law(law, std=std)


def _tensors(draws: Any, seed: int) -> Iterator[Tensor]:
    """Yield the draws; every entry is copied, since the next draw may reuse the same memory."""
    if callable(draws):
        return (read_tensor("draw(rng)", draws(rng)) for rng in children(seed))
    several = isinstance(draws, Iterator) or (
        isinstance(draws, list | tuple) and any(hasattr(draw, "shape") for draw in draws)
    )
    if not several:
        return iter([read_tensor("draws", draws)])
    tensors = (read_tensor(f"draw {i}", draw) for i, draw in enumerate(draws))
    first = next(tensors, None)
    if first is None:
        raise InputError("draws", expected="at least one draw", got=NOTHING)
    return chain([first], tensors)


def _refuse_other_shape(tensor: Tensor, first: Tensor) -> None:
    if tensor.values.shape != first.values.shape:
        raise InputError(
            "draws",
            expected=f"draws of the same shape, {shape_words(first.values.shape)}",
            got=Words(shape_words(tensor.values.shape)),
        )


def _planned(
    evidence: Evidence, detects: float | None, rare: float | None, terms: Terms, *, free: bool
) -> Reach | None:
    """Return what the draws of a callable must reveal; None for given arrays."""
    if detects is not None:
        real("detects", detects, least=1e-12)
    if rare is not None and real("rare", rare, above=0) >= 1:
        raise InputError("rare", expected="a rate between 0 and 1", got=rare)
    if not free:
        return None
    rates = {"false_alarm": terms.false_alarm, "power": terms.power}
    factor = 1 + (max(DETECTS, _rounding(evidence, terms)) if detects is None else detects)
    if factor - 1 < _rounding(evidence, terms):
        raise InputError(
            "detects",
            expected=f"at least {rounded_up(_rounding(evidence, terms)):g}, the rounding of these "
            "draws",
            got=Words(f"{factor - 1:.3g}"),
        )
    least = evidence.needed(Reach(factor=factor, rare=None, beyond=""), **rates)
    lowest = RARE
    if rare is None:
        entries = max(least, _MOST_CALLS) * evidence.size
        lowest = max(RARE, -math.log1p(-terms.power) / entries)
    wanted = evidence.stated_reach(factor, lowest if rare is None else rare, 1, terms.false_alarm)
    draws = evidence.needed(wanted, **rates)
    if draws > 2 and draws * evidence.size > _MOST_ENTRIES:
        key = "detects" if least == draws else "rare"
        raise InputError(
            key,
            expected=f"a fault that can be detected with {_MOST_ENTRIES:,} entries",
            got=detects if key == "detects" else rare,
            hint="pass a larger value",
        )
    return evidence.stated_reach(wanted.factor, wanted.rare or 0.0, draws, terms.false_alarm)


def _rounding(evidence: Evidence, terms: Terms) -> float:
    """Return the least relative error that rounding lets draws of the orthogonal law reveal."""
    reach = evidence.reach(1, false_alarm=terms.false_alarm, power=terms.power)
    return reach.detects if reach.rare is None else 0.0


def _refuse_too_few(
    evidence: Evidence, detects: float | None, rare: float | None, terms: Terms
) -> None:
    reach = evidence.reach(evidence.draws, false_alarm=terms.false_alarm, power=terms.power)
    asked = {"detects": (detects, reach.detects), "rare": (rare, reach.rare)}
    short = {
        key: (given, reached)
        for key, (given, reached) in asked.items()
        if given is not None and reached is not None and given < reached
    }
    if not short:
        return
    enough = [f"{key}={rounded_up(x):g}" for key, (_, x) in short.items() if x < math.inf]
    pass_them = f"pass {', '.join(enough)}, " if enough else ""
    raise InputError(
        ", ".join(short),
        expected=f"what {evidence.over} can detect with power {percent(terms.power)}",
        got=Words(", ".join(f"{given:g}" for given, _ in short.values())),
        hint=f"leave {' and '.join(short)} out, {pass_them}or pass more draws",
    )


def _terms(stated: Stated, reach: Reach, terms: Terms) -> Terms:
    return Terms(
        statement=f"weights follow {stated.words}",
        false_alarm=terms.false_alarm,
        detects=reach.detects,
        effect=reach.words,
        power=terms.power,
    )
