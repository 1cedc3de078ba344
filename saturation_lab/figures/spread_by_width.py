"""The distribution of a ratio, and of single values, over networks of different widths.

Tables: ``networks(study, label, width, network, ratio, mean_field, beta, log_mean, log_variance)``,
one row per network, nan where undefined; ``spreads(study, width, estimate, low, high, mean_field,
beta, log_mean, log_variance)``, one row per study; and ``densities(study, label, signal, layer, x,
density)``. The columns from ``mean_field`` on are predictions for the study: the ratio at infinite
width, β (the variance of ln ratio to leading order in 1/width), and the exact mean and variance of
ln ratio.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from scipy.special import ndtr

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import INK, QUIET, Canvas, blank, layer_colours, legend_above

LAW_REACH, _LAW_BINS = 3.0, 30
"""Distributions are drawn from 0 to 3 times the mean-field value, in bins of a tenth of it."""


def networks_by_width(
    networks: pd.DataFrame, spreads: pd.DataFrame, *, canvas: Canvas, label: str, kind: str
) -> Figure:
    """Draw the distribution of a ratio over networks, and its spread as a function of width.

    Parameters
    ----------
    networks : pandas.DataFrame
        One row per network, with columns ``study``, ``label`` (of the study) and ``ratio``.
    spreads : pandas.DataFrame
        One row per study, with columns

        - ``width``: the number of units per layer;
        - ``estimate``, ``low``, ``high``: the measured standard deviation of ln ratio over
          networks, with its confidence interval;
        - ``beta``, ``log_variance``: predictions of its square, the first to leading order in
          1/width; nan if unknown.
    canvas : Canvas
        Panels are side by side on a wide canvas, one below the other on a narrow one.
    label : str
        What the ratio is; the title of the first panel.
    kind : str
        What the labels of the studies are, such as "width "; may be empty.

    Returns
    -------
    matplotlib.figure.Figure
        One panel with a vertical histogram, median and 95 % range per study; and one with the
        standard deviation of ln ratio against width.
    """
    figure = blank(canvas)
    shape = (1, 2) if canvas.wide else (2, 1)
    left, right = figure.subplots(*shape, width_ratios=[1.25, 1] if canvas.wide else [1])
    _distributions(left, networks, canvas)
    left.set_title(label)
    left.set_xlabel(kind.strip())
    _standard_deviations(right, spreads, canvas, last=networks["study"].nunique())
    right.set_title("Std of ln(ratio)")
    return figure


def _distributions(axes: Axes, networks: pd.DataFrame, canvas: Canvas) -> None:
    studies = list(dict.fromkeys(networks["study"]))
    colours = layer_colours(len(studies))
    axes.axhline(0, color=QUIET, linestyle=":", linewidth=0.8 * canvas.line)
    for place, (study, colour) in enumerate(zip(studies, colours, strict=True)):
        ratio = networks.loc[networks["study"] == study, "ratio"].to_numpy()
        decades = np.log10(ratio[ratio > 0])
        if not decades.size:
            continue
        counts, edges = np.histogram(decades, bins=min(24, 2 + math.isqrt(decades.size)))
        half = 0.42 * np.repeat(counts / counts.max(), 2)
        rim = np.repeat(edges, 2)[1:-1]
        body = axes.fill_betweenx(
            rim, place - half, place + half, color=colour, alpha=0.45, linewidth=0
        )
        low, middle, high = np.quantile(decades, [0.025, 0.5, 0.975])
        bar = axes.plot([place, place], [low, high], color=INK, linewidth=0.9 * canvas.line)
        point = axes.plot(place, middle, "o", color=INK, markersize=2.2 * canvas.line)
        step(place + 1, body, *bar, *point)
    labels = [networks.loc[networks["study"] == study, "label"].iloc[0] for study in studies]
    axes.set_xticks(range(len(studies)), labels, rotation=0 if len(studies) < 4 else 25)
    axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"$10^{{{y:g}}}$"))
    axes.grid(visible=False, axis="x")


def _standard_deviations(axes: Axes, spreads: pd.DataFrame, canvas: Canvas, *, last: int) -> None:
    known = spreads[spreads["estimate"] > 0]
    bars = [known["estimate"] - known["low"], known["high"] - known["estimate"]]
    predicted = spreads.dropna(subset="beta").sort_values("width")
    if len(predicted):
        width, thin = predicted["width"], 0.8 * canvas.line
        axes.plot(width, np.sqrt(predicted["log_variance"]), color=QUIET, lw=thin, label="exact")
        axes.plot(width, np.sqrt(predicted["beta"]), "--", color=QUIET, lw=thin, label="√β")
    measured = axes.errorbar(
        known["width"],
        known["estimate"],
        yerr=[bar.fillna(0).to_numpy() for bar in bars],
        fmt="o",
        color=INK,
        capsize=1.6 * canvas.line,
        elinewidth=canvas.line,
        label="measured",
    )
    step(last, measured)
    if len(known) or len(predicted):  # a logarithmic axis needs at least one point
        for name in ("x", "y"):
            axes.set(**{f"{name}scale": "log"})
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("width")
    axes.legend(loc="upper right")


def law_shares(networks: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the percentage of one study's networks in each bin of the ratio.

    Ratios are in units of the mean-field value, on which one bin is centred.

    Parameters
    ----------
    networks : pandas.DataFrame
        The rows of one study, with columns ``ratio``, ``mean_field``, ``log_mean`` and
        ``log_variance``.

    Returns
    -------
    x : array of shape (bins,)
        The centres of the bins.
    measured : array of shape (bins,)
        The percentage of the networks in each bin.
    predicted : array of shape (bins,)
        The same for the log-normal distribution; nan if its parameters are unknown.
    """
    names = ("mean_field", "log_mean", "log_variance")
    mean, log_mean, log_variance = (float(networks[name].iloc[0]) for name in names)
    ratio = networks["ratio"].dropna().to_numpy() / (mean if mean > 0 else 1.0)
    width = LAW_REACH / _LAW_BINS
    edges = np.append(0.0, width * (np.arange(_LAW_BINS) + 0.5))
    counts, _ = np.histogram(ratio, bins=edges)
    with np.errstate(divide="ignore"):
        middle = log_mean - math.log(mean)
        below = ndtr((np.log(edges) - middle) / math.sqrt(log_variance))
    return width * np.arange(_LAW_BINS), 100 * counts / max(1, ratio.size), 100 * np.diff(below)


