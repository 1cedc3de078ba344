"""What theory expects in a figure of layers, and how far from it is what was measured."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from saturation_lab.exhibits.material import Material
from saturation_lab.inference.digits import short
from saturation_lab.words.lists import listed, sentences

_Labels = Mapping[str, str]
"""What the quantities of a figure are called."""


def what_lines_are(table: pd.DataFrame, material: Material, labels: _Labels, *, limit: str) -> str:
    """Return what the lines of a figure are, and where none are.

    Parameters
    ----------
    table
        The profiles shown.
    material
        The networks that they are of.
    labels
        The quantities, and what they are called.
    limit
        Where theory is exact and where it is a limit.
    """
    known, bare = _with_line(table)
    if known.empty:
        return "" if bare.empty else "Theory has no line for these."
    lines = (
        "Lines: theory for infinitely wide layers (n → ∞), from inputs and rules alone, nothing "
        f"fitted; {limit}."
    )
    return sentences(lines, _missing(bare, material, labels))


def away_from_lines(
    table: pd.DataFrame, material: Material, labels: _Labels, *, percent: bool = False
) -> str:
    """Return how many intervals contain theory's line, and the mean that is farthest from it.

    ``percent``: distances are points of a share, not factors.
    """
    known, _ = _with_line(table)
    if known.empty:
        return ""
    farthest = _farthest(known, material, labels, percent=percent)
    return sentences(intervals_that_hold_it(known), farthest)


def _with_line(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the measured means beside which theory stands, and the others."""
    measured = table[np.isfinite(table["estimate"])]
    known = np.isfinite(measured["predicted"])
    return measured[known], measured[~known]


def intervals_that_hold_it(known: pd.DataFrame) -> str:
    """Return in how many intervals what is predicted lies, in words; nothing without intervals."""
    sure = known[known["high"] > known["low"]]
    if sure.empty:
        return ""
    inside = (sure["low"] <= sure["predicted"]) & (sure["predicted"] <= sure["high"])
    bare = len(known) - len(sure)
    rest = f" (in {bare:,} more points all networks have the same number)" if bare else ""
    return f"{int(inside.sum()):,} of the {len(sure):,} intervals contain the line{rest}."


def _farthest(known: pd.DataFrame, material: Material, labels: _Labels, *, percent: bool) -> str:
    """Return where the measured mean is farthest from theory, and how far."""
    if not percent:
        known = known[(known["estimate"] > 0) & (known["predicted"] > 0)]
    ends = known[["estimate", "predicted"]].to_numpy()
    away = np.abs(np.diff(ends if percent else np.log(ends), axis=1))
    if not away.size:
        return ""
    row, far = known.iloc[int(away.argmax())], float(away.max())
    where = f"{labels[row['quantity']]} in layer {material.labels[row['layer'] - 1]}"
    said = f"{short(100 * far)} points" if percent else _apart(far)
    return f"The farthest mean is {said} away ({material.titles[row['study']]}, {where})."


def _apart(log: float) -> str:
    """Return a distance of logarithms in words.

    >>> _apart(0.01), _apart(2.0)
    ('1.01 %', 'a factor 7.39')
    """
    if log < math.log(2):
        return f"{short(100 * math.expm1(log))} %"
    return f"a factor {short(math.exp(log))}" if log < 700 else "beyond all factors"


def _missing(bare: pd.DataFrame, material: Material, labels: _Labels) -> str:
    """Return which measured means have no line."""
    if bare.empty:
        return ""
    places = bare[["study", "quantity"]].drop_duplicates().itertuples(index=False)
    named = [f"{labels[str(x.quantity)]}, {material.titles[str(x.study)]}" for x in places]
    return f"Theory has no line everywhere for: {listed(named)}."
