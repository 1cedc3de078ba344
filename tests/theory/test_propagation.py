"""`predict` agrees with sampled networks, and faults planted in the theory are detected.

The tolerance is `LIMIT` standard errors of the mean over networks (for normal numbers, one false
alarm in 16,000 for each number), plus c/n for layers that are not infinitely wide. Every planted
fault must exceed it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import (
    ACTIVATIONS,
    Activation,
    InputError,
    Prediction,
    Result,
    Study,
    gaussian_mean,
    own_activation,
    predict,
    sample,
)
from saturation_lab.nets import Layer
from saturation_lab.statistics import QUANTITIES
from saturation_lab.theory import (
    Response,
    Way,
    descend,
    draw_logits,
    forward,
    propagation,
    respond_mixed,
)

Array = NDArray[np.float64]

LIMIT = 4.0
LEVELS = (  # relative to their expected value
    "pre_activation_mean_square",
    "pre_activation_variance",
    "activation_mean_square",
    "activation_variance",
    "conditional_mean_square",
    "gradient_mean_square",
    "gradient_variance",
    "weight_gradient_mean_square",
    "batch_weight_gradient_mean_square",
    "gradient_to_weight_ratio",
    "pre_activation_percentile_98",
    "gradient_percentile_98",
)
KURTOSIS = ("pre_activation_kurtosis", "activation_kurtosis", "gradient_kurtosis")
SHARES = (  # absolute
    "activation_mean",
    "saturated_low_share",
    "saturated_high_share",
    "saturated_share",
    "input_share_of_variance",
    "activation_input_share_of_variance",
    "input_correlation",
    "activation_correlation",
)
STRETCH = ("singular_value_mean", "singular_value_rms", "singular_value_max")


def _study(**changes: Any) -> Study:
    plain: dict[str, Any] = {
        "activation": "tanh",
        "initializer": "glorot_normal",
        "widths": (300,) * 3,
        "inputs": "digits",
        "examples": 10,
        "networks": 40,
        "dtype": "float64",
        "seed": 5,
    }
    return Study(**{**plain, **changes})


def _worst(
    result: Result, found: Array, names: tuple[str, ...], *, c: float, relative: bool
) -> tuple[float, str]:
    """Return the largest distance in units of what is tolerated, and where it is."""
    values = result.summary.values[:, : result.depth]
    mean, se = values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(len(values))
    width = np.array(result.study.widths)
    worst = (0.0, "")
    for name in names:
        column = list(QUANTITIES).index(name)
        expected, seen = found[: result.depth, column], mean[:, column]
        known = ~np.isnan(seen)
        assert (known == ~np.isnan(expected)).all(), name
        size = np.abs(expected) if relative else 1.0
        tolerated = LIMIT * se[:, column] + c / width.min() * size
        far = np.abs(seen - expected)[known] / tolerated[known]
        if known.any() and far.max() > worst[0]:
            worst = (float(far.max()), f"{name}, layer {1 + int(far.argmax())}")
    return worst


STUDIES: dict[str, dict[str, Any]] = {
    "tanh, softmax": {},
    "relu, biases, uneven": {
        "activation": "relu",
        "initializer": "he_normal",
        "widths": (300, 200, 400),
        "bias": "normal",
        "bias_scale": 0.4,
        "loss": "random_cotangent",
    },
    "silu, orthogonal": {
        "activation": "silu",
        "initializer": "orthogonal",
        "widths": (200, 300, 200),
        "gain": 1.5,
        "inputs": "gaussian",
        "features": 250,
        "singular_values": 1,
    },
    "sigmoid, fresh": {
        "activation": "sigmoid",
        "initializer": "pytorch_default",
        "inputs": "uniform",
        "fresh_inputs": True,
        "features": 400,
        "singular_values": 1,
    },
    "relu, constant biases, gains of single layers": {
        "activation": "relu",
        "initializer": "he_normal",
        "widths": (300, 200),
        "bias": "constant",
        "bias_scale": -0.3,
        "layer_gains": {1: 1.8, "output": 0.01},
        "singular_values": 1,
    },
    "tanh, biases by fan-in": {
        "bias": "fan_in_uniform",
        "bias_scale": 20.0,
        "layer_gains": {2: 2.0},
        "examples": 4,
    },
    "tanh, uniform biases": {
        "initializer": "lecun_normal",
        "widths": (300,) * 2,
        "bias": "uniform",
        "bias_scale": 3.0,
        "examples": 4,
        "singular_values": 1,
    },
}


@cache
def _pair(name: str) -> tuple[Result, Prediction]:
    result = sample(_study(**STUDIES[name]), workers=1)
    return result, predict(result.study)


@pytest.mark.parametrize("name", STUDIES)
def test_sampled_networks_agree(name: str) -> None:
    result, found = _pair(name)
    held = [(LEVELS, 3.0, True), (KURTOSIS, 8.0, True), (SHARES, 1.5, False)]
    if result.study.singular_values:
        held.append((STRETCH, 3.0, True))
    for names, c, relative in held:
        worst, where = _worst(result, found.values, names, c=c, relative=relative)
        assert worst <= 1, where


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("relu, biases, uneven", "variance for mean square"),
        ("relu, biases, uneven", "fan-in and fan-out swapped"),
        ("relu, biases, uneven", "fan-in on the way down"),
        ("relu, biases, uneven", "forgotten bias"),
        ("relu, biases, uneven", "layer off by one"),
        ("tanh, softmax", "gain off"),
        ("tanh, softmax", "layer off by one"),
        ("tanh, uniform biases", "normal biases"),
        ("relu, constant biases, gains of single layers", "forgotten bias"),
        ("relu, constant biases, gains of single layers", "one gain for all"),
        ("tanh, biases by fan-in", "one gain for all"),
    ],
)
def test_planted_faults_are_seen(name: str, fault: str) -> None:
    result, found = _pair(name)
    wrong = FAULTS[fault](result.study, found)
    assert _worst(result, wrong, LEVELS[:10], c=3.0, relative=True)[0] > 1.5


def _without_bias(study: Study, found: Prediction) -> Array:
    return predict(replace(study, bias="zero", bias_scale=None)).values


def _with_normal_biases(study: Study, found: Prediction) -> Array:
    return predict(replace(study, bias="normal", bias_scale=3 / math.sqrt(3))).values


def _swapped(study: Study, found: Prediction) -> Array:
    return predict(replace(study, initializer="he_fan_out_normal")).values


def _shifted(study: Study, found: Prediction) -> Array:
    return np.roll(found.values[: found.depth], 1, axis=0)


def _variance_for_square(study: Study, found: Prediction) -> Array:
    def varying(activation: Activation, q: Array, bound: float, mean: float) -> Response:
        right = respond_mixed(activation, q, bound, mean)
        return replace(right, square=right.square - np.square(right.mean))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forward, "respond_mixed", varying)
        return predict(study).values


def _down_by_fan_in(study: Study, found: Prediction) -> Array:
    def turned(hidden: list[forward.Step]) -> list[Way]:
        def turn(layer: Layer) -> Layer:
            return replace(layer, fan_in=layer.fan_out, fan_out=layer.fan_in)

        return descend([replace(step, layer=turn(step.layer)) for step in hidden])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(propagation, "descend", turned)
        return predict(study).values


FAULTS: dict[str, Callable[[Study, Prediction], Array]] = {
    "variance for mean square": _variance_for_square,
    "fan-in and fan-out swapped": _swapped,
    "fan-in on the way down": _down_by_fan_in,
    "forgotten bias": _without_bias,
    "normal biases": _with_normal_biases,
    "layer off by one": _shifted,
    "one gain for all": lambda study, found: predict(replace(study, layer_gains={})).values,
    "gain off": lambda study, found: predict(replace(study, gain=1.1)).values,
}


@pytest.mark.parametrize("name", STUDIES)
def test_units_are_unlike_if_flipping_their_sign_changes_no_law(name: str) -> None:
    result, found = _pair(name)
    column = list(QUANTITIES).index("unit_correlation")
    values, expected = result.summary.values[:, :, column], found.values[:, column]
    if "constant" in name:
        assert np.isnan(expected).all()
        return
    assert expected.tolist() == [0.0] * len(expected)
    se = values.std(axis=0, ddof=1) / math.sqrt(len(values))
    assert (np.abs(values.mean(axis=0)) <= LIMIT * se).all()


@pytest.mark.parametrize("name", ["tanh, softmax", "relu, constant biases, gains of single layers"])
def test_the_output_layer_agrees(name: str) -> None:
    result, found = _pair(name)
    seen = result.summary.values[:, -1]
    mean, se = seen.mean(axis=0), seen.std(axis=0, ddof=1) / math.sqrt(len(seen))
    expected = found.values[-1]
    known = ~np.isnan(expected)
    assert known.sum() > 30
    far = np.abs(mean - expected)[known] / (
        LIMIT * se[known] + 8 / 300 * np.abs(expected[known]) + 1e-12
    )
    assert far.max() <= 1, np.array(list(QUANTITIES))[known][far.argmax()]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_agrees(name: str) -> None:
    study = _study(
        activation=name, initializer="lecun_normal", gain=1.2, widths=(150, 150), networks=16
    )
    ranges = dict.fromkeys(
        ("pre_activation", "activation", "gradient", "weight_gradient"), (-9.0, 9.0)
    )  # of histograms, which are not used here; given, no pilot is drawn for them
    result = sample(replace(study, inputs="gaussian", features=150, ranges=ranges), workers=1)
    found = predict(result.study).values
    for names, relative in ((LEVELS, True), (SHARES, False)):
        worst, where = _worst(result, found, names, c=5.0, relative=relative)
        assert worst <= 1, where


def test_what_is_known_exactly() -> None:
    """ReLU under He keeps z²; a linear network keeps all but scale (Glorot, eqs. 5 to 14)."""
    wide = {"widths": (64,) * 8, "examples": 3, "loss": "random_cotangent"}
    relu = predict(_study(activation="relu", initializer="he_normal", **wide))
    squares = [relu.value("pre_activation_mean_square", layer) for layer in range(1, 9)]
    assert squares == pytest.approx([squares[0]] * 8, rel=1e-12)
    linear = predict(_study(activation="identity", initializer="glorot_normal", **wide))
    for quantity in ("gradient_mean_square", "input_correlation", "activation_mean_square"):
        values = [linear.value(quantity, layer) for layer in range(2, 9)]
        assert values == pytest.approx([values[0]] * 7, rel=1e-12)
    frames = predict(_study(activation="identity", initializer="orthogonal", **wide))
    assert frames.value("singular_value_mean", 7) == pytest.approx(1, rel=1e-6)
    assert frames.value("gradient_mean_square", 1) == pytest.approx(1, rel=1e-12)


def test_layer_one_is_the_gram_matrix_of_the_inputs() -> None:
    study = _study(bias="uniform", bias_scale=0.6)
    shown = forward.shown_by(study)[0]
    layer = study.architecture.layers[0]
    expected = 64 * layer.weight_std**2 * shown.gram.square.mean() + 0.6**2 / 3
    assert predict(study).value("conditional_mean_square", 1) == pytest.approx(expected, rel=1e-12)


def test_inputs_that_meet_are_told_apart_far_down() -> None:
    """Ordered tanh: the share that varies with the input falls by χ₁ a layer, below 1e-30."""
    deep = predict(_study(widths=(10,) * 30, gain=0.25, bias="normal", bias_scale=0.5, examples=3))
    shares = [deep.value("input_share_of_variance", layer) for layer in (20, 25, 30)]
    assert shares[2] < 1e-30
    assert shares[2] / shares[1] == pytest.approx(shares[1] / shares[0], rel=1e-6)
    q = deep.value("pre_activation_mean_square", 30)
    slope = gaussian_mean("tanh", q, of="slope_square")
    assert shares[2] / shares[1] == pytest.approx(float(0.0625 * slope) ** 5, rel=1e-6)


def test_the_draws_of_logits_are_enough() -> None:
    """E δ_a δ_b of one class more sharply known: small logits, where first orders suffice.

    E Σ p_a p_b = 1/C + (C - 1)/C² K_ab + O(K²).
    """
    x = np.random.default_rng(1).standard_normal((20, 30))
    labels = np.arange(20) % 10
    z = forward.gram_of(1e-3 * x)
    found = draw_logits(z, labels=labels, classes=10, scale=1.0).delta_product
    same = labels[:, None] == labels
    expected = 0.1 + 0.09 * z.product - 0.2 + same
    assert np.abs(found - expected).max() < 1e-9
    assert np.abs(found.mean() / expected.mean() - 1) < 1e-3
    assert np.abs(found - (expected - 0.09 * z.product)).max() > 1e-8  # planted


def test_one_example_and_overflow() -> None:
    one = predict(_study(examples=1))
    assert math.isnan(one.value("input_share_of_variance", 1))
    assert one.value("dead_share", 1) == one.value("saturated_share", 1)
    huge = predict(_study(activation="relu", initializer="normal", gain=1e40, widths=(9,) * 4))
    assert huge.value("activation_mean_square", 1) > 1e70
    assert math.isnan(huge.value("activation_mean_square", 3))
    assert math.isnan(huge.value("gradient_mean_square", 1))
    assert math.isnan(huge.value("gradient_mean", 1))


def test_fresh_real_inputs_are_those_of_the_networks() -> None:
    fresh = _study(fresh_inputs=True, networks=2)
    sets = [shown.gram.square.mean() for shown in forward.shown_by(fresh)]
    assert len(set(sets)) == 2
    z = predict(fresh).value("pre_activation_mean_square", 1)
    assert z == pytest.approx(64 * fresh.architecture.layers[0].weight_std ** 2 * np.mean(sets))


def test_tables_and_json_name_what_results_name() -> None:
    result, found = _pair("tanh, softmax")
    table = found.profile()
    assert table.columns.tolist() == ["layer", "quantity", "value"]
    measured = result.profile()[["layer", "quantity"]]
    assert (table[["layer", "quantity"]] == measured).all(axis=None)
    data, other = found.to_json(), result.to_json()
    assert data["digest"] == other["digest"]
    assert [set(layer) for layer in data["layers"]] == [set(layer) for layer in other["layers"]]
    assert data["layers"][0]["dead_share"] == {"value": None}
    assert data["output"]["gradient_mean"] == {"value": 0.0}
    with pytest.raises(InputError, match="quantity"):
        found.value("nonsense", 1)
    with pytest.raises(InputError, match="layer"):
        found.value("dead_share", 9)


def test_what_diverges_is_refused_by_name() -> None:
    endless = own_activation(lambda z: np.exp(z * z), name="endless")
    with pytest.raises(InputError, match=r"endless.*diverge|diverge.*endless"):
        predict(_study(activation=endless))


def test_a_sum_over_few_uniform_weights_is_not_taken_for_normal() -> None:
    names = ("gradient_kurtosis", "gradient_percentile_98", "gradient_peak_share")
    columns = [list(QUANTITIES).index(name) for name in names]
    found = {}
    for law in ("normal", "uniform"):
        result = sample(_study(initializer=f"glorot_{law}", examples=4), workers=1)
        drawn = result.summary.values[:, :3][:, :, columns]
        error = drawn.std(axis=0, ddof=1) / math.sqrt(len(drawn))
        found[law] = predict(result.study).values[:3, columns], drawn.mean(axis=0), error

    def off(law: str, expected: Array) -> Array:
        """Return the distance in units of 4 standard errors + 8/n."""
        _, measured, error = found[law]
        allowed = 4 * error + 8 / 300 * np.abs(expected)
        distance: Array = np.abs(measured - expected) / allowed
        return distance

    expected = found["normal"][0]
    assert (off("normal", expected) < 1).all()
    # layer 3's law is that of the weights into ten classes, mostly of one of them
    assert np.isnan(found["uniform"][0][2]).all()
    assert (off("uniform", expected)[2] > 1).all()
    assert (off("uniform", found["uniform"][0])[:2] < 1).all()
