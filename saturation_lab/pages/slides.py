"""What stands on one slide? A figure, or a part of one whose letters would be too small to read."""

from __future__ import annotations

import math
import re

import pandas as pd
from matplotlib.text import Text

from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.material import Group
from saturation_lab.figures.theme import Canvas, theme

LEAST = 15.0
"""Points: what makes any letter smaller is cut into slides; a label is then larger than 16."""


def slides(exhibit: Exhibit, group: Group, canvas: Canvas) -> dict[str, pd.DataFrame]:
    """Return the tables of an exhibit's slides, by what their files' names add to its id.

    Where letters would be smaller than `LEAST`, an exhibit that names a column in ``cut`` has a
    slide for each value of it, and more than one where that is still too much. Any other exhibit,
    and any canvas but a slide, has one.
    """
    table = exhibit.table(group)
    whole = not (exhibit.cut and canvas.footer)
    if whole or _smallest(exhibit, group, canvas, table) >= LEAST:
        return {"": table}
    found: dict[str, pd.DataFrame] = {}
    for value, rows in table.groupby(exhibit.cut, sort=False):
        name = re.sub(r"\W+", "-", str(value).lower()).strip("-")
        parts = _parts(exhibit, group, canvas, rows)
        for number, part in enumerate(parts, 1):
            found[f"-{name}-part-{number}" if len(parts) > 1 else f"-{name}"] = part
    return found


def _parts(
    exhibit: Exhibit, group: Group, canvas: Canvas, rows: pd.DataFrame
) -> list[pd.DataFrame]:
    """Return the rows in as few parts of about one size as can be read."""
    for count in range(1, len(rows) + 1):
        size = math.ceil(len(rows) / count)
        parts = [rows[first : first + size] for first in range(0, len(rows), size)]
        if all(_smallest(exhibit, group, canvas, part) >= LEAST for part in parts):
            return parts
    return [rows[i : i + 1] for i in range(len(rows))]


def _smallest(exhibit: Exhibit, group: Group, canvas: Canvas, rows: pd.DataFrame) -> float:
    with theme(canvas):
        texts = exhibit.draw(rows, canvas, group).findobj(Text)
    return min(float(text.get_fontsize()) for text in texts if text.get_text())
