"""Forest plots: one row per statement, with interval, required region, theory and verdict.

Tables: ``forest(label, note, block, scale, estimate, low, high, inside_low, inside_high, predicted,
verdict)``, and optionally ``key``, ``number`` and ``asked``; see `forest_plot`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.path import Path

from saturation_lab.figures.forest_axes import SCALES, Scale, limits, number
from saturation_lab.figures.forest_rows import MARKS, ForestRow, Panel, margin_of, panels_of
from saturation_lab.figures.theme import GRID, INK, QUIET, Canvas, blank

_BAND = "#d0e3f1"
_THEORY = Path([(-0.2, -1), (0.2, -1), (0.2, 1), (-0.2, 1), (-0.2, -1)], closed=True)
_FOOT, _AIR = 1.1, 2.0
"""On a slide, in font sizes: the height of the footer, and the most spare space added to a row."""
_TICKS = 3.1
"""The width needed for a tick, in font sizes."""


_INSIDE = "required region"


def forest_plot(
    table: pd.DataFrame, *, canvas: Canvas, inside: str = _INSIDE, level: str = "95 %"
) -> Figure:
    """Draw one row per statement, grouped by scale and block.

    On wide canvases labels, axis and verdicts are side by side; on narrow ones each bar is below
    its label. The figure is as tall as its rows need. A slide keeps its size: many rows get a
    smaller font, few rows more space. Bars that extend too far beyond the others are cut off and
    end in an arrow.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per statement, with columns

        - ``label``, ``note``: the statement, and a remark in small letters below it;
        - ``block``: the heading above the row and its neighbours; "" for none;
        - ``scale``: a key of `forest_axes.SCALES`; each scale gets an axis of its own;
        - ``estimate``, ``low``, ``high``: the estimate and its confidence interval; nan if
          undefined;
        - ``inside_low``, ``inside_high``: the region in which the number must lie; infinite at an
          open end;
        - ``predicted``: the value expected by theory; nan if there is none;
        - ``verdict``: a key of `forest_rows.MARKS`;
        - ``key`` (optional): a short name, written before the label;
        - ``number``, ``asked`` (optional, together): the estimate and the region as texts.
    canvas : Canvas
        The canvas to draw on.
    inside : str
        The name of the regions in the legend.
    level : str
        The level of the confidence intervals, for the legend.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per scale, one below the other.
    """
    foot = _FOOT * canvas.font if canvas.footer else 0.0
    most = 72 * canvas.height - foot
    while canvas.footer and _laid_out(table, canvas)[1] > most:
        canvas = replace(canvas, font=0.97 * canvas.font, line=0.98 * canvas.line)
    panels, height = _laid_out(table, canvas)
    if canvas.footer:
        air = min((most - height) / len(table), _AIR * canvas.font)
        panels, height = _laid_out(table, canvas, air=air)[0], most
    figure = blank(replace(canvas, height=(height + foot) / 72))
    figure.set_layout_engine("none")
    cut = [_draw(figure, panel, canvas) for panel in panels]
    theory = bool(table["predicted"].notna().any())
    _legend(figure, canvas, inside=inside, level=level, theory=theory, cut=any(cut))
    return figure


def _laid_out(
    table: pd.DataFrame, canvas: Canvas, *, air: float = 0.0
) -> tuple[list[Panel], float]:
    """Return the panels and their total height in points, including legend and axes."""
    below = {key: (3.6 if scale.label else 2.2) * canvas.font for key, scale in SCALES.items()}
    above = margin_of(canvas) + (1.8 if canvas.wide else 3.1) * canvas.font
    panels = panels_of(table, canvas, above=above, below=below, air=air)
    return panels, panels[-1].bottom + below[panels[-1].scale]


def _draw(figure: Figure, panel: Panel, canvas: Canvas) -> bool:
    """Draw a panel; return whether anything was cut off."""
    scale = SCALES[panel.scale]
    width, height = (72 * x for x in figure.get_size_inches())
    for text in panel.texts:
        figure.text(
            text.x / width, 1 - text.y / height, text.words, fontsize=text.size, color=text.colour,
            fontweight="bold" if text.bold else "normal", va="center_baseline", parse_math=False,
        )  # fmt: skip
    rim = margin_of(canvas) / width
    for y in panel.rules:
        rule = Line2D([rim, 1 - rim], [1 - y / height] * 2, color=GRID, linewidth=0.6 * canvas.line)
        figure.add_artist(rule)
    axes = figure.add_axes(
        (panel.left / width, 1 - panel.bottom / height, (panel.right - panel.left) / width,
         (panel.bottom - panel.top) / height),
    )  # fmt: skip
    table = pd.DataFrame([row.values for row in panel.rows])
    axes.set(xlim=limits(table, scale), ylim=(panel.bottom, panel.top))
    letter = np.diff(axes.get_xlim())[0] * canvas.font / (panel.right - panel.left)
    for row in panel.rows:
        _band(axes, scale, row, canvas.font, letter)
    _axis(axes, scale, panel, canvas)
    cut = [_bar(axes, scale, row, canvas) for row in panel.rows]
    return any(cut)


def _band(axes: Axes, scale: Scale, row: ForestRow, tall: float, long: float) -> None:
    """Shade the required region; an open side ends in a tip beyond the axis."""
    ends = scale.place(np.array([row.values["inside_low"], row.values["inside_high"]]))
    left, right = np.clip(ends, *axes.get_xlim())
    tips = np.where(np.isinf(ends), [-0.6 * long, 0.6 * long], 0.0)
    half = 0.7 * tall
    heights = row.middle + np.array([-half, -half, 0, half, half, 0])
    places = [left, right, right + tips[1], right, left, left + tips[0]]
    axes.fill(places, heights, color=_BAND, linewidth=0, clip_on=False, zorder=0.5)


def _axis(axes: Axes, scale: Scale, panel: Panel, canvas: Canvas) -> None:
    """Draw the axis below the rows, and grid lines within the rows."""
    most = int((panel.right - panel.left) / (_TICKS * canvas.font))
    ticks = scale.ticks(*axes.get_xlim(), most)
    places = scale.place(np.array(ticks))
    axes.set_xticks(places, [number(x) for x in ticks])
    axes.set_yticks([])
    axes.set_xlabel(scale.label, fontsize=0.9 * canvas.font)
    axes.tick_params(axis="x", labelsize=0.9 * canvas.font)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False)
    axes.patch.set_visible(False)
    for row in panel.rows:
        axes.vlines(places, row.top, row.bottom, color=GRID, lw=0.6 * canvas.line, zorder=1)
        if math.isfinite(scale.middle):
            middle = float(scale.place(np.array([scale.middle]))[0])
            axes.vlines(middle, row.top, row.bottom, color=QUIET, lw=0.6 * canvas.line, zorder=1)


def _bar(axes: Axes, scale: Scale, row: ForestRow, canvas: Canvas) -> bool:
    """Draw a row's theory, interval and estimate; return whether an arrow replaces a part."""
    at = {name: float(scale.place(np.array([x]))[0]) for name, x in row.values.items()}
    left, right = axes.get_xlim()
    colour = MARKS[row.verdict][1]
    solid: dict[str, Any] = {"color": colour, "linestyle": "none", "clip_on": False, "zorder": 4}
    hollow = {
        **solid, "color": INK, "markerfacecolor": "none", "markeredgewidth": 0.5 * canvas.line,
        "zorder": 3,
    }  # fmt: skip
    if left <= at["predicted"] <= right:
        axes.plot(
            at["predicted"], row.middle, marker=_THEORY, markersize=1.5 * canvas.font, **hollow
        )
    if left <= at["estimate"] <= right:
        axes.plot(at["estimate"], row.middle, "o", markersize=3.4 * canvas.line, **solid)
    axes.hlines(
        row.middle, *np.clip([at["low"], at["high"]], left, right), color=colour,
        lw=1.5 * canvas.line, zorder=4,
    )  # fmt: skip
    below = [name for name, x in at.items() if x < left and not name.startswith("inside")]
    above = [name for name, x in at.items() if x > right and not name.startswith("inside")]
    for marker, edge, way, beyond in (("<", left, 1, below), (">", right, -1, above)):
        if "predicted" in beyond:
            axes.plot(edge, row.middle, marker, markersize=6.5 * canvas.line, **hollow)
        if {"low", "high", "estimate"} & set(beyond):
            axes.plot(edge, row.middle, marker, markersize=4.2 * canvas.line, **solid)
        if "estimate" in beyond and not row.said:
            axes.annotate(
                number(row.values["estimate"]), (edge, row.middle), color=colour,
                xytext=(way * 0.7 * canvas.font, 0), textcoords="offset points",
                ha="left" if way > 0 else "right", va="center_baseline",
                fontsize=0.8 * canvas.font,
            )  # fmt: skip
    return bool(below or above)


