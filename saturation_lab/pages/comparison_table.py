"""The comparison of two sets of networks as a table in a terminal: one row per layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.inference.digits import MINUS, count_text, percent
from saturation_lab.pages.blocks import (
    Block,
    Table,
    Text,
)
from saturation_lab.pages.study_table import COLUMNS, in_percent, input_blocks
from saturation_lab.pages.texts import text
from saturation_lab.study import Study
from saturation_lab.words.table_numbers import factor_cell, half_cell
from saturation_lab.words.verdicts import MARKS

_SHOWN = {
    quantity: heading
    for columns in COLUMNS.values()
    for heading, quantity in columns.items()
    if not quantity.startswith("batch_")
}
"""The quantities shown by default, with their headings: those of the tables of one study."""
_DIFFERS = "≠"


def comparison_blocks(found: Contrast, *, asked: Sequence[str] | None = None) -> list[Block]:
    """Return the comparison of two sets of networks for a terminal.

    Parameters
    ----------
    found : Contrast
        The two sets and every comparison between them.
    asked : sequence of str, optional
        The quantities to show; by default those of the tables of one study.

    Returns
    -------
    list of Block
        The two sets, the keys in which they differ, a table of differences layer by layer, how to
        read it, and a summary.
    """
    columns = _SHOWN if asked is None else {name: _SHOWN.get(name, name) for name in asked}
    one, other = found.names
    key = text(
        "comparison.key",
        one=one,
        other=other,
        differs=_DIFFERS,
        alpha=percent(found.alpha),
        count=count_text(len(found.rows), "comparison"),
        margins=margins_text(found.margins),
    )
    return [
        Text(f"{one} and {other}: {shown_text(found)}"),
        *input_blocks(found.sides[0].origin.input_notes),
        *([] if found.keys else [Text("both are the same study")]),
        *differing_table(found),
        *(Text(f"histograms on different axes: {', '.join(x)}") for x in [found.other_axes] if x),
        *(Text(line) for line in (found.how, *found.cautions)),
        *_layers(found, columns),
        *(Text(line) for line in (key, *found.gaps, found.sentence)),
    ]


def differing_table(found: Contrast) -> list[Block]:
    """Return a table of the keys in which the two studies differ, with both values.

    Parameters
    ----------
    found : Contrast
        The two sets of networks.

    Returns
    -------
    list of Block
        The table; [] if no key differs.
    """
    rows = [
        (key, *(_short_value(key, value) for value in values))
        for key, values in found.keys.items()
        if key != "ranges"
    ]
    head = ("differing key", *found.names)
    return [Table(id="differing", head=head, rows=rows, look="short studies")] if rows else []


def _short_value(key: str, value: Any) -> str:
    """Return the value of a key of a study in a short form.

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
    """Return the inputs and the depth of both sets of networks, in words.

    Parameters
    ----------
    found : Contrast
        The two sets of networks.

    Returns
    -------
    str
        The words, as the predicate of a title.
    """
    side = found.sides[0]
    said = [count_text(side.examples, "example")]
    if isinstance(side.origin, Study):
        fresh = side.origin.fresh_inputs
        whose = "fresh ones for each network" if fresh else "the same for every network"
        others = " of a study, but different in the two studies" if found.other_examples else ""
        said = [side.origin.inputs, *said, whose + others]
    return f"{', '.join(said)}; {count_text(side.depth, 'hidden layer')}"


def _layers(found: Contrast, columns: Mapping[str, str]) -> list[Block]:
    """Return the comparisons as a table with one row per layer and one column per quantity."""
    cells = {(row.quantity, row.layer): _cell(row) for row in found.rows}
    layers = sorted(
        {layer for _, layer in cells}, key=lambda layer: (isinstance(layer, str), layer)
    )
    titles = [f"{x}, points" if in_percent(name) else x for name, x in columns.items()]
    rows = [[str(x), *(cells.get((name, x), "–   ") for name in columns)] for x in layers]
    return [Table(id="layers", head=("layer", *titles), rows=rows)] if rows and columns else []


def _cell(row: Row) -> str:
    """Return a ratio or difference, half of its interval, and two marks: differs, alike."""
    found = row.comparison.interval
    answer = " " if row.decided is None else MARKS[row.decided]
    marks = f"{_DIFFERS if row.differs else ' '} {answer}"
    if row.same:
        return f"same {marks}"
    if row.by_ratio:
        return f"{factor_cell(found.estimate, found.low, found.high)} {marks}"
    share = in_percent(row.quantity)
    scale = 100 if share else 1
    half = scale * (found.high - found.low) / 2
    said = half_cell(scale * abs(found.estimate), half, fixed=share)
    shows = any(digit in said.partition(" ")[0] for digit in "123456789")
    sign = ("+" if found.estimate > 0 else MINUS) * shows
    return f"{sign}{said} {marks}"
