"""Where do the rows of a forest plot stand, and where do their labels break into lines?

All lengths are points, heights count from the top of the figure downwards.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
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
NO_INTERVAL = "no interval"
_LABELS = 0.38
"""The labels' share of a wide canvas at most."""
_LABEL, _NOTE = 0.92, 0.84
"""Sizes in letters, of which a canvas says how large they are."""
_LEADING, _PAD, _ABOVE, _GUTTER, _STRIP = 1.3, 0.38, 0.8, 1.3, 1.7
"""Of a line; above and below a row; above a heading; beside the axis; of a bar below its label."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """Words, left-aligned, and the height of their middle."""

    words: str
    x: float
    y: float
    size: float
    colour: str = INK
    bold: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of the table and between which heights its bar is drawn."""

    values: Mapping[str, float]
    verdict: str
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
    rows: tuple[Row, ...]
    texts: tuple[Text, ...]
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
    labels, verdicts = _labels(table, canvas), _verdicts(table, canvas)
    for scale, rows in table.groupby("scale", sort=False):
        panels.append(_panel(str(scale), rows, canvas, above, labels, verdicts, air))
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


def _verdicts(table: pd.DataFrame, canvas: Canvas) -> float:
    """Return where the column of the verdicts begins."""
    words = [MARKS[verdict][0] for verdict in table["verdict"].unique()]
    words += [NO_INTERVAL] * bool(table[["low", "high"]].isna().any(axis=None))
    widest = max(text_width(said, _LABEL * canvas.font, bold=True) for said in words)
    return 72 * canvas.width - margin_of(canvas) - widest - 0.1 * canvas.font


def _labels(table: pd.DataFrame, canvas: Canvas) -> float:
    """Return where the column of the labels ends on a wide canvas."""
    size = {"label": _LABEL * canvas.font, "note": _NOTE * canvas.font}
    widest = max(text_width(words, size[key]) for key in size for words in table[key])
    return margin_of(canvas) + min(_LABELS * 72 * canvas.width, widest + 0.1 * canvas.font)


def _panel(
    scale: str,
    table: pd.DataFrame,
    canvas: Canvas,
    top: float,
    labels: float,
    verdicts: float,
    air: float,
) -> Panel:
    letters, gutter, margin = canvas.font, _GUTTER * canvas.font, margin_of(canvas)
    right = 72 * canvas.width - margin
    room = (labels if canvas.wide else verdicts - gutter) - margin
    rows: list[Row] = []
    texts: list[Text] = []
    rules, y = [], top
    for block, in_block in table.groupby("block", sort=False):
        if block:
            y += _ABOVE * letters if rows else 0
            for line in broken(str(block), letters, right - margin):
                y += _LEADING * letters
                middle = y - _LEADING * letters / 2
                texts.append(Text(words=line, x=margin, y=middle, size=letters, bold=True))
            y += _PAD * letters
        for _, values in in_block.iterrows():
            row, said = _row(values, canvas, y, room=room, verdicts=verdicts, air=air)
            y = row.bottom + (0 if canvas.wide else _PAD * letters)
            rows.append(row)
            texts += said
            rules.append(y)
    return Panel(
        scale=scale,
        rows=tuple(rows),
        texts=tuple(texts),
        rules=tuple(rules[:-1]),
        left=(labels if canvas.wide else margin) + gutter,
        right=(verdicts if canvas.wide else right) - gutter,
        top=top,
        bottom=y,
    )


def _row(
    values: pd.Series[Any], canvas: Canvas, top: float, *, room: float, verdicts: float, air: float
) -> tuple[Row, list[Text]]:
    """Return a row and its words; ``room`` for the label, the verdict at ``verdicts``."""
    label, note = (part * canvas.font for part in (_LABEL, _NOTE))
    said, colour = MARKS[values["verdict"]]
    left = [(line, label, INK) for line in broken(values["label"], label, room)]
    left += [(line, note, QUIET) for line in broken(values["note"], note, room)]
    right = [(said, label, colour)]
    if math.isnan(values["low"]) or math.isnan(values["high"]):
        right.append((NO_INTERVAL, note, QUIET))
    high = max(_LEADING * sum(size for _, size, _ in side) for side in (left, right))
    pad = _PAD * canvas.font + air / 2
    bottom = top + high + 2 * pad
    texts = []
    for x, side in ((margin_of(canvas), left), (verdicts, right)):
        used = _LEADING * sum(size for _, size, _ in side)
        y = top + pad + ((high - used) / 2 if canvas.wide else 0)
        for words, size, ink in side:
            y += _LEADING * size
            texts.append(
                Text(
                    words=words, x=x, y=y - _LEADING * size / 2, size=size, colour=ink,
                    bold=words == said,
                )
            )  # fmt: skip
    if not canvas.wide:
        top = bottom - pad / 2
        bottom = top + _STRIP * canvas.font
    numbers = {name: float(values[name]) for name in NUMBERS}
    return Row(values=numbers, verdict=values["verdict"], top=top, bottom=bottom), texts
