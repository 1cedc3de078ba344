"""What does a network show of itself, layer by layer?

Whoever can make a `Trace` (a sampler, a hook on somebody's own model) gets every quantity,
histogram, figure and report downstream. It is dropped after it was measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.nets.grams import Rows
from saturation_lab.nets.passes import batch_weight_gradient
from saturation_lab.statistics.jacobian import Jacobians
from saturation_lab.statistics.moments import Moments, mean_square
from saturation_lab.statistics.signal import (
    Likeness,
    Signal,
    example_squares,
    measure_likeness,
    measure_signal,
)

SIGNALS = ("pre_activation", "activation", "gradient", "weight_gradient")
"""The four arrays of a layer whose histograms are kept."""

COUNTED = (*SIGNALS, "singular_value")
"""All that histograms can be kept of; singular values only where a study asks for them."""


Chosen = NDArray[np.int64] | slice

BLOCK_SIDE = 256
"""The most rows and columns of a `Block`."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """Which entries of a weight gradient are looked at one by one: some rows and columns.

    Attributes:
        rows: units, by index [N, r] or the first r of them.
        columns: units below, [N, c] or the first c of them.
    """

    rows: Chosen
    columns: Chosen


@dataclass(frozen=True, kw_only=True)
class TracedLayer:
    """One affine map and its activation, in N networks at once.

    Attributes:
        below: a_{l-1}, the activations that enter, [N, B, fan_in] (or [1, B, fan_in] if shared).
        pre_activation: z_l, [N, B, n].
        activation: a_l, [N, B, n].
        gradient: delta_l = ∂C/∂z_l of each example's own loss, [N, B, n].
        weight_variance: fan_in · Var w, the σ_w² of the length map; nan where it is not known,
            and then the conditional mean square is not either.
        bias_variance: σ_b².
        thresholds: (low, high) outside which z counts as saturated; (-inf, inf) for none.
        block: the entries that stand for the weight gradient where it has too many to be formed.
        grams: the Gram matrices of a_{l-1} and delta_l, where a sampler has needed them.
        jacobians: what the singular values come from; None where none are asked for.
    """

    below: Array
    pre_activation: Array
    activation: Array
    gradient: Array
    weight_variance: float = math.nan
    bias_variance: float = 0.0
    thresholds: tuple[float, float] = (-np.inf, np.inf)
    block: Block | None = None
    grams: tuple[Rows, Rows] | None = None
    jacobians: Jacobians | None = None

    @cached_property
    def measured(self) -> dict[str, Signal]:
        """What is measured of z, a and delta, in each network."""
        signals = ("pre_activation", "activation", "gradient")
        return {signal: measure_signal(self.signal(signal)) for signal in signals}

    @cached_property
    def likeness(self) -> dict[str, Likeness]:
        """How alike the examples are in z and a, in each network."""
        return {
            signal: measure_likeness(self.signal(signal), self.measured[signal].example_square)
            for signal in ("pre_activation", "activation")
        }

    @cached_property
    def moments(self) -> dict[str, Moments]:
        """Moments over all units and examples of z, a and delta, in each network."""
        return {signal: measured.moments for signal, measured in self.measured.items()}

    @property
    def dead_share(self) -> Float64:
        """The share of units whose z is beyond the same threshold for all examples, [N]."""
        low, high = np.array(self.thresholds)  # not rounded to the precision of z
        z = self.pre_activation
        dead = (z.max(axis=1) < low) | (z.min(axis=1) > high)
        share: Float64 = np.count_nonzero(dead, axis=1) / dead.shape[1]
        return share

    @cached_property
    def below_square(self) -> Float64:
        """Mean over units of a_{l-1}², for each network and example, [N, B]."""
        return example_squares(self.below)

    @cached_property
    def conditional_mean_square(self) -> Float64:
        """K = σ_w² mean(a_{l-1}²) + σ_b²: Var z given the layer below, each example, [N, B]."""
        kept = self.weight_variance * self.below_square + self.bias_variance
        return np.broadcast_to(kept, self.pre_activation.shape[:2])

    @cached_property
    def weight_gradient(self) -> Array:
        """Entries of the mini-batch mean of delta aᵀ, [N, n, fan_in]: what training applies.

        With a block those of its rows and columns, [N, r, c].
        """
        if self.block is None:
            return batch_weight_gradient(self.gradient, self.below)
        below = np.broadcast_to(self.below, (len(self.gradient), *self.below.shape[1:]))
        return batch_weight_gradient(
            _columns(self.gradient, self.block.rows), _columns(below, self.block.columns)
        )

    @cached_property
    def weight_gradient_square(self) -> Float64:
        """Mean square of all entries of the mini-batch mean of delta aᵀ, [N].

        With a block from ‖Σ_b delta_b a_bᵀ‖² = Σ_bc ⟨delta_b, delta_c⟩ ⟨a_b, a_c⟩, exact as well.
        """
        if self.block is None:
            return mean_square(self.weight_gradient)
        examples, units = self.gradient.shape[1:]
        below, gradient = self.grams or (Rows(self.below), Rows(self.gradient))
        products = gradient.gram * below.gram
        total = np.maximum(products.sum(axis=(1, 2)), 0) / examples**2
        square: Float64 = total / (units * self.below.shape[-1])
        return square

    @property
    def singular_value(self) -> Float64:
        """Singular values of the layer's Jacobians, [N, K, min(n, fan_in)]; without any K = 0."""
        if self.jacobians is None:
            return np.empty((len(self.pre_activation), 0, 0))
        return self.jacobians.singular_values

    def signal(self, name: str) -> Array:
        """Return one of `COUNTED`."""
        array: Array = getattr(self, name)
        return array