def _legend(
    figure: Figure, canvas: Canvas, *, inside: str, level: str, theory: bool, cut: bool
) -> None:
    look: dict[str, Any] = {"color": INK, "linewidth": 1.5 * canvas.line}
    alone = look | {"linestyle": "none"}
    hollow = alone | {"markerfacecolor": "none", "markeredgewidth": 0.5 * canvas.line}
    point, arrow, tick = 3.4 * canvas.line, 4 * canvas.line, canvas.font
    handles: list[Any] = [
        Line2D([], [], marker="o", markersize=point, label=f"estimate, {level} interval", **look),
        Patch(color=_BAND, linewidth=0, label=inside),
    ]
    if theory:
        handles.append(
            Line2D([], [], marker=_THEORY, markersize=tick, label="theory (n → ∞)", **hollow)
        )
    if cut:
        handles.append(
            Line2D([], [], marker=">", markersize=arrow, label="beyond the axis", **alone)
        )
    rim = margin_of(canvas) / 72
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(rim / figure.get_figwidth(), 1 - rim / figure.get_figheight()),
        borderaxespad=0,
        borderpad=0.1,
        ncols=len(handles) if canvas.wide else 2,
        handlelength=1.6,
        columnspacing=1.4,
        fontsize=0.85 * canvas.font,
    )
