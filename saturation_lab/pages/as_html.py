"""Renderer of a page as one self-contained HTML file, reproducible to the byte."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from importlib.resources import files

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from joblib.externals.loky import ProcessPoolExecutor
from latex2mathml.converter import convert
from markupsafe import Markup, escape

from saturation_lab.figures.theme import Canvas
from saturation_lab.pages.blocks import (
    Card,
    Cell,
    Figure,
    Page,
    Rich,
    Span,
    Table,
    pieces,
    plain_text,
)
from saturation_lab.pages.drawing import SCREENS, data_uri, picture
from saturation_lab.pages.statement_cards import card_blocks, card_title
from saturation_lab.pages.tables import csv, packed, tables_of
from saturation_lab.sampling.run import checked_workers
from saturation_lab.words.numbers import unbroken

_FEW = 3
"""Up to this many figures are drawn by the process itself."""
_WIDE = 48
"""The number of characters above which a fact is given its own line."""


def as_html(page: Page) -> str:
    """Render a page as HTML.

    The figures are drawn here, each for a wide and for a narrow screen.

    Parameters
    ----------
    page : Page
        The page.

    Returns
    -------
    str
        The HTML document, with style, scripts, pictures and tables embedded. All texts of the page
        are escaped.
    """
    tables = tables_of(page)
    stored = {f"table-{name}": content for name, content in tables.content.items()}
    stored |= {
        f"table-{one.id}": csv(pd.json_normalize([dict(row) for row in one.data]))
        for one in page.blocks
        if isinstance(one, Table) and one.data
    }
    return (
        _environment()
        .get_template("page.html")
        .render(
            page=page,
            parts=[section for section in page.sections if section.part],
            contents={
                section.id: (section.title, cards)
                for section in page.sections
                if (cards := [one.evidence for one in section.blocks if isinstance(one, Card)])
            },
            drawings=_drawn(page.figures),
            behind=tables.behind,
            stored={name: packed(content) for name, content in stored.items()},
            style=Markup(_static("page.css")),  # part of the package, not user input
            downloads=Markup(_static("downloads.js")),
            chooser=Markup(_static("chooser.js")),
            filter=Markup(_static("filter.js")),
        )
    )


def _drawn(figures: Sequence[Figure]) -> dict[str, dict[str, Markup]]:
    """Return the drawings of figures as data URIs, by the id and by the name of the canvas.

    Several figures are drawn by one process per core.
    """
    asked = [(figure, canvas) for figure in figures for canvas in SCREENS]
    ours = all(_module(figure.shown.draw).startswith("saturation_lab.") for figure in figures)
    workers = checked_workers(None) if ours and len(figures) > _FEW else 1
    if workers > 1:  # processes of their own, so that those that sample are as they were
        with ProcessPoolExecutor(max_workers=workers) as pool:
            found = list(pool.map(_svg, asked))
    else:
        found = list(map(_svg, asked))
    drawings: dict[str, dict[str, Markup]] = {figure.id: {} for figure in figures}
    for (figure, canvas), svg in zip(asked, found, strict=True):
        drawings[figure.id][canvas.name] = data_uri(svg)
    return drawings


def _svg(asked: tuple[Figure, Canvas]) -> bytes:
    figure, canvas = asked
    return picture(figure.shown, canvas, "svg")


def _module(function: Callable[..., object]) -> str:
    """Return the module of a function; that of a user's file cannot be imported by a worker."""
    return function.func.__module__ if isinstance(function, partial) else function.__module__


@cache
def _environment() -> Environment:
    """Return the Jinja environment of the templates, which escapes all values."""
    found = Environment(
        loader=PackageLoader("saturation_lab.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {"rich": rich, "kind": lambda block: type(block).__name__, "cells": _cells}
    found.filters |= {"wide": lambda row: len(plain_text(row[1])) > _WIDE}
    found.globals |= {"card_blocks": card_blocks, "card_title": card_title}
    return found


def _cells(row: Sequence[Rich | Cell]) -> list[Cell]:
    """Return the cells of a row as `Cell` objects."""
    return [one if isinstance(one, Cell) else Cell(lines=[one]) for one in row]


def rich(says: Rich) -> Markup:
    """Render a text as HTML.

    Parameters
    ----------
    says : str, Span or sequence of str and Span
        The text.

    Returns
    -------
    Markup
        The escaped text, with tags for spans and for words between backticks.

    Examples
    --------
    >>> print(rich(["see `a < b`", Span(says="holds", role="verdict", of="holds")]))
    see <code>a &lt; b</code><span class="verdict holds">holds</span>
    """
    return Markup("").join(
        _coded(one) if isinstance(one, str) else _span(one) for one in pieces(says)
    )


def _coded(text: str) -> Markup:
    """Render plain text; words between backticks are code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(unbroken(text)))))


def _span(one: Span) -> Markup:
    if one.role == "strip":
        return _strip(one)
    if one.role == "formula":
        return Markup(convert(one.says, display=one.of or "inline"))  # convert escapes its input
    says = _coded(one.says)
    if one.role in _TAGS:
        return _TAGS[one.role].format(says=says, of=one.of)
    return Markup('<span class="{}">{}</span>').format(f"{one.role} {one.of}".strip(), says)


def _strip(one: Span) -> Markup:
    """Render an interval plot: a band, a bar, a point, and a mark for theory, placed in percent."""
    *places, verdict = one.of.split()
    low, high, left, right, at, theory = map(float, places)
    wide, narrow = (
        '<i class="{}" style="left:{}%;right:{:.1f}%"></i>',
        '<i class="{}" style="left:{}%"></i>',
    )
    marks = [
        Markup(wide).format("band", low, 100 - high),
        Markup(wide).format("bar", left, 100 - right),
        Markup(narrow).format("theory-at", theory),
        Markup(narrow).format("at", at),
    ]
    drawn = (mark for mark in marks if "nan" not in mark)
    says = Markup('<span class="strip {}" role="img" aria-label="{}">{}</span>')
    return says.format(verdict, one.says, Markup("").join(drawn))


_TAGS: Mapping[str, Markup] = {
    "strong": Markup("<strong>{says}</strong>"),
    "em": Markup("<em>{says}</em>"),
    "code": Markup("<code>{says}</code>"),
    "term": Markup('<span title="{of}">{says}</span>'),
    "link": Markup('<a href="{of}">{says}</a>'),
    "image": Markup('<img class="plot" alt="{says}" src="{of}">'),
}


def _static(name: str) -> str:
    """Return a style sheet or script of the package as text."""
    return files("saturation_lab.pages").joinpath("static", name).read_text(encoding="utf-8")
