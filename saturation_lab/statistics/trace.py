"""Traces: the arrays of networks, layer by layer, from which all quantities are computed.

Any code that can produce a `Trace` (a sampler, a hook on a user's own model) gets every quantity,
histogram, figure and report downstream. A trace is discarded after it has been measured.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Array, Float64
from saturation_lab.nets.grams import Rows
from saturation_lab.nets.passes import batch_weight_gradient
from saturation_lab.statistics.jacobian import Jacobians
from saturation_lab.statistics.kernels import over_units
from saturation_lab.statistics.moments import Moments, as_rows, mean_square
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
"""The signals that can have histograms; singular values only if a study requests them."""


Chosen = NDArray[np.int64] | slice
"""Chosen indices, for each network its own, or a slice that is the same for all."""

BLOCK_SIDE = 256
"""The largest number of rows and of columns of a `Block`."""


@dataclass(frozen=True, kw_only=True)
class Block:
    """The rows and columns of a weight gradient whose entries are computed one by one.

    Attributes
    ----------
    rows : array of int of shape (networks, r), or slice
        Units of the layer, by index or the first r of them.
    columns : array of int of shape (networks, c), or slice
        Units of the layer below, by index or the first c of them.
    """

    rows: Chosen
    columns: Chosen


@dataclass(frozen=True, kw_only=True)
class TracedLayer:
    """One affine map and its activation, in N networks at once.

    Attributes
    ----------
    below : array of shape (networks, examples, fan-in)
        The activations a_{l-1} that enter the layer; (1, examples, fan-in) if all networks share
        them.
    pre_activation : array of shape (networks, examples, units)
        The pre-activations z_l.
    activation : array of shape (networks, examples, units)
        The activations a_l.
    gradient : array of shape (networks, examples, units)
        The back-propagated gradients delta_l = ∂C/∂z_l of each example's own loss.
    weight_variance : float
        fan_in · Var w, the σ_w² of the length map; nan if unknown, and then so is the conditional
        mean square.
    bias_variance : float
        σ_b².
    weight_mean, bias_mean : float
        E w and E b: 0 for centred laws. The first is nan if the weights are not draws of one law;
        then ``weight_variance`` is fan_in · mean w², and the conditional mean square is unknown.
    thresholds : tuple of float
        (low, high) outside which z counts as saturated; (-inf, inf) for none.
    block : Block or None
        The entries of the weight gradient that are computed if the whole is too large.
    grams : tuple of Rows or None
        The Gram matrices of a_{l-1} and delta_l, if a sampler has already computed them.
    jacobians : Jacobians or None
        The Jacobians whose singular values are computed; None if none are requested.
    slope : callable or None
        φ', by which gradients that underflowed are told from those of dead units; None if unknown.
    """

    below: Array
    pre_activation: Array
    activation: Array
    gradient: Array
    weight_variance: float = math.nan
    bias_variance: float = 0.0
    weight_mean: float = 0.0
    bias_mean: float = 0.0
    thresholds: tuple[float, float] = (-np.inf, np.inf)
    block: Block | None = None
    grams: tuple[Rows, Rows] | None = None
    jacobians: Jacobians | None = None
    slope: Callable[[Array], Array] | None = None

    @cached_property
    def measured(self) -> dict[str, Signal]:
        """The moments of z, a and delta in each network."""
        signals = ("pre_activation", "activation", "gradient")
        return {signal: measure_signal(self.signal(signal)) for signal in signals}

    @cached_property
    def likeness(self) -> dict[str, Likeness]:
        """The similarity of the examples in z and a, in each network."""
        return {
            signal: measure_likeness(self.signal(signal), self.measured[signal].example_square)
            for signal in ("pre_activation", "activation")
        }

    @cached_property
    def moments(self) -> dict[str, Moments]:
        """The moments over all units and examples of z, a and delta, in each network."""
        return {signal: measured.moments for signal, measured in self.measured.items()}

    @property
    def dead_share(self) -> Float64:
        """The share of units whose z is beyond one threshold for all examples; (networks,)."""
        low, high = np.array(self.thresholds)  # float64, not rounded to the precision of z
        z = self.pre_activation
        dead = (z.max(axis=1) < low) | (z.min(axis=1) > high)
        share: Float64 = np.count_nonzero(dead, axis=1) / dead.shape[1]
        return share

    @cached_property
    def below_square(self) -> Float64:
        """The mean over units of a_{l-1}², of shape (networks, examples)."""
        return example_squares(self.below)

    @cached_property
    def conditional_mean_square(self) -> Float64:
        """K of each example: the mean square of z given the layer below, (networks, examples).

        K = σ_w² mean(a_{l-1}²) + σ_b² if the laws are centred; otherwise plus the square of the
        mean of z, E w Σ a_{l-1} + E b.
        """
        kept = self.weight_variance * self.below_square + self.bias_variance
        if self.weight_mean or self.bias_mean:
            mean = self.weight_mean * self.below.sum(axis=2, dtype=np.float64) + self.bias_mean
            kept = kept + np.square(mean)
        return np.broadcast_to(kept, self.pre_activation.shape[:2])

    @property
    def weight_square(self) -> float:
        """The mean square of the weights under their law; nan if unknown."""
        mean = 0.0 if math.isnan(self.weight_mean) else self.weight_mean
        square: float = self.weight_variance / self.below.shape[-1] + mean**2
        return square

    @cached_property
    def unit_correlation(self) -> Float64:
        """The cosine between the z of two units over the examples, mean over pairs; (networks,).

        With u_i = z_i / ‖z_i‖ for the n units whose z is not 0 throughout, it equals (‖Σ_i u_i‖² -
        n) / (n (n - 1)), so pairs need not be formed; nan if n < 2.
        """
        found = np.empty(len(self.pre_activation))
        over_units(as_rows(self.pre_activation), found)
        return found

    @cached_property
    def weight_gradient(self) -> Array:
        """The entries of the mini-batch mean of delta aᵀ, the gradient that training applies.

        The shape is (networks, units, fan-in); with a block, only its rows and columns, (networks,
        r, c).
        """
        if self.block is None:
            return batch_weight_gradient(self.gradient, self.below)
        below = np.broadcast_to(self.below, (len(self.gradient), *self.below.shape[1:]))
        return batch_weight_gradient(
            _columns(self.gradient, self.block.rows), _columns(below, self.block.columns)
        )

    @cached_property
    def weight_gradient_square(self) -> Float64:
        """The mean square of all entries of the mini-batch mean of delta aᵀ, of shape (networks,).

        With a block it is computed from ‖Σ_b delta_b a_bᵀ‖² = Σ_bc ⟨delta_b, delta_c⟩ ⟨a_b, a_c⟩,
        which is exact as well.
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
        """The singular values of the Jacobians, of shape (networks, K, min(units, fan-in)).

        K is 0 if none are requested."""
        if self.jacobians is None:
            return np.empty((len(self.pre_activation), 0, 0))
        return self.jacobians.singular_values

    def signal(self, name: str) -> Array:
        """Return the values of a signal.

        Parameters
        ----------
        name : str
            One of `COUNTED`.

        Returns
        -------
        array of shape (networks, ...)
            The values, one row per network.
        """
        array: Array = getattr(self, name)
        return array


