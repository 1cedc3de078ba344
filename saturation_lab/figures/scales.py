"""Depth scales ξ_q and ξ_c as functions of the standard deviation of the weights.

Tables: ``scale(activation, sigma_b, sigma_w, phase, q, xi_q, xi_c)``, one row per σ_w.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from saturation_lab.figures.builds import step
from saturation_lab.figures.phases import COLOURS
from saturation_lab.figures.theme import INK, QUIET, Canvas, blank, log_ticks

_LINES = {
    "xi_q": ("ξ_q: length", "--", 1.1),
    "xi_c": ("ξ_c: correlation of two inputs", "-", 1.5),
}
"""Label, line style and relative line width of each column."""
_LOWEST, _HIGHEST = 0.1, 3000.0
_BACKGROUND = 0.22


def depth_scales(
    table: pd.DataFrame, *, canvas: Canvas, depth: int, marked: Sequence[tuple[float, str]]
) -> Figure:
    """Draw ξ_q and ξ_c against σ_w on a background coloured by phase.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per σ_w, in ascending order, for one activation and one σ_b, with columns

        - ``sigma_w``, ``sigma_b``: σ_w = √n Std w, and the standard deviation of the biases;
        - ``phase``: a key of `phases.COLOURS`;
        - ``xi_q``, ``xi_c``: the depth scales of the length and of the correlation of two inputs,
          in layers (over this many layers a deviation shrinks by the factor 1/e); may be infinite.
    canvas : Canvas
        The canvas to draw on.
    depth : int
        A number of layers to compare with, drawn as a dotted line.
    marked : sequence of (float, str)
        Values of σ_w to mark with a vertical line, each with its label.

    Returns
    -------
    matplotlib.figure.Figure
        One panel with a logarithmic axis of layers.
    """
    figure = blank(canvas)
    axes = figure.subplots()
    _phases(axes, table, canvas)
    for number, (column, (label, style, width)) in enumerate(_LINES.items(), 1):
        y = table[column].clip(lower=_LOWEST, upper=2 * _HIGHEST)
        thick = width * canvas.line
        step(
            number,
            *axes.plot(table["sigma_w"], y, style, color=INK, label=label, linewidth=thick),
        )
    axes.axhline(depth, color=QUIET, linestyle=":", label=f"{depth} layers")
    for x, words in marked:
        axes.axvline(x, color=QUIET, linewidth=0.8 * canvas.line, zorder=1)
        axes.annotate(
            words, (x, 1.0), xycoords=("data", "axes fraction"), ha="center", va="bottom",
            xytext=(0, 0.2 * canvas.font), textcoords="offset points",
            fontsize=0.85 * canvas.font, color=INK,
        )  # fmt: skip
    log_ticks(axes)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_ylim(_LOWEST, _HIGHEST)
    axes.set_xlim(0, float(table["sigma_w"].max()))
    axes.set_xlabel(f"σ_w, at σ_b = {float(table['sigma_b'].iloc[0]):.4g}")
    axes.set_ylabel("layers")
    figure.legend(loc="outside upper left", ncols=3 if canvas.wide else 1, handlelength=2.2)
    return figure


def _phases(axes: Axes, table: pd.DataFrame, canvas: Canvas) -> None:
    """Colour the background by phase, and name the phases that have room for it."""
    w, phase = table["sigma_w"].to_numpy(), table["phase"].to_numpy()
    edges = np.concatenate([[0], (w[1:] + w[:-1]) / 2, [w[-1]]])
    firsts = [0, *(np.flatnonzero(phase[1:] != phase[:-1]) + 1)]
    for first, last in zip(firsts, [*firsts[1:], len(w)], strict=True):
        left, right, name = edges[first], edges[last], phase[first]
        axes.axvspan(left, right, color=COLOURS[name], alpha=_BACKGROUND, linewidth=0, zorder=0)
        if right - left > (0.16 if canvas.wide else 0.27) * w[-1]:
            axes.text(
                (left + right) / 2, 0.03, name, transform=axes.get_xaxis_transform(),
                ha="center", va="bottom", fontsize=0.9 * canvas.font,
            )  # fmt: skip
