"""Heat maps of four quantities, layer by layer, for pairs of activation and initialization.

Tables: ``map(block, row, layer, quantity, value)``; the rows of the maps are grouped in blocks,
such as the initializations of each activation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import matplotlib as mpl
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter, MultipleLocator
from numpy.typing import NDArray

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import GRID, INK, QUIET, Canvas, blank

_Float64 = NDArray[np.float64]

_MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """How one map is drawn.

    Attributes
    ----------
    quantity : str
        The quantity in the table.
    title, short : str
        The title above the map, and a shorter one for four maps side by side.
    colour : callable
        Converts values to positions on the colour scale, which is symmetric about 0 or goes from
        0 to 100.
    number : callable
        Formats a value for its cell.
    most : float
        The largest power of ten on either side of a colour scale with two hues and a pale middle;
        beyond it, only the numbers differ. 0 means one hue from 0 % (pale) to 100 % (dark).
    tick : callable
        Formats a position on the colour scale.
    """

    quantity: str
    title: str
    short: str
    colour: Callable[[_Float64], _Float64]
    number: Callable[[float], str]
    most: float
    tick: Callable[[float], str]


def _log10(values: _Float64) -> _Float64:
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: _Float64 = np.log10(values)
    return logs


def _same(values: _Float64) -> _Float64:
    return values


def _percent(values: _Float64) -> _Float64:
    return 100 * values


def _std(value: float) -> str:
    if 0.095 <= value < 99.5:
        return f"{value:.2f}" if value < 0.995 else f"{value:#.2g}".rstrip(".")
    mantissa, power = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(power)}".replace("-", _MINUS)


def _log(value: float) -> str:
    text = f"{value:.1f}" if abs(value) < 10 else f"{value:.0f}"
    return text.replace("-0.0", "0.0").replace("-", _MINUS)


def _share(value: float) -> str:
    percent = 100 * value
    return f"{percent:.0f}" if percent >= 1 or percent < 0.05 else f"{percent:.1f}"


def _power(place: float) -> str:
    return f"{10.0**place:g}"


def _whole(place: float) -> str:
    return f"{place:.0f}".replace("-", _MINUS)


PANELS: tuple[_Panel, ...] = (
    _Panel(
        quantity="std_z",
        title="Std z",
        short="Std z",
        colour=_log10,
        number=_std,
        most=2,
        tick=_power,
    ),
    _Panel(
        quantity="input_share",
        title="% of z² from the input",
        short="% from input",
        colour=_percent,
        number=_share,
        most=0,
        tick=_whole,
    ),
    _Panel(
        quantity="log_gradient_ratio",
        title="log₁₀(δ² / δ² of the top layer)",
        short="log₁₀ δ²/top",
        colour=_same,
        number=_log,
        most=4,
        tick=_whole,
    ),
    _Panel(
        quantity="saturated_share",
        title="% saturated",
        short="% saturated",
        colour=_percent,
        number=_share,
        most=0,
        tick=_whole,
    ),
)


def heat_maps(table: pd.DataFrame, *, canvas: Canvas) -> Figure:
    """Draw four heat maps with one row per pair and one column per layer.

    On a slide the maps are side by side. Elsewhere they are in a 2 × 2 grid or stacked, and the
    figure is as tall as its rows need. Numbers are written in the cells if they are legible;
    undefined cells are hatched.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per cell, with columns

        - ``block``, ``row``: the heading of a group of rows, and the row in it, such as an
          activation and an initialization;
        - ``layer``: the number of the hidden layer, from 1;
        - ``quantity``: "std_z", "input_share" (of the mean square of z), "log_gradient_ratio"
          (log₁₀ of the mean square of δ, relative to the top layer) or "saturated_share";
        - ``value``: its value; shares are between 0 and 1, nan is undefined.
    canvas : Canvas
        The canvas to draw on.

    Returns
    -------
    matplotlib.figure.Figure
        Four panels with a colour bar each.
    """
    places = _places(table)
    columns = (4 if canvas.footer else 2) if canvas.wide else 1
    figure = blank(canvas if canvas.footer else _tall(canvas, len(places), 4 // columns))
    panels = figure.subplots(4 // columns, columns, sharex=True, sharey=True, squeeze=False)
    drawn = []
    for panel, axes in zip(PANELS, panels.reshape(-1), strict=True):
        cells = table[table["quantity"] == panel.quantity]
        drawn.append((panel, axes, list(_cells(cells, places))))
        _draw_panel(figure, axes, panel, drawn[-1][2], canvas)
    _name_rows(panels, table, places, canvas)
    if table["value"].isna().any():
        hatched = Patch(facecolor=GRID, edgecolor=QUIET, hatch="////", label="undefined")
        figure.legend(handles=[hatched], loc="outside lower left")
    figure.draw_without_rendering()  # determines the size of the cells
    for panel, axes, found in drawn:
        _write_numbers(axes, panel, found, canvas)
    return figure


_Cell = tuple[int, float, float]
"""The layer, the row counted from the top, and the value."""


def _places(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return the vertical position of each row, and as (block, "") that of each heading."""
    places: dict[tuple[str, str], float] = {}
    pairs = table[["block", "row"]].drop_duplicates()
    for block in pairs["block"].drop_duplicates():
        places[block, ""] = len(places)
        for row in pairs.loc[pairs["block"] == block, "row"]:
            places[block, row] = len(places)
    return places


