"""The dense sampler, which draws every weight.

N networks, called a lane, are stacked into one array operation. Each network has its own random
streams and its own matrix products, so results do not depend on the size of a lane, not even in the
last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from saturation_lab.data.sources import Examples
from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.passes import matrices
from saturation_lab.nets.streams import Purpose, stream
from saturation_lab.sampling.show import show
from saturation_lab.statistics.jacobian import Jacobians
from saturation_lab.statistics.trace import Trace
from saturation_lab.study import Study


def dense_trace(
    study: Study, networks: Sequence[int], shared: Examples | None, *, pilot: bool = False
) -> Trace:
    """Draw networks of a resolved study with all their weights, and run both passes.

    Parameters
    ----------
    study : Study
        The resolved study.
    networks : sequence of int
        Indices of the networks.
    shared : Examples or None
        The inputs that all networks share, as returned by `shared_examples`; None if each network
        has its own.
    pilot : bool
        Whether to use the random streams of pilot networks.

    Returns
    -------
    Trace
        The signals and gradients of each layer, in arrays of shape (networks, examples, units).
    """
    with np.errstate(all="ignore"):  # a gain beyond float32 gives infinite weights
        weights = _weights(study.architecture, study, networks, pilot=pilot)
    trace = show(study, networks, shared, matrices(weights), pilot=pilot)
    return _with_jacobians(trace, study, networks, weights) if study.singular_values else trace


def _with_jacobians(
    trace: Trace, study: Study, networks: Sequence[int], weights: Sequence[Array]
) -> Trace:
    """Add the Jacobians of the hidden layers at K examples per network.

    K is ``study.singular_values``. Network i uses the examples iK, ..., iK + K - 1 modulo B, so
    that all examples occur equally often.
    """
    count = study.singular_values
    first = np.array(networks, dtype=np.int64)[:, None] * count
    examples = (first + np.arange(count)) % study.examples
    derivative = study.architecture.activation.derivative
    with np.errstate(all="ignore"):
        return replace(
            trace,
            layers=tuple(
                replace(
                    layer,
                    jacobians=Jacobians(
                        weights=weight,
                        slopes=derivative(layer.pre_activation),
                        examples=examples,
                    ),
                )
                for layer, weight in zip(trace.layers, weights, strict=False)
            ),
        )


def _weights(
    architecture: Architecture, study: Study, networks: Sequence[int], *, pilot: bool
) -> list[Array]:
    layers = architecture.layers
    ends = np.cumsum([0, *(layer.fan_out * layer.fan_in for layer in layers)])
    # one large block: the operating system serves it in large pages, which is many times faster
    block = np.empty((len(networks), ends[-1]), dtype=study.dtype)
    stacks = [
        block[:, first:last].reshape(-1, layer.fan_out, layer.fan_in)
        for layer, (first, last) in zip(layers, pairwise(ends), strict=True)
    ]
    for row, i in enumerate(networks):
        rng = stream(study.seed, network=i, purpose=Purpose.WEIGHTS, pilot=pilot)
        for stack, layer in zip(stacks, layers, strict=True):
            std, mean = layer.weight_std, layer.weight_mean
            architecture.initializer.fill(rng, stack[row], std=std, mean=mean)
    return stacks
