"""What a person reads in a terminal of two sets of networks side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.inference.digits import percent, rounded
from saturation_lab.pages.blocks import Block, Table, Text
from saturation_lab.pages.terminal import COLUMNS, MARKS, in_percent
from saturation_lab.pages.texts import text
from saturation_lab.study import Study

_SHOWN = {
    quantity: heading
    for columns in COLUMNS.values()
    for heading, quantity in columns.items()
    if not quantity.startswith("batch_")
}
"""What the table shows, unless other quantities were asked for: as of one study."""
_DIFFERS = "≠"
_FINEST = 1e-5
"""Ratios and shares are said to no more than this."""


def comparison_blocks(found: Contrast, *, asked: Sequence[str] | None = None) -> list[Block]:
    """Return what the two are, how they differ layer by layer, and the sum of it.

    ``asked`` are the quantities to show, in place of those that the table of one study shows.
    """
    columns = _SHOWN if asked is None else {name: _SHOWN.get(name, name) for name in asked}
    one, other = found.names
    key = text(
        "comparison.key",
        one=one,
        other=other,
        differs=_DIFFERS,
        alpha=percent(found.alpha),
        count=_counted(len(found.rows), "comparison"),
        margins=margins_text(found.margins),
    )
    return [
        Text(f"{one} and {other}: {shown_text(found)}"),
        *([] if found.keys else [Text("one study, twice")]),
        *differing_table(found),
        *(Text(f"counted on other axes: {', '.join(x)}") for x in [found.other_axes] if x),
        *(Text(line) for line in (found.how, *found.cautions)),
        *_layers(found, columns),
        *(Text(line) for line in (key, *found.gaps, found.sentence)),
    ]


def differing_table(found: Contrast) -> list[Block]:
    """Return the keys in which the two differ, with both values; nothing where they do not."""
    rows = [
        (key, *(_short_value(key, value) for value in values))
        for key, values in found.keys.items()
        if key != "ranges"
    ]
    head = ("differ in", *found.names)
    return [Table(id="differing", head=head, rows=rows, look="short studies")] if rows else []


def _short_value(key: str, value: Any) -> str:
    """Return the value of a study's key in few words.

    >>> _short_value("widths", [64, 64, 64]), _short_value("gain", None)
    ('64 × 3', 'none')
    """
    if value is None:
        return "none"
    if key == "widths":
        same = len(set(value)) == 1
        return f"{value[0]} × {len(value)}" if same else ", ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def shown_text(found: Contrast) -> str:
    """Return what the networks of both were shown, and how deep they are."""
    side = found.sides[0]
    said = [_counted(side.examples, "example")]
    if isinstance(side.origin, Study):
        fresh = side.origin.fresh_inputs
        whose = "fresh ones for each network" if fresh else "the same for every network"
        others = " of a study, others in each study" if found.other_examples else ""
        said = [side.origin.inputs, *said, whose + others]
    return f"{', '.join(said)}; {_counted(side.depth, 'hidden layer')}"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _layers(found: Contrast, columns: Mapping[str, str]) -> list[Block]:
    """Return the comparisons, a row a layer and a column a quantity."""
    cells = {(row.quantity, row.layer): _cell(row) for row in found.rows}
    layers = sorted(
        {layer for _, layer in cells}, key=lambda layer: (isinstance(layer, str), layer)
    )
    titles = [f"{x}, points" if in_percent(name) else x for name, x in columns.items()]
    rows = [[str(x), *(cells.get((name, x), "–   ") for name in columns)] for x in layers]
    return [Table(id="layers", head=("layer", *titles), rows=rows)] if rows and columns else []


def _cell(row: Row) -> str:
    """Return a ratio or difference, half of its interval, and its two marks."""
    found = row.comparison.interval
    answer = " " if row.alike is None else MARKS[row.alike.verdict]
    marks = f"{_DIFFERS if row.differs else ' '} {answer}"
    if row.same:
        return f"same {marks}"
    error = (found.high - found.low) / 4
    if row.by_ratio:
        half = 100 * (math.sqrt(found.high / found.low) - 1)
        return f"{rounded(found.estimate, max(error, _FINEST))} ±{_half(half)} % {marks}"
    sign = "+" if found.estimate > 0 else ""
    if in_percent(row.quantity):
        number = rounded(100 * found.estimate, 100 * max(error, _FINEST))
        return f"{sign}{number} ±{_half(200 * error)} {marks}"
    number = rounded(found.estimate, error)
    return f"{sign}{number} ±{rounded(2 * error, error)} {marks}"


def _half(percents: float) -> str:
    """Return half of an interval with two digits, as far as that can be imagined."""
    if percents < 100 * _FINEST:
        return f"<{100 * _FINEST:g}"
    return f"{percents:.0f}" if percents >= 100 else f"{percents:#.2g}".rstrip(".")
