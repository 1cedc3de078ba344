"""What does theory say of an activation on its card? A few lines, and why where one is missing."""

from __future__ import annotations

import math
import re

from saturation_lab.checks import InputError
from saturation_lab.figures.card import Fact
from saturation_lab.nets.activations import Activation
from saturation_lab.report.constants import chi_text
from saturation_lab.report.outlook import RULES, kind_of, rule_sigmas
from saturation_lab.report.prose import NO_BREAK, rounded, short
from saturation_lab.theory.criticality import why_none
from saturation_lab.theory.expectations import expectation
from saturation_lab.theory.gains import Gains, gains
from saturation_lab.theory.moments import MOMENTS
from saturation_lab.theory.phase import phase_diagram

ON_CARD = ("value", "square", "slope", "slope_square")
RULES_ON_CARD = ("glorot", "he")
SURE = 1e-9
"""An error below this share of the value is not mentioned."""


def card_facts(activation: Activation) -> tuple[Fact, ...]:
    """Return the moments at q = 1, the gains, what Glorot and He do, and the critical point.

    Where an expectation diverges, one sentence says so.

    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> facts = card_facts(ACTIVATIONS["tanh"])
    >>> [(fact.label, fact.value) for fact in facts][6:9:2]
    [('keeps E z²', '1.59'), ("PyTorch's", '1.67 (χ₁ = 1.29)')]
    """
    try:
        found = gains(activation)
        said = [Fact(label="z ~ N(0, 1)", heading=True), *_moments(activation), *_gains(found)]
        return (*said, Fact(label="Layer after layer", heading=True), *_deep(activation, found))
    except InputError as error:
        return (Fact(label=f"Theory needs {error.expected}; here: {error.got}."),)


def facts_text(facts: tuple[Fact, ...]) -> str:
    """Return the facts in one line, for who cannot see the card.

    >>> facts_text((Fact(label="z ~ N(0, 1)", heading=True), Fact(label="E φ", value="0")))
    'z ~ N(0, 1): E φ 0.'
    """
    text = ""
    for fact in facts:
        before = "" if not text else " " if text.endswith(":") else ". " if fact.heading else ", "
        text += before + f"{fact.label} {fact.value}".strip().rstrip(".") + ":" * fact.heading
    return f"{text}."


def _moments(activation: Activation) -> list[Fact]:
    found = []
    for of in ON_CARD:
        one = expectation(activation, 1.0, of=of)
        value, error = float(one.value), float(one.error)
        text = short(value) if abs(value) > 1e-15 else "0"
        if error > max(SURE * abs(value), 1e-12):
            text = f"{rounded(value, error)} ± {short(error)}"
        found.append(Fact(label=MOMENTS[of].formula, value=text))
    return found


def _gains(found: Gains) -> list[Fact]:
    theirs = "none"
    if found.pytorch.value is not None and found.pytorch_chi_1 is not None:
        theirs = short(found.pytorch.value)
        if abs(found.pytorch_chi_1 - 1) > SURE:
            theirs += f" (χ₁ = {chi_text(found.pytorch_chi_1)})"
    return [
        Fact(label="Gain σ_w", heading=True),
        Fact(label="keeps E z²", value=short(found.variance_preserving)),
        Fact(label="keeps the gradient", value=short(found.gradient_preserving)),
        Fact(label="PyTorch's", value=theirs),
    ]


def _deep(activation: Activation, found: Gains) -> list[Fact]:
    """Return q* and χ₁ under Glorot and He, and the critical point or why there is none."""
    said = _rules(activation)
    point = found.critical
    if point is None:
        why = why_none(activation) or "only with biases"
        return [*said, Fact(label=_together(f"No critical point: {why}."))]
    place = f"σ_w = {short(point.sigma_w)}" + (
        f", σ_b = {short(point.sigma_b)}" if point.sigma_b else ""
    )
    at = "" if math.isnan(point.q) or point.q == 0 else f", q* = {short(point.q)}"
    return [*said, Fact(label=f"Critical ({kind_of(point)}):"), Fact(label=_together(place + at))]


def _together(text: str) -> str:
    """Return a text whose lines do not end within an equation."""
    return re.sub(r" ([=/>]) ", rf"{NO_BREAK}\1{NO_BREAK}", text)


def _rules(activation: Activation) -> list[Fact]:
    places = [rule_sigmas(activation, RULES[key], width=1) for key in RULES_ON_CARD]
    gains_of = [place[0] for place in places if place is not None]
    try:
        cells = phase_diagram(activation, sigma_w=gains_of, sigma_b=[0.0])
    except InputError:
        return [Fact(label="Glorot, He: q does not move one way, as E φ² falls somewhere.")]
    facts = []
    for i, key in enumerate(RULES_ON_CARD):
        q, chi = float(cells.q[0, i]), float(cells.chi_1[0, i])
        text = f"q* = {short(q)}, χ₁ = {chi_text(chi)}" if math.isfinite(q) else "q grows for ever"
        facts.append(Fact(label=RULES[key].title.partition(",")[0], value=text))
    return facts
