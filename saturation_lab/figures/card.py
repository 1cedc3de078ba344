"""Cards of activations: φ above φ', the density of N(0, 1), and the saturated tails.

A card of a single activation has room for a list of facts, next to the panels or below them. A
build shows φ first, then φ', the density and the tails.

Tables: ``card(activation, curve, piece, z, value)``, one row per point of a curve.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from saturation_lab.figures.builds import step
from saturation_lab.figures.theme import QUIET, Canvas, blank
from saturation_lab.figures.titles import column_title

VALUE, SLOPE, DENSITY = CURVES = ("φ", "φ'", "N(0, 1)")
_INKS = {VALUE: "#0173b2", SLOPE: "#c44e00"}
_HILL, _TAIL = "#c3ccd4", "#f7e2d4"
_HILL_TOP = 0.62
"""The height of the density, which has no axis of its own, relative to its panel."""

_NARROWEST, _NARROW, _WIDE = 14, 20, 50
"""Widths of a column in font sizes: up to the first, only a number fits into a tail; up to the
second, one line; up to the third, two lines if the threshold's line is shortened."""


_ABREAST = 2
"""The number of columns on a narrow canvas."""
_MORE = 0.85
"""The height of every further row, relative to that of the canvas."""

_FACTS, _LINE, _GAP = 0.44, 1.5, 0.55
"""The width of the facts relative to that of a panel, their line height in font sizes, and the
space above a heading in lines."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One line of the facts on a card.

    Attributes
    ----------
    label : str
        The name of the fact, a heading, or a whole sentence.
    value : str
        Its value; headings and sentences have none.
    heading : bool
        Whether the line is a heading.
    """

    label: str
    value: str = ""
    heading: bool = False


@dataclass(frozen=True, kw_only=True)
class CardWords:
    """The texts on a card.

    Attributes
    ----------
    value, slope : str
        The titles of the panels of φ and φ'.
    brief : str
        A shorter title of φ for narrow columns; "" uses ``value`` there as well.
    low, high : tuple of str
        The lines in the two tails, of which narrow columns show the first; empty if there is no
        such tail.
    facts : tuple of Fact
        The lines of the list of facts, shown on a card of a single activation.
    """

    value: str
    slope: str
    brief: str = ""
    low: tuple[str, ...] = ()
    high: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()


def activation_card(
    table: pd.DataFrame,
    *,
    canvas: Canvas,
    words: Mapping[str, CardWords],
    thresholds: Mapping[str, tuple[float, float]],
) -> Figure:
    """Draw φ above φ' for each activation, with the density of N(0, 1) and the saturated tails.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per point of a curve, with columns

        - ``activation``: the name of the activation;
        - ``curve``: one of `CURVES`: φ, φ' or the density of N(0, 1);
        - ``piece``: the number of the continuous piece; a new one begins where φ or φ' jumps;
        - ``z``, ``value``: the coordinates of the point.
    canvas : Canvas
        A wide canvas has one column per activation; a narrow one has two columns and becomes
        taller.
    words : mapping of str to CardWords
        The activations in drawing order, and the texts on the card of each.
    thresholds : mapping of str to (float, float)
        For each activation, the pre-activations below and above which a unit is saturated; infinite
        if there is no such tail.

    Returns
    -------
    matplotlib.figure.Figure
        Two panels per activation; and a list of facts if there is only one activation.
    """
    facts = next(iter(words.values())).facts if len(words) == 1 else ()
    beside = bool(facts) and canvas.wide
    abreast = len(words) if canvas.wide else min(len(words), _ABREAST)
    columns = abreast + _FACTS * beside
    ems = 72 * canvas.width / canvas.font / columns
    lines = 2 if ems > _NARROW else 1
    figure, grid, table_axes = _laid_out(canvas, len(words), abreast, facts)
    for (upper, lower), (name, said) in zip(grid, words.items(), strict=True):
        one = table[table["activation"] == name]
        reach = float(one["z"].abs().max())
        value = said.value if ems > _NARROW or not said.brief else said.brief
        for axes, curve, title in ((upper, VALUE, value), (lower, SLOPE, said.slope)):
            _shade(axes, thresholds[name], reach, top=0.65 if axes is lower and ems < _WIDE else 1)
            _hill(axes, one[one["curve"] == DENSITY])
            _line(axes, one[one["curve"] == curve], curve, canvas=canvas)
            column_title(
                axes, title, canvas=canvas, columns=columns, color=_INKS[curve],
                pad=0.4 * canvas.font,
            )  # fmt: skip
            axes.set_xlim(-reach, reach)
        _tail_words(lower, said, canvas, lines, alone=ems < _NARROWEST)
        lower.set_xlabel("z")
    tails = any(said.low or said.high for said in words.values())
    _legend(figure, tails=tails, shares=lines > 1)
    if table_axes is not None:
        _write_facts(table_axes, _folded(facts, canvas), canvas)
    return figure


