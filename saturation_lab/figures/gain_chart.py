"""Gains that preserve the signal, preserve the gradient or are critical, and those of PyTorch.

Tables: ``constants(activation, variance_preserving, gradient_preserving, critical_sigma_w,
pytorch_gain, ...)``, one row per activation, nan where there is no such gain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import GRID, INK, Canvas, blank


@dataclass(frozen=True, kw_only=True)
class _Series:
    """How a column of the table is drawn: label, marker and colour."""

    label: str
    marker: str
    colour: str
    filled: bool = True


SERIES: dict[str, _Series] = {
    "critical_sigma_w": _Series(label="critical σ_w", marker="o", colour=INK, filled=False),
    "variance_preserving": _Series(label="keeps E z² at 1", marker=">", colour="#0173b2"),
    "gradient_preserving": _Series(label="keeps the gradient at E z² = 1", marker="<",
                                  colour="#c44e00"),
    "pytorch_gain": _Series(label="PyTorch's calculate_gain", marker="P", colour="#cc78bc"),
}  # fmt: skip
"""The columns that are drawn, in the order of the legend."""
_TICKS = (0.5, 0.75, 1, 1.5, 2, 3, 5, 10)


def gain_chart(table: pd.DataFrame, *, canvas: Canvas, titles: Mapping[str, str]) -> Figure:
    """Draw the gains of each activation as a row of marks on a logarithmic axis of σ_w.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per activation, with columns

        - ``activation``: its name;
        - ``critical_sigma_w``: σ_w at the critical point;
        - ``variance_preserving``: the gain that keeps E z² = 1;
        - ``gradient_preserving``: the gain that keeps the back-propagated gradient at E z² = 1;
        - ``pytorch_gain``: the result of `torch.nn.init.calculate_gain`.
    canvas : Canvas
        The canvas; except for slides, the figure is as tall as its rows need.
    titles : mapping of str to str
        The displayed name of each activation to draw, from top to bottom.

    Returns
    -------
    matplotlib.figure.Figure
        One panel with a row per activation.
    """
    letter = canvas.font / 72
    height = canvas.height if canvas.footer else letter * (1.75 * len(titles) + 8)
    figure = blank(replace(canvas, height=height))
    axes = figure.subplots()
    rows = table.set_index("activation").loc[list(titles)]
    for number, (column, one) in enumerate(SERIES.items(), 1):
        large = 1.7 if not one.filled else 1.0
        marks = axes.plot(
            rows[column],
            range(len(titles)),
            linestyle="none",
            marker=one.marker,
            markersize=4.2 * canvas.line * large,
            color=one.colour,
            markerfacecolor=one.colour if one.filled else "none",
            markeredgecolor=one.colour if one.filled else INK,
            label=one.label,
            zorder=3,
        )
        step(number, *marks)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(_TICKS))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.set_yticks(range(len(titles)), list(titles.values()))
    axes.set_ylim(len(titles) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.axvline(1, color=GRID, linewidth=1.4 * canvas.line, zorder=1)
    axes.set_xlabel("gain: σ_w = √n Std w")
    figure.legend(
        loc="outside upper left", ncols=2 if canvas.wide else 1, handlelength=1.4, columnspacing=1.5
    )
    return figure
