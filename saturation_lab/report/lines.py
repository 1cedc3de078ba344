"""What does theory expect of a report's studies, and how far is what was measured from it?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from saturation_lab.inference.digits import short
from saturation_lab.report.group import Group
from saturation_lab.report.pairs import listed
from saturation_lab.sampling.run import at_work, checked_workers
from saturation_lab.study import Study
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.propagation import Prediction, predict

MOST_EXAMPLES = 500
"""Theory follows every two examples; a report asks for no more of them than this."""


def predictions(
    studies: Mapping[tuple[str, str], Study], *, workers: int | None = None
) -> dict[tuple[str, str], Prediction]:
    """Return what theory expects of each study; those that it has no answer for are left out.

    The numbers do not depend on the workers, of whom None is one a core.

    Raises:
        InputError: a study's inputs cannot be read, or have changed.
    """
    # resolved here: a worker that fails to read a study's inputs is reported as a broken pool
    asked = {
        key: study.resolved() for key, study in studies.items() if study.examples <= MOST_EXAMPLES
    }
    together = Parallel(n_jobs=min(checked_workers(workers), max(1, len(asked))))
    here = Path.cwd()
    found = together(delayed(_prediction)(study, here) for study in asked.values())
    pairs = zip(asked, found, strict=True)
    return {key: prediction for key, prediction in pairs if prediction is not None}


def _prediction(study: Study, folder: Path) -> Prediction | None:
    try:
        with chdir(folder), at_work():  # a worker may be elsewhere, where no relative path leads
            return predict(study)
    except NoAnswer:  # an expectation diverges
        return None


def what_lines_are(group: Group, quantities: Mapping[str, str], *, limit: str) -> str:
    """Return what the lines of a figure are, and where none are.

    Args:
        group: the studies shown.
        quantities: those shown and what they are called.
        limit: where theory is exact and where it is a limit.
    """
    table = _measured(group, quantities)
    missing = _missing(table, group, quantities)
    if not np.isfinite(table["predicted"]).any():
        return missing
    lines = (
        "Lines: theory for infinitely wide layers (n → ∞), from inputs and rules alone, nothing "
        f"fitted; {limit}."
    )
    return f"{lines} {missing}".rstrip()


def away_from_lines(group: Group, quantities: Mapping[str, str], *, percent: bool = False) -> str:
    """Return how many intervals contain theory's line, and the mean that is farthest from it.

    ``percent``: distances are points of a share, not factors.
    """
    table = _measured(group, quantities)
    known = table[np.isfinite(table["predicted"])]
    if known.empty:
        return ""
    said = [intervals_that_hold_it(known), _farthest(known, group, quantities, percent=percent)]
    return " ".join(filter(None, said))


def _measured(group: Group, quantities: Mapping[str, str]) -> pd.DataFrame:
    table = group.profile_of(quantities)
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
    known: pd.DataFrame, group: Group, quantities: Mapping[str, str], *, percent: bool
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
    place = f"{group.titles[row['study']]}, {quantities[row['quantity']]} in layer {row['layer']}"
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


def _missing(table: pd.DataFrame, group: Group, quantities: Mapping[str, str]) -> str:
    """Return which measured means have no line."""
    bare = table[~np.isfinite(table["predicted"])]
    if bare.empty:
        return ""
    if len(bare) == len(table):
        return "Theory has no line for these."
    places = bare[["study", "quantity"]].drop_duplicates().itertuples(index=False)
    named = [f"{quantities[place.quantity]}, {group.titles[place.study]}" for place in places]
    return f"Theory has no line everywhere for: {listed(named)}."