def _columns(x: Array, chosen: Chosen) -> Array:
    """Return the chosen columns of x [N, B, n]: the first, or for each network its own."""
    if isinstance(chosen, slice):
        return x[:, :, chosen]
    return np.stack([rows.take(columns, axis=1) for rows, columns in zip(x, chosen, strict=True)])


@dataclass(frozen=True, kw_only=True)
class Trace:
    """What N networks show: hidden layers 1..L from the bottom up, then the output layer if any.

    Raises:
        InputError: the arrays of a layer do not share their [N, B, n], or layers their [N, B].
    """

    layers: tuple[TracedLayer, ...]
    output: TracedLayer | None = None

    def __post_init__(self) -> None:
        for number, layer in enumerate(self.every_layer, start=1):
            shape = layer.pre_activation.shape
            first = self.every_layer[0].pre_activation.shape
            if len(shape) != 3:
                raise InputError(
                    f"trace layer {number}", expected="pre-activations [N, B, n]", got=shape
                )
            below = layer.below.shape
            fits = len(below) == 3 and below[0] in (1, shape[0]) and below[1] == shape[1]
            if shape[:2] != first[:2] or not fits:
                raise InputError(
                    f"trace layer {number}",
                    expected=f"{first[0]} networks and {first[1]} examples in every array",
                    got=Words(f"pre-activations of shape {shape}, below of shape {below}"),
                )
            for signal in ("activation", "gradient"):
                if layer.signal(signal).shape != shape:
                    raise InputError(
                        f"trace layer {number}",
                        expected=f"{signal} of shape {shape} as the pre-activations",
                        got=layer.signal(signal).shape,
                    )

    @property
    def every_layer(self) -> tuple[TracedLayer, ...]:
        """Return the hidden layers, then the output layer if there is one."""
        return self.layers if self.output is None else (*self.layers, self.output)

    def with_layers(self, layers: Sequence[TracedLayer]) -> Trace:
        """Return a trace of other layers in the place of `every_layer`."""
        hidden = len(self.layers)
        return Trace(layers=tuple(layers[:hidden]), output=layers[-1] if self.output else None)
