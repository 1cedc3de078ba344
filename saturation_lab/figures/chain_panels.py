"""The layout of figures with the lines of a derivation and one panel per study, in points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from saturation_lab.figures.forest_rows import margin_of, text_width
from saturation_lab.figures.theme import QUIET, Canvas, blank

_Said = Sequence[tuple[str, str]]
"""The formula of every line and what the line does; the first is the derived quantity."""

NOTE = 0.84
"""The font size of notes, relative to that of the canvas."""
_LEADING, _FOOT = 1.3, 1.1
"""The heights of a line of a title and of a slide's footer, in font sizes."""
_LEGEND, _UNDER = 1.9, 3.2
"""The heights of a row of the legend and of the axis below a panel, in font sizes."""
_ROW, _PHONE_ROW, _LISTED = 6.0, 3.4, 2.9
"""The heights of a link on a wide and a narrow canvas, and of a listed line, in font sizes."""
_LINES = 0.34
"""The largest share of a wide canvas for the lines."""
_NUMBERS = "①②③④⑤⑥⑦⑧⑨"


def side_by_side(
    said: _Said, canvas: Canvas, titles: Sequence[str], entries: int
) -> tuple[Figure, list[Axes]]:
    """Return a figure with the lines of a derivation at its left and one panel per study.

    Parameters
    ----------
    said : sequence of (str, str)
        The formula of every line and what the line does; the first is the derived quantity.
    canvas : Canvas
        A wide canvas.
    titles : sequence of str
        The titles of the panels, from left to right.
    entries : int
        The number of entries of the legend; not used here, since they all fit on one row.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure, with the formulas and titles written.
    panels : list of matplotlib.axes.Axes
        The empty panels, in the order of ``titles``.
    """
    rim, letter = margin_of(canvas), canvas.font
    size = letter * min(1.0, _LINES * 72 * canvas.width / _widest(said, letter))
    left, gap = rim + _widest(said, size), 1.1 * letter
    wide = (72 * canvas.width - rim - left) / len(titles) - gap
    names, title_size = _in_lines(titles, wide, letter)
    foot = _FOOT * letter if canvas.footer else 0.0
    bottom = foot + rim + _UNDER * letter
    head = rim + (_LEGEND + _LEADING * _rows(names) + 0.6) * letter
    height = 72 * canvas.height
    if not canvas.footer:
        height = min(height, bottom + head + _ROW * letter * len(said))
    figure = _empty(canvas, height)
    tall = height - bottom - head
    for row, (formula, does) in enumerate(said):
        y = height - head - (row + 0.5) * tall / len(said)
        _write(figure, rim, y + 0.62 * size, formula, size=size, weight="bold")
        _write(figure, rim, y - 0.62 * size, does, size=NOTE * size, color=QUIET)
    panels = []
    for k, name in enumerate(names):
        axes = _axes(figure, left + gap + k * (wide + gap), bottom, wide, tall)
        _title(figure, axes, name, title_size)
        panels.append(axes)
    _label(figure, (left + gap + 72 * canvas.width - rim) / 2, foot + rim, canvas)
    return figure, panels


