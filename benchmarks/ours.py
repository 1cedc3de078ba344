"""The measurement by saturation_lab: ``python benchmarks/ours.py --workers 2 --networks 20``.

Prints seconds for that many networks, after a first call that starts the workers. Every quantity is
recorded and every signal counted on both axes: more than the peer does. With ``--stages`` prints
where the time of one network goes, on one core, as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from threadpoolctl import threadpool_limits

from saturation_lab import Study, sample
from saturation_lab.nets.initializers import LAWS
from saturation_lab.nets.passes import backward, batch_weight_gradient, forward, matrices
from saturation_lab.sampling.dense import dense_trace
from saturation_lab.sampling.given import shared_examples
from saturation_lab.sampling.run import axes_of, with_ranges
from saturation_lab.statistics.histogram import count
from saturation_lab.statistics.summary import summarize
from saturation_lab.statistics.trace import SIGNALS

ROUNDS = 7


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
    """Return milliseconds of one network on one core: in all, by stage, and two limits."""
    study = with_ranges(study)
    layers = study.architecture.layers
    shared, axes = shared_examples(study), axes_of(study)
    rng = np.random.default_rng(0)

    def draw() -> list[np.ndarray]:
        law = LAWS["uniform"]
        return [law(rng, (m.fan_out, m.fan_in), m.weight_std, study.dtype) for m in layers]

    weights = draw()
    tanh = study.architecture.activation
    trace = dense_trace(study, [0], shared)
    x = trace.layers[0].below
    zs = [layer.pre_activation for layer in trace.layers]
    hidden = matrices(weights[: len(zs)])
    deltas = [layer.gradient for layer in trace.every_layer]
    belows = [layer.below for layer in trace.every_layer]
    gradients = [batch_weight_gradient(d, b) for d, b in zip(deltas, belows, strict=True)]

    def products() -> None:
        linear = replace(tanh, value=lambda z: z, derivative=np.ones_like)
        forward(x, hidden, [None] * len(hidden), linear)
        backward(deltas[-2], hidden, zs, linear)
        for delta, below in zip(deltas, belows, strict=True):
            batch_weight_gradient(delta, below)

    def activations() -> None:
        for z in zs:
            tanh.value(z)
            tanh.derivative(z)

    def histograms() -> None:
        for layer, gradient in zip(trace.every_layer, gradients, strict=True):
            for signal in SIGNALS:
                values = gradient if signal == "weight_gradient" else layer.signal(signal)
                for axis in axes[signal]:
                    count(values, axis)

    def whole() -> None:
        summarize(dense_trace(study, [0], shared), networks=np.array([0]), axes=axes)

    found = {
        "all": whole,
        "draws": draw,
        "products": products,
        "activations": activations,
        "histograms": histograms,
    }
    with threadpool_limits(1):
        times = {name: _fastest(stage) for name, stage in found.items()}
        plain = [(m.fan_out, m.fan_in) for m in layers]
        times["limit: draws alone"] = _fastest(
            lambda: [rng.random(shape, dtype=np.float32) for shape in plain]
        )
    times["other statistics"] = times["all"] - sum(
        times[name] for name in ("draws", "products", "activations", "histograms")
    )
    return {name: 1000 * seconds for name, seconds in times.items()}


def _fastest(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
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
