"""The singular values expected of wide layers' Jacobians agree with drawn matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest

from saturation_lab import ACTIVATIONS, Study, own_initializer
from saturation_lab.theory import Stretch, mean_stretch

SHAPES = [(240, 240), (360, 180), (160, 320)]  # units, fan-in


def _study(activation: str, initializer: object, units: int, fan_in: int) -> Study:
    return Study(
        activation=activation,
        initializer=initializer,  # type: ignore[arg-type]  # a name or a rule
        widths=(units,),
        gain=1.5,
        inputs="gaussian",
        features=fan_in,
    )


def _expected(study: Study, q: float, *, units: int, fan_in: int) -> Stretch:
    architecture = _study(
        study.architecture.activation.name, study.architecture.initializer.name, units, fan_in
    ).architecture
    return mean_stretch(architecture, architecture.layers[0], np.array([q]))


@pytest.mark.parametrize("initializer", ["lecun_normal", "lecun_uniform", "orthogonal"])
@pytest.mark.parametrize("name", ["identity", "tanh", "relu", "silu", "hardtanh"])
def test_drawn_matrices_agree(name: str, initializer: str) -> None:
    """D is stratified here, at the quantiles of N(0, q) and freely placed: nearly no scatter."""
    rng = np.random.default_rng(2)
    for units, fan_in in SHAPES:
        study = _study(name, initializer, units, fan_in)
        layer = study.architecture.layers[0]
        q = fan_in * layer.weight_std**2
        z = np.sqrt(q) * _normal_quantiles(units)
        weight = study.architecture.initializer.draw(
            rng, (units, fan_in), std=layer.weight_std, dtype="float64"
        )
        slopes = rng.permutation(ACTIVATIONS[name].derivative(z))
        drawn = np.linalg.svd(slopes[:, None] * weight, compute_uv=False)
        found = _expected(study, q, units=units, fan_in=fan_in)
        assert found.mean == pytest.approx(drawn.mean(), rel=0.015)
        assert found.largest == pytest.approx(drawn.max(), rel=0.05)


def test_a_swapped_shape_and_another_law_are_seen() -> None:
    """Planted: fan-in and fan-out swapped; a frame taken for independent entries."""
    study = _study("tanh", "lecun_normal", 360, 180)
    right = _expected(study, 2.25, units=360, fan_in=180)
    swapped = _expected(study, 2.25, units=180, fan_in=360)
    frame = mean_stretch(
        _study("tanh", "orthogonal", 180, 180).architecture,
        study.architecture.layers[0],
        np.array([2.25]),
    )
    assert abs(swapped.mean / right.mean - 1) > 0.05
    assert abs(frame.mean / right.mean - 1) > 0.02


def test_laws_that_are_known() -> None:
    """Marchenko & Pastur: edges σ(1 + √β); orthogonal frames keep every length."""
    for units, fan_in in SHAPES:
        flat = _study("identity", "lecun_normal", units, fan_in)
        found = _expected(flat, 2.25, units=units, fan_in=fan_in)
        assert found.largest == pytest.approx(1.5 * (1 + math.sqrt(units / fan_in)), rel=1e-6)
        frame = _study("identity", "orthogonal", units, fan_in)
        found = _expected(frame, 2.25, units=units, fan_in=fan_in)
        assert (found.mean, found.largest) == pytest.approx((1.5, 1.5), rel=1e-6)
    square = _expected(flat, 2.25, units=300, fan_in=300)
    assert square.mean == pytest.approx(1.5 * 8 / (3 * math.pi), rel=1e-9)


def test_many_examples_are_averaged() -> None:
    architecture = _study("tanh", "lecun_normal", 50, 40).architecture
    q = np.geomspace(0.1, 4.0, 40)
    each = [mean_stretch(architecture, architecture.layers[0], q[i : i + 1]) for i in range(40)]
    found = mean_stretch(architecture, architecture.layers[0], q)
    assert found.mean == pytest.approx(np.mean([one.mean for one in each]), rel=1e-5)
    assert found.largest == pytest.approx(np.mean([one.largest for one in each]), rel=1e-4)


def test_draws_of_a_user_have_no_theory() -> None:
    rule = own_initializer("mine", std=0.1, law=lambda rng, shape: rng.choice([-0.1, 0.1], shape))
    architecture = _study("tanh", rule, 8, 8).architecture
    found = mean_stretch(architecture, architecture.layers[0], np.ones(1))
    assert math.isnan(found.mean)
    assert math.isnan(found.largest)


def _normal_quantiles(count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    from scipy.special import ndtri

    found: np.ndarray[tuple[int], np.dtype[np.float64]] = ndtri((np.arange(count) + 0.5) / count)
    return found
