"""The layers of a network and the standard deviation of the weights and biases of each."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import TypedDict, cast

from saturation_lab.checks import NOTHING, InputError, Words, real, whole
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.biases import BiasLaw
from saturation_lab.nets.initializers import Initializer


class _Scaled(TypedDict):
    fan_in: int
    fan_out: int
    gain: float


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One affine map z = W a + b, with W of shape (fan_out, fan_in).

    Attributes
    ----------
    fan_in, fan_out : int
        The number of units below and above.
    gain : float
        The gain of its weights.
    weight_std, bias_std : float
        The standard deviations of one weight and of one bias.
    bias_bound : float
        The bound of the biases about their mean if they are uniform; 0 if they are normal or
        constant.
    weight_mean, bias_mean : float
        The means of one weight and of one bias: 0 for centred laws. The first is nan for identity
        weights, which are not draws of one law; then ``weight_std`` is their root mean square.
    """

    fan_in: int
    fan_out: int
    gain: float
    weight_std: float
    bias_std: float
    bias_bound: float = 0.0
    weight_mean: float = 0.0
    bias_mean: float = 0.0

    @property
    def weight_square(self) -> float:
        """Return the mean square of one weight."""
        mean = 0.0 if math.isnan(self.weight_mean) else self.weight_mean
        return self.weight_std * self.weight_std + mean * mean  # may be inf, unlike a power

    @property
    def bias_square(self) -> float:
        """Return the mean square of one bias."""
        return self.bias_std * self.bias_std + self.bias_mean * self.bias_mean


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
    own_gains : tuple of (int, float)
        The layers with a gain of their own, by number (L + 1 for the output layer), and that gain.
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
    own_gains: tuple[tuple[int, float], ...] = ()

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
        gains = dict(self.own_gains)
        return tuple(
            self._layer(gains.get(number, self.gain), fan_in, fan_out)
            for number, (fan_in, fan_out) in enumerate(pairwise(widths), start=1)
        )

    def _layer(self, gain: float, fan_in: int, fan_out: int) -> Layer:
        scaled = _Scaled(fan_in=fan_in, fan_out=fan_out, gain=gain)
        return Layer(
            fan_in=fan_in,
            fan_out=fan_out,
            gain=gain,
            weight_std=self.initializer.std(**scaled),
            weight_mean=self.initializer.mean(**scaled),
            bias_std=self.bias.std(self.bias_scale, fan_in),
            bias_bound=self.bias.bound(self.bias_scale, fan_in),
            bias_mean=self.bias.mean(self.bias_scale),
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


def checked_layer_gains(key: str, value: object) -> Mapping[str, float]:
    """Check a table of gains, one for each layer that has a gain of its own.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        A mapping of layers to gains. A layer is the number of a hidden layer, "first", "output", or
        "last": the output layer if there is one, otherwise the last hidden layer.

    Returns
    -------
    mapping of str to float
        The gains, read-only, with "1" for "first", from the bottom up.

    Raises
    ------
    InputError
        If it is not such a table, if it names a layer twice, or if a gain is not above 0.

    Examples
    --------
    >>> dict(checked_layer_gains("layer_gains", {"output": 0.01, 1: 1.05}))
    {'1': 1.05, 'output': 0.01}
    """
    if not isinstance(value, Mapping):
        raise InputError(key, expected="a table of layer = gain", got=value)
    found: dict[str, float] = {}
    for layer, gain in value.items():
        name = "1" if layer == "first" else str(layer)
        if not re.fullmatch(r"[1-9][0-9]{0,8}|output|last", name) or isinstance(layer, bool):
            expected = 'the number of a hidden layer, "first", "last" or "output"'
            raise InputError(key, expected=expected, got=layer)
        if name in found:
            raise InputError(
                key, expected="each layer once", got=Words(f"two gains of layer {name}")
            )
        found[name] = real(f"{key}.{layer}", gain, above=0)
    order = sorted(
        found, key=lambda name: (not name.isdecimal(), int(name) if name.isdecimal() else 0, name)
    )
    return MappingProxyType({name: found[name] for name in order})


def numbered_gains(
    gains: Mapping[str, float], *, depth: int, output: bool
) -> tuple[tuple[int, float], ...]:
    """Return the gains of layers by number.

    Parameters
    ----------
    gains : mapping of str to float
        What `checked_layer_gains` returned.
    depth : int
        L, the number of hidden layers.
    output : bool
        Whether there is an output layer, which has the number L + 1.

    Returns
    -------
    tuple of (int, float)
        The number and the gain of each layer, from the bottom up.

    Raises
    ------
    InputError
        If there is no such layer, or a layer is named twice.

    Examples
    --------
    >>> numbered_gains({"1": 1.05, "last": 0.01}, depth=3, output=True)
    ((1, 1.05), (4, 0.01))
    """
    found: dict[int, float] = {}
    for name, gain in gains.items():
        if name == "output" and not output:
            raise InputError(
                "layer_gains",
                expected="hidden layers only, because the network has no output layer "
                "(loss = random_cotangent)",
                got=name,
            )
        number = int(name) if name.isdecimal() else depth + output
        if name.isdecimal() and number > depth:
            expected = f'layers from 1 to {depth}, "last" or "output"'
            raise InputError("layer_gains", expected=expected, got=name)
        if number in found:
            expected = "each layer once"
            raise InputError(
                "layer_gains", expected=expected, got=Words(f"two gains of layer {number}")
            )
        found[number] = gain
    return tuple(sorted(found.items()))
