"""Weights that fail: theory is exact for zero weights, and silent for those that have a mean."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from saturation_lab import (
    Grid,
    NoAnswer,
    Study,
    own_initializer,
    page_of,
    predict,
    recommend,
    sample,
    sample_grid,
    write_page,
)
from saturation_lab.advice import faults_of
from saturation_lab.compare import compare
from saturation_lab.nets import leaves_float32
from saturation_lab.pages import blocks_of
from saturation_lab.pages.as_text import as_text
from saturation_lab.statistics import QUANTITIES
from saturation_lab.theory import beta, corrected, expected_profile, law_of, typical

UNCENTRED = ("constant", "positive_uniform", "identity")
FAILING = ("zeros", *UNCENTRED)


def _study(initializer: str, **changes: Any) -> Study:
    plain: dict[str, Any] = {
        "activation": "tanh",
        "widths": (20,) * 3,
        "inputs": "digits",
        "examples": 6,
        "networks": 4,
        "dtype": "float64",
    }
    return Study(initializer=initializer, **{**plain, **changes})


def _text(result: Any) -> str:
    """Return what a terminal shows, on one line."""
    return " ".join(as_text(blocks_of(result)).split())


@pytest.mark.parametrize("loss", ["softmax_nll", "random_cotangent"])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("bias", ["zero", "constant", "normal"])
def test_zero_weights_are_foretold_exactly(loss: str, activation: str, bias: str) -> None:
    scale = None if bias == "zero" else 0.7
    study = _study(
        "zeros", loss=loss, activation=activation, bias=bias, bias_scale=scale, widths=(200,) * 3
    )
    result, found = sample(replace(study, networks=30), workers=1), predict(study)
    for name in ("pre_activation_mean_square", "activation_mean", "gradient_mean_square"):
        for layer in range(1, len(found.values) + 1):
            seen = result.values(name, layer)
            expected = found.value(name, layer)
            error = 5 * seen.std(ddof=1) / math.sqrt(30) + 1e-12
            assert abs(seen.mean() - expected) <= error, (name, layer)
    for layer in (1, 2):
        assert (result.values("gradient_mean_square", layer) == 0).all()
        assert found.value("gradient_mean_square", layer) == 0
    assert np.isnan(result.values("gradient_to_weight_ratio", 1)).all()
    assert math.isnan(found.value("gradient_to_weight_ratio", 1))


@pytest.mark.parametrize("initializer", UNCENTRED)
def test_theory_says_in_one_line_why_it_predicts_nothing(initializer: str) -> None:
    study = _study(initializer, loss="random_cotangent", examples=1)
    why = rf"^initializer: expected random weights of mean 0, got {initializer} .*predicts nothing"
    with pytest.raises(NoAnswer, match=why):
        predict(study)
    with pytest.raises(NoAnswer, match=why):
        expected_profile(study.architecture)
    for theory in (typical, corrected, beta):
        with pytest.raises(NoAnswer):
            theory(study.architecture)
    assert law_of(study, "gradient_mean_square", 1) is None


@pytest.mark.parametrize("initializer", FAILING)
@pytest.mark.parametrize("loss", ["softmax_nll", "random_cotangent"])
def test_everything_downstream_stands_without_a_prediction(initializer: str, loss: str) -> None:
    result = sample(_study(initializer, loss=loss), workers=1)
    text = _text(result)
    assert "nan" not in text.lower()
    json.dumps(result.to_json(), allow_nan=False)


def test_equal_weights_make_equal_units_and_say_so() -> None:
    result = sample(_study("constant", gain=0.05), workers=1)
    assert result.values("unit_correlation", 3) == pytest.approx(np.ones(4), abs=1e-12)
    text = _text(result)
    assert "All units of every layer are equal: each layer acts as a single unit." in text
    sound = _text(sample(_study("he_normal"), workers=1))
    assert "units are" not in sound
    assert "units alike" not in sound


def test_zero_weights_have_no_gradient_and_say_so() -> None:
    text = _text(sample(_study("zeros"), workers=1))
    assert "The signal is exactly zero in all networks, in every layer." in text
    assert "The gradient is exactly zero in all networks, in every hidden layer." in text
    assert "unknown" not in text
    assert "underflow" not in text
    top = _text(sample(_study("zeros", loss="random_cotangent", dtype="float32"), workers=1))
    assert "The gradient is exactly zero in all networks, in layers 1 and 2." in top
    assert "underflow" not in top


def test_positive_weights_follow_their_one_step_law() -> None:
    """E[z² | a] of U[0, s] weights: n s²/12 mean a² + (s/2 Σ a)², by quadrature over one weight."""
    s, a = 0.4, np.array([0.3, -0.2, 0.9])
    square, _ = integrate.quad(lambda w: w * w / s, 0, s)
    mean, _ = integrate.quad(lambda w: w / s, 0, s)
    expected = (square - mean**2) * float(a @ a) + (mean * float(a.sum())) ** 2
    study = _study("positive_uniform", gain=s, inputs="gaussian", features=3, examples=1)
    layer = study.architecture.layers[0]
    found = (
        3 * layer.weight_std**2 * float(np.square(a).mean()) + (layer.weight_mean * a.sum()) ** 2
    )
    assert found == pytest.approx(expected, rel=1e-12)
    result = sample(replace(study, networks=400, widths=(50,)), workers=1)
    k, z = (result.values(q, 1) for q in ("conditional_mean_square", "pre_activation_mean_square"))
    assert k == pytest.approx(np.full(400, k[0]), rel=1e-12)  # the input is the same
    distance = (z.mean() - k[0]) / (z.std(ddof=1) / 20)
    assert abs(distance) < stats.norm.isf(5e-7)  # one false alarm in a million


def test_large_constant_weights_are_sampled_in_double_precision() -> None:
    order: dict[str, Any] = {"activation": "relu", "initializer": "constant", "inputs": "gaussian"}
    assert leaves_float32(Study(widths=(1000,) * 20, **order).architecture)
    assert not leaves_float32(Study(widths=(1000,) * 20, gain=1e-3, **order).architecture)
    zeros = Study(widths=(1000,) * 20, **{**order, "initializer": "zeros"})
    assert not leaves_float32(zeros.architecture)


@pytest.mark.parametrize("initializer", FAILING)
def test_recommend_says_what_is_wrong_with_them(initializer: str) -> None:
    study = _study(initializer, inputs="gaussian", loss=None)
    found = recommend(study, own=True)
    yours = found.others[-1]
    assert yours.title == "yours"
    assert not yours.scores.good
    assert found.reasons[-1] == faults_of(study)[0]
    assert found.reasons[-1].startswith("Yours: ")
    json.dumps(found.to_json(), allow_nan=False)
    assert "nan" not in _text(found).lower()


def test_sound_rules_have_no_such_fault() -> None:
    mine = own_initializer("mine", std=0.1)
    for rule in ("he_normal", "orthogonal", mine):
        assert faults_of(replace(_study("he_normal"), initializer=rule)) == ()


@pytest.mark.parametrize("initializer", ["constant", "zeros"])
def test_pages_and_comparisons_stand_without_a_prediction(initializer: str, tmp_path: Path) -> None:
    grid = Grid(
        study=_study("he_normal"), activations=["tanh"], initializers=[initializer, "he_normal"]
    )
    found = sample_grid(grid, workers=1)
    assert "nan" not in _text(found).lower()
    json.dumps(found.to_json(), allow_nan=False)
    bad, good = (replace(one, name=name) for name, one in found.of("tanh").items())
    asked: dict[str, Any] = {
        "title": "Bad and good",
        "question": "?",
        "exhibits": [
            "figure_6",
            "figure_7",
            "profile_signal",
            "profile_gradient",
            "input_share",
            "units",
        ],
    }
    write_page(page_of([bad, good], **asked), tmp_path / "page")
    contrast = compare(bad, good)
    assert "differ" in contrast.sentence
    json.dumps(contrast.to_json(), allow_nan=False)


def test_every_quantity_is_finite_or_absent_for_constant_weights() -> None:
    result = sample(_study("constant", gain=0.05, singular_values=1), workers=1)
    for name in QUANTITIES:
        for layer in (1, 2, 3):
            assert not np.isinf(result.values(name, layer)).any(), name
