"""The layout of a text table: encoding, separator, decimal sign, and whether columns are named."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from pathlib import Path

from saturation_lab.data.own_choice import counted, unreadable

ABSENT = ("", "?", "-", "--", ".", "na")
"""Cells without a value, besides those that pandas knows, such as NA and nan."""

_MISSING = {*ABSENT, "n/a", "nan", "null", "none", "#n/a", "<na>"}
_SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "vertical bars", ",": "commas", " ": "blanks"}
"""In this order: numbers may contain commas, and words blanks."""
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LINES, _BLOCK = 100, 2**18
"""Lines from which the layout is concluded; bytes whose encoding is checked at a time."""
_WORD = re.compile(r'"[^"]*"|\S+')
_EXCEL = re.compile(r"sep=(.)\s*$")
"""The line by which Excel states the separator."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a text file writes a table.

    Attributes
    ----------
    names : tuple of str
        The names of the columns; "1", "2", ... if the file does not name them.
    nameless : frozenset of int
        The columns that have no name of their own in a file that names the others.
    header : bool
        Whether the first line names the columns.
    separator, decimal, encoding : str
        The sign between columns, that before decimals, and the encoding.
    skipped : int
        The number of lines above the table.
    notes : tuple of str
        What is unusual about the file, as sentences.
    """

    names: tuple[str, ...]
    nameless: frozenset[int]
    header: bool
    separator: str
    decimal: str
    encoding: str
    skipped: int
    notes: tuple[str, ...]


def layout_of(path: Path) -> Layout:
    """Return the layout of a text table, concluded from its first lines.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Layout
        The layout.

    Raises
    ------
    InputError
        If the file is not text, or its first lines differ in their number of values.
    """
    encoding = _encoding(path)
    skipped, separator, rows = _table(path, encoding)
    if not rows:
        raise unreadable(path.name, "it has no lines with values")
    _refuse_unequal(rows, path, skipped)
    cells = [cell for row in rows for cell in row]
    comma = any(_COMMA.fullmatch(x) and not THOUSANDS.fullmatch(x) for x in cells)
    decimal = "," if comma and not any(_POINT.fullmatch(x) for x in cells) else "."
    header = _is_header(rows, decimal)
    names, nameless = _names(rows[0], header=header)
    unusual = (
        (separator not in ",\t", f"Columns separated by {_SEPARATORS.get(separator, separator)}."),
        (decimal == ",", "Numbers are written with a decimal comma."),
        (encoding == "latin-1", "Read as Latin-1, because it is not UTF-8."),
        (encoding.startswith(("utf-16", "utf-32")), f"Read as {encoding.upper()}."),
        (not header, "The first line does not name the columns: they are numbered from 1."),
    )
    return Layout(
        names=names,
        nameless=nameless,
        header=header,
        separator=separator,
        decimal=decimal,
        encoding=encoding,
        skipped=skipped,
        notes=tuple(note for is_so, note in unusual if is_so),
    )


_COMMA = re.compile(r"[-+]?\d+,\d+([eE][-+]?\d+)?")
_POINT = re.compile(r"[-+]?\d*\.\d+([eE][-+]?\d+)?")
THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")
"""A number whose commas may separate thousands; one of them may also be a decimal comma."""


def is_number(text: str, decimal: str = ".") -> bool:
    """Return whether a cell is a number.

    Parameters
    ----------
    text : str
        The cell.
    decimal : str
        The sign before decimals.

    Returns
    -------
    bool
        Whether it is a number.

    Examples
    --------
    >>> is_number("1.5"), is_number("1,5"), is_number("1,5", ",")
    (True, False, True)
    """
    try:
        float(text.replace(decimal, "."))
    except ValueError:
        return False
    return "_" not in text


def _encoding(path: Path) -> str:
    """Return the encoding: that of the byte-order mark, else UTF-8, or Latin-1 if it is not."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        block = file.read(_BLOCK)
        for mark, name in _BYTE_ORDER_MARKS.items():
            if block.startswith(mark):
                return name
        while block:
            if b"\0" in block:
                hint = "unpack it if it is packed, and save it as UTF-8 text"
                raise unreadable(path.name, "it is not text (it contains zero bytes)", hint)
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return "latin-1"
            block = file.read(_BLOCK)
    return "utf-8"


def _table(path: Path, encoding: str) -> tuple[int, str, list[list[str]]]:
    """Return the number of lines above the table, the separator, and the first lines, split by it.

    The line above may be Excel's statement of the separator, or comments that start with #. The
    last comment belongs to the table if it names the columns, as `numpy.savetxt` writes it.
    """
    with path.open(encoding=encoding, newline=None) as file:
        first = list(islice(file, _LINES))
    stated = _EXCEL.match(first[0]) if first else None
    if stated:
        return 1, *_split(path, encoding, 1, stated.group(1))
    comments = sum(1 for _ in takewhile(lambda line: line.startswith("#"), first))
    separator, rows = _split(path, encoding, comments, None)
    if comments and rows and not _is_header(rows, "."):
        names = _rows(path, encoding, comments - 1, separator)[0]
        if names[0] == "#" and len(names) > len(rows[0]):
            del names[0]
        if len(names) == len(rows[0]):
            return comments - 1, separator, [names, *rows]
    return comments, separator, rows


