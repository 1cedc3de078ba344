"""The expected value of each recorded quantity in the output layer under the softmax loss.

The output layer has few units even in a wide network, so that a mean of ratios is not the ratio of
means. Ratios are therefore averaged over the fixed draws of the logits, which are measured like
any network. Sums are exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Float64
from saturation_lab.statistics.signal import (
    Likeness,
    Signal,
    measure_likeness,
    measure_signal,
)
from saturation_lab.theory.backward import RATIO_DRAWS, Logits
from saturation_lab.theory.expected import (
    batch_weight_gradient,
    gradient_mean_square,
    mean_of,
    root_mean,
    unit_correlation,
    weight_gradient,
)
from saturation_lab.theory.forward import Step
from saturation_lab.theory.response import Gram


@dataclass(frozen=True, kw_only=True, eq=False)
class Output:
    """The output layer, with everything that its expected quantities are computed from.

    Attributes
    ----------
    architecture : Architecture
        The networks.
    step : Step
        The affine map, with the Gram matrices below and above it.
    top : Logits
        The softmax loss.
    peaks : mapping of str to float
        The half-width of the 0-peak, for each signal whose common axis the study specifies.
    """

    architecture: Architecture
    step: Step
    top: Logits
    peaks: Mapping[str, float]

    @cached_property
    def signals(self) -> dict[str, Signal]:
        """The statistics of z, softmax(z) and δ in each draw."""
        return {name: measure_signal(x) for name, x in self.arrays.items()}

    @cached_property
    def likeness(self) -> dict[str, Likeness]:
        """The similarity of the examples in each draw of z and softmax(z)."""
        return {
            name: measure_likeness(self.arrays[name], self.signals[name].example_square)
            for name in ("pre_activation", "activation")
        }

    @property
    def arrays(self) -> dict[str, Float64]:
        """The draws of z, softmax(z) and δ, each of shape (draws, examples, classes)."""
        top = self.top
        return {"pre_activation": top.z, "activation": top.shares, "gradient": top.delta}

    @property
    def centred(self) -> Gram:
        """The mean products of z about the mean of the biases."""
        return self.step.z if not self.step.layer.bias_mean else self.step.given

    @property
    def delta(self) -> Float64:
        """E δ_a δ_b for every pair of examples, averaged over classes: (examples, examples)."""
        return self.top.delta_product / self.step.layer.fan_out


def _gradient_to_weight(output: Output) -> float:
    top, layer = output.top, output.step.layer
    if not top.scale:  # zero weights
        return math.nan
    square = top.batch(output.step.below.product) / (top.scale * layer.fan_out)
    return root_mean(square) / layer.weight_std


def _drawn(signal: str, read: Callable[[Signal], Float64]) -> Callable[[Output], float]:
    return lambda output: mean_of(read(output.signals[signal]))


def _drawn_percentile(signal: str, percent: int) -> Callable[[Output], float]:
    return lambda output: mean_of(
        np.percentile(output.arrays[signal][:RATIO_DRAWS], percent, axis=(1, 2))
    )


def _alike(signal: str, read: Callable[[Likeness], Float64]) -> Callable[[Output], float]:
    return lambda output: mean_of(read(output.likeness[signal]))


def _drawn_peak(signal: str) -> Callable[[Output], float]:
    def find(output: Output) -> float:
        peak = output.peaks.get(signal)
        return math.nan if peak is None else mean_of(np.abs(output.arrays[signal]) <= peak)

    return find


_SIGNALS = ("pre_activation", "activation", "gradient")

EXPECTED_OUTPUT: dict[str, Callable[[Output], float]] = {
    **{f"{name}_variance": _drawn(name, lambda s: s.moments.variance) for name in _SIGNALS},
    **{f"{name}_mean_square": _drawn(name, lambda s: s.moments.mean_square) for name in _SIGNALS},
    **{f"{name}_skewness": _drawn(name, lambda s: s.moments.skewness) for name in _SIGNALS},
    **{f"{name}_kurtosis": _drawn(name, lambda s: s.moments.kurtosis) for name in _SIGNALS},
    **{f"{name}_peak_share": _drawn_peak(name) for name in _SIGNALS},
    **{
        f"{name}_percentile_{percent}": _drawn_percentile(name, percent)
        for name in _SIGNALS
        for percent in (2, 98)
    },
    "pre_activation_mean": lambda output: output.step.layer.bias_mean,
    "pre_activation_mean_square": lambda output: mean_of(output.step.z.square),
    # the variance is about the mean over the classes, which are few
    "pre_activation_variance": lambda output: (
        mean_of(output.centred.square) - mean_of(output.centred.product) / output.step.layer.fan_out
    ),
    "activation_mean": lambda output: 1 / output.step.layer.fan_out,
    "gradient_mean": lambda output: 0.0,
    "gradient_mean_square": gradient_mean_square,
    "gradient_variance": gradient_mean_square,
    "weight_gradient_mean_square": weight_gradient,
    "batch_weight_gradient_mean_square": batch_weight_gradient,
    "conditional_mean_square": lambda output: mean_of(output.step.z.square),
    "input_share_of_variance": _alike("pre_activation", lambda s: s.share_over_examples),
    "activation_input_share_of_variance": _alike("activation", lambda s: s.share_over_examples),
    "gradient_to_weight_ratio": _gradient_to_weight,
    "unit_correlation": unit_correlation,
    "input_correlation": _alike("pre_activation", lambda s: s.cosine),
    "activation_correlation": _alike("activation", lambda s: s.cosine),
}
"""The expected value of each quantity, as a function of the output layer."""
