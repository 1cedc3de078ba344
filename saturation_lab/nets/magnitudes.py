"""Forecasts of the magnitudes of signals and gradients, from which the precision is chosen.

The mean-field recursions (`theory.profile` computes them to rounding error),

    q_l = n_{l-1} v_l E φ(z_{l-1})² + s_l,    E δ_l² = E φ'(z_l)² · n_{l+1} v_{l+1} E δ_{l+1}²,

with weights of variance v_l and biases of mean square s_l, are followed in logarithms here, for
inputs and a top gradient of mean square 1. Weights of mean m add (n m)² to n v: all units are taken
to be equal, the largest signal that they allow. A fixed quadrature rule is accurate enough: a
magnitude near the limits of float32 is off by a factor of ten thousands before anything is lost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.architecture import Architecture, Layer
from saturation_lab.nets.arrays import Float64

MARGIN = 1e8
"""How far from the limits of float32 every root mean square must stay.

It covers the scatter over networks and inputs whose mean square is not 1.
"""

_LIMITS = (
    math.log(float(np.finfo(np.float32).tiny) * MARGIN),
    math.log(float(np.finfo(np.float32).max) / MARGIN),
)
"""The logarithms of the smallest and of the largest root mean square in float32."""

_EDGES = np.concatenate([[0.0], 2.0 ** np.arange(-30, 4)])


def _rule() -> tuple[Float64, Float64]:
    """Return nodes and weights of an expectation over N(0, 1), graded towards 0."""
    x, weight = np.polynomial.legendre.leggauss(8)
    half = np.diff(_EDGES)[:, None] / 2
    nodes = (_EDGES[:-1, None] + half * (1 + x)).ravel()
    weights = (half * weight).ravel() * np.exp(-np.square(nodes) / 2) / math.sqrt(2 * math.pi)
    return np.concatenate([-nodes, nodes]), np.concatenate([weights, weights])


_X, _WEIGHT = _rule()


@dataclass(frozen=True, kw_only=True, eq=False)
class Magnitudes:
    """The expected magnitudes of the hidden layers, from the bottom up.

    Attributes
    ----------
    pre_activation : array of shape (layers,)
        The natural logarithm of the root mean square of z.
    gradient : array of shape (layers,)
        That of δ = ∂C/∂z.
    weight_gradient : array of shape (layers,)
        That of ∂C/∂W.
    """

    pre_activation: Float64
    gradient: Float64
    weight_gradient: Float64


@lru_cache(maxsize=1024)
def magnitudes(architecture: Architecture) -> Magnitudes:
    """Return the magnitudes that are expected of a network's layers.

    Parameters
    ----------
    architecture : Architecture
        The networks.

    Returns
    -------
    Magnitudes
        The logarithms; nan where an expectation is 0 or not finite, and beyond.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> tanh = Study(
    ...     activation="tanh", initializer="standard_uniform", widths=[100] * 250, inputs="gaussian"
    ... )
    >>> found = magnitudes(tanh.architecture)
    >>> [round(found.pre_activation[layer] / np.log(10)) for layer in (0, 189)]
    [0, -45]
    """
    layers = architecture.layers[: architecture.depth]
    with np.errstate(all="ignore"):
        signal, kept, sizes = [], [], [0.0]
        for layer in layers:
            reach = np.log(_reach(layer, layer.fan_in))
            z = np.logaddexp(2 * (reach + sizes[-1]), np.log(layer.bias_square)) / 2
            signal.append(float(z))
            sizes.append(_log_size(architecture.activation, float(z)))
            kept.append(_log_slope(architecture.activation, float(z)))
        ups = [np.log(_reach(one, one.fan_out)) for one in layers[1:]]
        down = np.cumsum(np.array(kept)[::-1] + np.array([0.0, *ups[::-1]]))[::-1]
    return Magnitudes(
        pre_activation=np.array(signal),
        gradient=down,
        weight_gradient=down + np.array(sizes[:-1]),
    )


def _reach(layer: Layer, fan: int) -> float:
    """Return the factor by which so many weights scale a root mean square."""
    mean = 0.0 if math.isnan(layer.weight_mean) else layer.weight_mean
    return math.hypot(math.sqrt(fan) * layer.weight_std, fan * mean)


def _log_size(activation: Activation, log_std: float) -> float:
    """Return ln √E φ² for z of this log standard deviation, without squaring small numbers."""
    std = np.exp(log_std)
    square = float(_WEIGHT @ np.square(activation.value(std * _X) / std))
    return log_std + float(np.log(square)) / 2 if 0 < square < math.inf else math.nan


def _log_slope(activation: Activation, log_std: float) -> float:
    """Return ln √E φ'²."""
    square = float(_WEIGHT @ np.square(activation.derivative(np.exp(log_std) * _X)))
    return float(np.log(square)) / 2 if 0 < square < math.inf else math.nan


def leaves_float32(architecture: Architecture) -> bool:
    """Return whether signals, gradients or weights are expected to under- or overflow float32.

    Parameters
    ----------
    architecture : Architecture
        The networks.

    Returns
    -------
    bool
        Whether a root mean square comes within `MARGIN` of the limits of float32. A magnitude that
        is unknown counts as harmless.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> he = {"activation": "relu", "initializer": "he_normal", "inputs": "gaussian"}
    >>> leaves_float32(Study(widths=[100] * 1000, **he).architecture)
    False
    >>> leaves_float32(Study(widths=[100] * 250, **he, gain=0.5).architecture)
    True
    """
    found = magnitudes(architecture)
    with np.errstate(divide="ignore"):
        weights = np.log([layer.weight_square for layer in architecture.layers]) / 2
    logs = np.concatenate([found.pre_activation, found.gradient, found.weight_gradient, weights])
    low, high = _LIMITS
    # what is exactly 0 is so in any precision
    return bool((((logs < low) & (logs > -np.inf)) | (logs > high)).any())
