"""What is to be seen first in a figure? One sentence from its numbers, the farthest first."""

from __future__ import annotations

import math
from collections.abc import Iterable

from saturation_lab.exhibits.material import Material
from saturation_lab.words.numbers import power_text, share_text

MOST = 6
"""So many roles are named; of more the two at the ends."""
FEW = 0.01
"""Shares below it are named together."""


def change_at_a_glance(material: Material, what: str, quantity: str, way: int) -> str:
    """Return by what a quantity is multiplied or divided on its way, the farthest from 1 first.

    Args:
        what: the quantity in words, at the head of the sentence.
        quantity: recorded, or one of `PRODUCTS`; the typical network's ratio is said.
        way: 1 from layer 1 up to L, -1 from L down to 1.
    """
    logs = {}
    for role, title in material.titles.items():
        ratio = material.top_over_bottom(role, quantity).estimate
        logs[title] = way * math.log10(ratio) if ratio > 0 else math.nan
    known = sorted((t for t in logs if math.isfinite(logs[t])), key=lambda t: -abs(logs[t]))
    near = [title for title in known if abs(logs[title]) < math.log10(2)]
    far = [(power_text(logs[title]), [title]) for title in known if title not in near]
    lost = [title for title in logs if title not in known]
    said = [*far, ("by less than a factor 2", near), ("undefined", lost)]
    route = f"layer 1 up to {material.depth}" if way > 0 else f"layer {material.depth} down to 1"
    return f"{what}, {route}: {_listed(said)}."


def share_at_a_glance(material: Material, what: str, quantity: str) -> str:
    """Return which share there is in the top layer, the largest first."""
    return f"{what} in layer {material.depth}: {shares_listed(top_shares(material, quantity))}."


def top_shares(material: Material, quantity: str) -> dict[str, float]:
    """Return the mean over networks in the top layer, by title."""
    return {
        title: material.interval(role, quantity, material.depth).estimate
        for role, title in material.titles.items()
    }


def shares_listed(shares: dict[str, float]) -> str:
    """Return shares, the largest first, those below 1 % together.

    >>> shares_listed({"A": 0.001, "B": 0.5, "C": 0.0})
    '50.0 % (B), below 1 % (A; C)'
    """
    known = sorted((t for t in shares if math.isfinite(shares[t])), key=lambda t: -shares[t])
    few = [title for title in known if shares[title] < FEW]
    many = [(share_text(shares[title]), [title]) for title in known if title not in few]
    lost = [title for title in shares if title not in known]
    return _listed([*many, ("below 1 %", few), ("undefined", lost)])


def _listed(said: Iterable[tuple[str, list[str]]]) -> str:
    """Return each number before those that have it; titles may hold commas.

    >>> _listed([("÷ 5", ["A, b"]), ("by less than a factor 2", []), ("undefined", ["C", "D"])])
    '÷ 5 (A, b), undefined (C; D)'
    """
    parts = [f"{words} ({'; '.join(titles)})" for words, titles in said if titles]
    return ", ".join([*parts[:1], "…", *parts[-1:]] if len(parts) > MOST else parts)
