"""Layers with uniform biases agree with direct integrals over the density of z = g + b.

For g ~ N(0, q) and b ~ U(-c, c), that density is (Φ((z + c)/√q) - Φ((z - c)/√q))/(2c). The
references integrate over z directly, and share no code with the mixtures under test.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, special

from saturation_lab import ACTIVATIONS, NoAnswer, Study, own_activation, predict, sample
from saturation_lab.statistics import QUANTITIES
from saturation_lab.theory import Gram, beta, expected_profile, mixed_mean, respond_mixed

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

LAWS = [(1.0, 0.05), (1.0, 3.0), (1e-4, 1.0), (25.0, 5.0), (0.01, 3.0)]
"""Pairs of q and c, from biases that hardly matter to biases that matter most."""


def mean_over(f: Function, q: float, c: float, kinks: tuple[float, ...] = ()) -> float:
    """Return E f(z), by Gauss-Legendre panels between the places where anything changes."""
    s = math.sqrt(q)
    places = [0.0, *kinks]
    edges = {side * (c + k * s) for side in (-1, 1) for k in (-9, -4, -2, 0, 2, 4, 9)}
    edges |= {place + k * s for place in places for k in (-8, -4, -2, 0, 2, 4, 8)}
    edges |= {place + k for place in places for k in (-16, -8, -4, -2, -1, 0, 1, 2, 4, 8, 16)}
    z, weight = panels(np.array([edge for edge in edges if abs(edge) <= c + 9 * s]))
    # on the side where the two terms do not cancel
    near, far = (np.abs(z) - c) / s, (np.abs(z) + c) / s
    return float(weight @ (f(z) * (special.ndtr(-near) - special.ndtr(-far)))) / (2 * c)


def panels(edges: Array) -> tuple[Array, Array]:
    """Return the nodes and weights of Gauss's rule of 40 nodes between any two edges."""
    x, w = np.polynomial.legendre.leggauss(40)
    edges = np.unique(edges)
    half = np.diff(edges)[:, None] / 2
    return (edges[:-1, None] + half * (1 + x)).ravel(), (half * w).ravel()


@pytest.mark.parametrize(
    "name", ["sigmoid", "relu", "silu", "softsign", "selu", "gelu", "hardtanh"]
)
@pytest.mark.parametrize(("q", "c"), LAWS)
def test_moments_are_integrals_over_the_density(name: str, q: float, c: float) -> None:
    phi = ACTIVATIONS[name]
    expected = {
        "square": mean_over(lambda z: np.square(phi.value(z)), q, c, phi.kinks),
        "slope_square": mean_over(lambda z: np.square(phi.derivative(z)), q, c, phi.kinks),
    }
    for of, value in expected.items():
        found = mixed_mean(phi, [q + c**2 / 3], [c], of=of)
        assert found[0] == pytest.approx(value, rel=1e-10), of
        normal = mixed_mean(phi, [q + c**2 / 3], [0.0], of=of)
        if c == 3 and np.isfinite(phi.bounds).all():
            assert normal[0] != pytest.approx(value, rel=1e-3)  # planted: normal biases


def test_the_sine_has_closed_forms() -> None:
    for q, c in LAWS:
        expected = (1 - math.exp(-2 * q) * math.sin(2 * c) / (2 * c)) / 2
        found = mixed_mean(ACTIVATIONS["sin"], [q + c**2 / 3], [c], of="square")
        assert found[0] == pytest.approx(expected, rel=1e-11)


