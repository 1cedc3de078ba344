"""Networks drawn with NumPy alone, for the tests of the assertions about networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Layers = list[Array]
Named = dict[str, Array]
Draw = Callable[[np.random.Generator], Layers]
DrawNamed = Callable[[np.random.Generator], Named]
Std = Callable[[int, int], float]
EQUAL, TAPERING, STEEP = (80,) * 9, (200, 200, 120, 80, 50, 30), (256, 256, 96, 36, 14)
RIGHT: Mapping[int, float] = {}


def he(n: int, m: int) -> float:
    return math.sqrt(2 / n)


def he_fan_out(n: int, m: int) -> float:
    return math.sqrt(2 / m)


def glorot(n: int, m: int) -> float:
    return math.sqrt(2 / (n + m))


def lecun(n: int, m: int) -> float:
    return math.sqrt(1 / n)


def whole(
    std: Std,
    widths: Sequence[int] = EQUAL,
    *,
    act: str = "relu",
    mean: float = 0.0,
    dtype: str = "float64",
    scale: Mapping[int, float] = RIGHT,
    norm: bool = False,
) -> DrawNamed:
    """Return what draws the input and the pre-activations of one network on 8 examples.

    ``scale`` multiplies the weights of some layers, counted from 1. With ``norm``, every unit is
    standardized over the examples before its activation, after z was recorded.
    """

    def draw(rng: np.random.Generator) -> Named:
        a = rng.standard_normal((8, widths[0])).astype(dtype)
        layers = {"input": a}
        for layer, (n, m) in enumerate(pairwise(widths), start=1):
            w = scale.get(layer, 1.0) * rng.normal(mean, std(n, m), (n, m))
            z = layers[f"layer {layer}"] = a @ w.astype(dtype)
            if norm:
                z = (z - z.mean(axis=0)) / z.std(axis=0)
            a = np.tanh(z) if act == "tanh" else np.maximum(z, 0)
        return layers

    return draw


def forward(std: Std, widths: Sequence[int] = EQUAL, **options: Any) -> Draw:
    """Return what draws the pre-activations of one network on 8 examples, without its input."""
    draw = whole(std, widths, **options)
    return lambda rng: list(draw(rng).values())[1:]


def downward(
    std: Std, widths: Sequence[int] = EQUAL, *, scale: Mapping[int, float] = RIGHT
) -> DrawNamed:
    """Return what draws the gradients of one ReLU network and of its output, the last width."""

    def draw(rng: np.random.Generator) -> Named:
        a, weights, open_ = rng.standard_normal((8, widths[0])), [], []
        for layer, (n, m) in enumerate(pairwise(widths), start=1):
            weights.append(scale.get(layer, 1.0) * rng.normal(0, std(n, m), (n, m)))
            a = a @ weights[-1]
            open_.append(a > 0)
            a = np.maximum(a, 0)
        delta = rng.standard_normal(a.shape)
        deltas = {"output": delta}
        for layer in range(len(weights) - 1, 0, -1):
            delta = (delta @ weights[layer].T) * open_[layer - 1]
            deltas[f"layer {layer}"] = delta
        return dict(reversed(deltas.items()))

    return draw


def backward(
    std: Std, widths: Sequence[int] = EQUAL, *, scale: Mapping[int, float] = RIGHT
) -> Draw:
    """Return what draws the gradients of the hidden layers of one ReLU network."""
    draw = downward(std, (*widths, widths[-1]), scale=scale)
    return lambda rng: list(draw(rng).values())[:-1]
