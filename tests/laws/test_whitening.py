"""The forward pass follows the Gaussian law of its weights, exactly, at any width.

Given the layer below, the pre-activations of one unit over examples are N(0, G) with
G = σ_w² A Aᵀ / n + σ_b² 11ᵀ, independent over units. So chol(G)⁻¹ Z has iid N(0, 1) entries: over
examples, units, layers and networks. Each check tests this on 350,000 entries. It rejects
correct code for one seed in a million. A gain that is off by 1 % shifts the mean square by 8.4
standard errors; the limit is 5.2, so the error is missed for fewer than one seed in a thousand.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special, stats

from saturation_lab import ACTIVATIONS, INITIALIZERS, Study, TracedLayer
from saturation_lab.examples import shared_examples
from saturation_lab.nets import BIASES
from saturation_lab.sampling import biases_of, cotangents_of, dense_trace, inputs_of
from saturation_lab.sampling.dense import _weights

Array = NDArray[Any]

FALSE_ALARM = 1e-6
NETWORKS = 560
NORMAL_RULES = [name for name, rule in INITIALIZERS.items() if rule.law == "normal"]
NORMAL_BIASES = [name for name, bias in BIASES.items() if bias.law == "normal"]


def study_of(
    *,
    activation: str = "tanh",
    initializer: str = "he_normal",
    bias: str = "normal",
    inputs: str = "gaussian",
) -> Study:
    return Study(
        activation=activation,
        initializer=initializer,
        widths=(24, 32, 24, 24),
        gain=1.3,
        bias=bias,
        bias_scale=0.5 if BIASES[bias].takes_scale else None,
        inputs=inputs,
        examples=6,
        seed=21,
        dtype="float64",
    )


def layers_of(study: Study, networks: Sequence[int] = range(NETWORKS)) -> tuple[TracedLayer, ...]:
    return dense_trace(study, networks, shared_examples(study)).every_layer


def whitened(layers: Sequence[TracedLayer]) -> Array:
    """Return chol(G)⁻¹ z of every layer side by side, [N, B, units of all layers]."""
    found = []
    for layer in layers:
        a = layer.below
        gram = layer.weight_variance * (a @ a.swapaxes(1, 2)) / a.shape[-1] + layer.bias_variance
        found.append(np.linalg.solve(np.linalg.cholesky(gram), layer.pre_activation))
    return np.concatenate(found, axis=-1)


def two_sided(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def kolmogorov(x: Array) -> float:
    """Return a bound on the p-value of "N(0, 1)": 2 e^(-2 n D²), for any n (Massart 1990)."""
    below = special.ndtr(np.sort(x))
    steps = np.arange(x.size + 1) / x.size
    distance = max(float((steps[1:] - below).max()), float((below - steps[:-1]).max()))
    return 2 * math.exp(-2 * x.size * distance**2)


def alignment(rows: Array) -> float:
    """Return the p-value of "no two rows belong together": cos² of two is Beta(1/2, (n - 1)/2)."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    cosine = np.triu(unit @ unit.T, k=1)
    length = rows.shape[1]
    largest = min(1.0, float(np.square(cosine).max()))
    single = float(stats.beta(0.5, (length - 1) / 2).sf(largest))
    return math.comb(len(rows), 2) * single


def p_value(white: Array) -> float:
    """Return the p-value of "iid N(0, 1)" for [N, B, units], from six statistics (Bonferroni).

    Kolmogorov-Smirnov, mean, mean square; the two networks, examples and units most alike.
    """
    networks, examples, units = white.shape
    x = white.reshape(-1)
    squares = float(x @ x)
    p_values = [
        kolmogorov(x),
        two_sided(float(x.sum()) / math.sqrt(x.size)),
        2 * float(min(special.chdtr(x.size, squares), special.chdtrc(x.size, squares))),
        alignment(white.reshape(networks, -1)),
        alignment(white.swapaxes(0, 1).reshape(examples, -1)),
        alignment(white.reshape(-1, units).T),
    ]
    return min(1.0, len(p_values) * min(p_values))


@pytest.mark.parametrize("bias", NORMAL_BIASES)
@pytest.mark.parametrize("initializer", NORMAL_RULES)
def test_every_normal_law_whitens(initializer: str, bias: str) -> None:
    study = study_of(initializer=initializer, bias=bias)
    assert p_value(whitened(layers_of(study))) > FALSE_ALARM


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_whitens(activation: str) -> None:
    assert p_value(whitened(layers_of(study_of(activation=activation)))) > FALSE_ALARM


