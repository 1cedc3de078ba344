"""Distributions of the singular values of the layers' Jacobians.

Tables: ``histogram(study, layer, quantity, left, right, count)`` of singular values, one row per
study, layer and bin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.figures.builds import step
from saturation_lab.figures.layer_curves import Titles, layer_legend, shares
from saturation_lab.figures.theme import INK, Canvas, blank, layer_colours

_BARS = 50
"""The approximate number of bins drawn: there are fewer values than of other signals."""


def densities(table: pd.DataFrame) -> pd.DataFrame:
    """Merge the bins of histograms and convert their counts to densities.

    Parameters
    ----------
    table : pandas.DataFrame
        A histogram with columns ``study``, ``layer``, ``left``, ``right`` and ``count``.

    Returns
    -------
    pandas.DataFrame
        ``densities(study, layer, x, density)``, one row per merged bin (about 50 per layer), where
        ``x`` is its midpoint and ``density`` a probability density.
    """
    pieces = []
    for (study, layer), one in shares(table).groupby(["study", "layer"]):
        step = max(1, len(one) // _BARS)
        first = np.arange(0, len(one), step)
        left = one["left"].to_numpy()[first]
        right = np.append(left[1:], one["right"].iloc[-1])
        share = np.add.reduceat(one["share"].to_numpy(), first)
        pieces.append(
            pd.DataFrame(
                {
                    "study": study,
                    "layer": layer,
                    "x": (left + right) / 2,
                    "density": share / (right - left),
                }
            )
        )
    return pd.concat(pieces, ignore_index=True)


def quarter_circle(one: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the quarter-circle law with the same mean square as the singular values of a layer.

    The singular values of a large square matrix with independent entries have the density
    p(s) = √(4r² - s²) / (π r²) on [0, 2r], where r² is their mean square.

    Parameters
    ----------
    one : pandas.DataFrame
        The histogram of one layer, as returned by `shares`.

    Returns
    -------
    s : array of shape (200,)
        Singular values from 0 to 2r.
    density : array of shape (200,)
        p(s).

    References
    ----------
    .. [1] V. Marchenko and L. Pastur, "Distribution of eigenvalues for some sets of random
       matrices", Mathematics of the USSR-Sbornik 1 (1967).
    """
    square = (((one["left"] + one["right"]) / 2) ** 2 * one["share"]).sum() / one["share"].sum()
    s = np.linspace(0, 2 * np.sqrt(square), 200)
    return s, np.sqrt(np.maximum(4 * square - s**2, 0)) / (np.pi * square)


def singular_values(table: pd.DataFrame, *, canvas: Canvas, titles: Titles) -> Figure:
    """Draw the densities of all layers, and the quarter-circle law for the top layer.

    Parameters
    ----------
    table : pandas.DataFrame
        A histogram of singular values with columns ``study``, ``layer``, ``left``, ``right`` and
        ``count``.
    canvas : Canvas
        The canvas to draw on.
    titles : dict of str to str
        The title of each study, from top to bottom.

    Returns
    -------
    matplotlib.figure.Figure
        One panel per study, one below the other, on common axes.
    """
    figure = blank(canvas)
    panels = figure.subplots(len(titles), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    curves, parts = densities(table), shares(table)
    layers = sorted(curves["layer"].unique())
    colours = layer_colours(len(layers))
    dashed: dict[str, Any] = {
        "color": INK,
        "linestyle": "--",
        "linewidth": 0.8 * canvas.line,
        "label": "quarter circle",
    }
    for axes, (study, title) in zip(panels, titles.items(), strict=True):
        for place, layer in enumerate(layers):
            one = curves[(curves["study"] == study) & (curves["layer"] == layer)]
            one = one[: np.max(np.flatnonzero(one["density"]), initial=0) + 2]  # ends at 0
            colour, label = colours[place], f"layer {layer}"
            step(place + 1, *axes.plot(one["x"], one["density"], color=colour, label=label))
        top = parts[(parts["study"] == study) & (parts["layer"] == layers[-1])]
        step(len(layers), *axes.plot(*quarter_circle(top), **dashed))
        axes.set_title(title)
        axes.set_ylabel("density")
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, table["right"][np.isfinite(table["right"])].max())
    layer_legend(panels[0], "upper right")
    panels[-1].set_xlabel("singular value of the layer’s Jacobian")
    return figure
