"""The backward pass uses the weights of the forward pass: aᵀ(Wᵀδ) = (z - b)ᵀδ, for every law.

A trace does not contain W, but Wᵀδ_{l+1} = delta_l / φ'(z_l): exactly for the identity, and after a
division for tanh.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, INITIALIZERS, Study
from saturation_lab.examples import shared_examples
from saturation_lab.nets import BIASES, NO_FAN, backward, forward, matrices
from saturation_lab.sampling import biases_of, dense_trace
from saturation_lab.sampling.dense import _weights

Array = NDArray[Any]

ROUNDING = 1e-14  # of ‖a‖ ‖Wᵀδ‖ + ‖z - b‖ ‖δ‖
NETWORKS = (0, 5, 2)


def study_of(
    initializer: str, bias: str, *, activation: str = "tanh", inputs: str = "digits"
) -> Study:
    given = INITIALIZERS[initializer].scale is NO_FAN  # the gain is the standard deviation itself
    return Study(
        activation=activation,
        initializer=initializer,
        widths=(9, 9, 12, 5),
        gain=0.2 if given else 1.2,
        bias=bias,
        bias_scale=0.4 if BIASES[bias].takes_scale else None,
        inputs=inputs,
        examples=6,
        seed=11,
        dtype="float64",
    )


def mismatch(a: Array, back: Array, centred: Array, delta: Array) -> float:
    """Return the worst |aᵀ(Wᵀδ) - (z - b)ᵀδ| over networks and examples, in units of the norms."""
    left, right = (a * back).sum(axis=-1), (centred * delta).sum(axis=-1)

    a_norm, back_norm, centred_norm, delta_norm = (
        np.linalg.norm(x, axis=-1) for x in (a, back, centred, delta)
    )
    size = a_norm * back_norm + centred_norm * delta_norm
    return float((np.abs(left - right) / np.where(size > 0, size, 1)).max())  # 0 for zero weights


@pytest.mark.parametrize(
    ("activation", "inputs"),
    [("identity", "digits"), ("identity", "gaussian"), ("tanh", "digits")],
)
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_the_way_back_is_the_adjoint_of_the_way_up(
    initializer: str, bias: str, activation: str, inputs: str
) -> None:
    study = study_of(initializer, bias, activation=activation, inputs=inputs)
    layers = dense_trace(study, NETWORKS, shared_examples(study)).every_layer
    biases = biases_of(study, NETWORKS, pilot=False)
    slope = ACTIVATIONS[activation].derivative
    assert len(layers) == (5 if inputs == "digits" else 4)
    for lower, upper, b in zip(layers[:-1], layers[1:], biases[1:], strict=True):
        assert (b is None) == (bias == "zero")
        centred = upper.pre_activation - (0 if b is None else b[:, None, :])
        back = lower.gradient / slope(lower.pre_activation)
        assert mismatch(lower.activation, back, centred, upper.gradient) < ROUNDING


def test_planted_faults_break_the_identity() -> None:
    study = study_of("glorot_uniform", "normal")
    architecture, activation = study.architecture, ACTIVATIONS["tanh"]
    shared = shared_examples(study)
    assert shared is not None
    weights, fresh = (
        _weights(architecture, study, networks, pilot=False)[:4] for networks in ((0, 1), (2, 3))
    )
    biases = biases_of(study, (0, 1), pilot=False)[:4]
    zs, activations = forward(shared.x[None], matrices(weights), biases, activation)
    cotangent = np.random.default_rng(0).standard_normal(zs[-1].shape)
    b = biases[1]
    assert b is not None

    def found(back_weights: list[Array], *, bias: float = 1, below: int = 0) -> float:
        """Return the mismatch at layer 2, whose width is that of the layer below."""
        deltas = backward(cotangent, matrices(back_weights), zs, activation)
        back = deltas[0] / activation.derivative(zs[0])
        return mismatch(activations[below], back, zs[1] - bias * b[:, None, :], deltas[1])

    assert found(weights) < ROUNDING
    planted = {
        "fresh weights on the way back": found(fresh),
        "W for its transpose": found([weights[0], weights[1].swapaxes(1, 2), *weights[2:]]),
        "gain 1 % off on the way back": found([weights[0], 1.01 * weights[1], *weights[2:]]),
        "forgotten bias": found(weights, bias=0),
        "bias taken off twice": found(weights, bias=2),
        "layer off by one": found(weights, below=1),
    }
    assert {what for what, size in planted.items() if size < 1e10 * ROUNDING} == set()
