"""What does an activation look like, and where on it do units live? φ over φ', tails shaded.

Tables: ``card(activation, curve, piece, z, value)``; `CURVES` says what a curve can be, and a piece
ends where φ or φ' jumps.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from saturation_lab.figures.theme import QUIET, Canvas, blank

VALUE, SLOPE, DENSITY = CURVES = ("φ", "φ'", "N(0, 1)")
_INKS = {VALUE: "#0173b2", SLOPE: "#c44e00"}
_HILL, _TAIL = "#c3ccd4", "#f7e2d4"
_HILL_TOP = 0.62
"""Of a panel's height: the density has no axis of its own."""

_NARROW, _WIDE = 20, 50
"""Widths of a column in ems: up to the one a tail holds one line, up to the other barely two."""


@dataclass(frozen=True, kw_only=True)
class CardWords:
    """What is written on a card.

    Attributes:
        value, slope: the titles of the panels of φ and φ'.
        low, high: the lines in the two tails, of which a narrow column shows the first; none where
            there is no tail.
    """

    value: str
    slope: str
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()


def activation_card(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    words: Mapping[str, CardWords],
    thresholds: Mapping[str, tuple[float, float]],
) -> Figure:
    """Draw φ over φ', one column an activation, behind them N(0, 1) and the saturated tails.

    Args:
        words: the activations from left to right and what is written on each.
        thresholds: (low, high) of each, outside which a unit is saturated; infinite for no tail.
    """
    figure = blank(canvas)
    ems = 72 * canvas.width / canvas.font / len(words)
    lines = 2 if ems > _NARROW else 1
    grid = figure.subplots(2, len(words), sharex="col", squeeze=False)
    for (upper, lower), (name, said) in zip(grid.T, words.items(), strict=True):
        one = table[table["activation"] == name]
        reach = float(one["z"].abs().max())
        for axes, curve, title in ((upper, VALUE, said.value), (lower, SLOPE, said.slope)):
            _shade(axes, thresholds[name], reach, top=0.65 if axes is lower and ems < _WIDE else 1)
            _hill(axes, one[one["curve"] == DENSITY])
            _line(axes, one[one["curve"] == curve], colour=_INKS[curve], canvas=canvas)
            _title(axes, title, colour=_INKS[curve], canvas=canvas, letters=int(1.5 * ems))
            axes.set_xlim(-reach, reach)
        _tail_words(lower, said, canvas, lines)
        lower.set_xlabel("z")
    tails = any(said.low or said.high for said in words.values())
    _legend(figure, tails=tails, shares=lines > 1)
    return figure


def _shade(axes: Axes, thresholds: tuple[float, float], reach: float, *, top: float) -> None:
    """Fill the saturated tails and draw their edges, up to a share of the height."""
    low, high = thresholds
    for start, end, edge in ((-reach, low, low), (high, reach, high)):
        if start < end and math.isfinite(edge):
            axes.axvspan(start, end, color=_TAIL, linewidth=0, zorder=0)
            axes.axvline(edge, ymax=top, color=QUIET, linestyle="--", linewidth=1, zorder=1)


def _hill(axes: Axes, density: pd.DataFrame) -> None:
    axes.fill_between(
        density["z"],
        0,
        _HILL_TOP * density["value"] / density["value"].max(),
        transform=axes.get_xaxis_transform(),
        color=_HILL,
        alpha=0.55,
        linewidth=0,
        zorder=0.5,
    )


def _line(axes: Axes, curve: pd.DataFrame, *, colour: str, canvas: Canvas) -> None:
    """Draw a curve piece by piece; where it jumps, both ends are open."""
    curve = curve.replace([-np.inf, np.inf], np.nan)
    pieces = [piece for _, piece in curve.groupby("piece", sort=True)]
    for piece in pieces:
        axes.plot(piece["z"], piece["value"], color=colour, linewidth=1.3 * canvas.line, zorder=3)
    small = 0.01 * (curve["value"].max() - curve["value"].min())
    for left, right in pairwise(pieces):
        ends = pd.DataFrame([left.iloc[-1], right.iloc[0]])
        if abs(ends["value"].diff().iloc[1]) > small:  # else it is the other curve that jumps
            axes.plot(
                ends["z"],
                ends["value"],
                "o",
                color=colour,
                markerfacecolor="white",
                markersize=3.2 * canvas.line,
                markeredgewidth=canvas.line,
                zorder=4,
            )
    _limits(axes, curve["value"])


def _limits(axes: Axes, values: pd.Series[float]) -> None:
    """Show zero with the values, as slopes are small or large beside it."""
    low, high = min(0.0, values.min()), max(0.0, values.max())
    margin = 0.09 * ((high - low) or 1.0)
    axes.set_ylim(low - margin, high + margin)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], min_n_ticks=3))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))


def _title(axes: Axes, title: str, *, colour: str, canvas: Canvas, letters: int) -> None:
    text = axes.set_title(textwrap.fill(title, letters), color=colour, pad=0.4 * canvas.font)
    text.set_parse_math(False)  # a user's name may hold a $


def _tail_words(axes: Axes, said: CardWords, canvas: Canvas, lines: int) -> None:
    """Write in the tails of φ', where it is nearly zero and leaves room."""
    for x, words, side in ((0.012, said.low, "left"), (0.988, said.high, "right")):
        axes.text(
            x,
            0.95,
            "\n".join(words[:lines]),
            transform=axes.transAxes,
            ha=side,
            va="top",
            fontsize=0.85 * canvas.font,
            linespacing=1.3,
        )


def _legend(figure: Figure, *, tails: bool, shares: bool) -> None:
    handles = [Patch(color=_HILL, alpha=0.55, linewidth=0, label="density of N(0, 1)")]
    if tails:
        label = "saturated tail" + ", its share of N(0, 1)" * shares
        handles.append(Patch(color=_TAIL, linewidth=0, label=label))
    figure.legend(handles=handles, loc="outside upper right", ncols=2, handlelength=1.2)
