"""The singular values of a layer's Jacobian ∂a_l/∂a_{l-1} = D W: how far it stretches directions.

D = diag φ'(z) and W, of shape (n, m), are asymptotically free (Pennington, Schoenholz & Ganguli
2017, arXiv:1711.04735; Pastur 2020, arXiv:2001.06188). As n, m → ∞ at n/m = β, the squared singular
values therefore follow the free product of the law of t = φ'(z)² with that of W Wᵀ. The latter is
the law of Marchenko & Pastur for independent entries (Silverstein & Bai 1995, J. Multivariate
Analysis 54, eq. 1.4), and a projection for a tall orthogonal frame. For a frame with n <= m, the
squares are t σ_w² itself. With h(v) = E[tv/(1 + tv)], the Stieltjes transform of the m squares λ is
known along a curve,

    y(v) = σ_w² (1 - β h(v))/v   (frames: divided by 1 - h(v)),   1 - y E[1/(y + λ)] = β h(v).

With √λ = (1/π) ∫₀^∞ λ/(λ + y) y^(-1/2) dy, this gives, without solving an equation,

    E √λ = (2β/π) ∫ √y(v) h'(v) dv   from v = 0 to where y = 0.

The largest square is the minimum of y(v) over -1/max t < v < 0. At finite n, the mean is correct to
O(1/n), and the largest singular value is smaller by O(n^(-2/3)). For a frame with n <= m, the
largest is the expected maximum of n values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from saturation_lab.nets.architecture import Architecture, Layer
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.initializers import LAWS
from saturation_lab.theory.mixtures import grouped
from saturation_lab.theory.response import Response
from saturation_lab.theory.uniform_biases import respond_mixed

_SMOOTH = 8
"""The degree in log q of the interpolation between the smallest and the largest variance.

