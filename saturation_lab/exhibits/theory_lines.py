"""The theoretical curves of figures over layers, and the deviation of measured means from them."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from saturation_lab.exhibits.material import Material
from saturation_lab.inference.digits import short
from saturation_lab.words.lists import listed, sentences

_Labels = Mapping[str, str]
"""The names of the quantities of a figure in sentences."""


def what_lines_are(table: pd.DataFrame, material: Material, labels: _Labels, *, limit: str) -> str:
    """Return an explanation of the lines of a figure and a list of those that are missing.

    Parameters
    ----------
    table : DataFrame
        The profiles shown.
    material : Material
        The networks.
    labels : mapping of str to str
        The names of the quantities.
    limit : str
        A sentence without its period: where theory is exact and where it is a limit.

    Returns
    -------
    str
        The explanation; "" if nothing is shown.
    """
    known, bare = _with_line(table)
    if known.empty:
        return "" if bare.empty else "Theory makes no prediction here."
    lines = (
        "Lines: theory for infinitely wide layers (n → ∞), computed from the inputs and the rules "
        f"alone, without any fit. {limit}."
    )
    return sentences(lines, _missing(bare, material, labels))


def away_from_lines(
    table: pd.DataFrame, material: Material, labels: _Labels, *, percent: bool = False
) -> str:
    """Return how many intervals contain the prediction, and the largest deviation from it.

    Parameters
    ----------
    table : DataFrame
        The profiles shown.
    material : Material
        The networks.
    labels : mapping of str to str
        The names of the quantities.
    percent : bool, default False
        Whether the distance is in percentage points; otherwise it is a factor.

    Returns
    -------
    str
        Two sentences; "" if there is no line.
    """
    known, _ = _with_line(table)
    if known.empty:
        return ""
    farthest = _farthest(known, material, labels, percent=percent)
    return sentences(intervals_that_hold_it(known), farthest)


def _with_line(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the measured means with a prediction and those without."""
    measured = table[np.isfinite(table["estimate"])]
    known = np.isfinite(measured["predicted"])
    return measured[known], measured[~known]


def intervals_that_hold_it(known: pd.DataFrame) -> str:
    """Return how many intervals contain the predicted value.

    Parameters
    ----------
    known : DataFrame
        The measured means that have a prediction.

    Returns
    -------
    str
        One sentence; "" if there are no intervals.
    """
    sure = known[known["high"] > known["low"]]
    if sure.empty:
        return ""
    inside = (sure["low"] <= sure["predicted"]) & (sure["predicted"] <= sure["high"])
    bare = len(known) - len(sure)
    rest = f" (values without an interval, because all networks agree: {bare:,})" if bare else ""
    return f"{int(inside.sum()):,} of {len(sure):,} intervals contain the predicted value{rest}."


def _farthest(known: pd.DataFrame, material: Material, labels: _Labels, *, percent: bool) -> str:
    """Return the largest deviation of a measured mean from theory, and where it occurs."""
    if not percent:
        known = known[(known["estimate"] > 0) & (known["predicted"] > 0)]
    ends = known[["estimate", "predicted"]].to_numpy()
    away = np.abs(np.diff(ends if percent else np.log(ends), axis=1))
    if not away.size:
        return ""
    row, far = known.iloc[int(away.argmax())], float(away.max())
    where = f"{labels[row['quantity']]} in layer {material.labels[row['layer'] - 1]}"
    said = f"{short(100 * far)} percentage points" if percent else _apart(far)
    return f"The largest deviation is {said} ({material.titles[row['study']]}, {where})."


def _apart(log: float) -> str:
    """Return a difference of natural logarithms in words.

    >>> _apart(0.01), _apart(2.0)
    ('1.01 %', 'a factor of 7.39')
    """
    if log < math.log(2):
        return f"{short(100 * math.expm1(log))} %"
    return f"a factor of {short(math.exp(log))}" if log < 700 else "an immense factor"


def _missing(bare: pd.DataFrame, material: Material, labels: _Labels) -> str:
    """Return a sentence that lists the measured means without a prediction."""
    if bare.empty:
        return ""
    places = bare[["study", "quantity"]].drop_duplicates().itertuples(index=False)
    named = [f"{labels[str(x.quantity)]}, {material.titles[str(x.study)]}" for x in places]
    return f"In some layers, there is no theoretical prediction for: {listed(named)}."
