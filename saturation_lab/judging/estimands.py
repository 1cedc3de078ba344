"""Which number decides a claim, in each network, and what does theory expect of it?

A kind of experiment is one row of `ESTIMANDS` and one of `EXPECTED`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.claims.claim import (
    AgainstTheory,
    Between,
    Experiment,
    MeanOverLayers,
    MeanRatio,
    NearerToOne,
    Place,
    Ratio,
    TopOverBottom,
    Value,
)
from saturation_lab.inference.intervals import LEVEL, Interval, mean_interval
from saturation_lab.measured import refuse_unpaired
from saturation_lab.sampling.result import Result
from saturation_lab.study import Study
from saturation_lab.theory.propagation import Prediction, predict

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


def expected_of(experiment: Experiment, predictions: Predictions) -> float:
    """Return what theory expects of the number that is shown as measured; nan: no answer."""
    return EXPECTED[type(experiment)](experiment, predictions)


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


def _at(values: Callable[[str, int], Any], depth: int, place: Place) -> Any:
    """Return what stands in a place; layers below 0 count from the top."""
    quantity, layer = place
    return values(quantity, layer if layer > 0 else depth + 1 + layer)


def _log(values: Any) -> Float64:
    with np.errstate(all="ignore"):  # what is not positive has no logarithm: nothing is decided
        logs = np.log(values)
    return np.where(np.isfinite(logs), logs, np.nan)


def _ratio(experiment: Ratio | MeanRatio, results: Results) -> Float64:
    result = results[experiment.study]
    logs = [_log(_at(result.values, result.depth, place)) for place in experiment.of]
    logs += [-_log(_at(result.values, result.depth, place)) for place in experiment.over]
    total: Float64 = np.sum(logs, axis=0) - math.log(experiment.times)
    return total


def _value(experiment: Value, results: Results) -> Float64:
    result = results[experiment.study]
    found: Float64 = _at(result.values, result.depth, experiment.at)
    return found


def _between(experiment: Between, results: Results) -> Float64:
    one, other = (results[name] for name in experiment.roles)
    refuse_unpaired(one, other)
    logs = [_log(_at(result.values, result.depth, experiment.at)) for result in (one, other)]
    return logs[0] - logs[1]


def _against_theory(experiment: AgainstTheory, results: Results) -> Float64:
    result = results[experiment.study]
    found = _prediction(replace(result.study, networks=1))
    logs = _log(_at(result.values, result.depth, experiment.at))
    return logs - _log(_at(found.value, found.depth, experiment.at))


@lru_cache(maxsize=128)
def _prediction(study: Study) -> Prediction:
    return predict(study)


ESTIMANDS: dict[type, Callable[[Any, Results], Float64]] = {
    TopOverBottom: _top_over_bottom,
    NearerToOne: _nearer_to_one,
    MeanOverLayers: _mean_over_layers,
    Ratio: _ratio,
    MeanRatio: lambda experiment, results: np.exp(_ratio(experiment, results)),
    Value: _value,
    Between: _between,
    AgainstTheory: _against_theory,
}
"""For each kind of experiment the number that decides it, one for each network."""


def _expected_top_over_bottom(
    experiment: TopOverBottom | NearerToOne, predictions: Predictions
) -> float:
    return expected_ratio(predictions.get(experiment.study), *experiment.quantities)


def _expected_mean(experiment: MeanOverLayers, predictions: Predictions) -> float:
    found = predictions.get(experiment.study)
    if found is None:
        return math.nan
    return float(
        np.mean([found.value(experiment.quantity, layer) for layer in range(1, found.depth + 1)])
    )


def _expected_place(found: Prediction | None, place: Place) -> float:
    return math.nan if found is None else float(_at(found.value, found.depth, place))


def _expected_ratio(experiment: Ratio | MeanRatio, predictions: Predictions) -> float:
    found = predictions.get(experiment.study)
    of, over = (
        math.prod(_expected_place(found, place) for place in places)
        for places in (experiment.of, experiment.over)
    )
    return of / (over * experiment.times) if over > 0 else math.nan


def _expected_between(experiment: Between, predictions: Predictions) -> float:
    one, other = (
        _expected_place(predictions.get(name), experiment.at) for name in experiment.roles
    )
    return one / other if other > 0 else math.nan


EXPECTED: dict[type, Callable[[Any, Predictions], float]] = {
    TopOverBottom: _expected_top_over_bottom,
    NearerToOne: _expected_top_over_bottom,
    MeanOverLayers: _expected_mean,
    Ratio: _expected_ratio,
    MeanRatio: _expected_ratio,
    Value: lambda experiment, predictions: _expected_place(
        predictions.get(experiment.study), experiment.at
    ),
    Between: _expected_between,
    AgainstTheory: lambda experiment, predictions: 1.0,
}
"""For each kind of experiment what theory expects of the number that is shown."""
