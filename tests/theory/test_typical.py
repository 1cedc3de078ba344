"""The typical network and the scatter of a finite width agree with exact laws and with networks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from saturation_lab import Study, sample
from saturation_lab.theory import (
    Typical,
    expected_profile,
    gradient_law,
    mean_square_law,
    predict,
    typical,
)
from saturation_lab.theory.typical_values import _leading

SIGNAL, GRADIENT = "pre_activation_mean_square", "gradient_mean_square"
RANGES = dict.fromkeys(("pre_activation", "activation", "gradient", "weight_gradient"), (-1.0, 1.0))


def _study(name: str, width: int = 300, depth: int = 10, **more: Any) -> Study:
    return Study(
        activation=name, initializer="lecun_normal", widths=(width,) * depth, inputs="gaussian",
        **more,
    )  # fmt: skip


def test_it_is_exact_where_the_law_is_known() -> None:
    study = _study("relu", width=50, depth=30, gain=math.sqrt(2))
    found = typical(study.architecture)
    law = mean_square_law(study.architecture, 1, of=GRADIENT)
    assert found[GRADIENT].exact
    assert found[GRADIENT].mean == pytest.approx(law.log_mean - math.log(law.mean_field))
    assert found[GRADIENT].variance == law.log_variance
    assert gradient_law(study.architecture) is not None


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "identity"])
def test_the_leading_order_is_that_of_the_exact_laws(name: str) -> None:
    gains = {"relu": 2**0.5, "leaky_relu": 1.414, "identity": 1.0}
    net = _study(name, width=4000, depth=12, gain=gains[name]).architecture
    exact, leading = typical(net), _leading(net, 1.0)
    for key, one in exact.items():
        # the next order is 5/n = 0.1 % smaller
        assert leading[key].variance == pytest.approx(one.variance, rel=3e-3)
        assert leading[key].mean == pytest.approx(one.mean, rel=3e-3)


CASES: dict[str, dict[str, Any]] = {
    "tanh": {"gain": 1.5, "bias": "normal", "bias_scale": 0.4},
    "gelu": {"gain": 1.5, "bias": "normal", "bias_scale": 0.24},
    "relu": {"gain": 2**0.5, "bias": "normal", "bias_scale": 0.3},
    "sigmoid": {"gain": 10.0},
}


@pytest.mark.parametrize("name", CASES)
def test_drawn_networks_have_that_mean_and_variance(name: str) -> None:
    # 4000 networks: the mean of a logarithm is known to about 0.008 and its variance to 3 %; the
    # next order in L/n is up to 4 % of the variance. Bounds of 4.5 errors fail for one seed in 10⁵
    networks, depth = 4000, 10
    study = _study(
        name, depth=depth, features=3000, examples=1, networks=networks, fresh_inputs=True,
        dtype="float64", ranges=RANGES, **CASES[name],
    )  # fmt: skip
    found, profile = typical(study.architecture), expected_profile(study.architecture)
    wanted = frozenset({(SIGNAL, depth), (GRADIENT, 1)})
    result = sample(study, workers=1, only=wanted)
    for quantity, layer, field in (
        (SIGNAL, depth, profile.pre_activation[-1]),
        (GRADIENT, 1, profile.gradient[0]),
    ):
        logs = np.log(result.values(quantity, layer) / field)
        one: Typical = found[quantity]
        assert not one.exact
        error = logs.std() / math.sqrt(networks)
        assert abs(logs.mean() - one.mean) < 4.5 * error + 0.06 * abs(one.mean)
        assert logs.var() == pytest.approx(one.variance, rel=4.5 * math.sqrt(2 / networks) + 0.05)
        if one.variance > 0.1:  # planted: the mean field, and the forward terms alone
            assert abs(logs.mean()) > 4.5 * error + 0.06 * abs(one.mean)


def test_what_the_forward_pass_reveals_matters() -> None:
    net = _study("silu", width=100, depth=10, gain=1.7, bias="normal", bias_scale=0.15).architecture
    from saturation_lab.theory import typical_values

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typical_values, "_revealed", lambda *a: np.zeros(10))
        without = _leading(net, 1.0)[GRADIENT].mean
    assert abs(_leading(net, 1.0)[GRADIENT].mean - without) > 0.02


def test_too_much_scatter_and_other_laws_have_no_answer() -> None:
    deep = _study("silu", width=3, depth=20, gain=1.7, examples=1, dtype="float64")
    assert predict(deep).typical == {}
    assert predict(replace(deep, initializer="orthogonal")).typical == {}
    labelled = _study("tanh", depth=2)
    labelled = replace(labelled, inputs="digits", examples=2)
    assert set(predict(labelled).typical) == {SIGNAL}
    assert set(predict(labelled).to_json()["finite_width"]) == {SIGNAL}
