"""The verb `index`: one page that leads to all."""

from __future__ import annotations

from pathlib import Path


def run(folder: Path = Path("reports/build"), /) -> None:
    """Write a page that leads to all pages.

    Parameters
    ----------
    folder
        holds one folder a page
    """
    from saturation_lab.pages.index_page import index_page
    from saturation_lab.pages.writing import write_html

    print(f"Index: {write_html(index_page(folder), folder)}")
