"""Corrections for multiple testing: which of many layers differ, given one p-value for each.

"Every layer holds" is an AND and needs no correction (`every_layer`). "Some layer fails" does: by
Holm's method from the p-values alone, or by max-T over networks, which exploits that the layers of
a network are correlated. To screen many quantities, use Benjamini-Hochberg, which bounds the
expected share of false discoveries.
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
    """p-values adjusted for multiple testing.

    Attributes
    ----------
    method : str
        Name of the correction.
    adjusted : array of shape (tests,)
        The adjusted p-values, in the order given.
    rejected : array of bool of shape (tests,)
        Whether each adjusted p-value is at most ``alpha``.
    alpha : float
        The probability of any false rejection (Holm, max-T), or the expected share of false
        discoveries (Benjamini-Hochberg).
    critical : float
        The two-sided bound of max-T on every |t|, for simultaneous intervals; nan for other
        methods.
    """

    method: str
    adjusted: Float64
    rejected: NDArray[np.bool_]
    alpha: float
    critical: float = math.nan

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        count, found = len(self.adjusted), int(self.rejected.sum())
        smallest = short(float(self.adjusted.min()))
        which = ", ".join(str(i + 1) for i in np.flatnonzero(self.rejected)[:10])
        more = ", ..." if found > 10 else ""
        where = f" ({'number' if found == 1 else 'numbers'} {which}{more})" if found else ""
        return (
            f"{self.method} rejects {found or 'none'} of {count} null "
            f"{'hypothesis' if count == 1 else 'hypotheses'} at {percent(self.alpha)}{where}; "
            f"the smallest adjusted p-value is {smallest}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data."""
        return {
            "method": self.method,
            "adjusted": self.adjusted.tolist(),
            "rejected": self.rejected.tolist(),
            "alpha": self.alpha,
            "critical": plain(self.critical),
            "sentence": self.sentence,
        }


def holm(p_values: ArrayLike, *, alpha: float = 0.05) -> Adjusted:
    """Adjust p-values by Holm's method, which controls the probability of any false rejection.

    The i-th smallest of m p-values is compared with alpha/(m - i + 1), up to the first that is
    larger. The p-values may depend on each other in any way.

    Parameters
    ----------
    p_values : array_like of shape (tests,)
        p-values from 0 to 1.
    alpha : float, default 0.05
        Bound on the probability of any false rejection.

    Returns
    -------
    Adjusted
        The adjusted p-values and the rejections.

    Raises
    ------
    InputError
        If there are no p-values, if some are outside [0, 1], or if ``alpha`` is not above 0.

    Notes
    -----
    The implementation in statsmodels collects garbage on every call (80 ms); every verdict about
    several layers needs one.

    References
    ----------
    .. [1] S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal
       of Statistics 6, 1979.

    Examples
    --------
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
    """Adjust p-values by Benjamini and Hochberg's method, which controls the false discovery rate.

    It is valid for p-values that are independent or positively dependent. It is computed by
    statsmodels.

    Parameters
    ----------
    p_values : array_like of shape (tests,)
        p-values from 0 to 1.
    alpha : float, default 0.05
        Bound on the expected share of false discoveries.

    Returns
    -------
    Adjusted
        The adjusted p-values and the rejections.

    Raises
    ------
    InputError
        If there are no p-values, if some are outside [0, 1], or if ``alpha`` is not above 0.

    References
    ----------
    .. [1] Y. Benjamini and Y. Hochberg, "Controlling the false discovery rate: a practical and
       powerful approach to multiple testing", Journal of the Royal Statistical Society B 57, 1995.

    Examples
    --------
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
    """Test the mean of every layer against ``null``, with p-values adjusted by max-T over networks.

    The |t| of a layer is compared with the maximum over layers of |t*| under the null hypothesis,
    stepwise from the largest down. Whole networks are resampled, so the draws have the dependence
    between layers. ``sign-flip`` flips the signs of networks about the null: it is exact if the
    deviations are symmetric. ``bootstrap`` draws centered networks with replacement: it needs no
    symmetry, but many networks.

    Parameters
    ----------
    replicates : Replicates
        Values of shape (networks, layers).
    rng : numpy.random.Generator
        Source of the resampled networks.
    null : float or array_like of shape (layers,), default 0.0
        The means under the null hypothesis.
    method : {"sign-flip", "bootstrap"}, default "sign-flip"
        How the null distribution is drawn.
    draws : int, default 4999
        Number of draws, at least 1/alpha.
    alpha : float, default 0.05
        Bound on the probability of any false rejection.

    Returns
    -------
    Adjusted
        Two-sided adjusted p-values, the rejections and the critical |t|.

    Raises
    ------
    InputError
        If a network overflowed, if ``method`` is unknown, if there are too few draws for ``alpha``,
        or if ``replicates`` is a bare array.

    References
    ----------
    .. [1] P. H. Westfall and S. S. Young, "Resampling-Based Multiple Testing", Wiley, 1993, section
       2.6 (algorithm 2.8).

    Examples
    --------
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
    """Return monotone p-values, each from the maximum over the layers whose |t| is no larger."""
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
"""The null distributions of max-T: functions that return t statistics of shape (draws, layers)."""


def _t(mean: Float64, squares: Float64, count: int) -> Float64:
    """Return mean/se from means and sums of squares; 0 if all values are 0, inf without spread."""
    left = squares - count * np.square(mean)
    variance = np.where(left > 1e-12 * squares, left, 0.0) / (count - 1)
    far = np.where(mean == 0, 0.0, np.copysign(np.inf, mean))
    return np.divide(mean, np.sqrt(variance / count), out=far, where=variance > 0)


def _checked(p_values: ArrayLike) -> Float64:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not p.size or not ((p >= 0) & (p <= 1)).all():
        raise InputError(
            "p_values",
            expected="a list of at least one number from 0 to 1",
            got=Words(str(p.tolist())),
        )
    return p


def _answer(method: str, adjusted: Float64, alpha: float) -> Adjusted:
    alpha = real("alpha", alpha, above=0)
    return Adjusted(method=method, adjusted=adjusted, rejected=adjusted <= alpha, alpha=alpha)
