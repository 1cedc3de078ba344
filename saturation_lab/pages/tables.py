"""The tables behind a page: each stored once, packed for the page, as columns for JSON."""

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
    """The tidy tables behind the figures of a page, each once.

    Attributes
    ----------
    named
        The tables, each by the id of the first figure that is drawn from it.
    content
        The same as CSV.
    behind
        For each figure's id the name of its table.
    """

    named: Mapping[str, pd.DataFrame]
    content: Mapping[str, bytes]
    behind: Mapping[str, str]


def tables_of(page: Page) -> Tables:
    """Return the tables behind the figures of a page; equal ones are shared."""
    named: dict[str, pd.DataFrame] = {}
    behind: dict[str, str] = {}
    first: dict[bytes, str] = {}
    for figure in page.figures:
        name = behind[figure.id] = first.setdefault(csv(figure.shown.table), figure.id)
        named.setdefault(name, figure.shown.table)
    return Tables(named=named, content={name: text for text, name in first.items()}, behind=behind)


def csv(table: pd.DataFrame) -> bytes:
    """Return a table as CSV: every number exactly, ``inf`` for infinity, nothing for NaN.

    >>> csv(pd.DataFrame({"left": [float("-inf"), 0.1], "right": [0.1, float("nan")]}))
    b'left,right\\n-inf,0.1\\n0.1,\\n'
    """
    return table.to_csv(index=False, lineterminator="\n").encode()


def packed(content: bytes) -> str:
    """Return bytes for a page: deflated, about an eighth for a table, and in base64.

    zlib's form, which a browser's ``DecompressionStream("deflate")`` unpacks; unlike gzip's it has
    no clock in it.

    >>> zlib.decompress(base64.b64decode(packed(b"left,right")))
    b'left,right'
    """
    return base64.b64encode(zlib.compress(content, level=9)).decode()


def columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return a table as plain data, a list a column; ``pandas.DataFrame`` takes it back.

    >>> columns(pd.DataFrame({"layer": [1, 2], "share": [0.1, 0.2]}))
    {'layer': [1, 2], 'share': [0.1, 0.2]}
    """
    return {str(name): table[name].tolist() for name in table.columns}
