"""The layers of a network and the standard deviation of the weights and biases of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise, repeat
from typing import cast

from saturation_lab.checks import NOTHING, InputError, Words, whole
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.initializers import BiasLaw, Initializer


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One affine map z = W a + b, with W of shape (fan_out, fan_in).

    Attributes
    ----------
    fan_in, fan_out : int
        The number of units below and above.
    weight_std, bias_std : float
        The standard deviations of one weight and of one bias.
    bias_bound : float
        The bound of the biases if they are uniform; 0 if they are normal.
    """

    fan_in: int
    fan_out: int
    weight_std: float
    bias_std: float
    bias_bound: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A fully connected network: hidden layers 1 to L, then at most one linear output layer.

    Attributes
    ----------
    input_width : int
        The number of units in the input layer.
    widths : tuple of int
        The number of units in each hidden layer.
    classes : int or None
        The number of units in the output layer; None if the network ends at a_L.
    activation : Activation
        The activation of all hidden layers.
    initializer : Initializer
        The rule for the weights.
    gain : float
        The factor on the initializer's standard deviation at gain 1.
    first_gain : float or None
        The gain of the first hidden layer; None for that of all layers.
    bias : BiasLaw
        The law of the biases.
    bias_scale : float
        The scale of the bias law; ignored by laws that take none.
    """

    input_width: int
    widths: tuple[int, ...]
    classes: int | None
    activation: Activation
    initializer: Initializer
    gain: float
    bias: BiasLaw
    bias_scale: float
    first_gain: float | None = None

    @property
    def depth(self) -> int:
        """Return L, the number of hidden layers."""
        return len(self.widths)

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """Return every affine map from the bottom up; the output layer, if any, is the last."""
        widths = (self.input_width, *self.widths)
        if self.classes is not None:
            widths = (*widths, self.classes)
        first = self.gain if self.first_gain is None else self.first_gain
        return tuple(
            Layer(
                fan_in=fan_in,
                fan_out=fan_out,
                weight_std=self.initializer.std(fan_in=fan_in, fan_out=fan_out, gain=gain),
                bias_std=self.bias.std(self.bias_scale, fan_in),
                bias_bound=self.bias.bound(self.bias_scale, fan_in),
            )
            for gain, (fan_in, fan_out) in zip(
                chain([first], repeat(self.gain)), pairwise(widths), strict=False
            )
        )


def widths_from(*, depth: object, width: object, widths: object) -> tuple[int, ...]:
    """Return the hidden widths that a user gave as a list, or as a depth and a width.

    Parameters
    ----------
    depth : object
        The number of hidden layers, or None.
    width : object
        The number of units in each of them, or None.
    widths : object
        The list of widths, or None. Give either this or the other two.

    Returns
    -------
    tuple of int
        The number of units in each hidden layer.

    Raises
    ------
    InputError
        If both forms are given or neither is complete, or a value is not a whole number of at
        least 1.

    Examples
    --------
    >>> widths_from(depth=3, width=8, widths=None)
    (8, 8, 8)
    """
    if widths is not None:
        if depth is not None or width is not None:
            raise InputError(
                "widths", expected="either widths, or depth and width", got=Words("both")
            )
        return checked_widths("widths", widths)
    if depth is None or width is None:
        missing = "depth" if depth is None else "width"
        raise InputError(
            missing, expected="a value (or widths instead of depth and width)", got=NOTHING
        )
    deep = whole("depth", depth, low=1, high=100_000)
    return (whole("width", width, low=1),) * deep


def checked_widths(key: str, value: object) -> tuple[int, ...]:
    """Return a list of hidden widths as a tuple of ints.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        A sequence or one-dimensional array of whole numbers.

    Returns
    -------
    tuple of int
        The number of units in each hidden layer.

    Raises
    ------
    InputError
        If the value is not such a list, is empty, or contains a width below 1.

    Examples
    --------
    >>> checked_widths("widths", [64, 32])
    (64, 32)
    """
    listed = isinstance(value, Sequence) or getattr(value, "ndim", 0) == 1
    if isinstance(value, str | bytes) or not listed:
        raise InputError(key, expected="a list of whole numbers, one per layer", got=value)
    widths = tuple(whole(key, width, low=1) for width in cast(Sequence[object], value))
    if not widths:
        raise InputError(key, expected="at least one hidden layer", got=Words("none"))
    return widths
