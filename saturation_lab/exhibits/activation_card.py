"""What is shown of one activation? φ and φ' as a table, its saturated tails, its card."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.exhibits.card_facts import card_facts
from saturation_lab.figures.card import DENSITY, SLOPE, VALUE, CardWords, activation_card
from saturation_lab.figures.dark import darken
from saturation_lab.figures.theme import CANVASES, Canvas, sign, theme, written
from saturation_lab.files import write_atomically
from saturation_lab.inference.digits import MINUS, rounded, short
from saturation_lab.nets.activations import ACTIVATIONS, Activation
from saturation_lab.nets.own import find_activation
from saturation_lab.words.numbers import NO_BREAK

Array = NDArray[np.floating[Any]]

REACH, FARTHEST = 6.0, 12.0
"""A card shows |z| up to 6, and up to 12 where that brings a threshold into view."""

CELL = 0.01
APART = 1e-4
"""The step of a card's z; pieces of a curve end this far before and after a jump."""

_RAISED = str.maketrans("-z0123456789", "⁻ᶻ⁰¹²³⁴⁵⁶⁷⁸⁹")


def card_table(activation: Activation, thresholds: tuple[float, float]) -> pd.DataFrame:
    """Return ``card(activation, curve, piece, z, value)``: φ, φ' and the density of N(0, 1).

    Every value is the function's own at its z. Pieces are counted from the left and end `APART`
    before a jump, so that no line between two rows of one piece crosses it.

    >>> relu = card_table(ACTIVATIONS["relu"], (0.0, math.inf))
    >>> relu.query("curve == \\"φ'\\"").groupby("piece")["value"].agg(["min", "max"]).to_numpy()
    array([[0., 0.],
           [1., 1.]])
    """
    reach = _reach(thresholds)
    grid = np.linspace(-reach, reach, 2 * round(reach / CELL) + 1)
    with np.errstate(all="ignore"):
        jumps = _jumps(activation, grid)
        curves = [
            _pieces(activation.value, VALUE, grid, jumps),
            _pieces(activation.derivative, SLOPE, grid, jumps),
            _pieces(_density, DENSITY, grid, ()),
        ]
    table = pd.concat(curves, ignore_index=True)
    table.insert(0, "activation", activation.name)
    return table


def tail_shares(low: float, high: float) -> tuple[float, float]:
    """Return the shares of N(0, 1) below ``low`` and above ``high``: Φ(low) and Φ(-high).

    >>> tail_shares(-1.0, math.inf)
    (0.15865525393145707, 0.0)
    """
    return math.erfc(-low / math.sqrt(2)) / 2, math.erfc(high / math.sqrt(2)) / 2


def card_words(activation: Activation, thresholds: tuple[float, float]) -> CardWords:
    """Return the titles of a card's two panels, what is said in the tails, and theory's facts."""
    own = activation.formula == activation.name  # a user's function: its name is all that is known
    low, high = thresholds
    below, above = (share_text(share) for share in tail_shares(low, high))
    return CardWords(
        value=f"{activation.title}: a = φ(z)"
        + ("" if own else f" = {_typeset(activation.formula)}"),
        brief="" if own else f"{activation.title}: {_typeset(activation.formula)}",
        slope="φ'(z)" + ("" if own else f" = {_typeset(activation.derivative_formula)}"),
        low=(f"z < {threshold_text(low)}", below) if math.isfinite(low) else (),
        high=(f"z > {threshold_text(high)}", above) if math.isfinite(high) else (),
        facts=card_facts(activation),
    )


def tails_text(thresholds: tuple[float, float]) -> str:
    """Return in words how much of N(0, 1) lies in the saturated tails.

    >>> tails_text((-1.0, 1.0))
    '16 % of N(0, 1) below z = −1.00 and 16 % above z = 1.00'
    >>> tails_text((-math.inf, math.inf))
    'no tail, so 0 % of N(0, 1)'
    """
    low, high = thresholds
    below, above = (share_text(share) for share in tail_shares(low, high))
    ends = [f"{below}{{}} below z = {threshold_text(low)}"] * math.isfinite(low)
    ends += [f"{above}{{}} above z = {threshold_text(high)}"] * math.isfinite(high)
    if not ends:
        return "no tail, so 0 % of N(0, 1)"
    return " and ".join([ends[0].format(" of N(0, 1)"), *(end.format("") for end in ends[1:])])


def threshold_text(z: float) -> str:
    """Return a threshold as it is said; those of a user's function are found to 2e-5.

    >>> threshold_text(-2.1785), threshold_text(1e-28)
    ('−2.18', '0')
    """
    return short(round(z, 4))


def share_text(share: float) -> str:
    """Return a share as a percentage of two significant digits.

    >>> share_text(0.5), share_text(0.01467), share_text(6.6e-6)
    ('50 %', '1.5 %', '6.6 × 10⁻⁴ %')
    """
    return rounded(share, share, percent=True)


