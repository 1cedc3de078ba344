"""Distributions of one quantity in each layer, as overlaid curves or as one ridge per layer.

A build adds one layer per picture, from layer 1 up, or from the top layer down (``down=True``).

Tables: ``histogram(study, layer, quantity, left, right, count)`` of a single quantity, one row per
study, layer and bin: ``count`` values lie between ``left`` and ``right``. Values beyond the axis
are counted in bins that extend to ±inf, NaN in a bin from NaN to NaN (`Measured.histogram`).
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
"""The title of each study, in drawing order."""
_ROOMY = 10
"""The smallest width of a column, in font sizes, with numbers at the ticks left of 0."""
_MOST_NAMED = 8
"""The most layers named in a legend or on an axis; of more, only every second, third, ... is."""


def shares(table: pd.DataFrame) -> pd.DataFrame:
    """Add a column ``share``: the fraction of the study's and layer's values that are in the bin.

    Values beyond the axis and NaN are included in the total; their rows are then dropped.

    Parameters
    ----------
    table : pandas.DataFrame
        A histogram with columns ``study``, ``layer``, ``left``, ``right`` and ``count``.

    Returns
    -------
    pandas.DataFrame
        The rows with finite edges, with the new column; nan if a layer has no values.

    Examples
    --------
    >>> bins = {"left": [0.0, 1.0], "right": [1.0, np.inf], "count": [3, 1]}
    >>> shares(pd.DataFrame({"study": "a", "layer": 1, **bins}))["share"].tolist()
    [0.75]
    """
    total = table.groupby(["study", "layer"])["count"].transform("sum")
    table = table.assign(share=table["count"] / total.where(total > 0))
    inside: pd.DataFrame = table[np.isfinite(table["left"]) & np.isfinite(table["right"])]
    return inside


def heights(table: pd.DataFrame) -> pd.DataFrame:
    """Return the percentage of values near each place on the axis.

    The height at x is the percentage of values within ±1/100 of the axis's half-width around x,
    so the height at zero is the 0-peak. It is a sum over a sliding window of bins, exact if the
    number of bins is a multiple of 200.

    Parameters
    ----------
    table : pandas.DataFrame
        A histogram as for `shares`, with bins in ascending order.

    Returns
    -------
    pandas.DataFrame
        ``heights(study, layer, x, height)``, one row per edge of a bin.
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
    """Draw the curves of all layers in one panel per study, as in Figures 6 and 7 of the paper.

    Parameters
    ----------
    table : pandas.DataFrame
        The histogram of one quantity; see the module.
    canvas : Canvas
        The canvas to draw on.
    titles : dict of str to str
        The title of each study, from top to bottom.
    label : str
        The label of the horizontal axis.
    down : bool
        Whether a build starts at the top layer, for signals that propagate backwards.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study, one below the other, on common axes.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, Figures 6 and 7.
    """
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
    """Draw the curves of several blocks of studies side by side, with common axes in each block.

    Parameters
    ----------
    table : pandas.DataFrame
        The histogram of one quantity; see the module.
    canvas : Canvas
        On a wide canvas a block is a column, on a narrow one a row.
    blocks : mapping of str to dict of str to str
        The title of each block, and within it the title of each study.
    label : str
        The label of the horizontal axis.
    down : bool
        Whether a build starts at the top layer, for signals that propagate backwards.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study.
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
    """Draw the heights of one study, one curve per layer."""
    layers = sorted(table["layer"].unique())
    for layer, colour in zip(layers, layer_colours(len(layers)), strict=True):
        one = table[table["layer"] == layer]
        curve = axes.plot(one["x"], one["height"], color=colour, label=f"layer {layer}")
        step(_turn(layers, layer, down=down), *curve)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.margins(x=0)


def _from_zero(panels: Iterable[Axes]) -> None:
    """Let the y axes start at 0. Call it last: setting one limit stops autoscaling of the other."""
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
    """Draw one ridge per layer and one column per study, with the bottom layer at the bottom.

    Every ridge is scaled to its own maximum.

    Parameters
    ----------
    table : pandas.DataFrame
        The histogram of one quantity; see the module.
    canvas : Canvas
        The canvas to draw on.
    titles : dict of str to str
        The title of each study, from left to right.
    label : str
        The label of the horizontal axes.
    short : str
        A shorter label, used if the columns are too narrow for the other one.
    down : bool
        Whether a build starts at the top layer, for signals that propagate backwards.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study, on common axes.
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
            seen = one[one["height"] > 5e-4 * top]  # the rest cannot be told from the base line
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
        axes.xaxis.set_major_formatter(plain)  # 0 rather than 0.00, to save space
        axes.margins(x=0)
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
    return figure


def layer_decades(
    table: pd.DataFrame, *, canvas: Canvas, titles: Titles, label: str, down: bool = False
) -> Figure:
    """Draw the distributions of absolute values on a logarithmic axis, one panel per study.

    Parameters
    ----------
    table : pandas.DataFrame
        The asinh histogram of one quantity, whose bins are symmetric about 0; see the module.
        Both signs are added up.
    canvas : Canvas
        The canvas to draw on.
    titles : dict of str to str
        The title of each study, from top to bottom.
    label : str
        The label of the horizontal axis.
    down : bool
        Whether a build starts at the top layer, for signals that propagate backwards.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study with one curve per layer, in percent of values per decade.
    """
    table = shares(table)
    # the bins are symmetric about 0: the k-th from the right mirrors the k-th from the left
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
    """Return the step of a build in which a layer appears.

    >>> [_turn([1, 2, 3], layer, down=True) for layer in (1, 3)]
    [3, 1]
    """
    place = layers.index(layer)
    return len(layers) - place if down else place + 1


def layer_legend(axes: Axes, where: Literal["upper left", "upper right"]) -> None:
    """Add a legend that names the layers, or every second, third, ... of many.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
        The panel, which is changed in place.
    where : {"upper left", "upper right"}
        The position of the legend.
    """
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
