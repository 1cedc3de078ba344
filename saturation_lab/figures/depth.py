"""How does a quantity change from layer to layer, and how sure is that?

Tables: ``profile(study, layer, quantity, estimate, se, low, high, predicted)``.
"""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.figures.theme import Canvas, blank, log_ticks, study_colours


def depth_profile(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    titles: dict[str, str],
    quantities: dict[str, str],
    logarithmic: bool,
    percent: bool = False,
) -> Figure:
    """Draw one panel a quantity: a point with its 95 % interval for each study and layer.

    Args:
        titles: the studies in the order of the legend and what they are called.
        quantities: the panels in order and what they are called.
        logarithmic: decades on the y axis.
        percent: shares are drawn as percentages.
    """
    figure = blank(canvas)
    count = len(quantities)
    shape = (1, count) if canvas.wide else (count, 1)
    panels = figure.subplots(*shape, sharex=True, sharey=False, squeeze=False).reshape(-1)
    colours = study_colours(list(titles))
    scale = 100.0 if percent else 1.0
    layers = sorted(table["layer"].unique())
    for axes, (quantity, label) in zip(panels, quantities.items(), strict=True):
        floor = _floor(table[table["quantity"] == quantity]) if logarithmic else None
        for shift, (study, title) in enumerate(titles.items()):
            one = table[(table["study"] == study) & (table["quantity"] == quantity)]
            x = one["layer"] + 0.08 * (shift - (len(titles) - 1) / 2)
            y = scale * one["estimate"]
            bars = [
                (y - scale * one["low"].clip(lower=floor)).fillna(0).to_numpy(),
                (scale * one["high"] - y).fillna(0).to_numpy(),
            ]
            axes.errorbar(
                x,
                y,
                yerr=bars,
                fmt="o-",
                color=colours[study],
                label=title,
                capsize=1.6 * canvas.line,
                elinewidth=canvas.line,
                clip_on=False,
                alpha=0.95,
            )
        axes.set_title(label)
        axes.set_xticks(layers[:: max(1, len(layers) // 8)])
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
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=len(titles), handlelength=1.6)
    return figure


def _floor(table: pd.DataFrame) -> float | None:
    """Return where bars end that reach down to 0, which is on no logarithmic axis."""
    if not (table["low"] <= 0).any():
        return None
    ends = table[["estimate", "low"]].to_numpy()
    return float(ends[ends > 0].min()) / 2 if (ends > 0).any() else None
