"""Theoretical predictions for several sets of networks, computed in parallel."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import chdir
from pathlib import Path
from typing import TypeVar

from joblib import Parallel, delayed

from saturation_lab.measured import Measured
from saturation_lab.sampling.run import at_work, checked_workers
from saturation_lab.study import Study
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.propagation import Prediction, predict

MOST_EXAMPLES = 500
"""The largest number of examples for which predictions are made.

The cost grows with the number of pairs of examples.
"""

K = TypeVar("K", bound=Hashable)


def with_theory(networks: Mapping[K, Measured], *, workers: int | None = None) -> dict[K, Measured]:
    """Attach theoretical predictions to measured networks.

    Networks are returned unchanged if they were not sampled from a study, saw more than
    `MOST_EXAMPLES` examples, or have properties for which theory has no answer.

    Parameters
    ----------
    networks : mapping of hashable to Measured
        The networks, under any keys.
    workers : int, optional
        The number of processes; by default one per core. The numbers do not depend on it.

    Returns
    -------
    dict of hashable to Measured
        The networks under the same keys, with their predictions.

    Raises
    ------
    InputError
        If a study's inputs cannot be read, or have changed.
    """
    # resolve the studies here: an unreadable input in a worker would show up as a broken pool
    asked = {
        key: one.origin.resolved()
        for key, one in networks.items()
        if isinstance(one.origin, Study) and one.examples <= MOST_EXAMPLES
    }
    together = Parallel(n_jobs=min(checked_workers(workers), max(1, len(asked))))
    here = Path.cwd()
    found = together(delayed(_prediction)(study, here) for study in asked.values())
    expected = dict(zip(asked, found, strict=True))
    return {key: one.expecting(expected.get(key)) for key, one in networks.items()}


def _prediction(study: Study, folder: Path) -> Prediction | None:
    try:
        with chdir(folder), at_work():  # relative paths need the caller's folder
            return predict(study)
    except NoAnswer:  # an expectation diverges
        return None
