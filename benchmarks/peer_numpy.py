"""The same measurement as a plain NumPy loop, as a careful user would write it.

``python -m benchmarks.peer_numpy --networks 20`` times 20 networks: weights drawn in float32 into
preallocated arrays, matrix products, ``np.tanh``, ``np.histogram``, and moments of z, a and delta.
Weight gradients are measured in the same way or by their mean square only, as in
`benchmarks.peer_torch`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import CLASSES, FEATURES, Networks
from benchmarks.program import answer, networks_of, options, timed

Array = NDArray[np.float32]

BINS = 200


def draw_normal(rng: np.random.Generator, weight: Array) -> None:
    """Fill an array with Glorot's normal initialization."""
    rng.standard_normal(dtype=np.float32, out=weight)
    weight *= np.float32(math.sqrt(2 / sum(weight.shape)))


def draw_uniform(rng: np.random.Generator, weight: Array) -> None:
    """Fill an array with Glorot's uniform initialization."""
    rng.random(dtype=np.float32, out=weight)
    weight -= np.float32(0.5)
    weight *= np.float32(2 * math.sqrt(6 / sum(weight.shape)))


DRAWS: dict[str, Callable[[np.random.Generator, Array], None]] = {
    "normal": draw_normal,
    "uniform": draw_uniform,
}


def measure(x: Array, reach: float) -> tuple[Any, ...]:
    """Compute the histogram, mean, variance, skewness and kurtosis of all entries."""
    counts, _ = np.histogram(x, bins=BINS, range=(-reach, reach))
    mean = x.mean()
    centred = x - mean
    squares = centred * centred
    variance = squares.mean()
    third = (squares * centred).mean() / variance**1.5
    fourth = (squares * squares).mean() / variance**2
    return counts, mean, variance, third, fourth


def softmax_gradient(z: Array, labels: NDArray[np.int64]) -> Array:
    """Return the gradient of -log softmax of the label: the softmax, minus 1 at the label."""
    shares: Array = np.exp(z - z.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    shares[np.arange(len(z)), labels] -= 1
    return shares


class Program:
    """Networks of one shape, drawn repeatedly into the same arrays."""

    def __init__(self, networks: Networks) -> None:
        """Create the arrays and the examples."""
        self.rng = np.random.default_rng(0)
        self.x = self.rng.standard_normal((networks.examples, FEATURES), dtype=np.float32)
        self.labels = self.rng.integers(CLASSES, size=networks.examples)
        self.weights: list[Array] = [
            np.empty((fan_out, fan_in), np.float32) for fan_in, fan_out in pairwise(networks.widths)
        ]
        self.draw = DRAWS[networks.law]
        self.every_weight_gradient = networks.every_weight_gradient

    def network(self) -> list[float]:
        """Draw one network, run both passes, and return the mean squares of delta."""
        for weight in self.weights:
            self.draw(self.rng, weight)
        activations = [self.x]
        for weight in self.weights[:-1]:
            z = activations[-1] @ weight.T
            measure(z, 3.0)
            activations.append(np.tanh(z))
            measure(activations[-1], 1.0)
        top = softmax_gradient(activations[-1] @ self.weights[-1].T, self.labels)
        found, back = [], top @ self.weights[-1]
        for number in reversed(range(len(self.weights) - 1)):
            delta = back * (1 - np.square(activations[number + 1]))
            found.append(float(measure(delta, 0.1)[2]))
            self._weight_gradient(delta, activations[number])
            if number:
                back = delta @ self.weights[number]
        return found[::-1]

    def _weight_gradient(self, delta: Array, below: Array) -> None:
        gradient = delta.T @ below
        gradient /= np.float32(len(delta))
        if self.every_weight_gradient:
            measure(gradient, 0.01)
        else:
            np.vdot(gradient, gradient) / gradient.size


def main() -> None:
    """Time ``--networks`` networks after a warm-up."""
    given = options(__doc__).parse_args()
    program = Program(networks_of(given))
    if not all(math.isfinite(square) for square in program.network()):
        raise SystemExit("a network is not finite")
    answer(timed(program.network, given.networks))


if __name__ == "__main__":
    main()