def test_uniform_biases_of_a_tanh_layer_whose_weights_are_normal() -> None:
    """tanh, σ_w = 1, b ~ U(±3), inputs of mean square 1: a² is .6762, and .635 if taken as normal.

    At 4 standard errors, the comparison with sampled networks gives a false alarm in 16,000 runs.
    """
    study = Study(
        activation="tanh",
        initializer="lecun_normal",
        widths=(300,),
        inputs="gaussian",
        features=1000,
        bias="uniform",
        bias_scale=3.0,
        examples=1,
        networks=200,
    )
    result = sample(study, workers=1)
    predicted = predict(result.study)
    q = predicted.value("pre_activation_mean_square", 1) - 3
    exact = mean_over(lambda z: np.tanh(z) ** 2, q, 3.0)
    assert predicted.value("activation_mean_square", 1) == pytest.approx(exact, rel=1e-10)
    assert exact == pytest.approx(0.676, abs=2e-3)
    normal = predict(replace(study, bias="normal", bias_scale=math.sqrt(3)))
    for name in (
        "activation_mean_square",
        "activation_kurtosis",
        "pre_activation_kurtosis",
        "saturated_share",
        "gradient_mean_square",
        "pre_activation_percentile_98",
    ):
        seen = result.values(name, 1)
        error = seen.std(ddof=1) / math.sqrt(len(seen))
        # the bias of a ratio or percentile of 300 units is of order 1/300
        allowed = 4 * error + abs(predicted.value(name, 1)) / 300
        assert abs(seen.mean() - predicted.value(name, 1)) < allowed, name
        assert abs(seen.mean() - normal.value(name, 1)) > allowed, name


@pytest.mark.parametrize("scale", [0.02, 3.0, 30.0])
def test_the_distribution_of_z_is_that_of_the_sum(scale: float) -> None:
    study = _study(bias_scale=scale, examples=1, loss="random_cotangent", widths=(20,))
    found = predict(study)
    q = found.value("pre_activation_mean_square", 1) - scale**2 / 3

    def below(t: float) -> float:
        return mean_over(lambda z: (z < t).astype(float), q, scale, (t,))

    share = found.value("saturated_low_share", 1)
    assert share == pytest.approx(below(study.thresholds[0]), rel=1e-8, abs=1e-14)
    reach = scale + 9 * math.sqrt(q)
    end = optimize.brentq(lambda t: below(t) - 0.02, -reach, 0.0, xtol=1e-13)
    assert found.value("pre_activation_percentile_2", 1) == pytest.approx(end, rel=1e-8)
    fourth = mean_over(lambda z: z**4, q, scale) / (q + scale**2 / 3) ** 2
    assert found.value("pre_activation_kurtosis", 1) == pytest.approx(fourth, rel=1e-9)


@pytest.mark.parametrize(("name", "rel"), [("tanh", 1e-10), ("relu", 1e-6)])
def test_two_examples_share_their_biases(name: str, rel: float) -> None:
    """E φφ and E φ'φ' of two examples against a triple integral by Gauss's rules."""
    phi, c, q1, q2, cosine = ACTIVATIONS[name], 1.5, 0.7, 1.9, 0.6
    product = cosine * math.sqrt(q1 * q2)
    gap = (q1 + q2) / 2 - product
    z = Gram(square=np.array([q1, q2]), gap=np.array([[0.0, gap], [gap, 0.0]]))
    found = respond_mixed(phi, z.square, c)
    values, slopes = found.gram(z).product, found.slopes(z)
    assert values[0, 1] == pytest.approx(_pair_by_gauss(phi.value, q1, q2, cosine, c), rel=rel)
    expected = _pair_by_gauss(phi.derivative, q1, q2, cosine, c)
    assert slopes[0, 1] == pytest.approx(expected, rel=max(rel, 1e-9) if rel < 1e-6 else 1e-4)
    # planted: independent biases of the two examples
    assert values[0, 1] != pytest.approx(_pair_by_gauss(phi.value, q1, q2, cosine, 0), rel=1e-2)
    assert np.diag(values) == pytest.approx(
        mixed_mean(phi, z.square + c**2 / 3, [c] * 2, of="square")
    )


