"""An index page that links to all pages in the subfolders of a folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from saturation_lab.checks import InputError, Words
from saturation_lab.pages.blocks import Page, Section, Span, Text
from saturation_lab.pages.drawing import data_uri
from saturation_lab.pages.writing import COVER


def index_page(folder: Path) -> Page:
    """Return a page that links to the pages in the subfolders of a folder.

    Parameters
    ----------
    folder : Path
        The folder. A subfolder has a page if it contains ``index.html`` and ``report.json``, from
        which the title and the question are taken. The picture is that in ``cover.svg``, if any.

    Returns
    -------
    Page
        The index, with one section per page, sorted by the name of the subfolder.

    Raises
    ------
    InputError
        If there is no page, or a ``report.json`` cannot be read.
    """
    sections = list(_sections(folder))
    if not sections:
        raise InputError(
            "index",
            expected="a folder whose subfolders contain pages",
            got=Words(folder),
            hint="make a page first: saturation-lab report NAME",
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
            expected = "a readable report.json with a title and a question"
            raise InputError("index", expected=expected, got=Words(data)) from error
        place = quote(data.parent.name)
        cover = data.parent / COVER
        drawn = [cover.read_bytes()] if cover.is_file() else []
        picture = [Text(Span(title, "image", data_uri(svg))) for svg in drawn]
        links = (
            Span("Read the page", "link", f"{place}/index.html"),
            " · ",
            Span("the same data as JSON", "link", f"{place}/report.json"),
        )
        blocks = [Text(question), *picture, Text(links)]
        yield Section(id=f"to.{data.parent.name}", title=title, blocks=blocks)
