"""Derivations compared with networks line by line: a chain stays near 1 until a line fails.

Tables: ``chain(study, step, formula, does, factor, low, high, inside_low, inside_high, verdict,
breaks, broken)``, one row per study and line of the derivation; see `chains`. Every line is drawn
as a separate step of a build.
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
    """How a link is drawn, and its name in the legend."""

    words: str
    colour: str
    marker: str
    line: str = "-"
    hollow: bool = False
    size: float = 3.6
    weight: str = "normal"

    def point(self, canvas: Canvas) -> dict[str, Any]:
        """Return the matplotlib properties of its point."""
        return {
            "marker": self.marker,
            "color": self.colour,
            "markerfacecolor": "white" if self.hollow else self.colour,
            "markersize": self.size * canvas.line,
        }

    def width(self, words: str, size: float) -> float:
        """Return the width of its number in points."""
        return text_width(words, size, bold=self.weight == "bold")


LOOKS: Mapping[str, _Look] = {
    "holds": _Look(words="holds", colour=MARKS["holds"][1], marker="o"),
    "breaks": _Look(
        words="breaks here", colour=MARKS["fails"][1], marker="X", size=5.6, weight="bold"
    ),
    "broken": _Look(words="after the break", colour=QUIET, marker="o", line=":", hollow=True),
    "undecided": _Look(words="undecided", colour=QUIET, marker="D"),
}
"""The appearance of a link, by its state."""


def chains(
    table: pd.DataFrame, *, canvas: Canvas, titles: Mapping[str, str], symbol: str, band: str
) -> Figure:
    """Draw one chain per study, from the measured quantity down to the last line of a derivation.

    The formulas are written once: at the left of a wide canvas, above the panels on a narrow one.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per study and line of the derivation, with columns

        - ``study``: the name of the study;
        - ``step``: the number of the line, from 1;
        - ``formula``, ``does``: the right-hand side of the line, and what the line does;
        - ``factor``, ``low``, ``high``: the line's value divided by the measured one, with its
          confidence interval; nan if undefined;
        - ``inside_low``, ``inside_high``: the band around 1 in which the factor must lie;
        - ``verdict``: "holds", "fails" or "undecided";
        - ``breaks``, ``broken``: whether this is the first line that fails, and whether an earlier
          one has failed.
    canvas : Canvas
        The canvas to draw on.
    titles : mapping of str to str
        The title of each study, in drawing order.
    symbol : str
        The symbol of the derived quantity.
    band : str
        The name of the band in the legend.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study, on a common logarithmic axis.
    """
    lines = table.drop_duplicates("step")[["formula", "does"]].to_numpy().tolist()
    said = [(symbol, "measured"), *((f"= {one}", does) for one, does in lines)]
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
    """Return the shared axis limits in decades, which enclose all numbers and bands."""
    ends = table[["factor", "low", "high", "inside_low", "inside_high"]].to_numpy(dtype=float)
    logs = [math.log10(x) for x in ends.ravel() if 0 < x < math.inf]
    low, high = min([*logs, -0.2]), max([*logs, 0.2])
    room = 0.12 * (high - low)
    return low - room, high + room


def _panel(axes: Axes, rows: pd.DataFrame, canvas: Canvas, size: float) -> None:
    """Draw one study: the band around 1, then link after link."""
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
    """Return ticks (decades, or factors of 2 within one decade) and their labels, if they fit."""
    low, high = axes.get_xlim()
    unit = 1.0 if max(-low, high) > 1 else math.log10(2)
    word = 2.4 * NOTE * canvas.font * (high - low) / _width(axes, canvas)  # in decades
    every = range(math.ceil(low / unit), math.floor(high / unit) + 1)
    sparse = math.ceil(word / unit)
    ends = [word / 8 if k == 0 else word / 2 for k in every]  # the label "1" is narrow
    said = [
        times(10.0 ** (k * unit)) if k % sparse == 0 and low + end < k * unit < high - end else ""
        for k, end in zip(every, ends, strict=True)
    ]
    return [k * unit for k in every], said


def times(factor: float) -> str:
    """Format a factor as a multiplication or a division.

    Parameters
    ----------
    factor : float
        A positive number.

    Returns
    -------
    str
        "× " or "÷ " and a number above 1 with two significant digits (three below 2); or "1".

    Examples
    --------
    >>> times(10.0), times(0.057), times(1.0), times(2.74), times(606.0), times(1.123)
    ('× 10', '÷ 18', '1', '× 2.7', '× 610', '× 1.12')
    """
    size = max(factor, 1 / factor)
    said = f"{size:.3g}" if size < 1.995 else f"{float(f'{size:.2g}'):,g}"
    return said if said == "1" else f"{'×' if factor > 1 else '÷'} {said}"


def _state(row: Any) -> str:
    """Return the key in `LOOKS` of a row."""
    return "breaks" if row["breaks"] else "broken" if row["broken"] else str(row["verdict"])


def _link(
    axes: Axes, row: Any, before: _Point | None, canvas: Canvas, size: float
) -> _Point | None:
    """Draw one line of the derivation, joined to the previous one; return its position."""
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
    """Return the distance of a number from its point, and the space to its left and right."""
    low, high = axes.get_xlim()
    points = _width(axes, canvas) / (high - low)
    away = (0.5 * look.size + 2.4) * canvas.line
    spare = 0.9 * margin_of(canvas) - away  # a number may extend beyond its panel
    return away, (x - low) * points + spare, (high - x) * points + spare


def _number_size(table: pd.DataFrame, axes: Axes, canvas: Canvas) -> float:
    """Return the font size at which every number fits on one side of its point."""
    size = 0.95 * canvas.font
    shares = [1.0]
    for _, row in table[table["verdict"] != "holds"].iterrows():
        look, known = LOOKS[_state(row)], row["factor"] > 0
        _, *rooms = _rooms(math.log10(row["factor"]) if known else 0.0, axes, look, canvas)
        room = max(rooms) if known else 2 * min(rooms)
        shares.append(room / look.width(times(row["factor"]) if known else _UNDEFINED, size))
    return size * min(shares)


def _number(axes: Axes, at: _Point, words: str, look: _Look, canvas: Canvas, size: float) -> Text:
    """Write a factor next to its point: away from 1, or towards it if there is no room."""
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
