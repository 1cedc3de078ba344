"""Quantities as functions of the layer, with confidence intervals and predictions.

Tables: ``profile(study, layer, quantity, estimate, se, low, high, predicted)``, one row per study,
layer and quantity.
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
"""The most entries on one line of the legend."""
_MOST_TICKS = 8
"""The approximate number of layers named on an axis."""
_STACKED = 2
"""The number of panels that fit on a narrow canvas; it becomes taller for more."""


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
    """Draw one panel per quantity, with a point and its 95 % interval for each study and layer.

    Lines below the points connect the predictions, if there are any. A build adds one study per
    picture.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per study, layer and quantity, with columns

        - ``study``, ``layer``, ``quantity``: their names, and the number of the layer from 1;
        - ``estimate``, ``low``, ``high``: the mean over networks and its confidence interval; nan
          if undefined;
        - ``predicted``: the value expected by theory; nan if there is none.
    canvas : Canvas
        Panels are side by side on a wide canvas, one below the other on a narrow one.
    titles : dict of str to str
        The name of each study, in the order of the legend.
    quantities : dict of str to str
        The title of each quantity's panel, in drawing order.
    logarithmic : bool
        Whether the y axis is logarithmic.
    percent : bool
        Whether to convert shares to percentages.
    colours : mapping of str to (float, float, float), optional
        The RGB values of each study; `theme.study_colours` by default.
    theory : str
        The name of the prediction in the legend.
    labels : sequence of str
        The names of the layers, starting with layer 1; their numbers by default.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per quantity, with a common axis of layers.
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
            if logarithmic:  # which has no place for what is exactly 0
                one = one.assign(**{k: one[k].where(one[k] > 0) for k in ("estimate", "predicted")})
            x = one["layer"] + 0.08 * (shift - (len(titles) - 1) / 2)
            y = scale * one["estimate"]
            bars = [
                length.fillna(0).clip(lower=0).to_numpy()  # no bar for a point below the floor
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
        # 1.2: tick labels take some of a panel's width
        column_title(axes, label, canvas=canvas, columns=1.2 * shape[1])
        shown = layers[:: max(1, len(layers) // _MOST_TICKS)]
        axes.set_xticks(shown, [labels[layer - 1] for layer in shown] if named else None)
        axes.set_xlabel("hidden layer")
        if logarithmic:
            log_ticks(axes)
        else:
            # tiny shares must not fill the panel; a cosine may be negative
            low, high = axes.get_ylim()
            negative = (table.loc[table["quantity"] == quantity, "estimate"] < 0).any()
            axes.set_ylim(low if negative else 0, 1.06 * max(high, 1.0 if percent else 1e-9))
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
    """Return the lower end for bars that reach 0, which a logarithmic axis cannot show."""
    if not (table["low"] <= 0).any():
        return None
    ends = table[["estimate", "low"]].to_numpy()
    return float(ends[ends > 0].min()) / 2 if (ends > 0).any() else None
