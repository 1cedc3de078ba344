"""What will a study cost? Its time is measured on this machine with a small one of its kind."""

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
    """What studies need that are run one after the other."""

    networks: int
    workers: int
    memory: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Return the cost as plain data."""
        seconds = round(self.seconds, 1)
        return {"networks": self.networks, "memory_bytes": self.memory, "seconds": seconds}


def forecast(orders: Sequence[Study], *, workers: int, times: int = 1) -> Cost:
    """Return what some studies cost, each of them run ``times``; refuse what does not fit."""
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
    """Return about how long a run takes on ``workers`` cores, good to a factor of about two.

    A study with at most 256 units a layer, 8 layers and 32 examples is timed, and its time scaled
    by the draws, products and values of the whole.
    """
    small = replace(
        study,
        widths=tuple(min(width, 256) for width in study.widths[:8]),
        examples=min(study.examples, 32),
        singular_values=min(study.singular_values, 32),
        networks=4,
    )
    sample(replace(small, networks=1), workers=1)  # imports and first calls are not counted
    start = time.perf_counter()
    sample(small, workers=1)
    once = (time.perf_counter() - start) / (PILOTS + small.networks)
    share = _effort(shape_of(study)) / _effort(shape_of(small))
    return once * share * (PILOTS + study.networks / workers)


def _effort(shape: Shape) -> float:
    # in nanoseconds: draw and count a weight, multiply, measure a value, find eigenvalues
    drawn = 15 * shape.weights + 0.02 * shape.products + 50 * shape.values
    return drawn + 0.08 * shape.spectra
