"""Which examples does a study show its networks?"""

from __future__ import annotations

import numpy as np

from saturation_lab.nets.inputs import Examples, draw_examples
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.study import Study


def shared_examples(study: Study) -> Examples | None:
    """Return the examples that every network is shown, or None when each draws its own."""
    if study.fresh_inputs:
        return None
    return _examples(study, stream(study.seed, network=0, purpose=Purpose.SHARED_INPUTS))


def examples_of(study: Study, network: int, *, pilot: bool) -> Examples:
    """Return the examples that one network draws for itself."""
    return _examples(
        study, stream(study.seed, network=network, purpose=Purpose.INPUTS, pilot=pilot)
    )


def _examples(study: Study, rng: np.random.Generator) -> Examples:
    source = study.input_source
    return draw_examples(
        source,
        count=study.examples,
        features=study.architecture.input_width,
        scaling=study.scaling or source.scaling,
        dtype=study.dtype,
        rng=rng,
    )
