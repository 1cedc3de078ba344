"""Writes a page into a folder, as HTML and as JSON, and its figures as files of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from saturation_lab.figures.theme import Canvas
from saturation_lab.files import write_atomically
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json, in_lines
from saturation_lab.pages.blocks import Figure, Page
from saturation_lab.pages.drawing import pictures
from saturation_lab.pages.slides import slides


def write_page(page: Page, folder: Path) -> tuple[Path, Path]:
    """Write ``index.html`` and ``report.json`` into a folder; return their paths."""
    return write_html(page, folder), write_json(page, folder)


def write_html(page: Page, folder: Path) -> Path:
    """Write the page to ``folder/index.html`` and return its path."""
    return write_atomically(folder / "index.html", as_html(page).encode())


def write_json(page: Page, folder: Path) -> Path:
    """Write what the page says, as data, to ``folder/report.json`` and return its path."""
    return write_atomically(folder / "report.json", f"{in_lines(as_json(page))}\n".encode())


def write_figures(
    page: Page, folder: Path, *, formats: tuple[str, ...], canvas: Canvas, builds: bool = False
) -> list[Path]:
    """Write every figure by its id in every format; return the paths.

    What is too much for a slide is cut into several, ``ID-NAME.svg``. With ``builds`` a figure of
    several steps is also written step by step: ``ID-1.svg``, ``ID-2.svg``, ..., the last the same
    as ``ID.svg``; elements already shown keep their position.
    """
    files = {
        folder / name: content
        for figure in page.figures
        for kind in formats
        for name, content in _files(figure, canvas, kind, builds=builds)
    }
    return [write_atomically(path, content) for path, content in files.items()]


def _files(
    figure: Figure, canvas: Canvas, kind: str, *, builds: bool
) -> Iterator[tuple[str, bytes]]:
    """Yield the name and bytes of each file of a figure."""
    for part, table in slides(figure.shown, canvas).items():
        drawn = pictures(figure.shown, table, canvas, kind, builds=builds)
        yield f"{figure.id}{part}.{kind}", drawn[-1]
        if len(drawn) > 1:
            for number, picture in enumerate(drawn, 1):
                yield f"{figure.id}{part}-{number}.{kind}", picture
