"""How does a title fit over its panel, where panels stand side by side?"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes

from saturation_lab.figures.forest_rows import broken, text_width
from saturation_lab.figures.theme import Canvas

_ROOM = 0.85
"""A panel's share of its column, beside which stand tick labels."""
_REGULAR = 0.88
"""The width of regular letters, by which lines break, over that of bold ones."""


def column_title(axes: Axes, words: str, *, canvas: Canvas, columns: float, **look: Any) -> None:
    """Write a panel's title in lines as wide as its column, smaller where a word is wider.

    What does not fit on one line breaks at its commas first. A user's name may hold a $, so nothing
    is read as mathematics.
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
