"""The longer texts of the pages, which stand together in ``texts.toml``, as text and as blocks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from saturation_lab.pages.blocks import Text, marked


@cache
def _read() -> Mapping[str, Mapping[str, Any]]:
    source = files("saturation_lab.pages").joinpath("texts.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


def entry(key: str) -> Any:
    """Return what stands under ``table.key``: a text, a list of texts, or a table of them."""
    table, _, name = key.partition(".")
    return _read()[table][name]


def text(key: str, **filled: object) -> str:
    """Return a text by its key, ``table.key``, with its placeholders filled.

    >>> text("comparison.paired")
    'of the differences within pairs of one index, which share random numbers'
    """
    return str(entry(key)).format(**filled)


def paragraph(key: str, **filled: object) -> Text:
    """Return a text as a paragraph, with what stands in asterisks set off."""
    return Text(marked(text(key, **filled)))


def paragraphs(key: str) -> list[Text]:
    """Return a list of texts as paragraphs."""
    return [Text(marked(one)) for one in entry(key)]
