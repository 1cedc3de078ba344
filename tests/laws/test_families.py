"""Activations with a parameter in their name: values, limits, theory, and their use by name."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from scipy import integrate

from saturation_lab import (
    ACTIVATIONS,
    Grid,
    InputError,
    Study,
    gaussian_mean,
    predict,
    recommend,
    sample,
    sample_grid,
)
from saturation_lab.cli import main
from saturation_lab.nets import FAMILIES, find_activation, name_of, parametrized
from saturation_lab.theory import gradient_law, pair_mean, slopes

Exact = Callable[[float], float]


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


REFERENCE: dict[str, tuple[Exact, Exact]] = {
    "leaky_relu:0.2": (
        lambda z: z if z > 0 else z / 5,
        lambda z: 1 if z > 0 else 0.2,
    ),
    "leaky_relu:-1": (abs, lambda z: 1 if z > 0 else -1),
    "leaky_relu:50": (lambda z: z if z > 0 else 50 * z, lambda z: 1 if z > 0 else 50),
    "elu:1.5": (
        lambda z: z if z > 0 else 1.5 * math.expm1(z),
        lambda z: 1 if z > 0 else 1.5 * math.exp(z),
    ),
    "elu:0.01": (
        lambda z: z if z > 0 else 0.01 * math.expm1(z),
        lambda z: 1 if z > 0 else 0.01 * math.exp(z),
    ),
    "celu:2": (
        lambda z: z if z > 0 else 2 * math.expm1(z / 2),
        lambda z: 1 if z > 0 else math.exp(z / 2),
    ),
    "swish:1.75": (
        lambda z: z * _sigmoid(1.75 * z),
        lambda z: _sigmoid(1.75 * z) * (1 + 1.75 * z * _sigmoid(-1.75 * z)),
    ),
    "softplus:4": (
        lambda z: math.log1p(math.exp(4 * z)) / 4,
        lambda z: _sigmoid(4 * z),
    ),
    "sin:30": (lambda z: math.sin(30 * z), lambda z: 30 * math.cos(30 * z)),
}


@pytest.mark.parametrize("name", REFERENCE)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_and_slopes_are_those_of_the_formula(name: str, dtype: str) -> None:
    member, exact = find_activation(name), REFERENCE[name]
    z = np.linspace(-7.3, 7.1, 97).astype(dtype)
    for function, reference in zip((member.value, member.derivative), exact, strict=True):
        found = function(z)
        assert found.dtype == dtype
        expected = np.array([float(reference(float(one))) for one in z])
        # the argument, such as 30 z, is rounded as well
        size = np.abs(expected) + np.abs(z) * _steepness(reference, z)
        assert (np.abs(found - expected) <= 8 * np.finfo(dtype).eps * size + 1e-300).all()
    assert float(member.value(np.zeros(1))[0]) == float(exact[0](0.0))


def _steepness(f: Exact, z: np.ndarray) -> np.ndarray:
    around = [np.array([f(float(one) + step) for one in z]) for step in (-1e-6, 1e-6)]
    steep: np.ndarray = np.abs(around[1] - around[0]) / 2e-6
    return steep


@pytest.mark.parametrize("name", REFERENCE)
def test_limits_belong_to_the_parameter(name: str) -> None:
    member = find_activation(name)
    z = np.concatenate([-np.geomspace(1e-9, 700, 20_000)[::-1], np.geomspace(1e-9, 700, 20_000)])
    value, slope = member.value(z), np.abs(member.derivative(z))
    low, high = member.bounds
    assert value.min() >= low - 1e-12
    assert value.max() <= high + 1e-12
    if math.isfinite(low):
        assert value.min() == pytest.approx(low, abs=1e-6)
    limit = 0.05 * slope.max()
    for end, beyond in ((member.z_low, z < 0), (member.z_high, z > 0)):
        if end is None:
            assert name == "sin:30" or slope[beyond][[0, -1]].max() >= limit
        else:
            assert (slope[beyond & (np.abs(z) > abs(end) * (1 + 1e-6))] < limit).all()
            inside = np.array([end * (1 - 1e-6) if end else -1e-9 * np.sign(z[beyond][0])])
            assert np.abs(member.derivative(inside))[0] >= limit * (1 - 1e-6)
    jump = abs(float(np.diff(member.derivative(np.array([0.0, 1e-300])))[0]))
    assert (jump > 1e-9) == bool(member.kinks)


@pytest.mark.parametrize("name", [name for name in REFERENCE if name != "sin:30"])
@pytest.mark.parametrize("q", [0.01, 1.0, 100.0])
def test_expectations_are_right_to_twelve_digits(name: str, q: float) -> None:
    s = math.sqrt(q)
    ends = sorted({0.0, *(side * x for side in (-1, 1) for x in (min(1, s / 4), s, 4 * s, 12 * s))})
    for of, function in zip(("square", "slope_square"), REFERENCE[name], strict=True):

        def integrand(z: float, f: Exact = function) -> float:
            return f(z) ** 2 * math.exp(-z * z / (2 * q)) / math.sqrt(2 * math.pi * q)

        parts = [
            integrate.quad(integrand, low, high, epsabs=0, epsrel=1e-13)[0]
            for low, high in pairwise(ends)
        ]
        found = float(gaussian_mean(name, q, of=of))
        assert found == pytest.approx(math.fsum(parts), rel=1e-12), of


def test_expectations_with_closed_forms() -> None:
    q = np.array([1e-6, 0.3, 2.0])
    expected = -np.expm1(-2 * 900 * q) / 2
    assert gaussian_mean("sin:30", q) == pytest.approx(expected, rel=1e-12)
    assert gaussian_mean("leaky_relu:0.2", q) == pytest.approx(0.52 * q, rel=1e-12)
    half = (1.04 * pair_mean("relu", 1, 1, 0.5) - 0.4 * pair_mean("relu", 1, 1, -0.5)).item()
    assert pair_mean("leaky_relu:0.2", 1, 1, 0.5).item() == pytest.approx(half, rel=1e-10)
    assert slopes(find_activation("leaky_relu:0.2")) == pytest.approx((0.2, 1.0))
    net = Study(activation="leaky_relu:0.2", initializer="he_normal", widths=(9,) * 3).architecture
    assert gradient_law(net) is not None


def test_a_name_is_always_the_same_activation() -> None:
    for name, family in FAMILIES.items():
        assert find_activation(f"{name}:{family.default}") is ACTIVATIONS[family.member]
        assert parametrized(name) is ACTIVATIONS[family.member]
        one = find_activation(f"{name}:1.50")
        assert one is find_activation(f"{name}:1.5")
        assert (one.name, name_of(one)) == (f"{name}:1.5",) * 2
        again = pickle.loads(pickle.dumps(one))
        assert (again == one, hash(again), name_of(again)) == (True, hash(one), one.name)
        assert one != find_activation(f"{name}:1.6")
        # the default of a factory is the member of the table
        z = np.linspace(-9, 9, 1001)
        made, listed = family.make(family.default), ACTIVATIONS[family.member]
        assert made.value(z) == pytest.approx(listed.value(z), rel=4e-16)
        assert made.derivative(z) == pytest.approx(listed.derivative(z), rel=4e-16)
        assert (made.bounds, made.z_low, made.z_high) == (
            listed.bounds,
            listed.z_low,
            listed.z_high,
        )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("tanh:2", "one of leaky_relu, elu, celu, swish, softplus, sin before a colon"),
        ("elu:-1", "elu: expected a finite number above 0"),
        ("swish:0", "swish: expected a finite number above 0"),
        ("elu:high", "module:attribute to import"),
        ("swosh", "did you mean"),
    ],
)
def test_other_names_are_refused(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Study(activation=name, initializer="he_normal", widths=(8,))


def test_a_number_decides_between_a_parameter_and_an_import_path() -> None:
    assert find_activation("numpy:sinc").name == "sinc"
    assert find_activation("sin:2").name == "sin:2"


def test_a_study_is_written_and_read_with_its_parameter(tmp_path: Path) -> None:
    study = Study(
        activation="leaky_relu:0.20",
        initializer="he_normal",
        widths=(8,) * 2,
        networks=3,
        inputs="gaussian",
        examples=3,
    )
    assert study.activation == "leaky_relu:0.2"
    assert Study.from_toml(study.to_toml()) == study
    given = replace(study, activation=find_activation("leaky_relu:0.2"))
    assert given.digest == study.digest
    assert sample(given, workers=2).to_json() == sample(study, workers=1).to_json()
    grid = Grid(study=study, activations=("swish:1.7", "elu:2"), initializers=("he_normal",))
    result = sample_grid(grid, workers=1)
    assert list(result.load(result.save(tmp_path / "grid")).results) == list(result.results)
    found = predict(study).value("activation_mean_square", 1)
    q = predict(study).value("pre_activation_mean_square", 1)
    assert found == pytest.approx(0.52 * q, rel=1e-9)
    assert recommend(replace(study, activation="swish:1.7")).chosen is not None


def test_the_command_line_takes_and_lists_parameters(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    options = ("--init", "he_normal", "--depth", "2", "--width", "9", "--examples", "2")
    assert main(["theory", "--activation", "elu:1.5", *options]) == 0
    assert capsys.readouterr().out.startswith("elu:1.5, he_normal")
    assert main(["cards", "softplus:4", "-o", str(tmp_path)]) == 0
    assert (tmp_path / "softplus-4.svg").exists()
    capsys.readouterr()
    assert main(["list", "activations"]) == 0
    out = capsys.readouterr().out
    for name, family in FAMILIES.items():
        assert f"{name}:{family.symbol} sets {family.symbol}, here {family.default:g}" in out
    assert main(["theory", "--activation", "tanh:2", *options]) == 2
    assert "before a colon and a number" in capsys.readouterr().err
