"""Which number decides a claim, in each network, and what does theory expect of it?

A kind of experiment is one row of `ESTIMANDS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.claims.claim import (
    Experiment,
    MeanOverLayers,
    NearerToOne,
    TopOverBottom,
)
from saturation_lab.inference.intervals import LEVEL, Interval, mean_interval
from saturation_lab.sampling.grid import refuse_unpaired
from saturation_lab.sampling.result import Result
from saturation_lab.theory.propagation import Prediction

Results = Mapping[str, Result]
Predictions = Mapping[str, Prediction]
Float64 = NDArray[np.float64]


def estimand(experiment: Experiment, results: Results) -> Float64:
    """Return the number that decides, one for each network [R]; nan where it is undefined."""
    return ESTIMANDS[type(experiment)](experiment, results)


def top_over_bottom(result: Result, *quantities: str, level: float = LEVEL) -> Interval:
    """Return a quantity in hidden layer L over layer 1: geometric mean and interval over networks.

    Of several quantities it is their product. The interval is Student's t on the logarithm; it has
    no standard error on the ratio's scale.
    """
    return mean_interval(log_ratio(result, *quantities), level=level).map(math.exp)


def log_ratio(result: Result, *quantities: str) -> Float64:
    """Return log(layer L over layer 1) of a product of quantities in each network; nan if none."""
    logs = np.zeros(result.study.networks)
    with np.errstate(all="ignore"):  # a share of zero has no logarithm: nothing is decided then
        for quantity in quantities:
            top, bottom = result.values(quantity, result.depth), result.values(quantity, 1)
            logs += np.log(top) - np.log(bottom)
    return np.where(np.isfinite(logs), logs, np.nan)


def expected_ratio(prediction: Prediction | None, *quantities: str) -> float:
    """Return what theory expects of a product of quantities, hidden layer L over layer 1.

    For infinitely wide layers, where all networks agree; nan where there is no theory.
    """
    if prediction is None:
        return math.nan
    top, bottom = (
        math.prod(prediction.value(quantity, layer) for quantity in quantities)
        for layer in (prediction.depth, 1)
    )
    return top / bottom if bottom > 0 else math.nan


def expected_of(experiment: Experiment, prediction: Prediction | None) -> float:
    """Return what theory expects of the number that is shown as measured."""
    if experiment.logarithmic or prediction is None:
        return expected_ratio(prediction, *experiment.quantities)
    layers = range(1, prediction.depth + 1)
    (quantity,) = experiment.quantities
    return float(np.mean([prediction.value(quantity, layer) for layer in layers]))


def _top_over_bottom(experiment: TopOverBottom, results: Results) -> Float64:
    return log_ratio(results[experiment.study], *experiment.quantities)


def _nearer_to_one(experiment: NearerToOne, results: Results) -> Float64:
    near, far = results[experiment.study], results[experiment.than]
    _refuse_other_axes(near, far)
    refuse_unpaired(near, far)
    far_log, near_log = (log_ratio(r, experiment.quantity) for r in (far, near))
    with np.errstate(invalid="ignore"):
        return np.abs(far_log) - np.abs(near_log)


def _mean_over_layers(experiment: MeanOverLayers, results: Results) -> Float64:
    result = results[experiment.study]
    layers = [result.values(experiment.quantity, i) for i in range(1, result.depth + 1)]
    mean: Float64 = np.mean(layers, axis=0)
    return mean


def _refuse_other_axes(one: Result, other: Result) -> None:
    if one.study.ranges != other.study.ranges:
        raise InputError(
            "studies",
            expected="the same ranges, as a 0-peak is a share of the axis",
            got=Words("others"),
            hint="give both the ranges of with_ranges(one, other)",
        )


ESTIMANDS: dict[type, Callable[[Any, Results], Float64]] = {
    TopOverBottom: _top_over_bottom,
    NearerToOne: _nearer_to_one,
    MeanOverLayers: _mean_over_layers,
}
"""For each kind of experiment the number that decides it, one for each network."""