def _split(
    path: Path, encoding: str, skipped: int, stated: str | None
) -> tuple[str, list[list[str]]]:
    """Return the separator and the first lines, split by it.

    It is the first one that splits every line below the first one into the same number of values,
    two or more; blanks, if they split more often than tabs do. If none does, it is that which
    splits most lines.
    """
    choice = [stated] if stated else [*_SEPARATORS]
    found = {separator: _rows(path, encoding, skipped, separator) for separator in choice}
    even = {
        separator: len(rows[-1])
        for separator, rows in found.items()
        if len({len(row) for row in rows[1:] or rows}) == 1 and len(rows[-1]) > 1
    }
    if even:
        best = next(iter(even))
        if best == "\t" and even.get(" ", 0) > even[best]:
            best = " "
        return best, found[best]
    found.pop(" ", None)
    best = max(found, key=lambda separator: sum(len(row) > 1 for row in found[separator]))
    if not any(len(row) > 1 for row in found[best]):
        best = stated or ","  # a single column
    return best, found[best]


def _rows(path: Path, encoding: str, skipped: int, separator: str) -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as file:
        lines = islice(file, skipped, None)
        if separator == " ":
            found = (_WORD.findall(line) for line in islice(lines, _LINES))
            return [[cell.strip('"') for cell in row] for row in found if row]
        records = csv.reader(lines, delimiter=separator, skipinitialspace=True)
        try:
            return [[cell.strip() for cell in row] for row in islice(records, _LINES) if row]
        except csv.Error:  # a value of more than 131,072 characters: another separator is right
            return []


def _refuse_unequal(rows: Sequence[Sequence[str]], path: Path, skipped: int) -> None:
    """Raise an error if a line has more values than the first one."""
    ((usual, _),) = Counter(len(row) for row in rows[len(rows) // 2 :]).most_common(1)
    first = len(rows[0])
    if usual > first:
        raise unreadable(
            path.name,
            f"line {1 + skipped} has {counted(first, 'value')}, but most below have {usual:,}",
            "delete lines above the table, and name every column in the first line",
        )
    for number, row in enumerate(rows, 1 + skipped):
        if len(row) > first:
            raise long_line(path, f"line {number} has {counted(len(row), 'value')}", first)


def long_line(path: Path, what: str, columns: int) -> Exception:
    """Return the error for a line with more values than there are columns.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        The line, in words.
    columns : int
        The number of columns.

    Returns
    -------
    InputError
        The error, to be raised.
    """
    reason = f"{what}, more values than there are columns ({columns:,})"
    return unreadable(
        path.name, reason, 'put values that contain the separator in quotation marks (")'
    )


def _is_header(rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Return whether the first line names the columns.

    It does not if one of its words occurs again below, in a column of words. Numbers are names
    only if they count: 0, 1, 2, ... as pandas writes them, or years.
    """
    first, below = rows[0], rows[1:]
    numbers = [cell for cell in first if is_number(cell, decimal)]
    words = {
        i: cell
        for i, cell in enumerate(first)
        if cell.lower() not in _MISSING and not is_number(cell, decimal)
    }
    if any(_recurs(i, cell, below, decimal) for i, cell in words.items()):
        return False
    if not all(re.fullmatch(r"[+-]?\d+", cell) for cell in numbers):
        return False
    counts = [int(cell) for cell in numbers]
    consecutive = {after - before for before, after in pairwise(counts)} == {1}
    if not words:
        return len(counts) > 2 and consecutive and counts[0] in (0, 1)
    return not counts or consecutive


def _recurs(column: int, word: str, rows: Sequence[Sequence[str]], decimal: str) -> bool:
    cells = [row[column] for row in rows if len(row) > column]
    return word in cells and not any(is_number(cell, decimal) for cell in cells)


def _names(first: Sequence[str], *, header: bool) -> tuple[tuple[str, ...], frozenset[int]]:
    """Return the names of the columns, and which of them have none in a file with names."""
    if not header:
        return tuple(str(i) for i in range(1, len(first) + 1)), frozenset()
    nameless = {i for i, name in enumerate(first) if not name or name.startswith("Unnamed: ")}
    names = [name or f"Unnamed: {i}" for i, name in enumerate(first)]
    names[0] = names[0].removeprefix("#").strip() or names[0]
    return tuple(names), frozenset(nameless)