def test_digits_and_their_output_layer_whiten() -> None:
    layers = layers_of(study_of(inputs="digits"))
    assert [layer.pre_activation.shape[-1] for layer in layers] == [24, 32, 24, 24, 10]
    assert p_value(whitened(layers)) > FALSE_ALARM


def test_networks_with_inputs_of_their_own_whiten() -> None:
    layers = layers_of(replace(study_of(), fresh_inputs=True))
    assert len(layers[0].below) == NETWORKS
    assert p_value(whitened(layers)) > FALSE_ALARM


def test_the_variances_that_whiten_are_those_of_the_formula() -> None:
    for layer in layers_of(study_of(), [0]):
        assert layer.weight_variance == pytest.approx(1.3**2, rel=1e-14)  # n · g²/n
        assert layer.bias_variance == 0.25
    for layer, (n, m) in zip(
        layers_of(study_of(initializer="glorot_normal"), [0]),
        [(24, 24), (24, 32), (32, 24), (24, 24)],
        strict=True,
    ):
        assert layer.weight_variance == pytest.approx(1.3**2 * 2 * n / (n + m), rel=1e-14)


def test_planted_faults_are_rejected() -> None:
    study = study_of()
    layers = layers_of(study)
    assert p_value(whitened(layers)) > FALSE_ALARM

    def drawn(**changes: Any) -> list[TracedLayer]:
        """Return networks of another study, to be whitened as if they were of this one."""
        return [
            replace(layer, weight_variance=right.weight_variance, bias_variance=right.bias_variance)
            for layer, right in zip(layers_of(replace(study, **changes)), layers, strict=True)
        ]

    planted: dict[str, Sequence[TracedLayer]] = {
        "gain 1 % up": drawn(gain=1.01 * 1.3),
        "gain 1 % down": drawn(gain=0.99 * 1.3),
        "forgotten bias": drawn(bias="zero", bias_scale=None),
        "bias read as variance": drawn(bias_scale=0.25),
        "fan-in and fan-out swapped": [
            replace(
                layer,
                weight_variance=1.3**2 * layer.below.shape[-1] / layer.pre_activation.shape[-1],
            )
            for layer in layers
        ],
        "layer off by one": [
            layers[0],
            replace(layers[1], below=layers[0].below),
            *layers[2:],
        ],
        "the examples in another order": [
            replace(layer, below=np.roll(layer.below, 1, axis=1)) for layer in layers
        ],
        "two workers with one stream": layers_of(study, [*range(NETWORKS // 2)] * 2),
    }
    accepted = [what for what, wrong in planted.items() if p_value(whitened(wrong)) > FALSE_ALARM]
    assert accepted == []


def random_numbers(study: Study, networks: Sequence[int]) -> list[Array]:
    """Return all that is drawn, in units of its own spread: weights, biases, inputs, directions."""
    architecture = study.architecture
    x, _ = inputs_of(study, networks, None, pilot=False)
    shape = (study.examples, study.widths[-1])
    drawn = [x, cotangents_of(study, networks, shape, pilot=False)]
    weights = _weights(architecture, study, networks, pilot=False)
    biases = biases_of(study, networks, pilot=False)
    for layer, weight, bias in zip(architecture.layers, weights, biases, strict=True):
        assert bias is not None
        drawn += [weight / layer.weight_std, bias / layer.bias_std]
    return drawn


def repeats(drawn: Sequence[Array]) -> int:
    """Count the numbers that came before, to 12 decimals."""
    numbers = np.round(np.concatenate([x.reshape(-1) for x in drawn]), 12)
    return int(numbers.size - np.unique(numbers).size)


def test_no_random_number_is_used_twice() -> None:
    # 10,000 numbers: two agree by chance with probability 1e-5
    study = replace(study_of(), fresh_inputs=True)
    drawn = random_numbers(study, [0, 1, 7])
    assert repeats(drawn) == 0
    # planted: one stream for two layers, for two networks, for weights and biases
    first, third = drawn[2], drawn[6]
    third[:, :24, :24] = first[:, :24, :24]
    assert repeats(drawn) == 3 * 24 * 24
    assert repeats(random_numbers(study, [0, 1, 0])) > 2000
    drawn = random_numbers(study, [0, 1, 7])
    drawn[3] = drawn[2][:, 0]
    assert repeats(drawn) == 3 * 24
