"""Activations that pass no gradient: what theory, advice and the tables of a study say of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import pytest

from saturation_lab import NoAnswer, Study, finite_width, predict, recommend, sample
from saturation_lab.nets.arrays import Array
from saturation_lab.theory import flat, natural_scale, why_none


def zero(z: Array) -> Array:
    return 0 * z


def step(z: Array) -> Array:
    return (z > 0) * 1.0


def one(z: Array) -> Array:
    return 0 * z + 1


@pytest.mark.parametrize("phi", [step, one])
def test_the_reason_is_that_no_gradient_passes(phi: Callable[[Array], Array]) -> None:
    assert flat(phi)
    between = " between its jumps" if phi is step else ""
    assert why_none(phi).startswith(f"φ is constant{between}, so φ' = 0 and no gradient passes")
    study = Study(activation=phi, initializer="he_normal", widths=(30,) * 4, inputs="gaussian")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = " ".join(str(recommend(study)).split())
        assert "gradient_mean_square" not in finite_width(study)
        assert str(predict(study))
    assert "at any depth" in said
    assert "fewer layers" not in said
    assert "no gradient passes through a layer" in said
    assert "– to –" not in said


@pytest.mark.parametrize("phi", ["relu", np.tanh, lambda z: np.maximum(z, 0) + (z > 1)])
def test_others_pass_a_gradient(phi: object) -> None:
    assert not flat(phi)
    assert "no gradient" not in why_none(phi)


def test_a_gradient_of_zero_in_all_networks_is_said_once() -> None:
    study = Study(activation=step, initializer="he_normal", widths=(30,) * 3, networks=5)
    said = str(sample(study, workers=1))
    assert "The gradient is exactly zero in all networks, in every hidden layer." in said
    assert "exactly 0" not in said
    assert said.count("exactly zero") == 1


def test_zero_is_refused_with_its_reason() -> None:
    with pytest.raises(NoAnswer, match=r"got zero; φ\(z\) = 0 at every z"):
        natural_scale(zero)
