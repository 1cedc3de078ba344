"""How long will a study take? Measured on this machine with a small one of its kind."""

from __future__ import annotations

import time
from dataclasses import replace

from saturation_lab.sampling.cost import Shape, shape_of
from saturation_lab.sampling.run import PILOTS, sample
from saturation_lab.study import Study


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
