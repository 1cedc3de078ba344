"""What is distributed how in each layer? Curves over one another, and one ridge a layer.

A build shows one layer more in every picture, from layer 1 up, or from the top layer ``down``.

Tables: ``histogram(study, layer, quantity, left, right, count)`` of one quantity.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from saturation_lab.figures.builds import step
from saturation_lab.figures.forest_rows import text_width
from saturation_lab.figures.theme import QUIET, Canvas, blank, layer_colours, legend_above
from saturation_lab.figures.titles import column_title

Titles = dict[str, str]
_ROOMY = 10
"""Letters that a column must hold so that ticks left of 0 have their numbers."""
_MOST_NAMED = 8
"""Layers that are named in a legend or on an axis; of more every second, third, ... one."""


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``share``: the part of all values of that study and layer, in a bin.

    Values beyond the axis and NaN are counted in the total; their rows are then left out.
    """
    total = table.groupby(["study", "layer"])["count"].transform("sum")
    table = table.assign(share=table["count"] / total.where(total > 0))
    inside: pd.DataFrame = table[np.isfinite(table["left"]) & np.isfinite(table["right"])]
    return inside


def heights(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``heights(study, layer, x, height)``: % of values within ±1/100 half-widths of x.

    A sliding window over the bins (exact where 200 divides their number), so that the height at
    zero is the 0-peak.
    """
    pieces = []
    for (study, layer), one in shares(table).groupby(["study", "layer"]):
        edges = np.append(one["left"].to_numpy(), one["right"].iloc[-1])
        reach = max(1, round((len(edges) - 1) / 200))
        below = np.append(0.0, np.cumsum(one["share"].to_numpy()))
        place = np.arange(len(edges))
        inside = below[np.minimum(place + reach, len(one))] - below[np.maximum(place - reach, 0)]
        piece = {"study": study, "layer": layer, "x": edges, "height": 100 * inside}
        pieces.append(pd.DataFrame(piece))
    return pd.concat(pieces, ignore_index=True)


def layer_curves(
    table: pd.DataFrame, *, canvas: Canvas, titles: Titles, label: str, down: bool = False
) -> Figure:
    """Draw all layers over one another, one panel a study, same axes: the paper's own form."""
    table = heights(table)
    figure = blank(canvas)
    panels = figure.subplots(len(titles), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    for axes, (study, title) in zip(panels, titles.items(), strict=True):
        _curves(axes, table[table["study"] == study], down=down)
        axes.set_title(title)
        axes.set_ylabel("% within ±1/100")
    _from_zero(panels)
    layer_legend(panels[0], "upper right")
    panels[-1].set_xlabel(label)
    return figure


def layer_curves_beside(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    blocks: Mapping[str, Titles],
    label: str,
    down: bool = False,
) -> Figure:
    """Draw the curves of several blocks of studies side by side, axes shared inside a block.

    ``blocks`` holds the titles of each block's studies; a narrow canvas stacks the blocks.
    """
    table = heights(table)
    figure = blank(canvas)
    shape = (max(map(len, blocks.values())), len(blocks))
    share: Literal["col", "row"] = "col" if canvas.wide else "row"
    panels = figure.subplots(
        *(shape if canvas.wide else shape[::-1]), sharex=share, sharey=share, squeeze=False
    )
    if not canvas.wide:
        panels = panels.T
    for column, (block, titles) in zip(panels.T, blocks.items(), strict=True):
        for axes, (study, title) in zip(column, titles.items(), strict=False):
            _curves(axes, table[table["study"] == study], down=down)
            columns = shape[1] if canvas.wide else 1
            column_title(axes, f"{block}, {title.lower()}", canvas=canvas, columns=columns)
            axes.xaxis.set_major_locator(MaxNLocator(3))
            if axes.get_subplotspec().is_first_col():
                axes.set_ylabel("% within ±1/100")
        if canvas.wide or block == list(blocks)[-1]:
            column[-1].set_xlabel(label)
    _from_zero(panels.reshape(-1))
    handles, labels = panels[0, 0].get_legend_handles_labels()
    apart = math.ceil(len(labels) / (_MOST_NAMED if canvas.wide else 3))
    legend_above(figure, handles[::apart], labels[::apart], _MOST_NAMED)
    return figure


def _curves(axes: Axes, table: pd.DataFrame, *, down: bool) -> None:
    """Draw the heights of one study, a curve a layer."""
    layers = sorted(table["layer"].unique())
    for layer, colour in zip(layers, layer_colours(len(layers)), strict=True):
        one = table[table["layer"] == layer]
        curve = axes.plot(one["x"], one["height"], color=colour, label=f"layer {layer}")
        step(_turn(layers, layer, down=down), *curve)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.margins(x=0)


def _from_zero(panels: Iterable[Axes]) -> None:
    """Let heights start at 0, once all are drawn: an end that is set stops the other's growing."""
    for axes in panels:
        axes.set_ylim(bottom=0)


def layer_ridges(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    titles: Titles,
    label: str,
    short: str = "",
    down: bool = False,
) -> Figure:
    """Draw one ridge a layer, bottom layer below, one column a study, each ridge to its own top.

    Where columns are too narrow for the label its short form stands below them.
    """
    room = 0.85 * 72 * canvas.width / len(titles)
    label = short if short and text_width(label, canvas.font) > room else label
    table = heights(table)
    figure = blank(canvas)
    columns = figure.subplots(1, len(titles), sharex=True, sharey=True, squeeze=False)[0]
    roomy = 72 * canvas.width / len(titles) > _ROOMY * canvas.font
    layers = sorted(table["layer"].unique())
    colours = layer_colours(len(layers))
    for axes, (study, title) in zip(columns, titles.items(), strict=True):
        for layer, colour in reversed(list(zip(layers, colours, strict=True))):
            one = table[(table["study"] == study) & (table["layer"] == layer)]
            top = one["height"].max()
            seen = one[one["height"] > 5e-4 * top]  # the rest is the base line
            middle, height = seen["x"].to_numpy(), seen["height"].to_numpy()
            ridge = layer + 0.85 * (height / top if top > 0 else height)
            parts: list[Artist] = [axes.axhline(layer, color=colour)]
            closed = (np.pad(middle, 1, mode="edge"), np.pad(ridge, 1, constant_values=layer))
            parts += axes.fill(*closed, color=colour, alpha=0.75, linewidth=0)
            parts += axes.plot(*closed, color=colour)
            if canvas.wide and len(layers) <= _MOST_NAMED:
                words = axes.annotate(
                    f"top {top:.2g} %",
                    (0.01, layer + 0.6),
                    xycoords=("axes fraction", "data"),
                    va="center",
                    color=QUIET,
                    fontsize=0.8 * canvas.font,
                )
                parts.append(words)
            step(_turn(layers, layer, down=down), *parts)
        column_title(axes, title, canvas=canvas, columns=len(titles))
        axes.set_xlabel(label)
        named = layers[:: math.ceil(len(layers) / _MOST_NAMED)]
        axes.set_yticks(named, [f"layer {layer}" for layer in named])
        axes.xaxis.set_major_locator(MaxNLocator(4 if roomy else 2, symmetric=True))
        plain = FuncFormatter(lambda x, _: f"{x:g}".replace("-", "−") if x >= 0 or roomy else "")
        axes.xaxis.set_major_formatter(plain)  # 0 and not 0.00 where columns are narrow
        axes.margins(x=0)
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return figure


def layer_decades(
    table: pd.DataFrame, *, canvas: Canvas, titles: Titles, label: str, down: bool = False
) -> Figure:
    """Draw |values| over decades, one panel a study: the asinh histogram, both signs together."""
    table = shares(table)
    # the axis is symmetric about 0: the k-th bin from the right mirrors the k-th from the left
    ordered = table.sort_values(["study", "layer", "left"])
    mirrored = ordered.groupby(["study", "layer"])["share"].transform(lambda s: s.to_numpy()[::-1])
    both = ordered.assign(share=ordered["share"] + mirrored)
    both = both[both["left"] > 0]
    figure = blank(canvas)
    panels = figure.subplots(len(titles), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    layers = sorted(both["layer"].unique())
    seen = both[both["share"] > 1e-3]
    for axes, (study, title) in zip(panels, titles.items(), strict=True):
        for layer, colour in zip(layers, layer_colours(len(layers)), strict=True):
            one = both[(both["study"] == study) & (both["layer"] == layer)]
            decades = np.log10(one["right"] / one["left"])
            middle = np.sqrt(one["left"] * one["right"])
            height = 100 * one["share"] / decades
            curve = axes.plot(middle, height, color=colour, label=f"layer {layer}")
            step(_turn(layers, layer, down=down), *curve)
        axes.set_title(title)
        axes.set_ylabel("% of values\nper decade")
        axes.set_xscale("log")
    _from_zero(panels)
    if len(seen):
        panels[0].set_xlim(seen["left"].min(), seen["right"].max())
        _plain_decades(panels[-1])
    layer_legend(panels[0], "upper left")
    panels[-1].set_xlabel(label)
    return figure


def _turn(layers: Sequence[int], layer: int, *, down: bool) -> int:
    """Return in which picture of a build a layer appears.

    >>> [_turn([1, 2, 3], layer, down=True) for layer in (1, 3)]
    [3, 1]
    """
    place = layers.index(layer)
    return len(layers) - place if down else place + 1


def layer_legend(axes: Axes, where: Literal["upper left", "upper right"]) -> None:
    """Name the layers, not more of them than can be read."""
    handles, labels = axes.get_legend_handles_labels()
    apart = math.ceil(len(labels) / _MOST_NAMED)
    axes.legend(handles[::apart], labels[::apart], loc=where, handlelength=1.2, labelspacing=0.25)


def _plain_decades(axes: Axes) -> None:
    low, high = axes.get_xlim()
    first, last = math.ceil(math.log10(low)), math.floor(math.log10(high))
    every = max(1, (last - first) // 7)
    axes.xaxis.set_major_locator(FixedLocator([10.0**k for k in range(first, last + 1, every)]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"$10^{{{round(math.log10(x))}}}$"))
    axes.xaxis.set_minor_locator(NullLocator())
