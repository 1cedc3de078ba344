"""The critical line: weights and biases at which the gradient keeps its size at any depth.

The condition is χ₁ = 1 at a fixed point of the length map. Given q, both conditions can be solved
directly,

    σ_w² = 1 / E φ'²,    σ_b² = q - E φ² / E φ'²,    z ~ N(0, q),

so q parametrizes the critical line, and a point exists wherever σ_b² >= 0. On the line,
χ∥ = dE[φ²]/dq / E φ'². Where χ∥ is below 1, the length converges to q; where it is above 1, the
length moves away. The two parts meet at a half-stable point, where E φφ'' = 0. SiLU, GELU and Mish
have such a point, with a non-zero bias.

Sources: Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232, section 3;
Hayou, Doucet & Rousseau 2019, arXiv:1902.06853, proposition 2; Roberts, Yaida & Hanin 2022, The
Principles of Deep Learning Theory, section 5.3.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from saturation_lab.checks import InputError, Words, real
from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.own import find_activation
from saturation_lab.theory.crossings import crossings
from saturation_lab.theory.expectations import gaussian_curve, gaussian_mean, variances
from saturation_lab.theory.length_map import FixedPoint, LengthMap, Stability
from saturation_lab.theory.moment_grid import moment_grid
from saturation_lab.theory.natural_scale import natural_scale
from saturation_lab.theory.no_answer import NoAnswer

_LEAST, _MOST = 1e-9, 1e6
"""Critical points are searched for at q = 0 and between these two q, in units of the natural scale
of q."""
_ROUNDING = 1e-11
_NO_SLOPE = 1e-30  # if φ'(0) = 0, a complex step returns less than this
_ENOUGH = 64  # nodes


@dataclass(frozen=True, kw_only=True)
class CriticalPoint:
    """Weights and biases with χ₁ = 1 at a fixed point.

    Attributes
    ----------
    q : float
        The fixed point; nan if every q is one.
    sigma_w : float
        The standard deviation of the weights times √n.
    sigma_b : float
        The standard deviation of the biases.
    chi_parallel : float
        χ∥ at the fixed point.
    """

    q: float
    sigma_w: float
    sigma_b: float
    chi_parallel: float

    @property
    def stability(self) -> Stability:
        """Whether a small difference in q fades, persists or grows."""
        return FixedPoint(q=self.q, chi_1=1.0, chi_parallel=self.chi_parallel).stability


@dataclass(frozen=True, kw_only=True, eq=False)
class CriticalLine:
    """The critical line, parametrized by q.

    All arrays have the same shape; the last three are nan where σ_b² would be negative.

    Attributes
    ----------
    q : array
        The fixed points.
    sigma_w : array
        The standard deviation of the weights times √n.
    sigma_b : array
        The standard deviation of the biases.
    chi_parallel : array
        χ∥ at the fixed points.
    """

    q: Float64
    sigma_w: Float64
    sigma_b: Float64
    chi_parallel: Float64


def critical_line(activation: object, q: ArrayLike) -> CriticalLine:
    """Return the critical point for each fixed point q > 0.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : array_like
        Mean squares of z, above 0.

    Returns
    -------
    CriticalLine
        Arrays of the shape of ``q``; nan where no critical point has this fixed point, as at every
        q if φ jumps (see `why_none`).

    Raises
    ------
    InputError
        If a q is 0, negative or not finite.
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, section 3.
    .. [2] S. Hayou, A. Doucet and J. Rousseau, "On the impact of the activation function on deep
       neural networks training", ICML 2019, arXiv:1902.06853, proposition 2.

    Examples
    --------
    >>> line = critical_line("sin", [0.5, 2.0])  # σ_w² = 2/(1 + e^-2q), σ_b² = q - tanh q
    >>> (line.sigma_b**2).round(6).tolist()
    [0.037883, 1.035972]
    """
    member, at = find_activation(activation), variances("q", q)
    if not at.all():
        raise InputError("q", expected="variances above 0", got=0)
    square, slope, parallel = (gaussian_curve(member, of=of)(at) for of in _MOMENTS)
    with np.errstate(divide="ignore", invalid="ignore"):
        bias = _bias(at, square, slope)
        exists = (bias >= 0) & (not member.jumps)
        return CriticalLine(
            q=at,
            sigma_w=np.where(exists, np.sqrt(1 / slope), np.nan),
            sigma_b=np.sqrt(np.where(exists, bias, np.nan)),
            chi_parallel=np.where(exists, parallel / slope, np.nan),
        )


def critical_at(activation: object, q: float) -> CriticalPoint:
    """Return the critical point whose fixed point is q.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    q : float
        The mean square of z, above 0.

    Returns
    -------
    CriticalPoint
        The only critical point with this fixed point.

    Raises
    ------
    NoAnswer
        If there is none because σ_b² would be negative, or an expectation diverges.
    InputError
        If q is not a finite number above 0.

    References
    ----------
    .. [1] S. Hayou, A. Doucet and J. Rousseau, "On the impact of the activation function on deep
       neural networks training", ICML 2019, arXiv:1902.06853, proposition 2.

    Examples
    --------
    >>> print(round(critical_at("relu", 3.0).sigma_w, 6), critical_at("relu", 3.0).sigma_b)
    1.414214 0.0
    """
    line = critical_line(activation, real("q", q, above=0))
    if np.isnan(line.sigma_w):
        name = find_activation(activation).name
        raise NoAnswer(
            "q", expected=f"a q at which {name} is critical (with σ_b² ≥ 0)", got=q,
            hint=why_none(activation),
        )  # fmt: skip
    return CriticalPoint(
        q=float(q),
        sigma_w=float(line.sigma_w),
        sigma_b=float(line.sigma_b),
        chi_parallel=float(line.chi_parallel),
    )


def critical_points(activation: object, *, sigma_b: float = 0.0) -> tuple[CriticalPoint, ...]:
    """Return the critical point for every critical σ_w at a given σ_b.

    At σ_b = 0, an activation with φ(0) = 0 is critical at q* = 0 too. There, σ_w² is the inverse of
    E φ'² as q → 0, the mean square of the two one-sided slopes.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_b : float
        The standard deviation of the biases.

    Returns
    -------
    tuple of CriticalPoint
        In order of increasing q, searched for up to 1e6 times the natural scale of q; empty if
        there is none. If every q is a fixed point, there is a single entry, with q = nan.

    Raises
    ------
    InputError
        If σ_b is negative or not finite.
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] S. Hayou, A. Doucet and J. Rousseau, "On the impact of the activation function on deep
       neural networks training", ICML 2019, arXiv:1902.06853, proposition 2.

    Examples
    --------
    >>> print(critical_points("tanh")[0].sigma_w)
    1.0
    >>> [round(point.sigma_w, 6) for point in critical_points("sigmoid")]
    [10.149264]
    >>> critical_points("softplus"), critical_points("relu", sigma_b=0.1)
    ((), ())
    """
    member, wanted = find_activation(activation), real("sigma_b", sigma_b, least=0) ** 2
    free = scale_free(member)
    if free is not None:
        return (free,) if wanted == 0 else ()
    if member.jumps:
        return ()
    points = [_at_zero(member)] if wanted == 0 and _has_zero(member) else []
    square, slope = (gaussian_curve(member, of=of) for of in _MOMENTS[:2])

    def excess(q: Float64) -> Float64:
        with np.errstate(divide="ignore"):
            return _bias(q, square(q), slope(q)) / q - wanted / q

    points += [critical_at(member, q) for q in crossings(excess, _nodes(member))]
    return tuple(points)


def critical_sigma_w(activation: object, *, sigma_b: float = 0.0) -> float:
    """Return the critical σ_w at a given σ_b whose fixed point is not unstable.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.
    sigma_b : float
        The standard deviation of the biases.

    Returns
    -------
    float
        σ_w. If there are several, that of the smallest fixed point.

    Raises
    ------
    NoAnswer
        If there is none; the message states the reason.
    InputError
        If σ_b is negative or not finite.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, section 3.

    Examples
    --------
    >>> round(critical_sigma_w("tanh", sigma_b=0.3), 6)
    1.395584
    """
    points = critical_points(activation, sigma_b=sigma_b)
    kept = [point for point in points if point.stability is not Stability.UNSTABLE]
    if not kept:
        name = find_activation(activation).name
        got = f"{sigma_b:g}, at which {name} has "
        got += "only an unstable one" if points else "none"
        hint = why_none(activation) or "try another σ_b"
        raise NoAnswer("sigma_b", expected="a σ_b with a critical σ_w", got=Words(got), hint=hint)
    return kept[0].sigma_w


def half_stable_point(activation: object) -> CriticalPoint:
    """Return the critical point with q > 0 at which χ∥ = 1 as well, so that E φφ'' = 0.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.

    Returns
    -------
    CriticalPoint
        If there are several, the one with the smallest q.

    Raises
    ------
    NoAnswer
        If there is none, if every q is half-stable, or if an expectation diverges.

    References
    ----------
    .. [1] D. A. Roberts, S. Yaida and B. Hanin, "The Principles of Deep Learning Theory", Cambridge
       University Press, 2022, section 5.3.4.

    Examples
    --------
    >>> found = half_stable_point("gelu")  # q* = (3 + √17)/2
    >>> round(found.q, 9), round(found.sigma_w**2, 8), round(found.sigma_b**2, 8)
    (3.561552813, 1.98305826, 0.17292239)
    """
    member = find_activation(activation)
    free = scale_free(member)
    if free is None and not member.jumps:
        slope, parallel = (gaussian_curve(member, of=of) for of in _MOMENTS[1:])
        roots = crossings(lambda q: parallel(q) / slope(q) - 1, _nodes(member))
        line = [critical_line(member, q) for q in roots]
        kept = [q for q, point in zip(roots, line, strict=True) if np.isfinite(point.sigma_w)]
        if kept:
            return critical_at(member, kept[0])
    said = "which has none" if free is None else "for which every q is half-stable"
    raise NoAnswer(
        "activation",
        expected="an activation with a half-stable critical point at q > 0",
        got=Words(f"{member.name}, {said}"),
    )


def critical_point(activation: object) -> CriticalPoint:
    """Return the point that is usually called the critical initialization of an activation.

    If every q is a fixed point, it is the only critical point. Otherwise, it is the half-stable
    point if there is one, and else the critical point without biases that has the smallest q.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.

    Returns
    -------
    CriticalPoint
        The standard deviations of weights and biases, and the fixed point.

    Raises
    ------
    NoAnswer
        If there is none, with the reason, or if an expectation diverges.

    References
    ----------
    .. [1] D. A. Roberts, S. Yaida and B. Hanin, "The Principles of Deep Learning Theory", Cambridge
       University Press, 2022, section 5.3.4.
    .. [2] S. Hayou, A. Doucet and J. Rousseau, "On the impact of the activation function on deep
       neural networks training", ICML 2019, arXiv:1902.06853, proposition 2.

    Examples
    --------
    >>> print(round(critical_point("silu").sigma_b, 8), round(critical_point("erf").sigma_w, 8))
    0.7450793 0.88622693
    """
    member = find_activation(activation)
    free = scale_free(member)
    if free is not None:
        return free
    try:
        return half_stable_point(member)
    except NoAnswer:
        points = critical_points(member)
    if not points:
        raise NoAnswer(
            "activation", expected="an activation with a critical point", got=member.name,
            hint=why_none(member) or "it has critical points with biases: see critical_line()",
        )  # fmt: skip
    return points[0]


def scale_free(activation: Activation) -> CriticalPoint | None:
    """Return the critical point of a φ that is linear on either side of 0, and None for others.

    Parameters
    ----------
    activation : Activation
        The activation φ.

    Returns
    -------
    CriticalPoint or None
        σ_w² = 1 / E φ'² without biases, at which every q is a fixed point.

    Raises
    ------
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] S. Hayou, A. Doucet and J. Rousseau, "On the impact of the activation function on deep
       neural networks training", ICML 2019, arXiv:1902.06853, proposition 2.

    Examples
    --------
    >>> print(scale_free(find_activation("leaky_relu")).sigma_w)
    1.41414285...
    """
    if activation.jumps:
        return None
    grid = moment_grid(activation)
    square, slope, q = grid.square, grid.slope_square, grid.q
    if (
        len(q) < _ENOUGH
        or not (slope > 0).all()
        or not np.allclose(square, slope * q, rtol=_ROUNDING, atol=0)
    ):
        return None
    gain = math.sqrt(1 / float(gaussian_mean(activation, grid.unit, of="slope_square")))
    return CriticalPoint(q=math.nan, sigma_w=gain, sigma_b=0.0, chi_parallel=1.0)


def why_none(activation: object) -> str:
    """Return the reason why an activation has no critical point at all.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.

    Returns
    -------
    str
        A clause without a period, to be used inside a sentence; "" if there is a critical point.

    Raises
    ------
    NoAnswer
        If an expectation diverges.

    Examples
    --------
    >>> why_none(np.sign)
    "φ is constant between its jumps, so φ' = 0 and no gradient passes through a layer"
    >>> why_none(lambda z: np.tanh(z) + (z > 0))
    'φ jumps at z = 0, so the slope of the correlation map at c = 1 is infinite at any σ_w'
    >>> why_none("softplus")
    "the length map exceeds q wherever χ₁ = 1, since E φ² / E φ'² > q at every q"
    """
    member = find_activation(activation)
    if flat(member):
        between = " between its jumps" if member.jumps else ""
        return f"φ is constant{between}, so φ' = 0 and no gradient passes through a layer"
    if member.jumps:
        at = ", ".join(f"{z:.6g}" for z in member.jumps[:3])
        at += ", ..." if len(member.jumps) > 3 else ""
        return (
            f"φ jumps at z = {at}, so the slope of the correlation map at c = 1 is infinite at "
            "any σ_w"
        )
    line = critical_line(member, _nodes(member))
    if np.isfinite(line.sigma_w).any():
        return ""
    return "the length map exceeds q wherever χ₁ = 1, since E φ² / E φ'² > q at every q"


def flat(activation: object) -> bool:
    """Return whether φ' = 0 at every z at which φ does not jump, so that no gradient passes.

    Parameters
    ----------
    activation : str, Activation or callable
        The activation φ, in any form that `find_activation` accepts.

    Returns
    -------
    bool
        Whether E φ'² is 0 at every q.

    Examples
    --------
    >>> flat(np.sign), flat("relu")
    (True, False)
    """
    member = find_activation(activation)
    q = natural_scale(member).q * np.array([1e-4, 1.0, 1e4])
    return not gaussian_curve(member, of="slope_square")(q).any()


_MOMENTS = ("square", "slope_square", "square_slope")


def _nodes(activation: Activation) -> Float64:
    """Return the nodes of the grid of q at which all three moments can be computed."""
    grid = moment_grid(activation)
    inside = (grid.q >= _LEAST * grid.unit) & (grid.q <= _MOST * grid.unit)
    return grid.q[inside & np.isfinite(grid.slope_square + grid.square_slope)]


def _bias(q: Float64, square: Float64, slope: Float64) -> Float64:
    """Return σ_b² of the critical line; values within rounding of 0 become 0."""
    bias = q - square / slope
    return np.where(np.abs(bias) <= _ROUNDING * q, 0.0, bias)


def _has_zero(activation: Activation) -> bool:
    at_zero = LengthMap(activation=activation, sigma_w=1.0, sigma_b=0.0)
    steep = _NO_SLOPE / natural_scale(activation).sigma_w ** 2
    return at_zero.passes_zero and float(at_zero.chi_1(0.0)) > steep


def _at_zero(activation: Activation) -> CriticalPoint:
    slope = float(gaussian_mean(activation, 0.0, of="slope_square"))
    return CriticalPoint(q=0.0, sigma_w=math.sqrt(1 / slope), sigma_b=0.0, chi_parallel=1.0)