It is used if there are more different variances than it has nodes.
"""

_LEAST = 1e-14
_LOWEST = -70.0
_HALVINGS = 60
_PROBES = np.array([-1e4, -1e2, 1e2, 1e4])


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """The mean and the largest singular value of the Jacobian of one example; nan if unknown."""

    mean: float
    largest: float


def mean_stretch(architecture: Architecture, layer: Layer, q: Float64) -> Stretch:
    """Return the mean and the largest singular value, averaged over the examples of a hidden layer.

    Parameters
    ----------
    architecture : Architecture
        The networks.
    layer : Layer
        The affine map into the hidden layer.
    q : array of shape (examples,)
        The variance of z for each example; given the bias, if biases are uniform or constant.

    Returns
    -------
    Stretch
        Averages over the examples. Both are nan if a user's own function draws the weights, because
        their dependence is then unknown. The largest is nan if φ' is unbounded.

    Raises
    ------
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] J. Pennington, S. S. Schoenholz and S. Ganguli, "Resurrecting the sigmoid in deep
       learning through dynamical isometry: theory and practice", NeurIPS 2017, arXiv:1711.04735.
    .. [2] L. Pastur, "On random matrices arising in deep neural networks. Gaussian case", 2020,
       arXiv:2001.06188.
    .. [3] J. W. Silverstein and Z. D. Bai, "On the empirical distribution of eigenvalues of a class
       of large dimensional random matrices", Journal of Multivariate Analysis 54, 1995, eq. 1.4.

    Examples
    --------
    >>> from saturation_lab import Study
    >>> line = {"activation": "identity", "widths": (64,), "inputs": "gaussian"}
    >>> flat = Study(initializer="lecun_normal", **line).architecture
    >>> found = mean_stretch(flat, flat.layers[0], np.ones(1))  # 8/(3π) and 2
    >>> round(found.mean, 6), round(found.largest, 6)
    (0.848826, 2.0)
    """
    rule = architecture.initializer
    if not layer.weight_std:
        return Stretch(mean=0.0, largest=0.0)
    if rule.own is not None or rule.law not in LAWS:
        return Stretch(mean=math.nan, largest=math.nan)
    bound, mean = layer.bias_bound, layer.bias_mean

    def both(variances: Float64) -> Float64:
        response = respond_mixed(architecture.activation, variances, bound, mean)
        return np.array(
            [_stretch(architecture, layer, response, row) for row in response.which.tolist()]
        )

    different, counts = np.unique(q, return_counts=True)
    if len(different) <= _SMOOTH + 1 or different[0] <= 0:
        found = counts @ both(different) / len(q)
        return Stretch(mean=float(found[0]), largest=float(found[1]))
    span = np.log(different[[0, -1]])
    at = np.cos(np.pi * (np.arange(_SMOOTH + 1) + 0.5) / (_SMOOTH + 1))
    places = span[0] + (at + 1) / 2 * (span[1] - span[0])
    curve = np.polynomial.chebyshev.chebfit(at, both(np.exp(places)), _SMOOTH)
    x = 2 * (np.log(different) - span[0]) / (span[1] - span[0]) - 1
    found = np.polynomial.chebyshev.chebval(x, curve) @ counts / len(q)
    return Stretch(mean=float(found[0]), largest=float(found[1]))


def _stretch(
    architecture: Architecture, layer: Layer, response: Response, row: int
) -> tuple[float, float]:
    weight = np.broadcast_to(response.nodes.weight, response.slope.shape)[row]
    slopes = np.abs(response.slope[row])
    spread = layer.fan_in * layer.weight_std**2
    frame = architecture.initializer.law == "orthogonal"
    if frame and layer.fan_out <= layer.fan_in:
        mean = float(response.nodes.mean(np.abs(response.slope))[row])
        largest = _largest_of(slopes, weight, layer.fan_out)
        return math.sqrt(spread) * mean, math.sqrt(spread) * largest
    law = grouped(np.square(slopes), weight)
    law[law < _LEAST * law.max()] = 0
    if not law.any():
        return 0.0, 0.0
    beta = layer.fan_out / layer.fan_in
    over_all = _mean_root(law, spread, beta, frame=frame)
    with np.errstate(all="ignore"):
        beyond = float(np.square(architecture.activation.derivative(_PROBES)).max())
    endless = not beyond <= 100 * max(law.max(), 1)
    return (
        over_all * layer.fan_in / min(layer.fan_in, layer.fan_out),
        math.nan if endless else math.sqrt(_edge(law, spread, beta, frame=frame)),
    )


def _mean_root(law: Float64, spread: float, beta: float, *, frame: bool) -> float:
    """Return E √λ over all m squares, by Gauss-Legendre panels in √(log v* - log v)."""

    def transform(v: Float64) -> tuple[Float64, Float64]:
        tv = v[:, None] * law
        return (tv / (1 + tv)).mean(axis=1), (law / np.square(1 + tv)).mean(axis=1)

    # y = 0 where β h = 1, or at infinity if too few of the t are above 0
    low, high = _LOWEST, math.log(1e16 / law[law > 0].min())
    end = high
    if beta * transform(np.array([math.exp(high)]))[0][0] > 1:
        for _ in range(_HALVINGS):
            end = (low + high) / 2
            above = beta * transform(np.array([math.exp(end)]))[0][0] > 1
            low, high = (low, end) if above else (end, high)
    x, weight = np.polynomial.legendre.leggauss(12)
    edges = np.linspace(0, math.sqrt(end - _LOWEST), 41)
    half = np.diff(edges)[:, None] / 2
    r = (edges[:-1, None] + half * (1 + x)).ravel()
    v = np.exp(end - np.square(r))
    h, slope = transform(v)
    y = spread * np.maximum(1 - beta * h, 0) / v
    if frame:
        y = y / (1 - h)
    terms = np.sqrt(y) * slope * v * 2 * r * (half * weight).ravel()
    return float(2 * beta / math.pi * terms.sum())


def _edge(law: Float64, spread: float, beta: float, *, frame: bool) -> float:
    """Return the upper end of the support of the squares."""

    largest = float(law.max())

    def square(place: float) -> float:
        w = 1 / ((1 + math.exp(-place)) * largest)
        k = float((law * w / (1 - law * w)).mean())
        found = spread * (1 + beta * k) / w
        return found / (1 + k) if frame else found

    return _least(square, -25.0, 25.0)


def _least(function: Callable[[float], float], low: float, high: float) -> float:
    """Return the minimum of a function with a single valley."""
    golden = (math.sqrt(5) - 1) / 2
    for _ in range(50):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if function(left) < function(right) else (left, high)
    return function((low + high) / 2)


def _largest_of(values: Float64, weight: Float64, count: int) -> float:
    """Return the expected maximum of ``count`` independent values."""
    order = np.argsort(values)
    below = np.concatenate([[0.0], np.cumsum(weight[order])])
    reached = np.clip(below / below[-1], 0, 1) ** count
    return float(np.diff(reached) @ values[order])
