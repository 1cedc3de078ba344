"""A contact sheet of input images.

Tables: ``images(example, label, pixel, value)``, one row per example and pixel.
"""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.figures.theme import GRID, Canvas, blank


def contact_sheet(table: pd.DataFrame, *, canvas: Canvas) -> Figure:
    """Draw square greyscale images in rows, each with its label above it.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per example and pixel, with columns

        - ``example``: the number of the image;
        - ``label``: its title;
        - ``pixel``: the place of the pixel, counted row by row from the top left corner;
        - ``value``: its brightness, on any scale: the lowest value of the table is drawn black and
          the highest white.
    canvas : Canvas
        A wide canvas has room for 60 images, others for 36.

    Returns
    -------
    matplotlib.figure.Figure
        The contact sheet.
    """
    figure = blank(canvas)
    figure.set_layout_engine("constrained", h_pad=0.03, w_pad=0.03, hspace=0.01, wspace=0.01)
    columns, rows = (12, 5) if canvas.wide else (6, 6)
    panels = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    low, high = table["value"].min(), table["value"].max()
    shown = table.groupby("example", sort=True)
    for axes in panels:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set(visible=True, color=GRID, linewidth=0.6)  # edges for white images
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    for axes, (_, image) in zip(panels, shown, strict=False):
        side = math.isqrt(len(image))
        pixels = image.sort_values("pixel")["value"].to_numpy().reshape(side, side)
        axes.imshow(pixels, cmap="gray", vmin=low, vmax=high, interpolation="nearest")
        axes.set_title(image["label"].iloc[0], loc="center", fontsize=0.85 * canvas.font, pad=2)
    return figure