def _abreast(canvas: Canvas, count: int, columns: int) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """Return the figure and, for each activation, the panels of φ and φ', one below the other."""
    rows = math.ceil(count / columns)
    figure = blank(replace(canvas, height=canvas.height * (1 + (rows - 1) * _MORE)))
    panels = figure.subplots(2 * rows, columns, squeeze=False)
    for axes in panels[::2].flat:
        axes.tick_params(labelbottom=False)
    upper, lower = panels[::2].reshape(-1), panels[1::2].reshape(-1)
    for axes in (*upper[count:], *lower[count:]):
        axes.set_visible(False)
    return figure, list(zip(upper[:count], lower[:count], strict=True))


def _laid_out(
    canvas: Canvas, count: int, abreast: int, facts: tuple[Fact, ...]
) -> tuple[Figure, list[tuple[Axes, Axes]], Axes | None]:
    """Return the figure, the panels of φ and φ' of each activation, and axes for the facts.

    The facts are next to the panels on a wide canvas, and below them on a narrow one, which becomes
    taller.
    """
    if not facts:
        return *_abreast(canvas, count, abreast), None
    below = 0.0 if canvas.wide else _height_of(_folded(facts, canvas), canvas)
    figure = blank(replace(canvas, height=canvas.height + below))
    if canvas.wide:
        places = figure.add_gridspec(2, 2, width_ratios=[1, _FACTS])
        rest = places[:, 1]
    else:
        panel = 0.36 * canvas.height
        places = figure.add_gridspec(3, 1, height_ratios=[panel, panel, below])
        rest = places[2, 0]
    upper = figure.add_subplot(places[0, 0])
    lower = figure.add_subplot(places[1, 0], sharex=upper)
    upper.tick_params(labelbottom=False)
    return figure, [(upper, lower)], figure.add_subplot(rest)


def _shade(axes: Axes, thresholds: tuple[float, float], reach: float, *, top: float) -> None:
    """Shade the saturated tails and draw their edges, up to the share ``top`` of the height."""
    low, high = thresholds
    for start, end, edge in ((-reach, low, low), (high, reach, high)):
        if start < end and math.isfinite(edge):
            tail = axes.axvspan(start, end, color=_TAIL, linewidth=0, zorder=0)
            rim = axes.axvline(edge, ymax=top, color=QUIET, linestyle="--", linewidth=1, zorder=1)
            step(4, tail, rim)


def _hill(axes: Axes, density: pd.DataFrame) -> None:
    hill = axes.fill_between(
        density["z"],
        0,
        _HILL_TOP * density["value"] / density["value"].max(),
        transform=axes.get_xaxis_transform(),
        color=_HILL,
        alpha=0.55,
        linewidth=0,
        zorder=0.5,
    )
    step(3, hill)