def _cells(table: pd.DataFrame, places: dict[tuple[str, str], float]) -> Iterator[_Cell]:
    for block, row, layer, value in zip(
        table["block"], table["row"], table["layer"], table["value"], strict=True
    ):
        yield int(layer), places[block, row], float(value)


def _tall(canvas: Canvas, lines: int, stacked: int) -> Canvas:
    letter = canvas.font / 72
    return replace(canvas, height=stacked * letter * (1.75 * max(lines, 7) + 5) + 0.3)


def _draw_panel(
    figure: Figure, axes: Axes, panel: _Panel, cells: list[_Cell], canvas: Canvas
) -> None:
    scale, colours = _scale(panel, cells)
    for layer, place, value in cells:
        colour = _colour(panel, value, scale, colours)
        look = {"facecolor": colour} if colour else {"facecolor": GRID, "hatch": "////"}
        edge = QUIET if colour is None else "none"
        cell = Rectangle(
            (layer - 0.5, place - 0.5), 1, 1, edgecolor=edge, lw=0, clip_on=False, **look
        )
        step(layer, axes.add_patch(cell))
    bar = figure.colorbar(
        mpl.cm.ScalarMappable(norm=scale, cmap=colours),
        ax=axes,
        location="bottom" if canvas.footer else "right",
        aspect=16 if canvas.footer else 28,
        pad=0.015,
        extend="both" if panel.most else "neither",
        format=FuncFormatter(lambda place, _: panel.tick(place)),
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=(0.6 if canvas.footer else 0.75) * canvas.font, length=2)
    bar.locator = MultipleLocator(_step(panel, slide=canvas.footer))
    axes.set_title(panel.short if canvas.footer else panel.title)


def _step(panel: _Panel, *, slide: bool) -> float:
    if panel.most:
        return 2 if slide and panel.most > 2 else 1
    return 50 if slide else 25


def _scale(panel: _Panel, cells: list[_Cell]) -> tuple[Normalize, Colormap]:
    """Return the colour scale: from 0 to 100, or symmetric about 0 in whole decades."""
    if not panel.most:
        return Normalize(0, 100), sns.color_palette("mako_r", as_cmap=True)
    places = np.abs(panel.colour(np.array([value for *_, value in cells])))
    places = places[np.isfinite(places)]
    most = min(max(1.0, math.ceil(places.max(initial=0.0))), panel.most)
    return Normalize(-most, most), sns.color_palette("vlag", as_cmap=True)


def _colour(
    panel: _Panel, value: float, scale: Normalize, colours: Colormap
) -> tuple[float, float, float, float] | None:
    if math.isnan(value):
        return None
    red, green, blue, alpha = colours(scale(float(panel.colour(np.array([value]))[0])))
    return red, green, blue, alpha


def _name_rows(
    panels: NDArray[np.object_],
    table: pd.DataFrame,
    places: dict[tuple[str, str], float],
    canvas: Canvas,
) -> None:
    layers = sorted(table["layer"].unique())
    rows = {place: row for (_, row), place in places.items() if row}
    size = (0.68 if canvas.footer else 0.85) * canvas.font
    for axes in panels.reshape(-1):
        axes.set_xlim(layers[0] - 0.5, layers[-1] + 0.5)
        axes.set_ylim(len(places) - 0.5, -0.5)
        axes.set_yticks(list(rows), list(rows.values()))
        axes.set_xticks(layers[:: math.ceil(len(layers) / (5 if canvas.footer else 10))])
        axes.grid(visible=False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0, labelsize=size)
        for (block, row), place in places.items():
            if not row:
                axes.text(
                    layers[0] - 0.5, place, block, va="center", weight="bold",
                    fontsize=size, in_layout=False,
                )  # fmt: skip
    for axes in panels[-1]:
        axes.set_xlabel("hidden layer", fontsize=size)


def _write_numbers(axes: Axes, panel: _Panel, cells: list[_Cell], canvas: Canvas) -> None:
    """Write a number into every cell, if the longest one fits at a legible size."""
    size = 0.72 * canvas.font
    numbers = [panel.number(value) for *_, value in cells if not math.isnan(value)]
    box = axes.get_window_extent()
    points = 72 / axes.figure.dpi
    width = box.width * points / abs(float(np.diff(axes.get_xlim())[0]))
    height = box.height * points / abs(float(np.diff(axes.get_ylim())[0]))
    longest = max((len(number) for number in numbers), default=0)
    if width < 0.66 * size * longest or height < 1.2 * size:
        return
    scale, colours = _scale(panel, cells)
    for layer, place, value in cells:
        colour = _colour(panel, value, scale, colours)
        if colour is not None:
            ink = INK if np.dot(colour[:3], (0.299, 0.587, 0.114)) > 0.55 else "white"
            words = axes.text(
                layer, place, panel.number(value), ha="center", va="center_baseline",
                fontsize=size, color=ink, in_layout=False,
            )  # fmt: skip
            step(layer, words)
