"""The constants of an activation and the effect of each initialization rule on it.

The same rows are shown on the page, in its JSON version, in the figure of gains, and in a terminal.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from saturation_lab.inference.digits import MINUS, short
from saturation_lab.theory.outlook import (
    RECOMMENDED,
    RULES,
    Outlook,
    Placed,
    kind_of,
    moments_at_one,
)
from saturation_lab.theory.tuning import Basis
from saturation_lab.words.numbers import power_text

_DIGITS = 9
"""Significant digits of a constant; theory is accurate to 1e-12 of the mean |integrand|."""
_NONE = "–"


@dataclass(frozen=True, kw_only=True)
class _ConstantsRow:
    """The constants of an activation as text.

    Attributes
    ----------
    title : str
        The activation.
    kind, q, weights, biases : str
        The critical point: its kind, q*, σ_w² and σ_b².
    why : str
        The reason why there is no critical point; "" if there is one.
    square, slope_square : str
        E φ² and E φ'² at E z² = 1.
    forward, backward : str
        The gains that preserve E z² and the gradient at E z² = 1.
    pytorch, pytorch_chi : str
        PyTorch's gain and the resulting χ₁.
    """

    title: str
    kind: str
    q: str
    weights: str
    biases: str
    why: str
    square: str
    slope_square: str
    forward: str
    backward: str
    pytorch: str
    pytorch_chi: str


@dataclass(frozen=True, kw_only=True)
class RuleCell:
    """The effect of a rule on an activation as text: its phase and the change of the gradient."""

    title: str
    weights: str
    biases: str
    short: str
    phase: str
    q: str
    chi: str
    gradient: str
    length: str
    correlation: str
    kept: bool


def constants_of(one: Outlook) -> dict[str, Any]:
    """Return the constants of an activation as numbers.

    Parameters
    ----------
    one : Outlook
        What theory says about the activation.

    Returns
    -------
    dict
        The constants by column name; nan for a constant that does not exist.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> from saturation_lab.theory.outlook import outlook
    >>> found = constants_of(outlook(ACTIVATIONS["gelu"], depth=50, width=500))
    >>> found["kind"], round(found["critical_sigma_w_squared"], 8)
    ('half-stable', 1.98305826)
    """
    point, moments, gains = one.critical, moments_at_one(one.activation), one.gains
    critical = [math.nan] * len(_CRITICAL)
    if point is not None:
        squares = (point.sigma_w**2, point.sigma_b**2)
        critical = [point.q, point.sigma_w, *squares, point.chi_parallel]
    return {
        "activation": one.activation.name,
        "kind": "none" if point is None else kind_of(point),
        **dict(zip(_CRITICAL, critical, strict=True)),
        "why_none": one.why_none,
        "mean": moments["value"],
        "mean_square": moments["square"],
        "mean_slope": moments["slope"],
        "mean_square_slope": moments["slope_square"],
        "variance_preserving": gains.variance_preserving,
        "gradient_preserving": gains.gradient_preserving,
        "pytorch_gain": _or_nan(gains.pytorch.value),
        "pytorch_chi_1": _or_nan(gains.pytorch_chi_1),
        "pytorch_growth": _or_nan(gains.pytorch_growth),
    }


_CRITICAL = (
    "critical_q",
    "critical_sigma_w",
    "critical_sigma_w_squared",
    "critical_sigma_b_squared",
    "critical_chi_parallel",
)


def _or_nan(x: float | None) -> float:
    return math.nan if x is None else x


def constants_rows(outlooks: Mapping[str, Outlook]) -> list[_ConstantsRow]:
    """Return the constants of activations as text.

    Parameters
    ----------
    outlooks : mapping of str to Outlook
        What theory says about each activation, by title.

    Returns
    -------
    list of rows
        One row for each activation.
    """
    return [_constants_row(title, one, constants_of(one)) for title, one in outlooks.items()]


def _constants_row(title: str, one: Outlook, found: Mapping[str, Any]) -> _ConstantsRow:
    every = one.critical is not None and math.isnan(one.critical.q)
    return _ConstantsRow(
        title=title,
        kind=found["kind"],
        q="every q" if every else _digits(found["critical_q"]),
        weights=_digits(found["critical_sigma_w_squared"]),
        biases=_digits(found["critical_sigma_b_squared"]),
        why=one.why_none,
        square=_digits(found["mean_square"]),
        slope_square=_digits(found["mean_square_slope"]),
        forward=_digits(found["variance_preserving"]),
        backward=_digits(found["gradient_preserving"]),
        pytorch=one.gains.pytorch.formula if one.gains.pytorch.value else "none",
        pytorch_chi=_digits(found["pytorch_chi_1"], 4),
    )


def rule_cells(one: Outlook) -> dict[str, RuleCell]:
    """Return the effect of each rule on an activation.

    Parameters
    ----------
    one : Outlook
        What theory says about the activation.

    Returns
    -------
    dict of str to RuleCell
        The effects, by the key of the rule.
    """
    return {rule.key: _cell(rule) for rule in one.placed}


IN_OVERVIEW = ("he", "glorot", "pytorch", RECOMMENDED)
TITLES = {**{key: rule.title for key, rule in RULES.items()}, RECOMMENDED: "Recommended"}


def _cell(rule: Placed) -> RuleCell:
    return RuleCell(
        title=rule.title,
        weights=_digits(rule.sigma_w, 6),
        biases=_digits(rule.sigma_b, 4),
        short=place_text(rule),
        phase=rule.phase.value,
        q="∞" if math.isinf(rule.q) else short(rule.q),
        chi=chi_text(rule.chi_1),
        gradient=ratio_text(rule.gradient_ratio),
        length=layers_text(rule.length_depth),
        correlation=layers_text(rule.correlation_depth),
        kept=0.5 <= rule.gradient_ratio <= 2,
    )


class _Place(Protocol):
    """A point of the phase diagram."""

    @property
    def sigma_w(self) -> float: ...
    @property
    def sigma_b(self) -> float: ...


def place_text(place: _Place) -> str:
    """Return a point of the phase diagram as "(σ_w, σ_b)".

    Parameters
    ----------
    place : Placed, CriticalPoint or similar
        An object with the attributes ``sigma_w`` and ``sigma_b``.

    Returns
    -------
    str
        Both numbers to three significant digits.

    Examples
    --------
    >>> from saturation_lab.theory.gains import gains
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> place_text(gains(ACTIVATIONS["relu"]).critical)
    '(1.41, 0)'
    """
    return f"({short(place.sigma_w)}, {short(place.sigma_b)})"


def sigmas_text(place: _Place) -> str:
    """Return a point of the phase diagram as "σ_w = ..., σ_b = ...".

    Parameters
    ----------
    place : Placed, CriticalPoint or similar
        An object with the attributes ``sigma_w`` and ``sigma_b``.

    Returns
    -------
    str
        Both numbers to three significant digits.

    Examples
    --------
    >>> from saturation_lab.theory.gains import gains
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> sigmas_text(gains(ACTIVATIONS["relu"]).critical)
    'σ_w = 1.41, σ_b = 0'
    """
    return f"σ_w = {short(place.sigma_w)}, σ_b = {short(place.sigma_b)}"


def _digits(x: float, count: int = _DIGITS) -> str:
    """Return a constant to ``count`` significant digits, without trailing zeros.

    >>> _digits(1.98305826001), _digits(2.0), _digits(float("nan")), _digits(1.0000000000001)
    ('1.98305826', '2', '–', '1')
    """
    return _NONE if math.isnan(x) else f"{x:.{count}g}".replace("-", MINUS)


def chi_text(chi: float) -> str:
    """Return χ₁ with enough digits to distinguish it from 1.

    Parameters
    ----------
    chi : float
        The factor on the gradient variance per layer; nan if undefined.

    Returns
    -------
    str
        Three significant digits, or four near 1.

    Examples
    --------
    >>> chi_text(1.0089), chi_text(0.33333), chi_text(1.0), chi_text(float("nan"))
    ('1.009', '0.333', '1', '–')
    """
    if math.isnan(chi):
        return _NONE
    if abs(chi - 1) < 1e-9:
        return "1"
    return f"{chi:.4g}" if 0.9 < chi < 1.1 else short(chi)


def layers_text(depth: float) -> str:
    """Return a depth scale as text.

    Parameters
    ----------
    depth : float
        The depth scale in layers; nan if undefined.

    Returns
    -------
    str
        Three significant digits; "∞" above 10^9 layers.

    Examples
    --------
    >>> layers_text(16.55), layers_text(math.inf), layers_text(math.nan)
    ('16.6', '∞', '–')
    """
    if math.isnan(depth):
        return _NONE
    return "∞" if depth > 1e9 else short(depth)


def ratio_text(ratio: float) -> str:
    """Return a ratio as a multiplication or division.

    Parameters
    ----------
    ratio : float
        The new value over the old one, not negative.

    Returns
    -------
    str
        The factor, "vanishes" for 0, or "overflows" for a ratio that is not finite.

    Examples
    --------
    >>> ratio_text(0.5), ratio_text(1.004), ratio_text(0.0), ratio_text(math.inf)
    ('÷ 2.00', '× 1.00', 'vanishes', 'overflows')
    """
    if ratio == 0:
        return "vanishes"
    return power_text(math.log10(ratio)) if math.isfinite(ratio) else "overflows"


_BASIS = {
    Basis.EVERY_Q: "every q is a fixed point, so it suits every depth",
    Basis.CRITICAL: "critical at every depth, with a first layer of its own gain",
    Basis.THIS_DEPTH: "tuned to this depth only",
    Basis.NONE: "none preserves the gradient",
}


def sentence(title: str, one: Outlook) -> str:
    """Return the recommended initialization of an activation in one sentence.

    Parameters
    ----------
    title : str
        The activation.
    one : Outlook
        What theory says about it, at a given depth.

    Returns
    -------
    str
        The recommended σ_w and σ_b and what they are based on.
    """
    tuning = one.tuning
    if tuning.basis is Basis.NONE:
        return f"{title}: no σ_w and σ_b preserve the gradient over {one.depth} layers."
    return (
        f"{title}, {one.depth} layers: σ_w = {_digits(tuning.sigma_w, 6)}, "
        f"σ_b = {_digits(tuning.sigma_b, 6)} ({_BASIS[tuning.basis]})."
    )
