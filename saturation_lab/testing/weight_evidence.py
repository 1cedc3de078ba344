"""All that is measured of the draws of one weight tensor, and which faults they can reveal."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController

from saturation_lab.inference.digits import percent, short
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.own_initializers import Layout
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.atoms import Atoms
from saturation_lab.testing.copies import RUN, Copies
from saturation_lab.testing.dependence import PROPERTIES, Dependence
from saturation_lab.testing.entries import Entries, detectable
from saturation_lab.testing.laws import IID, Stated
from saturation_lab.testing.limits import at_most
from saturation_lab.testing.orthogonality import (
    LEAST_DIAGONAL,
    LEAST_ENTRIES,
    Frames,
    rounding,
)
from saturation_lab.testing.tails import largest_deviation
from saturation_lab.testing.tensors import Tensor, as_matrix, coarsest_eps, shape_words

_BATCH = 2**17
"""Entries are measured about this many at a time, so that memory does not grow with them."""

_SHARES = 5 + PROPERTIES
"""The number of properties of independent entries that share the rate of false alarms."""

_MOST = 10**10
"""Numbers of entries are computed up to this one."""

_LEAST_UNLIKE = 8
"""Draws with at least this many entries repeat by chance in less than one of 10^12 runs."""

_START = 4096
"""Two tensors are compared by their first entries, up to this many."""

REPEATS = "draws that repeat an earlier one"
COPIES = f"runs of {RUN} weights that occur again"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The faults that are detected with the stated power.

    Attributes
    ----------
    factor : float
        The factor by which a standard deviation is wrong; inf if none is detected.
    rare : float or None
        The rate of outliers; None for the orthogonal law, which leaves no room for any.
    beyond : str
        What an outlier is.
    """

    factor: float
    rare: float | None
    beyond: str

    @property
    def detects(self) -> float:
        """The relative error of a standard deviation that is detected."""
        return self.factor - 1

    @property
    def words(self) -> str:
        """The same in words."""
        if math.isinf(self.factor):
            size = "only errors that are not of the standard deviation (too few weights)"
        elif self.factor >= 2:
            size = f"a standard deviation that is off by a factor of {short(self.factor)}"
        else:
            size = f"a standard deviation that is off by {percent(rounded_up(self.detects))}"
        if self.rare is None or self.rare >= 0.5:
            return size
        return f"{size}, or weights beyond {self.beyond} at a rate of 1 in {1 / self.rare:,.0f}"


class Evidence:
    """The measured properties of draws of one tensor, each of which is read once.

    Parameters
    ----------
    stated : Stated
        What is stated about the tensor.
    tensor : Tensor
        The first draw, which sets the shape and the precision.
    layout : {"out_in", "in_out"} or None
        The order of the axes.
    """

    def __init__(self, stated: Stated, tensor: Tensor, *, layout: Layout | None) -> None:
        self.stated, self.shape, self._layout = stated, tensor.values.shape, layout
        self.copies = Copies()
        self.start = tensor.values.reshape(-1)[:_START].astype(np.float64) - stated.mean
        self.draws = 0
        self._digests: set[bytes] = set()
        self._waiting: list[Array] = []
        matrix = as_matrix(tensor.values, layout).shape
        eps = coarsest_eps(tensor)
        computed = max(float(np.finfo(tensor.values.dtype).eps), min(eps, 2.0**-23))
        self._rounding = rounding(matrix, eps=eps, computed=computed)
        self._iid = None if stated.law == "orthogonal" else (Entries(stated, eps=eps), Dependence())
        self._frames = Frames(rounding=self._rounding)
        self._atoms = Atoms(eps=eps)

    @property
    def size(self) -> int:
        """The number of entries of one draw."""
        return math.prod(self.shape)

    def add(self, values: Array) -> None:
        """Add a draw.

        Parameters
        ----------
        values : array
            The entries.
        """
        self.draws += 1
        if values.size >= _LEAST_UNLIKE:
            digest = hashlib.blake2b(np.ascontiguousarray(values).data, digest_size=16)
            self._digests.add(digest.digest())
        matrix = as_matrix(values, self._layout)
        self._waiting.append(matrix)
        if len(self._waiting) * matrix.size >= _BATCH:
            self._measure()

    def _measure(self) -> None:
        waiting, self._waiting = self._waiting, []
        with _threads().limit(limits=1, user_api="blas"):  # small products are slower in threads
            if self._iid is None:
                for matrix in waiting:
                    self._frames.add(matrix.astype(np.float64) / self.stated.std)
                return
            entries, dependence = self._iid
            for batch, whole in _batches(waiting):
                u = entries.add(batch)
                if whole:
                    dependence.add(u)
            for matrix in waiting:
                self.copies.add(matrix)
                self._atoms.add(matrix)

    def parts(self, false_alarm: float) -> list[Part]:
        """Return what was measured.

        Parameters
        ----------
        false_alarm : float
            The rate of false alarms, which all properties share.

        Returns
        -------
        list of Part
            The properties.
        """
        self._measure()
        each = false_alarm / _SHARES
        if self._iid is None:
            parts = self._frames.parts(false_alarm)
        else:
            entries, dependence = self._iid
            parts = [*entries.parts(each), *dependence.parts(each)]
        unlike = self.size >= _LEAST_UNLIKE
        repeated = self.draws - len(self._digests) if unlike else 0
        if unlike and self.draws > 1:
            parts.append(at_most(REPEATS, repeated, 0))
        if self._iid is not None and not repeated:
            parts += [at_most(COPIES, self.copies.count(), 0), *self._atoms.parts()]
        return parts

    def needed(self, reach: Reach, *, false_alarm: float, power: float) -> int:
        """Return how many draws reveal given faults.

        Parameters
        ----------
        reach : Reach
            The faults.
        false_alarm, power : float
            The error rates.

        Returns
        -------
        int
            The number of draws.
        """
        if self._iid is None:
            diagonal = math.ceil(LEAST_DIAGONAL / min(self._matrix))
            return max(2, diagonal, math.ceil(LEAST_ENTRIES / self.size))
        entries = entries_needed(
            self.stated.law, false_alarm / _SHARES, factor=reach.factor, power=power
        )
        if reach.rare is not None:
            entries = max(entries, math.ceil(-math.log1p(-power) / reach.rare))
        return math.ceil(entries / self.size)

    def reach(self, draws: int, *, false_alarm: float, power: float) -> Reach:
        """Return the faults that a number of draws reveals.

        Parameters
        ----------
        draws : int
            The number of draws.
        false_alarm, power : float
            The error rates.

        Returns
        -------
        Reach
            The faults.
        """
        if self._iid is None:
            return Reach(factor=1 + 2 * self._rounding, rare=None, beyond="")
        each, count = false_alarm / _SHARES, draws * self.size
        factor = detectable(self.stated.law, each, count, power)
        rare = min(1.0, -math.log1p(-power) / count)
        return Reach(factor=factor, rare=rare, beyond=self._beyond(each, count))

    def stated_reach(self, factor: float, rare: float, draws: int, false_alarm: float) -> Reach:
        """Return given faults, in the words of this law.

        Parameters
        ----------
        factor : float
            The factor by which a standard deviation is wrong.
        rare : float
            The rate of outliers.
        draws : int
            The number of draws, on which it depends what an outlier is.
        false_alarm : float
            The rate of false alarms.

        Returns
        -------
        Reach
            The faults.
        """
        if self._iid is None:
            return Reach(factor=factor, rare=None, beyond="")
        beyond = self._beyond(false_alarm / _SHARES, draws * self.size)
        return Reach(factor=factor, rare=rare, beyond=beyond)

    def _beyond(self, each: float, count: int) -> str:
        if not math.isinf(IID[self.stated.law].bound):
            return "the bound"
        if count < 3:
            return "any limit"
        return f"{largest_deviation(each, count):.1f} standard deviations"

    @property
    def _matrix(self) -> tuple[int, ...]:
        return as_matrix(np.empty(self.shape), self._layout).shape

    @property
    def over(self) -> str:
        """The amount of data in words."""
        shape = shape_words(self.shape)
        return f"one tensor of {shape}" if self.draws == 1 else f"{self.draws:,} draws of {shape}"


