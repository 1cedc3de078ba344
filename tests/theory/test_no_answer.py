"""A question without an answer raises `NoAnswer`; wrong input raises `InputError`."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import (
    InputError,
    NoAnswer,
    Study,
    critical_point,
    fixed_points,
    gains,
    gaussian_mean,
    own_activation,
    phase_diagram,
    predict,
    recommend,
)
from saturation_lab.nets import Architecture
from saturation_lab.theory import (
    beta,
    corrected,
    critical_at,
    critical_line,
    critical_sigma_w,
    expectation,
    expected_profile,
    fixed_correlation,
    gaussian_curve,
    gradient_law,
    half_stable_point,
    mean_square_law,
    natural_scale,
    pair_expectation,
    pair_gap,
    pair_mean,
    settled,
)

GROWING = own_activation(lambda z: np.exp(z * z), name="growing")
POLE = own_activation(lambda z: 1 / z, name="pole")


def _study(**keys: Any) -> Study:
    usual = {"activation": "relu", "initializer": "he_normal", "widths": (8, 8)}
    return Study(**{**usual, "inputs": "gaussian", "examples": 3, **keys})


def _net(**keys: Any) -> Architecture:
    return _study(**keys).architecture


def _law(**keys: Any) -> object:
    return mean_square_law(_net(**keys), 1, of="gradient_mean_square", input_mean_square=1.0)


def _bent(z: NDArray[Any]) -> NDArray[Any]:
    """Return one number too few for arrays longer than those that a function is tried with."""
    found: NDArray[Any] = np.tanh(z)
    return found if z.size < 50 else found[:-1]


BENT = own_activation(_bent, derivative=lambda z: 1 - np.tanh(z) ** 2, name="bent")

NONE: dict[str, Callable[[], object]] = {
    "moment": lambda: gaussian_mean(GROWING, 0.7),
    "moment with its error": lambda: expectation(GROWING, 0.7),
    "curve": lambda: gaussian_curve(GROWING)(0.7),
    "pair": lambda: pair_mean(GROWING, 0.7, 0.7, 0.5),
    "gap": lambda: pair_gap(GROWING, 0.7, 0.5),
    "prediction": lambda: predict(_study(activation=GROWING)),
    "recommendation": lambda: recommend(_study(activation=GROWING)),
    "profile": lambda: expected_profile(_net(activation=GROWING)),
    "gain": lambda: gains(np.zeros_like),
    "critical point": lambda: critical_point("softplus"),
    "critical point at q": lambda: critical_at("sigmoid", 1.0),
    "critical weights": lambda: critical_sigma_w("relu", sigma_b=0.1),
    "half-stable point": lambda: half_stable_point("tanh"),
    "fixed correlation": lambda: fixed_correlation("identity", q=1.0, sigma_w=1.0),
    "fixed points": lambda: fixed_points("relu", sigma_w=np.sqrt(2)),
    "phase diagram": lambda: phase_diagram(POLE, sigma_w=[1.0], sigma_b=[0.1]),
    "natural scale": lambda: natural_scale(POLE),
    "critical point of a step": lambda: critical_point(np.sign),
    "law of tanh": lambda: _law(activation="tanh"),
    "law of uniform weights": lambda: _law(initializer="he_uniform"),
    "law with biases": lambda: _law(bias="normal", bias_scale=0.1),
    "law with classes": lambda: _law(inputs="digits"),
    "beta": lambda: beta(_net(initializer="orthogonal")),
    "order 1/n": lambda: corrected(_net(bias="uniform", bias_scale=0.1)),
}

WRONG: dict[str, Callable[[], object]] = {
    "negative variance": lambda: gaussian_mean("tanh", -1.0),
    "unknown moment": lambda: gaussian_mean("tanh", 1.0, of="squares"),
    "no closed form": lambda: expectation("tanh", 1.0, route="closed"),
    "limit at 0": lambda: gaussian_mean("softplus", 0.0, of="square_slope"),
    "shape": lambda: gaussian_mean(BENT, 1.0),
    "correlation": lambda: pair_mean("relu", 1.0, 1.0, 1.5),
    "pairs of other shapes": lambda: pair_mean("relu", [1.0, 1.0], [1.0] * 3, 0.5),
    "no closed form of a pair": lambda: pair_expectation("tanh", 1.0, 1.0, 0.5, route="closed"),
    "critical line at 0": lambda: critical_line("tanh", 0.0),
    "no fixed point": lambda: fixed_correlation("tanh", q=3.0, sigma_w=1.5),
    "negative weights": lambda: settled("tanh", sigma_w=-1.0),
    "negative axis": lambda: phase_diagram("tanh", sigma_w=[-1.0], sigma_b=[0.0]),
    "inputs of size 0": lambda: expected_profile(_net(), input_mean_square=0.0),
}


@pytest.mark.parametrize("ask", NONE.values(), ids=NONE)
def test_what_has_no_answer_says_so_in_one_line(ask: Callable[[], object]) -> None:
    with pytest.raises(NoAnswer, match=r"^\w+: expected [^\n]+, got [^\n]+$"):
        ask()


@pytest.mark.parametrize("ask", WRONG.values(), ids=WRONG)
def test_wrong_input_is_no_missing_answer(ask: Callable[[], object]) -> None:
    with pytest.raises(InputError) as caught:
        ask()
    assert type(caught.value) is InputError


@pytest.mark.parametrize("kind", [InputError, NoAnswer])
def test_an_error_survives_pickling(kind: type[InputError]) -> None:
    error = kind("key", expected="this", got="that", hint="do so")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error) == 'key: expected this, got "that"; do so'
    assert vars(again) == vars(error)


def test_what_diverges_arrives_from_another_process_as_it_was_raised() -> None:
    with pytest.raises(NoAnswer, match=r"growing, .* diverges") as caught:
        gaussian_mean(GROWING, 0.7)
    again = pickle.loads(pickle.dumps(caught.value))  # as a process sends it
    assert type(again) is NoAnswer
    assert str(again) == str(caught.value)


def test_callers_go_on_without_what_has_no_answer() -> None:
    assert gains("softplus").critical is None
    assert gradient_law(_net(activation="tanh")) is None
    # E exp(z²) is finite here, but not at every q of the power of 4 that is expanded at once
    assert gaussian_curve(GROWING, of="value")(0.4) == pytest.approx(1 / np.sqrt(0.2), rel=1e-9)
    with pytest.raises(InputError, match="one float for each element"):
        gains(BENT)
