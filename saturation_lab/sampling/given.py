"""Inputs, labels, biases and top gradients: all that a network is given besides its weights."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from saturation_lab.data.sources import Examples
from saturation_lab.examples import examples_of
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.initializers import precision
from saturation_lab.nets.losses import Labels
from saturation_lab.nets.normals import fill_normal
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.study import Study


def inputs_of(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool
) -> tuple[Array, Labels]:
    """Return the inputs and labels of some networks.

    Parameters
    ----------
    study : Study
        The resolved study.
    networks : sequence of int
        Indices of the networks.
    shared : Examples or None
        The inputs that all networks share; None if each network has its own.
    pilot : bool
        Whether to use the random streams of pilot networks.

    Returns
    -------
    x : ndarray
        The inputs, of shape (networks, examples, features); the first axis has length 1 if all
        networks share them.
    labels : ndarray of int
        The labels, of shape (networks, examples), with the same first axis; the second axis has
        length 0 if there are no labels.
    """
    if shared is not None:
        drawn = [shared]
    else:
        drawn = [examples_of(study, i, pilot=pilot) for i in networks]
    labels = [np.empty(0, np.int64) if d.labels is None else d.labels for d in drawn]
    return np.stack([d.x for d in drawn]), np.stack(labels)


def biases_of(study: Study, networks: Sequence[int], *, pilot: bool) -> list[Array | None]:
    """Draw the biases of some networks.

    Parameters
    ----------
    study : Study
        The resolved study.
    networks : sequence of int
        Indices of the networks.
    pilot : bool
        Whether to use the random streams of pilot networks.

    Returns
    -------
    list of ndarray or None
        For each layer, an array of shape (networks, units); None in every layer if all biases
        are zero.
    """
    architecture = study.architecture
    if all(layer.bias_square == 0 for layer in architecture.layers):
        return [None] * len(architecture.layers)
    bias, dtype = architecture.bias, study.dtype
    rngs = [stream(study.seed, network=i, purpose=Purpose.BIASES, pilot=pilot) for i in networks]
    return [
        np.stack(
            [
                bias.draw(rng, layer.fan_out, std=layer.bias_std, mean=layer.bias_mean, dtype=dtype)
                for rng in rngs
            ]
        )
        for layer in architecture.layers
    ]


def cotangents_of(
    study: Study, networks: Sequence[int], shape: tuple[int, ...], *, pilot: bool
) -> Array:
    """Draw the top gradient ∂C/∂a_L of networks without an output layer, iid N(0, 1).

    Parameters
    ----------
    study : Study
        The resolved study.
    networks : sequence of int
        Indices of the networks.
    shape : tuple of int
        The shape for one network, (examples, units).
    pilot : bool
        Whether to use the random streams of pilot networks.

    Returns
    -------
    ndarray
        The gradients, of shape (networks, examples, units).
    """
    drawn = np.empty((len(networks), *shape), precision(study.dtype))
    for direction, i in zip(drawn, networks, strict=True):
        rng = stream(study.seed, network=i, purpose=Purpose.COTANGENT, pilot=pilot)
        fill_normal(rng, direction)
    return drawn
