"""The leading order in 1/n agrees with exact laws, closed forms and drawn networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, InputError, Study
from saturation_lab.nets import Architecture
from saturation_lab.theory import (
    beta,
    corrected,
    gaussian_curve,
    mean_square_law,
    mean_square_slope,
)
from saturation_lab.theory.one_over_n import _bend

Array = NDArray[np.float64]

WIDTHS = (80, 120, 100, 80)
NETWORKS = 20_000
GAINS = {"tanh": 1.5, "sin": 1.2, "silu": 1.4}
BIAS = 0.3


def _architecture(activation: str, **other: Any) -> Architecture:
    base: dict[str, Any] = {
        "activation": activation, "initializer": "lecun_normal", "widths": WIDTHS,
        "inputs": "gaussian", "features": 16, "bias": "normal", "bias_scale": BIAS,
        "gain": GAINS.get(activation, 1.0),
    }  # fmt: skip
    return Study(**{**base, **other}).architecture


@cache
def _drawn(activation: str) -> tuple[Array, Array]:
    """Return mean(z_l²) and K_l - c_l of every network, both [L, R]; the input is 16 ones.

    Given the layer below, z is iid N(0, K) exactly, so no weight needs drawing. c_1 = 0 and
    c_{l+1} = F'(q_l) c_l + K_{l+1} - F(K_l) has mean 0 exactly: it takes away what the scatter of K
    adds to first order, which would need a thousand times as many networks to average out.
    """
    rng, phi = np.random.default_rng(1), ACTIVATIONS[activation]
    gain, square = GAINS[activation] ** 2, gaussian_curve(phi, of="square")
    q = gain + BIAS**2
    k, c = np.full(NETWORKS, q), np.zeros(NETWORKS)
    seen, guided = [], []
    for n in WIDTHS:
        z = np.sqrt(k)[:, None] * rng.normal(size=(NETWORKS, n))
        seen.append(np.square(z).mean(axis=1))
        guided.append(k - c)
        above = gain * np.square(phi.value(z)).mean(axis=1) + BIAS**2
        slope = gain * float(mean_square_slope(phi, q))
        c = slope * c + above - (gain * square(k) + BIAS**2)
        k, q = above, gain * float(square(q)) + BIAS**2
    return np.array(seen), np.array(guided)


def _faults(activation: str, mean: Callable[[Any], Array], variance: Callable[[Any], Array]) -> int:
    """Return how many of the numbers of layers 3 and 4 are off: by 4 errors and order 1/n².

    What is left out is a share of about depth · c/n of what is kept: 20 % is allowed for here.
    """
    seen, guided = (x[2:] for x in _drawn(activation))
    found = corrected(_architecture(activation))
    error = guided.std(axis=1) / math.sqrt(NETWORKS)
    off = np.abs(guided.mean(axis=1) - mean(found)[2:]) > 4 * error + 0.2 * np.abs(found.shift[2:])
    centred = np.square(seen - seen.mean(axis=1, keepdims=True))
    error = centred.std(axis=1) / math.sqrt(NETWORKS)
    allowed = 4 * error + 0.2 * found.conditional_variance[2:]
    return int(off.sum() + (np.abs(centred.mean(axis=1) - variance(found)[2:]) > allowed).sum())


@pytest.mark.parametrize("activation", GAINS)
def test_mean_and_variance_of_drawn_networks(activation: str) -> None:
    def right(found: Any) -> Array:
        return np.asarray(found.mean_field + found.shift)

    def variance(found: Any) -> Array:
        return np.asarray(found.variance)

    assert _faults(activation, right, variance) == 0
    # planted: no shift, the wrong sign of it; only what is above the last layer, or only below
    assert _faults(activation, lambda f: np.asarray(f.mean_field), variance) == 2
    assert _faults(activation, lambda f: np.asarray(f.mean_field - f.shift), variance) == 2
    assert _faults(activation, right, lambda f: np.asarray(f.conditional_variance)) > 0
    assert _faults(activation, right, lambda f: f.variance - f.conditional_variance) == 2


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "identity"])
def test_homogeneous_networks_have_the_exact_law_to_first_order(activation: str) -> None:
    widths = [100_000, 50_000, 200_000]
    net = _architecture(activation, widths=widths, bias="zero", bias_scale=None)
    found = corrected(net, input_mean_square=0.7)
    betas = beta(net, input_mean_square=0.7)
    for layer in (1, 2, 3):
        law = mean_square_law(net, layer, of="pre_activation_mean_square", input_mean_square=0.7)
        k = layer - 1
        assert found.mean_field[k] == pytest.approx(law.mean, rel=1e-13)
        assert abs(found.shift[k]) < 1e-8 * 1e-4 * law.mean  # E mean(z²) is exact at any width
        assert found.variance[k] / law.variance == pytest.approx(1, rel=3e-4)
        after = mean_square_law(net, layer, of="activation_mean_square")
        assert betas[k] == pytest.approx(after.beta, rel=1e-12)
        without_the_one = after.beta + sum(1 / n for n in widths[:layer])
        assert betas[k] != pytest.approx(without_the_one, rel=0.1)


@pytest.mark.parametrize("q", [1e-4, 0.3, 1.0, 6.0])
def test_second_derivative_of_the_length_map(q: float) -> None:
    # E sin² = (1 - e^(-2q))/2
    expected = -2 * math.exp(-2 * q)
    assert _bend(ACTIVATIONS["sin"], q) == pytest.approx(expected, rel=1e-9, abs=1e-8 / q)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_is_left_out_falls_with_the_width(activation: str) -> None:
    # at twice the width either term is half as large: nothing of it belongs to infinite width
    narrow, wide = (corrected(_architecture(activation, widths=[n] * 5)) for n in (100, 200))
    assert wide.mean_field == pytest.approx(narrow.mean_field)
    assert 2 * wide.shift == pytest.approx(narrow.shift)
    assert 2 * wide.variance == pytest.approx(narrow.variance)
    halves = [beta(_architecture(activation, widths=[n] * 5)) for n in (100, 200)]
    assert 2 * halves[1] == pytest.approx(halves[0])
    assert (np.diff(halves[0]) >= 0).all()


def test_refusals_name_what_is_wrong() -> None:
    for initializer in ("orthogonal", "he_uniform"):
        with pytest.raises(InputError, match="initializer: expected independent normal weights"):
            corrected(_architecture("tanh", initializer=initializer))
    with pytest.raises(InputError, match="initializer: expected independent weights"):
        beta(_architecture("tanh", initializer="orthogonal"))
    with pytest.raises(InputError, match="bias: expected normal biases or none"):
        corrected(_architecture("tanh", bias="uniform"))
    for bad in (0, -1.0, math.nan, "one"):
        with pytest.raises(InputError, match="input_mean_square"):
            beta(_architecture("tanh"), input_mean_square=bad)  # type: ignore[arg-type]
