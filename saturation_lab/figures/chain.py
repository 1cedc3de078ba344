"""At which line does a derivation leave what networks do? A chain that hangs along 1 until it breaks.

Tables: ``chain(study, step, formula, does, factor, low, high, inside_low, inside_high, verdict,
breaks, broken)``: one row a study and line, factor the line over the network; nan where undefined.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from saturation_lab.figures.statements import MARKS, broken, margin_of, text_width
from saturation_lab.figures.theme import INK, QUIET, Canvas, blank

BAND = "#d0e3f1"
_LEADING, _NOTE, _FOOT = 1.3, 0.84, 1.1
"""Of a line, and of small letters and a slide's footer, in letters."""
_UNDER = 3.4
"""The room under a panel for its axis and the label below, in letters."""
_ROW, _PHONE_ROW = 6.0, 3.4
"""The height of a line of a chain, in letters, where the canvas does not set it."""
_NUMBERS = "①②③④⑤⑥⑦⑧⑨"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a link is drawn: its colour, marker, and whether its line goes on or is dotted."""

    colour: str
    marker: str
    filled: bool
    line: str
    bold: bool = False


LOOKS: Mapping[str, Look] = {
    "holds": Look(colour=MARKS["holds"][1], marker="o", filled=True, line="-"),
    "undecided": Look(colour=QUIET, marker="D", filled=True, line="-"),
    "breaks": Look(colour=MARKS["fails"][1], marker="X", filled=True, line="-", bold=True),
    "broken": Look(colour=QUIET, marker="o", filled=False, line=":"),
}
WORDS = {
    "holds": "inside the band",
    "breaks": "the chain breaks here",
    "broken": "after the break",
    "undecided": "undecided",
}


def chains(
    table: pd.DataFrame, *, canvas: Canvas, titles: Mapping[str, str], symbol: str
) -> Figure:
    """Draw one chain a study, side by side, from what the network has down to the last line.

    The lines stand once: at the left of a wide canvas, above the panels of a narrow one.

    Args:
        titles: the studies in order and what they are called.
        symbol: what is derived.
    """
    lines = table.drop_duplicates("step")[["formula", "does"]].to_numpy().tolist()
    said = [(symbol, "what the network has"), *((f"= {one}", does) for one, does in lines)]
    draw = _side_by_side if canvas.wide else _stacked
    figure, panels = draw(said, canvas, titles)
    limits = _limits(table)
    for axes, (study, title) in zip(panels, titles.items(), strict=True):
        _panel(axes, table[table["study"] == study], canvas, limits)
        _title(axes, title, canvas)
    _legend(figure, table, canvas)
    return figure


def _side_by_side(
    said: list[tuple[str, str]], canvas: Canvas, titles: Mapping[str, str]
) -> tuple[Figure, list[Axes]]:
    """Return a figure with the lines at its left and a panel for each study."""
    rim, letter = margin_of(canvas), canvas.font
    foot = _FOOT * letter if canvas.footer else 0.0
    bottom, top = foot + rim + _UNDER * letter, rim + (1.9 + 2 * _LEADING + 0.4) * letter
    height = 72 * canvas.height
    if not canvas.footer:
        height = min(height, bottom + top + _ROW * letter * len(said))
    figure = blank(replace(canvas, height=height / 72))
    figure.set_layout_engine("none")
    size = _fitting(said, 0.34 * 72 * canvas.width, letter)
    left = rim + max(text_width(words, size * part, bold=part == 1)
                     for line in said for words, part in zip(line, (1, _NOTE), strict=True))
    tall = (height - bottom - top) / len(said)
    for row, (formula, does) in enumerate(said):
        y = height - top - (row + 0.5) * tall
        _write(figure, rim, y + 0.62 * size, formula, size=size, weight="bold")
        _write(figure, rim, y - 0.62 * size, does, size=_NOTE * size, color=QUIET)
    gap = 1.1 * letter
    wide = (72 * canvas.width - rim - left) / len(titles) - gap
    panels = [
        _axes(figure, left + gap + k * (wide + gap), bottom, wide, height - bottom - top)
        for k in range(len(titles))
    ]
    middle = (left + gap + 72 * canvas.width - rim) / 2
    _label(figure, middle, foot + rim + 0.6 * letter, canvas)
    return figure, panels


def _stacked(
    said: list[tuple[str, str]], canvas: Canvas, titles: Mapping[str, str]
) -> tuple[Figure, list[Axes]]:
    """Return a figure with numbered lines above two panels side by side, row under row."""
    rim, letter = margin_of(canvas), canvas.font
    listed = 2.9 * letter
    head = rim + 3.3 * letter + listed * len(said)
    tall = _PHONE_ROW * letter * len(said)
    block = (2 * _LEADING + 0.6 + 1.6) * letter + tall
    rows = math.ceil(len(titles) / 2)
    height = head + rows * block + rim + 1.9 * letter
    figure = blank(replace(canvas, height=height / 72))
    figure.set_layout_engine("none")
    for row, (formula, does) in enumerate(said):
        y = height - rim - 3.5 * letter - row * listed
        number = _numbered(row)
        _write(figure, rim, y, number, size=letter, weight="bold")
        _write(figure, rim + 1.8 * letter, y, formula, size=letter, weight="bold")
        _write(figure, rim + 1.8 * letter, y - 1.25 * letter, does, size=_NOTE * letter,
               color=QUIET)  # fmt: skip
    tick, gap = 1.5 * letter, 0.9 * letter
    wide = (72 * canvas.width - 2 * rim - gap) / 2 - tick
    panels = []
    for k in range(len(titles)):
        left = rim + tick + (k % 2) * (wide + tick + gap)
        bottom = height - head - (k // 2 + 1) * block + 1.6 * letter
        axes = _axes(figure, left, bottom, wide, tall)
        axes.set_yticks(range(len(said)), [_numbered(row) for row in range(len(said))])
        panels.append(axes)
    _label(figure, 36 * canvas.width, rim + 0.6 * letter, canvas)
    return figure, panels


def _numbered(row: int) -> str:
    return "" if row == 0 else _NUMBERS[row - 1]


def _fitting(said: list[tuple[str, str]], room: float, letter: float) -> float:
    """Return the size of letters in which the longest line needs no more than the room."""
    widest = max(
        text_width(words, letter * part, bold=part == 1)
        for line in said
        for words, part in zip(line, (1, _NOTE), strict=True)
    )
    return letter * min(1.0, room / widest)


def _write(figure: Figure, x: float, y: float, words: str, *, size: float, **look: Any) -> None:
    """Write at a place in points from the lower left."""
    width, height = (72 * side for side in figure.get_size_inches())
    figure.text(
        x / width, y / height, words, fontsize=size, va="center_baseline", parse_math=False, **look
    )


def _label(figure: Figure, x: float, y: float, canvas: Canvas) -> None:
    words = "what the line says over what the network has"
    _write(figure, x, y, words, size=0.9 * canvas.font, ha="center")


def _axes(figure: Figure, left: float, bottom: float, wide: float, tall: float) -> Axes:
    width, height = (72 * side for side in figure.get_size_inches())
    axes: Axes = figure.add_axes((left / width, bottom / height, wide / width, tall / height))
    axes.set_yticks([])
    return axes


def _title(axes: Axes, title: str, canvas: Canvas) -> None:
    width = axes.get_position().width * 72 * canvas.width
    size = canvas.font
    while len(broken(title, size, width)) > 2 and size > 0.7 * canvas.font:
        size *= 0.95
    axes.set_title("\n".join(broken(title, size, width)), fontsize=size, parse_math=False)


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return the ends of every panel's axis, in decades: all numbers and bands, and some room."""
    ends = table[["factor", "low", "high", "inside_low", "inside_high"]].to_numpy(dtype=float)
    logs = [math.log10(x) for x in ends.ravel() if 0 < x < math.inf]
    low, high = min([*logs, -0.2]), max([*logs, 0.2])
    room = 0.12 * (high - low)
    return low - room, high + room


