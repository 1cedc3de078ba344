"""What a person reads in a terminal of the statements that were examined."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from saturation_lab.exhibits.statement_forest import counted
from saturation_lab.judging.evidence import Evidence
from saturation_lab.pages.as_text import WIDTH, aligned
from saturation_lab.pages.blocks import Block, Text, cell_text
from saturation_lab.pages.columns import tabled


def _verdict(one: Evidence) -> str:
    return f"{one.verdict or '–'}{' !' if one.unexpected else ''}"


_COLUMNS: Mapping[str, Callable[[Evidence], str]] = {
    "": lambda one: one.statement.id,
    "kind": lambda one: one.statement.kind,
    "verdict": _verdict,
    "number": lambda one: one.findings[0].number if one.findings else "",
    "asked": lambda one: one.findings[0].asked if one.findings else "",
}
_WIDE = {"what the number is": lambda one: one.words(one.findings[0]) if one.findings else ""}


def statements_blocks(found: Sequence[Evidence], *, width: int = WIDTH) -> list[Block]:
    """Return a row a statement: its verdict, the number that decides it, and what was asked.

    And what that number is, where the terminal has room in its ``width``.
    """
    table = tabled("statements", {**_COLUMNS, **_WIDE}, found)
    if len(aligned([table.head, *(list(map(cell_text, row)) for row in table.rows)])[0]) > width:
        table = tabled("statements", _COLUMNS, found)
    news = [
        f"! {one.claim.id}: expected {one.claim.expected}, found {one.sentence}"
        for evidence in found
        for one in evidence.unexpected
    ]
    return [table, *map(Text, [*news, counted(found)])]
