"""May one stop as soon as it is decided? At most eight looks, each at an eighth of the error.

Looks come after every doubling of the number of networks, each with intervals of level 1 - 0.05/8,
so that all of them together are wrong as rarely as one 95 % interval (Bonferroni), however many of
the eight are used. Only the contiguous prefix of network indices is looked at, 0 to n - 1: networks
that finish early are not chosen by what they show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.inference.digits import percent
from saturation_lab.inference.replicates import Float64, Replicates, as_mask, infinite, refuse_nan
from saturation_lab.inference.verdict import Verdict

MOST_LOOKS = 8
FIRST = 16
LOOK_LEVEL = 1 - 0.05 / MOST_LOOKS


class Decision(Protocol):
    """What a look answers: an `Answer`, an `EveryLayer`, or the like."""

    @property
    def verdict(self) -> Verdict: ...

    @property
    def sentence(self) -> str: ...

    def to_json(self) -> dict[str, Any]: ...


_Decide = Callable[[Replicates, float], Decision]


def look_sizes(*, first: int = FIRST, most: int) -> tuple[int, ...]:
    """Return after how many networks to look: first, 2 first, 4 first ... and at ``most``.

    Raises:
        InputError: more than eight looks would be needed.

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
            expected=f"at most {MOST_LOOKS} doublings up to {most:,} networks",
            got=first,
            hint=f"start with {-(-most // 2 ** (MOST_LOOKS - 1)):,}",
        )
    return tuple(sizes)


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one look showed.

    Attributes:
        number: which look, from 1.
        networks: how many networks were looked at, those with index 0 to networks - 1.
        decision: the answer at the level of one look.
        stop: whether it is decided, or this was the last look.
        then: after how many networks the next look comes; None after the last.
    """

    number: int
    networks: int
    decision: Decision
    stop: bool
    then: int | None

    @property
    def sentence(self) -> str:
        """Say it in one line."""
        onward = "stop" if self.stop else f"go on to {self.then:,} networks"
        return (
            f"look {self.number} of at most {MOST_LOOKS}, at {self.networks:,} networks "
            f"({percent(LOOK_LEVEL)} intervals): {self.decision.sentence}; {onward}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
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
    """Takes networks as they come, in any order, and says when to stop.

    Args:
        decide: takes replicates and a level, and answers with something that has a verdict.
        most: the largest number of networks.
        first: of the first look.

    Raises:
        InputError: more than eight looks would be needed.

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
        self._rows: Float64 | None = None  # of the networks up to the last look, once one came
        self._lost = np.zeros(self._sizes[-1], dtype=np.bool_)
        self._seen = np.zeros(self._sizes[-1], dtype=np.bool_)
        self._looks: list[Look] = []

    @property
    def looks(self) -> tuple[Look, ...]:
        """Return every look so far."""
        return tuple(self._looks)

    @property
    def stopped(self) -> bool:
        """Return whether there is nothing left to look at."""
        return bool(self._looks) and self._looks[-1].stop

    @property
    def contiguous(self) -> int:
        """Return how many networks have come without a gap, from index 0 on."""
        gaps = np.flatnonzero(~self._seen)
        return int(gaps[0]) if gaps.size else len(self._seen)

    def add(
        self, networks: ArrayLike, values: ArrayLike, *, overflowed: ArrayLike | None = None
    ) -> Look | None:
        """Take networks and return the newest look, if enough have come for one.

        After the last look more networks may come, but they are no longer looked at.

        Args:
            networks: their indices, [N], from 0; in any order.
            values: [N] or [N, layers].
            overflowed: which of them overflowed, [N].

        Raises:
            InputError: an index below 0, or one that came before; nan in a network that did not
                overflow; not one row for each network.
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
                expected=f"[networks] or [networks, layers] of {len(indices)} networks",
                got=Words(f"shape {rows.shape}"),
                hint="units and examples are averaged inside a network first",
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
                expected="every network once",
                got=Words(f"network {again[0]} again"),
                hint="a network is one replicate, however often it is measured",
            )
        return found

    def _look(self) -> Look:
        number = len(self._looks)
        size = self._sizes[number]
        assert self._rows is not None  # as many networks have come
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
