"""Compare the structure of pages with the recorded one; update it in a separate commit.

``python -m pytest tests/pages/test_structure.py`` explains how to update the record.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from saturation_lab import Study, sample
from saturation_lab.compare import compare
from saturation_lab.judging import examine, read_statements
from saturation_lab.pages import (
    Block,
    Card,
    Details,
    Facts,
    Figure,
    Page,
    Studied,
    Table,
    Text,
    plain_text,
)
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.comparison_page import comparison_page
from saturation_lab.pages.statements_page import statements_page

RECORD = Path(__file__).parent / "structure.txt"
WRITE = "SATURATION_LAB_WRITE_STRUCTURE"

TINY = Study(
    activation="tanh", initializer="glorot_normal", widths=(8, 8), inputs="digits", examples=4,
    networks=3,
)  # fmt: skip


def _facts(block: Facts) -> str:
    return f"{block.look}: {', '.join(plain_text(term) for term, _ in block.rows)}"


def _table(block: Table) -> str:
    keys = ", ".join(block.data[0]) if block.data else "no numbers"
    return f"{block.id} ({block.look}): {' | '.join(block.head)}; {keys}"


def _figure(block: Figure) -> str:
    return f"{block.id}: {block.title}; {', '.join(block.shown.table.columns)}"


SAID: dict[type, Callable[[Any], str]] = {
    Text: lambda block: block.role,
    Facts: _facts,
    Table: _table,
    Figure: _figure,
    Card: lambda block: block.evidence.statement.id,
    Details: lambda block: plain_text(block.summary),
    Studied: lambda block: block.id,
}
"""What each kind of block is, without its numbers."""


def _lines(blocks: Sequence[Block], depth: int) -> Iterator[str]:
    for block in blocks:
        yield f"{'  ' * depth}{type(block).__name__} {SAID[type(block)](block)}".rstrip()
        if isinstance(block, Details):
            yield from _lines(block.blocks, depth + 1)


def _structure(page: Page) -> Iterator[str]:
    yield f"# {page.name}"
    yield f"JSON: {', '.join(as_json(page))}"
    for name in ("answer", "top", "again"):
        yield f"{name}:"
        yield from _lines(getattr(page, name), 1)
    for section in page.sections:
        yield f"section {section.id}{' (part)' * section.part}: {section.title}"
        yield from _lines(section.blocks, 1)


def test_the_structure_of_pages_is_as_on_record(page: Page) -> None:
    statements, studies = read_statements()
    exact = [one for one in statements if one.id in ("T1", "S3", "GHx")]
    one = sample(TINY, workers=1)
    pages = [
        page,
        statements_page(examine(exact, studies, workers=1), command="saturation-lab claims"),
        comparison_page(
            compare(one, one, names=("one", "other")), command="saturation-lab compare"
        ),
    ]
    found = "\n".join(line for one in pages for line in _structure(one)) + "\n"
    if os.environ.get(WRITE):
        RECORD.write_text(found, encoding="utf-8")
    assert found == RECORD.read_text(encoding="utf-8"), f"on purpose? {WRITE}=1 writes it anew"
