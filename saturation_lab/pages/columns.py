"""Tables of records: each column has a heading and a function that describes a record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from saturation_lab.pages.blocks import Cell, Rich, Table

Record = TypeVar("Record")


def tabled(
    id: str,
    columns: Mapping[str, Callable[[Record], Rich | Cell]],
    records: Iterable[Record],
    *,
    caption: Rich = "",
    look: str = "verdicts",
    data: Sequence[Mapping[str, Any]] = (),
) -> Table:
    """Return a table with a row for each record and a column for each heading.

    Parameters
    ----------
    id : str
        The key of the table on the page and in JSON.
    columns : mapping of str to callable
        For each heading, a function that returns the cell of a record.
    records : iterable
        The records, one per row.
    caption : str, Span or sequence of str and Span
        How to read the table; placed above it.
    look : str
        The style on a page, as in `Table`.
    data : sequence of mappings
        One mapping of plain data per record, for JSON.

    Returns
    -------
    Table
        The table.

    Examples
    --------
    >>> tabled("squares", {"x": str, "x²": lambda x: str(x * x)}, [2, 3]).rows
    [['2', '4'], ['3', '9']]
    """
    return Table(
        id=id,
        head=list(columns),
        rows=[[says(record) for says in columns.values()] for record in records],
        caption=caption,
        look=look,
        data=data,
    )
