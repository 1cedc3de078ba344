"""The exact laws of mean squares agree with tiny networks that are drawn weight by weight."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import digamma, polygamma
from scipy.stats import binom

from saturation_lab import ACTIVATIONS, InputError, Study
from saturation_lab.nets import Architecture
from saturation_lab.theory import MEAN_SQUARES, Factor, Scatter, gradient_law, mean_square_law

Array = NDArray[np.float64]

NETWORKS = 150_000
X = np.array([1.0, -0.5, 2.0, 0.3])
GAIN = 0.8
WIDTHS = (3, 2, 6)
LIMIT = 4.5
"""Standard errors; two-sided 7e-6 for a normal estimate. Each of the three activations is held at
about 60 numbers, so a right program and a fresh seed would fail once in about 800 runs."""


def _architecture(activation: str = "relu", **other: Any) -> Architecture:
    base: dict[str, Any] = {
        "activation": activation, "initializer": "he_normal", "gain": GAIN, "widths": WIDTHS,
        "inputs": "gaussian", "features": X.size,
    }  # fmt: skip
    return Study(**{**base, **other}).architecture


def _drawn(activation: str) -> Mapping[tuple[str, int], Array]:
    """Return every mean square of every network, all weights drawn, by none of the house's code."""
    rng = np.random.default_rng(5)
    phi, slope = ACTIVATIONS[activation].value, ACTIVATIONS[activation].derivative
    a, seen, weights = [np.broadcast_to(X, (NETWORKS, X.size))], [], []
    for n in WIDTHS:
        fan_in = a[-1].shape[1]
        weights.append(rng.normal(0, GAIN / math.sqrt(fan_in), (NETWORKS, n, fan_in)))
        seen.append(np.einsum("rij,rj->ri", weights[-1], a[-1]))
        a.append(np.asarray(phi(seen[-1])))
    found: dict[tuple[str, int], Array] = {}
    down = rng.normal(size=(NETWORKS, WIDTHS[-1]))
    for layer in range(len(WIDTHS), 0, -1):
        z = seen[layer - 1]
        delta = slope(z) * down
        down = np.einsum("rij,ri->rj", weights[layer - 1], delta)
        squares = {
            "pre_activation": np.square(z).mean(axis=1),
            "activation": np.square(a[layer]).mean(axis=1),
            "gradient": np.square(delta).mean(axis=1),
            "weight_gradient": np.square(delta[:, :, None] * a[layer - 1][:, None]).mean((1, 2)),
        }
        found |= {(f"{name}_mean_square", layer): value for name, value in squares.items()}
    return found


DRAWN = ("relu", "leaky_relu", "identity")


@pytest.fixture(scope="module")
def drawn() -> Mapping[str, Mapping[tuple[str, int], Array]]:
    return {name: _drawn(name) for name in DRAWN}


def _away(values: Array, expected: float) -> float:
    """Return by how many standard errors a mean is off."""
    error = float(values.std()) / math.sqrt(values.size)
    gap = abs(float(values.mean()) - expected)
    return gap / error if error else (0.0 if gap < 1e-12 else math.inf)


def _furthest(values: Array, law: Scatter) -> float:
    """Return the largest error, in standard errors, of any moment that the law states."""
    logs = np.log(values[values > 0])
    centred = np.square(logs - law.log_mean)
    return max(
        _away(values, law.mean),
        _away(np.square(values), law.mean_of_square),
        _away(np.square(values - law.mean), law.variance),
        _away((values > 0).astype(float), law.alive),
        _away(logs, law.log_mean),
        _away(centred, law.log_variance),
    )


def _law(architecture: Architecture, of: str, layer: int) -> Scatter:
    square = float(np.square(X).mean())
    return mean_square_law(architecture, layer, of=of, input_mean_square=square)


@pytest.mark.parametrize("activation", DRAWN)
def test_every_moment_of_every_mean_square_is_exact(
    drawn: Mapping[str, Mapping[tuple[str, int], Array]], activation: str
) -> None:
    architecture = _architecture(activation)
    for (of, layer), values in drawn[activation].items():
        law = _law(architecture, of, layer)
        assert _furthest(values, law) < LIMIT, (of, layer)
    assert {of for of, _ in drawn[activation]} == set(MEAN_SQUARES)


def _one_unit_fewer(law: Scatter) -> Scatter:
    return replace(law, factors=tuple(replace(f, units=f.units - 1) for f in law.factors))


def _no_half(law: Scatter) -> Scatter:
    return replace(law, factors=tuple(replace(f, slopes=(1.0, 1.0)) for f in law.factors))


def _layer_missing(law: Scatter) -> Scatter:
    first, *others = law.factors
    return replace(law.times(first.mean), factors=tuple(others))


def _gain_off_by_2_percent(law: Scatter) -> Scatter:
    return law.times(1.02 ** (2 * len(WIDTHS)))


def _dead_layers_forgotten(law: Scatter) -> Scatter:
    return replace(law, alive=1.0)


FAULTS = (_dead_layers_forgotten, _one_unit_fewer, _no_half, _layer_missing, _gain_off_by_2_percent)


PAST_SLOPES = (_no_half, _dead_layers_forgotten)


