"""Renders a page as plain data: the same words and numbers, and every table, as strict JSON.

Undefined and infinite numbers are null, so a row of a histogram that reaches down to -inf has no
``left``, one that reaches up to inf no ``right``, and the row of the NaN neither.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from saturation_lab.pages.blocks import (
    Block,
    Card,
    Details,
    Facts,
    Figure,
    Page,
    Studied,
    Table,
    Text,
    cell_text,
    plain_text,
)
from saturation_lab.pages.tables import Tables, columns, tables_of

SCHEMA = 3


def as_json(page: Page) -> dict[str, Any]:
    """Return what a page says, as plain data that is strict JSON.

    ``blocks`` is the page as a tree of words. What has numbers stands beside it, and the tree
    names its ``id``: ``figures``, statements (``cards``), ``studies``, and in ``data`` the numbers
    of the tables of words. ``tables`` holds every table behind a figure once, as columns:
    ``pandas.DataFrame(said["tables"][figure["table"]])``.
    """
    tables, blocks = tables_of(page), page.blocks
    data: dict[str, Any] = _strict(
        {
            "schema": SCHEMA,
            "report": page.name,
            "title": page.title,
            "question": page.question,
            "lead": page.lead,
            "command": page.command,
            "versions": page.versions,
            **page.data,
            "answer": list(_answer(page)),
            "blocks": {
                "answer": _tree(page.answer),
                "top": _tree(page.top),
                "sections": [
                    {"id": one.id, "title": one.title, "blocks": _tree(one.blocks)}
                    for one in page.sections
                ],
                "again": _tree(page.again),
            },
            "figures": [_figure(figure, tables) for figure in page.figures],
            "cards": [one.evidence.to_json() for one in blocks if isinstance(one, Card)],
            "studies": [_studied(one) for one in blocks if isinstance(one, Studied)],
            "data": {one.id: one.data for one in blocks if isinstance(one, Table) and one.data},
            "tables": {name: columns(table) for name, table in tables.named.items()},
        }
    )
    return data


def in_lines(data: Mapping[str, Any]) -> str:
    """Return plain data as JSON, one line for each thing at its top."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in data.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}"


def _answer(page: Page) -> Iterator[str]:
    """Yield what is found, in sentences: those of the answer and of its tables' rows."""
    for one in page.answer:
        if isinstance(one, Text):
            yield plain_text(one.says)
        elif isinstance(one, Table):
            yield from (row["sentence"] for row in one.data if "sentence" in row)


def _tree(blocks: Sequence[Block]) -> list[dict[str, Any]]:
    return [{"kind": type(one).__name__.lower(), **_SAID[type(one)](one)} for one in blocks]


def _text(one: Text) -> dict[str, Any]:
    return {"role": one.role, "says": plain_text(one.says)}


def _facts(one: Facts) -> dict[str, Any]:
    return {"rows": [[plain_text(term), plain_text(says)] for term, says in one.rows]}


def _table(one: Table) -> dict[str, Any]:
    rows = [[cell_text(cell) for cell in row] for row in one.rows]
    return {"id": one.id, "caption": plain_text(one.caption), "head": one.head, "rows": rows}


def _details(one: Details) -> dict[str, Any]:
    return {"summary": plain_text(one.summary), "blocks": _tree(one.blocks)}


_SAID: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    Text: _text,
    Facts: _facts,
    Table: _table,
    Figure: lambda one: {"id": one.id},
    Card: lambda one: {"id": one.evidence.statement.id},
    Details: _details,
    Studied: lambda one: {"id": one.id},
}
"""What the tree says of each kind of block."""


def _figure(one: Figure, tables: Tables) -> dict[str, Any]:
    return {
        "id": one.id,
        "group": one.group,
        "title": one.title,
        "caption": one.shown.caption,
        "numbers": one.shown.numbers,
        "alt": one.shown.alt,
        "table": tables.behind[one.id],
    }


def _studied(one: Studied) -> dict[str, Any]:
    return {
        "id": one.id,
        "group": one.group,
        "role": one.role,
        "title": one.title,
        "digest": one.origin.digest,
        one.origin.kind: one.origin.to_json(),
        "says": one.says,
        "overflowed": len(one.overflows),
        "overflows": one.overflows,
        "made_with": one.made_with,
    }


def _strict(value: Any) -> Any:
    """Return plain data with null where JSON has no number."""
    if isinstance(value, Mapping):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
