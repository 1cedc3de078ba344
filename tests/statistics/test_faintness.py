"""Underflow is counted and named in the layer and pass where it begins, and dead layers are not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import Result, Study, own_activation, sample
from saturation_lab.examples import shared_examples
from saturation_lab.nets import leaves_float32, magnitudes
from saturation_lab.sampling import dense_trace
from saturation_lab.theory import expected_profile

DEEP = Study(
    activation="tanh",
    initializer="standard_uniform",
    widths=(100,) * 250,
    inputs="gaussian",
    examples=3,
    networks=2,
)
"""E z² falls by a factor of 3 per layer: 2e-91 in layer 190, where float32 has only zeros."""


def first_faint(study: Study) -> list[tuple[int, bool]]:
    """Return (layer, forward) where a root mean square first is below float32's normal numbers.

    The values are those of the same networks in float64, which has them all.
    """
    trace = dense_trace(study, range(study.networks), shared_examples(study))
    up = [layer.pre_activation for layer in trace.layers]
    down = [layer.gradient for layer in trace.layers][::-1]
    tiny = float(np.finfo(np.float32).tiny)
    found = []
    for row in range(study.networks):
        roots = [np.sqrt(np.mean(np.square(x[row], dtype=np.float64))) for x in up + down]
        faint = np.flatnonzero(np.array(roots) < tiny)
        place = int(faint[0]) if faint.size else -1
        depth = len(up)
        found.append(
            (0, False)
            if place < 0
            else (place + 1, True)
            if place < depth
            else (2 * depth - place, False)
        )
    return found


def test_what_float32_cannot_hold_is_named_and_auto_chooses_float64() -> None:
    single = sample(replace(DEEP, dtype="float32"), workers=1)
    assert single.values("pre_activation_mean_square", 190).max() == 0
    assert single.summary.underflowed == 2
    layers = [entry["layer"] for entry in single.underflows()]
    # 3^-158 is 1e-75.4, close to the square of 1.2e-38
    assert all(abs(layer - 158) < 10 for layer in layers)
    assert {entry["pass"] for entry in single.underflows()} == {"forward"}
    data = single.to_json()
    assert (data["overflowed"], data["underflowed"]) == (0, 2)
    assert data["underflows"] == single.underflows()
    [said] = single.range_sentences()
    assert said.startswith("2 of 2 networks underflowed; the first is network 0 in layer 15")
    assert said.endswith("of the forward pass, use --dtype float64.")

    chosen = sample(DEEP, workers=1)
    assert (chosen.study.dtype, chosen.summary.underflowed) == ("float64", 0)
    z = chosen.values("pre_activation_mean_square", 190)
    expected = expected_profile(chosen.study.architecture).pre_activation[189]
    assert expected == pytest.approx(2e-91, rel=0.5)
    assert np.log(z / expected) == pytest.approx(0, abs=4)  # β = 190/100


def test_where_float64_underflows_too_it_is_named() -> None:
    # E δ² falls by 0.3² per layer, and reaches 1e-308 after 295 layers
    weak = replace(DEEP, activation="identity", initializer="lecun_normal", gain=0.3)
    result = sample(replace(weak, widths=(20,) * 400), workers=1)
    assert (result.study.dtype, result.summary.underflowed) == ("float64", 2)
    assert all(abs(entry["layer"] - 295) < 25 for entry in result.underflows())
    assert "use --dtype" not in result.range_sentences()[0]


LOST: dict[str, dict[str, Any]] = {
    "signal": {"activation": "identity", "gain": 1e-3},
    "gradient": {"activation": "sigmoid", "gain": 1e-3, "loss": "random_cotangent"},
    "nothing": {"activation": "tanh", "gain": 1.0},
    "a gradient gone at once": {"activation": "tanh", "gain": 1e-30, "widths": (9,) * 2},
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("only", [False, True])
def test_the_first_layer_is_the_one_that_float64_shows(name: str, only: bool) -> None:
    plain: dict[str, Any] = {
        "initializer": "lecun_normal",
        "widths": (9,) * 16,
        "inputs": "gaussian",
        "examples": 3,
        "networks": 4,
        "bias": "zero",
    }
    study = Study(**{**plain, **LOST[name]})
    some = frozenset({("activation_mean", 1)}) if only else None
    found = sample(replace(study, dtype="float32"), workers=1, only=some).summary
    marked = list(zip(found.first_faint_layer.tolist(), found.faint_going_up.tolist(), strict=True))
    expected = first_faint(replace(study, dtype="float64").resolved())
    # other random numbers: networks of the two precisions differ by less than a layer
    for (layer, up), (other, also) in zip(marked, expected, strict=True):
        assert up == also
        assert abs(layer - other) <= 1, (marked, expected)
    assert bool(found.underflowed) == (name != "nothing")


def test_dead_layers_are_not_underflows() -> None:
    """Of ReLU networks of width 3 and depth 40, most have a layer of zeros, and δ = 0 below it."""
    narrow = Study(
        activation="relu",
        initializer="he_normal",
        widths=(3,) * 40,
        inputs="gaussian",
        examples=2,
        networks=60,
        dtype="float32",
    )
    result = sample(narrow, workers=1)
    gone = result.values("gradient_mean_square", 1) == 0
    assert gone.mean() > 0.5
    assert result.summary.underflowed == 0


def test_a_gradient_that_vanishes_in_one_layer_is_told_from_a_dead_one() -> None:
    """Slopes of e^-200 are 0 in float32, though not in float64; those of ReLU are 0 in both."""
    steep = own_activation(np.tanh, lambda z: np.cosh(np.minimum(np.abs(z), 300)) ** -2.0)
    study = Study(
        activation=steep,
        initializer="orthogonal",
        widths=(2, 2),
        inputs="gaussian",
        examples=1,
        networks=8,
        bias="uniform",
        bias_scale=250.0,
        gain=1e-3,
        dtype="float32",
    )
    found = sample(study, workers=1)
    zero = found.values("gradient_mean_square", 2) == 0
    assert zero.any()
    assert (found.summary.first_faint_layer[zero] == 2).all()
    dead = sample(replace(study, activation="relu"), workers=1)
    gone = dead.values("gradient_mean_square", 2) == 0
    assert gone.any()
    assert not dead.summary.first_faint_layer[gone].any()


def test_a_kurtosis_whose_fourth_powers_underflow_is_undefined() -> None:
    faint = Study(
        activation="identity",
        initializer="lecun_normal",
        widths=(9,) * 2,
        inputs="gaussian",
        gain=1e-41,
        dtype="float64",
        networks=2,
        examples=20,
    )
    result = sample(faint, workers=1)
    assert (result.values("pre_activation_mean_square", 2) > 0).all()
    assert np.isnan(result.values("pre_activation_kurtosis", 2)).all()
    assert np.isfinite(result.values("pre_activation_kurtosis", 1)).all()


def test_results_with_underflow_are_read_again(tmp_path: Any) -> None:
    result = sample(replace(DEEP, dtype="float32", widths=(20,) * 200), workers=1)
    again = Result.load(result.save(tmp_path / "faint"))
    assert again.underflows() == result.underflows() != []


@pytest.mark.parametrize("activation", ["tanh", "relu", "silu", "sigmoid", "sin", "softsign"])
@pytest.mark.parametrize("rule", ["he_normal", "standard_uniform", "lecture_normal"])
def test_the_forecast_is_the_profile_of_theory(activation: str, rule: str) -> None:
    """Two routes to one answer: a fixed rule in logarithms, and adaptive quadrature."""
    for changes in ({}, {"bias": "normal", "bias_scale": 0.3}, {"gain": 3.0}, {"gain": 0.05}):
        study = replace(
            DEEP, activation=activation, initializer=rule, widths=(30, 20, 50, 40), gain=1.0
        )
        net = replace(study, **changes).architecture
        found, expected = magnitudes(net), expected_profile(net)
        assert _log(expected.pre_activation) == pytest.approx(found.pre_activation, abs=1e-3)
        assert _log(expected.gradient) == pytest.approx(found.gradient, abs=1e-3)


def _log(squares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(squares) / 2


@pytest.mark.parametrize(
    ("changes", "chosen"),
    [
        ({}, "float64"),
        ({"widths": (100,) * 40}, "float32"),
        ({"activation": "relu", "initializer": "he_normal", "widths": (100,) * 1000}, "float32"),
        ({"activation": "relu", "initializer": "he_normal", "gain": 30.0}, "float64"),
        ({"activation": "tanh", "initializer": "normal", "gain": 1e-39}, "float64"),
        ({"activation": "sigmoid", "widths": (100,) * 60}, "float64"),
        ({"dtype": "float32"}, "float32"),
    ],
)
def test_auto_follows_the_forecast(changes: dict[str, Any], chosen: str) -> None:
    study = replace(DEEP, **changes)
    assert study.resolved().dtype == study.resolved_dtype == chosen
    if study.dtype == "auto":
        assert leaves_float32(study.architecture) == (chosen == "float64")
        assert study.digest == replace(study, dtype=chosen).digest
