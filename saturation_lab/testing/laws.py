"""The laws that an initializer's draws can be tested against, and the properties of each.

Draws are arrays of shape (D, n, m), divided by the stated standard deviation. To add a law, write
one object that says how many draws are needed and measures its properties, and add it to `LAWS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from saturation_lab.checks import InputError, Words
from saturation_lab.inference.agree import bound
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.initializers import TRUNCATED_AT, TRUNCATED_STD
from saturation_lab.testing.assurance import Part, Terms

_LEAST_ENTRIES = 10_000
"""The least number of entries: from here on their sums are normal out to tails of 1e-6."""

_LEAST_DIAGONAL = 400
"""The number of diagonal entries that reveals a QR decomposition with uncorrected signs."""

_LEAST_UNLIKE = 8
"""Draws with at least this many entries repeat by chance in less than one of 10^12 runs."""

_MEAN = "mean / standard deviation"
STD = "standard deviation / stated value"


class _Law(Protocol):
    """What a law requires of draws w of shape (D, n, m) with stated standard deviation 1."""

    @property
    def says(self) -> str:
        """What it requires besides mean and standard deviation, in words."""

    def draws_needed(self, shape: tuple[int, int], terms: Terms) -> int:
        """Return how many draws of shape (n, m) are needed for the stated power."""

    def parts(self, w: Float64, terms: Terms, *, eps: float) -> list[Part]:
        """Return what was measured, with a total false-alarm rate of ``terms.false_alarm``.

        ``eps`` is the machine epsilon of the draws.
        """


@dataclass(frozen=True, kw_only=True)
class Independent:
    """Independent, identically distributed entries with mean 0.

    Attributes
    ----------
    kurtosis : float
        E w⁴ at variance 1.
    cdf : callable
        The distribution function at variance 1, elementwise.
    says : str
        What the law requires besides mean and standard deviation, in words.
    """

    kurtosis: float
    cdf: Callable[[Float64], Float64]

    says: str = "with all entries and draws independent"

    def draws_needed(self, shape: tuple[int, int], terms: Terms) -> int:
        """Return how many draws are needed to detect a wrong standard deviation.

        The number of entries N is solved for: the mean of N squares has standard error √((κ - 1)/N)
        times the variance.

        Parameters
        ----------
        shape : tuple of int
            The fan-in and the fan-out.
        terms : Terms
            The size of the error, the power, and the rate of false alarms.

        Returns
        -------
        int
            The number of draws, at least two and enough for 10,000 entries.
        """
        both = (
            bound(terms.false_alarm / 6, 1) + float(ndtri(terms.power)) * (1 + terms.detects) ** 2
        )
        shift = min(terms.detects, 1.0)
        shift *= 2 - shift  # 1 - (1 - detects)²
        entries = max(_LEAST_ENTRIES, (self.kurtosis - 1) * (both / shift) ** 2)
        return max(2, math.ceil(entries / math.prod(shape)))

    def parts(self, w: Float64, terms: Terms, *, eps: float) -> list[Part]:
        """Measure the mean, the standard deviation, the shape, and three correlations.

        Parameters
        ----------
        w : array of shape (draws, fan_in, fan_out)
            The draws over the stated standard deviation.
        terms : Terms
            The rate of false alarms, which the parts share.
        eps : float
            Not used, as rounding is far smaller than the sampling error.

        Returns
        -------
        list of Part
            The measured properties. A correlation is left out if there are no adjacent entries.
        """
        each, u = terms.false_alarm / 6, _standardized(w)
        return [
            _mean(_MEAN, u, each),
            self._spread(w, each),
            self._shape(w, each),
            *_correlations("rows", u[:, 1:], u[:, :-1], each),
            *_correlations("columns", u[:, :, 1:], u[:, :, :-1], each),
            *_correlations("draws", u[1:], u[:-1], each),
        ]

    def _spread(self, w: Float64, false_alarm: float) -> Part:
        square = float(np.square(w).mean())
        off = bound(false_alarm, 1) * math.sqrt((self.kurtosis - 1) / w.size)
        low, high = (math.sqrt(square / (1 + sign * off)) for sign in (1, -1))
        return Part(name=STD, estimate=math.sqrt(square), low=low, high=high, least=1.0, most=1.0)

    def _shape(self, w: Float64, false_alarm: float) -> Part:
        """Return the Kolmogorov-Smirnov distance D and the limit that it should not exceed.

        P(D > d) ≤ 2 exp(-2 N d²) for every N (Massart 1990, Annals of Probability 18).
        """
        below = self.cdf(np.sort(w, axis=None))
        steps = np.arange(w.size + 1) / w.size
        distance = max(float((steps[1:] - below).max()), float((below - steps[:-1]).max()))
        limit = math.sqrt(math.log(2 / false_alarm) / (2 * w.size))
        return _at_most("Kolmogorov-Smirnov distance", distance, limit)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """A random matrix Q with orthogonal columns, or rows if there are fewer of them.

    QᵀQ = gain² I to rounding. Changing the sign of any row or column does not change the
    distribution, so the entries have mean 0 and are uncorrelated. If Q comes from a QR
    decomposition whose signs are not randomized, the mean of its diagonal is not 0.
    """

    says: str = "with orthogonal columns (or rows, if there are fewer) of uniform direction"

    def draws_needed(self, shape: tuple[int, int], terms: Terms) -> int:
        """Return the least number that is accepted, as the gain is exact in every draw."""
        diagonal = math.ceil(_LEAST_DIAGONAL / min(shape))
        return max(2, diagonal, math.ceil(_LEAST_ENTRIES / math.prod(shape)))

    def parts(self, w: Float64, terms: Terms, *, eps: float) -> list[Part]:
        """Measure gain, orthogonality, two means, and the correlation of successive draws.

        Parameters
        ----------
        w : array of shape (draws, fan_in, fan_out)
            The draws over the stated standard deviation.
        terms : Terms
            The rate of false alarms, which the last three properties share.
        eps : float
            The machine epsilon of the draws, which limits the first two.

        Returns
        -------
        list of Part
            The measured properties.
        """
        each, u = terms.false_alarm / 3, _standardized(w)
        rounding = eps * (32 + max(w.shape[1:]))
        if rounding > terms.detects / 2:
            expected = f"draws precise enough to detect {terms.effect}"
            raise InputError("draws", expected=expected, got=Words(f"machine epsilon {eps:.1g}"))
        q = w if w.shape[1] >= w.shape[2] else w.swapaxes(1, 2)
        grams = np.matmul(q.swapaxes(1, 2), q) / q.shape[1]
        square = float(np.einsum("dii->di", grams).mean())
        worst = float(np.abs(grams - square * np.eye(grams.shape[1])).max())
        low, high = (math.sqrt(square) * (1 + sign * rounding) for sign in (-1, 1))
        diagonals = np.einsum("dii->di", u[:, : q.shape[2], : q.shape[2]])
        return [
            Part(name=STD, estimate=math.sqrt(square), low=low, high=high, least=1.0, most=1.0),
            _at_most("largest deviation of QᵀQ/gain² from the identity", worst, square * rounding),
            _mean(_MEAN, u, each),
            _mean(f"diagonal {_MEAN}", diagonals, each),
            *_correlations("draws", u[1:], u[:-1], each),
        ]


def repeats(draws: NDArray[Any]) -> list[Part]:
    """Count the draws that equal an earlier one in every entry, as when a seed is reused.

    Parameters
    ----------
    draws : array of shape (draws, fan_in, fan_out)
        The draws as they were given.

    Returns
    -------
    list of Part
        The count, which should be 0. The list is empty for draws of fewer than 8 entries, because
        small float32 draws can repeat by chance.

    Examples
    --------
    >>> repeats(np.ones((3, 2, 4)))[0].sentence
    'draws that repeat an earlier one: 2.00, expected at most 0'
    """
    if math.prod(draws.shape[1:]) < _LEAST_UNLIKE:
        return []
    again = len(draws) - len({draw.tobytes() for draw in draws})
    return [_at_most("draws that repeat an earlier one", float(again), 0.0)]


def _standardized(w: Float64) -> Float64:
    """Return the draws at mean square 1, so that a wrong scale does not look like dependence."""
    square = float(np.square(w).mean())
    return w / math.sqrt(square) if square > 0 else w


def _mean(name: str, u: Float64, false_alarm: float) -> Part:
    """Return the mean of uncorrelated values with variance 1, which should be 0."""
    mean, off = float(u.mean()), bound(false_alarm, 1) / math.sqrt(u.size)
    return Part(name=name, estimate=mean, low=mean - off, high=mean + off, least=0.0, most=0.0)


def _correlations(name: str, u: Float64, neighbour: Float64, false_alarm: float) -> list[Part]:
    """Return the correlation of adjacent entries, or nothing if there are none."""
    if not u.size:
        return []
    return [_mean(f"correlation between adjacent {name}", u * neighbour, false_alarm)]


def _at_most(name: str, measured: float, limit: float) -> Part:
    return Part(
        name=name, estimate=measured, low=measured, high=measured, least=-math.inf, most=limit
    )


def _truncated_cdf(w: Float64) -> Float64:
    inside = np.clip(w * TRUNCATED_STD, -TRUNCATED_AT, TRUNCATED_AT)
    tail = float(ndtr(-TRUNCATED_AT))
    below: Float64 = (ndtr(inside) - tail) / (1 - 2 * tail)
    return below


def _truncated_kurtosis() -> float:
    """Return E x⁴/(E x²)², with E x⁴ = 3 E x² - 2 t³ φ(t)/(1 - 2 Φ(-t)) by integration by parts."""
    t = TRUNCATED_AT
    edge = math.exp(-(t**2) / 2) / math.sqrt(2 * math.pi) / math.erf(t / math.sqrt(2))
    return float((3 * TRUNCATED_STD**2 - 2 * t**3 * edge) / TRUNCATED_STD**4)


def _normal_cdf(w: Float64) -> Float64:
    below: Any = ndtr(w)
    return np.asarray(below, dtype=np.float64)


LAWS: dict[str, _Law] = {
    "normal": Independent(kurtosis=3.0, cdf=_normal_cdf),
    "uniform": Independent(
        kurtosis=1.8, cdf=lambda w: np.clip(0.5 + w / (2 * math.sqrt(3)), 0.0, 1.0)
    ),
    "truncated_normal": Independent(kurtosis=_truncated_kurtosis(), cdf=_truncated_cdf),
    "orthogonal": _Frame(),
}
"""The laws that draws can be tested against, by name."""
