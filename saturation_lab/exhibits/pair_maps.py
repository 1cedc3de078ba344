"""What do the heat maps of a grid show? Four numbers for every pair and layer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from saturation_lab.figures.heat_maps import heat_maps
from saturation_lab.figures.theme import CANVASES, theme, written
from saturation_lab.inference.digits import short
from saturation_lab.judging.keeping import std_z
from saturation_lab.measured import Measured
from saturation_lab.sampling.grid import GridResult
from saturation_lab.words.numbers import power_text, share_text

Rows = Mapping[tuple[str, str], Measured]


def map_table(rows: Rows) -> pd.DataFrame:
    """Return ``map(block, row, layer, quantity, value)`` of results by block and row.

    ``std_z`` is the root of the mean over networks of the variance of z; ``saturated_share`` and
    ``input_share`` (of z²) are means over networks; ``log_gradient_ratio`` is the mean over
    networks of log10(mean square of δ in that layer over the same in layer L). nan: undefined.
    """
    tables = []
    for (block, row), result in rows.items():
        layers = range(1, result.depth + 1)
        columns = {
            "std_z": [std_z(result, layer) for layer in layers],
            "saturated_share": [_mean(result, "saturated_share", layer) for layer in layers],
            "log_gradient_ratio": [log_gradient_ratio(result, layer) for layer in layers],
            "input_share": [_mean(result, "input_share_of_variance", layer) for layer in layers],
        }
        for quantity, values in columns.items():
            tables.append(
                pd.DataFrame(
                    {
                        "block": block,
                        "row": row,
                        "layer": layers,
                        "quantity": quantity,
                        "value": values,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def log_gradient_ratio(result: Measured, layer: int) -> float:
    """Return the mean over networks of log10 of δ² in a layer over δ² in layer L."""
    with np.errstate(all="ignore"):
        logs = [np.log10(result.values("gradient_mean_square", n)) for n in (layer, result.depth)]
        return _finite((logs[0] - logs[1]).mean())


def _mean(result: Measured, quantity: str, layer: int) -> float:
    with np.errstate(all="ignore"):
        return _finite(result.values(quantity, layer).mean())


def _finite(x: np.float64) -> float:
    return float(x) if np.isfinite(x) else float("nan")


def map_caption(rows: Rows, *, size: str) -> str:
    """Return how the maps are read, and the ends of what they show."""
    share = {place: _top(result, "input_share_of_variance") for place, result in rows.items()}
    change = {place: log_gradient_ratio(result, 1) for place, result in rows.items()}
    return (
        f"A row for each initialization, a column for each hidden layer; means over {size}. "
        "Std z: root of the mean variance of all pre-activations of a network, coloured by powers "
        "of ten about 1. Share from the input: the variance of z over the examples as a share of "
        "its mean square; a Std z may stay while nothing of it depends on the input any more. "
        "Gradient: power of ten of the mean square of δ = ∂C/∂z, layer over top layer. Saturated: "
        "beyond the thresholds outside which |φ'| stays below 5 % of its maximum (or beyond those "
        "that the study sets); hatched where there are none, or where a network overflowed. "
        + _end("Least from the input in the top layer", share, lambda x: x, share_text)
        + _end("Largest change of the gradient", change, lambda x: -abs(x), power_text)
    ).rstrip()


def map_numbers(rows: Rows) -> str:
    """Return what stands at the ends of every row."""
    return " ".join(
        f"{block}, {row}: Std z {short(std_z(result, 1))} in layer 1 and "
        f"{short(std_z(result, result.depth))} in layer {result.depth}, there "
        f"{share_text(_top(result, 'input_share_of_variance'))} of z² from the input and "
        f"{share_text(_top(result, 'saturated_share'))} saturated, gradient "
        f"{power_text(log_gradient_ratio(result, 1))} on its way down."
        for (block, row), result in rows.items()
    )


def _top(result: Measured, quantity: str) -> float:
    return _mean(result, quantity, result.depth)


def _end(
    what: str,
    values: Mapping[tuple[str, str], float],
    order: Callable[[float], float],
    words: Callable[[float], str],
) -> str:
    """Return a sentence that names the first row in an order; nothing where none is known."""
    known = {place: value for place, value in values.items() if math.isfinite(value)}
    if not known:
        return ""
    first = min(known, key=lambda place: order(known[place]))
    return f"{what}: {', '.join(first)}, {words(known[first])}. "


def draw_grid(result: GridResult, *, kind: str = "svg", canvas: str = "page") -> bytes:
    """Return the heat maps of a grid as bytes of a kind (svg, png, pdf) for a canvas.

    >>> from saturation_lab import Grid, GridResult  # doctest: +SKIP
    >>> draw_grid(GridResult.load("folder"))  # doctest: +SKIP
    """
    chosen = CANVASES[canvas]
    with theme(chosen):
        return written(heat_maps(map_table(result.results), canvas=chosen), kind)
