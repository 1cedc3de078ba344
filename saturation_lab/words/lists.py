"""Names one after the other, as a sentence lists them, and sentences one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def listed(names: Sequence[str]) -> str:
    """Return names with commas and an "and".

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def alike(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the names of which the same is said, by what is said, given as (name, words).

    Examples
    --------
    >>> alike([("a", "holds"), ("b", "fails"), ("c", "holds")])
    {'holds': ['a', 'c'], 'fails': ['b']}
    """
    found: dict[str, list[str]] = {}
    for name, words in said:
        found.setdefault(words, []).append(name)
    return found


def sentences(*parts: str) -> str:
    """Return sentences one after the other, without those that are empty.

    Examples
    --------
    >>> sentences("One.", "", "Two.")
    'One. Two.'
    """
    return " ".join(filter(None, parts))
