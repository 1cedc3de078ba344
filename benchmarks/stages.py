"""The time of one network, by stage, compared with a lower limit for each stage.

``python -m benchmarks.stages --law uniform --examples 50`` prints the milliseconds of one network
of the dense race on one core, as JSON. The limit is the time that NumPy needs for the bare minimum
of a stage.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from benchmarks.ours import study_of
from benchmarks.program import networks_of, options
from saturation_lab import Study, Trace
from saturation_lab.examples import shared_examples
from saturation_lab.nets import affine, backward, batch_weight_gradient, forward, matrices
from saturation_lab.nets.normals import BLOCK
from saturation_lab.sampling import axes_of, dense_trace, with_ranges
from saturation_lab.statistics import SIGNALS, summarize, tallies_of

Array = NDArray[np.floating[Any]]
Work = Callable[[], None]

ROUNDS = 25


def stages(study: Study) -> dict[str, float]:
    """Measure milliseconds of one network on one core: in all, by stage, and the limits."""
    study = with_ranges(study)
    shared, axes = shared_examples(study), axes_of(study)
    trace = dense_trace(study, [0], shared)
    weights = [
        np.empty((layer.fan_out, layer.fan_in), np.float32) for layer in study.architecture.layers
    ]
    parts = _parts(study, trace, weights)

    def whole() -> None:
        summarize(dense_trace(study, [0], shared), networks=np.array([0]), axes=axes)

    with threadpool_limits(1), np.errstate(all="ignore"):
        times = _fastest({"all": whole, **parts, **_limits(trace, weights)})
    times["other statistics"] = times["all"] - sum(times[name] for name in parts)
    return {name: 1000 * seconds for name, seconds in times.items()}


def _parts(study: Study, trace: Trace, weights: list[Array]) -> dict[str, Work]:
    architecture, axes = study.architecture, axes_of(study)
    hidden, last = trace.layers, trace.every_layer[-1]
    maps = matrices(weights)
    linear = replace(architecture.activation, value=lambda z: z, derivative=np.ones_like)
    rng = np.random.default_rng(0)

    def draws() -> None:
        for weight, layer in zip(weights, architecture.layers, strict=True):
            architecture.initializer.fill(rng, weight, std=layer.weight_std)

    def products() -> None:
        forward(hidden[0].below, maps[:-1], [None] * len(hidden), linear)
        affine(last.below, maps[-1], None)
        maps[-1].down(last.gradient)
        zs = [layer.pre_activation for layer in hidden]
        backward(hidden[-1].gradient, maps[:-1], zs, linear)
        for layer in trace.every_layer:
            batch_weight_gradient(layer.gradient, layer.below)

    def activations() -> None:
        for layer in hidden:
            architecture.activation.value(layer.pre_activation)
            architecture.activation.derivative(layer.pre_activation)

    def histograms() -> None:
        for layer in trace.every_layer:  # each layer caches its weight gradient in the first round
            tallies_of(layer, axes)

    return {
        "draws": draws,
        "products": products,
        "activations": activations,
        "histograms": histograms,
    }


def _limits(trace: Trace, weights: list[Array]) -> dict[str, Work]:
    """Return the indispensable work of each stage, with preallocated arrays.

    This is the output of the random generator, the products, tanh, and one `np.bincount` of given
    bin numbers.
    """
    layers = trace.every_layer
    rng = np.random.default_rng(0)
    ranks = rng.integers(600, size=BLOCK)
    z, a, gradient = (
        [np.empty_like(layer.signal(signal)) for layer in layers]
        for signal in ("pre_activation", "activation", "weight_gradient")
    )
    below = [np.empty_like(layer.below) for layer in layers]

    def draws() -> None:
        for _ in range(sum(weight.size for weight in weights) // BLOCK):
            rng.integers(2**64 - 1, size=BLOCK // 2, dtype=np.uint64, endpoint=True)

    def products() -> None:
        for number, (layer, weight) in enumerate(zip(layers, weights, strict=True)):
            np.matmul(layer.below, weight.T, out=z[number])
            if number:  # the gradient of the inputs is not needed
                np.matmul(layer.gradient, weight, out=below[number])
            np.matmul(layer.gradient.swapaxes(-1, -2), layer.below, out=gradient[number])

    def activations() -> None:
        for layer, ready in zip(trace.layers, a, strict=False):
            np.tanh(layer.pre_activation, out=ready)

    def histograms() -> None:
        values = sum(layer.signal(signal).size for layer in layers for signal in SIGNALS)
        for _ in range(values // BLOCK):
            np.bincount(ranks, minlength=600)

    return {
        "limit of draws": draws,
        "limit of products": products,
        "limit of activations": activations,
        "limit of histograms": histograms,
    }


def _fastest(work: Mapping[str, Work]) -> dict[str, float]:
    """Return the shortest time of each, taking turns so that all meet the machine at its best."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, do in work.items():
            start = time.perf_counter()
            do()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    """Print the stages for the networks that the options describe."""
    given = options(__doc__).parse_args()
    print(json.dumps(stages(study_of(networks_of(given), 1))))


if __name__ == "__main__":
    main()
