"""The layout of a forest plot: the position of every row and text, and the line breaks of labels.

All lengths are in points; heights are measured downwards from the top of the figure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from saturation_lab.figures.theme import INK, QUIET, Canvas

MARKS: Mapping[str, tuple[str, str]] = {
    "holds": ("✓ holds", "#00694f"),
    "fails": ("✗ fails", "#b3400a"),
    "needs": ("◐ needs", "#7a5200"),
    "notation": ("≈ notation", "#7a5200"),
    "undecided": ("? undecided", QUIET),
    "advice": ("→ advice", "#2c5a8c"),
    "alike": ("✓ alike", "#00694f"),
    "unlike": ("✗ unlike", "#b3400a"),
}
"""Text and colour of each verdict; the colours are safe for colour-blind readers."""
_NO_INTERVAL = "no interval"
_LABELS, _BESIDE_NUMBERS = 0.38, 0.28
"""The labels' largest share of a wide canvas; the second if numbers are written out as well."""
_ASKED = 9.9
"""The largest width of the text of a region, in font sizes of the canvas."""
_LABEL, _NOTE = 0.92, 0.84
"""The font sizes of labels and notes, relative to that of the canvas."""
_LEADING, _PAD, _ABOVE, _GUTTER, _STRIP = 1.3, 0.38, 0.8, 1.3, 1.7
"""In font sizes: the height of a line; the space above and below a row, above a heading and next
to the axis; the height of a bar below its label."""
_GAP = 0.9
"""The space between columns of text, in font sizes."""


@dataclass(frozen=True, kw_only=True)
class _Text:
    """A left-aligned text; ``y`` is the height of its middle."""

    words: str
    x: float
    y: float
    size: float
    colour: str = INK
    bold: bool = False


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """One row of the table, and where it is drawn.

    Attributes
    ----------
    values : mapping of str to float
        The numbers of the row, by the names in `NUMBERS`.
    verdict : str
        A key of `MARKS`.
    said : bool
        Whether the estimate is written out next to the label.
    top, bottom : float
        The heights between which the bar is drawn.
    """

    values: Mapping[str, float]
    verdict: str
    said: bool
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        """The height at which the bar is drawn."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The rows that share one scale.

    Attributes
    ----------
    scale : str
        A key of `forest_axes.SCALES`.
    rows : tuple of ForestRow
        The rows, from top to bottom.
    texts : tuple of _Text
        All texts next to and above the rows.
    rules : tuple of float
        The heights of the lines between the rows.
    left, right : float
        The ends of the axis.
    top, bottom : float
        The extent of the rows; the axis is drawn at the bottom.
    """

    scale: str
    rows: tuple[ForestRow, ...]
    texts: tuple[_Text, ...]
    rules: tuple[float, ...]
    left: float
    right: float
    top: float
    bottom: float


NUMBERS = ("estimate", "low", "high", "inside_low", "inside_high", "predicted")
"""The numeric columns of the table."""


def panels_of(
    table: pd.DataFrame,
    canvas: Canvas,
    *,
    above: float,
    below: Mapping[str, float],
    air: float = 0.0,
) -> list[Panel]:
    """Lay out a forest plot.

    Parameters
    ----------
    table : pandas.DataFrame
        The table of `forest.forest_plot`.
    canvas : Canvas
        A wide canvas, or a narrow one, on which each bar is below its label.
    above : float
        The height of the legend.
    below : mapping of str to float
        The height of the axis of each scale.
    air : float
        Additional height for every row.

    Returns
    -------
    list of Panel
        One panel per scale, from top to bottom.
    """
    panels: list[Panel] = []
    columns = _columns(table, canvas)
    for scale, rows in table.groupby("scale", sort=False):
        panels.append(_panel(str(scale), rows, canvas, above, columns, air))
        above = panels[-1].bottom + below[str(scale)]
    return panels


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """Return the width of a line of text in the theme's font.

    Parameters
    ----------
    words : str
        The text, without line breaks.
    size : float
        The font size in points.
    bold : bool
        Whether the text is bold.

    Returns
    -------
    float
        The width in points.
    """
    letters = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(words, letters, ismath=False)
    return float(width)


def broken(words: str, size: float, width: float) -> list[str]:
    """Break a text into lines; a word that is wider than a line gets a line of its own.

    Parameters
    ----------
    words : str
        The text; it may contain no-break spaces, at which it is not broken.
    size : float
        The font size in points.
    width : float
        The width of a line in points.

    Returns
    -------
    list of str
        The lines; an empty text has none.

    Examples
    --------
    >>> broken("one two", 10, 1000), broken("one two", 10, 30), broken("", 10, 30)
    (['one two'], ['one', 'two'], [])
    """
    lines: list[str] = []
    for word in re.findall("[^ ]+", words):  # words joined by no-break spaces count as one
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def margin_of(canvas: Canvas) -> float:
    """Return the width of the empty margin around a figure, the same as in all other figures.

    Parameters
    ----------
    canvas : Canvas
        The canvas, whose width determines the margin.

    Returns
    -------
    float
        The margin in points.
    """
    return 0.008 * 72 * canvas.width


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """Where the columns begin; on a narrow canvas the axis is below the texts.

    Attributes
    ----------
    labels : float
        Where the labels begin, after the keys.
    room : float
        The width of the labels.
    left, right : float
        The ends of the axis.
    numbers, asked : float
        Where the texts of estimates and of regions begin.
    verdicts : float
        Where the verdicts begin.
    """

    labels: float
    room: float
    left: float
    right: float
    numbers: float
    asked: float
    verdicts: float


