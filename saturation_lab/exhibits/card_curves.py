"""The curves of an activation's card: φ, φ' and the density of N(0, 1) as a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.figures.card import DENSITY, SLOPE, VALUE
from saturation_lab.nets.activations import Activation

_Array = NDArray[np.floating[Any]]

_REACH, _FARTHEST = 6.0, 12.0
"""A card shows |z| up to 6, or up to 12 if that brings a threshold into view."""
CELL = 0.01
"""The spacing of the values of z."""
APART = 1e-4
"""The distance from a jump at which the pieces of a curve end and start."""


def card_table(activation: Activation, thresholds: tuple[float, float]) -> pd.DataFrame:
    """Return the curves of a card as a table: φ, φ' and the density of N(0, 1).

    Parameters
    ----------
    activation : Activation
        The activation.
    thresholds : tuple of float
        The saturation thresholds (low, high), which determine the range of z.

    Returns
    -------
    DataFrame
        ``card(activation, curve, piece, z, value)``. Values are not interpolated. Pieces are
        numbered from the left and end `APART` before a jump, so that a line drawn within a piece
        never crosses a jump.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> relu = card_table(ACTIVATIONS["relu"], (0.0, math.inf))
    >>> relu.query("curve == \\"φ'\\"").groupby("piece")["value"].agg(["min", "max"]).to_numpy()
    array([[0., 0.],
           [1., 1.]])
    """
    reach = _reach(thresholds)
    grid = np.linspace(-reach, reach, 2 * round(reach / CELL) + 1)
    with np.errstate(all="ignore"):
        jumps = _jumps(activation, grid)
        curves = [
            _pieces(activation.value, VALUE, grid, jumps),
            _pieces(activation.derivative, SLOPE, grid, jumps),
            _pieces(_density, DENSITY, grid, ()),
        ]
    table = pd.concat(curves, ignore_index=True)
    table.insert(0, "activation", activation.name)
    return table


def _reach(thresholds: tuple[float, float]) -> float:
    far = 1.25 * max((abs(t) for t in thresholds if math.isfinite(t)), default=0.0)
    return math.ceil(far) if _REACH < far <= _FARTHEST else _REACH


def _density(z: _Array) -> _Array:
    value: _Array = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return value


def _pieces(
    function: Callable[[_Array], _Array], curve: str, grid: _Array, jumps: Sequence[float]
) -> pd.DataFrame:
    """Return ``(curve, piece, z, value)``, with a gap of `APART` on either side of each jump."""
    firsts = [float(grid[0]), *(jump + APART for jump in jumps)]
    lasts = [*(jump - APART for jump in jumps), float(grid[-1])]
    parts = []
    for piece, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        inside = grid[(grid > first) & (grid < last)]
        z = np.concatenate([[first], inside, [last]])
        parts.append(pd.DataFrame({"curve": curve, "piece": piece, "z": z, "value": function(z)}))
    return pd.concat(parts, ignore_index=True)


def _jumps(activation: Activation, grid: _Array) -> list[float]:
    """Return the jumps of φ or φ' inside the grid: the declared kinks and those detected."""
    kept: list[float] = []
    seen = (_seen_jumps(f, grid) for f in (activation.value, activation.derivative))
    for z in chain(activation.kinks, *seen):
        if abs(z) < grid[-1] - CELL and all(abs(z - other) > CELL for other in kept):
            kept.append(float(z))
    return sorted(kept)


def _seen_jumps(function: Callable[[_Array], _Array], grid: _Array) -> _Array:
    """Return the cells that keep more than half of their rise when bisected to below `APART`."""
    rise = np.abs(np.diff(function(grid)))
    steep = np.flatnonzero(rise > 0.01 * np.ptp(function(grid)))
    left, right = grid[steep], grid[steep + 1]
    while left.size and (right - left).max() > APART:
        middle = (left + right) / 2
        below, here, above = (function(z) for z in (left, middle, right))
        first = np.abs(here - below) > np.abs(above - here)
        left, right = np.where(first, left, middle), np.where(first, middle, right)
    kept = np.abs(function(right) - function(left)) > 0.5 * rise[steep]
    found: _Array = ((left + right) / 2)[kept]
    return found
