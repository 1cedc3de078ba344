"""What theory predicts for one activation: its phases, its constants, and the place of each rule.

Nothing is sampled. σ_w = √n Std w and σ_b = Std b. The iteration over layers starts from
E z² = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.biases import BIASES
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.theory.correlation_map import fixed_correlation
from saturation_lab.theory.criticality import (
    CriticalPoint,
    critical_line,
    critical_points,
    why_none,
)
from saturation_lab.theory.expectations import gaussian_curve, gaussian_mean
from saturation_lab.theory.gains import Gains, gains
from saturation_lab.theory.length_map import (
    LengthMap,
    Stability,
    depth_scale,
    length_map,
)
from saturation_lab.theory.moment_grid import moment_grid
from saturation_lab.theory.natural_scale import natural_scale
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.phase import Phase, phase_diagram
from saturation_lab.theory.tuning import Basis, Tuning, tuned

_CELLS = (80, 64)
"""The cells of a phase diagram along σ_w and σ_b, in addition to the row of σ_b = 0."""
_SHEET_CELLS = (40, 30)
"""The same for the overview of all activations."""
_LEAST_W, _LEAST_B = 2.5, 1.2
"""The least ends of the axes, in powers of 10 near the activation's natural scales. They extend
farther if a rule or a critical point requires it.
"""
_FARTHEST = 100
"""A critical point of more than this many natural scales of σ_w is not shown."""
_STEP_W, _STEP_B = 0.5, 0.4
"""The steps in which they extend, so that cells have short numbers."""
_SCALE_STEPS, _NEARER = 45, 5
"""The number of σ_w for the depth scales, and of those added on each side of a critical σ_w."""
_DIGITS = 4
"""Significant digits of the numbers behind a phase diagram."""
_MOST_LOG = 700.0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A named initialization.

    Attributes
    ----------
    title : str
        Its name on a page.
    initializer : str
        A member of `INITIALIZERS` with its variance.
    """

    title: str
    initializer: str


RULES: dict[str, Rule] = {
    "he": Rule(title="He", initializer="he_normal"),
    "glorot": Rule(title="Glorot, LeCun", initializer="glorot_normal"),
    "standard": Rule(title="Standard", initializer="standard_uniform"),
    "lecture": Rule(title="Lecture", initializer="lecture_normal"),
    "pytorch": Rule(title="PyTorch's default", initializer="pytorch_default"),
}
"""The rules by key. In layers of equal width, it does not matter whether a rule uses fan-in or
fan-out, nor whether its law is normal or uniform.
"""
RECOMMENDED = "recommended"
"""The key of the recommended initialization, which is placed like a rule."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A rule's place in the phase diagram of an activation.

    Attributes
    ----------
    key : str
        A key of `RULES`, or `RECOMMENDED`.
    title : str
        The name of the rule on a page.
    sigma_w : float
        The standard deviation of the weights times √n.
    sigma_b : float
        The standard deviation of the biases.
    phase : Phase
        The phase at this place.
    q : float
        The fixed point that is reached; inf if there is none.
    chi_1 : float
        χ₁ at the fixed point; nan if there is none.
    length_depth : float
        The depth scale ξ_q in layers; nan if there is no fixed point.
    correlation_depth : float
        The depth scale ξ_c in layers; nan if there is no fixed point.
    gradient_ratio : float
        E δ² of layer 1 divided by that of the last layer, including the layers that have not yet
        reached the fixed point.
    """

    key: str
    title: str
    sigma_w: float
    sigma_b: float
    phase: Phase
    q: float
    chi_1: float
    length_depth: float
    correlation_depth: float
    gradient_ratio: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """Everything that a page states about one activation.

    Attributes
    ----------
    activation : Activation
        The activation.
    depth : int
        The number of layers for the recommendation and the gradient ratios.
    width : int
        The width of the layers, on which the biases of PyTorch's default depend.
    gains : Gains
        The gains, including the critical point.
    why_none : str
        The reason why there is no critical point; "" if there is one.
    tuning : Tuning
        The recommendation.
    placed : tuple of Placed
        The rules that apply to the activation, and the recommendation.
    axes : tuple of float
        The ends of the axes of the phase diagram, (σ_w, σ_b).
    phases : DataFrame
        ``phase(activation, sigma_w, sigma_b, phase, q, chi_1)``.
    sheet : DataFrame
        The same in coarser cells, without q.
    line : DataFrame
        ``line(activation, q, sigma_w, sigma_b, chi_parallel)``, with nan where the line is broken.
    scales : DataFrame
        ``scale(activation, sigma_b, sigma_w, phase, q, xi_q, xi_c)``.
    """

    activation: Activation
    depth: int
    width: int
    gains: Gains
    why_none: str
    tuning: Tuning
    placed: tuple[Placed, ...]
    axes: tuple[float, float]
    phases: pd.DataFrame
    sheet: pd.DataFrame
    line: pd.DataFrame
    scales: pd.DataFrame

    @property
    def critical(self) -> CriticalPoint | None:
        """The critical point; None if there is none."""
        return self.gains.critical

    def rule(self, key: str) -> Placed | None:
        """Return the place of a rule.

        Parameters
        ----------
        key : str
            A key of `RULES`, or `RECOMMENDED`.

        Returns
        -------
        Placed or None
            The place; None if the rule does not apply to this activation.
        """
        return next((one for one in self.placed if one.key == key), None)


