"""The properties of orthogonal weights: exact orthogonality and a uniform direction."""

from __future__ import annotations

import math

import numpy as np

from saturation_lab.inference.agree import bound
from saturation_lab.nets.arrays import Float64
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.dependence import Products
from saturation_lab.testing.entries import MEAN, STD
from saturation_lab.testing.limits import at_most

LEAST_ENTRIES = 10_000
"""The number of entries from which the mean reveals an offset."""

LEAST_DIAGONAL = 400
"""The number of diagonal entries that reveals a QR decomposition with uncorrected signs."""

GRAM = "largest deviation of QᵀQ/gain² from the identity"


class Frames:
    """Streaming measures of matrices Q with orthogonal columns, or rows if there are fewer.

    QᵀQ = gain² I to rounding. Changing the sign of any row or column does not change the
    distribution, so the entries have mean 0 and are uncorrelated. If Q comes from a QR
    decomposition whose signs are not randomized, the mean of its diagonal is not 0.

    Parameters
    ----------
    rounding : float
        The largest relative error of QᵀQ that rounding explains.
    """

    def __init__(self, *, rounding: float) -> None:
        self._rounding = rounding
        self._draws = 0
        self._square = self._worst = 0.0
        self._sum = self._diagonal = 0.0
        self._entries = self._diagonals = 0
        self._successive = Products()
        self._last: Float64 | None = None

    def add(self, w: Float64) -> None:
        """Add a draw.

        Parameters
        ----------
        w : array of shape (rows, columns)
            The weights over their stated standard deviation.
        """
        q = w if w.shape[0] >= w.shape[1] else w.T
        with np.errstate(over="ignore", invalid="ignore"):  # a tiny std gives infinite ratios
            gram = q.T @ q / len(q)
            square = float(np.trace(gram)) / len(gram)
            worst = float(np.abs(gram - square * np.eye(len(gram))).max())
        self._draws += 1
        self._square += square
        self._worst = max(self._worst, worst / square if square > 0 else 0.0)
        scale = math.sqrt(square) if 0 < square < math.inf else 1.0
        u = q / scale  # a wrong scale does not look like dependence
        self._sum, self._entries = self._sum + float(u.sum()), self._entries + u.size
        diagonal = np.diagonal(u)
        self._diagonal += float(diagonal.sum())
        self._diagonals += len(diagonal)
        if self._last is not None:
            self._successive.add(u, self._last)
        self._last = u

    def parts(self, false_alarm: float) -> list[Part]:
        """Return what was measured.

        Parameters
        ----------
        false_alarm : float
            The rate of false alarms, which the last three properties share.

        Returns
        -------
        list of Part
            Gain, orthogonality, two means, and the correlation of successive draws.
        """
        each, std = false_alarm / 3, math.sqrt(self._square / self._draws)
        low, high = (std * (1 + sign * self._rounding) for sign in (-1, 1))
        return [
            Part(name=STD, estimate=std, low=low, high=high, least=1.0, most=1.0),
            at_most(GRAM, self._worst, self._rounding),
            _mean(MEAN, self._sum, self._entries, each),
            _mean(f"diagonal {MEAN}", self._diagonal, self._diagonals, each),
            *self._successive.parts("successive draws", each),
        ]


def rounding(shape: tuple[int, ...], *, eps: float, computed: float) -> float:
    """Return the largest relative error that rounding can cause in QᵀQ.

    Entries that are rounded to a relative error of eps/2 change every entry of QᵀQ/gain² by at
    most eps, by the Cauchy-Schwarz inequality. The errors of a QR decomposition are a small
    multiple of its precision.

    Parameters
    ----------
    shape : tuple of int
        The shape of the matrix.
    eps : float
        The machine epsilon of the entries.
    computed : float
        The machine epsilon of the computation, at most that of float32.

    Returns
    -------
    float
        The error.

    Examples
    --------
    >>> rounding((100, 50), eps=2**-7, computed=2**-23) < 0.01
    True
    """
    return (eps if eps > computed else 0.0) + computed * (32 + max(shape))


def _mean(name: str, total: float, count: int, false_alarm: float) -> Part:
    """Return the mean of uncorrelated values with variance 1, which should be 0."""
    mean, off = total / count, bound(false_alarm, 1) / math.sqrt(count)
    return Part(name=name, estimate=mean, low=mean - off, high=mean + off, least=0.0, most=0.0)
