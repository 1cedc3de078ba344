"""The generator of the picture in the README.

Run it with ``python scripts/readme_picture.py``; it takes half a minute.
"""

from __future__ import annotations

from pathlib import Path

from saturation_lab.exhibits import EXHIBITS
from saturation_lab.figures import CANVASES
from saturation_lab.files import write_atomically
from saturation_lab.pages import compute, picture, read_spec

PICTURE = Path(__file__).parents[1] / "docs" / "figure_7.svg"


def main() -> None:
    """Sample the report glorot_2010 and write its Figure 7, layer by layer."""
    report = compute(read_spec("glorot_2010"))
    shown = EXHIBITS["ridges_7"].make(report.groups["shapeset"])
    print(write_atomically(PICTURE, picture(shown, CANVASES["page"], "svg")))


if __name__ == "__main__":
    main()
