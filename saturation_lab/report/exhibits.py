"""Which figures can a page show? Each with its table, its drawing, its caption and its alternative.

A new figure is one `Exhibit` and one row of `EXHIBITS`. Captions are computed: a word such as
"falls" stands there because the numbers fell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.figures.depth import depth_profile
from saturation_lab.figures.images import contact_sheet
from saturation_lab.figures.layers import layer_curves, layer_decades, layer_ridges
from saturation_lab.figures.theme import Canvas
from saturation_lab.nets.inputs import INPUTS
from saturation_lab.report.group import Group
from saturation_lab.report.prose import change_text, share_text, short

Draw = Callable[[pd.DataFrame, Canvas, Group], Figure]
Words = Callable[[Group], str]


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
    """

    id: str
    title: str
    table: Callable[[Group], pd.DataFrame]
    draw: Draw
    caption: Words
    alt: Words
    plot: bool = True


SYMBOLS = {
    "activation": "activation a",
    "gradient": "back-propagated gradient δ = ∂C/∂z",
    "weight_gradient": "weight gradient ∂C/∂W, mini-batch mean",
}

SHORT = {"activation": "a", "gradient": "δ", "weight_gradient": "∂C/∂W"}


def _peaks(group: Group, signal: str) -> str:
    parts = []
    for role, title in group.titles.items():
        first, last = (
            group.interval(role, f"{signal}_peak_share", layer).estimate
            for layer in (1, group.depth)
        )
        parts.append(
            f"{title}: the share within ±1/100 of the axis {change_text(first, last)} from "
            f"{share_text(first)} in layer 1 to {share_text(last)} in layer {group.depth}"
        )
    return "; ".join(parts) + "."


def _curves_caption(signal: str) -> Words:
    def words(group: Group) -> str:
        bins = group.first.study.bins
        return (
            f"All layers, same axes, {bins} bins; {group.size}. Look at the height at zero. "
            + _peaks(group, signal)
        )

    return words


def _ridges_caption(signal: str) -> Words:
    def words(group: Group) -> str:
        return (
            f"The same values, one ridge a layer, each scaled to its own highest bin (named at its "
            f"left); {group.size}. Look at the width of the ridges. " + _spreads(group, signal)
        )

    return words


def _spreads(group: Group, signal: str) -> str:
    quantity = {"weight_gradient": "batch_weight_gradient_mean_square"}.get(
        signal, f"{signal}_mean_square"
    )
    parts = []
    for role, title in group.titles.items():
        first, last = (
            group.interval(role, quantity, layer).estimate ** 0.5 for layer in (1, group.depth)
        )
        parts.append(
            f"{title}: the root mean square {change_text(first, last)} from {short(first)} in "
            f"layer 1 to {short(last)} in layer {group.depth}"
        )
    return "; ".join(parts) + "."


def _decades_caption(group: Group) -> str:
    return (
        "The same gradients over decades: a layer that is fainter by a constant factor is the same "
        f"curve, shifted; {group.size}. " + _spreads(group, "gradient")
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
    name: str, title: str, quantities: dict[str, str], *, percent: bool, see: str
) -> Exhibit:
    def table(group: Group) -> pd.DataFrame:
        return group.profile[group.profile["quantity"].isin(list(quantities))]

    def draw(rows: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        return depth_profile(
            rows,
            canvas=canvas,
            titles=dict(group.titles),
            quantities=quantities,
            logarithmic=not percent,
            percent=percent,
        )

    say = share_text if percent else short

    def numbers(group: Group) -> str:
        sentences = []
        for role, word in group.titles.items():
            parts = []
            for quantity, label in quantities.items():
                first, last = (
                    group.interval(role, quantity, layer).estimate for layer in (1, group.depth)
                )
                words = f"{change_text(first, last)} from {say(first)} to {say(last)}"
                parts.append(f"{label[0].lower()}{label[1:]} {words}")
            sentences.append(f"{word}, layer 1 to {group.depth}: {', '.join(parts)}.")
        return " ".join(sentences)

    return Exhibit(
        id=name,
        title=title,
        table=table,
        draw=draw,
        caption=lambda group: f"{see} Means and 95 % intervals over {group.size}. {numbers(group)}",
        alt=numbers,
    )


def _sheet_words(group: Group) -> str:
    study = group.first.study
    source = INPUTS[study.inputs]
    shown = min(60, study.examples)
    return (
        f"The first {shown} of the {study.examples:,} images that every network was shown, each "
        f"under its label ({', '.join(source.classes)}). {source.description}."
    )


_ALL: list[Exhibit] = [
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
        percent=False,
        see="A straight line on this axis is a constant factor a layer.",
    ),
    _profile_exhibit(
        "profile_gradient",
        "The gradient on its way down",
        {
            "gradient_mean_square": "Mean square of δ",
            "weight_gradient_mean_square": "Mean square of ∂C/∂W",
        },
        percent=False,
        see="Left the back-propagated gradient, right the weight gradient of one example.",
    ),
    _profile_exhibit(
        "saturation",
        "Saturation",
        {"saturated_share": "Saturated units"},
        percent=True,
        see="The share of pre-activations where φ' is below 5 % of its maximum.",
    ),
    _profile_exhibit(
        "input_share",
        "What still comes from the input",
        {
            "input_share_of_variance": "Share of the mean square of z",
            "activation_input_share_of_variance": "Share of the mean square of a",
        },
        percent=True,
        see="The variance over examples as a share of the mean square: near 100 % a unit answers "
        "to its input, near 0 % to its weights alone. (The variance divides by one less than the "
        "number of examples, so a little over 100 % is possible.)",
    ),
    Exhibit(
        id="contact_sheet",
        title="The inputs",
        table=Group.images,
        draw=lambda table, canvas, group: contact_sheet(table, canvas=canvas),
        caption=_sheet_words,
        alt=_sheet_words,
        plot=False,
    ),
]

EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL}
