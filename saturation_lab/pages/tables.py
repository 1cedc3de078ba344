"""The tables behind the figures of a page: stored once each, as CSV, compressed, or as columns."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from saturation_lab.pages.blocks import Page


@dataclass(frozen=True, kw_only=True)
class Tables:
    """The tidy tables behind the figures of a page, stored once each.

    Attributes
    ----------
    named : mapping of str to DataFrame
        The tables, each named by the id of the first figure drawn from it.
    content : mapping of str to bytes
        The same tables as CSV.
    behind : mapping of str to str
        For the id of each figure, the name of its table.
    """

    named: Mapping[str, pd.DataFrame]
    content: Mapping[str, bytes]
    behind: Mapping[str, str]


def tables_of(page: Page) -> Tables:
    """Return the tables behind the figures of a page; equal tables are shared.

    Parameters
    ----------
    page : Page
        The page.

    Returns
    -------
    Tables
        The tables.
    """
    named: dict[str, pd.DataFrame] = {}
    behind: dict[str, str] = {}
    first: dict[bytes, str] = {}
    for figure in page.figures:
        name = behind[figure.id] = first.setdefault(csv(figure.shown.table), figure.id)
        named.setdefault(name, figure.shown.table)
    return Tables(named=named, content={name: text for text, name in first.items()}, behind=behind)


def csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV, with ``inf`` for infinity and an empty field for NaN.

    Parameters
    ----------
    table : DataFrame
        The table; its index is omitted.

    Returns
    -------
    bytes
        The CSV in UTF-8, from which every number can be read back exactly.

    Examples
    --------
    >>> csv(pd.DataFrame({"left": [float("-inf"), 0.1], "right": [0.1, float("nan")]}))
    b'left,right\\n-inf,0.1\\n0.1,\\n'
    """
    return table.to_csv(index=False, lineterminator="\n").encode()


def packed(content: bytes) -> str:
    """Compress bytes for embedding in a page.

    The zlib format can be unpacked by a browser's ``DecompressionStream("deflate")``. Unlike gzip,
    it contains no time stamp, so the result is reproducible. A table shrinks to about an eighth.

    Parameters
    ----------
    content : bytes
        The bytes to compress.

    Returns
    -------
    str
        The compressed bytes in base64.

    Examples
    --------
    >>> zlib.decompress(base64.b64decode(packed(b"left,right")))
    b'left,right'
    """
    return base64.b64encode(zlib.compress(content, level=9)).decode()


def columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a table as plain data, with one list per column.

    Parameters
    ----------
    table : DataFrame
        The table; its index is omitted.

    Returns
    -------
    dict of str to list
        The columns, which ``pandas.DataFrame`` accepts.

    Examples
    --------
    >>> columns(pd.DataFrame({"layer": [1, 2], "share": [0.1, 0.2]}))
    {'layer': [1, 2], 'share': [0.1, 0.2]}
    """
    return {str(name): table[name].tolist() for name in table.columns}