def outlook(activation: Activation, *, depth: int, width: int) -> Outlook:
    """Return what theory predicts for an activation.

    Parameters
    ----------
    activation : Activation
        The activation φ.
    depth : int
        The number of hidden layers.
    width : int
        The number of units of each layer.

    Returns
    -------
    Outlook
        The gains, the recommendation, the place of each rule, and the tables of the phase diagram.

    Raises
    ------
    NoAnswer
        If an expectation diverges or cannot be computed.
    InputError
        If ``depth`` is not a whole number of at least 1.

    References
    ----------
    .. [1] B. Poole, S. Lahiri, M. Raghu, J. Sohl-Dickstein and S. Ganguli, "Exponential
       expressivity in deep neural networks through transient chaos", NeurIPS 2016, arXiv:1606.05340
       (the phases).
    .. [2] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232 (the depth scales).
    """
    found, tuning = gains(activation), tuned(activation, depth=depth)
    placed = _placed(activation, tuning, depth=depth, width=width)
    axes = _axes(activation, placed, found.critical)
    bias = 0.0 if math.isnan(tuning.sigma_b) else tuning.sigma_b
    return Outlook(
        activation=activation,
        depth=depth,
        width=width,
        gains=found,
        why_none="" if found.critical else why_none(activation),
        tuning=tuning,
        placed=placed,
        axes=axes,
        phases=_phases(activation, axes, _CELLS),
        sheet=_phases(activation, axes, _SHEET_CELLS).drop(columns="q"),
        line=_line(activation, axes),
        scales=_scales(activation, axes[0], bias),
    )


def kind_of(point: CriticalPoint) -> str:
    """Return the kind of a critical point in words.

    Parameters
    ----------
    point : CriticalPoint
        The critical point.

    Returns
    -------
    str
        The stability of its fixed point, or that every q is a fixed point.

    Examples
    --------
    >>> from saturation_lab.theory.criticality import critical_point
    >>> [kind_of(critical_point(name)) for name in ("relu", "tanh", "silu")]
    ['every q is a fixed point', 'half-stable, at q = 0', 'half-stable']
    """
    if math.isnan(point.q):
        return "every q is a fixed point"
    words = point.stability.value
    if point.q == 0 and point.stability is Stability.HALF_STABLE:
        return f"{words}, at q = 0"
    return words


def rule_sigmas(activation: Activation, rule: Rule, *, width: int) -> tuple[float, float] | None:
    """Return (σ_w, σ_b) of a rule in layers of equal width.

    Parameters
    ----------
    activation : Activation
        The activation, on which the gain may depend.
    rule : Rule
        The rule.
    width : int
        The number of units of each layer.

    Returns
    -------
    tuple of float or None
        σ_w = √n Std w and σ_b = Std b; None if the rule has no gain for this activation.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> rule_sigmas(ACTIVATIONS["sigmoid"], RULES["lecture"], width=500)
    (4.0, 0.0)
    >>> rule_sigmas(ACTIVATIONS["elu"], RULES["lecture"], width=500) is None
    True
    """
    member = INITIALIZERS[rule.initializer]
    if member.gain is None and activation.lecture_gain is None:
        return None
    gain = member.gain_for(activation)
    sigma_w = gain * math.sqrt(width * member.scale.variance(width, width))
    return sigma_w, BIASES[member.bias].std(0.0, width)


def _placed(
    activation: Activation, tuning: Tuning, *, depth: int, width: int
) -> tuple[Placed, ...]:
    sigmas = {
        key: (rule.title, rule_sigmas(activation, rule, width=width)) for key, rule in RULES.items()
    }
    if tuning.basis is not Basis.NONE:
        sigmas[RECOMMENDED] = ("Recommended", (tuning.sigma_w, tuning.sigma_b))
    return tuple(
        _place(activation, key, title, found, depth, tuning if key == RECOMMENDED else None)
        for key, (title, found) in sigmas.items()
        if found is not None
    )