def laws_by_width(networks: pd.DataFrame, *, canvas: Canvas, label: str, kind: str) -> Figure:
    """Draw the distribution of a ratio over networks, with the log-normal prediction if known.

    Parameters
    ----------
    networks : pandas.DataFrame
        One row per network, with columns ``study``, ``label`` (of the study) and those of
        `law_shares`.
    canvas : Canvas
        Three panels fit side by side on a wide canvas, two on a narrow one.
    label : str
        The label of the horizontal axis.
    kind : str
        What the labels of the studies are, such as "width "; may be empty.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study with a linear axis.
    """
    studies = list(dict.fromkeys(networks["study"]))
    columns = min(len(studies), 3 if canvas.wide else 2)
    figure = blank(canvas)
    shape = (math.ceil(len(studies) / columns), columns)
    panels = figure.subplots(*shape, sharex=True, squeeze=False).reshape(-1)
    colours = layer_colours(len(studies))
    for place, (axes, study) in enumerate(zip(panels, studies, strict=False)):
        one = networks[networks["study"] == study]
        x, measured, predicted = law_shares(one)
        bars = axes.bar(x, measured, width=x[1], color=colours[place], alpha=0.6, linewidth=0)
        step(place + 1, bars)
        if np.isfinite(predicted).all():
            law = axes.plot(x, predicted, "o", color=INK, markersize=1.4 * canvas.line)
            step(place + 1, *law)
        axes.set_title(kind + one["label"].iloc[0])
        axes.set_ylim(bottom=0)
        axes.set_xlim(-x[1] / 2, LAW_REACH)
        axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    for axes in panels[len(studies) :]:
        axes.set_visible(False)
    figure.supylabel("% of networks", fontsize=canvas.font)
    panels[-1 - columns // 2].set_xlabel(label)  # the supxlabel is the footer of a slide
    return figure


def densities_by_width(
    table: pd.DataFrame, *, canvas: Canvas, titles: dict[tuple[str, int], str], kind: str
) -> Figure:
    """Draw the distributions of absolute values on a logarithmic axis, one curve per study.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per study, signal, layer and place, with columns ``study``, ``label`` (of the
        study), ``signal``, ``layer``, ``x`` (an absolute value) and ``density`` (% of values per
        decade).
    canvas : Canvas
        The canvas to draw on.
    titles : dict of (str, int) to str
        The title of each panel, by signal and layer; an even number of them.
    kind : str
        What the labels of the studies are, such as "width "; may be empty.

    Returns
    -------
    matplotlib.figure.Figure
        The panels in two rows, on common axes.
    """
    figure = blank(canvas)
    panels = figure.subplots(2, len(titles) // 2, sharex=True, sharey=True).reshape(-1)
    studies = list(dict.fromkeys(table["study"]))
    colours = layer_colours(len(studies))
    seen = table[table["density"] > 0.01 * table["density"].max()]
    for axes, ((signal, layer), title) in zip(panels, titles.items(), strict=True):
        here = table[(table["signal"] == signal) & (table["layer"] == layer)]
        for place, study in enumerate(studies):
            one = here[here["study"] == study]
            label = kind + one["label"].iloc[0]
            curve = axes.plot(one["x"], one["density"], color=colours[place], label=label)
            step(place + 1, *curve)
        axes.set_title(title)
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_ylim(bottom=0)
    if len(seen):
        panels[0].set_xlim(seen["x"].min(), seen["x"].max())
    handles, labels = panels[0].get_legend_handles_labels()
    legend_above(figure, handles, labels, 5 if canvas.wide else 3)
    figure.supylabel("% of values per decade", fontsize=canvas.font)
    return figure
