"""How what an exhibit shows becomes a picture: a canvas, a signature, bytes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.figures.builds import build
from saturation_lab.figures.dark import darken
from saturation_lab.figures.theme import CANVASES, Canvas, sign, theme, written

SCREENS = tuple(replace(CANVASES[name], background="none") for name in ("page", "phone"))
"""The canvases of a page, for a wide and for a narrow screen: the page shines through."""


def picture(shown: Shown, canvas: Canvas, kind: str) -> bytes:
    """Return the figure as bytes of a kind (svg, png, pdf)."""
    return pictures(shown, shown.table, canvas, kind, builds=False)[-1]


def pictures(
    shown: Shown, table: pd.DataFrame, canvas: Canvas, kind: str, *, builds: bool
) -> list[bytes]:
    """Return the figure of a table, or all pictures of its build, the full one last."""
    with theme(canvas):
        figure = shown.draw(table, canvas=canvas)
        if shown.footer:
            sign(figure, canvas, shown.footer)
        if canvas.dark:
            darken(figure, images=not shown.photo)
        return build(figure, kind) if builds else [written(figure, kind)]
