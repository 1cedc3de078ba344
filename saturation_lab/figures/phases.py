"""Phase diagrams of deep networks in the plane of weight and bias standard deviations.

Tables: ``phase(activation, sigma_w, sigma_b, phase, chi_1)`` on a grid that includes σ_b = 0;
``line(activation, q, sigma_w, sigma_b, chi_parallel)``, the critical line, nan where it is
interrupted; and ``marks(activation, key, title, sigma_w, sigma_b, phase)``, one row per
initialization rule.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import INK, Canvas, blank

_Float64 = NDArray[np.float64]

COLOURS = {
    "collapsed": "#5d6470",
    "ordered": "#3f8fca",
    "critical": "#ffffff",
    "chaotic": "#e8912d",
    "unbounded": "#6b1f3a",
}
"""The colour of each phase; they differ in hue and in lightness, also when converted to dark."""

_PALEST = 0.22
"""The opacity of a colour where χ₁ = 1."""
_FULL, _STEPS = 2.0, 12
"""The factor per layer from which a colour is opaque, and the number of shades below it: smooth
shades would make a page several times as large."""
_GAP, _STRIP = 0.015, 0.075
"""The gap below the diagram and the strip for σ_b = 0 below it, relative to the height."""
FEW = 4
"""Up to this many diagrams are drawn in two columns, large enough to mark every rule."""
_ROOM = 0.14
"""The share of the width that a phase must have for its name to be written."""


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """How a rule is marked: the marker, its relative size, and its fill colour."""

    marker: str
    size: float = 1.0
    fill: str = "white"


_RING = _Shape(marker="o", size=1.7, fill="none")
_SHAPES: dict[str, _Shape] = {
    "he": _Shape(marker="^"),
    "glorot": _Shape(marker="s", size=0.85),
    "standard": _Shape(marker="v"),
    "lecture": _Shape(marker="D", size=0.8),
    "pytorch": _Shape(marker="P"),
    "recommended": _Shape(marker="*", size=1.5, fill="#ffe14d"),
    "critical": _RING,
}
"""The marker of each rule, the same in all diagrams."""


def phase_map(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    line: pd.DataFrame,
    marks: pd.DataFrame,
    labels: Mapping[str, str],
) -> Figure:
    """Draw the phase diagram of one activation, with its critical line and marked rules.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per point of the grid, with columns

        - ``sigma_w``, ``sigma_b``: σ_w = √n Std w, and the standard deviation of the biases; the
          grid includes σ_b = 0;
        - ``phase``: a key of `COLOURS`;
        - ``chi_1``: χ₁, the factor by which a layer multiplies the mean square of the gradient; nan
          if undefined.
    canvas : Canvas
        The canvas to draw on.
    line : pandas.DataFrame
        The critical line, with columns ``sigma_w``, ``sigma_b`` and ``chi_parallel`` (the slope of
        the length map, above 1 at an unstable fixed point); rows of nan interrupt the line.
    marks : pandas.DataFrame
        One row per rule, with columns ``key`` ("he", "glorot", "standard", "lecture", "pytorch",
        "recommended" or "critical"), ``sigma_w`` and ``sigma_b``.
    labels : mapping of str to str
        The name of each key in the legend.

    Returns
    -------
    matplotlib.figure.Figure
        One panel with the legend next to it or below it.
    """
    figure = blank(canvas)
    axes = figure.subplots()
    _diagram(axes, table, canvas)
    _critical_line(axes, line, canvas)
    _marks(axes, marks, 1.9 * canvas.line)
    _names(axes, table, canvas)
    axes.set_xlabel("σ_w = √n Std w")
    axes.set_ylabel("σ_b")
    if canvas.wide:
        labels = {key: label.replace(": ", ":\n") for key, label in labels.items()}
    handles = [_key(key, label, 1.9 * canvas.line) for key, label in labels.items()]
    figure.legend(handles=[*_line_handles(line), *handles], **_place(canvas))
    return figure


def phase_sheet(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    line: pd.DataFrame,
    marks: pd.DataFrame,
    titles: Mapping[str, str],
    labels: Mapping[str, str],
) -> Figure:
    """Draw the phase diagrams of several activations.

    Parameters
    ----------
    table : pandas.DataFrame
        The grids, as for `phase_map`, with a column ``activation``.
    canvas : Canvas
        The canvas; except for slides, the figure is as tall as the diagrams need.
    line : pandas.DataFrame
        The critical lines, as for `phase_map`, with a column ``activation``.
    marks : pandas.DataFrame
        The rules, as for `phase_map`, with a column ``activation``.
    titles : mapping of str to str
        The displayed name of each activation to draw, row by row.
    labels : mapping of str to str
        The name of each rule in the legend.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per activation, in several columns.
    """
    few = len(titles) <= FEW
    columns = (2 if few else 5) if canvas.wide else (1 if few else 3)
    rows = math.ceil(len(titles) / columns)
    tall = canvas if canvas.footer else replace(canvas, height=_height(canvas, rows, columns))
    figure = blank(tall)
    large = canvas.line * (1.3 if few else 1.0)
    panels = figure.subplots(rows, columns, squeeze=False).reshape(-1)
    small = 0.62 * canvas.font if canvas.footer else 0.72 * canvas.font
    for axes, (name, title) in zip(panels, titles.items(), strict=False):
        _diagram(axes, table[table["activation"] == name], canvas)
        _critical_line(axes, line[line["activation"] == name], canvas, thin=0.7)
        _marks(axes, marks[marks["activation"] == name], large)
        axes.set_title(title, fontsize=0.9 * canvas.font if canvas.wide else small, pad=2)
        axes.tick_params(labelsize=small, length=2, pad=1)
        axes.xaxis.set_major_locator(MaxNLocator(3, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(3, prune=None))
    for axes in panels[len(titles) :]:
        axes.set_visible(False)
    phases = [name for name in COLOURS if (table["phase"] == name).any() and name != "critical"]
    handles: list[Patch | Line2D] = [Patch(color=COLOURS[name], label=name) for name in phases]
    handles += [_key(key, label, large) for key, label in labels.items()]
    letters = (0.75 if canvas.footer else 0.9) * canvas.font
    for axes in panels[: len(titles) : columns]:
        axes.set_ylabel("σ_b", fontsize=letters, labelpad=0.4 * letters)
    for axes in panels[len(titles) - columns : len(titles)]:
        axes.set_xlabel("σ_w = √n Std w" if few else "σ_w", fontsize=letters, labelpad=1)
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=math.ceil(len(handles) / 2) if canvas.wide else 2,
        handlelength=1.2,
        columnspacing=1.2,
        fontsize=0.75 * canvas.font if canvas.footer else 0.85 * canvas.font,
    )
    return figure


def _height(canvas: Canvas, rows: int, columns: int) -> float:
    shape = 0.62 if columns <= 2 else 0.95
    return rows * (shape * canvas.width / columns + 0.12) + (0.8 if canvas.wide else 1.4)


def shades(phase: Sequence[str], chi_1: _Float64) -> _Float64:
    """Return the colours of cells: the closer χ₁ is to 1, the paler.

    Parameters
    ----------
    phase : sequence of str
        The phase of each cell, a key of `COLOURS`.
    chi_1 : array of shape (cells,)
        χ₁ of each cell; nan and infinite values give the full colour.

    Returns
    -------
    array of shape (cells, 3)
        RGB values between 0 and 1.

    Examples
    --------
    >>> shades(["ordered", "ordered"], np.array([0.5, 1.0])).round(2).tolist()
    [[0.25, 0.56, 0.79], [0.83, 0.9, 0.95]]
    """
    full = np.array([to_rgb(COLOURS[name]) for name in phase])
    with np.errstate(divide="ignore", invalid="ignore"):
        away = np.nan_to_num(np.abs(np.log(chi_1)) / math.log(_FULL), nan=1.0, posinf=1.0)
    steps = np.round(_STEPS * np.clip(away, 0, 1)) / _STEPS
    share = (_PALEST + (1 - _PALEST) * steps)[:, None]
    mixed: _Float64 = 1 - share * (1 - full)
    return mixed


def _grid(table: pd.DataFrame) -> tuple[_Float64, _Float64, _Float64]:
    """Return the grid's values of σ_w and σ_b, and the colours of its cells, [σ_b, σ_w, 3]."""
    rows = table.sort_values(["sigma_b", "sigma_w"])
    w, b = (np.unique(rows[name].to_numpy()) for name in ("sigma_w", "sigma_b"))
    colours = shades(rows["phase"].tolist(), rows["chi_1"].to_numpy())
    return w, b, colours.reshape(len(b), len(w), 3)


