"""The measurement by saturation_lab: ``python benchmarks/ours.py --workers 2 --networks 20``.

Prints seconds for that many networks, after a first call that starts the workers. Every quantity is
recorded and every signal counted on both axes: more than the peer does. With ``--stages`` prints
where the time of one network goes, on one core, as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from saturation_lab import Study, sample
from saturation_lab.nets.passes import (
    affine,
    backward,
    batch_weight_gradient,
    forward,
    matrices,
)
from saturation_lab.sampling.dense import dense_trace
from saturation_lab.sampling.given import shared_examples
from saturation_lab.sampling.run import axes_of, with_ranges
from saturation_lab.statistics.histogram import BLOCK, count_on_each
from saturation_lab.statistics.summary import summarize
from saturation_lab.statistics.trace import SIGNALS, Trace

Array = NDArray[np.floating[Any]]
Work = Callable[[], None]

ROUNDS = 25


def study_of(given: argparse.Namespace) -> Study:
    """Return the study that the peer measures too."""
    return Study(
        activation="tanh",
        initializer="glorot_uniform",
        widths=[given.width] * given.depth,
        examples=given.examples,
        inputs="shapeset",
        networks=given.networks,
    )


def stages(study: Study) -> dict[str, float]:
    """Return milliseconds of one network on one core: in all, by stage, and limits of stages."""
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
        for layer in trace.every_layer:  # each keeps its weight gradient after the first time
            for signal in SIGNALS:
                count_on_each(layer.signal(signal), axes[signal])

    return {
        "draws": draws,
        "products": products,
        "activations": activations,
        "histograms": histograms,
    }


def _limits(trace: Trace, weights: list[Array]) -> dict[str, Work]:
    """Return what the parts cannot do without, into arrays that are ready.

    The generator's words; the products; tanh; one `np.bincount` of numbers that are ready.
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
            if number:  # nobody asks for the gradient of the inputs
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
    """Return the shortest time of each: in turn, so that all see the machine at its best."""
    best = dict.fromkeys(work, float("inf"))
    for _ in range(ROUNDS):
        for name, do in work.items():
            start = time.perf_counter()
            do()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


def main() -> None:
    """Time the networks, or the stages of one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--networks", type=int, default=20)
    parser.add_argument("--depth", type=int, default=5)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--stages", action="store_true")
    given = parser.parse_args()
    study = study_of(given)
    if given.stages:
        print(json.dumps(stages(study)))
        return
    study = with_ranges(study)
    sample(replace(study, networks=2 * given.workers), workers=given.workers)
    start = time.perf_counter()
    sample(study, workers=given.workers)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
