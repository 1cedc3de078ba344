"""Pictures of exhibits: each is drawn on a canvas, signed, and returned as bytes."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.figures.builds import build
from saturation_lab.figures.dark import darken
from saturation_lab.figures.theme import CANVASES, Canvas, sign, theme, written

SCREENS = tuple(replace(CANVASES[name], background="none") for name in ("page", "phone"))
"""The canvases of a page, for wide and narrow screens; their background is transparent."""


def picture(shown: Shown, canvas: Canvas, kind: str) -> bytes:
    """Return the complete picture of an exhibit.

    Parameters
    ----------
    shown : Shown
        The content of the exhibit.
    canvas : Canvas
        The size, the theme, and whether the background is dark.
    kind : str
        The file format: ``svg``, ``png`` or ``pdf``.

    Returns
    -------
    bytes
        The content of the file.
    """
    return pictures(shown, shown.table, canvas, kind, builds=False)[-1]


def pictures(
    shown: Shown, table: pd.DataFrame, canvas: Canvas, kind: str, *, builds: bool
) -> list[bytes]:
    """Return the picture of a table, or the pictures of its step-by-step build.

    Parameters
    ----------
    shown : Shown
        The content of the exhibit.
    table : DataFrame
        The table to draw: that of ``shown``, or some of its rows.
    canvas : Canvas
        The size, the theme, and whether the background is dark.
    kind : str
        The file format: ``svg``, ``png`` or ``pdf``.
    builds : bool
        Whether to add one picture for each step of the build.

    Returns
    -------
    list of bytes
        The content of each file; the complete picture is the last.
    """
    with theme(canvas):
        figure = shown.draw(table, canvas=canvas)
        if shown.footer:
            sign(figure, canvas, shown.footer)
        if canvas.dark:
            darken(figure, images=not shown.photo)
        return build(figure, kind) if builds else [written(figure, kind)]
