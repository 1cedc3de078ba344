"""What is a network given, whatever its weights: inputs, labels, biases, and a top gradient?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from saturation_lab.examples import examples_of
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.initializers import precision
from saturation_lab.nets.inputs import Examples
from saturation_lab.nets.losses import Labels
from saturation_lab.nets.normals import fill_normal
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.study import Study


def inputs_of(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool
) -> tuple[Array, Labels]:
    """Return x [N or 1, B, n_0] and labels [N or 1, B]; without labels an empty array."""
    if shared is not None:
        drawn = [shared]
    else:
        drawn = [examples_of(study, i, pilot=pilot) for i in networks]
    labels = [np.empty(0, np.int64) if d.labels is None else d.labels for d in drawn]
    return np.stack([d.x for d in drawn]), np.stack(labels)


def biases_of(study: Study, networks: Sequence[int], *, pilot: bool) -> list[Array | None]:
    """Return the biases [N, n] of every layer; None where all are zero."""
    architecture = study.architecture
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


def cotangents_of(
    study: Study, networks: Sequence[int], shape: tuple[int, ...], *, pilot: bool
) -> Array:
    """Return ∂C/∂a_L of a network without an output layer, [N, *shape], iid N(0, 1)."""
    drawn = np.empty((len(networks), *shape), precision(study.dtype))
    for direction, i in zip(drawn, networks, strict=True):
        rng = stream(study.seed, network=i, purpose=Purpose.COTANGENT, pilot=pilot)
        fill_normal(rng, direction)
    return drawn
