"""How alike do two examples become, layer after layer?

Two pre-activations of the fixed point's q and of correlation c come out of a layer with

    C(c) = (σ_w² E[φ(z₁) φ(z₂)] + σ_b²) / q,    C'(c) = σ_w² E[φ'(z₁) φ'(z₂)],

C(1) = 1 and C'(1) = χ₁. All coefficients of C in powers of c are positive (those of φ in Hermite
polynomials, squared), so C is convex on [0, 1]: where χ₁ ≤ 1 every two examples end at c* = 1;
where χ₁ > 1 there is one c* below 1, and it is stable.

Source: Poole et al. 2016, arXiv:1606.05340, eqs. 5 and 6; Schoenholz et al. 2017,
arXiv:1611.01232, eqs. 4 and 9.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.arrays import Float64
from saturation_lab.theory.length_map import LEAST, MOST, LengthMap, depth_scale, length_map
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.pairs import pair_gap, pair_mean

_LEAST_GAP = 1e-12
_ROUNDING = 1e-10
_FIXED = 1e-6


@dataclass(frozen=True, kw_only=True)
class FixedCorrelation:
    """The correlation that two examples end at.

    Attributes:
        gap: 1 - c*, which keeps its digits.
        slope: C'(c*).
    """

    gap: float
    slope: float

    @property
    def c(self) -> float:
        """Return c*."""
        return 1 - self.gap

    @property
    def depth(self) -> float:
        """Return ξ_c = -1/ln C'(c*): over how many layers differences between examples last."""
        return depth_scale(self.slope)


def correlation_map(
    activation: object, c: ArrayLike, *, q: float, sigma_w: float, sigma_b: float = 0.0
) -> Float64:
    """Return C(c) at a fixed point q > 0 of the length map.

    Raises:
        InputError: q is no fixed point, |c| > 1.

    >>> print(correlation_map("relu", 0.0, q=1.0, sigma_w=2**0.5).round(6))
    0.31831
    """
    chosen = _at_fixed(activation, q, sigma_w, sigma_b)
    shared = pair_mean(chosen.activation, q, q, c, of="value")
    return (chosen.sigma_w**2 * shared + chosen.sigma_b**2) / q


def fixed_correlation(
    activation: object, *, q: float, sigma_w: float, sigma_b: float = 0.0
) -> FixedCorrelation:
    """Return where two examples that are not opposite end at a fixed point q > 0.

    Raises:
        NoAnswer: every c is a fixed point (a linear network).
        InputError: q is no fixed point.

    >>> ordered = fixed_correlation("tanh", q=0.0625 / 0.75, sigma_w=0.0, sigma_b=(1 / 12) ** 0.5)
    >>> ordered.c
    1.0
    >>> chaos = fixed_correlation("sin", q=0.79681213002002, sigma_w=2**0.5)
    >>> chaos.c, round(chaos.slope, 4)
    (0.0, 0.9016)
    """
    from scipy.optimize import brentq

    chosen = _at_fixed(activation, q, sigma_w, sigma_b)
    chi = float(chosen.chi_1(q))

    def kept(gap: float) -> float:
        # of a gap 1 - c, what a layer leaves; falls as the gap grows
        return chosen.sigma_w**2 * float(pair_gap(chosen.activation, q, 1 - gap)) / (q * gap)

    if abs(chi - 1) <= _ROUNDING and abs(kept(1.0) - 1) <= _ROUNDING:
        raise NoAnswer(
            "activation",
            expected="one correlation to end at",
            got=Words(f"{chosen.activation.name} at these σ, which keeps every correlation"),
        )
    if chi <= 1 + _ROUNDING or kept(_LEAST_GAP) <= 1:
        return FixedCorrelation(gap=0.0, slope=chi)
    if kept(1.0) >= 1 - _ROUNDING:  # φ is odd and σ_b = 0
        gap = 1.0
    else:
        log = brentq(lambda x: kept(math.exp(x)) - 1, math.log(_LEAST_GAP), 0.0, xtol=1e-12)
        gap = math.exp(log)
    slope = chosen.sigma_w**2 * float(pair_mean(chosen.activation, q, q, 1 - gap, of="slope"))
    return FixedCorrelation(gap=gap, slope=slope)


def carried_gap(chosen: LengthMap, gap: float, *, q: float, layers: int) -> float:
    """Return 1 - c of two examples after some layers, from a gap and a mean square q on.

    q need not be a fixed point. A gap below 1e-12 stays as it is.

    >>> print(round(carried_gap(length_map("relu", sigma_w=2**0.5), 1.0, q=2.0, layers=1), 6))
    0.68169
    """
    for _ in range(layers):
        if gap < _LEAST_GAP or not LEAST < q < MOST:
            return gap
        following = float(chosen(q))
        gap = chosen.sigma_w**2 * float(pair_gap(chosen.activation, q, 1 - gap)) / following
        q = following
    return gap


def _at_fixed(activation: object, q: float, sigma_w: float, sigma_b: float) -> LengthMap:
    chosen = length_map(activation, sigma_w=sigma_w, sigma_b=sigma_b)
    if not (q > 0 and np.isfinite(q)) or abs(float(chosen(q)) - q) > _FIXED * q:
        raise InputError(
            "q", expected=f"a fixed point above 0 of the length map of {chosen.activation.name}",
            got=q, hint="settled() finds it",
        )  # fmt: skip
    return chosen
