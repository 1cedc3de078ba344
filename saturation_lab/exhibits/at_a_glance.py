"""The first sentence of a caption: the main numbers of a figure, the most extreme first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from saturation_lab.exhibits.material import Material
from saturation_lab.words.numbers import power_text, share_text

_MOST = 6
"""List at most this many numbers; beyond that, only the first and the last."""
_FEW = 0.01
"""Shares below this are listed together."""


def change_at_a_glance(material: Material, *, what: str, quantity: str, way: int) -> str:
    """Return the factor by which a quantity changes across the layers, the largest change first.

    Parameters
    ----------
    material : Material
        The networks.
    what : str
        The quantity in words, which starts the sentence.
    quantity : str
        A recorded quantity or one of `PRODUCTS`. The factor is the geometric mean over networks.
    way : int
        1 from layer 1 up to L, -1 from layer L down to 1.

    Returns
    -------
    str
        One sentence with the factor for each role. Changes of less than a factor of 2 are listed
        together.
    """
    logs = {}
    for role, title in material.titles.items():
        ratio = material.top_over_bottom(role, quantity).estimate
        logs[title] = way * math.log10(ratio) if ratio > 0 else math.nan
    known, lost = _by_size({title: abs(log) for title, log in logs.items()})
    near = [title for title in known if abs(logs[title]) < math.log10(2)]
    far = [(power_text(logs[title]), [title]) for title in known if title not in near]
    said = _listed([*far, ("changed by less than a factor of 2", near), ("undefined", lost)])
    return f"{what}, {material.route(way)}: {said}."


def share_at_a_glance(material: Material, *, what: str, quantity: str) -> str:
    """Return the shares in the top layer, the largest first.

    Parameters
    ----------
    material : Material
        The networks.
    what : str
        The share in words, which starts the sentence.
    quantity : str
        A recorded share, averaged over networks.

    Returns
    -------
    str
        One sentence with the share for each role.
    """
    shares = {
        title: material.interval(role, quantity, material.depth).estimate
        for role, title in material.titles.items()
    }
    return f"{what} in layer {material.top}: {shares_listed(shares)}."


def shares_listed(shares: Mapping[str, float]) -> str:
    """Return a list of shares, the largest first; those below 1 % are grouped together.

    Parameters
    ----------
    shares : mapping of str to float
        Shares between 0 and 1, by title; nan if undefined.

    Returns
    -------
    str
        The list. If there are more than six entries, only the first and the last are given.

    Examples
    --------
    >>> shares_listed({"A": 0.001, "B": 0.5, "C": 0.0})
    '50.0 % (B), below 1 % (A; C)'
    """
    known, lost = _by_size(shares)
    few = [title for title in known if shares[title] < _FEW]
    many = [(share_text(shares[title]), [title]) for title in known if title not in few]
    return _listed([*many, ("below 1 %", few), ("undefined", lost)])


def _by_size(numbers: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Return the names of the finite numbers, the largest first, and those of the others."""
    known = [name for name in numbers if math.isfinite(numbers[name])]
    lost = [name for name in numbers if name not in known]
    return sorted(known, key=lambda name: -numbers[name]), lost


def _listed(said: Iterable[tuple[str, list[str]]]) -> str:
    """Return each number followed by the titles it applies to; titles may contain commas.

    >>> _listed(
    ...     [
    ...         ("÷ 5", ["A, b"]),
    ...         ("changed by less than a factor of 2", []),
    ...         ("undefined", ["C", "D"]),
    ...     ]
    ... )
    '÷ 5 (A, b), undefined (C; D)'
    """
    parts = [f"{words} ({'; '.join(titles)})" for words, titles in said if titles]
    return ", ".join([*parts[:1], "…", *parts[-1:]] if len(parts) > _MOST else parts)
