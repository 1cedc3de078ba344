"""The initialization of a deep network at which the gradient survives and inputs stay distinct.

On the critical line χ₁ = 1, a layer preserves the gradient if E z² is at the fixed point q. So the
first layer is given its own standard deviation, with which E z² is q from the start. Then every
layer is alike, and the gradient is kept at any depth, for inputs of any size and for φ at any
scale: if φ(z) becomes c φ(s z), then q becomes q/s², σ_b and the first σ_w become 1/s, and the
other σ_w become 1/(c s) times as large.

What remains is the choice of q. A smaller q keeps inputs apart over more layers, while a larger one
makes more use of the nonlinearity. The rule is this library's own: **the largest q at which two
unrelated inputs keep half of their squared distance up to the last layer, while at most 5 % of the
units are saturated**. If there is none, the q at which they keep most of it, among those where at
most a quarter of the units is saturated; if there is none of these either, the least saturated.

A φ that is linear on either side of 0 needs none of this, because a single gain suits every depth.
Where the critical line would need σ_b² < 0 (softplus, and sigmoid at small q), there is no bias and
q changes from layer to layer. Such an initialization is tuned to the depth; it is a candidate if
the gradient of every layer stays within a factor of 1.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from saturation_lab.checks import InputError, real, whole
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.criticality import scale_free
from saturation_lab.theory.expectations import gaussian_curve
from saturation_lab.theory.moment_grid import moment_grid
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.response import respond

ALIKE = 0.5
"""The correlation up to which two unrelated inputs have kept half of their squared distance."""
SATURATED, MOST_SATURATED = 0.05, 0.25
"""The share of saturated units that the choice of q aims at, and the most that it accepts."""
_DIGITS = 8
"""Significant digits of the recommended standard deviations."""
_RANGE = (1e-6, 1e5)
"""The range of q that is tried, relative to the activation's own scale."""
_EVERY = 7
"""Of the nodes of `moment_grid`, every seventh is tried, ten to a factor of 10."""
_STEPS = 40
_EDGE = 1e-12
WORST = 1.5
"""The factor within which the gradient of every layer stays if there is no critical line."""
_LEAST = 1e-9
_FINE = 100
"""The number of steps in which the correlation is followed while the depth grows by a factor e."""


