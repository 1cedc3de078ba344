"""Estimates of the time and memory of a run, based on a small test run on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from saturation_lab.sampling.cost import (
    Shape,
    memory_needed,
    refuse_what_does_not_fit,
    shape_of,
)
from saturation_lab.sampling.run import PILOTS, sample
from saturation_lab.study import Study


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The time and memory of studies that are run one after the other.

    Attributes
    ----------
    networks : int
        Number of networks in all.
    workers : int
        Number of processes.
    memory : int
        Peak memory in bytes.
    seconds : float
        Total time in seconds.
    """

    networks: int
    workers: int
    memory: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the cost as a JSON-serializable dict."""
        seconds = round(self.seconds, 1)
        return {"networks": self.networks, "memory_bytes": self.memory, "seconds": seconds}


def forecast(orders: Sequence[Study], *, workers: int, times: int = 1) -> Cost:
    """Estimate the cost of some studies, run one after the other.

    Parameters
    ----------
    orders : sequence of Study
        The studies.
    workers : int
        Number of processes.
    times : int
        How often each study is run.

    Returns
    -------
    Cost
        The total time and the largest memory.

    Raises
    ------
    InputError
        If a study does not fit into memory.
    """
    orders = [order.resolved() for order in orders]
    for order in orders:
        refuse_what_does_not_fit(order, workers=workers)
    return Cost(
        networks=times * sum(order.networks for order in orders),
        workers=workers,
        memory=max(memory_needed(order, workers=workers) for order in orders),
        seconds=times * sum(seconds_needed(order, workers=workers) for order in orders),
    )


def seconds_needed(study: Study, *, workers: int) -> float:
    """Estimate the time of a run, to within a factor of about two.

    Times a reduced study of at most 256 units per layer, 8 layers and 32 examples. The result is
    scaled by the number of draws, products and values of the full study.

    Parameters
    ----------
    study : Study
        The study.
    workers : int
        Number of processes, each on its own core.

    Returns
    -------
    float
        The time in seconds.
    """
    small = replace(
        study,
        widths=tuple(min(width, 256) for width in study.widths[:8]),
        examples=min(study.examples, 32),
        singular_values=min(study.singular_values, 32),
        networks=4,
    )
    sample(replace(small, networks=1), workers=1)  # warm up: imports and first calls are not timed
    start = time.perf_counter()
    sample(small, workers=1)
    once = (time.perf_counter() - start) / (PILOTS + small.networks)
    share = _effort(shape_of(study)) / _effort(shape_of(small))
    return once * share * (PILOTS + study.networks / workers)


def _effort(shape: Shape) -> float:
    # in nanoseconds: drawing and counting a weight, a product, measuring a value, eigenvalues
    drawn = 15 * shape.weights + 0.02 * shape.products + 50 * shape.values
    return drawn + 0.08 * shape.spectra
