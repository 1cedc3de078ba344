"""The correlation map: how similar two examples become from layer to layer.

Two pre-activations with the fixed point's mean square q and with correlation c leave a layer with

    C(c) = (σ_w² E[φ(z₁) φ(z₂)] + σ_b²) / q,    C'(c) = σ_w² E[φ'(z₁) φ'(z₂)],

where C(1) = 1 and C'(1) = χ₁. All coefficients of C in powers of c are non-negative (they are the
squared Hermite coefficients of φ), so C is convex on [0, 1]. If χ₁ <= 1, all pairs of examples
converge to c* = 1. If χ₁ > 1, there is one c* below 1, and it is stable. If φ jumps, the slope
includes the jumps, which φ' does not: C'(1) is infinite, and there is always a c* below 1.

Sources: Poole et al. 2016, arXiv:1606.05340, eqs. 5 and 6; Schoenholz et al. 2017,
arXiv:1611.01232, eqs. 4 and 9.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words, real
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.length_map import LengthMap, depth_scale, length_map, settled
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.pairs import pair_gap, pair_mean

_LEAST_GAP = 1e-12
_ROUNDING = 1e-10
_FIXED = 1e-6
_DEGREE, _SPAN = 14, 0.25


@dataclass(frozen=True, kw_only=True)
class FixedCorrelation:
    """The correlation to which pairs of examples converge.

    Attributes
    ----------
    gap : float
        1 - c*, which keeps its accuracy when c* is close to 1.
    slope : float
        C'(c*).
    """

    gap: float
    slope: float

    @property
    def c(self) -> float:
        """The fixed correlation c*."""
        return 1 - self.gap

    @property
    def depth(self) -> float:
        """ξ_c = -1/ln C'(c*), the depth scale of a difference between examples, in layers."""
        return depth_scale(self.slope)


def correlation_map(
    activation: object, c: ArrayLike, *, q: float, sigma_w: float, sigma_b: float = 0.0
) -> Float64:
    """Return C(c) at a fixed point q > 0 of the length map.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    c : array_like
        Correlations of the pre-activations, from -1 to 1.
    q : float
        The mean square of z; a fixed point of the length map.
    sigma_w : float
        The standard deviation of the weights times √fan-in.
    sigma_b : float
        The standard deviation of the biases.

    Returns
    -------
    array of the shape of ``c``
        The correlation after one layer.

    Raises
    ------
    InputError
        If q is not a fixed point of the length map or |c| > 1.
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eq. 5.

    Examples
    --------
    >>> print(correlation_map("relu", 0.0, q=1.0, sigma_w=2**0.5).round(6))
    0.31831
    """
    chosen = _at_fixed(activation, q, sigma_w, sigma_b)
    shared = pair_mean(chosen.activation, q, q, c, of="value")
    return (chosen.sigma_w**2 * shared + chosen.sigma_b**2) / q


def _reached(activation: object, sigma_w: float, sigma_b: float) -> float:
    start = real("sigma_w", sigma_w, least=0) ** 2 + real("sigma_b", sigma_b, least=0) ** 2
    point = settled(activation, sigma_w=sigma_w, sigma_b=sigma_b, start=start)
    if point is None or point.q == 0:
        grows = "z² grows without bound" if point is None else "z² converges to 0"
        raise NoAnswer("q", expected="z² to converge to a value above 0", got=Words(grows))
    return point.q


