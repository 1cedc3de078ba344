"""Charts of which initializations preserve signal and gradient, with one row per activation.

Tables: ``cells(activation, role, own, quantity, factor, low, high, verdict)``, one row per
activation, initialization and quantity; see `cells_chart`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from saturation_lab.figures.theme import GRID, INK, QUIET, Canvas, blank

_Float64 = NDArray[np.float64]

KEPT = 2.0
"""A quantity is kept if it changes by less than this factor."""
_DECADES = (1, 3, 10, 30, 100)
"""The ticks on either side of 1, in decades; those without room are omitted."""
_BAND = "#d0e3f1"
_CLOSE = 0.3
"""The distance from 1, in decades, beyond which the axis is logarithmic in decades."""
_LOOKS = (
    ("s", "#b35a00"), ("D", "#8a3d8f"), ("o", "#0173b2"), ("^", "#00694f"),
    ("P", "#949494"), ("v", "#ca9161"),
)  # fmt: skip
_ROW = 1.95
"""The height of a row, in font sizes."""
_MARK = 2.8
"""The size of a mark, in line widths."""
_SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, kw_only=True)
class _Look:
    """How a role is drawn: marker, colour, and vertical offset from the middle of its row."""

    marker: str
    colour: str
    lane: float


def place(factor: _Float64) -> _Float64:
    """Return the positions of factors on the axis.

    The position is asinh(l / 0.3) with l = log₁₀ of the factor: nearly logarithmic up to a factor
    of 2, and increasingly compressed beyond.

    Parameters
    ----------
    factor : array of any shape
        Factors of change, from 0 to infinity.

    Returns
    -------
    array of the same shape
        The positions; 0 for the factor 1.

    Examples
    --------
    >>> place(np.array([0.5, 1.0, 2.0, 1e10])).round(2)
    array([-0.88,  0.  ,  0.88,  4.2 ])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        places: _Float64 = np.arcsinh(np.log10(factor) / _CLOSE)
    return places


def cells_chart(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    titles: Mapping[str, str],
    names: Mapping[str, str] | None = None,
) -> Figure:
    """Draw one panel per quantity, with a row per activation and a mark per initialization.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per activation, initialization and quantity, with columns

        - ``activation``, ``quantity``: the row and the panel;
        - ``role``: the name of the initialization, for the legend;
        - ``own``: whether it is the initialization that is taught for this activation;
        - ``factor``, ``low``, ``high``: the factor by which the quantity changes on its way through
          the layers, with its confidence interval; nan if undefined;
        - ``verdict``: not drawn.
    canvas : Canvas
        Panels are side by side on a wide canvas, one below the other on a narrow one.
    titles : mapping of str to str
        The title of each quantity's panel.
    names : mapping of str to str, optional
        The displayed names of activations; those in the table by default.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per quantity, on common axes.
    """
    activations = list(dict.fromkeys(table["activation"]))
    panels = 1 if canvas.wide else len(titles)
    tall = panels * (_ROW * len(activations) + 4.5) + 5
    height = canvas.height if canvas.footer else tall * canvas.font / 72
    figure = blank(replace(canvas, height=height))
    shape = (1, len(titles)) if canvas.wide else (len(titles), 1)
    axes = figure.subplots(*shape, sharex=True, sharey=True, squeeze=False).reshape(-1)
    looks = _looks(list(dict.fromkeys(table["role"])))
    reach = _reach(table)
    for panel, (quantity, title) in zip(axes, titles.items(), strict=True):
        panel.set_title(title)
        _rows(panel, [(names or {}).get(x, x) for x in activations], canvas)
        _axis(panel, reach, canvas)
        here = table[table["quantity"] == quantity]
        for role, look in looks.items():
            _marks(panel, here[here["role"] == role], activations, look, canvas)
    _legend(figure, looks, canvas, ringed=bool(table["own"].any()))
    return figure


def _looks(roles: list[str]) -> dict[str, _Look]:
    lanes = np.linspace(-0.27, 0.27, len(roles)) if len(roles) > 1 else [0.0]
    return {
        role: _Look(marker=marker, colour=colour, lane=float(lane))
        for role, lane, (marker, colour) in zip(
            roles, lanes, (_LOOKS[i % len(_LOOKS)] for i in range(len(roles))), strict=True
        )
    }