def _ends(middles: _Float64) -> float:
    """Return the upper end of cells that begin at 0, given their midpoints."""
    return float(middles[-1] + middles[0])


def _diagram(axes: Axes, table: pd.DataFrame, canvas: Canvas) -> None:
    """Draw the cells, and below them a strip for σ_b = 0."""
    w, b, colours = _grid(table)
    right, top = _ends(w), _ends(b[1:])
    low, high = -(_GAP + _STRIP) * top, -_GAP * top
    axes.imshow(
        colours[1:],
        extent=(0, right, 0, top),
        origin="lower",
        aspect="auto",
        interpolation="none",
    )
    axes.imshow(
        colours[:1],
        extent=(0, right, low, high),
        origin="lower",
        aspect="auto",
        interpolation="none",
    )
    axes.set_xlim(0, right)
    axes.set_ylim(low, top)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0.3 * canvas.font)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))


def _critical_line(axes: Axes, line: pd.DataFrame, canvas: Canvas, *, thin: float = 1.0) -> None:
    """Draw the line χ₁ = 1, dashed where the fixed point is unstable."""
    top = axes.get_ylim()[1]
    for style, part in _parts(line):
        for colour, thick in (("white", 2.6), (INK, 1.2)):  # the white line is a halo
            axes.plot(
                part["sigma_w"],
                part["sigma_b"].clip(lower=0.002 * top),
                style if colour == INK else "-",
                color=colour,
                linewidth=thick * thin * canvas.line,
                scalex=False,
                scaley=False,
                zorder=3,
            )


