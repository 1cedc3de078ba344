"""Which of many layers differ, when each has its own p-value?

"Every layer holds" is an AND and needs no correction (`layers`). "Some layer fails" does: Holm from
p-values alone, or max-T over networks, which uses that layers of one network move together.
Screening many quantities: Benjamini-Hochberg, which bounds the share of false ones among those
found.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, choice, real, whole
from saturation_lab.inference.digits import percent, plain, short
from saturation_lab.inference.replicates import Float64, Replicates, all_finite

_Null = Callable[[Float64, np.random.Generator, int], Float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Adjusted:
    """p-values after a correction for their number.

    Attributes:
        method: the correction.
        adjusted: the adjusted p-values, in the order given.
        rejected: where the adjusted one is at most ``alpha``.
        alpha: the chance of any false rejection (Holm, max-T), or the expected share of false ones
            among the rejected (Benjamini-Hochberg).
        critical: max-T's two-sided bound on every |t|, for simultaneous intervals; else nan.
    """

    method: str
    adjusted: Float64
    rejected: NDArray[np.bool_]
    alpha: float
    critical: float = math.nan

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        count, found = len(self.adjusted), int(self.rejected.sum())
        smallest = short(float(self.adjusted.min()))
        which = ", ".join(str(i + 1) for i in np.flatnonzero(self.rejected)[:10])
        more = ", ..." if found > 10 else ""
        where = f" (number {which}{more})" if found else ""
        return (
            f"{found} of {count} rejected at {percent(self.alpha)}{where} by {self.method}; "
            f"smallest adjusted p-value {smallest}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "method": self.method,
            "adjusted": self.adjusted.tolist(),
            "rejected": self.rejected.tolist(),
            "alpha": self.alpha,
            "critical": plain(self.critical),
            "sentence": self.sentence,
        }


def holm(p_values: ArrayLike, *, alpha: float = 0.05) -> Adjusted:
    """Return p-values adjusted so that any false rejection has a chance of at most ``alpha``.

    The i-th smallest of m is compared with alpha/(m - i + 1), down to the first that is larger; the
    p-values may depend on each other in any way.

    Raises:
        InputError: no p-values, or some outside [0, 1].

    Source: Holm 1979, Scandinavian Journal of Statistics 6. (statsmodels' own collects garbage on
    every call, 80 ms; every verdict over layers needs one.)

    >>> holm([0.01, 0.04, 0.03]).adjusted.tolist()
    [0.03, 0.06, 0.06]
    """
    p = _checked(p_values)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    steps = p[order] * np.arange(len(p), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return _answer("Holm", adjusted, alpha)


def benjamini_hochberg(p_values: ArrayLike, *, alpha: float = 0.05) -> Adjusted:
    """Return p-values adjusted so that the expected share of false ones found is at most alpha.

    For independent or positively dependent p-values.

    Raises:
        InputError: no p-values, or some outside [0, 1].

    Source: Benjamini & Hochberg 1995, Journal of the Royal Statistical Society B 57; computed by
    statsmodels.

    >>> benjamini_hochberg([0.01, 0.04, 0.03]).adjusted.tolist()
    [0.03, 0.04, 0.04]
    """
    from statsmodels.stats.multitest import fdrcorrection

    _, adjusted = fdrcorrection(_checked(p_values))
    return _answer("Benjamini-Hochberg", adjusted, alpha)


def max_t(
    replicates: Replicates,
    *,
    rng: np.random.Generator,
    null: ArrayLike = 0.0,
    method: str = "sign-flip",
    draws: int = 4999,
    alpha: float = 0.05,
) -> Adjusted:
    """Return two-sided p-values of every layer's mean against ``null``, adjusted by max-T.

    A layer's |t| is compared with the maximum over layers of |t*| where nothing differs, step by
    step from the largest down; the layers' dependence is in the draws, as whole networks are drawn.
    ``sign-flip`` turns the signs of networks about the null: exact where deviations are symmetric.
    ``bootstrap`` draws centered networks with replacement: needs no symmetry, but many networks.

    Args:
        replicates: [R, layers].
        null: what the means are compared with, a number or one for each layer.

    Raises:
        InputError: a network overflowed; an unknown method; too few draws for ``alpha``.

    Source: Westfall & Young 1993, Resampling-based multiple testing, section 2.6 (algorithm 2.8).

    >>> rng = np.random.default_rng(1)
    >>> values = rng.standard_normal((30, 4)) + [0, 0, 2, 0]
    >>> max_t(Replicates(values=values, networks=range(30)), rng=rng).rejected.tolist()
    [False, False, True, False]
    """
    found = all_finite(replicates)
    draw = NULLS[choice("method", method, NULLS)]
    alpha = real("alpha", alpha, above=0)
    count = whole("draws", draws, low=math.ceil(1 / alpha))
    x = found.values.reshape(found.count, -1) - np.asarray(null, dtype=np.float64)
    observed = np.abs(_t(x.mean(axis=0), np.square(x).sum(axis=0), len(x)))
    away = np.abs(draw(x, rng, count))
    adjusted = _step_down(observed, away)
    return Adjusted(
        method=f"max-T ({method}, {count:,} draws)",
        adjusted=adjusted,
        rejected=adjusted <= alpha,
        alpha=alpha,
        critical=float(np.quantile(away.max(axis=1), 1 - alpha, method="higher")),
    )


def _step_down(observed: Float64, away: Float64) -> Float64:
    """Return monotone p-values: each layer against the maximum over the layers not larger."""
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(away[:, order[::-1]], axis=1)[:, ::-1]
    beyond = (largest >= observed[order] * (1 - 1e-12)).sum(axis=0)
    adjusted = np.empty_like(observed)
    adjusted[order] = np.maximum.accumulate((1 + beyond) / (1 + len(away)))
    return adjusted


def _flips(x: Float64, rng: np.random.Generator, draws: int) -> Float64:
    signs = 2.0 * rng.integers(2, size=(draws, len(x))) - 1
    return _t(signs @ x / len(x), np.square(x).sum(axis=0), len(x))


def _resamples(x: Float64, rng: np.random.Generator, draws: int) -> Float64:
    centered = x - x.mean(axis=0)
    times = rng.multinomial(len(x), np.full(len(x), 1 / len(x)), size=draws).astype(np.float64)
    return _t(times @ centered / len(x), times @ np.square(centered), len(x))


NULLS: dict[str, _Null] = {"sign-flip": _flips, "bootstrap": _resamples}
"""How max-T learns what happens where nothing differs: t statistics [draws, layers]."""


def _t(mean: Float64, squares: Float64, count: int) -> Float64:
    """Return mean/se from means and sums of squares; 0 where all is 0, inf without spread."""
    left = squares - count * np.square(mean)
    variance = np.where(left > 1e-12 * squares, left, 0.0) / (count - 1)
    far = np.where(mean == 0, 0.0, np.copysign(np.inf, mean))
    return np.divide(mean, np.sqrt(variance / count), out=far, where=variance > 0)


def _checked(p_values: ArrayLike) -> Float64:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not p.size or not ((p >= 0) & (p <= 1)).all():
        raise InputError(
            "p_values", expected="a list of numbers from 0 to 1", got=Words(str(p.tolist()))
        )
    return p


def _answer(method: str, adjusted: Float64, alpha: float) -> Adjusted:
    alpha = real("alpha", alpha, above=0)
    return Adjusted(method=method, adjusted=adjusted, rejected=adjusted <= alpha, alpha=alpha)
