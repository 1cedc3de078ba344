"""Lists of names within a sentence, and sequences of sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def listed(names: Sequence[str]) -> str:
    """Join names with commas and a final "and".

    Parameters
    ----------
    names : sequence of str
        At least one name.

    Returns
    -------
    str
        The names as an enumeration.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def alike(said: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Group names by the text that applies to them.

    Parameters
    ----------
    said : iterable of (str, str)
        Names, each with its text.

    Returns
    -------
    dict of str to list of str
        The names to which each text applies, in the order in which the texts first occur.

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
    """Join sentences with spaces, skipping empty ones.

    Parameters
    ----------
    *parts : str
        Sentences with their final punctuation, or empty strings.

    Returns
    -------
    str
        The joined text.

    Examples
    --------
    >>> sentences("One.", "", "Two.")
    'One. Two.'
    """
    return " ".join(filter(None, parts))
