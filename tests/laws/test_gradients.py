"""The backward pass is the derivative of the loss, by differences of an independent forward pass.

With a step of eps^(1/3), the differences are accurate to about 1e-9 of the largest entry of a
layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, Activation, Study
from saturation_lab.examples import shared_examples
from saturation_lab.nets import LOSSES, Loss, backward, batch_weight_gradient, forward, matrices
from saturation_lab.sampling import biases_of, cotangents_of, dense_trace, inputs_of
from saturation_lab.sampling.dense import _weights

Array = NDArray[Any]

TOLERANCE = 1e-7  # of the largest entry of a layer
STEP = float(np.finfo(float).eps) ** (1 / 3)
CLEAR = 1e-4  # no pre-activation lies nearer to 0 or a kink, where some φ' or φ'' jumps
WIDTHS = (5, 7, 4, 6)
SQUARE = (6, 6, 6, 6)
CLASSES = 3
EXAMPLES = 4

FAULTS = [
    pytest.param(activation, fault, id=f"{name}-{fault}")
    for name, activation in ACTIVATIONS.items()
    for fault in ("w_for_its_transpose", "slope_of_the_layer_below", "no_slope")
    # where φ' is 1 everywhere a wrong φ' is no fault
    if fault == "w_for_its_transpose" or np.ptp(activation.derivative(np.array([-1.0, 0.5, 2.0])))
]

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)


@dataclass(frozen=True, kw_only=True)
class Net:
    """One network and what it is shown: all its affine maps, the output layer last if any.

    Without an output layer the loss is that of the last activations; ``target`` is the labels [B]
    or a direction [B, n].
    """

    activation: Activation
    loss: Loss
    x: Array
    weights: tuple[Array, ...]
    biases: tuple[Array, ...]
    target: Array

    @property
    def depth(self) -> int:
        return len(self.weights) - int(self.loss.needs_labels)


def net(activation: Activation, loss: Loss, *, widths: Sequence[int], biases: bool) -> Net:
    rng = np.random.default_rng(8)
    fans = [*widths, CLASSES] if loss.needs_labels else list(widths)
    weights = [1.5 * rng.standard_normal((m, n)) / np.sqrt(n) for n, m in pairwise(fans)]
    return Net(
        activation=activation,
        loss=loss,
        x=rng.standard_normal((EXAMPLES, widths[0])),
        weights=tuple(weights),
        biases=tuple(float(biases) * rng.standard_normal(len(weight)) for weight in weights),
        target=(
            rng.integers(CLASSES, size=EXAMPLES)
            if loss.needs_labels
            else rng.standard_normal((EXAMPLES, widths[-1]))
        ),
    )


def pre_activation(net: Net, layer: int, x: Array) -> Array:
    """Return z of one layer (from 0) for the inputs x, without the code under test."""
    z = x
    for number in range(layer + 1):
        a = z if number == 0 else net.activation.value(z)
        z = np.einsum("bj,ij->bi", a, net.weights[number]) + net.biases[number]
    return z


def below(net: Net, layer: int) -> Array:
    return net.x if layer == 0 else net.activation.value(pre_activation(net, layer - 1, net.x))


def loss_above(net: Net, layer: int, z: Array) -> Array:
    """Return the loss of each example when layer ``layer`` (from 0) has the pre-activations z."""
    for number in range(layer + 1, len(net.weights)):
        a = net.activation.value(z)
        z = np.einsum("bj,ij->bi", a, net.weights[number]) + net.biases[number]
    top = z if net.loss.needs_labels else net.activation.value(z)
    return net.loss.value(top, net.target)


def delta_by_differences(net: Net, layer: int) -> Array:
    """Return ∂C_b/∂z_l [B, n]: the examples are separate, so all move at once."""
    z = pre_activation(net, layer, net.x)
    assert all(np.abs(z - jump).min() > CLEAR for jump in (0.0, *net.activation.kinks))
    moves = STEP * np.eye(z.shape[1])
    columns = [
        (loss_above(net, layer, z + move) - loss_above(net, layer, z - move)) / (2 * STEP)
        for move in moves
    ]
    return np.stack(columns, axis=1)


def weight_gradient_by_differences(net: Net, layer: int) -> Array:
    """Return the derivative of the mean loss by every entry of W_l, [n, fan_in]."""
    a = below(net, layer)
    z = pre_activation(net, layer, net.x)
    gradient = np.empty_like(net.weights[layer])
    for i, j in np.ndindex(gradient.shape):
        move = np.zeros_like(z)
        move[:, i] = STEP * a[:, j]
        change = loss_above(net, layer, z + move) - loss_above(net, layer, z - move)
        gradient[i, j] = change.mean() / (2 * STEP)
    return gradient


def bias_gradient_by_differences(net: Net, layer: int) -> Array:
    z = pre_activation(net, layer, net.x)
    moves = STEP * np.eye(z.shape[1])
    return np.array(
        [
            (loss_above(net, layer, z + move) - loss_above(net, layer, z - move)).mean()
            / (2 * STEP)
            for move in moves
        ]
    )


def off(found: Array, expected: Array) -> float:
    """Return the largest error, in units of the largest entry."""
    assert found.shape == expected.shape
    return float(np.abs(found - expected).max() / np.abs(expected).max())


def passes(net: Net) -> tuple[list[Array], list[Array], Array]:
    """Return pre-activations, activations and ∂C/∂a_L from the code under test."""
    hidden = slice(net.depth)
    zs, activations = forward(
        net.x, matrices(net.weights[hidden]), net.biases[hidden], net.activation
    )
    top = activations[-1]
    if net.loss.needs_labels:
        z_out = top @ net.weights[-1].T + net.biases[-1]
        return zs, activations, net.loss.gradient(z_out, net.target) @ net.weights[-1]
    return zs, activations, net.loss.gradient(top, net.target)


@pytest.mark.parametrize("biases", [False, True], ids=["without_bias", "with_bias"])
@every_loss
@every_activation
def test_backward_is_the_derivative(activation: Activation, loss: Loss, biases: bool) -> None:
    one = net(activation, loss, widths=WIDTHS, biases=biases)
    zs, activations, cotangent = passes(one)
    deltas = backward(cotangent, matrices(one.weights[: one.depth]), zs, activation)
    assert len(deltas) == one.depth
    for layer, (delta, a) in enumerate(zip(deltas, [one.x, *activations], strict=False)):
        weight_gradient = batch_weight_gradient(delta, a)
        assert off(delta, delta_by_differences(one, layer)) < TOLERANCE
        assert off(weight_gradient, weight_gradient_by_differences(one, layer)) < TOLERANCE
        assert off(delta.mean(axis=0), bias_gradient_by_differences(one, layer)) < TOLERANCE


def test_forward_without_biases_is_forward_with_zeros() -> None:
    one = net(ACTIVATIONS["tanh"], LOSSES["random_cotangent"], widths=WIDTHS, biases=False)
    with_zeros, _, _ = passes(one)
    without, _ = forward(one.x, matrices(one.weights), [None] * one.depth, one.activation)
    for z, same in zip(with_zeros, without, strict=True):
        assert np.array_equal(z, same)


@every_activation
def test_a_stack_of_networks_is_each_network_alone(activation: Activation) -> None:
    rng = np.random.default_rng(9)
    x = rng.standard_normal((1, EXAMPLES, 5))
    weights = [rng.standard_normal((3, m, n)) for n, m in pairwise(WIDTHS)]
    biases = [rng.standard_normal((3, m)) for m in WIDTHS[1:]]
    cotangent = rng.standard_normal((3, EXAMPLES, WIDTHS[-1]))
    zs, activations = forward(x, matrices(weights), biases, activation)
    deltas = backward(cotangent, matrices(weights), zs, activation)
    for i in range(3):
        own = [w[i] for w in weights]
        z, a = forward(x[0], matrices(own), [b[i] for b in biases], activation)
        delta = backward(cotangent[i], matrices(own), z, activation)
        for stacked, alone in ((zs, z), (activations, a), (deltas, delta)):
            for many, single in zip(stacked, alone, strict=True):
                assert off(many[i], single) < 1e-14


@pytest.mark.parametrize(("activation", "fault"), FAULTS)
def test_a_planted_backward_fault_is_rejected(activation: Activation, fault: str) -> None:
    one = net(activation, LOSSES["random_cotangent"], widths=SQUARE, biases=True)
    zs, _, cotangent = passes(one)
    slopes = [activation.derivative(z) for z in zs]
    if fault == "no_slope":
        slopes = [np.ones_like(slope) for slope in slopes]
    if fault == "slope_of_the_layer_below":
        slopes = [slopes[-1], *slopes[:-1]]
    deltas = []
    for weight, slope in zip(reversed(one.weights), reversed(slopes), strict=True):
        deltas.append(slope * cotangent)
        cotangent = deltas[-1] @ (weight.T if fault == "w_for_its_transpose" else weight)
    first = deltas[-1]
    assert off(first, delta_by_differences(one, 0)) > 1000 * TOLERANCE


def test_planted_weight_gradients_are_rejected() -> None:
    one = net(ACTIVATIONS["tanh"], LOSSES["softmax_nll"], widths=SQUARE, biases=True)
    zs, activations, cotangent = passes(one)
    delta = backward(cotangent, matrices(one.weights[: one.depth]), zs, one.activation)[1]
    expected = weight_gradient_by_differences(one, 1)
    right = batch_weight_gradient(delta, activations[0])
    assert off(right, expected) < TOLERANCE
    for planted in (
        EXAMPLES * right,  # the sum over examples, not the mean
        right.T,
        batch_weight_gradient(delta, activations[1]),  # layer off by one
        batch_weight_gradient(delta, zs[0]),  # before the activation, not after
        batch_weight_gradient(delta[::-1], activations[0]),  # another example's delta
    ):
        assert off(planted, expected) > 1000 * TOLERANCE


def studied(study: Study, networks: Sequence[int]) -> list[Net]:
    """Return the networks that a study draws, one by one, from the sampler's own draws."""
    shared = shared_examples(study)
    architecture = study.architecture
    x, labels = inputs_of(study, networks, shared, pilot=False)
    weights = _weights(architecture, study, networks, pilot=False)
    biases = biases_of(study, networks, pilot=False)
    shape = (study.examples, study.widths[-1])
    directions = cotangents_of(study, networks, shape, pilot=False)
    loss = LOSSES[study.resolved_loss]
    nets = []
    for i in range(len(networks)):
        shown = i if study.fresh_inputs else 0
        nets.append(
            Net(
                activation=architecture.activation,
                loss=loss,
                x=x[shown],
                weights=tuple(weight[i] for weight in weights),
                biases=tuple(
                    np.zeros(weight.shape[1]) if bias is None else bias[i]
                    for weight, bias in zip(weights, biases, strict=True)
                ),
                target=labels[shown] if loss.needs_labels else directions[i],
            )
        )
    return nets


