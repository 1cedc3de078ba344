"""The card of an activation: φ, φ', the saturated tails, and facts from theory."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.checks import InputError, Words
from saturation_lab.exhibits.card_curves import card_table
from saturation_lab.exhibits.card_facts import card_facts, facts_text
from saturation_lab.exhibits.exhibit import ONE_GROUP, SAMPLED, Exhibit, Shown
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.figures.card import SLOPE, CardWords, activation_card
from saturation_lab.figures.dark import darken
from saturation_lab.figures.theme import CANVASES, Canvas, sign, theme, written
from saturation_lab.files import write_atomically
from saturation_lab.inference.digits import MINUS, rounded, short
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.words.lists import listed
from saturation_lab.words.numbers import NO_BREAK

_RAISED = str.maketrans("-z0123456789", "⁻ᶻ⁰¹²³⁴⁵⁶⁷⁸⁹")
_Cards = Mapping[str, tuple[Activation, tuple[float, float]]]
"""Activations with their saturation thresholds, by their names in the table."""


def tail_shares(low: float, high: float) -> tuple[float, float]:
    """Return the shares of N(0, 1) below ``low`` and above ``high``: Φ(low) and Φ(-high).

    Parameters
    ----------
    low, high : float
        The saturation thresholds; infinite if there is no such tail.

    Returns
    -------
    tuple of float
        The two shares, between 0 and 1.

    Examples
    --------
    >>> tail_shares(-1.0, math.inf)
    (0.15865525393145707, 0.0)
    """
    return math.erfc(-low / math.sqrt(2)) / 2, math.erfc(high / math.sqrt(2)) / 2


def card_words(activation: Activation, thresholds: tuple[float, float]) -> CardWords:
    """Return the texts of a card: panel titles, labels of the tails, and facts from theory.

    Parameters
    ----------
    activation : Activation
        The activation. If it is a user's function without a formula, the titles have its name only.
    thresholds : tuple of float
        The saturation thresholds (low, high); infinite if there is no such tail.

    Returns
    -------
    CardWords
        The texts.
    """
    own = activation.formula == activation.name  # a function without a formula
    low, high = thresholds
    below, above = map(_share_text, tail_shares(low, high))
    value, slope = (
        "" if own else f" = {_typeset(one)}"
        for one in (activation.formula, activation.derivative_formula)
    )
    return CardWords(
        value=f"{activation.title}: a = φ(z){value}",
        brief="" if own else f"{activation.title}: {_typeset(activation.formula)}",
        slope=f"φ'(z){slope}",
        low=(f"z < {_threshold_text(low)}", below) if math.isfinite(low) else (),
        high=(f"z > {_threshold_text(high)}", above) if math.isfinite(high) else (),
        facts=card_facts(activation),
    )


def _tails_text(thresholds: tuple[float, float]) -> str:
    """Return the shares of N(0, 1) in the saturated tails, in words.

    >>> _tails_text((-1.0, 1.0))
    '16 % of N(0, 1) below z = −1.00 and 16 % above z = 1.00'
    >>> _tails_text((-math.inf, math.inf))
    'no tail, so 0 % of N(0, 1)'
    """
    below, above = map(_share_text, tail_shares(*thresholds))
    sides = zip((below, above), ("below", "above"), thresholds, strict=True)
    ends = [
        (share, f"{way} z = {_threshold_text(z)}") for share, way, z in sides if math.isfinite(z)
    ]
    if not ends:
        return "no tail, so 0 % of N(0, 1)"
    (share, place), *more = ends
    return " and ".join([f"{share} of N(0, 1) {place}", *map(" ".join, more)])


def _threshold_text(z: float) -> str:
    """Return a threshold as text. Those of a user's function are accurate to 2e-5.

    >>> _threshold_text(-2.1785), _threshold_text(1e-28)
    ('−2.18', '0')
    """
    return short(round(z, 4))


def _share_text(share: float) -> str:
    """Return a share as a percentage with two significant digits.

    >>> _share_text(0.5), _share_text(0.01467), _share_text(6.6e-6)
    ('50 %', '1.5 %', '6.6 × 10⁻⁴ %')
    """
    return rounded(share, share, percent=True)


def _typeset(formula: str) -> str:
    """Return a formula with superscripts, minus signs, and line breaks only after , and ;.

    >>> _typeset("(e^z-e^-z)^2")
    '(eᶻ−e⁻ᶻ)²'
    """
    raised = re.sub(r"\^(-?[z\d])(?![\w.])", lambda m: m[1].translate(_RAISED), formula)
    return re.sub(r"(?<![,;]) | (?=\d)", NO_BREAK, raised.replace("-", MINUS))


# --- the exhibit ----------------------------------------------------------------------------------


def _table(cards: _Cards) -> pd.DataFrame:
    tables = [card_table(*parts).assign(activation=name) for name, parts in cards.items()]
    return pd.concat(tables, ignore_index=True)


def _draw(table: pd.DataFrame, *, canvas: Canvas, cards: _Cards) -> Figure:
    return activation_card(
        table,
        canvas=canvas,
        words={name: card_words(*parts) for name, parts in cards.items()},
        thresholds={name: thresholds for name, (_, thresholds) in cards.items()},
    )


def _make(material: Material) -> Shown:
    cards, titles = material.activations, material.activation_titles
    table = _table(cards)
    tails = [f"{titles[name]}, {_tails_text(ends)}" for name, (_, ends) in cards.items()]
    numbers = f"Saturated: {'; '.join(tails)}."
    facts = [f" {facts_text(card_facts(one))}" for one, _ in cards.values() if len(cards) == 1]
    kinked = any(activation.kinks for activation, _ in cards.values())
    jumps = " Where φ' jumps, the filled circle is its value, by convention the left-hand limit."
    return Shown(
        table=table,
        draw=partial(_draw, cards=cards),
        see=_steepest(table, titles),
        how=f"φ and its derivative φ' as functions of the pre-activation z. The shaded tails count "
        f"as saturated: {_rule(material)}. The grey area is the density of N(0, 1), the "
        f"distribution of pre-activations with unit variance.{jumps * kinked}",
        numbers=numbers,
        alt=numbers + "".join(facts),  # a card of several activations has no room for facts
        footer="",
    )


def _steepest(table: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """Return a sentence with the largest slope of each activation."""
    slopes = table[table["curve"] == SLOPE].groupby("activation", sort=False)["value"].max()
    said = [f"{short(slope)} for {titles[str(name)]}" for name, slope in slopes.items()]
    return f"The largest slope shown is {listed(said)}."


def _rule(material: Material) -> str:
    """Return the condition under which a unit counts as saturated."""
    beyond = study_of(material.first).saturation_beyond
    if beyond is None:
        return "|φ'| stays below 5 % of its maximum there"
    return f"z lies beyond ±{_threshold_text(beyond)}, as set in the study"


ACTIVATION_CARD: Exhibit = Exhibit(
    id="activation_card",
    title="The activation and its slope",
    make=_make,
    needs=(SAMPLED, ONE_GROUP),
)


# --- cards as files -------------------------------------------------------------------------------


def draw_card(
    activation: Activation, *, canvas: Canvas = CANVASES["talk"], kind: str = "svg"
) -> bytes:
    """Return the card of one activation as an image file.

    Parameters
    ----------
    activation : Activation
        The activation.
    canvas : Canvas, optional
        The size and style; by default the 16:9 canvas for a slide.
    kind : {"svg", "png", "pdf"}
        The file format.

    Returns
    -------
    bytes
        The content of the file. Equal arguments give equal bytes.

    Examples
    --------
    >>> draw_card(ACTIVATIONS["tanh"], kind="pdf")[:4]
    b'%PDF'
    """
    cards = {activation.name: (activation, activation.thresholds())}
    with theme(canvas):
        figure = _draw(_table(cards), canvas=canvas, cards=cards)
        sign(figure, canvas, activation.source)
        if canvas.dark:
            darken(figure)
        return written(figure, kind)


def write_cards(
    folder: str | Path,
    activations: Iterable[object] | None = None,
    *,
    formats: Iterable[str] = ("svg",),
    canvas: Canvas = CANVASES["talk"],
) -> list[Path]:
    """Write a card for each activation as ``folder/NAME.svg`` or another format.

    Parameters
    ----------
    folder : str or Path
        The folder to write to.
    activations : iterable of object, optional
        Anything that `Study` accepts as an activation: names, ``module:attribute``, objects, or
        callables. By default all activations of the table.
    formats : iterable of str, default ("svg",)
        File formats out of svg, png and pdf.
    canvas : Canvas, optional
        One of `CANVASES`: talk (16:9, for a slide, the default), page (16:9) or phone (upright).

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If an activation cannot be used, or if two different activations have the same name.
    """
    named = _by_stem(ACTIVATIONS if activations is None else activations)
    cards = {
        Path(folder) / f"{stem}.{kind}": draw_card(activation, canvas=canvas, kind=kind)
        for stem, activation in named.items()
        for kind in formats
    }
    return [write_atomically(path, content) for path, content in cards.items()]


def _by_stem(activations: Iterable[object]) -> dict[str, Activation]:
    """Return the activations by the stem of their file names, without duplicates."""
    named: dict[str, Activation] = {}
    for given in activations:
        activation = find_activation(given)
        stem = re.sub(r"[^\w.-]+", "-", activation.name).strip("-.") or "activation"
        if named.setdefault(stem, activation) is not activation:
            raise InputError(
                "activation",
                expected="activations with different names, as each is written to its own file",
                got=Words(f"two named {stem}"),
                hint='set a name: own_activation(f, name="...")',
            )
    return named
