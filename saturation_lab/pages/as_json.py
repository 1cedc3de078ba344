"""Renderer of a page as plain data for strict JSON: its words, numbers and tables.

Undefined and infinite numbers become null. In a histogram, the row that reaches down to -inf
therefore has a null ``left``, the row that reaches up to inf a null ``right``, and the row that
counts NaN has both null.
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
    """Return the content of a page as plain data that can be written as strict JSON.

    Parameters
    ----------
    page : Page
        The page.

    Returns
    -------
    dict
        Plain data. ``blocks`` is the page as a tree of texts, which refers by ``id`` to the entries
        with numbers: ``figures``, statements (``cards``), ``studies``, and in ``data`` the numbers
        of its tables. ``tables`` holds every table behind a figure once, as columns:
        ``pandas.DataFrame(found["tables"][figure["table"]])``.

    Examples
    --------
    >>> found = as_json(Page(name="mine", title="Mine", question="How?"))
    >>> found["title"], found["figures"]
    ('Mine', [])
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
                "cover": _tree(page.cover),
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
    """Return plain data as JSON, with one line for each top-level key.

    Parameters
    ----------
    data : mapping
        Plain data without nan or infinite numbers.

    Returns
    -------
    str
        The JSON text.

    Examples
    --------
    >>> print(in_lines({"schema": 3, "title": "Mine"}))
    {
    "schema": 3,
    "title": "Mine"
    }
    """
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in data.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}"


def _answer(page: Page) -> Iterator[str]:
    """Yield the results in sentences: the texts of the answer and those in its tables."""
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
"""For each kind of block, the function that returns its entry in the tree."""


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
        "underflowed": len(one.underflows),
        "underflows": one.underflows,
        "made_with": one.made_with,
    }


def _strict(value: Any) -> Any:
    """Return plain data with None in place of nan and infinite numbers."""
    if isinstance(value, Mapping):
        return {str(key): _strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
