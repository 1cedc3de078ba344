"""Theory's expectations for many networks at once, computed in parallel."""

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
"""Theory follows every pair of examples; networks that were shown more are left without it."""

K = TypeVar("K", bound=Hashable)


def with_theory(networks: Mapping[K, Measured], *, workers: int | None = None) -> dict[K, Measured]:
    """Return the networks with what theory expects of them beside every number.

    Networks that were not sampled from a study, were shown more than `MOST_EXAMPLES` inputs, or for
    which theory has no answer are returned as they are.

    Parameters
    ----------
    networks
        By any key.
    workers
        Processes; None: one a core. The numbers do not depend on it.

    Raises
    ------
    InputError
        If a study's inputs cannot be read, or have changed.
    """
    # resolved here: a worker that cannot read a study's inputs is reported as a broken pool
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
        with chdir(folder), at_work():  # a worker may be elsewhere, where no relative path leads
            return predict(study)
    except NoAnswer:  # an expectation diverges
        return None
