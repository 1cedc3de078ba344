"""How are the singular values of a layer's Jacobian spread?

Tables: ``histogram(study, layer, quantity, left, right, count)`` of singular values.
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
"""About so many bins are drawn of an axis: fewer values are counted than of other signals."""


def densities(table: pd.DataFrame) -> pd.DataFrame:
    """Return ``densities(study, layer, x, density)`` over some `_BARS` wider bins; x its middle."""
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
    """Return (s, p(s)), p = √(4r² - s²) / (π r²) on [0, 2r], r² the mean square of one layer.

    The law of the singular values of a large square matrix of independent entries (Marchenko and
    Pastur 1967); ``one`` is a layer's rows of `shares`.
    """
    square = (((one["left"] + one["right"]) / 2) ** 2 * one["share"]).sum() / one["share"].sum()
    s = np.linspace(0, 2 * np.sqrt(square), 200)
    return s, np.sqrt(np.maximum(4 * square - s**2, 0)) / (np.pi * square)


def singular_values(table: pd.DataFrame, *, canvas: Canvas, titles: Titles) -> Figure:
    """Draw all layers over one another, one panel a study, and the top layer's quarter circle."""
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
            one = one[: np.max(np.flatnonzero(one["density"]), initial=0) + 2]  # ends on the axis
            colour, label = colours[place], f"layer {layer}"
            step(place + 1, *axes.plot(one["x"], one["density"], color=colour, label=label))
        top = parts[(parts["study"] == study) & (parts["layer"] == layers[-1])]
        step(len(layers), *axes.plot(*quarter_circle(top), **dashed))
        axes.set_title(title)
        axes.set_ylabel("density")
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, table["right"][np.isfinite(table["right"])].max())
    layer_legend(panels[0], "upper right")
    panels[-1].set_xlabel("singular value of ∂a/∂a of the layer below")
    return figure
