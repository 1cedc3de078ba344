"""How do words, figures and styles become HTML? Templates, addresses of drawings, static files."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from saturation_lab.pages.report import Report
from saturation_lab.words.numbers import unbroken

Figures = Mapping[str, Mapping[str, bytes]]
"""By a figure's id, the SVG for a wide and for a narrow screen."""


def part_id(group: str) -> str:
    """Return the id of the part of a page that shows a group."""
    return f"each.{group}"  # a dot, so that it is no figure's id


def figure_of(report: Report, figures: Figures, key: str) -> dict[str, Any]:
    """Return a figure by its id: its words, and its drawings as data URIs."""
    exhibit, group = next((e, g) for k, e, g in report.exhibits() if k == key)
    drawings = figures[key]
    return {
        "id": key,
        "title": exhibit.title,
        "caption": exhibit.caption(group),
        "numbers": exhibit.numbers(group),
        "alt": f"{exhibit.title}. {exhibit.alt(group)}",
        "plot": exhibit.plot,
        "alone": exhibit.alone,
        "page": data_uri(drawings["page"]),
        "phone": data_uri(drawings["phone"]),
    }


def data_uri(svg: bytes) -> Markup:
    """Return SVG as a data URI: percent-encoded, or in base64 where that is shorter (images)."""
    if b"'" not in svg:
        svg = svg.replace(b'"', b"'")  # which need no encoding, nor escaping in the page
    # no space may stay: a srcset ends an address there
    text = "data:image/svg+xml," + quote(svg.decode(), safe="='/:;()-_.!*?@+$~|{}[]^`")
    packed = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return Markup(min(text, packed, key=len))


@cache
def environment() -> Environment:
    """Return where templates are found: what they are given is escaped."""
    found = Environment(
        loader=PackageLoader("saturation_lab.pages"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["unbroken"] = unbroken
    found.filters["coded"] = coded
    return found


def coded(text: str) -> Markup:
    """Return a text of a report's TOML for the page: what stands between backticks is code.

    >>> print(coded("see `a < b`"))
    see <code>a &lt; b</code>
    """
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(unbroken(text)))))


def static(name: str) -> str:
    """Return a style sheet or script of ours as text."""
    from importlib.resources import files

    return files("saturation_lab.pages").joinpath("static", name).read_text(encoding="utf-8")
