"""The forward and backward passes of networks, recorded as a `Trace`.

All samplers use this function. Each passes its own kind of weights, drawn or undrawn, which only
have to offer the products of both passes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from saturation_lab.data.sources import Examples
from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.losses import LOSSES, softmax
from saturation_lab.nets.passes import Weights, affine, backward, forward
from saturation_lab.sampling.given import biases_of, cotangents_of, inputs_of
from saturation_lab.statistics.trace import Trace, TracedLayer
from saturation_lab.study import Study


def show(
    study: Study,
    networks: Sequence[int],
    shared: Examples | None,
    weights: Sequence[Weights],
    *,
    pilot: bool,
) -> Trace:
    """Run the forward and backward passes of some networks and record them.

    Parameters
    ----------
    study : Study
        The resolved study.
    networks : sequence of int
        Indices of the networks.
    shared : Examples or None
        The inputs that all networks share; None if each network has its own.
    weights : sequence of Weights
        The weights of each layer, from bottom to top, with the output layer if there is one.
    pilot : bool
        Whether to use the random streams of pilot networks.

    Returns
    -------
    Trace
        The signals and gradients of each layer, in arrays of shape (networks, examples, units).
    """
    architecture = study.architecture
    with np.errstate(all="ignore"):  # overflow is measured, not reported as a warning
        x, labels = inputs_of(study, networks, shared, pilot=pilot)
        biases = biases_of(study, networks, pilot=pilot)
        depth = architecture.depth
        hidden = weights[:depth]
        zs, activations = forward(x, hidden, biases[:depth], architecture.activation)
        loss = LOSSES[study.resolved_loss]
        if loss.needs_labels:
            z_out = affine(activations[-1], weights[-1], biases[-1])
            delta_out = loss.gradient(z_out, labels)
            cotangent = weights[-1].down(delta_out)
        else:
            direction = cotangents_of(study, networks, activations[-1].shape[1:], pilot=pilot)
            cotangent = loss.gradient(activations[-1], direction)
        deltas = backward(cotangent, hidden, zs, architecture.activation)
    traced = [
        _traced(architecture, number, study.thresholds, *arrays)
        for number, arrays in enumerate(
            zip([x, *activations[:-1]], zs, activations, deltas, strict=True)
        )
    ]
    output = None
    if loss.needs_labels:
        with np.errstate(all="ignore"):
            shares = softmax(z_out)
        none = (-np.inf, np.inf)
        output = _traced(architecture, depth, none, activations[-1], z_out, shares, delta_out)
    return Trace(layers=tuple(traced), output=output)


def _traced(
    architecture: Architecture,
    number: int,
    thresholds: tuple[float, float],
    below: Array,
    z: Array,
    a: Array,
    delta: Array,
) -> TracedLayer:
    layer = architecture.layers[number]
    return TracedLayer(
        below=below,
        pre_activation=z,
        activation=a,
        gradient=delta,
        weight_variance=layer.fan_in * layer.weight_std * layer.weight_std,
        bias_variance=layer.bias_std * layer.bias_std,
        weight_mean=layer.weight_mean,
        bias_mean=layer.bias_mean,
        thresholds=thresholds,
        # the gradient of the softmax is nowhere exactly 0
        slope=architecture.activation.derivative if number < architecture.depth else np.ones_like,
    )