def _pair_by_gauss(f: Callable[[Any], Any], q1: float, q2: float, cosine: float, c: float) -> float:
    """Return E f(z₁) f(z₂): panels over b, over z₁ given b, and over z₂ given both."""
    biases, over_b = panels(np.linspace(-c, c, 2)) if c else (np.zeros(1), np.ones(1))
    rest = math.sqrt(q2 * (1 - cosine**2))
    total = 0.0
    for b, weight in zip(biases, over_b, strict=True):
        # f(z) may have a kink at z = 0
        u, over_u = panels(np.append(np.linspace(-9, 9, 5), -b / math.sqrt(q1)))
        centre = cosine * math.sqrt(q2) * u + b
        split = np.clip(-centre / rest, -8.5, 8.5)
        inner = np.zeros_like(u)
        x, w = np.polynomial.legendre.leggauss(60)
        for low, high in ((-9.0, split), (split, 9.0)):
            half = (high - np.asarray(low))[..., None] / 2
            v = np.asarray(low)[..., None] + half * (1 + x)
            inner += (half * w * np.exp(-(v**2) / 2) * f(centre[:, None] + rest * v)).sum(axis=1)
        total += weight * float((over_u * np.exp(-(u**2) / 2) * f(math.sqrt(q1) * u + b)) @ inner)
    return total / (2 * math.pi) / (2 * c if c else 1)


def test_an_example_of_zeros_has_the_slopes_of_its_biases() -> None:
    """E φ'(b) φ'(g + b) with an example of which nothing but the bias remains."""
    phi, c, q = ACTIVATIONS["tanh"], 2.0, 1.3
    z = Gram(square=np.array([0.0, q]), gap=np.array([[0.0, q / 2], [q / 2, 0.0]]))
    found = respond_mixed(phi, z.square, c)
    b, over_b = panels(np.linspace(-c, c, 3))
    g, over_g = panels(np.linspace(-10, 10, 9))
    inner = np.cosh(g + b[:, None]) ** -2.0 @ (over_g * np.exp(-(g**2) / (2 * q)))
    expected = over_b @ (inner / np.cosh(b) ** 2) / math.sqrt(2 * math.pi * q) / (2 * c)
    assert found.slopes(z)[0, 1] == pytest.approx(expected, rel=1e-9)


def test_the_profile_and_the_prediction_agree() -> None:
    study = _study(examples=1, loss="random_cotangent")
    found = predict(study)
    profile = expected_profile(
        study.architecture,
        input_mean_square=(found.value("pre_activation_mean_square", 1) - 3),
    )
    for layer in (1, 2):
        q = found.value("pre_activation_mean_square", layer)
        assert profile.pre_activation[layer - 1] == pytest.approx(q, rel=1e-11)
        delta = found.value("gradient_mean_square", layer)
        assert profile.gradient[layer - 1] == pytest.approx(delta, rel=1e-10)
    square, fourth = (mean_over(partial(_tanh_power, p), 1.0, 3.0) for p in (2, 4))
    one = replace(study, inputs="gaussian", features=50)
    assert beta(one.architecture)[0] == pytest.approx((fourth / square**2 - 1) / 20, rel=1e-9)


def _tanh_power(p: int, z: Any) -> Any:
    return np.tanh(z) ** p


def test_what_varies_too_fast_over_the_biases_is_refused() -> None:
    fast = own_activation(lambda z: np.sin(3e4 * z), lambda z: 3e4 * np.cos(3e4 * z), name="fast")
    with pytest.raises(NoAnswer, match="got fast"):
        mixed_mean(fast, [3 + 1e-14], [3.0], of="square")


def test_pytorchs_biases_hardly_differ_from_normal_ones() -> None:
    """Their variance is 1/3n, so the mixture is a correction, which must have its own size."""
    study = _study(initializer="pytorch_default", bias=None, bias_scale=None)
    found = predict(study)
    other = replace(study, bias="normal", bias_scale=1 / math.sqrt(3 * 64))
    first = [p.value("activation_mean_square", 1) for p in (found, predict(other))]
    assert first[0] == pytest.approx(first[1], rel=1e-3)
    assert first[0] != pytest.approx(first[1], rel=1e-9)
    known = np.isfinite(found.values[:2])
    assert known[:, [list(QUANTITIES).index("activation_kurtosis")]].all()


def _study(**changes: object) -> Study:
    plain = {
        "activation": "tanh",
        "initializer": "lecun_normal",
        "widths": (20, 20),
        "inputs": "digits",
        "bias": "uniform",
        "bias_scale": 3.0,
        "examples": 3,
    }
    return Study(**{**plain, **changes})  # type: ignore[arg-type]
