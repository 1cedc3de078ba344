"""A template for exporting a report's figures to slides.

Run it with ``python scripts/export_figures.py FOLDER``, then copy it and adapt the copy.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from saturation_lab.figures import CANVASES
from saturation_lab.pages import compute, read_spec, write_figures
from saturation_lab.pages.report_page import report_page


def main(folder: Path) -> None:
    """Sample a report and write its figures: 16:9, light and dark, complete and step by step."""
    spec = read_spec("glorot_2010").with_networks(10)  # or read_spec("lecture")
    page = report_page(compute(spec))
    for name, dark in (("light", False), ("dark", True)):
        canvas = replace(CANVASES["talk"], dark=dark)
        for path in write_figures(
            page, folder / name, formats=("svg", "png"), canvas=canvas, builds=True
        ):
            print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "my_figures"))