def _reach(table: pd.DataFrame) -> float:
    """Return the extent of the axis on either side of 1: the farthest mark, at least a decade."""
    places = np.abs(place(table["factor"].to_numpy(dtype=np.float64)))
    return 1.06 * max(float(places[np.isfinite(places)].max(initial=0)), float(place(np.array(10))))


def _rows(axes: Axes, activations: list[str], canvas: Canvas) -> None:
    thin = 0.6 * canvas.line
    axes.axvspan(*place(np.array([1 / KEPT, KEPT])), color=_BAND, linewidth=0, zorder=0.5)
    axes.axvline(0, color=QUIET, linewidth=thin, zorder=1.5)
    for edge in np.arange(len(activations) - 1) + 0.5:
        axes.axhline(edge, color=GRID, linewidth=thin, zorder=1)
    axes.set_yticks(range(len(activations)), activations)
    axes.set_ylim(len(activations) - 0.45, -0.55)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    axes.grid(visible=False, axis="y")


def _axis(axes: Axes, reach: float, canvas: Canvas) -> None:
    """Draw the ticks that fit: 1 in the middle, and decades on either side."""
    share = 0.38 if canvas.wide else 0.72
    letters = 72 * share * canvas.width / canvas.font / (2 * reach)
    ticks, last = [0], 0.0
    for decade in _DECADES:
        at = float(np.arcsinh(decade / _CLOSE))
        if at <= reach and (at - last) * letters > 3.6:
            ticks, last = [-decade, *ticks, decade], at
    axes.set_xlim(-reach, reach)
    axes.set_xticks(np.arcsinh(np.array(ticks) / _CLOSE), [_tick(decade) for decade in ticks])
    axes.tick_params(axis="x", labelbottom=True)


def _tick(decade: int) -> str:
    if abs(decade) < 2:
        return {-1: "÷ 10", 0: "1", 1: "× 10"}[decade]
    return f"{'÷' if decade < 0 else '×'} 10{str(abs(decade)).translate(_SUPERSCRIPT)}"


def _marks(
    axes: Axes, rows: pd.DataFrame, activations: list[str], look: _Look, canvas: Canvas
) -> None:
    """Draw one role. Undefined values get no mark, and values without an interval no bar."""
    size = _MARK * canvas.line
    y = np.array([activations.index(name) for name in rows["activation"]]) + look.lane
    x, low, high = (
        place(rows[name].to_numpy(dtype=np.float64)) for name in ("factor", "low", "high")
    )
    bounded = np.isfinite(low) & np.isfinite(high)
    axes.hlines(
        y[bounded], low[bounded], high[bounded], color=look.colour, lw=canvas.line, zorder=3
    )
    axes.plot(x, y, **_look(look, size), clip_on=False, zorder=4)
    own = rows["own"].to_numpy(dtype=bool)
    if own.any():
        axes.plot(x[own], y[own], **_ring(size), clip_on=False, zorder=5)


def _look(look: _Look, size: float) -> dict[str, Any]:
    return {
        "color": look.colour,
        "marker": look.marker,
        "markersize": size,
        "markeredgewidth": 0,
        "linestyle": "none",
    }


def _ring(size: float) -> dict[str, Any]:
    return {
        "color": INK,
        "marker": "o",
        "markersize": 2.2 * size,
        "markerfacecolor": "none",
        "markeredgewidth": 0.24 * size,
        "linestyle": "none",
    }


def _legend(figure: Figure, looks: Mapping[str, _Look], canvas: Canvas, *, ringed: bool) -> None:
    size = _MARK * canvas.line
    handles: list[Any] = [
        Line2D([], [], label=role, **_look(look, size)) for role, look in looks.items()
    ]
    if ringed:
        handles.append(Line2D([], [], label="the lecture’s choice", **_ring(size)))
    handles.append(Patch(color=_BAND, linewidth=0, label=f"kept: within a factor of {KEPT:g}"))
    figure.legend(
        handles=handles,
        loc="outside upper left",
        ncols=3 if canvas.wide else 2,
        handlelength=1.4,
        columnspacing=1.5,
    )
