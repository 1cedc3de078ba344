"""Which figures can a page show? Each with its table, its drawing, its caption and its alternative.

A new figure is one `Exhibit` and one row of `EXHIBITS`. Captions are computed: a word such as
"falls" stands there because the numbers fell.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.figures.card import activation_card
from saturation_lab.figures.depth import depth_profile
from saturation_lab.figures.grid import heat_maps
from saturation_lab.figures.images import contact_sheet
from saturation_lab.figures.layers import layer_curves, layer_decades, layer_ridges
from saturation_lab.figures.spectrum import singular_values
from saturation_lab.figures.theme import Canvas
from saturation_lab.report.cards import card_table, card_words, tails_text, threshold_text
from saturation_lab.report.group import Group
from saturation_lab.report.maps import map_caption, map_numbers, map_table
from saturation_lab.study import Study

Draw = Callable[[pd.DataFrame, Canvas, Group], Figure]
Sentence = Callable[[Group], str]


@dataclass(frozen=True, kw_only=True)
class Need:
    """What an exhibit asks of the studies that it shows, in words and as a test."""

    words: str
    met: Callable[[Sequence[Study]], bool]


def _square_images(studies: Sequence[Study]) -> bool:
    first = studies[0].resolved()
    width = first.architecture.input_width
    keys = ("inputs", "labels", "inputs_sha256", "features", "scaling")
    alike = all(getattr(s.resolved(), key) == getattr(first, key) for s in studies for key in keys)
    return alike and not first.fresh_inputs and math.isqrt(width) ** 2 == width


def _with_singular_values(studies: Sequence[Study]) -> bool:
    return all(study.singular_values for study in studies)


SQUARE_IMAGES = Need(words="square images, the same for every network", met=_square_images)
SINGULAR_VALUES = Need(
    words="singular_values above 0",
    met=_with_singular_values,
)


@dataclass(frozen=True, kw_only=True)
class Exhibit:
    """One figure: what it is drawn from, how, and what is said of it.

    Attributes:
        id: its key, part of file names.
        title: above the figure.
        table: the tidy table behind it.
        draw: table, canvas and group to a figure.
        caption: what to see, and of how many networks.
        alt: the numbers that decide the caption, for who cannot see the figure.
        plot: False for photographs and the like, which keep their colours on a dark page.
        need: what studies must be like to be shown; None for any.
        across: whether it can show all groups of a report at once.
    """

    id: str
    title: str
    table: Callable[[Group], pd.DataFrame]
    draw: Draw
    caption: Sentence
    alt: Sentence
    plot: bool = True
    need: Need | None = None
    across: bool = False


SYMBOLS = {
    "activation": "activation a",
    "gradient": "back-propagated gradient δ = ∂C/∂z",
    "weight_gradient": "weight gradient ∂C/∂W, mini-batch mean",
}

SHORT = {"activation": "a", "gradient": "δ", "weight_gradient": "∂C/∂W"}


def _changes(group: Group, quantities: dict[str, str], *, percent: bool = False) -> str:
    """Return one sentence a role: how each quantity goes from the bottom layer to the top."""
    sentences = []
    for role, title in group.titles.items():
        parts = [
            f"{label} {group.change(role, quantity, percent=percent)}"
            for quantity, label in quantities.items()
        ]
        sentences.append(f"{title}, layer 1 to {group.depth}: {', '.join(parts)}.")
    return " ".join(sentences)


def _peaks(group: Group, signal: str) -> str:
    return _changes(group, {f"{signal}_peak_share": "the height at zero"}, percent=True)


def _curves_caption(signal: str) -> Sentence:
    def words(group: Group) -> str:
        return (
            f"All layers over one another, same axes; {group.size}. A curve's height is the share "
            "of values within ±1/100 of the axis's half-width of that place; at zero it is the "
            "0-peak. " + _peaks(group, signal)
        )

    return words


def _ridges_caption(signal: str) -> Sentence:
    def words(group: Group) -> str:
        return (
            f"The same values, one ridge a layer, each scaled to its own top (named at its left "
            f"where there is room); {group.size}. Look at the widths. " + _spreads(group, signal)
        )

    return words


def _spreads(group: Group, signal: str) -> str:
    quantity = {"weight_gradient": "batch_weight_gradient_mean_square"}.get(
        signal, f"{signal}_mean_square"
    )
    return _changes(group, {quantity: "the mean square"})


def _decades_caption(group: Group) -> str:
    return (
        "The same gradients over decades. A constant factor from layer to layer shifts a curve and "
        f"leaves its shape. The height is a density, so it may exceed 100 %. {group.size}. "
        + _spreads(group, "gradient")
    )


def _signal_exhibits(number: int, signal: str) -> list[Exhibit]:
    symbol = SYMBOLS[signal]

    def curves(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        return layer_curves(table, canvas=canvas, titles=dict(group.titles), label=symbol)

    def ridges(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        label = symbol.split(",", maxsplit=1)[0] if canvas.wide else SHORT[signal]
        return layer_ridges(table, canvas=canvas, titles=dict(group.titles), label=label)

    table = partial(Group.histogram, signal=signal)
    return [
        Exhibit(
            id=f"figure_{number}",
            title=f"Figure {number}: {symbol}",
            table=table,
            draw=curves,
            caption=_curves_caption(signal),
            alt=partial(_peaks, signal=signal),
        ),
        Exhibit(
            id=f"ridges_{number}",
            title=f"Figure {number} again, layer by layer",
            table=table,
            draw=ridges,
            caption=_ridges_caption(signal),
            alt=partial(_spreads, signal=signal),
        ),
    ]


def _decades(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
    return layer_decades(table, canvas=canvas, titles=dict(group.titles), label="|δ|")


def _profile_exhibit(
    name: str,
    title: str,
    quantities: dict[str, str],
    *,
    see: str,
    percent: bool = False,
    logarithmic: bool = False,
) -> Exhibit:
    def table(group: Group) -> pd.DataFrame:
        return group.profile[group.profile["quantity"].isin(list(quantities))]

    def draw(rows: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        return depth_profile(
            rows,
            canvas=canvas,
            titles=dict(group.titles),
            quantities=quantities,
            logarithmic=logarithmic,
            percent=percent,
        )

    labels = {quantity: label[0].lower() + label[1:] for quantity, label in quantities.items()}

    def numbers(group: Group) -> str:
        return _changes(group, labels, percent=percent)

    return Exhibit(
        id=name,
        title=title,
        table=table,
        draw=draw,
        caption=lambda group: f"{see} Means and 95 % intervals over {group.size}. {numbers(group)}",
        alt=numbers,
    )


def _spectrum_words(group: Group) -> str:
    return _changes(group, {"singular_value_mean": "the mean singular value"})


def _spectrum_caption(group: Group) -> str:
    count = group.first.study.singular_values
    shown = "one example" if count == 1 else f"{count:,} examples"
    return (
        "Singular values of the layers' Jacobians ∂a/∂a of the layer below, all layers over one "
        "another; dashed the quarter circle of the top layer's root mean square, the law of a "
        f"large square matrix of independent entries. {group.size}, {shown} of each network "
        f"decomposed. {_spectrum_words(group)}"
    )


def _card_table(group: Group) -> pd.DataFrame:
    cards = group.activations.items()
    return pd.concat(
        [card_table(*parts).assign(activation=name) for name, parts in cards], ignore_index=True
    )


def _card(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
    cards = group.activations
    return activation_card(
        table,
        canvas=canvas,
        words={name: card_words(*parts) for name, parts in cards.items()},
        thresholds={name: thresholds for name, (_, thresholds) in cards.items()},
    )


def _card_numbers(group: Group) -> str:
    parts = [f"{name}, {tails_text(ends)}" for name, (_, ends) in group.activations.items()]
    return f"Saturated: {'; '.join(parts)}."


def _card_caption(group: Group) -> str:
    beyond = group.first.study.saturation_beyond
    rule = (
        "there |φ'| stays below 5 % of its maximum"
        if beyond is None
        else f"beyond ±{threshold_text(beyond)}, as the study sets"
    )
    return (
        "φ and its derivative φ' over the pre-activation z; open circles are jumps. "
        f"The shaded tails count as saturated: {rule}. The grey hill is the density of N(0, 1), "
        f"where units live whose pre-activations have unit variance. {_card_numbers(group)}"
    )


def _sheet_words(group: Group) -> str:
    study = group.first.study
    source = study.input_source
    return (
        f"Some of the {study.examples:,} images that every network was shown, each under its label "
        f"({', '.join(source.classes)}). {source.description}."
    )


_ALL: list[Exhibit] = [
    Exhibit(
        id="heat_maps",
        title="All pairs, layer by layer",
        table=lambda group: map_table(group.rows),
        draw=lambda table, canvas, group: heat_maps(table, canvas=canvas),
        caption=lambda group: map_caption(group.rows, size=group.size),
        alt=lambda group: map_numbers(group.rows),
        across=True,
    ),
    *_signal_exhibits(6, "activation"),
    *_signal_exhibits(7, "gradient"),
    *_signal_exhibits(8, "weight_gradient"),
    Exhibit(
        id="decades_7",
        title="Figure 7 across decades",
        table=partial(Group.histogram, signal="gradient", kind="asinh"),
        draw=_decades,
        caption=_decades_caption,
        alt=partial(_spreads, signal="gradient"),
    ),
    _profile_exhibit(
        "profile_signal",
        "The signal on its way up",
        {
            "pre_activation_mean_square": "Mean square of z",
            "activation_mean_square": "Mean square of a",
        },
        logarithmic=True,
        see="A straight line on this axis is a constant factor a layer.",
    ),
    _profile_exhibit(
        "profile_gradient",
        "The gradient on its way down",
        {
            "gradient_mean_square": "Mean square of δ",
            "weight_gradient_mean_square": "Mean square of ∂C/∂W",
        },
        logarithmic=True,
        see="Left the back-propagated gradient, right the weight gradient of one example.",
    ),
    _profile_exhibit(
        "saturation",
        "Saturation",
        {"saturated_share": "Share of saturated units"},
        percent=True,
        see="The share of pre-activations beyond the thresholds outside which |φ'| stays below 5 % "
        "of its maximum (or beyond those that the study sets).",
    ),
    _profile_exhibit(
        "input_share",
        "What still comes from the input",
        {
            "input_share_of_variance": "The input's share of z²",
            "activation_input_share_of_variance": "The input's share of a²",
        },
        percent=True,
        see="The variance over examples as a share of the mean square. Near 100 % a unit's value "
        "depends on the example; the rest is the same for all examples: biases, and the mean input "
        "passed on. (The variance divides by one less than the number of examples, so a "
        "little over 100 % is possible.)",
    ),
    Exhibit(
        id="singular_values",
        title="Singular values",
        table=partial(Group.histogram, signal="singular_value"),
        draw=lambda table, canvas, group: singular_values(
            table, canvas=canvas, titles=dict(group.titles)
        ),
        caption=_spectrum_caption,
        alt=_spectrum_words,
        need=SINGULAR_VALUES,
    ),
    replace(
        _profile_exhibit(
            "profile_singular_values",
            "Singular values from layer to layer",
            {
                "singular_value_mean": "Mean singular value",
                "singular_value_max": "Largest singular value",
            },
            see="Below 1 on average, a layer shortens directions.",
        ),
        need=SINGULAR_VALUES,
    ),
    Exhibit(
        id="activation_card",
        title="The activation and its slope",
        table=_card_table,
        draw=_card,
        caption=_card_caption,
        alt=_card_numbers,
    ),
    Exhibit(
        id="contact_sheet",
        title="The inputs",
        table=Group.images,
        draw=lambda table, canvas, group: contact_sheet(table, canvas=canvas),
        caption=_sheet_words,
        alt=_sheet_words,
        plot=False,
        need=SQUARE_IMAGES,
        across=True,
    ),
]

EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL}
