"""Draw a report's figures for slides: ``python scripts/export_figures.py FOLDER``. Copy it."""

from __future__ import annotations

import sys
from pathlib import Path

from saturation_lab.figures.theme import CANVASES
from saturation_lab.report.build import compute, write_figures
from saturation_lab.report.reading import read_spec


def main(folder: Path) -> None:
    """Sample and write every figure, 16:9, as SVG and PNG."""
    report = compute(read_spec("glorot_2010").with_networks(10))
    for path in write_figures(report, folder, formats=("svg", "png"), canvas=CANVASES["talk"]):
        print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "my_figures"))
