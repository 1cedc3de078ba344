"""Interim looks at a growing number of networks, with at most eight chances to stop early.

There is a look after every doubling of the number of networks, with intervals of level 1 - 0.05/8.
All looks together are therefore wrong no more often than a single 95 % interval (Bonferroni),
however many of the eight are used. A look uses only the contiguous prefix of network indices, 0 to
n - 1, so that networks which finish early are not selected by their values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.inference.digits import count_text, percent
from saturation_lab.inference.replicates import Float64, Replicates, as_mask, infinite, refuse_nan
from saturation_lab.inference.verdict import Verdict

MOST_LOOKS = 8
"""The largest number of looks."""
FIRST = 16
"""The default number of networks at the first look."""
LOOK_LEVEL = 1 - 0.05 / MOST_LOOKS
"""The confidence level of each look."""


class Decision(Protocol):
    """The result of a look: an `Answer`, an `EveryLayer`, or an object with their attributes."""

    @property
    def verdict(self) -> Verdict:
        """Holds, fails or undecided."""
        ...

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        ...

    def to_json(self) -> dict[str, Any]:
        """Return the decision as plain data."""
        ...


_Decide = Callable[[Replicates, float], Decision]


def look_sizes(*, first: int = FIRST, most: int) -> tuple[int, ...]:
    """Return the numbers of networks at which to look: first, 2 first, 4 first, ... and ``most``.

    Parameters
    ----------
    first : int, default 16
        Number of networks at the first look, at least 2.
    most : int
        Number of networks at the last look, at least 2.

    Returns
    -------
    tuple of int
        The sizes in ascending order; only ``most`` if it is not above ``first``.

    Raises
    ------
    InputError
        If more than eight looks would be needed, or if a size is below 2.

    Examples
    --------
    >>> look_sizes(most=100)
    (16, 32, 64, 100)
    """
    size, most = whole("first", first, low=2), whole("most", most, low=2)
    sizes = []
    while size < most:
        sizes.append(size)
        size *= 2
    sizes.append(most)
    if len(sizes) > MOST_LOOKS:
        raise InputError(
            "first",
            expected=f"a first look from which at most {MOST_LOOKS} looks, each at twice the size, "
            f"reach {most:,} networks",
            got=first,
            hint=f"use at least {-(-most // 2 ** (MOST_LOOKS - 1)):,}",
        )
    return tuple(sizes)


@dataclass(frozen=True, kw_only=True)
class Look:
    """The result of one interim look.

    Attributes
    ----------
    number : int
        The number of the look, from 1.
    networks : int
        How many networks were used: those with index 0 to networks - 1.
    decision : Decision
        The verdict at the level of a single look.
    stop : bool
        Whether the verdict is decided or this was the last look.
    then : int or None
        Number of networks at the next look; None after the last.
    """

    number: int
    networks: int
    decision: Decision
    stop: bool
    then: int | None

    @property
    def sentence(self) -> str:
        """A one-line summary."""
        onward = "stop" if self.stop else f"continue to {self.then:,} networks"
        return (
            f"look {self.number} of at most {MOST_LOOKS}, at {self.networks:,} networks "
            f"({percent(LOOK_LEVEL)} confidence level): {self.decision.sentence}; {onward}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return all fields as plain data."""
        return {
            "look": self.number,
            "networks": self.networks,
            "level": LOOK_LEVEL,
            "stop": self.stop,
            "then": self.then,
            "decision": self.decision.to_json(),
            "sentence": self.sentence,
        }


