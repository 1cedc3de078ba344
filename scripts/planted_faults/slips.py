"""Functions that plant faults in the package, as a programmer might introduce them by mistake.

Each takes a `MonkeyPatch` and replaces one function or constant by a wrong version. The faults of
undrawn weights are in `tests.laws.undrawn_faults`. The docstrings state the wrong formula first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import Activation, Initializer
from saturation_lab.nets import LAWS, Matrix, Weights, initializers, passes, streams
from saturation_lab.sampling import dense, show
from saturation_lab.statistics import trace
from saturation_lab.theory import LengthMap, gaussian_curve
from tests.laws.undrawn_faults import Plant

Array = NDArray[Any]
Rng = np.random.Generator

WORKER = 10
"""The number of networks of a worker that wrongly counts them from 0."""

STD, FILL = Initializer.std, Initializer.fill


def _std(wrong: Callable[[Initializer, int, int, float], float]) -> Plant:
    def std(rule: Initializer, *, fan_in: int, fan_out: int, gain: float) -> float:
        return wrong(rule, fan_in, fan_out, gain)

    return lambda patch: patch.setattr(Initializer, "std", std)


gain_of_the_rule = _std(lambda rule, n, m, g: 1.01 * STD(rule, fan_in=n, fan_out=m, gain=g))
"""1.01 g √scale instead of g √scale."""

fans_swapped = _std(lambda rule, n, m, g: STD(rule, fan_in=m, fan_out=n, gain=g))
"""Fan-in n and fan-out m are swapped."""

root_forgotten = _std(lambda rule, n, m, g: g * rule.scale.variance(n, m))
"""g · scale instead of g √scale."""


def _fill(wrong: Callable[[Rng, float], tuple[Rng, float]]) -> Plant:
    def fill(rule: Initializer, rng: Rng, out: Array, *, std: float, mean: float = 0.0) -> None:
        rng, std = wrong(rng, std)
        FILL(rule, rng, out, std=std, mean=mean)

    return lambda patch: patch.setattr(Initializer, "fill", fill)


gain_of_the_draws = _fill(lambda rng, std: (rng, 1.01 * std))
"""The rule is correct, but weights are drawn with 1.01 times its standard deviation."""

one_stream_for_all_layers = _fill(lambda rng, std: (deepcopy(rng), std))
"""Every layer draws from the generator in the same state."""


def bound_for_std(patch: pytest.MonkeyPatch) -> None:
    """Draw from U[±std] instead of U[±√3 std]."""
    right = LAWS["uniform"]
    patch.setitem(LAWS, "uniform", lambda rng, out, std: right(rng, out, std / math.sqrt(3)))


def gain_for_all(gain: float) -> Plant:
    """Return the fault that gives the same gain to every activation."""
    return lambda patch: patch.setattr(Initializer, "gain_for", lambda rule, activation: gain)


def truncated_not_restored(patch: pytest.MonkeyPatch) -> None:
    """Truncate at ±2 without dividing by the resulting standard deviation 0.88."""
    patch.setattr(initializers, "TRUNCATED_STD", 1.0)


def variance_measured(patch: pytest.MonkeyPatch) -> None:
    """Compute K from the variance of a instead of its mean square."""
    patch.setattr(trace, "example_squares", lambda x: x.var(axis=-1, dtype=np.float64))


def variance_expected(patch: pytest.MonkeyPatch) -> None:
    """Compute V(q) from E φ² - (E φ)² instead of E φ²."""

    def variance(chosen: LengthMap) -> Callable[[Array], Array]:
        square, mean = (gaussian_curve(chosen.activation, of=of) for of in ("square", "value"))
        return lambda q: square(q) - np.square(mean(q))

    patch.setattr(LengthMap, "_square", property(variance))


def bias_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Compute z = W a without the bias."""
    for room in (passes, show):
        patch.setattr(room, "affine", lambda a, weights, bias: weights.up(a))


def _layers(wrong: Callable[..., Any]) -> Plant:
    traced = show._traced
    return lambda patch: patch.setattr(show, "_traced", lambda *given: traced(*wrong(*given)))


laws_off_by_one = _layers(lambda net, number, *given: (net, number - 1, *given))
"""σ_w² of the layer below: layers are counted from 1, but Python's indices from 0."""

below_off_by_one = _layers(lambda net, n, t, below, z, a, delta: (net, n, t, a, z, a, delta))
"""a_l instead of a_{l-1} as the input of layer l."""


def _back(wrong: Callable[[Sequence[Weights], Sequence[Array]], tuple[Any, Any]]) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        def backward(cotangent: Array, weights: Any, zs: Any, activation: Any) -> list[Array]:
            return passes.backward(cotangent, *wrong(weights, zs), activation)

        patch.setattr(show, "backward", backward)

    return plant


weights_off_by_one = _back(lambda weights, zs: ([weights[0], *weights[:-1]], zs))
"""W_{l-1} instead of W_l in the backward pass."""

slopes_off_by_one = _back(lambda weights, zs: (weights, [zs[0], *zs[:-1]]))
"""φ'(z_{l-1}) instead of φ'(z_l)."""


def slope_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Use Wᵀ delta instead of φ'(z) ∘ Wᵀ delta."""

    def backward(cotangent: Array, weights: Any, zs: Any, activation: Activation) -> list[Array]:
        flat = replace(activation, derivative=np.ones_like)
        return passes.backward(cotangent, weights, zs, flat)

    patch.setattr(show, "backward", backward)


def one_stream_for_all_workers(patch: pytest.MonkeyPatch) -> None:
    """Draw the weights of a network from the stream of its position in a worker's batch."""

    def stream(seed: int, *, network: int, **given: Any) -> Rng:
        return streams.stream(seed, network=network % WORKER, **given)

    patch.setattr(dense, "stream", stream)


def not_transposed(patch: pytest.MonkeyPatch) -> None:
    """Use W delta instead of Wᵀ delta."""
    patch.setattr(Matrix, "down", lambda own, delta: own.up(delta))


def fresh_weights(patch: pytest.MonkeyPatch) -> None:
    """Use the weights of the next network in the backward pass."""
    patch.setattr(Matrix, "down", lambda own, delta: delta @ np.roll(own.weight, 1, axis=0))