@cache
def _threads() -> ThreadpoolController:
    return ThreadpoolController()


def rounded_up(x: float, digits: int = 2) -> float:
    """Return a number that is at least ``x`` and has few significant digits.

    Parameters
    ----------
    x : float
        A positive number.
    digits : int, default 2
        The number of significant digits.

    Returns
    -------
    float
        The number.

    Examples
    --------
    >>> rounded_up(0.0621), rounded_up(0.0621, 1)
    (0.063, 0.07)
    """
    if not 0 < x < math.inf:
        return x
    places = digits - 1 - math.floor(math.log10(x))
    return float(f"{math.ceil(x * 10.0**places * (1 - 1e-12)) * 10.0**-places:.{digits}g}")


def entries_needed(law: str, tail: float, *, factor: float, power: float) -> int:
    """Return the number of entries that reveals a wrong standard deviation.

    Parameters
    ----------
    law : str
        A key of `IID`.
    tail : float
        The rate of false alarms of the standard deviation.
    factor : float
        The factor by which it is wrong.
    power : float
        The probability of detecting that.

    Returns
    -------
    int
        The number, to within 1 %; a larger one than 10^10 only roughly.

    Examples
    --------
    >>> 250_000 < entries_needed("normal", 1e-6, factor=1.01, power=0.999) < 350_000
    True
    """
    high = 8
    while detectable(law, tail, high, power) > factor:
        high *= 2
        if high > _MOST:
            return high
    low = high // 2
    while high > 8 and high - low > max(1, low // 100):
        middle = (low + high) // 2
        if detectable(law, tail, middle, power) > factor:
            low = middle
        else:
            high = middle
    return high


def _batches(matrices: list[Array]) -> Iterator[tuple[Array, bool]]:
    """Yield stacks of matrices, or blocks of equally many rows and last a block with fewer."""
    if not matrices:
        return
    stack = np.stack(matrices)
    if stack.size < 2 * _BATCH or len(stack) > 1:
        yield stack, True
        return
    (matrix,) = matrices
    rows = max(1, _BATCH // matrix.shape[1])
    for first in range(0, len(matrix), rows):
        block = matrix[None, first : first + rows]
        yield block, bool(block.shape[1] == min(rows, len(matrix)))


def named(name: str, parts: list[Part]) -> list[Part]:
    """Return parts whose names start with the name of a tensor.

    Parameters
    ----------
    name : str
        The name of the tensor.
    parts : list of Part
        What was measured of it.

    Returns
    -------
    list of Part
        The same with other names.
    """
    return [replace(part, name=f"{name}: {part.name}") for part in parts]
