"""The examples that a study shows its networks."""

from __future__ import annotations

import numpy as np

from saturation_lab.data.sources import Examples, draw_examples
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.study import Study

_COUNT = 512
"""The number of examples from which their mean square is computed."""


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


def mean_square_of_inputs(study: Study) -> float:
    """Return the mean square of a feature of the study's inputs.

    Parameters
    ----------
    study : Study
        The study whose inputs are examined.

    Returns
    -------
    float
        Exactly 1 for gaussian and uniform inputs and for standardized_overall. For the standardized
        columns of a file, the share of columns that are not constant. Otherwise, the mean over 512
        examples, or over all of them if there are fewer.

    Raises
    ------
    InputError
        If the inputs cannot be read.

    Examples
    --------
    >>> study = Study(activation="tanh", initializer="lecun_normal", widths=(8,), inputs="digits")
    >>> 0.5 < mean_square_of_inputs(study) < 0.8
    True
    """
    source = study.input_source
    scaling = study.scaling or source.scaling
    if scaling == "standardized_overall" or study.inputs in ("gaussian", "uniform"):
        return 1.0
    if scaling == "standardized" and source.moments is not None:
        return float(source.moments.varies.mean())
    drawn = draw_examples(
        source,
        count=min(_COUNT, source.supply or _COUNT),
        features=study.architecture.input_width,
        scaling=scaling,
        dtype="float64",
        rng=np.random.default_rng(0),
    )
    return float(np.square(drawn.x).mean())
