"""Facts from theory on the card of an activation, with a reason for each that is missing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from saturation_lab.exhibits.constants import chi_text
from saturation_lab.figures.card import Fact
from saturation_lab.inference.digits import rounded, short
from saturation_lab.nets.activations import Activation
from saturation_lab.theory.criticality import why_none
from saturation_lab.theory.expectations import expectation
from saturation_lab.theory.gains import gains
from saturation_lab.theory.gaussian_moments import MOMENTS
from saturation_lab.theory.no_answer import NoAnswer
from saturation_lab.theory.outlook import RULES, kind_of, rule_sigmas
from saturation_lab.theory.phase import phase_diagram
from saturation_lab.words.numbers import NO_BREAK

_ON_CARD = ("value", "square", "slope", "slope_square")
_RULES_ON_CARD = ("glorot", "he")
_SURE = 1e-9
"""An error below this share of the value is not shown."""
_NOTHING = 1e-12


def card_facts(activation: Activation) -> tuple[Fact, ...]:
    """Return the moments at q = 1, the gains, the effect of two rules, and the critical point.

    Parameters
    ----------
    activation : Activation
        The activation.

    Returns
    -------
    tuple of Fact
        Headings and lines. If an expectation diverges or a gain does not exist, a sentence says so
        in its place.

    Examples
    --------
    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> facts = card_facts(ACTIVATIONS["tanh"])
    >>> [(fact.label, fact.value) for fact in facts][6:9:2]
    [('keeps E z²', '1.59'), ("PyTorch's", '1.67 (χ₁ = 1.29)')]
    """
    said: list[Fact] = []
    needed: set[str] = set()
    for heading, parts in _PARTS.items():
        below: list[Fact] = []
        for part in parts:
            try:
                below += part(activation)
            except NoAnswer as error:
                if error.expected not in needed:  # one sentence for everything that depends on it
                    needed.add(error.expected)
                    below.append(Fact(label=f"Theory needs {error.expected}; here: {error.got}."))
        said += [Fact(label=heading, heading=True), *below] if below else []
    return tuple(said)


def facts_text(facts: tuple[Fact, ...]) -> str:
    """Return the facts as one line of text for an alternative text.

    Parameters
    ----------
    facts : tuple of Fact
        The facts of a card.

    Returns
    -------
    str
        All headings and facts.

    Examples
    --------
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
    for of in _ON_CARD:
        one = expectation(activation, 1.0, of=of)
        value, error = float(one.value), float(one.error)
        text = short(value) if abs(value) > error else "0"
        if error > max(_SURE * abs(value), _NOTHING):
            text = f"{rounded(value, error) if text != '0' else text} ± {short(error)}"
        found.append(Fact(label=MOMENTS[of].formula, value=text))
    return found


def _gains(activation: Activation) -> list[Fact]:
    found = gains(activation)
    theirs = "none"
    if found.pytorch.value is not None and found.pytorch_chi_1 is not None:
        theirs = short(found.pytorch.value)
        if abs(found.pytorch_chi_1 - 1) > _SURE:
            theirs += f" (χ₁ = {chi_text(found.pytorch_chi_1)})"
    return [
        Fact(label="keeps E z²", value=short(found.variance_preserving)),
        Fact(label="keeps the gradient", value=short(found.gradient_preserving)),
        Fact(label="PyTorch's", value=theirs),
    ]


def _critical(activation: Activation) -> list[Fact]:
    point = gains(activation).critical
    if point is None:
        why = why_none(activation)
        said = f"No critical point: {why}." if why else "No critical point without biases."
        return [Fact(label=_together(said))]
    place = f"σ_w = {short(point.sigma_w)}"
    if point.sigma_b:
        place += f", σ_b = {short(point.sigma_b)}"
    at = "" if math.isnan(point.q) or point.q == 0 else f", q* = {short(point.q)}"
    return [Fact(label=f"Critical ({kind_of(point)}):"), Fact(label=_together(place + at))]


def _together(text: str) -> str:
    """Return a text without line breaks inside an equation."""
    return re.sub(r" ([=/>]) ", rf"{NO_BREAK}\1{NO_BREAK}", text)


def _rules(activation: Activation) -> list[Fact]:
    """Return q* and χ₁ for the rules of Glorot and He."""
    places = [rule_sigmas(activation, RULES[key], width=1) for key in _RULES_ON_CARD]
    known = [place[0] for place in places if place is not None]
    cells = phase_diagram(activation, sigma_w=known, sigma_b=[0.0])
    facts = []
    for i, key in enumerate(_RULES_ON_CARD):
        q, chi = float(cells.q[0, i]), float(cells.chi_1[0, i])
        text = f"q* = {short(q)}, χ₁ = {chi_text(chi)}" if math.isfinite(q) else "q diverges"
        facts.append(Fact(label=RULES[key].title.partition(",")[0], value=text))
    return facts


_PARTS: dict[str, tuple[Callable[[Activation], list[Fact]], ...]] = {
    "z ~ N(0, 1)": (_moments,),
    "Gain σ_w": (_gains,),
    "Layer after layer": (_rules, _critical),
}
"""The headings of a card's table and the facts below each."""
