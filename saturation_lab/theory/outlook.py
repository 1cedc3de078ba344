"""What does theory say of one activation? Its phases, constants, and where each rule puts it.

Nothing is sampled. σ_w = √n Std w and σ_b = Std b; layer after layer starts from E z² = 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from saturation_lab.nets.activations import Activation
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.initializers import BIASES, INITIALIZERS
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
    MOST,
    LengthMap,
    Stability,
    depth_scale,
    length_map,
)
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.phase import LEAST_BIAS, Phase, phase_diagram
from saturation_lab.theory.tuning import Basis, Tuning, tuned

_CELLS = (80, 64)
"""Of a phase diagram, along σ_w and σ_b; beside them stands the row of σ_b = 0."""
_SHEET_CELLS = (40, 30)
"""The same where all activations stand side by side."""
_LEAST_W, _LEAST_B = 2.5, 1.2
"""The axes go at least so far, and farther where a rule or a critical point lies there."""
_SCALE_STEPS, _NEARER = 45, 5
"""Places along σ_w of the depth scales, and beside every critical σ_w on either side."""
_DIGITS = 4
"""Of the numbers behind a phase diagram."""
_MOST_LOG = 700.0


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A named initialization: its title and a member of `INITIALIZERS` of its variance."""

    title: str
    initializer: str


RULES: dict[str, Rule] = {
    "he": Rule(title="He", initializer="he_normal"),
    "glorot": Rule(title="Glorot, LeCun", initializer="glorot_normal"),
    "standard": Rule(title="Standard", initializer="standard_uniform"),
    "lecture": Rule(title="Lecture", initializer="lecture_normal"),
    "pytorch": Rule(title="PyTorch's default", initializer="pytorch_default"),
}
"""In equally wide layers fan-in, fan-out and both agree, and so do normal and uniform laws."""
RECOMMENDED = "recommended"


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A rule's place in the phase diagram of an activation.

    Attributes:
        key, title: the rule's, of `RULES`, or `RECOMMENDED`.
        sigma_w, sigma_b: its place.
        phase: of `Phase`.
        q, chi_1: the fixed point that is reached and χ₁ there; inf and nan where there is none.
        length_depth, correlation_depth: ξ_q and ξ_c in layers; nan where there is none.
        gradient_ratio: E δ² of layer 1 over that of the last, with the layers on the way to q.
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
    """Everything that a page says of one activation.

    Attributes:
        activation: whose it is.
        depth, width: of the recommendation, and of PyTorch's biases.
        gains: with the critical point.
        why_none: why there is no critical point; "" where there is one.
        tuning: the recommendation.
        placed: the rules.
        axes: where the axes of the phase diagram end, (σ_w, σ_b).
        phases: ``phase(activation, sigma_w, sigma_b, phase, q, chi_1)``.
        sheet: the same in coarser cells, without q.
        line: ``line(activation, q, sigma_w, sigma_b, chi_parallel)``, nan where it is broken.
        scales: ``scale(activation, sigma_b, sigma_w, phase, q, xi_q, xi_c)``.
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
        """Return the critical point; None where there is none."""
        return self.gains.critical

    def rule(self, key: str) -> Placed | None:
        """Return where a rule is placed; None where it is none for this activation."""
        return next((one for one in self.placed if one.key == key), None)


def outlook(activation: Activation, *, depth: int, width: int) -> Outlook:
    """Return what theory says of an activation.

    Raises:
        InputError: an expectation diverges, or E φ² falls with q.
    """
    found, tuning = gains(activation), tuned(activation, depth=depth)
    placed = _placed(activation, tuning, depth=depth, width=width)
    axes = _axes(placed, found.critical)
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
    """Return what kind of critical point it is, in words.

    >>> from saturation_lab.theory.criticality import critical_point
    >>> [kind_of(critical_point(name)) for name in ("relu", "tanh", "silu")]
    ['every q is fixed', 'half-stable, at q = 0', 'half-stable']
    """
    if math.isnan(point.q):
        return "every q is fixed"
    words = point.stability.value
    if point.q == 0 and point.stability is Stability.HALF_STABLE:
        return f"{words}, at q = 0"
    return words


def rule_sigmas(activation: Activation, rule: Rule, *, width: int) -> tuple[float, float] | None:
    """Return (σ_w, σ_b) of a rule in layers of equal width; None where it has no gain for it.

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
        _place(activation, key, title, found, depth)
        for key, (title, found) in sigmas.items()
        if found is not None
    )