class Looking:
    """A sequential analysis that takes networks in any order and tells when to stop.

    Parameters
    ----------
    decide : callable
        Maps replicates and a confidence level to a `Decision`.
    most : int
        The largest number of networks.
    first : int, default 16
        Number of networks at the first look.

    Raises
    ------
    InputError
        If more than eight looks would be needed.

    Examples
    --------
    >>> from saturation_lab.inference.equivalence import equivalence
    >>> looking = Looking(lambda r, level: equivalence(r, margin=0.1, level=level), most=64)
    >>> r = np.random.default_rng(1).normal(0, 0.05, 64)
    >>> looking.add(range(10, 20), r[10:20]) is None  # networks 0 to 9 are still missing
    True
    >>> look = looking.add(range(10), r[:10])
    >>> look.networks, look.stop, str(look.decision.verdict)
    (16, True, 'holds')
    """

    def __init__(self, decide: _Decide, *, most: int, first: int = FIRST) -> None:
        self._decide = decide
        self._sizes = look_sizes(first=first, most=most)
        self._rows: Float64 | None = None  # one row per network; allocated when the first arrives
        self._lost = np.zeros(self._sizes[-1], dtype=np.bool_)
        self._seen = np.zeros(self._sizes[-1], dtype=np.bool_)
        self._looks: list[Look] = []

    @property
    def looks(self) -> tuple[Look, ...]:
        """All looks so far."""
        return tuple(self._looks)

    @property
    def stopped(self) -> bool:
        """Whether no further look will be taken."""
        return bool(self._looks) and self._looks[-1].stop

    @property
    def contiguous(self) -> int:
        """How many networks have arrived without a gap, counted from index 0."""
        gaps = np.flatnonzero(~self._seen)
        return int(gaps[0]) if gaps.size else len(self._seen)

    def add(
        self, networks: ArrayLike, values: ArrayLike, *, overflowed: ArrayLike | None = None
    ) -> Look | None:
        """Add networks, and take every look for which enough networks have arrived.

        Networks may still be added after the last look; they are not used.

        Parameters
        ----------
        networks : array_like of shape (N,)
            Indices of the networks, from 0, in any order.
        values : array_like of shape (N,) or (N, layers)
            Their values.
        overflowed : array_like of shape (N,), optional
            Which of them overflowed (booleans); networks with an infinite value are always counted.

        Returns
        -------
        Look or None
            The newest look; None if there are not yet enough networks for one.

        Raises
        ------
        InputError
            If an index is below 0 or was added before, if a network that did not overflow has a
            value that is nan, or if there is not one row per network.
        """
        if np.size(networks):
            self._keep(networks, values, overflowed)
        before, contiguous = len(self._looks), self.contiguous
        while not self.stopped and self._sizes[len(self._looks)] <= contiguous:
            self._looks.append(self._look())
        return self._looks[-1] if len(self._looks) > before else None

    def _keep(self, networks: ArrayLike, values: ArrayLike, overflowed: ArrayLike | None) -> None:
        rows = np.asarray(values, dtype=np.float64)
        indices = self._new(np.asarray(networks))
        if self._rows is None and rows.ndim in {1, 2}:
            self._rows = np.full((len(self._seen), *rows.shape[1:]), np.nan)
        if self._rows is None or rows.shape != (len(indices), *self._rows.shape[1:]):
            raise InputError(
                "values",
                expected="an array of shape (networks,) or (networks, layers) with "
                f"{count_text(len(indices), 'row')}",
                got=Words(f"shape {rows.shape}"),
                hint="average units and examples within each network first",
            )
        lost = infinite(rows)
        if overflowed is not None:
            lost |= as_mask(overflowed, len(rows))
        refuse_nan(rows, indices, lost)
        used = indices < len(self._seen)
        at = indices[used]
        self._rows[at], self._lost[at], self._seen[at] = rows[used], lost[used], True

    def _new(self, indices: NDArray[Any]) -> NDArray[np.int64]:
        for index in indices.reshape(-1).tolist():
            whole("networks", index, low=0)
        found = indices.reshape(-1).astype(np.int64)
        known = found[found < len(self._seen)]
        first, count = np.unique(found, return_counts=True)
        again = [*known[self._seen[known]], *first[count > 1]]
        if again:
            raise InputError(
                "networks",
                expected="each network once",
                got=Words(f"network {again[0]} again"),
                hint="a network counts as one replicate, however often it is measured",
            )
        return found

    def _look(self) -> Look:
        number = len(self._looks)
        size = self._sizes[number]
        assert self._rows is not None  # at least ``size`` networks have arrived
        prefix = Replicates(
            values=self._rows[:size], networks=np.arange(size), overflowed=self._lost[:size]
        )
        decision = self._decide(prefix, LOOK_LEVEL)
        last = number + 1 == len(self._sizes)
        stop = last or decision.verdict is not Verdict.UNDECIDED
        return Look(
            number=number + 1,
            networks=size,
            decision=decision,
            stop=stop,
            then=None if last else self._sizes[number + 1],
        )