def draw_card(
    activation: Activation, *, canvas: Canvas = CANVASES["talk"], kind: str = "svg"
) -> bytes:
    """Return the card of one activation as bytes of a kind (svg, png, pdf).

    >>> draw_card(ACTIVATIONS["tanh"], kind="pdf")[:4]
    b'%PDF'
    """
    thresholds = activation.thresholds()
    with theme(canvas):
        figure = activation_card(
            card_table(activation, thresholds),
            canvas=canvas,
            words={activation.name: card_words(activation, thresholds)},
            thresholds={activation.name: thresholds},
        )
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
    """Write a card for each activation, ``folder/NAME.svg`` and so on; return the paths.

    Args:
        activations: whatever `Study` takes: names, ``module:attribute``, objects, callables; None:
            all of the table.
        formats: some of `KINDS`.
        canvas: one of `CANVASES`: talk (16:9, for a slide), page (16:9) or phone (upright).

    Raises:
        InputError: an activation cannot be used, or two have one name.
    """
    named = _by_stem(ACTIVATIONS if activations is None else activations)
    cards = {
        Path(folder) / f"{stem}.{kind}": draw_card(activation, canvas=canvas, kind=kind)
        for stem, activation in named.items()
        for kind in formats
    }
    return [write_atomically(path, content) for path, content in cards.items()]


def _by_stem(activations: Iterable[object]) -> dict[str, Activation]:
    """Return the activations by the stem of their files, each once."""
    named: dict[str, Activation] = {}
    for given in activations:
        activation = find_activation(given)
        stem = re.sub(r"[^\w.-]+", "-", activation.name).strip("-.") or "activation"
        if named.setdefault(stem, activation) is not activation:
            raise InputError(
                "activation",
                expected="activations of different names, each a file",
                got=Words(f"two that are called {stem}"),
                hint='name yours: own_activation(f, name="...")',
            )
    return named


def _reach(thresholds: tuple[float, float]) -> float:
    far = 1.25 * max((abs(t) for t in thresholds if math.isfinite(t)), default=0.0)
    return math.ceil(far) if REACH < far <= FARTHEST else REACH


def _typeset(formula: str) -> str:
    """Return a plain formula with raised exponents and a minus; lines end only after , and ;.

    >>> _typeset("(e^z-e^-z)^2")
    '(eᶻ−e⁻ᶻ)²'
    """
    raised = re.sub(r"\^(-?[z\d])(?![\w.])", lambda m: m[1].translate(_RAISED), formula)
    return re.sub(r"(?<![,;]) | (?=\d)", NO_BREAK, raised.replace("-", MINUS))


def _density(z: Array) -> Array:
    value: Array = np.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return value


def _pieces(
    function: Callable[[Array], Array], curve: str, grid: Array, jumps: Sequence[float]
) -> pd.DataFrame:
    """Return ``(curve, piece, z, value)``, cut `APART` before and after each jump."""
    firsts = [float(grid[0]), *(jump + APART for jump in jumps)]
    lasts = [*(jump - APART for jump in jumps), float(grid[-1])]
    parts = []
    for piece, (first, last) in enumerate(zip(firsts, lasts, strict=True)):
        inside = grid[(grid > first) & (grid < last)]
        z = np.concatenate([[first], inside, [last]])
        parts.append(pd.DataFrame({"curve": curve, "piece": piece, "z": z, "value": function(z)}))
    return pd.concat(parts, ignore_index=True)


def _jumps(activation: Activation, grid: Array) -> list[float]:
    """Return where φ or φ' jumps inside the grid: at the kinks stated, and where it is seen."""
    kept: list[float] = []
    seen = (_seen_jumps(f, grid) for f in (activation.value, activation.derivative))
    for z in chain(activation.kinks, *seen):
        if abs(z) < grid[-1] - CELL and all(abs(z - other) > CELL for other in kept):
            kept.append(float(z))
    return sorted(kept)


def _seen_jumps(function: Callable[[Array], Array], grid: Array) -> Array:
    """Return the cells that keep more than half of their rise when halved down to below `APART`."""
    rise = np.abs(np.diff(function(grid)))
    steep = np.flatnonzero(rise > 0.01 * np.ptp(function(grid)))
    left, right = grid[steep], grid[steep + 1]
    while left.size and (right - left).max() > APART:
        middle = (left + right) / 2
        below, here, above = (function(z) for z in (left, middle, right))
        first = np.abs(here - below) > np.abs(above - here)
        left, right = np.where(first, left, middle), np.where(first, middle, right)
    kept = np.abs(function(right) - function(left)) > 0.5 * rise[steep]
    found: Array = ((left + right) / 2)[kept]
    return found