@pytest.mark.parametrize("fault", FAULTS)
def test_wrong_laws_are_rejected(
    drawn: Mapping[str, Mapping[tuple[str, int], Array]], fault: Callable[[Scatter], Scatter]
) -> None:
    for of, layer in product(MEAN_SQUARES, (1, 2, 3)):
        right = _law(_architecture("relu"), of, layer)
        if of == "pre_activation_mean_square" and fault in PAST_SLOPES and layer == 1:
            continue  # z_1 has passed no slope
        values = drawn["relu"][of, layer]
        wrong = fault(right)
        assert _furthest(values, wrong) > LIMIT, (of, layer)


def test_backward_widths_for_forward_ones_are_rejected(
    drawn: Mapping[str, Mapping[tuple[str, int], Array]],
) -> None:
    for layer in (1, 2, 3):
        up = _law(_architecture("relu"), "activation_mean_square", layer)
        turned = _architecture("relu", widths=WIDTHS[::-1])
        down = _law(turned, "activation_mean_square", layer)
        size = up.mean / math.prod(factor.mean for factor in down.factors)
        wrong = replace(up, factors=down.factors, log_scale=math.log(size))
        if layer < 3:  # all three layers together scatter the same in either order
            assert _furthest(drawn["relu"]["activation_mean_square", layer], wrong) > LIMIT


@pytest.mark.parametrize("units", [1, 2, 3, 6, 30, 1000, 100_000])
def test_log_moments_are_those_of_chi_squares(units: int) -> None:
    # linear: digamma and trigamma; ReLU: the mixture over how many units are on
    linear = Factor(units=units, slopes=(1.0, 1.0))
    assert linear.log_mean == pytest.approx(digamma(units / 2) + math.log(2), abs=1e-13)
    assert linear.log_variance == pytest.approx(polygamma(1, units / 2), abs=3e-15 + 3e-15 * units)
    on = np.arange(1, units + 1)
    share = binom.pmf(on, units, 0.5) / (1 - 0.5**units)
    share /= share.sum()
    means = digamma(on / 2) + math.log(2)
    mean = float(share @ means)
    relu = Factor(units=units, slopes=(0.0, 1.0))
    assert relu.log_mean == pytest.approx(mean, abs=1e-13)
    variance = float(share @ (polygamma(1, on / 2) + np.square(means - mean)))
    assert relu.log_variance == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize("low", [1e-3, 0.01, 0.5])
def test_leaky_log_mean_of_two_units_by_enumeration(low: float) -> None:
    # E ln(g² + λ h²) = E ln χ²₂ + 2 ln((1 + √λ)/2)
    chi = math.log(2) - np.euler_gamma
    sides = [chi + 2 * math.log((s + t) / 2) for s, t in product((low, 1.0), repeat=2)]
    found = Factor(units=2, slopes=(low, 1.0)).log_mean
    assert found == pytest.approx(sum(sides) / 4, abs=1e-13)


@pytest.mark.parametrize("pair", [(0.0, 1.0), (0.01, 1.0), (1.0, 1.0), (-1.0, 0.5)])
@pytest.mark.parametrize("units", [1, 2, 5])
def test_moments_by_enumeration_of_every_pattern(units: int, pair: tuple[float, float]) -> None:
    first = second = 0.0
    for pattern in product(pair, repeat=units):
        squares = np.square(pattern)
        first += squares.sum() / 2**units  # E Σ s²g², and E of its square: (Σ s²)² + 2 Σ s⁴
        second += (squares.sum() ** 2 + 2 * np.square(squares).sum()) / 2**units
    factor = Factor(units=units, slopes=pair)
    law = Scatter(log_scale=math.log(3.0), factors=(factor,), alive=1 - factor.dead)
    assert law.mean == pytest.approx(3 * first, rel=1e-14)
    assert law.mean_of_square == pytest.approx(9 * second, rel=1e-14)
    assert law.variance == pytest.approx(9 * (second - first**2), rel=1e-13)


def test_weight_gradients_scatter_alike_in_every_layer() -> None:
    laws = [_law(_architecture("relu"), "weight_gradient_mean_square", k) for k in (1, 2, 3)]
    assert len({law.factors for law in laws}) == 1
    gradient = _law(_architecture("relu"), "gradient_mean_square", 1)
    assert laws[0].factors == gradient.factors


def test_refusals_name_what_is_wrong() -> None:
    good: dict[str, Any] = {"of": "activation_mean_square", "input_mean_square": 1.0}
    others: list[tuple[dict[str, Any], str]] = [
        (
            {"activation": "tanh"},
            "activation: expected a function that is linear on either side of 0",
        ),
        ({"initializer": "orthogonal"}, "initializer: expected independent normal weights"),
        ({"bias": "normal", "bias_scale": 0.1}, "bias: expected zero biases"),
    ]
    for other, words in others:
        with pytest.raises(InputError, match=words):
            mean_square_law(_architecture(**other), 1, **good)
    labelled = Study(
        activation="relu", initializer="he_normal", widths=(5,), inputs="digits"
    ).architecture
    with pytest.raises(InputError, match="classes: expected no output layer"):
        mean_square_law(labelled, 1, of="gradient_mean_square")
    assert gradient_law(_architecture("sigmoid", gain=1.0)) is None
    net = _architecture("relu")
    for changed, words in (
        ({"of": "variance"}, "of: expected one of"),
        ({"input_mean_square": 0}, "input_mean_square: expected a finite number above 0"),
    ):
        with pytest.raises(InputError, match=words):
            mean_square_law(net, 1, **{**good, **changed})
    for layer in (0, 4, 1.5):
        with pytest.raises(InputError, match="layer: expected a whole number from 1 to 3"):
            mean_square_law(net, layer, **good)  # type: ignore[arg-type]