def _columns(x: Array, chosen: Chosen) -> Array:
    """Return the chosen columns of x [N, B, n]: the same slice, or each network's own indices."""
    if isinstance(chosen, slice):
        return x[:, :, chosen]
    return np.stack([rows.take(columns, axis=1) for rows, columns in zip(x, chosen, strict=True)])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """The traced layers of N networks: the hidden layers from the bottom up, and the output layer.

    Attributes
    ----------
    layers : tuple of TracedLayer
        The hidden layers 1..L.
    output : TracedLayer or None
        The output layer, if there is one.

    Raises
    ------
    InputError
        If the arrays of a layer do not share their shape, or if layers differ in their numbers of
        networks or examples.
    """

    layers: tuple[TracedLayer, ...]
    output: TracedLayer | None = None

    def __post_init__(self) -> None:
        for number, layer in enumerate(self.every_layer, start=1):
            shape = layer.pre_activation.shape
            first = self.every_layer[0].pre_activation.shape
            if len(shape) != 3:
                raise InputError(
                    f"trace layer {number}",
                    expected="pre-activations of shape (networks, examples, units)",
                    got=Words(f"shape {shape}"),
                )
            below = layer.below.shape
            fits = len(below) == 3 and below[0] in (1, shape[0]) and below[1] == shape[1]
            if shape[:2] != first[:2] or not fits:
                raise InputError(
                    f"trace layer {number}",
                    expected=f"{_counted(first[0], 'network')} and "
                    f"{_counted(first[1], 'example')} in every array",
                    got=Words(f"pre-activations of shape {shape}, below of shape {below}"),
                )
            for signal in ("activation", "gradient"):
                if layer.signal(signal).shape != shape:
                    raise InputError(
                        f"trace layer {number}",
                        expected=f"{signal} of shape {shape}, that of the pre-activations",
                        got=Words(f"shape {layer.signal(signal).shape}"),
                    )

    @property
    def every_layer(self) -> tuple[TracedLayer, ...]:
        """The hidden layers, then the output layer if there is one."""
        return self.layers if self.output is None else (*self.layers, self.output)

    def with_layers(self, layers: Sequence[TracedLayer]) -> Trace:
        """Return a trace with other layers in place of `every_layer`.

        Parameters
        ----------
        layers : sequence of TracedLayer
            The hidden layers, then the output layer if this trace has one.

        Returns
        -------
        Trace
            The new trace.
        """
        hidden = len(self.layers)
        return Trace(layers=tuple(layers[:hidden]), output=layers[-1] if self.output else None)
