"""Pooled histograms of gradients and activations on a logarithmic axis, by width."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.exhibits.exhibit import NETWORKS, TWO_LAYERS, Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.width_laws import Spread, kind_of_label, spreads
from saturation_lab.figures.spread_by_width import densities_by_width

_SIGNALS = {"gradient": "δ", "activation": "a"}
_MERGED = 2
"""The number of bins of the asinh axis that are merged, as narrow networks have few values."""


def _make(material: Material) -> Shown:
    found = spreads(material)
    panels = _panels(material)
    table = _table(found, list(panels))
    kind = kind_of_label(found)
    numbers = _numbers(table, material, kind)
    return Shown(
        table=table,
        draw=partial(densities_by_width, titles=panels, kind=kind),
        how="The values of all units and networks of a width are pooled: on the left in the "
        "layer where a signal starts, on the right after it has passed through all layers. The "
        "more the networks differ from each other, the more decades the pooled values span. "
        f"Zeros cannot be shown on this axis; {material.size}. {numbers}",
        alt=numbers,
        footer=material.footer,
    )


def _panels(material: Material) -> dict[tuple[str, int], str]:
    """Return the panels: where a signal starts, and where it has passed through all layers."""
    bottom, top = f"layer {material.bottom}", f"layer {material.top}"
    return {
        ("gradient", material.depth): f"|δ|, {top}",
        ("gradient", 1): f"|δ|, {bottom}",
        ("activation", 1): f"|a|, {bottom}",
        ("activation", material.depth): f"|a|, {top}",
    }


def _table(found: Mapping[str, Spread], places: list[tuple[str, int]]) -> pd.DataFrame:
    """Return ``densities(study, label, signal, layer, x, density)``, in % per decade."""
    pieces = []
    for name, one in found.items():
        table = one.networks.histogram("asinh")
        for signal, layer in places:
            here = table[(table["quantity"] == signal) & (table["layer"] == layer)]
            x, density = decades(here)
            piece = {"study": name, "label": one.label, "signal": signal, "layer": layer}
            pieces.append(pd.DataFrame({**piece, "x": x, "density": density}))
    return pd.concat(pieces, ignore_index=True)


def decades(one: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the density of |x| on a logarithmic axis from one asinh histogram.

    Parameters
    ----------
    one : DataFrame
        The bins of one histogram, with the columns ``left``, ``right`` and ``count``.

    Returns
    -------
    x : array of shape (points,)
        Values of |x|, in the middle of two merged bins.
    density : array of shape (points,)
        The percentage of all values per decade. Zeros count in the total but are not shown.
    """
    inside = one[np.isfinite(one["left"]) & np.isfinite(one["right"])]
    half = len(inside) // 2
    counts = inside["count"].to_numpy()
    both = (counts[half:] + counts[:half][::-1])[1:]
    right = inside["right"].to_numpy()[half + 1 :]
    left = inside["left"].to_numpy()[half + 1 :]
    first = np.arange(0, len(both) - _MERGED + 1, _MERGED)
    low, high = left[first], right[first + _MERGED - 1]
    merged = np.add.reduceat(both, first)[: len(first)]
    share = 100 * merged / max(1, one["count"].sum())
    return np.sqrt(low * high), share / np.log10(high / low)


def _numbers(table: pd.DataFrame, material: Material, kind: str) -> str:
    """Return how many decades the values span after propagation through all layers."""
    said = []
    for signal, symbol in _SIGNALS.items():
        down = signal == "gradient"
        layer, name = (1, material.bottom) if down else (material.depth, material.top)
        here = table[(table["signal"] == signal) & (table["layer"] == layer)]
        spans = [
            f"{_span(*one[['x', 'density']].to_numpy().T)} for {kind}{one['label'].iloc[0]}"
            for _, one in here.groupby("study", sort=False)
        ]
        said.append(f"|{symbol}| in layer {name} ({'; '.join(spans)})")
    return f"Decades spanned by the middle 90 % of nonzero values: {' and '.join(said)}."


def _span(x: NDArray[np.float64], density: NDArray[np.float64]) -> str:
    """Return the number of decades spanned by the middle 90 % of a curve."""
    below = np.cumsum(density)  # bins are equally wide on a log axis, except the lowest few
    if not below.size or not below[-1] > 0:
        return "undefined"
    low, high = np.interp([0.05, 0.95], below / below[-1], np.log10(x))
    return f"{high - low:.1f}"


DENSITIES: Exhibit = Exhibit(
    id="width_histograms",
    title="Gradients and activations of every width",
    make=_make,
    needs=(NETWORKS, TWO_LAYERS),
)