class Basis(StrEnum):
    """What a recommendation is based on."""

    EVERY_Q = "every q is a fixed point"
    CRITICAL = "critical at every layer"
    THIS_DEPTH = "tuned to this depth"
    NONE = "none"


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The recommended standard deviations and their basis.

    Attributes
    ----------
    basis : Basis
        What they are based on. If it is `Basis.NONE`, the numbers are nan.
    sigma_w : float
        The standard deviation of the weights times √fan-in, to eight digits; exact if every q is a
        fixed point.
    first_sigma_w : float
        The same for the first layer, which is shown the inputs.
    sigma_b : float
        The standard deviation of the biases, to eight digits.
    q : float
        E z² of layer 1, and of every layer if the basis is `Basis.CRITICAL`.
    correlation : float
        The correlation with which two unrelated inputs reach the last layer.
    saturated : float
        The share of saturated units in the first or last layer, whichever is larger.
    aim : float
        The correlation up to which q was chosen as large as possible.
    """

    basis: Basis
    sigma_w: float
    first_sigma_w: float
    sigma_b: float
    q: float
    correlation: float
    saturated: float
    aim: float = ALIKE


_NOTHING_FOUND = Tuning(
    basis=Basis.NONE,
    sigma_w=math.nan,
    first_sigma_w=math.nan,
    sigma_b=math.nan,
    q=math.nan,
    correlation=math.nan,
    saturated=math.nan,
)


def tuned(
    activation: object, *, depth: int, input_mean_square: float = 1.0, alike: float = ALIKE
) -> Tuning:
    """Return the standard deviations that suit a number of layers of equal width.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    depth : int
        The number of hidden layers.
    input_mean_square : float
        The mean square of the inputs per feature, above 0.
    alike : float
        The correlation, between 0 and 1, that two unrelated inputs may reach. A smaller one makes
        the network more linear.

    Returns
    -------
    Tuning
        Its basis is `Basis.NONE` if no initialization preserves the gradient.

    Raises
    ------
    InputError
        If ``depth`` is not a whole number from 1 to 100,000, the mean square is not above 0, or
        ``alike`` is not between 0 and 1.
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, section 3 and eq. 13 (χ₁ = 1; the factors χ₁).
    .. [2] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 5 (the correlation of two inputs).

    Examples
    --------
    >>> found = tuned("relu", depth=50)
    >>> found.basis.value, found.sigma_w, found.sigma_b
    ('every q is a fixed point', 1.41421356, 0.0)
    >>> found = tuned("tanh", depth=50)
    >>> print(found.basis.value, round(found.sigma_w, 2), round(found.correlation, 3))
    critical at every layer 1.13 0.5
    """
    member = find_activation(activation)
    deep = whole("depth", depth, low=1, high=100_000)
    m = real("input_mean_square", input_mean_square, above=0)
    free = scale_free(member)
    if free is not None:
        one = _family(member, np.array([free.sigma_w**2 * m]))
        return Tuning(
            basis=Basis.EVERY_Q,
            sigma_w=free.sigma_w,
            first_sigma_w=free.sigma_w,
            sigma_b=0.0,
            q=float(one.q[0]),
            correlation=float(one.correlation(deep)[0]),
            saturated=float(one.saturated(deep)[0]),
        )
    aim = real("alike", alike, above=0)
    if aim >= 1:
        raise InputError("alike", expected="a correlation above 0 and below 1", got=alike)
    found = _solved(member, deep, aim)
    if found.basis is Basis.NONE:
        return found
    return replace(found, first_sigma_w=_rounded(found.first_sigma_w / math.sqrt(m)))


@lru_cache(maxsize=256)
def _solved(activation: Activation, depth: int, aim: float) -> Tuning:
    """Return the tuning for inputs of mean square 1; only the first σ_w depends on it."""
    grid = moment_grid(activation)
    known = np.isfinite(grid.slope_square) & np.isin(grid.q, grid.between(*_RANGE))
    family = _family(activation, grid.q[known][::_EVERY])
    rows = np.flatnonzero(family.good(depth))
    if not rows.size:
        return _NOTHING_FOUND
    q = _chosen(family.at(rows), depth, aim)
    one = _family(activation, np.array([q]))
    return Tuning(
        basis=Basis.CRITICAL if one.steady[0] else Basis.THIS_DEPTH,
        sigma_w=_rounded(math.sqrt(one.weight[0])),
        first_sigma_w=math.sqrt(q - one.bias[0]),
        sigma_b=_rounded(math.sqrt(one.bias[0])),
        q=q,
        correlation=float(one.correlation(depth)[0]),
        saturated=float(one.saturated(depth)[0]),
        aim=aim,
    )


@dataclass(frozen=True, eq=False)
class _Family:
    """Initializations with χ₁ = 1 in layer 1: its q, σ_w² and σ_b², each of shape (points,).

    q is a fixed point on the critical line. Where σ_b² would have to be negative, it is 0, and q
    changes from layer to layer.
    """

    activation: Activation
    q: Float64
    weight: Float64
    bias: Float64
    drift: Float64

    def at(self, rows: NDArray[np.intp]) -> _Family:
        """Return some of the points."""
        columns = (one[rows] for one in (self.q, self.weight, self.bias, self.drift))
        return _Family(self.activation, *columns)

    @property
    def steady(self) -> NDArray[np.bool_]:
        """Whether q is a fixed point."""
        return self.drift <= _EDGE

    def good(self, depth: int) -> NDArray[np.bool_]:
        """Return whether the gradient of every layer stays within a factor of 1.5."""
        found = self.steady.copy()
        moving = np.flatnonzero(~found)
        found[moving] = self.at(moving)._followed(depth)[1] <= math.log(WORST)
        return found

    def _followed(self, depth: int) -> tuple[Float64, Float64]:
        """Return q of the last layer and the largest |ln| of the gradient ratio of two layers."""
        square, slope = (
            gaussian_curve(self.activation, of=of) for of in ("square", "slope_square")
        )
        q, log = self.q, np.zeros(self.q.size)
        least, most = log, log
        for step in _steps(depth):
            with np.errstate(divide="ignore", over="ignore"):
                log = log + step * np.log(self.weight * slope(q))
                grown = (self.weight * square(q) + self.bias) / q
                q = np.clip(q * grown**step, self.q * _LEAST, self.q / _LEAST)
            least, most = np.minimum(least, log), np.maximum(most, log)
        return q, most - least

    def saturated(self, depth: int) -> Float64:
        """Return the share of saturated units, the larger of those of the first and last layer."""
        last = self.q.copy()
        moving = np.flatnonzero(~self.steady)
        last[moving] = self.at(moving)._followed(depth)[0]
        low, high = (
            threshold / np.sqrt(np.maximum(self.q, last))
            for threshold in self.activation.thresholds()
        )
        share: Float64 = ndtr(low) + ndtr(-high)
        return share

    def correlation(self, depth: int) -> Float64:
        """Return the correlation with which two unrelated inputs reach the last layer.

        If q changes from layer to layer, it is approximated by that of layers like the first. It is
        nan where an expectation cannot be resolved.
        """
        try:
            return self._correlation(depth)
        except NoAnswer:
            if self.q.size == 1:
                return np.full(1, np.nan)
        rows = np.arange(self.q.size)
        return np.concatenate([self.at(rows[i : i + 1]).correlation(depth) for i in rows])

    def _correlation(self, depth: int) -> Float64:
        answer = respond(self.activation, self.q)
        power = np.square(answer.coefficients) * self.weight[:, None]
        whole = power.sum(axis=1) + self.bias
        c = self.bias / self.q

        def change(c: Float64) -> Float64:
            with np.errstate(under="ignore"):
                shared = (power * c[:, None] ** answer.degrees).sum(axis=1)
            value: Float64 = (shared + self.bias) / whole - c
            return value

        for step in _steps(depth):
            half = c + step / 2 * change(c) if step > 1 else c
            c = np.clip(c + step * change(half), 0, 1)
        return c


def _steps(depth: int) -> Iterator[int]:
    """Yield the numbers of layers to advance at a time: 1 at the bottom, more where changes slow.

    >>> sum(_steps(1001)), len(list(_steps(1001)))
    (1000, 383)
    """
    layer = 1
    while layer < depth:
        step = min(depth - layer, max(1, layer // _FINE))
        yield step
        layer += step


def _family(activation: Activation, q: Float64) -> _Family:
    """Return the initializations whose layer 1 has these q; those with E φ'² = 0 are left out."""
    slope = gaussian_curve(activation, of="slope_square")(q)
    q, slope = q[slope > 0], slope[slope > 0]
    needed = gaussian_curve(activation, of="square")(q) / slope
    bias = np.maximum(q - needed, 0)
    return _Family(activation, q, 1 / slope, bias, (needed + bias) / q - 1)


