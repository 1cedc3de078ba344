"""The numbers of an activation: constants with their digits, and what rules make of it.

The same rows stand on the page, in its JSON twin, behind the figure of gains, and in a terminal.
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
"""Of a constant: theory is held to 1e-12 of the mean absolute integrand."""
_NONE = "–"


@dataclass(frozen=True, kw_only=True)
class CriticalRow:
    """The critical point of an activation in words; ``why`` says why there is none."""

    title: str
    kind: str
    q: str
    weights: str
    biases: str
    why: str


@dataclass(frozen=True, kw_only=True)
class GainRow:
    """Moments and gains of an activation at E z² = 1 in words."""

    title: str
    square: str
    slope_square: str
    forward: str
    backward: str
    pytorch: str
    pytorch_chi: str


@dataclass(frozen=True, kw_only=True)
class RuleCell:
    """What a rule does to an activation: its phase, and what is left of the gradient."""

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
    """Return the constants of an activation; nan where there is none.

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


def critical_rows(outlooks: Mapping[str, Outlook]) -> list[CriticalRow]:
    """Return the critical points in words."""
    rows = []
    for title, one in outlooks.items():
        found = constants_of(one)
        every = one.critical is not None and math.isnan(one.critical.q)
        rows.append(
            CriticalRow(
                title=title,
                kind=found["kind"],
                q="every q" if every else digits(found["critical_q"]),
                weights=digits(found["critical_sigma_w_squared"]),
                biases=digits(found["critical_sigma_b_squared"]),
                why=one.why_none,
            )
        )
    return rows


def gain_rows(outlooks: Mapping[str, Outlook]) -> list[GainRow]:
    """Return moments and gains at E z² = 1 in words."""
    rows = []
    for title, one in outlooks.items():
        found = constants_of(one)
        rows.append(
            GainRow(
                title=title,
                square=digits(found["mean_square"]),
                slope_square=digits(found["mean_square_slope"]),
                forward=digits(found["variance_preserving"]),
                backward=digits(found["gradient_preserving"]),
                pytorch=one.gains.pytorch.formula if one.gains.pytorch.value else "none",
                pytorch_chi=digits(found["pytorch_chi_1"], 4),
            )
        )
    return rows


def rule_cells(one: Outlook) -> dict[str, RuleCell]:
    """Return what each rule does to an activation, by the rule's key."""
    return {rule.key: _cell(rule) for rule in one.placed}


IN_OVERVIEW = ("he", "glorot", "pytorch", RECOMMENDED)
TITLES = {**{key: rule.title for key, rule in RULES.items()}, RECOMMENDED: "Recommended"}


def _cell(rule: Placed) -> RuleCell:
    return RuleCell(
        title=rule.title,
        weights=digits(rule.sigma_w, 6),
        biases=digits(rule.sigma_b, 4),
        short=place_text(rule.sigma_w, rule.sigma_b),
        phase=rule.phase.value,
        q="∞" if math.isinf(rule.q) else short(rule.q),
        chi=chi_text(rule.chi_1),
        gradient=ratio_text(rule.gradient_ratio),
        length=layers_text(rule.length_depth),
        correlation=layers_text(rule.correlation_depth),
        kept=0.5 <= rule.gradient_ratio <= 2,
    )


def place_text(sigma_w: float, sigma_b: float) -> str:
    """Return a place of the phase diagram as (σ_w, σ_b).

    >>> place_text(2**0.5, 0.0), place_text(1.40996, 0.745)
    ('(1.41, 0)', '(1.41, 0.745)')
    """
    return f"({short(sigma_w)}, {short(sigma_b)})"


class _Place(Protocol):
    """A place of the phase diagram."""

    @property
    def sigma_w(self) -> float: ...
    @property
    def sigma_b(self) -> float: ...


def sigmas_text(place: _Place) -> str:
    """Return a place of the phase diagram in words."""
    return f"σ_w = {short(place.sigma_w)}, σ_b = {short(place.sigma_b)}"


def overview_rows(outlooks: Mapping[str, Outlook]) -> list[dict[str, Any]]:
    """Return for each activation its critical point and what some rules do to it, in words."""
    rows = []
    for title, one in outlooks.items():
        point, cells = one.critical, rule_cells(one)
        rows.append(
            {
                "title": title,
                "critical": "" if point is None else place_text(point.sigma_w, point.sigma_b),
                "kind": "" if point is None else kind_of(point),
                "cells": {key: cells[key] for key in IN_OVERVIEW if key in cells},
            }
        )
    return rows


def digits(x: float, count: int = _DIGITS) -> str:
    """Return a constant to so many digits, without zeros that say nothing.

    >>> digits(1.98305826001), digits(2.0), digits(float("nan")), digits(1.0000000000001)
    ('1.98305826', '2', '–', '1')
    """
    return _NONE if math.isnan(x) else f"{x:.{count}g}".replace("-", MINUS)


def chi_text(chi: float) -> str:
    """Return χ₁ with the digits that tell it from 1.

    >>> chi_text(1.0089), chi_text(0.33333), chi_text(1.0), chi_text(float("nan"))
    ('1.009', '0.333', '1', '–')
    """
    if math.isnan(chi):
        return _NONE
    if abs(chi - 1) < 1e-9:
        return "1"
    return f"{chi:.4g}" if 0.9 < chi < 1.1 else short(chi)


def layers_text(depth: float) -> str:
    """Return a depth scale in layers.

    >>> layers_text(16.55), layers_text(math.inf), layers_text(math.nan)
    ('16.6', '∞', '–')
    """
    if math.isnan(depth):
        return _NONE
    return "∞" if depth > 1e9 else short(depth)


def ratio_text(ratio: float) -> str:
    """Return what becomes of something as a multiplication or division.

    >>> ratio_text(0.5), ratio_text(1.004), ratio_text(0.0), ratio_text(math.inf)
    ('÷ 2.00', '× 1.00', 'vanishes', 'overflows')
    """
    if ratio == 0:
        return "vanishes"
    return power_text(math.log10(ratio)) if math.isfinite(ratio) else "overflows"


_BASIS = {
    Basis.EVERY_Q: "every q is a fixed point, so it serves every depth",
    Basis.CRITICAL: "near the critical line, corrected for the first layers",
    Basis.THIS_DEPTH: "tuned to this depth and no other",
    Basis.NONE: "none keeps the gradient",
}


def sentence(title: str, one: Outlook) -> str:
    """Return what to start an activation with, in a sentence."""
    tuning = one.tuning
    if tuning.basis is Basis.NONE:
        return f"{title}: no σ_w and σ_b keep the gradient over {one.depth} layers."
    return (
        f"{title}, {one.depth} layers: σ_w = {digits(tuning.sigma_w, 6)}, "
        f"σ_b = {digits(tuning.sigma_b, 6)} ({_BASIS[tuning.basis]})."
    )


def constants_text(outlooks: Mapping[str, Outlook]) -> str:
    """Return the critical points and gains as a table of plain text; nothing where there are none.

    >>> constants_text({})
    ''
    """
    if not outlooks:
        return ""
    rows = [["", "critical: q*", "σ_w²", "σ_b²", "kind", "E φ²", "E φ'²"]]
    for first, second in zip(critical_rows(outlooks), gain_rows(outlooks), strict=True):
        rows.append(
            [
                first.title, first.q, first.weights, first.biases, first.kind,
                second.square, second.slope_square,
            ]
        )  # fmt: skip
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows
    )