def _place(
    activation: Activation, key: str, title: str, sigmas: tuple[float, float], depth: int
) -> Placed:
    w, b = sigmas
    cell = phase_diagram(activation, sigma_w=[w], sigma_b=[b if b >= LEAST_BIAS else 0.0])
    q, chi = cell.q[0], cell.chi_1[0]
    xi_q, xi_c = _depths(activation, np.array([w]), b, q, chi)
    return Placed(
        key=key,
        title=title,
        sigma_w=w,
        sigma_b=b,
        phase=Phase(str(cell.phase[0, 0])),
        q=float(q[0]),
        chi_1=float(chi[0]),
        length_depth=float(xi_q[0]),
        correlation_depth=float(xi_c[0]),
        gradient_ratio=gradient_ratio(length_map(activation, sigma_w=w, sigma_b=b), depth),
    )


def gradient_ratio(layer: LengthMap, depth: int) -> float:
    """Return the product of χ₁ over layers 1 to ``depth`` - 1, from inputs of mean square 1.

    That is E δ² of layer 1 over that of the last; inf where q passes 1e8.

    >>> print(gradient_ratio(length_map("tanh", sigma_w=3**-0.5), 50).__format__(".1e"))
    2.3e-24
    """
    q, logs = layer.sigma_w**2 + layer.sigma_b**2, 0.0
    for _ in range(1, depth):
        if q > MOST:
            return math.inf
        chi = float(layer.chi_1(q))
        logs += math.log(chi) if chi > 0 else -math.inf
        q = float(layer(q))
    return math.exp(min(logs, _MOST_LOG))


def _axes(placed: tuple[Placed, ...], critical: CriticalPoint | None) -> tuple[float, float]:
    """Return the ends of both axes: steps of 0.5 and 0.4, so that cells have short numbers."""
    points = [(one.sigma_w, one.sigma_b) for one in placed]
    if critical is not None:
        points.append((critical.sigma_w, critical.sigma_b))
    most_w, most_b = (1.12 * max(values) for values in zip(*points, strict=True))
    return _up(max(_LEAST_W, most_w), 0.5), _up(max(_LEAST_B, most_b), 0.4)


def _up(x: float, step: float) -> float:
    return round(math.ceil(x / step - 1e-9) * step, 6)


def _phases(
    activation: Activation, axes: tuple[float, float], cells: tuple[int, int]
) -> pd.DataFrame:
    """Return the phase of every cell, at its middle, and of σ_b = 0."""
    w, b = (
        ((np.arange(count) + 0.5) * end / count).round(6)
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
    """Return the critical line as far as the axes go, and one point farther."""
    q = np.geomspace(1e-4, 1e5, 250)
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
    """Return ξ_q and ξ_c along σ_w, closer together around every critical σ_w."""
    w = np.linspace(end / _SCALE_STEPS, end, _SCALE_STEPS)
    near = np.geomspace(1e-3, 0.1, _NEARER)
    for point in critical_points(activation, sigma_b=bias):
        w = np.concatenate([w, point.sigma_w * (1 - near), point.sigma_w * (1 + near)])
    w = np.unique(w[w <= end].round(6))
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
    if chi <= 1 or q == 0:  # every two examples end alike
        return depth_scale(chi)
    try:
        return fixed_correlation(activation, q=q, sigma_w=w, sigma_b=b).depth
    except NoAnswer:  # a linear network keeps every correlation
        return math.inf


def moments_at_one(activation: Activation) -> dict[str, float]:
    """Return E φ, E φ², E φ' and E φ'² for z ~ N(0, 1)."""
    return {
        of: float(gaussian_mean(activation, 1.0, of=of))
        for of in ("value", "square", "slope", "slope_square")
    }