def _columns(table: pd.DataFrame, canvas: Canvas) -> _Columns:
    margin, letters = margin_of(canvas), canvas.font
    gutter, gap = _GUTTER * letters, _GAP * letters
    verdicts = 72 * canvas.width - margin - _widest(_verdicts(table), canvas, _LABEL, bold=True)
    labels = margin
    if "key" in table:
        labels += _widest(table["key"], canvas, _LABEL, bold=True) + gap
    if not canvas.wide:
        return _Columns(
            labels=labels, room=verdicts - gutter - labels, left=margin + gutter,
            right=72 * canvas.width - margin - gutter, numbers=margin, asked=margin,
            verdicts=verdicts,
        )  # fmt: skip
    asked = numbers = verdicts
    if "number" in table:
        asked -= gap + min(_ASKED * letters, _widest(table["asked"], canvas, _NOTE))
        numbers = asked - gap - _widest(table["number"], canvas, _NOTE)
    widest = max(_widest(table["label"], canvas, _LABEL), _widest(table["note"], canvas, _NOTE))
    most = (_BESIDE_NUMBERS if "number" in table else _LABELS) * 72 * canvas.width
    room = min(most, widest)
    return _Columns(
        labels=labels, room=room, left=labels + room + gutter, right=numbers - gutter,
        numbers=numbers, asked=asked, verdicts=verdicts,
    )  # fmt: skip


def _widest(words: Iterable[str], canvas: Canvas, part: float, *, bold: bool = False) -> float:
    """Return the width of the widest line, plus a small reserve.

    ``part`` is the font size relative to that of the canvas.
    """
    size = part * canvas.font
    return max(text_width(line, size, bold=bold) for line in words) + 0.1 * canvas.font


def _verdicts(table: pd.DataFrame) -> list[str]:
    words = [MARKS[verdict][0] for verdict in table["verdict"].unique()]
    return words + [_NO_INTERVAL] * bool(table[["low", "high"]].isna().any(axis=None))


def _panel(
    scale: str, table: pd.DataFrame, canvas: Canvas, top: float, columns: _Columns, air: float
) -> Panel:
    letters, margin = canvas.font, margin_of(canvas)
    rows: list[ForestRow] = []
    texts: list[_Text] = []
    rules, y = [], top
    for block, in_block in table.groupby("block", sort=False):
        if block:
            y += _ABOVE * letters if rows else 0
            for line in broken(str(block), letters, 72 * canvas.width - 2 * margin):
                y += _LEADING * letters
                middle = y - _LEADING * letters / 2
                texts.append(_Text(words=line, x=margin, y=middle, size=letters, bold=True))
            y += _PAD * letters
        for _, values in in_block.iterrows():
            row, said = _row(values, canvas, y, columns, air)
            y = row.bottom + (0 if canvas.wide else _PAD * letters)
            rows.append(row)
            texts += said
            rules.append(y)
    return Panel(
        scale=scale,
        rows=tuple(rows),
        texts=tuple(texts),
        rules=tuple(rules[:-1]),
        left=columns.left,
        right=columns.right,
        top=top,
        bottom=y,
    )


_Line = tuple[str, float, str]
"""Text, font size and colour."""


def _row(
    values: pd.Series[Any], canvas: Canvas, top: float, columns: _Columns, air: float
) -> tuple[ForestRow, list[_Text]]:
    """Return a row and its texts."""
    beside = _words(values, canvas, columns)
    high = max(_LEADING * sum(size for _, size, _ in lines) for _, lines in beside)
    pad = _PAD * canvas.font + air / 2
    bottom = top + high + 2 * pad
    said = MARKS[values["verdict"]][0]
    texts = []
    for x, lines in beside:
        used = _LEADING * sum(size for _, size, _ in lines)
        y = top + pad + ((high - used) / 2 if canvas.wide else 0)
        for words, size, ink in lines:
            y += _LEADING * size
            texts.append(
                _Text(
                    words=words, x=x, y=y - _LEADING * size / 2, size=size, colour=ink,
                    bold=words in (said, values.get("key")),
                )
            )  # fmt: skip
    if not canvas.wide:
        top = bottom - pad / 2
        bottom = top + _STRIP * canvas.font
    numbers = {name: float(values[name]) for name in NUMBERS}
    row = ForestRow(
        values=numbers, verdict=values["verdict"], said="number" in values, top=top, bottom=bottom
    )
    return row, texts


def _words(
    values: pd.Series[Any], canvas: Canvas, columns: _Columns
) -> list[tuple[float, list[_Line]]]:
    """Return the lines of each column of text, and where the column begins."""
    label, note = (part * canvas.font for part in (_LABEL, _NOTE))
    said, colour = MARKS[values["verdict"]]
    left = [(line, label, INK) for line in broken(values["label"], label, columns.room)]
    left += [(line, note, QUIET) for line in broken(values["note"], note, columns.room)]
    right = [(said, label, colour)]
    if math.isnan(values["low"]) or math.isnan(values["high"]):
        right.append((_NO_INTERVAL, note, QUIET))
    found = [(columns.labels, left), (columns.verdicts, right)]
    if "key" in values:
        found.append((margin_of(canvas), [(values["key"], label, INK)]))
    if "number" in values and canvas.wide:
        room = columns.verdicts - columns.asked - _GAP * canvas.font
        asked = [(line, note, QUIET) for line in broken(values["asked"], note, room)]
        found += [(columns.numbers, [(values["number"], note, INK)]), (columns.asked, asked)]
    elif "number" in values:
        words = f"{values['number']}, required: {values['asked']}"
        left += [(line, note, QUIET) for line in broken(words, note, columns.room)]
    return found
