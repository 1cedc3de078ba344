"""Which layers does a network have, and how wide is the law of each one's weights?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import cast

from saturation_lab.checks import NOTHING, InputError, Words, whole
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


def widths_from(*, depth: object, width: object, widths: object) -> tuple[int, ...]:
    """Return hidden widths from a depth and a width, or from a list; not from both."""
    if widths is not None:
        if depth is not None or width is not None:
            raise InputError(
                "widths", expected="either widths, or depth and width", got=Words("both")
            )
        return checked_widths("widths", widths)
    if depth is None or width is None:
        missing = "depth" if depth is None else "width"
        raise InputError(missing, expected="a value, or a list of widths", got=NOTHING)
    deep = whole("depth", depth, low=1, high=100_000)
    return (whole("width", width, low=1),) * deep


def checked_widths(key: str, value: object) -> tuple[int, ...]:
    """Return the units of hidden layers 1..L; raise `InputError` for anything else.

    >>> checked_widths("widths", [64, 32])
    (64, 32)
    """
    listed = isinstance(value, Sequence) or getattr(value, "ndim", 0) == 1
    if isinstance(value, str | bytes) or not listed:
        raise InputError(key, expected="a list of whole numbers, one a layer", got=value)
    widths = tuple(whole(key, width, low=1) for width in cast(Sequence[object], value))
    if not widths:
        raise InputError(key, expected="at least one hidden layer", got=Words("none"))
    return widths