def _place(
    activation: Activation,
    key: str,
    title: str,
    sigmas: tuple[float, float],
    depth: int,
    tuning: Tuning | None,
) -> Placed:
    w, b = sigmas
    cell = phase_diagram(activation, sigma_w=[w], sigma_b=[b])
    phase, q, chi = Phase(str(cell.phase[0, 0])), cell.q[0], cell.chi_1[0]
    if tuning is not None and tuning.basis is Basis.CRITICAL:
        # its layer 1 is at the fixed point, which rounded σ do not move by much, stable or not
        phase, q, chi = Phase.CRITICAL, np.array([tuning.q]), np.ones(1)
    xi_q, xi_c = _depths(activation, np.array([w]), b, q, chi)
    return Placed(
        key=key,
        title=title,
        sigma_w=w,
        sigma_b=b,
        phase=phase,
        q=float(q[0]),
        chi_1=float(chi[0]),
        length_depth=float(xi_q[0]),
        correlation_depth=float(xi_c[0]),
        gradient_ratio=gradient_ratio(
            length_map(activation, sigma_w=w, sigma_b=b), depth, q=tuning.q if tuning else None
        ),
    )


def gradient_ratio(layer: LengthMap, depth: int, *, q: float | None = None) -> float:
    """Return E δ² of layer 1 divided by that of the last layer.

    It is the product of χ₁ over layers 1 to ``depth`` - 1.

    Parameters
    ----------
    layer : LengthMap
        The length map of every layer.
    depth : int
        The number of hidden layers.
    q : float or None
        E z² of layer 1. By default, that of inputs of mean square 1 with the σ_w of all layers.

    Returns
    -------
    float
        The ratio; inf if q exceeds 1e8 times the natural scale of q on the way.

    Raises
    ------
    NoAnswer
        If an expectation diverges.

    References
    ----------
    .. [1] S. S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein, "Deep information
       propagation", ICLR 2017, arXiv:1611.01232, eq. 13.

    Examples
    --------
    >>> print(gradient_ratio(length_map("tanh", sigma_w=3**-0.5), 50).__format__(".1e"))
    2.3e-24
    """
    q, logs = layer.sigma_w**2 + layer.sigma_b**2 if q is None else q, 0.0
    for _ in range(1, depth):
        if q > layer.most:
            return math.inf
        chi = float(layer.chi_1(q))
        logs += math.log(chi) if chi > 0 else -math.inf
        q = float(layer(q))
    return math.exp(min(logs, _MOST_LOG))


def _axes(
    activation: Activation, placed: tuple[Placed, ...], critical: CriticalPoint | None
) -> tuple[float, float]:
    """Return the ends of both axes."""
    points = [(one.sigma_w, one.sigma_b) for one in placed]
    most_w, most_b = (1.12 * max(values) for values in zip(*points, strict=True))
    natural = natural_scale(activation)
    w, b = _decade(natural.sigma_w), _decade(natural.sigma_b)
    if critical is not None and critical.sigma_w <= _FARTHEST * w:
        most_w, most_b = max(most_w, 1.12 * critical.sigma_w), max(most_b, 1.12 * critical.sigma_b)
    return (
        _up(max(_LEAST_W * w, most_w), _STEP_W * w),
        _up(max(_LEAST_B * b, most_b), _STEP_B * b),
    )


def _decade(x: float) -> float:
    """Return the power of 10 that is 0.25 to 2.5 times x."""
    return float(10.0 ** math.floor(math.log10(x) + 0.4))


def _up(x: float, step: float) -> float:
    return float(f"{math.ceil(x / step - 1e-9) * step:.9g}")


def _phases(
    activation: Activation, axes: tuple[float, float], cells: tuple[int, int]
) -> pd.DataFrame:
    """Return the phase at the middle of every cell, and for σ_b = 0."""
    w, b = (
        np.array([float(f"{x:.9g}") for x in (np.arange(count) + 0.5) * end / count])
        for count, end in zip(cells, axes, strict=True)
    )
    found = phase_diagram(activation, sigma_w=w, sigma_b=[0.0, *b])
    grid = np.meshgrid(found.sigma_w, found.sigma_b)
    return pd.DataFrame(
        {
            "activation": activation.name,
            "sigma_w": grid[0].ravel(),
            "sigma_b": grid[1].ravel(),
            "phase": found.phase.ravel(),
            "q": _rounded(found.q.ravel()),
            "chi_1": _rounded(found.chi_1.ravel()),
        }
    )


