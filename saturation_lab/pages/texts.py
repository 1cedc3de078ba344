"""The longer texts of the pages, read from ``texts.toml``, as strings and as blocks."""

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
    """Return an entry of ``texts.toml`` without filling its placeholders.

    Parameters
    ----------
    key : str
        The name of a table and of a key in it, joined by a dot: ``table.key``.

    Returns
    -------
    str, list of str or dict
        A text, a list of texts, or texts by name.

    Examples
    --------
    >>> entry("verdicts.answers")["holds"]
    'The whole interval lies inside the region.'
    """
    table, _, name = key.partition(".")
    return _read()[table][name]


def text(key: str, **filled: object) -> str:
    """Return a text by its key, with its placeholders filled.

    Parameters
    ----------
    key : str
        The name of a table of ``texts.toml`` and of a key in it: ``table.key``.
    **filled : object
        A value for each placeholder of the text.

    Returns
    -------
    str
        The text; asterisks that mark emphasis are kept.

    Examples
    --------
    >>> text("comparison.welch")
    'in Welch’s form, because the two studies share no random numbers'
    """
    return str(entry(key)).format(**filled)


def paragraph(key: str, **filled: object) -> Text:
    """Return a text as a paragraph, with the words between asterisks emphasized.

    Parameters
    ----------
    key : str
        The name of a table of ``texts.toml`` and of a key in it: ``table.key``.
    **filled : object
        A value for each placeholder of the text.

    Returns
    -------
    Text
        The paragraph.
    """
    return Text(marked(text(key, **filled)))


def paragraphs(key: str) -> list[Text]:
    """Return a list of texts as paragraphs, with the words between asterisks emphasized.

    Parameters
    ----------
    key : str
        The name of a table of ``texts.toml`` and of a key in it that holds a list.

    Returns
    -------
    list of Text
        One paragraph per text.
    """
    return [Text(marked(one)) for one in entry(key)]
