"""Functions that write a page to a folder as HTML and JSON, and its figures as separate files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from saturation_lab.figures.theme import Canvas
from saturation_lab.files import write_atomically
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json, in_lines
from saturation_lab.pages.blocks import Figure, Page
from saturation_lab.pages.drawing import SCREENS, picture, pictures
from saturation_lab.pages.slides import slides

COVER = "cover.svg"
"""The file with the picture that opens a page, which an index shows."""


def write_page(page: Page, folder: str | Path) -> tuple[Path, Path]:
    """Write a page to a folder as ``index.html`` and ``report.json``.

    Parameters
    ----------
    page : Page
        The page.
    folder : str or Path
        The folder, which is created if needed; existing files are replaced.

    Returns
    -------
    tuple of Path
        The paths of the HTML and of the JSON file; the picture that opens the page lies beside
        them, in ``cover.svg``.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    for one in page.cover:
        if isinstance(one, Figure):
            write_atomically(Path(folder) / COVER, picture(one.shown, SCREENS[0], "svg"))
    return write_html(page, folder), write_json(page, folder)


def write_html(page: Page, folder: str | Path) -> Path:
    """Write a page to ``folder/index.html``.

    Parameters
    ----------
    page : Page
        The page.
    folder : str or Path
        The folder, which is created if needed; an existing file is replaced.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    return write_atomically(Path(folder) / "index.html", as_html(page).encode())


def write_json(page: Page, folder: str | Path) -> Path:
    """Write the content of a page as data to ``folder/report.json``.

    Parameters
    ----------
    page : Page
        The page.
    folder : str or Path
        The folder, which is created if needed; an existing file is replaced.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    return write_atomically(Path(folder) / "report.json", f"{in_lines(as_json(page))}\n".encode())


def write_figures(
    page: Page,
    folder: str | Path,
    *,
    formats: tuple[str, ...],
    canvas: Canvas,
    builds: bool = False,
) -> list[Path]:
    """Write every figure of a page in every format, named by its id.

    A figure that is too full for one slide is split into several: ``ID-NAME.svg``.

    Parameters
    ----------
    page : Page
        The page.
    folder : str or Path
        The folder, which is created if needed; existing files are replaced.
    formats : tuple of str
        The file formats: ``svg``, ``png`` or ``pdf``.
    canvas : Canvas
        The size, the theme, and whether the background is dark.
    builds : bool
        Whether to write figures with several steps also step by step: ``ID-1.svg``, ``ID-2.svg``,
        ...; the last equals ``ID.svg``. Elements already shown keep their position.

    Returns
    -------
    list of Path
        The paths of the files.

    Raises
    ------
    InputError
        If the folder cannot be written to.
    """
    files = {
        Path(folder) / name: content
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