def fixed_correlation(
    activation: object, *, sigma_w: float, sigma_b: float = 0.0, q: float | None = None
) -> FixedCorrelation:
    """Return the correlation to which examples converge at a fixed point q > 0.

    Opposite examples, whose correlation is -1, are excluded: they may keep it.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_w : float
        The standard deviation of the weights times √fan-in.
    sigma_b : float
        The standard deviation of the biases.
    q : float, optional
        The mean square of z; a fixed point of the length map. By default the one to which inputs of
        mean square 1 converge.

    Returns
    -------
    FixedCorrelation
        The fixed point c* of the correlation map and its slope there.

    Raises
    ------
    NoAnswer
        If every c is a fixed point (a linear network), q converges to 0 or grows without bound, or
        an expectation diverges.
    InputError
        If q is not a fixed point of the length map.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 5 and 6.
    .. [2] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, eqs. 4 and 9.

    Examples
    --------
    >>> ordered = fixed_correlation("tanh", q=0.0625 / 0.75, sigma_w=0.0, sigma_b=(1 / 12) ** 0.5)
    >>> ordered.c
    1.0
    >>> chaos = fixed_correlation("sin", q=0.79681213002002, sigma_w=2**0.5)
    >>> chaos.c, round(chaos.slope, 4)
    (0.0, 0.9016)
    >>> round(fixed_correlation("tanh", sigma_w=1.5, sigma_b=0.3).c, 6)
    0.766753
    """
    from scipy.optimize import brentq

    if q is None:
        q = _reached(activation, sigma_w, sigma_b)
    chosen = _at_fixed(activation, q, sigma_w, sigma_b)
    jumps = bool(chosen.activation.jumps)
    chi = math.inf if jumps else float(chosen.chi_1(q))

    def kept(gap: float) -> float:
        # the factor of a layer on a gap 1 - c, which falls as the gap grows
        return chosen.sigma_w**2 * float(pair_gap(chosen.activation, q, 1 - gap)) / (q * gap)

    if abs(chi - 1) <= _ROUNDING and abs(kept(1.0) - 1) <= _ROUNDING:
        raise NoAnswer(
            "activation",
            expected="a single limiting correlation",
            got=Words(f"{chosen.activation.name} at these σ, which preserves every correlation"),
        )
    if chi <= 1 + _ROUNDING or kept(_LEAST_GAP) <= 1:
        return FixedCorrelation(gap=0.0, slope=chi)
    if kept(1.0) >= 1 - _ROUNDING:  # φ is odd and σ_b = 0
        gap = 1.0
    else:
        log = brentq(lambda x: kept(math.exp(x)) - 1, math.log(_LEAST_GAP), 0.0, xtol=1e-12)
        gap = math.exp(log)
    if jumps:
        slope = _slope_across_jumps(kept, gap)
    else:
        slope = chosen.sigma_w**2 * float(pair_mean(chosen.activation, q, q, 1 - gap, of="slope"))
    return FixedCorrelation(gap=gap, slope=slope)


def _slope_across_jumps(kept: Callable[[float], float], gap: float) -> float:
    """Return C'(c) = d(gap · kept)/d gap from a Chebyshev expansion in log gap.

    φ' lacks the jumps of φ, so that E[φ'(z₁) φ'(z₂)] is not the slope. C is analytic for |c| < 1.
    """
    x = np.cos(np.pi * (np.arange(_DEGREE + 1) + 0.5) / (_DEGREE + 1))
    values = [one * kept(one) for one in (gap * np.exp(_SPAN * x)).tolist()]
    fit = np.polynomial.chebyshev.Chebyshev.fit(x, values, _DEGREE, domain=[-1, 1])
    return float(fit.deriv()(0.0)) / (_SPAN * gap)


def carried_gap(chosen: LengthMap, gap: float, *, q: float, layers: int) -> float:
    """Return 1 - c of two examples after a given number of layers.

    Unlike in `correlation_map`, q need not be a fixed point: it follows the length map. A gap below
    1e-12 is returned unchanged.

    Parameters
    ----------
    chosen : LengthMap
        The length map of the layers.
    gap : float
        1 - c of the two examples at the start.
    q : float
        The mean square of z at the start, the same for both examples.
    layers : int
        The number of layers to pass.

    Returns
    -------
    float
        1 - c after these layers. The iteration stops early if q leaves the range from
        1e-14 to 1e8, in units of the natural scale of q.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016,
       arXiv:1606.05340, eqs. 3 and 5.

    Examples
    --------
    >>> print(round(carried_gap(length_map("relu", sigma_w=2**0.5), 1.0, q=2.0, layers=1), 6))
    0.68169
    """
    for _ in range(layers):
        if gap < _LEAST_GAP or not chosen.least < q < chosen.most:
            return gap
        following = float(chosen(q))
        gap = chosen.sigma_w**2 * float(pair_gap(chosen.activation, q, 1 - gap)) / following
        q = following
    return gap


def _at_fixed(activation: object, q: float, sigma_w: float, sigma_b: float) -> LengthMap:
    """Return the length map after checking that q is one of its positive fixed points."""
    chosen = length_map(activation, sigma_w=sigma_w, sigma_b=sigma_b)
    if not (q > 0 and np.isfinite(q)) or abs(float(chosen(q)) - q) > _FIXED * q:
        raise InputError(
            "q", expected=f"a fixed point above 0 of the length map of {chosen.activation.name}",
            got=q, hint="use settled() to find one",
        )  # fmt: skip
    return chosen
