"""At which line does a derivation leave what networks do? A chain hangs along 1 until it breaks.

Tables: ``chain(study, step, formula, does, factor, low, high, inside_low, inside_high, verdict,
breaks, broken)``: one row a study and line, factor the line over the network; nan where undefined.
Every line of the derivation is drawn by artists of its own.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from saturation_lab.figures.builds import step
from saturation_lab.figures.chain_panels import NOTE, side_by_side, stacked
from saturation_lab.figures.forest_rows import MARKS, margin_of, text_width
from saturation_lab.figures.theme import INK, QUIET, Canvas

_Point = tuple[float, float]
_BAND = "#b4d2ea"
_UNDEFINED = "undefined"


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How a link is drawn and what the legend calls it."""

    words: str
    colour: str
    marker: str
    line: str = "-"
    hollow: bool = False
    size: float = 3.6
    weight: str = "normal"

    def point(self, canvas: Canvas) -> dict[str, Any]:
        """Return how its point looks."""
        return {
            "marker": self.marker,
            "color": self.colour,
            "markerfacecolor": "white" if self.hollow else self.colour,
            "markersize": self.size * canvas.line,
        }

    def width(self, words: str, size: float) -> float:
        """Return how wide its number is in points."""
        return text_width(words, size, bold=self.weight == "bold")


LOOKS: Mapping[str, _Look] = {
    "holds": _Look(words="holds", colour=MARKS["holds"][1], marker="o"),
    "breaks": _Look(
        words="breaks here", colour=MARKS["fails"][1], marker="X", size=5.6, weight="bold"
    ),
    "broken": _Look(words="after the break", colour=QUIET, marker="o", line=":", hollow=True),
    "undecided": _Look(words="undecided", colour=QUIET, marker="D"),
}


def chains(
    table: pd.DataFrame, *, canvas: Canvas, titles: Mapping[str, str], symbol: str, band: str
) -> Figure:
    """Draw one chain a study, side by side, from what the network has down to the last line.

    The lines stand once: at the left of a wide canvas, above the panels of a narrow one.

    Args:
        titles: the studies in order and what they are called.
        symbol: what is derived.
        band: what the legend calls where a line must lie.
    """
    lines = table.drop_duplicates("step")[["formula", "does"]].to_numpy().tolist()
    said = [(symbol, "what the network has"), *((f"= {one}", does) for one, does in lines)]
    places = side_by_side if canvas.wide else stacked
    figure, panels = places(said, canvas, list(titles.values()), len(_seen(table)) + 1)
    for axes in panels:
        axes.set_xlim(*_limits(table))
    size = _number_size(table, panels[0], canvas)
    for axes, study in zip(panels, titles, strict=True):
        _panel(axes, table[table["study"] == study], canvas, size)
    _legend(figure, table, canvas, band)
    return figure


def _width(axes: Axes, canvas: Canvas) -> float:
    """Return the width of a panel in points."""
    return float(axes.get_position().width * 72 * canvas.width)


def _limits(table: pd.DataFrame) -> _Point:
    """Return the ends of every panel's axis, in decades: all numbers and bands, and some room."""
    ends = table[["factor", "low", "high", "inside_low", "inside_high"]].to_numpy(dtype=float)
    logs = [math.log10(x) for x in ends.ravel() if 0 < x < math.inf]
    low, high = min([*logs, -0.2]), max([*logs, 0.2])
    room = 0.12 * (high - low)
    return low - room, high + room


def _panel(axes: Axes, rows: pd.DataFrame, canvas: Canvas, size: float) -> None:
    """Draw one study: the band about 1, and link after link."""
    axes.set_ylim(len(rows) + 0.5, -0.5)
    band = [math.log10(rows[end].iloc[0]) for end in ("inside_low", "inside_high")]
    axes.axvspan(*band, color=_BAND, linewidth=0, zorder=0.5)
    axes.set_xticks(*_ticks(axes, canvas))
    axes.tick_params(axis="both", length=0, labelsize=NOTE * canvas.font)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")
    axes.plot(0, 0, "o", color=INK, markersize=3.6 * canvas.line, zorder=4)
    before: _Point | None = (0.0, 0.0)
    for _, row in rows.iterrows():
        before = _link(axes, row, before, canvas, size)


def _ticks(axes: Axes, canvas: Canvas) -> tuple[list[float], list[str]]:
    """Return decades, or doublings of less than one, and the words of those that have room."""
    low, high = axes.get_xlim()
    unit = 1.0 if max(-low, high) > 1 else math.log10(2)
    word = 2.4 * NOTE * canvas.font * (high - low) / _width(axes, canvas)
    every = range(math.ceil(low / unit), math.floor(high / unit) + 1)
    sparse = math.ceil(word / unit)
    ends = [word / 8 if k == 0 else word / 2 for k in every]  # "1" is one letter
    said = [
        times(10.0 ** (k * unit)) if k % sparse == 0 and low + end < k * unit < high - end else ""
        for k, end in zip(every, ends, strict=True)
    ]
    return [k * unit for k in every], said


