"""What is the number that decides a claim? In a few words, from the kind of its experiment.

A kind of experiment is one row of `NUMBERS`. A ratio names what it divides: what a formula claims
stands behind the ÷.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from saturation_lab.claims.claim import (
    AgainstTheory,
    Between,
    Exact,
    Experiment,
    MeanOverLayers,
    MeanRatio,
    NearerToOne,
    Place,
    Ratio,
    TopOverBottom,
    Value,
)
from saturation_lab.inference.digits import TIMES, short
from saturation_lab.judging.exact.exact_words import exact_words
from saturation_lab.study import Study

Studies = Mapping[str, Study]

_SIGNALS = {"pre_activation": "z", "activation": "a", "gradient": "δ"}

SYMBOLS: dict[str, str] = {
    **{
        f"{signal}_{moment}": words.format(x)
        for signal, x in _SIGNALS.items()
        for moment, words in {
            "mean": "E {}",
            "mean_square": "E {}²",
            "variance": "Var {}",
            "skewness": "skewness of {}",
            "kurtosis": "kurtosis of {}",
            "percentile_2": "2nd percentile of {}",
            "percentile_98": "98th percentile of {}",
            "peak_share": "0-peak of {}",
        }.items()
    },
    "weight_gradient_mean_square": "E (∂C/∂w)² of one example",
    "batch_weight_gradient_mean_square": "E (∂C/∂w)² of the batch",
    "weight_gradient_peak_share": "0-peak of ∂C/∂w",
    "conditional_mean_square": "Var z given the layer below",
    "saturated_low_share": "share of z saturated low",
    "saturated_high_share": "share of z saturated high",
    "saturated_share": "share of z saturated",
    "dead_share": "share of dead units",
    "input_share_of_variance": "share of E z² from the input",
    "activation_input_share_of_variance": "share of E a² from the input",
    "gradient_to_weight_ratio": "Std ∂C/∂w ÷ Std w",
    "input_correlation": "cosine of two examples' z",
    "activation_correlation": "cosine of two examples' a",
    "singular_value_mean": "mean singular value",
    "singular_value_rms": "root mean square singular value",
    "singular_value_max": "largest singular value",
}
"""Every quantity as it stands in a formula."""

PRODUCTS: dict[tuple[str, ...], str] = {
    ("activation_mean_square", "activation_input_share_of_variance"): "Var a over the examples",
}
"""Products of quantities that have a name of their own."""


def number_words(experiment: Experiment, studies: Studies) -> str:
    """Return what the number of an experiment is, on studies that are named as it names them.

    >>> he = Study(activation="relu", initializer="he_normal", widths=(8,) * 10)
    >>> number_words(TopOverBottom(study="he", quantity="gradient_mean_square"), {"he": he})
    'E δ², layer 10 ÷ layer 1'
    >>> number_words(Ratio(study="he", of=(("activation_variance", -1),), times=16.0), {"he": he})
    'Var a in layer 10 ÷ 16'
    """
    return NUMBERS[type(experiment)](experiment, studies)


def _layer(layer: int, study: Study) -> str:
    depth = len(study.widths)
    number = layer if layer > 0 else depth + 1 + layer
    return f"layer {number}" if number <= depth else "the output"


def _at(place: Place, study: Study) -> str:
    return f"{SYMBOLS[place[0]]} in {_layer(place[1], study)}"


def _top_over_bottom(experiment: TopOverBottom, studies: Studies) -> str:
    quantities = experiment.quantities
    apart = f" {TIMES} ".join(SYMBOLS[name] for name in quantities)
    depth = len(studies[experiment.study].widths)
    return f"{PRODUCTS.get(quantities, apart)}, layer {depth} ÷ layer 1"


def _nearer_to_one(experiment: NearerToOne, studies: Studies) -> str:
    depth = len(studies[experiment.study].widths)
    return (
        f"factor by which {SYMBOLS[experiment.quantity]} changes over layers 1 to {depth}, "
        f"“{experiment.than}” ÷ “{experiment.study}”"
    )


def _ratio(experiment: Ratio | MeanRatio, studies: Studies) -> str:
    study, of, over = studies[experiment.study], experiment.of, experiment.over
    claimed = [] if experiment.times == 1 else [_factor(experiment.times)]
    if len(of) == len(over) == 1 and of[0][0] == over[0][0]:
        below = _product([*claimed, _layer(over[0][1], study)])
        return f"{SYMBOLS[of[0][0]]}, {_layer(of[0][1], study)} ÷ {below}"
    layers = {layer for _, layer in (*of, *over)}
    if len(layers) == 1 and over:
        above, below = (
            _product([*first, *(SYMBOLS[name] for name, _ in places)])
            for first, places in (([], of), (claimed, over))
        )
        return f"{above} ÷ {below}, {_layer(of[0][1], study)}"
    above = f" {TIMES} ".join(_at(place, study) for place in of)
    below = _product([*claimed, *(_at(place, study) for place in over)])
    return f"{above} ÷ {below}" if below else above


def _product(factors: Sequence[str]) -> str:
    product = f" {TIMES} ".join(factors)
    return f"({product})" if len(factors) > 1 else product


def _factor(x: float) -> str:
    return f"{x:.4g}" if 1e-3 <= x < 1e4 else short(x)


def _between(experiment: Between, studies: Studies) -> str:
    at = _at(experiment.at, studies[experiment.study])
    return f"{at}, “{experiment.study}” ÷ “{experiment.than}”"


NUMBERS: dict[type, Callable[[Any, Studies], str]] = {
    TopOverBottom: _top_over_bottom,
    NearerToOne: _nearer_to_one,
    MeanOverLayers: lambda experiment, studies: (
        f"{SYMBOLS[experiment.quantity]}, mean over the hidden layers"
    ),
    Ratio: _ratio,
    MeanRatio: _ratio,
    Value: lambda experiment, studies: _at(experiment.at, studies[experiment.study]),
    Between: _between,
    AgainstTheory: lambda experiment, studies: (
        f"{_at(experiment.at, studies[experiment.study])}, measured ÷ theory"
    ),
    Exact: lambda experiment, studies: exact_words(experiment),
}
"""For each kind of experiment what its number is."""
