"""Tests of the assertions about shares: of saturated pre-activations, and of dead units."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from saturation_lab import InputError
from saturation_lab.testing import assert_few_dead_units, assert_not_saturated
from tests.testing.drawn_networks import Layers, forward, glorot, he, whole


def test_saturation_is_found_where_it_is() -> None:
    assert_not_saturated(forward(glorot, act="tanh"), activation="tanh")
    strong = forward(lambda n, m: 3 * glorot(n, m), act="tanh")
    with pytest.raises(AssertionError, match=r"layer 1: 0\.4\d+, interval .*, expected at most 0"):
        assert_not_saturated(strong, activation="tanh")
    assert_not_saturated(strong, activation="tanh", most=0.5)
    assert_not_saturated(strong, thresholds=(-math.inf, 12.0))
    with pytest.raises(AssertionError, match=r"lies outside \[0, inf\]"):
        assert_not_saturated(forward(he), activation="relu")


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({}, "thresholds: expected either an activation or thresholds=(low, high), got neither"),
        ({"activation": "tanh", "thresholds": (0, 1)}, "thresholds: expected either"),
        ({"activation": "identity"}, "not both infinite, got (-inf, inf) from activation identity"),
        ({"thresholds": (1, 1)}, "thresholds: expected low < high"),
        ({"thresholds": 1}, "thresholds: expected two numbers (low, high), got 1"),
        ({"thresholds": ("a", "b")}, "thresholds: expected two numbers (low, high), got ('a'"),
        ({"thresholds": (0, 1, 2)}, "thresholds: expected two numbers (low, high), got (0, 1, 2)"),
        (
            {"activation": "tanh", "most": 0.6, "detects": 0.5},
            "detects: expected a share above most = 0.6 and at most 1, got 0.5",
        ),
        ({"activation": "tanh", "most": 1}, "most: expected a share above 0 and below 1, got 1"),
        ({"activation": "tanh", "most": -1}, "most: expected a finite number above 0"),
    ],
)
def test_unusable_thresholds_are_refused(options: dict[str, Any], line: str) -> None:
    with pytest.raises(InputError) as caught:
        assert_not_saturated(forward(he), **options)
    assert line in str(caught.value)


def test_the_input_and_the_output_are_not_counted() -> None:
    """The input is N(0, 1) here, of which 3 % lie beyond tanh's thresholds."""
    named = whole(glorot, act="tanh")
    found = assert_not_saturated(
        lambda rng: {**named(rng), "output": np.full((8, 3), 9.0)}, activation="tanh"
    )
    assert [part.name for part in found.parts] == [f"layer {i}" for i in range(1, 9)]


def test_the_message_names_what_was_given() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_not_saturated(forward(he), thresholds=(-1, 2), most=0.1)
    assert str(caught.value).startswith(
        "contradicted: in every layer a share of at most 0.1 (most) of the pre-activations lies "
        "outside [-1, 2] (thresholds), averaged over networks"
    )


def relu(dead: int, examples: int = 32) -> Any:
    """Return what draws z of 100 units, of which some are never above 0."""

    def draw(rng: np.random.Generator) -> Layers:
        z = rng.standard_normal((2, examples, 100))
        z[1, :, :dead] = -np.abs(z[1, :, :dead])
        return list(z)

    return draw


def test_dead_units_are_found() -> None:
    found = assert_few_dead_units(relu(4), activation="relu")
    assert [part.estimate for part in found.parts] == [0.0, pytest.approx(0.04)]
    with pytest.raises(AssertionError, match=r"layer 2: 0\.120, .*expected at most 0\.05"):
        assert_few_dead_units(relu(12), activation="relu")
    with pytest.raises(
        AssertionError, match=r"of the units is dead \(at or beyond one end of \[0, inf\]"
    ):
        assert_few_dead_units(relu(100), activation="relu")
    assert_few_dead_units(relu(12), activation="relu", most=0.2)
    with pytest.raises(AssertionError, match=r"layer 2: 1, "):  # 0 for all examples
        assert_few_dead_units(lambda rng: [relu(0)(rng)[0], np.zeros((9, 9))], activation="relu")


def test_with_few_examples_more_units_are_dead() -> None:
    """With 3 examples a unit is dead by chance with probability 1/8, with 32 hardly ever."""
    with pytest.raises(AssertionError, match=r"layer 1: 0\.1[12]"):
        assert_few_dead_units(relu(0, examples=3), activation="relu")


def test_a_unit_of_a_convolution_is_a_channel() -> None:
    def draw(rng: np.random.Generator) -> Layers:
        z = rng.standard_normal((8, 10, 4, 4))
        z[:, :3] = -np.abs(z[:, :3])
        return [z]

    for axis, most in ((1, 0.31), (-3, 0.31)):
        assert_few_dead_units(draw, activation="relu", axis=axis, most=most)
        with pytest.raises(AssertionError, match=r"layer 1: 0\.300, expected at most 0\.1"):
            assert_few_dead_units(draw, activation="relu", axis=axis, most=0.1)
    assert_few_dead_units(draw, activation="relu", axis=-1)


@pytest.mark.parametrize(
    ("axis", "line"),
    [
        (
            None,
            "axis: expected the axis of the units in arrays of 4 axes, [examples, ...], got noth",
        ),
        (0, "axis: expected the axis of the units, got that of examples"),
        (-4, "axis: expected the axis of the units, got that of examples"),
        (4, "axis: expected a whole number from -4 to 3, got 4"),
    ],
)
def test_an_unusable_axis_is_refused(axis: int | None, line: str) -> None:
    with pytest.raises(InputError) as caught:
        assert_few_dead_units(
            lambda rng: [rng.standard_normal((2, 3, 4, 5))], activation="relu", axis=axis
        )
    assert str(caught.value).startswith(line)


def _rejected(assertion: Any, subject: Any, seeds: int, **options: Any) -> int:
    count = 0
    for seed in range(seeds):
        try:
            assertion(subject, seed=seed, **options)
        except AssertionError:
            count += 1
    return count


@pytest.mark.parametrize(
    ("seeds", "limit"), [(60, 11), pytest.param(400, 35, marks=pytest.mark.proof)]
)
def test_shares_at_the_edge_keep_the_budget(seeds: int, limit: int) -> None:
    """Of N(0, 1) exactly 5 % lie beyond ±1.96; limits as above."""

    def draw(rng: np.random.Generator) -> Layers:
        return [rng.standard_normal((4, 1)) + np.zeros((1, 5))]

    rejected = _rejected(
        assert_not_saturated, draw, seeds, thresholds=(-1.959964, 1.959964), false_alarm=0.05
    )
    assert rejected < limit
