"""Tests that scikit-learn's own initial weights pass, and fail with a planted fault.

`MLPClassifier` exposes them through its public interface after one step with a learning rate that
changes no bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from saturation_lab.testing import assert_follows_law, assert_variance_preserved

N, M = 150, 90
EQUAL = (N, M, M, M, M, M)


def weights(rng: np.random.Generator, activation: str, widths: tuple[int, ...] = EQUAL) -> Any:
    """Return the weight matrices [fan_in, fan_out] of one classifier before it has learned."""
    model = MLPClassifier(
        hidden_layer_sizes=widths[1:],
        activation=activation,
        solver="sgd",
        learning_rate_init=1e-300,
        random_state=int(rng.integers(2**32)),
    )
    x, y = rng.standard_normal((4, widths[0])), np.array([0, 1, 0, 1])
    return model.partial_fit(x, y, classes=[0, 1]).coefs_


def first(activation: str) -> Callable[[np.random.Generator], Any]:
    return lambda rng: weights(rng, activation)[0]


def check(draw: Callable[[np.random.Generator], Any], **options: Any) -> None:
    """Assert that draws follow a law, and look for outliers at a rate of 1e-4 only."""
    assert_follows_law(draw, rare=1e-4, **options)


STD = {"relu": math.sqrt(2 / (N + M)), "logistic": math.sqrt(2 / (3 * (N + M)))}
"""Its bound is √(6/(n + m)), and √(2/(n + m)) for the logistic function."""


@pytest.mark.parametrize("activation", STD)
def test_its_first_layer_is_glorots(activation: str) -> None:
    draw, std = first(activation), STD[activation]
    check(draw, law="uniform", std=std)
    with pytest.raises(AssertionError, match="standard deviation / stated value"):
        check(lambda rng: 0.99 * draw(rng), law="uniform", std=std)
    with pytest.raises(AssertionError, match="Kolmogorov-Smirnov distance"):
        check(draw, law="normal", std=std)
    with pytest.raises(AssertionError, match="the mean of both fans is used in place of fan-in"):
        check(draw, law="uniform", layout="in_out", std=std * math.sqrt((N + M) / (2 * N)))


def test_one_random_state_for_all_is_found() -> None:
    with pytest.raises(AssertionError, match="draws that repeat an earlier one"):
        check(lambda rng: first("relu")(np.random.default_rng(3)), law="uniform", std=STD["relu"])


def test_it_does_not_keep_the_signal_of_relu() -> None:
    """Glorot's rule has no √2: twice as wide by hand, the signal is kept."""

    def draw(gain: float) -> Callable[[np.random.Generator], Any]:
        def layers(rng: np.random.Generator) -> Any:
            a, found = rng.standard_normal((8, N)), []
            for weight in weights(rng, "relu")[:-1]:
                found.append(gain * a @ weight)
                a = np.maximum(found[-1], 0)
            return found

        return layers

    assert_variance_preserved(draw(math.sqrt(2)))
    with pytest.raises(AssertionError, match="Glorot's rule is used with ReLU"):
        assert_variance_preserved(draw(1.0))
