"""How gradient and signal change on their ways through the networks of a page, in one table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.width_laws import typical_change
from saturation_lab.judging.kinds import change, expected_change, log_change
from saturation_lab.measured import Measured
from saturation_lab.pages.blocks import Cell, Rich, Span, Table
from saturation_lab.pages.texts import text
from saturation_lab.words.numbers import change_factor, factor_text

_WAYS = {
    "gradient_mean_square": ("mean square of δ, layer {depth} down to 1", -1),
    "activation_mean_square": ("mean square of a, layer 1 up to {depth}", 1),
}
"""The label of a quantity and which way it goes (up: 1)."""


def in_short(groups: Mapping[str, Material]) -> list[Table]:
    """Return a row a group and way, a cell a role; groups with the same roles share a table.

    Networks of one hidden layer have no way to go; of many activations a table of cells says it.
    """
    alike: dict[tuple[str, ...], list[Material]] = {}
    for group in groups.values():
        if not group.blocks and group.depth > 1:
            alike.setdefault(tuple(map(group.label, group.networks)), []).append(group)
    return [
        Table(
            id=f"in-short-{number}",
            caption=text("in_short.caption"),
            head=("", *titles),
            rows=[_row(group, quantity) for group in some for quantity in _WAYS],
            look="short",
        )
        for number, (titles, some) in enumerate(alike.items(), 1)
    ]


def _row(group: Material, quantity: str) -> Sequence[Rich | Cell]:
    label, way = _WAYS[quantity]
    title = (f"{group.title} ", Span(label.format(depth=group.depth), "quiet"))
    return [title, *(_cell(one, quantity, way) for one in group.networks.values())]


def _cell(networks: Measured, quantity: str, way: int) -> Cell:
    said, theory = _change(networks, quantity, way), _expected(networks, quantity, way)
    more = (" ", Span("theory", "unseen"), Span(f" {theory}", "theory")) if theory else ()
    return Cell([(said, *more)], "number")


def _change(networks: Measured, quantity: str, way: int) -> str:
    """Return the change of a quantity on its way, or how many networks have none."""
    text = factor_text(change(networks, quantity), way)
    lost = int(np.count_nonzero(np.isnan(log_change(networks, quantity))))
    return f"{text} in {lost:,} of {len(networks.networks):,} networks" if lost else text


def _expected(networks: Measured, quantity: str, way: int) -> str:
    """Return the change that theory expects of the typical network, or of an infinitely wide one.

    Where the law at the very width is known it is the geometric mean of that law.
    """
    log, beside = typical_change(networks.origin, quantity), change(networks, quantity)
    if math.isfinite(log):
        return f"exact {change_factor(math.exp(log), way, beside)}"
    return change_factor(expected_change(networks, quantity), way, beside)


def changes(groups: Mapping[str, Material]) -> list[dict[str, Any]]:
    """Return mean squares in the top hidden layer over those of layer 1, as numbers.

    ``predicted`` is for wide layers, ``exact`` the geometric mean at that width if derived.
    """
    return [
        _numbers(group, role, quantity)
        for group in groups.values()
        for quantity in _WAYS
        for role in group.networks
    ]


def _numbers(group: Material, role: str, quantity: str) -> dict[str, Any]:
    networks = group.networks[role]
    found = change(networks, quantity)
    return {
        "group": group.name,
        "role": role,
        "quantity": quantity,
        "top_over_bottom": {"estimate": found.estimate, "low": found.low, "high": found.high},
        "predicted": expected_change(networks, quantity),
        "exact": math.exp(typical_change(networks.origin, quantity)),
    }
