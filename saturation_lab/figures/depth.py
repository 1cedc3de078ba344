"""How does a quantity change from layer to layer, how sure is that, and what should it be?

Tables: ``profile(study, layer, quantity, estimate, se, low, high, predicted)``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import (
    QUIET,
    Canvas,
    blank,
    legend_above,
    log_ticks,
    study_colours,
)
from saturation_lab.figures.titles import column_title

_Colours = Mapping[str, tuple[float, float, float]]
_THEORY = "theory (n → ∞)"
_MOST_NAMED = 5
"""Entries of a line of the legend."""
_MOST_TICKS = 8
"""About as many layers are named on an axis."""
_STACKED = 2
"""Panels that a narrow canvas has room for; it becomes taller for more."""


def depth_profile(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    titles: dict[str, str],
    quantities: dict[str, str],
    logarithmic: bool,
    percent: bool = False,
    colours: _Colours | None = None,
    theory: str = _THEORY,
    labels: Sequence[str] = (),
) -> Figure:
    """Draw one panel a quantity: a point with its 95 % interval for each study and layer.

    A line below the points joins what is predicted; where nothing is, there is none. A build
    shows one study more in every picture.

    Args:
        titles: the studies in the order of the legend and what they are called.
        quantities: the panels in order and what they are called.
        logarithmic: decades on the y axis.
        percent: shares are drawn as percentages.
        colours: of the studies; None: as different as can be.
        theory: what the legend calls the lines.
        labels: what the layers are called; their numbers where left out.
    """
    count = len(quantities)
    if not canvas.wide and count > _STACKED:
        canvas = replace(canvas, height=canvas.height * count / _STACKED)
    figure = blank(canvas)
    shape = (1, count) if canvas.wide else (count, 1)
    panels = figure.subplots(*shape, sharex=True, sharey=False, squeeze=False).reshape(-1)
    colours = study_colours(list(titles)) if colours is None else colours
    scale = 100.0 if percent else 1.0
    layers = sorted(table["layer"].unique())
    named = labels and [*labels] != [str(layer) for layer in layers]
    for axes, (quantity, label) in zip(panels, quantities.items(), strict=True):
        floor = _floor(table[table["quantity"] == quantity]) if logarithmic else None
        for shift, (study, title) in enumerate(titles.items()):
            one = table[(table["study"] == study) & (table["quantity"] == quantity)]
            x = one["layer"] + 0.08 * (shift - (len(titles) - 1) / 2)
            y = scale * one["estimate"]
            bars = [
                length.fillna(0).clip(lower=0).to_numpy()  # a point below the floor has no bar
                for length in (y - scale * one["low"].clip(lower=floor), scale * one["high"] - y)
            ]
            line = axes.plot(
                x,
                scale * one["predicted"],
                color=colours[study],
                linewidth=0.8 * canvas.line,
                alpha=0.75,
                zorder=1.5,
            )
            points = axes.errorbar(
                x,
                y,
                yerr=bars,
                fmt="o",
                color=colours[study],
                label=title,
                capsize=1.6 * canvas.line,
                elinewidth=canvas.line,
                clip_on=False,
                alpha=0.95,
            )
            step(shift + 1, *line, points)
        # beside a panel stand ticks of several letters
        column_title(axes, label, canvas=canvas, columns=1.2 * shape[1])
        shown = layers[:: max(1, len(layers) // _MOST_TICKS)]
        axes.set_xticks(shown, [labels[layer - 1] for layer in shown] if named else None)
        axes.set_xlabel("hidden layer")
        if logarithmic:
            log_ticks(axes)
        else:
            # a handful of values in a million must not fill the panel
            axes.set_ylim(0, 1.06 * max(axes.get_ylim()[1], 1.0 if percent else 1e-9))
        if percent:
            axes.set_ylabel("%")
    if not canvas.wide:
        for axes in panels[:-1]:
            axes.set_xlabel("")
    _legend(figure, panels[0], canvas, theory if table["predicted"].notna().any() else "")
    return figure


def _legend(figure: Figure, axes: Axes, canvas: Canvas, theory: str) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if theory:
        handles.append(Line2D([], [], color=QUIET, linewidth=0.8 * canvas.line))
        labels.append(theory)
    legend_above(figure, handles, labels, _MOST_NAMED if canvas.wide else 3)


def _floor(table: pd.DataFrame) -> float | None:
    """Return where bars end that reach down to 0, which is on no logarithmic axis."""
    if not (table["low"] <= 0).any():
        return None
    ends = table[["estimate", "low"]].to_numpy()
    return float(ends[ends > 0].min()) / 2 if (ends > 0).any() else None
