"""How is a fault planted in the package, as a slip of the pen would be?

Each takes a `MonkeyPatch`; the wrong form stands beside the right one, under the same name. Those
of undrawn weights are in `tests.laws.undrawn_faults`.
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

from saturation_lab.nets import initializers, passes, streams
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.initializers import LAWS, Initializer
from saturation_lab.nets.passes import Matrix, Weights
from saturation_lab.sampling import dense, show
from saturation_lab.statistics import trace
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.length_map import LengthMap

Array = NDArray[Any]
Plant = Callable[[pytest.MonkeyPatch], None]

WORKER = 10
"""Networks of a worker that counts its own from 0."""

STD, FILL = Initializer.std, Initializer.fill


def gain_of_the_rule(patch: pytest.MonkeyPatch) -> None:
    """1.01 g √scale for g √scale."""
    patch.setattr(Initializer, "std", lambda rule, **given: 1.01 * STD(rule, **given))


def gain_of_the_draws(patch: pytest.MonkeyPatch) -> None:
    """The rule is right, what is drawn has 1.01 times its spread."""

    def fill(rule: Initializer, rng: np.random.Generator, out: Array, *, std: float) -> None:
        FILL(rule, rng, out, std=1.01 * std)

    patch.setattr(Initializer, "fill", fill)


def fans_swapped(patch: pytest.MonkeyPatch) -> None:
    """n for m and m for n."""

    def std(rule: Initializer, *, fan_in: int, fan_out: int, gain: float) -> float:
        return STD(rule, fan_in=fan_out, fan_out=fan_in, gain=gain)

    patch.setattr(Initializer, "std", std)


def root_forgotten(patch: pytest.MonkeyPatch) -> None:
    """g · scale for g √scale."""

    def std(rule: Initializer, *, fan_in: int, fan_out: int, gain: float) -> float:
        return gain * rule.scale.variance(fan_in, fan_out)

    patch.setattr(Initializer, "std", std)


def bound_for_std(patch: pytest.MonkeyPatch) -> None:
    """U[±std] for U[±√3 std]."""
    right = LAWS["uniform"]
    patch.setitem(LAWS, "uniform", lambda rng, out, std: right(rng, out, std / math.sqrt(3)))


def gain_for_all(gain: float) -> Plant:
    """Return the slip that gives every activation one gain."""
    return lambda patch: patch.setattr(Initializer, "gain_for", lambda rule, activation: gain)


def truncated_not_restored(patch: pytest.MonkeyPatch) -> None:
    """Cut off at ±2, and not divided by the 0.88 that this leaves."""
    patch.setattr(initializers, "TRUNCATED_STD", 1.0)


def variance_measured(patch: pytest.MonkeyPatch) -> None:
    """K from the variance of a in place of its mean square."""
    patch.setattr(trace, "example_squares", lambda x: x.var(axis=-1, dtype=np.float64))


def variance_expected(patch: pytest.MonkeyPatch) -> None:
    """V(q) from E φ² - (E φ)² in place of E φ²."""

    def variance(chosen: LengthMap) -> Callable[[Array], Array]:
        square, mean = (gaussian_curve(chosen.activation, of=of) for of in ("square", "value"))
        return lambda q: square(q) - np.square(mean(q))

    patch.setattr(LengthMap, "_square", property(variance))


def bias_forgotten(patch: pytest.MonkeyPatch) -> None:
    """z = W a."""
    for room in (passes, show):
        patch.setattr(room, "affine", lambda a, weights, bias: weights.up(a))


def _layers(wrong: Callable[..., Any]) -> Plant:
    traced = show._traced
    return lambda patch: patch.setattr(show, "_traced", lambda *given: traced(*wrong(*given)))


laws_off_by_one = _layers(lambda net, number, *given: (net, number - 1, *given))
"""σ_w² of the layer below: layers are counted from 1, Python's from 0."""

below_off_by_one = _layers(lambda net, n, t, below, z, a, delta: (net, n, t, a, z, a, delta))
"""a_l for a_{l-1} as what enters layer l."""


def _back(wrong: Callable[[Sequence[Weights], Sequence[Array]], tuple[Any, Any]]) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        def backward(cotangent: Array, weights: Any, zs: Any, activation: Any) -> list[Array]:
            return passes.backward(cotangent, *wrong(weights, zs), activation)

        patch.setattr(show, "backward", backward)

    return plant


weights_off_by_one = _back(lambda weights, zs: ([weights[0], *weights[:-1]], zs))
"""W_{l-1} for W_l on the way back."""

slopes_off_by_one = _back(lambda weights, zs: (weights, [zs[0], *zs[:-1]]))
"""φ'(z_{l-1}) for φ'(z_l)."""


def slope_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Wᵀ delta for φ'(z) ∘ Wᵀ delta."""

    def backward(cotangent: Array, weights: Any, zs: Any, activation: Activation) -> list[Array]:
        flat = replace(activation, derivative=np.ones_like)
        return passes.backward(cotangent, weights, zs, flat)

    patch.setattr(show, "backward", backward)


def one_stream_for_all_layers(patch: pytest.MonkeyPatch) -> None:
    """Every layer finds the generator in the same state."""

    def fill(rule: Initializer, rng: np.random.Generator, out: Array, *, std: float) -> None:
        FILL(rule, deepcopy(rng), out, std=std)

    patch.setattr(Initializer, "fill", fill)


def one_stream_for_all_workers(patch: pytest.MonkeyPatch) -> None:
    """The weights of network i come from the stream of its place in a worker's lot."""

    def stream(seed: int, *, network: int, **given: Any) -> np.random.Generator:
        return streams.stream(seed, network=network % WORKER, **given)

    patch.setattr(dense, "stream", stream)


def not_transposed(patch: pytest.MonkeyPatch) -> None:
    """W delta for Wᵀ delta."""
    patch.setattr(Matrix, "down", lambda own, delta: own.up(delta))


def fresh_weights(patch: pytest.MonkeyPatch) -> None:
    """Other weights than on the way up: those of the next network."""
    patch.setattr(Matrix, "down", lambda own, delta: delta @ np.roll(own.weight, 1, axis=0))
