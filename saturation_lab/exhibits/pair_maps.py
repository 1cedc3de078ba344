"""Heat maps of many initializations: four quantities in every layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.exhibits.exhibit import NETWORKS, Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.figures.heat_maps import heat_maps
from saturation_lab.figures.theme import CANVASES, theme, written
from saturation_lab.inference.digits import short
from saturation_lab.judging.keeping import std_z
from saturation_lab.measured import Measured
from saturation_lab.sampling.grid import GridResult
from saturation_lab.words.numbers import power_text, share_text

_Place = tuple[str, str]
_Maps = Mapping[str, list[float]]
"""The value in each layer, by quantity."""


def _maps(result: Measured) -> _Maps:
    """Return the values that the maps show for one study, by quantity; nan if undefined.

    ``std_z`` is the square root of the variance of z, averaged over networks before the root is
    taken. ``saturated_share`` and ``input_share`` (of z²) are means over networks.
    ``log_gradient_ratio`` is the mean over networks of log10 of the mean square of δ in the layer,
    divided by its mean square in layer L.
    """
    layers = range(1, result.depth + 1)

    def means(quantity: str) -> list[float]:
        return [_mean(result.values(quantity, layer)) for layer in layers]

    with np.errstate(all="ignore"):
        top = np.log10(result.values("gradient_mean_square", result.depth))
        logs = [np.log10(result.values("gradient_mean_square", layer)) - top for layer in layers]
    return {
        "std_z": [std_z(result, layer) for layer in layers],
        "saturated_share": means("saturated_share"),
        "log_gradient_ratio": list(map(_mean, logs)),
        "input_share": means("input_share_of_variance"),
    }


def _mean(values: NDArray[np.float64]) -> float:
    with np.errstate(all="ignore"):
        mean = float(values.mean())
    return mean if math.isfinite(mean) else math.nan


def _table(rows: Mapping[_Place, _Maps]) -> pd.DataFrame:
    """Return the table ``map(block, row, layer, quantity, value)``."""
    tables = [
        pd.DataFrame({"block": block, "row": row, "layer": range(1, len(values) + 1)}).assign(
            quantity=quantity, value=values
        )
        for (block, row), maps in rows.items()
        for quantity, values in maps.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _make(material: Material) -> Shown:
    rows = {place: _maps(result) for place, result in material.rows.items()}
    share = {place: maps["input_share"][-1] for place, maps in rows.items()}
    change = {place: maps["log_gradient_ratio"][0] for place, maps in rows.items()}
    ends = [
        _end("Smallest share from the input in the top layer", share, lambda x: x, share_text),
        _end("Largest change of the gradient", change, lambda x: -abs(x), power_text),
    ]
    how = (
        "Each row is an initialization, each column a hidden layer; means over "
        f"{material.size}. Std z: the square root of the mean over networks of the variance of "
        "all pre-activations; the colour shows its power of ten. Share from the input: the "
        "variance of z over the examples as a share of its mean square. Std z can be stable "
        "although z no longer depends on the input. Gradient: the mean square of δ = ∂C/∂z "
        "relative to the top layer, as a power of ten. Saturated: the share of z in the tails "
        "where |φ'| stays below 5 % of its maximum (or beyond the thresholds set in the study). "
        "Hatched: there are no thresholds, or a network overflowed."
    )
    return Shown(
        table=_table(rows),
        draw=heat_maps,
        how=" ".join([how, *filter(None, ends)]),
        alt=" ".join(_ends_of(place, maps, material) for place, maps in rows.items()),
        footer=material.footer,
    )


def _ends_of(place: _Place, maps: _Maps, material: Material) -> str:
    """Return the values at both ends of a row in a sentence."""
    spread, top = maps["std_z"], material.top
    return (
        f"{', '.join(place)}: Std z {short(spread[0])} in layer {material.bottom} and "
        f"{short(spread[-1])} in layer {top}; in layer {top} share of z² from the input "
        f"{share_text(maps['input_share'][-1])}, saturated share "
        f"{share_text(maps['saturated_share'][-1])}; gradient "
        f"{power_text(maps['log_gradient_ratio'][0])} down to layer {material.bottom}."
    )


def _end(
    what: str,
    values: Mapping[_Place, float],
    order: Callable[[float], float],
    words: Callable[[float], str],
) -> str:
    """Return a sentence that names the first row in an order; "" if all values are undefined."""
    known = {place: value for place, value in values.items() if math.isfinite(value)}
    if not known:
        return ""
    first = min(known, key=lambda place: order(known[place]))
    return f"{what}: {', '.join(first)}, {words(known[first])}."


def draw_grid(result: GridResult, *, kind: str = "svg", canvas: str = "page") -> bytes:
    """Return the heat maps of a grid as an image file.

    Parameters
    ----------
    result : GridResult
        The results of all pairs of activations and initializations.
    kind : {"svg", "png", "pdf"}
        The file format.
    canvas : {"page", "talk", "phone"}
        The size of the image.

    Returns
    -------
    bytes
        The content of the file.

    Examples
    --------
    >>> from saturation_lab import Grid, GridResult  # doctest: +SKIP
    >>> draw_grid(GridResult.load("folder"))  # doctest: +SKIP
    """
    chosen = CANVASES[canvas]
    table = _table({pair: _maps(one) for pair, one in result.results.items()})
    with theme(chosen):
        return written(heat_maps(table, canvas=chosen), kind)


HEAT_MAPS: Exhibit = Exhibit(
    id="heat_maps", title="All pairs, layer by layer", make=_make, needs=(NETWORKS,)
)
