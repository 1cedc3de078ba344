"""The laws of gradients at finite width agree with drawn networks, and exist only if derived."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import digamma, polygamma
from scipy.stats import binom

from saturation_lab import ACTIVATIONS, Result, Study, sample
from saturation_lab.nets import Architecture
from saturation_lab.theory import Scatter, activation_law, gradient_law, slopes

WIDTHS = (40, 120, 60)
RANGES = {"pre_activation": (-9, 9), "activation": (-9, 9), "gradient": (-9, 9),
          "weight_gradient": (-9, 9)}  # fmt: skip


def _exact_variance(units: int) -> float:
    """Return Var ln χ²_K, K ~ Bin(n, 1/2) above 0: one ReLU layer's factor, without its limit."""
    on = np.arange(1, units + 1)
    share = binom.pmf(on, units, 0.5) / (1 - 0.5**units)
    mean = digamma(on / 2)
    middle = (share * mean).sum()
    return float((share * (polygamma(1, on / 2) + (mean - middle) ** 2)).sum())


def _drawn(activation: str = "relu", networks: int = 1600) -> Result:
    study = Study(
        activation=activation, initializer="he_normal", widths=WIDTHS, inputs="gaussian",
        features=30, examples=1, networks=networks, seed=7, dtype="float64", sampler="dense",
        ranges=RANGES,
    )  # fmt: skip
    return sample(study, workers=1)


@pytest.fixture(scope="module")
def drawn() -> Result:
    """Return networks whose weights are all drawn, so that no law of a sampler is assumed."""
    return _drawn()


def _logs(result: Result, quantity: str, over: tuple[int, int]) -> NDArray[np.float64]:
    first, last = (result.values(quantity, layer) for layer in over)
    return np.log(first / last)


def _errors_away(logs: NDArray[np.float64], variance: float) -> float:
    """Return by how many standard errors the variance of the logs is off, on the log scale."""
    centred = (logs - logs.mean()) / logs.std()
    error = math.sqrt((np.mean(centred**4) - 1) / logs.size)
    return float(math.log(logs.var(ddof=1) / variance) / error)


DOWN, UP = ("gradient_mean_square", (1, 3)), ("activation_mean_square", (3, 1))


@pytest.mark.parametrize(
    ("way", "layers", "faults"),
    [
        (DOWN, (40, 120), [(120, 60), (40, 120, 60), (120,), (40,)]),
        (UP, (120, 60), [(40, 120), (40, 120, 60), (120,), (60,)]),
    ],
)
def test_spread_is_that_of_the_layers_that_enter(
    drawn: Result,
    way: tuple[str, tuple[int, int]],
    layers: tuple[int, ...],
    faults: list[tuple[int, ...]],
) -> None:
    # exact reference, 4 standard errors: false alarms 6e-5; wrong layers are at least 4 off
    logs = _logs(drawn, *way)
    assert abs(_errors_away(logs, sum(map(_exact_variance, layers)))) < 4
    for wrong in faults:
        assert abs(_errors_away(logs, sum(map(_exact_variance, wrong)))) > 4, wrong


@pytest.mark.parametrize(("law", "way"), [(gradient_law, DOWN), (activation_law, UP)])
def test_mean_over_networks_is_that_of_mean_field(
    drawn: Result, law: Callable[[Architecture], Scatter], way: tuple[str, tuple[int, int]]
) -> None:
    found = law(drawn.study.architecture)
    ratios = np.exp(_logs(drawn, *way))
    error = ratios.std(ddof=1) / math.sqrt(ratios.size)
    assert abs(ratios.mean() - found.mean) < 4 * error
    logs = _logs(drawn, *way) - math.log(found.mean)  # and the typical network lies below it
    error = logs.std(ddof=1) / math.sqrt(logs.size)
    assert abs(logs.mean() + found.beta / 2) < 4 * error
    assert logs.mean() < -4 * error


@pytest.mark.parametrize("units", [30, 100, 1000, 10_000])
def test_five_over_n_is_the_limit(units: int) -> None:
    assert 0 < _exact_variance(units) * units / 5 - 1 < 5 / units


def test_leaky_and_linear_layers_scatter_by_their_own_constant() -> None:
    for activation, constant in {"identity": 2.0, "leaky_relu": 4.9}.items():
        result = _drawn(activation, networks=400)
        law = gradient_law(result.study.architecture)
        assert law is not None
        assert law.beta == pytest.approx(constant * (1 / 40 + 1 / 120), rel=0.03)
        # β leaves out order 1/n², 4 % at width 40 and so less than one standard error here
        assert abs(_errors_away(_logs(result, *DOWN), law.beta)) < 4.5


def test_it_is_known_only_where_it_was_derived() -> None:
    assert {name for name, a in ACTIVATIONS.items() if slopes(a)} == {
        "relu", "leaky_relu", "identity",
    }  # fmt: skip
    base: dict[str, Any] = {"activation": "relu", "initializer": "he_normal", "widths": [20, 20]}
    found = gradient_law(Study(**base).architecture)
    assert found is not None
    assert (found.mean, found.beta) == pytest.approx((1, 0.25))
    others: list[dict[str, Any]] = [
        {"activation": "tanh"},
        {"initializer": "he_uniform"},
        {"initializer": "orthogonal"},
        {"bias": "normal", "bias_scale": 0.1},
    ]
    for other in others:
        assert gradient_law(Study(**{**base, **other}).architecture) is None
        assert activation_law(Study(**{**base, **other}).architecture) is None


def test_other_gains_and_widths_move_the_mean() -> None:
    study = Study(activation="relu", initializer="he_normal", widths=(20, 40), gain=2.0)
    law = gradient_law(study.architecture)
    assert law is not None  # n_2 Var w_2 / 2 with Var w = gain² / n_1
    assert law.mean == pytest.approx(40 * 4 / 20 / 2)
    up = activation_law(study.architecture)
    assert up is not None
    assert up.mean == pytest.approx(2.0)