def _panel(
    axes: Axes, rows: pd.DataFrame, canvas: Canvas, limits: tuple[float, float]
) -> None:
    """Draw one study: the band, 1, and link after link."""
    axes.set_xlim(*limits)
    axes.set_ylim(len(rows) + 0.5, -0.5)
    first = rows.iloc[0]
    band = [math.log10(first["inside_low"]), math.log10(first["inside_high"])]
    axes.axvspan(*band, color=BAND, linewidth=0, zorder=0.5)
    axes.axvline(0, color=QUIET, linewidth=0.6 * canvas.line, zorder=1)
    most = 3 if canvas.wide else 4
    ticks = _ticks(*limits, most)
    axes.set_xticks(ticks, [_times(10.0**x) for x in ticks])
    axes.tick_params(axis="both", length=0, labelsize=0.84 * canvas.font)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
    axes.plot(0, 0, "o", color=INK, markersize=3.6 * canvas.line, zorder=4)
    before: tuple[float, float] | None = (0.0, 0.0)
    for _, row in rows.iterrows():
        before = _link(axes, row, before, canvas)


def _ticks(low: float, high: float, most: int) -> list[int]:
    """Return whole decades with 0 among them, so many at most on either side as there is room.

    >>> _ticks(-1.3, 1.8, 3), _ticks(-0.4, 0.5, 3), _ticks(-1.5, 3.2, 3)
    ([-1, 0, 1], [0], [-1, 0, 1, 2, 3])
    """
    return [x for x in range(math.ceil(low), math.floor(high) + 1)]


