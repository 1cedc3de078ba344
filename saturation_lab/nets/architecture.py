"""Which layers does a network have, and how wide is the law of each one's weights?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.initializers import BiasLaw, Initializer


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One affine map z = W a + b with W [fan_out, fan_in]; the laws of W and b by their spread."""

    fan_in: int
    fan_out: int
    weight_std: float
    bias_std: float


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A fully connected network: hidden layers 1..L, then a linear output layer or none.

    Attributes:
        input_width: units of the input layer.
        widths: units of the hidden layers.
        classes: units of the output layer, or None when the network ends at a_L.
        gain: multiplies the initializer's standard deviation at gain 1.
        bias_scale: the scale of the bias law; ignored by laws that take none.
    """

    input_width: int
    widths: tuple[int, ...]
    classes: int | None
    activation: Activation
    initializer: Initializer
    gain: float
    bias: BiasLaw
    bias_scale: float

    @property
    def depth(self) -> int:
        """Return L, the number of hidden layers."""
        return len(self.widths)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Return every affine map from the bottom up, the output layer last."""
        widths = (self.input_width, *self.widths)
        if self.classes is not None:
            widths = (*widths, self.classes)
        return tuple(
            Layer(
                fan_in=fan_in,
                fan_out=fan_out,
                weight_std=self.initializer.std(fan_in=fan_in, fan_out=fan_out, gain=self.gain),
                bias_std=self.bias.std(self.bias_scale, fan_in),
            )
            for fan_in, fan_out in pairwise(widths)
        )
