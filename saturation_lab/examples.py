"""The examples that a study shows its networks."""

from __future__ import annotations

import numpy as np

from saturation_lab.nets.inputs import Examples, draw_examples
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.study import Study


def shared_examples(study: Study) -> Examples | None:
    """Return the examples that all networks of a study share.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    Examples or None
        Inputs of shape (B, n_0) and their labels; None if the study draws fresh inputs for each
        network.

    Examples
    --------
    >>> study = Study(activation="tanh", initializer="he_normal", widths=(8,), inputs="gaussian")
    >>> shared_examples(study).x.shape
    (50, 8)
    """
    if study.fresh_inputs:
        return None
    return _examples(study, stream(study.seed, network=0, purpose=Purpose.SHARED_INPUTS))


def examples_of(study: Study, network: int, *, pilot: bool) -> Examples:
    """Return the examples that are drawn for one network of a study with fresh inputs.

    Parameters
    ----------
    study : Study
        The study.
    network : int
        The index of the network, from 0.
    pilot : bool
        Whether it is a pilot network, which has random numbers of its own.

    Returns
    -------
    Examples
        Inputs of shape (B, n_0) and their labels.
    """
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
        dtype=study.resolved_dtype,
        rng=rng,
    )
