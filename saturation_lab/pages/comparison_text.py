"""What does a person read in a terminal of two studies side by side?"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.inference.digits import percent, rounded
from saturation_lab.pages.terminal import BLOCKS, MARKS, aligned, in_percent

WIDTH = 90
COLUMNS = {
    quantity: heading
    for block in BLOCKS.values()
    for heading, quantity in block.items()
    if not quantity.startswith("batch_")
}
"""What the table shows, unless other quantities were asked for: as of one study."""
DIFFERS = "≠"
FINEST = 1e-5
"""Ratios and shares are said to no more than this."""

_KEY = """\
Sizes: {one} over {other}, the ratio of typical networks, ± half of its 95 % interval; all else: \
{one} less {other}, shares in points of a percent. {differs} a difference is shown, by \
Benjamini-Hochberg at {alpha} over all {count}; ✓ alike, ✗ unlike, ? undecided: {margins}."""


def contrast_text(found: Contrast, *, asked: Sequence[str] | None = None) -> str:
    """Return what the studies are, how they differ layer by layer, and the sum of it.

    ``asked`` are the quantities to show, in place of `COLUMNS`.
    """
    columns = COLUMNS if asked is None else {name: COLUMNS.get(name, name) for name in asked}
    one, other = found.names
    key = _KEY.format(
        one=one,
        other=other,
        differs=DIFFERS,
        alpha=percent(found.alpha),
        count=_counted(len(found.rows), "comparison"),
        margins=margins_text(found.margins),
    )
    lines = [*_studies(found), "", *_wrapped(found.how)]
    lines += [line for note in found.cautions for line in _wrapped(note)]
    lines += [line for block in _blocks(found, columns) for line in ("", *block)]
    lines += ["", *_wrapped(key)]
    lines += [line for gap in found.gaps for line in _wrapped(gap)]
    return "\n".join([*lines, "", *_wrapped(found.sentence)])


def short_value(key: str, value: Any) -> str:
    """Return the value of a study's key in few words.

    >>> short_value("widths", [64, 64, 64]), short_value("gain", None)
    ('64 × 3', 'none')
    """
    if value is None:
        return "none"
    if key == "widths":
        same = len(set(value)) == 1
        return f"{value[0]} × {len(value)}" if same else ", ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def differing_rows(found: Contrast) -> list[tuple[str, str, str]]:
    """Return the keys in which the studies differ, with both values in few words."""
    return [
        (key, short_value(key, one), short_value(key, other))
        for key, (one, other) in found.keys.items()
        if key != "ranges"
    ]


def shown_text(found: Contrast) -> str:
    """Return what the networks of both were shown, and how deep they are."""
    first = found.sides[0].study
    shown = "fresh ones for each network" if first.fresh_inputs else "the same for every network"
    if found.other_examples:
        shown += " of a study, others in each study"
    return (
        f"{first.inputs}, {_counted(first.examples, 'example')}, {shown}; "
        f"{_counted(len(first.widths), 'hidden layer')}"
    )


def _studies(found: Contrast) -> Iterator[str]:
    yield from _wrapped(f"{found.names[0]} and {found.names[1]}: {shown_text(found)}")
    rows = differing_rows(found)
    if not found.keys:
        yield "one study, twice"
    if rows:
        yield from (line.rstrip() for line in _flush([("differ in", *found.names), *rows]))
    if other := found.other_axes:
        yield from _wrapped(f"counted on other axes: {', '.join(other)}")


def _flush(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows as lines whose columns start at the same place."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _blocks(found: Contrast, columns: Mapping[str, str]) -> Iterator[list[str]]:
    """Yield tables of as many columns as a terminal is wide."""
    cells = {(row.quantity, row.layer): _cell(row) for row in found.rows}
    layers = list(dict.fromkeys(layer for _, layer in cells))
    layers.sort(key=lambda layer: (isinstance(layer, str), layer))
    names = ["layer", *map(str, layers)]
    block = [names]
    for quantity, heading in columns.items():
        title = f"{heading}, points" if in_percent(quantity) else heading
        column = [title, *(cells.get((quantity, layer), "–   ") for layer in layers)]
        if len(block) > 1 and _width([*block, column]) > WIDTH:
            yield aligned(list(zip(*block, strict=True)))
            block = [names]
        block.append(column)
    if len(block) > 1 and layers:
        yield aligned(list(zip(*block, strict=True)))


def _width(block: Sequence[Sequence[str]]) -> int:
    return sum(max(map(len, column)) for column in block) + 2 * (len(block) - 1)


def _cell(row: Row) -> str:
    """Return a ratio or difference, half of its interval, and its two marks."""
    found = row.comparison.interval
    answer = " " if row.alike is None else MARKS[row.alike.verdict]
    marks = f"{DIFFERS if row.differs else ' '} {answer}"
    if row.same:
        return f"same {marks}"
    error = (found.high - found.low) / 4
    if row.by_ratio:
        half = 100 * (math.sqrt(found.high / found.low) - 1)
        return f"{rounded(found.estimate, max(error, FINEST))} ±{_half(half)} % {marks}"
    if in_percent(row.quantity):
        number = rounded(100 * found.estimate, max(100 * error, 100 * FINEST))
        return f"{_sign(found.estimate)}{number} ±{_half(200 * error)} {marks}"
    number = rounded(found.estimate, error)
    return f"{_sign(found.estimate)}{number} ±{rounded(2 * error, error)} {marks}"


def _half(percents: float) -> str:
    """Return half of an interval with two digits, as far as that can be imagined."""
    if percents < 100 * FINEST:
        return f"<{100 * FINEST:g}"
    return f"{percents:.0f}" if percents >= 100 else f"{percents:#.2g}".rstrip(".")


def _sign(x: float) -> str:
    return "+" if x > 0 else ""


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)
