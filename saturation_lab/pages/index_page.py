"""Which pages lie in a folder? One page that leads to all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from markupsafe import Markup

from saturation_lab.checks import InputError, Words
from saturation_lab.files import write_atomically
from saturation_lab.pages.html import environment, static


def write_index(folder: Path) -> Path:
    """Write ``index.html`` over the pages in the folders of a folder; return its path.

    A page is an ``index.html`` beside a ``report.json``, which says its title and question.

    Raises:
        InputError: there is none, or a ``report.json`` cannot be read.
    """
    pages = list(_pages(folder))
    if not pages:
        raise InputError(
            "index",
            expected="a folder with folders of pages",
            got=Words(folder),
            hint="make one first: saturation-lab report NAME",
        )
    html = (
        environment()
        .get_template("index.html")
        .render(pages=pages, style=Markup(static("page.css")))
    )
    return write_atomically(folder / "index.html", html.encode())


def _pages(folder: Path) -> Iterator[dict[str, str]]:
    for twin in sorted(folder.glob("*/report.json")):
        if not (twin.parent / "index.html").is_file():
            continue
        try:
            said = json.loads(twin.read_text(encoding="utf-8"))
            title, question = str(said["title"]), str(said["question"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError("index", expected="a page's report.json", got=Words(twin)) from error
        yield {"folder": twin.parent.name, "title": title, "question": question}
