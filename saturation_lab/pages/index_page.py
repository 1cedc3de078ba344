"""A page that leads to all the pages in the folders of a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from saturation_lab.checks import InputError, Words
from saturation_lab.pages.blocks import Page, Section, Span, Text


def index_page(folder: Path) -> Page:
    """Return a page that leads to the pages in the folders of a folder.

    A page is an ``index.html`` beside a ``report.json``, which says its title and question.

    Raises
    ------
    InputError
        If there is none, or a ``report.json`` cannot be read.
    """
    sections = list(_sections(folder))
    if not sections:
        raise InputError(
            "index",
            expected="a folder with folders of pages",
            got=Words(folder),
            hint="make one first: saturation-lab report NAME",
        )
    return Page(
        name="index",
        title="Reports",
        question="What does this initialization do to my network, and how do you know?",
        sections=sections,
    )


def _sections(folder: Path) -> Iterator[Section]:
    for data in sorted(folder.glob("*/report.json")):
        if not (data.parent / "index.html").is_file():
            continue
        try:
            said = json.loads(data.read_text(encoding="utf-8"))
            title, question = str(said["title"]), str(said["question"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("index", expected="a page's report.json", got=Words(data)) from error
        place = quote(data.parent.name)
        links = (
            Span("Read the page", "link", f"{place}/index.html"),
            " · ",
            Span("the same as JSON", "link", f"{place}/report.json"),
        )
        blocks = [Text(question), Text(links)]
        yield Section(id=f"to.{data.parent.name}", title=title, blocks=blocks)
