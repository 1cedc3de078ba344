"""What does theory expect of a report's studies, and how far is what was measured from it?"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from saturation_lab.exhibits.material import Material
from saturation_lab.inference.digits import short
from saturation_lab.words.lists import listed


def what_lines_are(material: Material, quantities: Mapping[str, str], *, limit: str) -> str:
    """Return what the lines of a figure are, and where none are.

    Args:
        material: the studies shown.
        quantities: those shown and what they are called.
        limit: where theory is exact and where it is a limit.
    """
    table = _measured(material, quantities)
    missing = _missing(table, material, quantities)
    if not np.isfinite(table["predicted"]).any():
        return missing
    lines = (
        "Lines: theory for infinitely wide layers (n → ∞), from inputs and rules alone, nothing "
        f"fitted; {limit}."
    )
    return f"{lines} {missing}".rstrip()


def away_from_lines(
    material: Material, quantities: Mapping[str, str], *, percent: bool = False
) -> str:
    """Return how many intervals contain theory's line, and the mean that is farthest from it.

    ``percent``: distances are points of a share, not factors.
    """
    table = _measured(material, quantities)
    known = table[np.isfinite(table["predicted"])]
    if known.empty:
        return ""
    said = [intervals_that_hold_it(known), _farthest(known, material, quantities, percent=percent)]
    return " ".join(filter(None, said))


def _measured(material: Material, quantities: Mapping[str, str]) -> pd.DataFrame:
    table = material.profile_of(quantities)
    known: pd.DataFrame = table[np.isfinite(table["estimate"])]
    return known


def intervals_that_hold_it(known: pd.DataFrame) -> str:
    """Return in how many intervals what is predicted lies, in words; nothing without intervals."""
    sure = known[known["high"] > known["low"]]
    if sure.empty:
        return ""
    inside = (sure["low"] <= sure["predicted"]) & (sure["predicted"] <= sure["high"])
    bare = len(known) - len(sure)
    rest = f" (in {bare:,} more points all networks have the same number)" if bare else ""
    return f"{int(inside.sum()):,} of the {len(sure):,} intervals contain the line{rest}."


def _farthest(
    known: pd.DataFrame, material: Material, quantities: Mapping[str, str], *, percent: bool
) -> str:
    """Return where the measured mean is farthest from theory, and how far."""
    if percent:
        away = 100 * (known["estimate"] - known["predicted"]).abs()
    else:
        pair = known[["estimate", "predicted"]]
        known = known[(pair > 0).all(axis=1)]
        away = (np.log(known["estimate"]) - np.log(known["predicted"])).abs()
    if away.empty:
        return ""
    row = known.iloc[int(away.argmax())]
    place = (
        f"{material.titles[row['study']]}, {quantities[row['quantity']]} in layer {row['layer']}"
    )
    far = f"{short(float(away.max()))} points" if percent else _apart(float(away.max()))
    return f"The farthest mean is {far} away ({place})."


def _apart(log: float) -> str:
    """Return a distance of logarithms in words.

    >>> _apart(0.01), _apart(2.0)
    ('1.01 %', 'a factor 7.39')
    """
    if log < math.log(2):
        return f"{short(100 * math.expm1(log))} %"
    return f"a factor {short(math.exp(log))}" if log < 700 else "beyond all factors"


def _missing(table: pd.DataFrame, material: Material, quantities: Mapping[str, str]) -> str:
    """Return which measured means have no line."""
    bare = table[~np.isfinite(table["predicted"])]
    if bare.empty:
        return ""
    if len(bare) == len(table):
        return "Theory has no line for these."
    places = bare[["study", "quantity"]].drop_duplicates().itertuples(index=False)
    named = [f"{quantities[place.quantity]}, {material.titles[place.study]}" for place in places]
    return f"Theory has no line everywhere for: {listed(named)}."