def _rounded(values: Float64) -> Float64:
    return np.array([float(f"{x:.{_DIGITS}g}") for x in values])


def _line(activation: Activation, axes: tuple[float, float]) -> pd.DataFrame:
    """Return the critical line within the axes, and one point beyond each end."""
    unit = _decade(natural_scale(activation).q)
    q = unit * np.geomspace(1e-4, 1e5, 250)
    q = q[q <= moment_grid(activation).q[-1]]
    ends = [point.q for point in critical_points(activation) if point.q > 0]
    near_ends = [
        end * (1 + sign * np.geomspace(1e-6, 0.03, 12)) for end in ends for sign in (-1, 1)
    ]
    line = critical_line(activation, np.unique(np.concatenate([q, *near_ends])))
    inside = (line.sigma_w <= axes[0]) & (line.sigma_b <= axes[1])
    near = inside | np.roll(inside, 1) | np.roll(inside, -1)
    table = pd.DataFrame(
        {
            "activation": activation.name,
            "q": line.q,
            "sigma_w": np.where(near, line.sigma_w, np.nan),
            "sigma_b": np.where(near, line.sigma_b, np.nan),
            "chi_parallel": line.chi_parallel,
        }
    )
    shown = np.flatnonzero(near)
    return table.iloc[shown[0] : shown[-1] + 1] if shown.size else table.iloc[:0]


def _scales(activation: Activation, end: float, bias: float) -> pd.DataFrame:
    """Return ξ_q and ξ_c along σ_w, with closer spacing around every critical σ_w."""
    w = np.linspace(end / _SCALE_STEPS, end, _SCALE_STEPS)
    near = np.geomspace(1e-3, 0.1, _NEARER)
    for point in critical_points(activation, sigma_b=bias):
        w = np.concatenate([w, point.sigma_w * (1 - near), point.sigma_w * (1 + near)])
    unit = _decade(natural_scale(activation).sigma_w)
    w = np.unique((w[w <= end] / unit).round(6) * unit)
    found = phase_diagram(activation, sigma_w=w, sigma_b=[bias])
    xi_q, xi_c = _depths(activation, w, bias, found.q[0], found.chi_1[0])
    return pd.DataFrame(
        {
            "activation": activation.name,
            "sigma_b": bias,
            "sigma_w": w,
            "phase": found.phase[0],
            "q": _rounded(found.q[0]),
            "xi_q": _rounded(xi_q),
            "xi_c": _rounded(xi_c),
        }
    )


def _depths(
    activation: Activation, w: Float64, b: float, q: Float64, chi_1: Float64
) -> tuple[Float64, Float64]:
    """Return ξ_q and ξ_c at fixed points q; nan where q is infinite."""
    xi_q, xi_c = np.full(q.size, np.nan), np.full(q.size, np.nan)
    there = np.isfinite(q)
    slope = gaussian_curve(activation, of="square_slope")(q[there])
    xi_q[there] = [depth_scale(abs(x)) for x in np.square(w[there]) * slope]
    for i in np.flatnonzero(there):
        xi_c[i] = _correlation_depth(activation, float(q[i]), float(w[i]), b, float(chi_1[i]))
    return xi_q, xi_c


def _correlation_depth(activation: Activation, q: float, w: float, b: float, chi: float) -> float:
    # all examples become identical, unless φ jumps
    if q == 0 or (chi <= 1 and not activation.jumps):
        return depth_scale(chi)
    try:
        return fixed_correlation(activation, q=q, sigma_w=w, sigma_b=b).depth
    except NoAnswer:  # a linear network preserves every correlation
        return math.inf


def moments_at_one(activation: Activation) -> dict[str, float]:
    """Return E φ, E φ², E φ' and E φ'² for z ~ N(0, 1).

    Parameters
    ----------
    activation : Activation
        The activation φ.

    Returns
    -------
    dict of str to float
        The moments, by their keys in `MOMENTS`.

    Raises
    ------
    NoAnswer
        If an expectation diverges.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> {of: round(x, 6) for of, x in moments_at_one(ACTIVATIONS["relu"]).items()}
    {'value': 0.398942, 'square': 0.5, 'slope': 0.5, 'slope_square': 0.5}
    """
    return {
        of: float(gaussian_mean(activation, 1.0, of=of))
        for of in ("value", "square", "slope", "slope_square")
    }