def times(factor: float) -> str:
    """Return a factor as it is said: multiplied or divided by so much.

    >>> times(10.0), times(0.057), times(1.0), times(2.74), times(606.0), times(1.123)
    ('× 10', '÷ 18', '1', '× 2.7', '× 610', '× 1.12')
    """
    size = max(factor, 1 / factor)
    said = f"{size:.3g}" if size < 1.995 else f"{float(f'{size:.2g}'):,g}"
    return said if said == "1" else f"{'×' if factor > 1 else '÷'} {said}"


def _state(row: Any) -> str:
    """Return the key of `LOOKS` for a line."""
    return "breaks" if row["breaks"] else "broken" if row["broken"] else str(row["verdict"])


def _link(
    axes: Axes, row: Any, before: _Point | None, canvas: Canvas, size: float
) -> _Point | None:
    """Draw one line of the derivation, joined to the one before; return where it stands."""
    look, number, y = LOOKS[_state(row)], int(row["step"]), float(row["step"])
    if not row["factor"] > 0:
        said: dict[str, Any] = {"ha": "center", "va": "center_baseline", "fontsize": size}
        step(number, axes.text(0, y, _UNDEFINED, color=QUIET, **said))
        return None
    x = math.log10(row["factor"])
    thick = 1.2 * canvas.line
    if before is not None:
        ends = [before[0], x], [before[1], y]
        line: dict[str, Any] = {"linestyle": look.line, "color": look.colour, "linewidth": thick}
        step(number, *axes.plot(*ends, **line, zorder=2))
    if row["low"] > 0:
        low, high = (math.log10(row[end]) for end in ("low", "high"))
        step(number, axes.hlines(y, low, high, color=look.colour, linewidth=thick, zorder=3))
    step(number, *axes.plot(x, y, **look.point(canvas), zorder=4))
    if row["verdict"] != "holds":
        step(number, _number(axes, (x, y), times(row["factor"]), look, canvas, size))
    return x, y


def _rooms(x: float, axes: Axes, look: _Look, canvas: Canvas) -> tuple[float, float, float]:
    """Return how far beside a point its number stands, and the room left and right of that."""
    low, high = axes.get_xlim()
    points = _width(axes, canvas) / (high - low)
    away = (0.5 * look.size + 2.4) * canvas.line
    spare = 0.9 * margin_of(canvas) - away  # a number may reach beyond its panel
    return away, (x - low) * points + spare, (high - x) * points + spare


def _number_size(table: pd.DataFrame, axes: Axes, canvas: Canvas) -> float:
    """Return the size in which every number fits on one side of its point."""
    size = 0.95 * canvas.font
    shares = [1.0]
    for _, row in table[table["verdict"] != "holds"].iterrows():
        look, known = LOOKS[_state(row)], row["factor"] > 0
        _, *rooms = _rooms(math.log10(row["factor"]) if known else 0.0, axes, look, canvas)
        room = max(rooms) if known else 2 * min(rooms)
        shares.append(room / look.width(times(row["factor"]) if known else _UNDEFINED, size))
    return size * min(shares)


def _number(axes: Axes, at: _Point, words: str, look: _Look, canvas: Canvas, size: float) -> Text:
    """Write a factor beside its point: away from 1, or towards it where there is no room."""
    away, left, right = _rooms(at[0], axes, look, canvas)
    needed = look.width(words, size)
    rightwards = needed <= right if at[0] > 0 else needed > left
    return axes.annotate(
        words, at, xytext=(away if rightwards else -away, 0), textcoords="offset points",
        ha="left" if rightwards else "right", va="center_baseline", color=look.colour,
        fontsize=size, fontweight=look.weight, zorder=5, annotation_clip=False,
        bbox={"facecolor": "white", "linewidth": 0, "pad": 0},
    )  # fmt: skip


def _seen(table: pd.DataFrame) -> set[str]:
    return {_state(row) for _, row in table.iterrows() if row["factor"] > 0}


def _legend(figure: Figure, table: pd.DataFrame, canvas: Canvas, band: str) -> None:
    handles = [*_handles(_seen(table), canvas), Patch(color=_BAND, linewidth=0, label=band)]
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
        fontsize=(0.85 if len(handles) < 5 else 0.8) * canvas.font,
    )


def _handles(seen: set[str], canvas: Canvas) -> Iterator[Line2D]:
    for state, look in LOOKS.items():
        if state in seen:
            yield Line2D([], [], linestyle="none", label=look.words, **look.point(canvas))
