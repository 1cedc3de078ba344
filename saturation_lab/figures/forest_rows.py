"""Where do the rows of a forest plot stand, and where do their labels break into lines?

All lengths are points, heights count from the top of the figure downwards.
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
    "undecided": ("? undecided", QUIET),
    "alike": ("✓ alike", "#00694f"),
    "unlike": ("✗ unlike", "#b3400a"),
}
"""What is written of a verdict, and in which colour: told apart by colour-blind readers too."""
_NO_INTERVAL = "no interval"
_LABELS, _BESIDE_NUMBERS = 0.38, 0.28
"""The labels' share of a wide canvas at most; where numbers stand in words too."""
_ASKED = 9.9
"""The width of the words for a region, in letters."""
_LABEL, _NOTE = 0.92, 0.84
"""Sizes in letters, of which a canvas says how large they are."""
_LEADING, _PAD, _ABOVE, _GUTTER, _STRIP = 1.3, 0.38, 0.8, 1.3, 1.7
"""Of a line; above and below a row; above a heading; beside the axis; of a bar below its label."""
_GAP = 0.9
"""Between columns of words."""


@dataclass(frozen=True, kw_only=True)
class _Text:
    """Words, left-aligned, and the height of their middle."""

    words: str
    x: float
    y: float
    size: float
    colour: str = INK
    bold: bool = False


@dataclass(frozen=True, kw_only=True)
class ForestRow:
    """A row of the table, whether words say its number, and the heights around its bar."""

    values: Mapping[str, float]
    verdict: str
    said: bool
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        """Return the height of the bar."""
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The rows of one scale.

    Attributes:
        scale: its key.
        rows, texts: what is drawn along the axis, and what is written.
        rules: heights of the lines between the rows.
        left, right: the ends of the axis.
        top, bottom: of the rows; the axis is drawn at the bottom.
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


def panels_of(
    table: pd.DataFrame,
    canvas: Canvas,
    *,
    above: float,
    below: Mapping[str, float],
    air: float = 0.0,
) -> list[Panel]:
    """Return where everything stands.

    Args:
        table: see `forest`.
        canvas: wide, or narrow with each bar below its label.
        above: the room for the legend.
        below: the room for the axis of each scale.
        air: more room for every row.
    """
    panels: list[Panel] = []
    columns = _columns(table, canvas)
    for scale, rows in table.groupby("scale", sort=False):
        panels.append(_panel(str(scale), rows, canvas, above, columns, air))
        above = panels[-1].bottom + below[str(scale)]
    return panels


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """Return how wide a line is in the theme's letters."""
    letters = FontProperties(size=size, weight="bold" if bold else "normal")
    width, _, _ = text_to_path.get_text_width_height_descent(words, letters, ismath=False)
    return float(width)


def broken(words: str, size: float, width: float) -> list[str]:
    """Return the lines of a text; a word that is longer than a line stands alone on one.

    >>> broken("one two", 10, 1000), broken("one two", 10, 30), broken("", 10, 30)
    (['one two'], ['one', 'two'], [])
    """
    lines: list[str] = []
    for word in re.findall("[^ ]+", words):  # what holds together by no-break spaces is one
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def margin_of(canvas: Canvas) -> float:
    """Return the blank rim of a figure, as wide as that of the house's other figures."""
    return 0.008 * 72 * canvas.width


@dataclass(frozen=True, kw_only=True)
class _Columns:
    """Where the columns begin on a canvas; a narrow one has the axis below the words.

    Attributes:
        labels: of the labels, with the keys before them.
        room: the width of the labels.
        left, right: the ends of the axis.
        numbers, asked: of numbers and regions in words.
        verdicts: of the verdicts.
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
    """Return the width of the longest line at a part of a letter's size, and a little more."""
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
"""Words, their size and their colour."""


def _row(
    values: pd.Series[Any], canvas: Canvas, top: float, columns: _Columns, air: float
) -> tuple[ForestRow, list[_Text]]:
    """Return a row and its words."""
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
    """Return what stands in each column of words, and where that begins."""
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
        words = f"{values['number']}, asked {values['asked']}"
        left += [(line, note, QUIET) for line in broken(words, note, columns.room)]
    return found
