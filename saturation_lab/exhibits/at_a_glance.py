"""What to see first in a figure: one sentence from its numbers, the farthest from 1 first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from saturation_lab.exhibits.material import Material
from saturation_lab.words.numbers import power_text, share_text

_MOST = 6
"""List at most this many numbers; beyond that, only the first and the last."""
_FEW = 0.01
"""Shares below it are named together."""


def change_at_a_glance(material: Material, *, what: str, quantity: str, way: int) -> str:
    """Return by what a quantity is multiplied or divided on its way, the farthest from 1 first.

    Parameters
    ----------
    material
        The networks.
    what
        The quantity in words, at the head of the sentence.
    quantity
        Recorded, or one of `PRODUCTS`; the typical network's ratio is said.
    way
        1 from layer 1 up to L, -1 from L down to 1.
    """
    logs = {}
    for role, title in material.titles.items():
        ratio = material.top_over_bottom(role, quantity).estimate
        logs[title] = way * math.log10(ratio) if ratio > 0 else math.nan
    known, lost = _by_size({title: abs(log) for title, log in logs.items()})
    near = [title for title in known if abs(logs[title]) < math.log10(2)]
    far = [(power_text(logs[title]), [title]) for title in known if title not in near]
    said = _listed([*far, ("by less than a factor 2", near), ("undefined", lost)])
    return f"{what}, {material.route(way)}: {said}."


def share_at_a_glance(material: Material, *, what: str, quantity: str) -> str:
    """Return which share there is in the top layer, the largest first."""
    shares = {
        title: material.interval(role, quantity, material.depth).estimate
        for role, title in material.titles.items()
    }
    return f"{what} in layer {material.top}: {shares_listed(shares)}."


def shares_listed(shares: Mapping[str, float]) -> str:
    """Return shares, the largest first, those below 1 % together.

    >>> shares_listed({"A": 0.001, "B": 0.5, "C": 0.0})
    '50.0 % (B), below 1 % (A; C)'
    """
    known, lost = _by_size(shares)
    few = [title for title in known if shares[title] < _FEW]
    many = [(share_text(shares[title]), [title]) for title in known if title not in few]
    return _listed([*many, ("below 1 %", few), ("undefined", lost)])


def _by_size(numbers: Mapping[str, float]) -> tuple[list[str], list[str]]:
    """Return the names of the numbers, the largest first, and of those that are undefined."""
    known = [name for name in numbers if math.isfinite(numbers[name])]
    lost = [name for name in numbers if name not in known]
    return sorted(known, key=lambda name: -numbers[name]), lost


def _listed(said: Iterable[tuple[str, list[str]]]) -> str:
    """Return each number before those that have it; titles may hold commas.

    >>> _listed([("÷ 5", ["A, b"]), ("by less than a factor 2", []), ("undefined", ["C", "D"])])
    '÷ 5 (A, b), undefined (C; D)'
    """
    parts = [f"{words} ({'; '.join(titles)})" for words, titles in said if titles]
    return ", ".join([*parts[:1], "…", *parts[-1:]] if len(parts) > _MOST else parts)
