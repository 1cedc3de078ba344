"""Renderer of pages and blocks as plain text for a terminal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from saturation_lab.pages.blocks import (
    Block,
    Card,
    Cell,
    Details,
    Facts,
    Figure,
    Page,
    Rich,
    Studied,
    Table,
    Text,
    cell_text,
    plain_text,
)

WIDTH = 90
_GAP = "  "


def as_text(said: Page | Sequence[Block], *, width: int = WIDTH, opened: bool = True) -> str:
    """Render a page or blocks as text.

    Parameters
    ----------
    said : Page or sequence of Block
        The page, or some blocks.
    width : int
        The width of a line in characters. Texts are wrapped to it; a wider table is split into
        several.
    opened : bool
        Whether to include the content of `Details`, which a page folds.

    Returns
    -------
    str
        The text, with blank lines between blocks.

    Examples
    --------
    >>> print(as_text([Facts(rows=[("Networks", "20 per configuration"), ("Seed", "1")])]))
    Networks  20 per configuration
    Seed      1
    """
    if not isinstance(said, Page):
        return "\n\n".join(_lines(said, width, opened))
    parts = ["\n".join(_wrapped([text], width)) for text in (said.title, said.question, said.lead)]
    parts += _lines((*said.cover, *said.answer, *said.top), width, opened)
    for section in said.sections:
        parts += [_underlined(section.title), *_lines(section.blocks, width, opened)]
    return "\n\n".join(filter(None, [*parts, said.command]))


def _underlined(title: str) -> str:
    return f"{title}\n{'-' * len(title)}"


def _lines(blocks: Sequence[Block], width: int, opened: bool) -> Iterator[str]:
    """Yield the text of each block that is not empty."""
    for block in blocks:
        if isinstance(block, Details):
            if opened:
                yield from _wrapped([plain_text(block.summary)], width)
                yield from _lines(block.blocks, width, opened)
        else:
            yield from filter(None, ["\n".join(_SAID[type(block)](block, width))])


def _text(one: Text, width: int) -> list[str]:
    says = plain_text(one.says)
    return says.splitlines() if one.role == "command" else _wrapped(says.splitlines(), width)


def _facts(one: Facts, width: int) -> list[str]:
    """Return each term followed by its description; the descriptions are aligned."""
    terms = [plain_text(term) for term, _ in one.rows]
    margin = max(map(len, terms), default=0) + len(_GAP)
    lines: list[str] = []
    for term, (_, says) in zip(terms, one.rows, strict=True):
        said = textwrap.wrap(plain_text(says), max(width - margin, width // 3)) or [""]
        lines.append(f"{term:{margin}}{said[0]}")
        lines += [f"{'':{margin}}{line}" for line in said[1:]]
    return lines


def _table(one: Table, width: int) -> list[str]:
    """Return a table with aligned columns; a wide one is split into parts or printed by row."""
    rows = [list(one.head)] + [_filled(row, len(one.head)) for row in one.rows]
    columns = list(zip(*rows, strict=True))
    first, *others = columns
    sizes = [max(map(len, column)) for column in columns]
    room = width - sizes[0]
    if max(sizes[1:], default=0) + len(_GAP) > room:
        lines = list(_row_by_row(rows, width))
    else:
        parts = _parts(others, room)
        lines = "\n\n".join(
            "\n".join(aligned(list(zip(first, *part, strict=True)))) for part in parts
        ).split("\n")
    return [*_wrapped([plain_text(one.caption)], width), *lines]


def _filled(row: Sequence[Rich | Cell], count: int) -> list[str]:
    return [*map(cell_text, row), *[""] * (count - len(row))]


def _parts(columns: Sequence[Sequence[str]], room: int) -> list[list[Sequence[str]]]:
    """Split columns into consecutive parts that each fit next to the first column."""
    parts: list[list[Sequence[str]]] = [[]]
    left = room
    for column in columns:
        needed = max(map(len, column)) + len(_GAP)
        if needed > left and parts[-1]:
            parts.append([])
            left = room
        parts[-1].append(column)
        left -= needed
    return parts


def _row_by_row(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    head, *body = rows
    for row in body:
        yield from _wrapped([row[0]], width)
        for title, cell in zip(head[1:], row[1:], strict=True):
            if cell:
                yield from textwrap.wrap(
                    f"{title}: {cell}", width, initial_indent="  ", subsequent_indent="    "
                )


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines of text with right-aligned columns.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells of each row, the same number in each.

    Returns
    -------
    list of str
        One line per row.

    Examples
    --------
    >>> aligned([["layer", "z²"], ["1", "0.25"]])
    ['layer    z²', '    1  0.25']
    """
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [_GAP.join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]


def _figure(one: Figure, width: int) -> list[str]:
    group = f" ({one.group})" if one.group else ""
    see = one.shown.see or re.split(r"(?<=\.) ", one.shown.how)[0]
    return _wrapped([f"{one.title}{group}: {see}"], width)


def _card(one: Card, width: int) -> list[str]:
    stated, findings = one.evidence.statement, one.evidence.findings
    if not findings:
        return [f"{stated.id}  {stated.kind}"]
    mark = "" if one.evidence.as_expected else "! "
    return [f"{stated.id}  {mark}{one.evidence.line}"]


def _studied(one: Studied, width: int) -> list[str]:
    return _wrapped([f"{one.title} ({one.origin.digest[:16]}). {one.says}".rstrip()], width)


def _wrapped(texts: Sequence[str], width: int) -> list[str]:
    return [line for text in texts for line in textwrap.wrap(text, width)]


_SAID: Mapping[type, Callable[[Any, int], list[str]]] = {
    Text: _text,
    Facts: _facts,
    Table: _table,
    Figure: _figure,
    Card: _card,
    Studied: _studied,
}
"""For each kind of block, the function that renders it; `Details` are opened beforehand."""
