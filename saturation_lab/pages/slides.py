"""Cuts a figure whose letters would be too small to read into several slides."""

from __future__ import annotations

import math
import re

import pandas as pd
from matplotlib.text import Text

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.figures.theme import Canvas, theme

LEAST = 15.0
"""Points: what makes any letter smaller is cut into slides; a label is then larger than 16."""


def slides(shown: Shown, canvas: Canvas) -> dict[str, pd.DataFrame]:
    """Return the tables of an exhibit's slides, by what their files' names add to its id.

    Where letters would be smaller than `LEAST`, an exhibit that names a column in ``cut`` has a
    slide for each value of it, and more than one where that is still too much. Any other exhibit,
    and any canvas but a slide, has one.
    """
    whole = not (shown.cut and canvas.footer)
    if whole or _smallest(shown, canvas, shown.table) >= LEAST:
        return {"": shown.table}
    found: dict[str, pd.DataFrame] = {}
    for value, rows in shown.table.groupby(shown.cut, sort=False):
        name = re.sub(r"\W+", "-", str(value).lower()).strip("-")
        parts = _parts(shown, canvas, rows)
        for number, part in enumerate(parts, 1):
            found[f"-{name}-part-{number}" if len(parts) > 1 else f"-{name}"] = part
    return found


def _parts(shown: Shown, canvas: Canvas, rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return the rows in as few parts of about one size as can be read."""
    for count in range(1, len(rows) + 1):
        size = math.ceil(len(rows) / count)
        parts = [rows[first : first + size] for first in range(0, len(rows), size)]
        if all(_smallest(shown, canvas, part) >= LEAST for part in parts):
            return parts
    return [rows[i : i + 1] for i in range(len(rows))]


def _smallest(shown: Shown, canvas: Canvas, rows: pd.DataFrame) -> float:
    with theme(canvas):
        texts = shown.draw(rows, canvas=canvas).findobj(Text)
    return min(float(text.get_fontsize()) for text in texts if text.get_text())