def _times(factor: float) -> str:
    """Return a factor as it is said: multiplied or divided by so much.

    >>> _times(10.0), _times(0.057), _times(1.0), _times(2.74), _times(606.0)
    ('× 10', '÷ 18', '1', '× 2.7', '× 610')
    """
    size = max(factor, 1 / factor)
    digits = 2 if size < 2 else 1
    said = f"{size:.{digits}f}" if size < 9.95 else f"{float(f'{size:.2g}'):,.0f}"
    said = said.rstrip("0").rstrip(".") if "." in said else said
    return said if said == "1" else f"{'×' if factor > 1 else '÷'} {said}"


def _link(
    axes: Axes, row: Any, before: tuple[float, float] | None, canvas: Canvas
) -> tuple[float, float] | None:
    """Draw one line of the derivation, joined to the one before; return where it stands."""
    look = LOOKS[_state(row)]
    y = float(row["step"])
    if not row["factor"] > 0:
        axes.text(0, y, "undefined", color=QUIET, ha="center", va="center_baseline",
                  fontsize=0.84 * canvas.font)  # fmt: skip
        return None
    x = math.log10(row["factor"])
    if before is not None:
        axes.plot(
            [before[0], x], [before[1], y], look.line, color=look.colour,
            linewidth=1.2 * canvas.line, zorder=2,
        )  # fmt: skip
    if row["low"] > 0:
        ends = [math.log10(row["low"]), math.log10(row["high"])]
        axes.hlines(y, *ends, color=look.colour, linewidth=1.2 * canvas.line, zorder=3)
    axes.plot(
        x, y, look.marker, color=look.colour, markeredgecolor=look.colour,
        markerfacecolor=look.colour if look.filled else "white",
        markersize=(5.6 if look.bold else 3.6) * canvas.line, zorder=4,
    )  # fmt: skip
    if row["verdict"] != "holds":
        _number(axes, x, y, _times(row["factor"]), look, canvas)
    return x, y


def _state(row: Any) -> str:
    """Return the key of `LOOKS` for a line."""
    return "breaks" if row["breaks"] else "broken" if row["broken"] else str(row["verdict"])


def _number(axes: Axes, x: float, y: float, words: str, look: Look, canvas: Canvas) -> None:
    """Write a factor beside its point: away from 1, or towards it where there is no room."""
    size = 0.95 * canvas.font
    low, high = axes.get_xlim()
    points = axes.get_position().width * 72 * canvas.width / (high - low)
    away = (3.6 if look.bold else 2.6) * canvas.line + 0.15 * size
    needed = away + text_width(words, size, bold=look.bold)
    side = 1 if x > 0 else -1
    room = points * ((high - x) if side > 0 else (x - low))
    side = side if needed <= room else -side
    axes.annotate(
        words, (x, y), xytext=(side * away, 0), textcoords="offset points",
        ha="left" if side > 0 else "right", va="center_baseline", color=look.colour, fontsize=size,
        fontweight="bold" if look.bold else "normal", zorder=5, annotation_clip=False,
    )  # fmt: skip


def _legend(figure: Figure, table: pd.DataFrame, canvas: Canvas) -> None:
    seen = {_state(row) for _, row in table.iterrows() if row["factor"] > 0}
    handles = [*_handles(seen, canvas), Patch(color=BAND, linewidth=0, label="the band")]
    rim = margin_of(canvas) / 72
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(rim / figure.get_figwidth(), 1 - rim / figure.get_figheight()),
        borderaxespad=0,
        borderpad=0.1,
        ncols=len(handles) if canvas.wide else 2,
        handlelength=1.4,
        columnspacing=1.4,
        fontsize=0.85 * canvas.font,
    )


def _handles(seen: set[str], canvas: Canvas) -> Iterator[Line2D]:
    for state, words in WORDS.items():
        if state in seen:
            look = LOOKS[state]
            yield Line2D(
                [], [], linestyle="none", marker=look.marker, color=look.colour, label=words,
                markerfacecolor=look.colour if look.filled else "white",
                markersize=(4.6 if look.bold else 3.6) * canvas.line,
            )  # fmt: skip
