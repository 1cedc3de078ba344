"""The verb `index`, which writes a page with links to all pages of a folder."""

from __future__ import annotations

from pathlib import Path


def run(folder: Path = Path("reports/build"), /) -> None:
    """Write an index page with links to all built pages.

    Parameters
    ----------
    folder : Path
        Folder that contains one folder per page.
    """
    from saturation_lab.pages.index_page import index_page
    from saturation_lab.pages.writing import write_html

    print(f"Index: {write_html(index_page(folder), folder)}")
