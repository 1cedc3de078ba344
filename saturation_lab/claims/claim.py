"""A claim: who says what, the number that decides it, and the region where it must lie.

A claim is plain data, fixed before anything is drawn. Its number is named by a kind of experiment
and the keys of that kind; `judging.forms` has the kinds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Place = tuple[str, int]
"""A quantity and a layer: 1 to L from the bottom, -1 to -L from the top; L + 1 is the output."""


@dataclass(frozen=True)
class Asked:
    """The number that decides a claim, as data: a kind of experiment and its keys."""

    kind: str
    keys: tuple[tuple[str, Any], ...]


def ask(kind: str, **keys: Any) -> Asked:
    """Return the number that an experiment of a kind makes.

    >>> ask("value", study="mine", at=("activation_variance", 1))
    Asked(kind='value', keys=(('study', 'mine'), ('at', ('activation_variance', 1))))
    """
    return Asked(kind, tuple(keys.items()))


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One part of a statement and what decides it.

    Attributes
    ----------
    id
        Part of the interface; never reused. One that starts with a dot is appended to the id of
        the statement; the first part may leave it out and then has the statement's id.
    source, sentence, precise
        Where it is said, what is said (in quotes where it is quoted), and what is tested; by
        default those of the statement.
    experiment
        The number, one for each network.
    low, high
        The mean over networks must lie between them for the claim to hold.
    expected
        The verdict on record, holds or fails: another one is news.
    """

    experiment: Asked
    id: str = ""
    source: str = ""
    sentence: str = ""
    precise: str = ""
    low: float = -math.inf
    high: float = math.inf
    expected: str = "holds"