def _line(axes: Axes, curve: pd.DataFrame, name: str, *, canvas: Canvas) -> None:
    """Draw a curve piece by piece; at a jump, the end whose value is taken is a filled dot.

    It is the left end, because derivatives at a kink are left derivatives.
    """
    curve = curve.replace([-np.inf, np.inf], np.nan)
    pieces = [piece for _, piece in curve.groupby("piece", sort=True)]
    colour, thick = _INKS[name], 1.3 * canvas.line
    drawn: list[Artist] = []
    for piece in pieces:
        drawn += axes.plot(piece["z"], piece["value"], color=colour, linewidth=thick, zorder=3)
    small = 0.01 * (curve["value"].max() - curve["value"].min())
    for left, right in pairwise(pieces):
        ends = pd.DataFrame([left.iloc[-1], right.iloc[0]])
        if abs(ends["value"].diff().iloc[1]) > small:  # otherwise the other curve jumps here
            for (z, value), fill in zip(
                ends[["z", "value"]].to_numpy(), (colour, "white"), strict=True
            ):
                drawn += axes.plot(
                    z, value, "o", color=colour, markerfacecolor=fill,
                    markersize=3.2 * canvas.line, markeredgewidth=canvas.line, zorder=4,
                )  # fmt: skip
    step(list(_INKS).index(name) + 1, *drawn)
    _limits(axes, curve["value"])


def _limits(axes: Axes, values: pd.Series[float]) -> None:
    """Set the limits of the y axis to include 0, so that slopes can be compared with it."""
    low, high = min(0.0, values.min()), max(0.0, values.max())
    margin = 0.09 * ((high - low) or 1.0)
    axes.set_ylim(low - margin, high + margin)
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10], min_n_ticks=3))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))


def _tail_words(axes: Axes, said: CardWords, canvas: Canvas, lines: int, *, alone: bool) -> None:
    """Label the tails of φ', where it is nearly 0; if ``alone``, write only the number."""
    for x, words, side in ((0.012, said.low, "left"), (0.988, said.high, "right")):
        share = axes.text(
            x,
            0.95,
            words[0].rpartition(" ")[2] if alone and words else "\n".join(words[:lines]),
            transform=axes.transAxes,
            ha=side,
            va="top",
            fontsize=0.85 * canvas.font,
            linespacing=1.3,
        )
        step(4, share)


def _size(canvas: Canvas) -> float:
    """Return the font size of the facts."""
    return (0.7 if canvas.footer else 0.86) * canvas.font


def _height_of(lines: list[Fact], canvas: Canvas) -> float:
    gaps = _GAP * sum(fact.heading for fact in lines)
    return (len(lines) + gaps + 1) * _LINE * _size(canvas) / 72


def _folded(facts: tuple[Fact, ...], canvas: Canvas) -> list[Fact]:
    """Return the facts, with sentences wrapped into several lines."""
    width = canvas.width * (_FACTS / (1 + _FACTS) if canvas.wide else 0.9)
    letters = int(72 * width / (0.6 * _size(canvas)))
    lines = []
    for fact in facts:
        parts = [fact.label] if fact.value else textwrap.wrap(fact.label, letters)
        lines += [replace(fact, label=part) for part in parts]
    return lines


def _write_facts(axes: Axes, lines: list[Fact], canvas: Canvas) -> None:
    """Write labels on the left and values on the right, with a gap above every heading."""
    axes.set_axis_off()
    size, y = _size(canvas), 0.0
    for i, fact in enumerate(lines):
        y -= (_GAP if fact.heading and i else 0.0) * _LINE * size
        for x, text, side in ((0.0, fact.label, "left"), (1.0, fact.value, "right")):
            axes.annotate(
                text, (x, 1.0), xycoords="axes fraction", xytext=(0, y),
                textcoords="offset points", ha=side, va="top", fontsize=size,
                fontweight="bold" if fact.heading else "normal", parse_math=False,
                annotation_clip=False, in_layout=False,
            )  # fmt: skip
        y -= _LINE * size


def _legend(figure: Figure, *, tails: bool, shares: bool) -> None:
    handles = [Patch(color=_HILL, alpha=0.55, linewidth=0, label="density of N(0, 1)")]
    if tails:
        label = "saturated tail" + ", its share of N(0, 1)" * shares
        handles.append(Patch(color=_TAIL, linewidth=0, label=label))
    figure.legend(handles=handles, loc="outside upper right", ncols=2, handlelength=1.2)
