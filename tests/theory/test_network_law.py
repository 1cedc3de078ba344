"""Tests of the exact laws of a study: closed forms, sums over layers, and where none is known."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from saturation_lab import Study
from saturation_lab.statistics import QUANTITIES
from saturation_lab.theory import (
    MEAN_SQUARES,
    activation_law,
    gradient_law,
    known_laws,
    law_of,
    ratio_law_of,
)

STUDY = Study(
    activation="relu",
    initializer="he_normal",
    widths=(3, 7, 5, 4),
    inputs="gaussian",
    examples=1,
    loss=None,
)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "identity"])
def test_all_layers_have_the_laws_of_each(activation: str) -> None:
    study = replace(STUDY, activation=activation)
    found = known_laws(study)
    for column, quantity in enumerate(QUANTITIES):
        for layer in range(1, 5):
            law, place = law_of(study, quantity, layer), (layer - 1, column)
            if law is None:
                assert math.isnan(found.beta[place])
                assert math.isnan(found.log_gap[place])
                assert quantity not in MEAN_SQUARES
                continue
            gap = math.log(law.mean) - law.log_mean
            assert found.beta[place] == pytest.approx(law.log_variance, rel=1e-12)
            assert found.log_gap[place] == pytest.approx(gap, rel=1e-12)
            assert law.log_gap == pytest.approx(gap, rel=1e-12)


def test_one_unit_in_closed_form() -> None:
    """S is χ²₁ or 0: E ln χ²₁ = -γ - ln 2, Var ln χ²₁ = π²/2; half of the networks are at 0."""
    study = replace(STUDY, widths=(1,), features=1)
    law = law_of(study, "activation_mean_square", 1)
    assert law is not None
    assert law.log_gap == pytest.approx(math.log(0.5) + np.euler_gamma + math.log(2), rel=1e-10)
    assert law.log_variance == pytest.approx(math.pi**2 / 2, rel=1e-10)


def test_ratios_are_those_of_the_whole_network() -> None:
    net = STUDY.architecture
    for quantity, ends, whole in (
        ("gradient_mean_square", (1, 4), gradient_law(net)),
        ("activation_mean_square", (4, 1), activation_law(net)),
    ):
        found = ratio_law_of(STUDY, quantity, *ends)
        assert found is not None
        assert whole is not None
        assert found.log_variance == pytest.approx(whole.log_variance, rel=1e-12)
        assert found.log_gap == pytest.approx(whole.log_gap, rel=1e-12)
        assert ratio_law_of(STUDY, quantity, *ends[::-1]) is None
    # z in layer 4 and in layer 1 each contain the χ² of their own layer, which do not cancel
    assert ratio_law_of(STUDY, "pre_activation_mean_square", 4, 1) is None


@pytest.mark.parametrize(
    ("changed", "gradients"),
    [
        ({"examples": 2}, False),
        ({"activation": "tanh"}, False),
        ({"initializer": "he_uniform"}, False),
        ({"bias": "normal", "bias_scale": 0.1}, False),
        ({"fresh_inputs": True}, True),
    ],
)
def test_where_no_law_is_known(changed: dict[str, Any], gradients: bool) -> None:
    study = replace(STUDY, **changed)
    assert law_of(study, "pre_activation_mean_square", 2) is None
    assert (law_of(study, "gradient_mean_square", 2) is not None) == gradients
    assert np.isfinite(known_laws(study).beta).any() == gradients


def test_a_softmax_loss_has_no_law_of_gradients() -> None:
    study = replace(STUDY, inputs="digits", loss="softmax_nll")
    assert law_of(study, "gradient_mean_square", 1) is None
    assert law_of(study, "pre_activation_mean_square", 1) is not None
    assert known_laws(study).beta.shape == (5, len(QUANTITIES))