def stacked(
    said: _Said, canvas: Canvas, titles: Sequence[str], entries: int
) -> tuple[Figure, list[Axes]]:
    """Return a figure with the numbered lines of a derivation above panels in two columns.

    Parameters
    ----------
    said : sequence of (str, str)
        The formula of every line and what the line does; the first is the derived quantity.
    canvas : Canvas
        A narrow canvas; the figure becomes as tall as it needs to be.
    titles : sequence of str
        The titles of the panels, row by row.
    entries : int
        The number of entries of the legend, which has two per row.

    Returns
    -------
    figure : matplotlib.figure.Figure
        The figure, with the formulas and titles written.
    panels : list of matplotlib.axes.Axes
        The empty panels, in the order of ``titles``.
    """
    keys = math.ceil(entries / 2) * _LEGEND
    rim, letter = margin_of(canvas), canvas.font
    tick, gap, under = 1.5 * letter, 1.2 * letter, 1.6 * letter
    wide = (72 * canvas.width - 2 * rim - gap) / 2 - tick
    names, title_size = _in_lines(titles, wide, letter)
    head = rim + (keys + _LISTED * len(said)) * letter
    tall = _PHONE_ROW * letter * len(said)
    block = (_LEADING * _rows(names) + 0.6) * letter + tall + under
    height = head + math.ceil(len(titles) / 2) * block + rim + _LEGEND * letter
    figure = _empty(canvas, height)
    numbers = ["", *_NUMBERS][: len(said)]
    for row, (formula, does) in enumerate(said):
        y = height - rim - (keys + row * _LISTED) * letter
        _write(figure, rim, y, numbers[row], size=letter, weight="bold")
        _write(figure, rim + 1.8 * letter, y, formula, size=letter, weight="bold")
        small: dict[str, Any] = {"size": NOTE * letter, "color": QUIET}
        _write(figure, rim + 1.8 * letter, y - 1.25 * letter, does, **small)
    panels = []
    for k, name in enumerate(names):
        left = rim + tick + (k % 2) * (wide + tick + gap)
        bottom = height - head - (k // 2 + 1) * block + under
        axes = _axes(figure, left, bottom, wide, tall)
        axes.set_yticks(range(len(said)), numbers)
        _title(figure, axes, name, title_size)
        panels.append(axes)
    _label(figure, 36 * canvas.width, rim, canvas)
    return figure, panels


def _widest(said: _Said, size: float) -> float:
    """Return the width of the widest line."""
    return max(
        max(text_width(formula, size, bold=True), text_width(does, NOTE * size))
        for formula, does in said
    )


def _in_lines(titles: Sequence[str], width: float, letter: float) -> tuple[list[str], float]:
    """Return the titles, wrapped if one is too wide, and the font size at which all of them fit.

    All titles are broken after their first comma, or none.

    >>> _in_lines(["tanh, Glorot"], 300.0, 10.0), _in_lines(["tanh, Glorot"], 60.0, 10.0)
    ((['tanh, Glorot'], 10.5), (['tanh,\\nGlorot'], 10.5))
    """
    size = 1.05 * letter
    names = list(titles)
    if max(text_width(name, size, bold=True) for name in names) > width:
        names = [name.replace(", ", ",\n", 1) for name in names]
    widest = max(text_width(line, size, bold=True) for name in names for line in name.split("\n"))
    return names, size * min(1.0, width / widest)


def _rows(names: Sequence[str]) -> int:
    return 1 + max(name.count("\n") for name in names)


def _empty(canvas: Canvas, height: float) -> Figure:
    figure = blank(replace(canvas, height=height / 72))
    figure.set_layout_engine("none")
    return figure


def _write(figure: Figure, x: float, y: float, words: str, *, size: float, **look: Any) -> None:
    """Write a text at a position in points, measured from the lower left corner."""
    width, height = (72 * side for side in figure.get_size_inches())
    figure.text(
        x / width, y / height, words, fontsize=size, va="center_baseline", parse_math=False, **look
    )


def _title(figure: Figure, axes: Axes, name: str, size: float) -> None:
    """Write a title above a panel line by line, so that the lines of all panels are aligned."""
    width, height = (72 * side for side in figure.get_size_inches())
    place = axes.get_position()
    for up, line in enumerate(reversed(name.split("\n"))):
        y = place.y1 * height + (0.9 + up * _LEADING) * size
        _write(figure, place.x0 * width, y, line, size=size, weight="bold")


def _label(figure: Figure, x: float, y: float, canvas: Canvas) -> None:
    words = "value of the line ÷ measured value"
    _write(figure, x, y + 0.6 * canvas.font, words, size=0.9 * canvas.font, ha="center")


def _axes(figure: Figure, left: float, bottom: float, wide: float, tall: float) -> Axes:
    width, height = (72 * side for side in figure.get_size_inches())
    axes: Axes = figure.add_axes((left / width, bottom / height, wide / width, tall / height))
    axes.set_yticks([])
    return axes
