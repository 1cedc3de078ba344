"""How is a network sampled by drawing every weight?

N networks are stacked into one array operation (a lane). Each network has its own streams and its
own matrix products, so the size of a lane changes no bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.initializers import precision
from saturation_lab.nets.inputs import Examples, draw_examples
from saturation_lab.nets.losses import LOSSES, Labels, softmax
from saturation_lab.nets.passes import affine, backward, forward
from saturation_lab.sampling.streams import Purpose, stream
from saturation_lab.statistics.jacobian import Jacobians
from saturation_lab.statistics.trace import Trace, TracedLayer
from saturation_lab.study import Study

Array = NDArray[np.floating[Any]]


def shared_examples(study: Study) -> Examples | None:
    """Return the examples that every network is shown, or None when each draws its own."""
    if study.fresh_inputs:
        return None
    return _examples(study, stream(study.seed, network=0, purpose=Purpose.SHARED_INPUTS))


def dense_trace(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool = False
) -> Trace:
    """Draw the networks of a resolved study and return what they show.

    Args:
        networks: their indices; the arrays of the trace are [len(networks), B, n].
        shared: what `shared_examples` returned.
        pilot: draw from the streams of pilot networks.
    """
    architecture = study.architecture
    with np.errstate(all="ignore"):  # a network that overflows is measured as it is
        x, labels = _inputs(study, networks, shared, pilot=pilot)
        weights = _weights(architecture, study, networks, pilot=pilot)
        biases = _biases(architecture, study, networks, pilot=pilot)
        depth = architecture.depth
        hidden = weights[:depth]
        zs, activations = forward(x, hidden, biases[:depth], architecture.activation)
        loss = LOSSES[study.resolved_loss]
        if loss.needs_labels:
            z_out = affine(activations[-1], weights[-1], biases[-1])
            delta_out = loss.gradient(z_out, labels)
            cotangent = np.matmul(delta_out, weights[-1])
        else:
            direction = _cotangents(study, networks, activations[-1].shape[1:], pilot=pilot)
            cotangent = loss.gradient(activations[-1], direction)
        deltas = backward(cotangent, hidden, zs, architecture.activation)
        jacobians = _jacobians(study, networks, hidden, zs)
    traced = [
        _traced(architecture, number, study.thresholds, *arrays)
        for number, arrays in enumerate(
            zip([x, *activations[:-1]], zs, activations, deltas, jacobians, strict=True)
        )
    ]
    output = None
    if loss.needs_labels:
        with np.errstate(all="ignore"):
            shares = softmax(z_out)
        none = (-np.inf, np.inf)
        output = _traced(architecture, depth, none, activations[-1], z_out, shares, delta_out, None)
    return Trace(layers=tuple(traced), output=output)


def _traced(
    architecture: Architecture,
    number: int,
    thresholds: tuple[float, float],
    below: Array,
    z: Array,
    a: Array,
    delta: Array,
    jacobians: Jacobians | None,
) -> TracedLayer:
    layer = architecture.layers[number]
    return TracedLayer(
        below=below,
        pre_activation=z,
        activation=a,
        gradient=delta,
        weight_variance=layer.fan_in * layer.weight_std * layer.weight_std,
        bias_variance=layer.bias_std * layer.bias_std,
        thresholds=thresholds,
        jacobians=jacobians,
    )


def _jacobians(
    study: Study, networks: Sequence[int], weights: Sequence[Array], zs: Sequence[Array]
) -> list[Jacobians | None]:
    """Return a layer's Jacobians each: network i shows the examples iK, ..., iK + K - 1 mod B."""
    count = study.singular_values
    if not count:
        return [None] * len(weights)
    first = np.array(networks, dtype=np.int64)[:, None] * count
    examples = (first + np.arange(count)) % study.examples
    derivative = study.architecture.activation.derivative
    return [
        Jacobians(weights=w, slopes=derivative(z), examples=examples)
        for w, z in zip(weights, zs, strict=True)
    ]


def _examples(study: Study, rng: np.random.Generator) -> Examples:
    source = study.input_source
    return draw_examples(
        source,
        count=study.examples,
        features=study.architecture.input_width,
        scaling=study.scaling or source.scaling,
        dtype=study.dtype,
        rng=rng,
    )


def _inputs(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool
) -> tuple[Array, Labels]:
    """Return x [N or 1, B, n_0] and labels [N or 1, B]; without labels an empty array."""
    if shared is not None:
        drawn = [shared]
    else:
        drawn = [
            _examples(study, stream(study.seed, network=i, purpose=Purpose.INPUTS, pilot=pilot))
            for i in networks
        ]
    labels = [np.empty(0, np.int64) if d.labels is None else d.labels for d in drawn]
    return np.stack([d.x for d in drawn]), np.stack(labels)


def _weights(
    architecture: Architecture, study: Study, networks: Sequence[int], *, pilot: bool
) -> list[Array]:
    layers = architecture.layers
    ends = np.cumsum([0, *(layer.fan_out * layer.fan_in for layer in layers)])
    # all in one piece: the system hands out a large one in large pages, many times faster
    block = np.empty((len(networks), ends[-1]), dtype=study.dtype)
    stacks = [
        block[:, first:last].reshape(-1, layer.fan_out, layer.fan_in)
        for layer, (first, last) in zip(layers, pairwise(ends), strict=True)
    ]
    for row, i in enumerate(networks):
        rng = stream(study.seed, network=i, purpose=Purpose.WEIGHTS, pilot=pilot)
        for stack, layer in zip(stacks, layers, strict=True):
            architecture.initializer.fill(rng, stack[row], std=layer.weight_std)
    return stacks


def _biases(
    architecture: Architecture, study: Study, networks: Sequence[int], *, pilot: bool
) -> list[Array | None]:
    if all(layer.bias_std == 0 for layer in architecture.layers):
        return [None] * len(architecture.layers)
    rngs = [stream(study.seed, network=i, purpose=Purpose.BIASES, pilot=pilot) for i in networks]
    return [
        np.stack(
            [
                architecture.bias.draw(rng, layer.fan_out, std=layer.bias_std, dtype=study.dtype)
                for rng in rngs
            ]
        )
        for layer in architecture.layers
    ]


def _cotangents(
    study: Study, networks: Sequence[int], shape: tuple[int, ...], *, pilot: bool
) -> Array:
    return np.stack(
        [
            stream(study.seed, network=i, purpose=Purpose.COTANGENT, pilot=pilot).standard_normal(
                shape, dtype=precision(study.dtype)
            )
            for i in networks
        ]
    )
