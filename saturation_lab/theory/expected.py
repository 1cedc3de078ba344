"""The expected value of each recorded quantity in a hidden layer of a wide network.

Each row of `EXPECTED` is a quantity for which there is a theory. There is none for a quantity
without a row, or if its function returns nan. The quantities are defined in
`statistics.quantities`; `expected_output` does the same for the output layer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from saturation_lab.nets.architecture import Architecture
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.backward import Cotangent, Logits, Top, Way
from saturation_lab.theory.forward import Step
from saturation_lab.theory.jacobian_law import Stretch, mean_stretch
from saturation_lab.theory.mixtures import (
    PreActivations,
    Values,
    grouped,
    scale_percentile,
)
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.response import Gram, Response
from saturation_lab.theory.uniform_biases import mixed_mean

_MOST_SCALES, _SCALES = 2**15, 64
_NORMAL = ("normal", "orthogonal")
"""Laws of weights for which a sum over only a few weights is normal too."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hidden:
    """One hidden layer, with everything that its expected quantities are computed from.

    Attributes
    ----------
    architecture : Architecture
        The networks.
    thresholds : tuple of float
        The pre-activations below and above which a unit counts as saturated.
    peaks : mapping of str to float
        The half-width of the 0-peak, for each signal whose common axis the study specifies.
    step : Step
        The affine map, with the Gram matrices below and above it.
    response : Response
        The activation at the layer's variances.
    a : Gram
        The mean products of the activations.
    top : Cotangent or Logits
        The gradient at the top of the network.
    way : Way
        How the layer's gradients follow from those at the top.
    topmost : bool
        Whether it is layer L.
    """

    architecture: Architecture
    thresholds: tuple[float, float]
    peaks: Mapping[str, float]
    step: Step
    response: Response
    a: Gram
    top: Top
    way: Way
    topmost: bool

    @property
    def q(self) -> Float64:
        """The mean square of z for each example, of shape (examples,)."""
        return self.step.z.square

    @cached_property
    def delta(self) -> Float64:
        """E δ_a δ_b for every pair of examples, of shape (examples, examples)."""
        return self.top.product * self.way.transfer

    @cached_property
    def stretch(self) -> Stretch:
        """The singular values of the layer's Jacobian."""
        return mean_stretch(self.architecture, self.step.layer, self.step.given.square)

    @cached_property
    def z(self) -> PreActivations:
        """The distribution of z."""
        layer = self.step.layer
        given, bound = self.step.given.square, layer.bias_bound
        return PreActivations(given=given, bound=bound, mean=layer.bias_mean)

    @cached_property
    def falls(self) -> bool:
        """Whether the activation falls somewhere."""
        steps = np.append(np.geomspace(1e-4, 1, 1000), 0) * (12 * np.sqrt(self.q.max()) + 1e-300)
        value = self.architecture.activation.value(np.unique(np.concatenate([-steps, steps])))
        return bool((np.diff(value) < 0).any())

    @property
    def normal_above(self) -> bool:
        """Whether ∂C/∂a is normal.

        In layer L under the softmax, it is a sum over the classes, which are few at any width.
        """
        few = self.topmost and isinstance(self.top, Logits)
        rule = self.architecture.initializer
        return not few or (rule.law in _NORMAL and rule.own is None)

    @cached_property
    def values(self) -> Values:
        """The distribution of a."""
        return Values(self.response, self.response.value)

    def central(self, power: int) -> float:
        """Return the central moment E (a - E a)^p over all units and examples.

        Parameters
        ----------
        power : int
            The exponent p.

        Returns
        -------
        float
            The moment; nan if the quadrature nodes do not reach far enough.
        """
        if np.isnan(self.a.gap).any():  # the nodes do not reach far enough
            return math.nan
        centred = self.response.value - self.response.mean.mean()
        return float(self.response.nodes.mean(centred**power)[self.response.which].mean())

    @cached_property
    def gradient_end(self) -> float:
        """The 98th percentile of δ, whose distribution is symmetric."""
        return mean_of(scale_percentile(0.98, self.gradient_scales))

    @cached_property
    def gradient_scales(self) -> Float64:
        """The standard deviations of the normal mixture that δ follows: (draws, scales)."""
        if not self.normal_above:
            return np.full((1, 1), np.nan)
        response = self.response
        weight = np.broadcast_to(response.nodes.weight, response.slope.shape)
        rows = np.abs(response.slope)
        law = np.array([grouped(row, w, _SCALES) for row, w in zip(rows, weight, strict=True)])
        count = max(4, _MOST_SCALES // (law.shape[1] * len(self.q)))
        spread = np.sqrt(self.top.squares[:count] * np.diag(self.way.reach))
        scales: Float64 = spread[:, :, None] * law[response.which]
        return scales.reshape(len(spread), -1)


class Gradients(Protocol):
    """A layer with known gradients, hidden or the output layer."""

    @property
    def architecture(self) -> Architecture:
        """The networks."""

    @property
    def step(self) -> Step:
        """The affine map, with the Gram matrices below and above it."""

    @property
    def delta(self) -> Float64:
        """E δ_a δ_b for every pair of examples, averaged over units: (examples, examples)."""


def _off_diagonal_mean(x: Float64) -> float:
    """Return the mean over all pairs of different examples; nan if there is only one example.

    >>> _off_diagonal_mean(np.array([[5.0, 1.0], [3.0, 5.0]]))
    2.0
    """
    count = len(x)
    if count == 1:
        return math.nan
    return float((x.sum() - np.trace(x)) / (count * (count - 1)))


def _ratio(top: float, bottom: float) -> float:
    return top / bottom if bottom > 0 else math.nan


def mean_of(x: NDArray[Any]) -> float:
    """Return the mean over all entries.

    Parameters
    ----------
    x : array of any shape
        The numbers.

    Returns
    -------
    float
        Their mean.

    Examples
    --------
    >>> mean_of(np.array([[1.0, 2.0], [3.0, 6.0]]))
    3.0
    """
    return float(x.mean())


def _varies(gram: Gram) -> float:
    # the variance over B examples (ddof 0) is the mean gap of all B² pairs
    return _ratio(mean_of(gram.gap), mean_of(gram.square)) if len(gram.gap) > 1 else math.nan


def _cosine(gram: Gram) -> float:
    return 1 - _off_diagonal_mean(gram.distance)


def _activation_kurtosis(layer: Hidden) -> float:
    return _ratio(layer.central(4), layer.central(2) ** 2)


def _activation_skewness(layer: Hidden) -> float:
    if not layer.response.mean.any() and layer.q.any():  # an odd activation
        return 0.0
    return _ratio(layer.central(3), layer.central(2) ** 1.5)


def _activation_percentile(share: float) -> Callable[[Hidden], float]:
    def find(layer: Hidden) -> float:
        if layer.falls:
            return layer.values.percentile(share)
        z = np.array([layer.z.percentile(share)])
        return float(layer.architecture.activation.value(z)[0])

    return find


def _gradient_mean(layer: Hidden) -> float:
    """Return 0 if it follows from a symmetry, and nan otherwise.

    Either h is symmetric, or φ is odd, so that the sign of every unit may be flipped.
    """
    symmetric = isinstance(layer.top, Cotangent) or not layer.response.mean.any()
    return 0.0 if symmetric and np.isfinite(layer.delta).all() else math.nan


def _gradient_skewness(layer: Hidden) -> float:
    return 0.0 if np.isfinite(layer.delta).all() and layer.delta.any() else math.nan


def gradient_mean_square(layer: Gradients) -> float:
    """Return the mean of E δ² over the examples.

    Parameters
    ----------
    layer : Gradients
        A hidden layer or the output layer.

    Returns
    -------
    float
        The mean square of the back-propagated gradient ∂C/∂z.
    """
    return mean_of(np.diag(layer.delta))


def _slope_fourth(layer: Hidden) -> Float64:
    """Return E φ'⁴ for each example; nan if it diverges, which it may even if E φ'² is finite."""
    own = layer.step.layer
    bounds = np.full_like(layer.q, own.bias_bound)
    phi = layer.architecture.activation
    try:
        return mixed_mean(phi, layer.q, bounds, of="slope_fourth", mean=own.bias_mean)
    except NoAnswer:
        return np.full_like(layer.q, np.nan)


def _gradient_kurtosis(layer: Hidden) -> float:
    if not layer.normal_above:
        return math.nan
    h = layer.top.squares * np.diag(layer.way.reach)
    second = (h * layer.response.slope_square).mean(axis=1)
    if not (second > 0).all():
        return math.nan
    # relative to E δ², whose square could underflow
    return mean_of(3 * np.square(h / second[:, None]) * _slope_fourth(layer))


def weight_gradient(layer: Gradients) -> float:
    """Return the mean over examples of E δ² · E a², the mean square of the weight gradient.

    Parameters
    ----------
    layer : Gradients
        A hidden layer or the output layer.

    Returns
    -------
    float
        The mean square of ∂C/∂W per example.

    References
    ----------
    .. [1] X. Glorot and Y. Bengio, "Understanding the difficulty of training deep feedforward
       neural networks", AISTATS 2010, eq. 6.
    """
    return mean_of(np.diag(layer.delta) * layer.step.below.square)


def batch_weight_gradient(layer: Gradients) -> float:
    """Return the mean square of the weight gradient of the whole batch.

    Parameters
    ----------
    layer : Gradients
        A hidden layer or the output layer.

    Returns
    -------
    float
        The mean over all pairs of examples of E δ_a δ_b · E a_a a_b, which is the mean square of
        the entries of the batch mean of ∂C/∂W.
    """
    return mean_of(layer.delta * layer.step.below.product)


def _gradient_to_weight(layer: Hidden) -> float:
    square = layer.top.batch(layer.step.below.product * layer.way.transfer)
    return _ratio(root_mean(square), layer.step.layer.weight_std)


def root_mean(square: Float64) -> float:
    """Return the mean of the square roots; rounding may have left values below 0.

    Parameters
    ----------
    square : array of any shape
        The squares. Negative values count as 0.

    Returns
    -------
    float
        The mean of their roots.

    Examples
    --------
    >>> root_mean(np.array([4.0, 16.0, -1e-20]))
    2.0
    """
    return mean_of(np.sqrt(np.maximum(square, 0)))


def symmetric_units(architecture: Architecture) -> bool:
    """Return whether the sign of any unit's z may be flipped without a change of its law.

    Parameters
    ----------
    architecture : Architecture
        The networks.

    Returns
    -------
    bool
        Whether the laws of weights and biases are known to be symmetric about 0.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> for rule in ("he_normal", "constant"):
    ...     study = Study(activation="relu", initializer=rule, widths=(8,))
    ...     print(symmetric_units(study.architecture))
    True
    False
    """
    centred = all(one.weight_mean == 0 == one.bias_mean for one in architecture.layers)
    return centred and architecture.initializer.own is None


def unit_correlation(layer: Gradients) -> float:
    """Return 0, the mean cosine of two units, if it follows from a symmetry, and nan otherwise.

    Parameters
    ----------
    layer : Gradients
        A hidden layer or the output layer.

    Returns
    -------
    float
        The mean cosine of the angle between the z of two units over the examples.
    """
    step = layer.step
    known = symmetric_units(layer.architecture) and step.layer.fan_out > 1
    return 0.0 if known and step.z.square.any() else math.nan


def _low(layer: Hidden) -> float:
    low = layer.thresholds[0]
    return layer.z.share_below(low) if math.isfinite(low) else math.nan


def _high(layer: Hidden) -> float:
    high = layer.thresholds[1]
    return layer.z.share_above(high) if math.isfinite(high) else math.nan


def _either(layer: Hidden) -> float:
    found = [share for share in (_low(layer), _high(layer)) if not math.isnan(share)]
    return sum(found) if found else math.nan


def _dead(layer: Hidden) -> float:
    return _either(layer) if len(layer.q) == 1 else math.nan


def _rms(layer: Hidden) -> float:
    map_, slopes = layer.step.layer, layer.response.slope_square
    return map_.weight_std * math.sqrt(max(map_.fan_in, map_.fan_out)) * mean_of(np.sqrt(slopes))


def _peak(signal: str, share: Callable[[Hidden, float], float]) -> Callable[[Hidden], float]:
    def find(layer: Hidden) -> float:
        peak = layer.peaks.get(signal)
        return math.nan if peak is None else share(layer, peak)

    return find


def _gradient_within(layer: Hidden, peak: float) -> float:
    with np.errstate(all="ignore"):
        return mean_of(erf(peak / (math.sqrt(2) * layer.gradient_scales)))


EXPECTED: dict[str, Callable[[Hidden], float]] = {
    "pre_activation_mean": lambda layer: layer.step.layer.bias_mean,
    "pre_activation_mean_square": lambda layer: mean_of(layer.q),
    "pre_activation_variance": lambda layer: mean_of(layer.q) - layer.step.layer.bias_mean**2,
    "pre_activation_skewness": lambda layer: 0.0 if layer.q.any() else math.nan,
    "pre_activation_kurtosis": lambda layer: layer.z.kurtosis,
    "activation_mean": lambda layer: mean_of(layer.response.mean),
    "activation_mean_square": lambda layer: mean_of(layer.response.square),
    "activation_variance": lambda layer: layer.central(2),
    "activation_skewness": _activation_skewness,
    "activation_kurtosis": _activation_kurtosis,
    "gradient_mean": _gradient_mean,
    "gradient_mean_square": gradient_mean_square,
    "gradient_variance": gradient_mean_square,
    "gradient_skewness": _gradient_skewness,
    "gradient_kurtosis": _gradient_kurtosis,
    "weight_gradient_mean_square": weight_gradient,
    "batch_weight_gradient_mean_square": batch_weight_gradient,
    "conditional_mean_square": lambda layer: mean_of(layer.q),
    "saturated_low_share": _low,
    "saturated_high_share": _high,
    "saturated_share": _either,
    "dead_share": _dead,
    "input_share_of_variance": lambda layer: _varies(layer.step.z),
    "activation_input_share_of_variance": lambda layer: _varies(layer.a),
    "gradient_to_weight_ratio": _gradient_to_weight,
    "input_correlation": lambda layer: _cosine(layer.step.z),
    "activation_correlation": lambda layer: _cosine(layer.a),
    "unit_correlation": unit_correlation,
    "singular_value_mean": lambda layer: layer.stretch.mean,
    "singular_value_rms": _rms,
    "singular_value_max": lambda layer: layer.stretch.largest,
    "pre_activation_percentile_2": lambda layer: layer.z.percentile(0.02),
    "pre_activation_percentile_98": lambda layer: layer.z.percentile(0.98),
    "activation_percentile_2": _activation_percentile(0.02),
    "activation_percentile_98": _activation_percentile(0.98),
    "gradient_percentile_2": lambda layer: -layer.gradient_end,
    "gradient_percentile_98": lambda layer: layer.gradient_end,
    "pre_activation_peak_share": _peak(
        "pre_activation", lambda layer, peak: layer.z.share_within(peak)
    ),
    "activation_peak_share": _peak(
        "activation", lambda layer, peak: layer.values.share_within(peak)
    ),
    "gradient_peak_share": _peak("gradient", _gradient_within),
}
"""The expected value of each quantity, as a function of a hidden layer."""