def _chosen(family: _Family, depth: int, aim: float) -> float:
    """Return the q of the rule at the top of this module."""
    alike, saturated = family.correlation(depth), family.saturated(depth)
    good = np.flatnonzero((alike <= aim) & (saturated <= SATURATED))
    if good.size:
        last = good[-1]
        return (
            _edge(family, depth, aim, last) if last + 1 < family.q.size else float(family.q[last])
        )
    tolerable = saturated <= MOST_SATURATED
    if tolerable.any():
        return float(family.q[np.where(tolerable & (alike >= 0), alike, np.inf).argmin()])
    return float(family.q[saturated.argmin()])


def _edge(family: _Family, depth: int, aim: float, last: int) -> float:
    """Return the largest q between two points of the family that still meets both aims."""
    if last + 1 == family.q.size:
        return float(family.q[last])
    low, high = family.q[last], family.q[last + 1]
    for _ in range(_STEPS):
        middle = math.sqrt(low * high)
        one = _family(family.activation, np.array([middle]))
        fits = (
            one.good(depth)[0]
            and one.correlation(depth)[0] <= aim
            and one.saturated(depth)[0] <= SATURATED
        )
        low, high = (middle, high) if fits else (low, middle)
    return float(low)


def _rounded(x: float) -> float:
    return float(f"{x:.{_DIGITS}g}")
