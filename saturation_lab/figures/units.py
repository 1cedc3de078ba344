"""The spread of pooled values next to that of each single unit over the examples.

Tables: ``units(study, layer, quantity, unit, left, right, estimate, low, high)``; the meaning of
``estimate``, ``low`` and ``high`` depends on ``quantity``:

- ``pooled_share``: ``estimate`` is the share of all values between ``left`` and ``right``;
- ``unit``: ``estimate`` is the median of one unit over the examples, ``low`` and ``high`` are two
  of its percentiles; the units of a layer are sorted by median;
- ``within_share``: ``estimate`` is the share of the variance that is within units, with its
  confidence interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import INK, QUIET, Canvas, blank, study_colours

_Colour = tuple[float, float, float]
_POOLED, _GAP = 0.45, 0.06
"""The widths of the pooled histogram and of the gap next to it, relative to that of all units."""


def pooled_beside_units(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    titles: Mapping[str, str],
    numbers: Mapping[tuple[str, int], tuple[str, str]],
    bar: str,
) -> Figure:
    """Draw the pooled histogram and the single units, in one panel per study and layer.

    Parameters
    ----------
    table : pandas.DataFrame
        The table described in the module.
    canvas : Canvas
        On a wide canvas every study is a row, on a narrow one a column.
    titles : mapping of str to str
        The title of each study, in drawing order.
    numbers : mapping of (str, int) to (str, str)
        For each study and layer, the share of the variance within units and its interval as texts.
    bar : str
        What the bar of a unit shows, for the legend.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study and layer.
    """
    layers = sorted(table["layer"].unique())
    figure = blank(canvas)
    shape = (len(titles), len(layers))
    panels = figure.subplots(*(shape if canvas.wide else shape[::-1]), squeeze=False)
    rows = panels if canvas.wide else panels.T
    colours = study_colours(list(titles))
    for row, study in zip(rows, titles, strict=True):
        for place, (axes, layer) in enumerate(zip(row, layers, strict=True)):
            here = table[(table["study"] == study) & (table["layer"] == layer)]
            _layer(axes, here, canvas, colours[study], first=2 * place)
            step(2 * place + 1, *_said(axes, *numbers[study, layer], canvas=canvas))
    studies, named = list(titles.values()), [f"layer {layer}" for layer in layers]
    above, beside = (named, studies) if canvas.wide else (studies, named)
    for axes, words in zip(panels[0], above, strict=True):
        axes.set_title(words, pad=2.6 * canvas.font)
    for axes, words in zip(panels[:, 0], beside, strict=True):
        axes.set_ylabel(words.replace(", ", ",\n"))
    for axes in panels.flat:
        place = axes.get_subplotspec()
        axes.tick_params(labelleft=place.is_first_col() or not canvas.wide)
        axes.tick_params(labelbottom=place.is_last_row())
    _legend(figure, canvas, list(colours.values()), bar)
    return figure


def _layer(axes: Axes, rows: pd.DataFrame, canvas: Canvas, colour: _Colour, *, first: int) -> None:
    """Draw one layer of one study in two steps: pooled values, then single units."""
    pooled, units = (rows[rows["quantity"] == name] for name in ("pooled_share", "unit"))
    edges = np.append(pooled["left"].to_numpy(), pooled["right"].iloc[-1])
    height = pooled["estimate"].to_numpy() / np.diff(edges)
    start = -_POOLED - _GAP
    scaled = start + _POOLED * height / max(height.max(), np.finfo(float).tiny)
    bars: dict[str, Any] = {
        "orientation": "horizontal",
        "fill": True,
        "color": QUIET,
        "alpha": 0.55,
    }
    step(first, axes.stairs(scaled, edges, baseline=start, **bars))
    x = (np.arange(len(units)) + 0.5) / max(1, len(units))
    ends = np.column_stack([units["low"], units["high"], np.full(len(units), np.nan)])
    reach = axes.plot(np.repeat(x, 3), ends.reshape(-1), color=colour, solid_capstyle="butt")
    medians = axes.plot(x, units["estimate"], "o", color=INK, ms=canvas.line, markeredgewidth=0)
    step(first + 1, *reach, *medians)
    margin = 0.03 * (edges[-1] - edges[0])
    axes.set_ylim(edges[0] - margin, edges[-1] + margin)
    axes.set_xlim(start, 1)
    axes.set_xticks([start + _POOLED / 2, 0.5], ["pooled", f"{len(units)} units"])
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(2, steps=[1, 2, 5, 10]))
    axes.grid(visible=False, axis="x")


def _said(axes: Axes, share: str, interval: str, *, canvas: Canvas) -> list[Text]:
    """Write the share within units above a panel, and its interval below that."""
    lines = ((share, 1.25, 1.0, "bold"), (interval, 0.3, 0.75, "normal"))
    return [
        axes.annotate(
            words, (1, 1), xycoords="axes fraction", xytext=(0, height * canvas.font),
            textcoords="offset points", ha="right", va="bottom", fontsize=size * canvas.font,
            fontweight=weight,
        )
        for words, height, size, weight in lines
    ]  # fmt: skip


def _legend(figure: Figure, canvas: Canvas, colours: list[_Colour], bar: str) -> None:
    units = tuple(
        Line2D([], [], color=colour, marker="o", mfc=INK, ms=2 * canvas.line, markeredgewidth=0)
        for colour in colours
    )
    percent = Line2D([], [], linestyle="", marker="$\\%$", color=INK, markeredgewidth=0)
    percent.set_markersize(0.75 * canvas.font)
    # matplotlib draws a tuple as one entry, but its type hints do not allow it
    handles: list[Any] = [Patch(color=QUIET, alpha=0.55, linewidth=0), units, percent]
    figure.legend(
        handles,
        ["all values", bar, "of variance within units"],
        handler_map={tuple: HandlerTuple(ndivide=None)},
        loc="outside upper left",
        ncols=3 if canvas.wide else 1,
        handlelength=1.6,
    )