SETTINGS = [
    ("gaussian", "random_cotangent", False, "zero"),
    ("gaussian", "random_cotangent", True, "normal"),
    ("digits", "softmax_nll", False, "normal"),
    ("digits", "softmax_nll", True, "zero"),
    ("digits", "random_cotangent", False, "pytorch_default"),
]
EACH_IN_ONE = [(one, *SETTINGS[i % 5]) for i, one in enumerate(ACTIVATIONS.values())]
SOME_IN_ALL = [(ACTIVATIONS[name], *setting) for name in ("tanh", "selu") for setting in SETTINGS]


@pytest.mark.parametrize(
    ("activation", "inputs", "loss", "fresh", "bias"),
    [*EACH_IN_ONE, *(one for one in SOME_IN_ALL if one not in EACH_IN_ONE)],
)
def test_a_sampled_trace_shows_the_derivative(
    activation: Activation, inputs: str, loss: str, fresh: bool, bias: str
) -> None:
    study = Study(
        activation=activation.name,
        initializer="glorot_normal",
        widths=(7, 4, 6),
        gain=1.5,
        bias=bias,
        bias_scale=0.5 if bias == "normal" else None,
        inputs=inputs,
        features=64,
        examples=EXAMPLES,
        fresh_inputs=fresh,
        loss=loss,
        seed=8,  # one of those at which every z keeps `CLEAR` of 0 and the kinks
        dtype="float64",
    )
    networks = [0, 3]
    trace = dense_trace(study, networks, shared_examples(study))
    assert (trace.output is not None) == LOSSES[loss].needs_labels
    for i, one in enumerate(studied(study, networks)):
        for number, layer in enumerate(trace.every_layer):
            shown = i if len(layer.below) > 1 else 0
            z = pre_activation(one, number, one.x)
            assert off(layer.below[shown], below(one, number)) < 1e-13
            assert off(layer.pre_activation[i], z) < 1e-13
            assert off(layer.gradient[i], delta_by_differences(one, number)) < TOLERANCE
            gradient = weight_gradient_by_differences(one, number)
            assert off(layer.weight_gradient[i], gradient) < TOLERANCE
