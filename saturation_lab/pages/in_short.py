"""Summary tables of how the gradient and the activations change through the networks of a page."""

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
"""For each quantity, its label and its direction: 1 for up, -1 for down."""


def in_short(groups: Mapping[str, Material]) -> list[Table]:
    """Return summary tables with one row per group and quantity and one column per role.

    Groups with the same titles of roles share a table. Groups of networks with one hidden layer are
    omitted, because nothing changes between layers there, and so are groups with a list of
    activations, which the table of cells covers.

    Parameters
    ----------
    groups : mapping of str to Material
        The groups of a page, by name.

    Returns
    -------
    list of Table
        The tables; empty if no group qualifies.
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
    """Return the change of a quantity, or the number of networks in which it is undefined."""
    text = factor_text(change(networks, quantity), way)
    lost = int(np.count_nonzero(np.isnan(log_change(networks, quantity))))
    return f"{text} in {lost:,} of {len(networks.networks):,} networks" if lost else text


def _expected(networks: Measured, quantity: str, way: int) -> str:
    """Return the predicted change: exact at the given width if derived, else for infinite width.

    The exact value is the geometric mean over networks.
    """
    log, beside = typical_change(networks.origin, quantity), change(networks, quantity)
    if math.isfinite(log):
        return f"exact {change_factor(math.exp(log), way, beside)}"
    return change_factor(expected_change(networks, quantity), way, beside)


def changes(groups: Mapping[str, Material]) -> list[dict[str, Any]]:
    """Return the ratios of mean squares in the top hidden layer to those in layer 1, as numbers.

    Parameters
    ----------
    groups : mapping of str to Material
        The groups of a page, by name.

    Returns
    -------
    list of dict
        One entry per group, quantity and role. ``top_over_bottom`` has the estimate and the ends of
        the 95 % interval; ``predicted`` is the ratio for infinitely wide layers, and ``exact`` the
        geometric mean at the given width. Undefined numbers are nan.
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
