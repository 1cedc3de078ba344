"""Over how many layers does a network forget, at which weights? Depth scales along σ_w.

Tables: ``scale(activation, sigma_b, sigma_w, phase, q, xi_q, xi_c)``.
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
    "xi_c": ("ξ_c: likeness of two inputs", "-", 1.5),
}
"""A column's words, its style and its width."""
_LOWEST, _HIGHEST = 0.1, 3000.0
_BACKGROUND = 0.22


def depth_scales(
    table: pd.DataFrame, *, canvas: Canvas, depth: int, marked: Sequence[tuple[float, str]]
) -> Figure:
    """Draw ξ_q and ξ_c over σ_w, on the colours of the phases.

    Args:
        depth: a depth to compare with.
        marked: σ_w and the words for a line that is drawn there.
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
    """Colour the ground by phase and name each where it has room."""
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
