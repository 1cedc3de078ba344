"""What is true of an initializer's draws, if they follow their law?

Draws are [D, n, m], divided by the stated standard deviation. A law is an object and a row of
`LAWS`: how many draws it takes, and the parts that must be true.
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
"""Fewer are never enough: from here on sums of entries are normal as far out as 1e-6."""

_LEAST_DIAGONAL = 400
"""Entries on the diagonals of frames, of which a bare QR decomposition shows itself."""

_LEAST_UNLIKE = 8
"""Draws of so many entries do not repeat by chance: less than once in 10^12 runs."""

_MEAN = "mean over standard deviation"
STD = "standard deviation over the stated one"


class _Law(Protocol):
    """What a law promises of draws w [D, n, m], whose stated standard deviation is 1."""

    @property
    def says(self) -> str:
        """Return what it promises beside mean and standard deviation, in words."""

    def draws_needed(self, shape: tuple[int, int], terms: Terms) -> int:
        """Return how many draws [n, m] show what must be detected."""

    def parts(self, w: Float64, terms: Terms, *, eps: float) -> list[Part]:
        """Return what was measured; together they err in ``terms.false_alarm`` of all cases.

        ``eps`` is the rounding of the draws.
        """


@dataclass(frozen=True, kw_only=True)
class Independent:
    """Independent entries of mean 0 and one law.

    Attributes:
        kurtosis: E w⁴ at variance 1.
        cdf: of the law at variance 1.
    """

    kurtosis: float
    cdf: Callable[[Float64], Float64]

    says: str = "all entries and draws independent"

    def draws_needed(self, shape: tuple[int, int], terms: Terms) -> int:
        """Solve for N: the mean of N squares has standard error √((κ - 1)/N) times the variance."""
        both = (
            bound(terms.false_alarm / 6, 1) + float(ndtri(terms.power)) * (1 + terms.detects) ** 2
        )
        shift = min(terms.detects, 1.0)
        shift *= 2 - shift  # 1 - (1 - detects)²
        entries = max(_LEAST_ENTRIES, (self.kurtosis - 1) * (both / shift) ** 2)
        return max(2, math.ceil(entries / math.prod(shape)))

    def parts(self, w: Float64, terms: Terms, *, eps: float) -> list[Part]:
        """Return mean, standard deviation, shape, and products of neighbours in all directions."""
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
        """P(D > d) ≤ 2 exp(-2 N d²) for every N (Massart 1990, Annals of Probability 18)."""
        below = self.cdf(np.sort(w, axis=None))
        steps = np.arange(w.size + 1) / w.size
        distance = max(float((steps[1:] - below).max()), float((below - steps[:-1]).max()))
        limit = math.sqrt(math.log(2 / false_alarm) / (2 * w.size))
        return _at_most("largest distance of the distribution function", distance, limit)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """A matrix Q whose columns, or rows if they are fewer, are orthogonal, uniform in direction.

    QᵀQ = gain² 1 to rounding. Turning the sign of any row or column changes nothing in law, so
    entries are uncorrelated; of a bare QR decomposition the diagonal is not.
    """

    says: str = "its columns (or rows, if they are fewer) orthogonal and of uniform direction"

    def draws_needed(self, shape: tuple[int, int], terms: Terms) -> int:
        """Return the least, as the gain is exact in every draw."""
        diagonal = math.ceil(_LEAST_DIAGONAL / min(shape))
        return max(2, diagonal, math.ceil(_LEAST_ENTRIES / math.prod(shape)))

    def parts(self, w: Float64, terms: Terms, *, eps: float) -> list[Part]:
        """Return gain, orthogonality, mean, mean of the diagonal, and products of draws."""
        each, u = terms.false_alarm / 3, _standardized(w)
        rounding = eps * (32 + max(w.shape[1:]))
        if rounding > terms.detects / 2:
            expected = f"draws precise enough to show {terms.effect}"
            raise InputError("draws", expected=expected, got=Words(f"a rounding of {eps:.1g}"))
        q = w if w.shape[1] >= w.shape[2] else w.swapaxes(1, 2)
        grams = np.matmul(q.swapaxes(1, 2), q) / q.shape[1]
        square = float(np.einsum("dii->di", grams).mean())
        worst = float(np.abs(grams - square * np.eye(grams.shape[1])).max())
        low, high = (math.sqrt(square) * (1 + sign * rounding) for sign in (-1, 1))
        diagonals = np.einsum("dii->di", u[:, : q.shape[2], : q.shape[2]])
        return [
            Part(name=STD, estimate=math.sqrt(square), low=low, high=high, least=1.0, most=1.0),
            _at_most("largest entry of QᵀQ/gain² - 1", worst, square * rounding),
            _mean(_MEAN, u, each),
            _mean(f"diagonal's {_MEAN}", diagonals, each),
            *_correlations("draws", u[1:], u[:-1], each),
        ]


def repeats(draws: NDArray[Any]) -> list[Part]:
    """Return how many draws equal an earlier one in every entry: a seed used twice.

    Of a few float32 entries some repeat by chance: nothing is said of draws so small.
    """
    if math.prod(draws.shape[1:]) < _LEAST_UNLIKE:
        return []
    again = len(draws) - len({draw.tobytes() for draw in draws})
    return [_at_most("draws that repeat an earlier one", float(again), 0.0)]


def _standardized(w: Float64) -> Float64:
    """Return draws of mean square 1, so that a wrong scale does not look like dependence."""
    square = float(np.square(w).mean())
    return w / math.sqrt(square) if square > 0 else w


def _mean(name: str, u: Float64, false_alarm: float) -> Part:
    """Return the mean of uncorrelated numbers of variance 1, which should be 0."""
    mean, off = float(u.mean()), bound(false_alarm, 1) / math.sqrt(u.size)
    return Part(name=name, estimate=mean, low=mean - off, high=mean + off, least=0.0, most=0.0)


def _correlations(name: str, u: Float64, neighbour: Float64, false_alarm: float) -> list[Part]:
    """Return the correlation of neighbours, where there are any."""
    if not u.size:
        return []
    return [_mean(f"correlation of neighbouring {name}", u * neighbour, false_alarm)]


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
    """Return E x⁴/(E x²)² by parts: E x⁴ = 3 E x² - 2 t³ φ(t)/(1 - 2 Φ(-t))."""
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
"""The laws that draws can be held to."""