_Style = Literal["-", "--"]


def _parts(line: pd.DataFrame) -> list[tuple[_Style, pd.DataFrame]]:
    """Return the stable parts of the line ("-") and the unstable ones ("--")."""
    away = line["chi_parallel"] > 1 + 1e-9
    parts: list[tuple[_Style, pd.DataFrame]] = []
    styles: tuple[tuple[bool, _Style], ...] = ((False, "-"), (True, "--"))
    for repels, style in styles:
        # a part includes the first point of the next one, so that there is no gap
        mine = (away == repels) | (away.shift(1, fill_value=not repels) == repels)
        one = line.where(mine)
        if one["sigma_w"].notna().any():
            parts.append((style, one))
    return parts


def _line_handles(line: pd.DataFrame) -> list[Line2D]:
    words: dict[_Style, str] = {"-": "critical: χ₁ = 1", "--": "χ₁ = 1, but unstable"}
    return [Line2D([], [], color=INK, linestyle=s, label=words[s]) for s, _ in _parts(line)]


def _marks(axes: Axes, marks: pd.DataFrame, size: float) -> None:
    low, top = axes.get_ylim()
    strip = (low - _GAP * top) / 2
    # larger marks first, so that none hides another at the same position
    order = sorted(marks.to_dict("records"), key=lambda one: -_SHAPES[one["key"]].size)
    for place, one in enumerate(order):
        handle = _handle(str(one["key"]), "", size)
        handle.set_data([one["sigma_w"]], [one["sigma_b"] if one["sigma_b"] > 0 else strip])
        handle.set(clip_on=False, zorder=5 + place)
        step(list(_SHAPES).index(str(one["key"])) + 1, axes.add_line(handle))


def _handle(key: str, label: str, size: float) -> Line2D:
    shape = _SHAPES[key]
    return Line2D(
        [],
        [],
        linestyle="none",
        marker=shape.marker,
        markersize=4.2 * size * shape.size,
        markerfacecolor=shape.fill,
        markeredgecolor=INK,
        markeredgewidth=0.75 * size,
        label=label,
    )


def _key(key: str, label: str, size: float) -> Line2D:
    """Return a mark for the legend, no taller than a line of text."""
    return _handle(key, label, size / max(1.0, _SHAPES[key].size))


def _names(axes: Axes, table: pd.DataFrame, canvas: Canvas) -> None:
    """Write the name of each phase where it is farthest from all other phases."""
    rows = table[table["sigma_b"] > 0].sort_values(["sigma_b", "sigma_w"])
    w, b = (np.unique(rows[name].to_numpy()) for name in ("sigma_w", "sigma_b"))
    phase = rows["phase"].to_numpy().reshape(len(b), len(w))
    for name in ("ordered", "chaotic", "unbounded", "collapsed"):
        room = distance_transform_edt(np.pad(phase == name, 1))[1:-1, 1:-1]
        if room.max() < _ROOM * len(w) / 2:
            continue
        i, j = np.unravel_index(room.argmax(), room.shape)
        axes.text(
            w[j], b[i], name, ha="center", va="center", fontsize=1.1 * canvas.font, zorder=4,
            bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 0.25 * canvas.font},
        )  # fmt: skip


def _place(canvas: Canvas) -> dict[str, Any]:
    if canvas.wide:
        return {"loc": "outside right upper", "handlelength": 1.4, "labelspacing": 0.7}
    return {"loc": "outside lower left", "handlelength": 1.2, "ncols": 1, "labelspacing": 0.6}
