"""Splitting of figures into several slides if the text would be too small on one."""

from __future__ import annotations

import math
import re

import pandas as pd
from matplotlib.text import Text

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.figures.theme import Canvas, theme

LEAST = 15.0
"""The smallest font size on a slide, in points; a figure with smaller text is split."""


def slides(shown: Shown, canvas: Canvas) -> dict[str, pd.DataFrame]:
    """Return the tables of an exhibit's slides.

    If any text would be smaller than `LEAST`, an exhibit that names a column in ``cut`` is split
    into one slide for each value of that column, or into several where one is still too full. Any
    other exhibit has one slide, and so has every exhibit on a canvas that is not a slide.

    Parameters
    ----------
    shown : Shown
        The content of the exhibit.
    canvas : Canvas
        The size and theme; a canvas with a footer is a slide.

    Returns
    -------
    dict of str to DataFrame
        The rows of each slide, by the suffix that is added to the exhibit's id in the file name;
        "" for a single slide.
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
    """Split rows into the smallest number of parts, of about equal size, that can be read."""
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
