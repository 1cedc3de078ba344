"""Titles that fit above side-by-side panels."""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from saturation_lab.figures.forest_rows import broken, text_width
from saturation_lab.figures.theme import Canvas

_ROOM = 0.85
"""The panel's share of the width of its column; tick labels take the rest."""
_REGULAR = 0.88
"""The width of regular letters, which `broken` measures, relative to that of bold ones."""


def column_title(axes: Axes, words: str, *, canvas: Canvas, columns: float, **look: Any) -> None:
    """Write a panel's title, wrapped to the width of its column.

    A title that does not fit on one line is broken at its commas first. If a single word is too
    wide, the font size is reduced. Titles may contain names given by a user, so a $ is not
    interpreted as mathematics.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel, which is changed in place.
    words : str
        The title.
    canvas : Canvas
        The canvas of the figure, whose width is shared by the columns.
    columns : float
        The number of columns side by side; a fraction allows for space next to the panels.
    **look
        Further arguments of `matplotlib.axes.Axes.set_title`, such as ``color``.
    """
    size = float(axes.title.get_fontsize())
    room = _ROOM * 72 * canvas.width / columns
    lines = broken(words, size, _REGULAR * room)
    if len(lines) > 1:
        parts = words.replace(", ", ",\n").split("\n")
        lines = [line for part in parts for line in broken(part, size, _REGULAR * room)]
    widest = max((text_width(line, size, bold=True) for line in lines), default=0.0)
    size *= min(1.0, room / widest) if widest else 1.0
    axes.set_title("\n".join(lines), fontsize=size, parse_math=False, **look)
