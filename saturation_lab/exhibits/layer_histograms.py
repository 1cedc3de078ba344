"""Which exhibits show how values are spread? Histograms of signals and of singular values."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.at_a_glance import change_at_a_glance
from saturation_lab.exhibits.exhibit import SINGULAR_VALUES, Exhibit, Sentence, changes
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.pair_rows import listed
from saturation_lab.figures.forest_rows import text_width
from saturation_lab.figures.layer_curves import (
    layer_curves,
    layer_curves_beside,
    layer_decades,
    layer_ridges,
)
from saturation_lab.figures.spectrum import singular_values
from saturation_lab.figures.theme import Canvas
from saturation_lab.inference.digits import short

SYMBOLS = {
    "activation": "activation a",
    "gradient": "back-propagated gradient δ = ∂C/∂z",
    "weight_gradient": "weight gradient ∂C/∂W, mini-batch mean",
}

SHORT = {"activation": "a", "gradient": "δ", "weight_gradient": "∂C/∂W"}
DOWN = {"activation": False, "gradient": True, "weight_gradient": True}
"""Whether a signal runs from the top layer down, and with it a build."""


def _peaks(group: Group, signal: str) -> str:
    return changes(group, {f"{signal}_peak_share": "the height at zero"}, percent=True)


def _curves_caption(signal: str) -> Sentence:
    def words(group: Group) -> str:
        return (
            f"{_peak_first(group, signal)} All layers over one another, same axes; {group.size}. A "
            "curve's height is the share of all values that lie within ±1/100 of that place, 1 "
            f"being the half-width of the axis ({_half_width(group, signal)}); at zero it is the "
            "0-peak."
        )

    return words


def _peak_first(group: Group, signal: str) -> str:
    way = -1 if DOWN[signal] else 1
    return change_at_a_glance(group, "The 0-peak", f"{signal}_peak_share", way)


def _half_width(group: Group, signal: str) -> str:
    """Return how far the axis of a signal's histogram goes."""
    return short(float(group.histogram(signal)["right"].replace(np.inf, np.nan).max()))


def _beside_caption(group: Group, signal: str) -> str:
    return (
        "The same curves for each activation, all on the same inputs and from the same random "
        f"numbers; an activation has axes of its own. {group.size}."
    )


def _peaks_beside(group: Group, signal: str) -> str:
    """Return how the height at zero goes from layer 1 to L in every role, in short."""
    said, blocks = [], _blocks(group)
    for role in group.results:
        name = blocks[role]
        change = group.change(role, f"{signal}_peak_share", percent=True)
        said.append(f"{name}, {group.titles[role].lower()}: {change}")
    return f"The height at zero from layer 1 to {group.depth}: {'; '.join(said)}."


def _blocks(group: Group) -> dict[str, str]:
    """Return the part of the figure that each role stands in: an activation, or a group's title."""
    names = {role: r.study.architecture.activation.title for role, r in group.results.items()}
    titles = {role: group.blocks.get(role, group.title) for role in group.results}
    return names if len(set(names.values())) == len(set(titles.values())) else titles


def _ridges_caption(signal: str) -> Sentence:
    words_of = SYMBOLS[signal].partition(",")[0]

    def words(group: Group) -> str:
        return (
            f"{_spread_first(group, signal)} One ridge a layer, over the {words_of}, "
            f"each scaled to its own top; {group.size}. Look at the widths: a ridge that is "
            "narrower than the one before holds smaller values. As each has its own top, heights "
            f"of two ridges do not compare.{_at_zero(group, signal)}"
        )

    return words


def _square(signal: str) -> str:
    special = {"weight_gradient": "batch_weight_gradient_mean_square"}
    return special.get(signal, f"{signal}_mean_square")


def _spreads(group: Group, signal: str) -> str:
    return changes(group, {_square(signal): "the mean square"})


def _spread_first(group: Group, signal: str) -> str:
    way = -1 if DOWN[signal] else 1
    return change_at_a_glance(group, f"The mean square of {SHORT[signal]}", _square(signal), way)


def _at_zero(group: Group, signal: str) -> str:
    """Return why some values are exactly 0, where some activation has a flat side."""
    titles = group.activation_titles
    flat = [titles[name] for name, (_, ends) in group.activations.items() if 0.0 in ends]
    if not flat or signal == "weight_gradient":
        return ""
    which = "a = 0" if signal == "activation" else "φ' and so δ are 0"
    return f" The spike of {listed(flat)} at 0: where z < 0, {which}."


def _decades_caption(group: Group) -> str:
    return (
        f"{_spread_first(group, 'gradient')} The gradients over decades: a constant factor from "
        "layer to layer shifts a curve and leaves its shape. The height is a density, so it may "
        f"exceed 100 %. {group.size}."
    )


def signal_exhibits(number: int, signal: str) -> list[Exhibit]:
    symbol = SYMBOLS[signal]

    def curves(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        return layer_curves(
            table, canvas=canvas, titles=dict(group.titles), label=symbol, down=DOWN[signal]
        )

    def ridges(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        label = symbol.split(",", maxsplit=1)[0]
        if text_width(label, canvas.font) > 0.85 * 72 * canvas.width / len(group.titles):
            label = SHORT[signal]
        return layer_ridges(
            table, canvas=canvas, titles=dict(group.titles), label=label, down=DOWN[signal]
        )

    def beside(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        blocks: dict[str, dict[str, str]] = {}
        for role, name in _blocks(group).items():
            blocks.setdefault(name, {})[role] = group.titles[role]
        return layer_curves_beside(
            table, canvas=canvas, blocks=blocks, label=SHORT[signal], down=DOWN[signal]
        )

    table = partial(Group.histogram, signal=signal)
    return [
        Exhibit(
            id=f"figure_{number}",
            title=f"Figure {number}: {symbol}",
            table=table,
            draw=curves,
            caption=_curves_caption(signal),
            numbers=partial(_peaks, signal=signal),
            alt=partial(_peaks, signal=signal),
        ),
        Exhibit(
            id=f"ridges_{number}",
            title=f"{symbol[0].upper()}{symbol[1:].partition(',')[0]}, layer by layer",
            table=table,
            draw=ridges,
            caption=_ridges_caption(signal),
            numbers=partial(_spreads, signal=signal),
            alt=partial(_spreads, signal=signal),
        ),
        Exhibit(
            id=f"beside_{number}",
            title=f"Figure {number} for several activations: {symbol}",
            table=table,
            draw=beside,
            caption=partial(_beside_caption, signal=signal),
            numbers=partial(_peaks_beside, signal=signal),
            alt=partial(_peaks_beside, signal=signal),
            across=True,
        ),
    ]


def _decades(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
    return layer_decades(table, canvas=canvas, titles=dict(group.titles), label="|δ|", down=True)


def _spectrum_words(group: Group) -> str:
    return changes(group, {"singular_value_mean": "the mean singular value"})


def _spectrum_caption(group: Group) -> str:
    count = group.first.study.singular_values
    shown = "one example" if count == 1 else f"{count:,} examples"
    return (
        f"{change_at_a_glance(group, 'The mean singular value', 'singular_value_mean', 1)} "
        "Singular values of the layers' Jacobians ∂a/∂a of the layer below, all layers over one "
        "another; dashed the quarter circle of the top layer's root mean square, the law of a "
        f"large square matrix of independent entries. {group.size}, {shown} of each network "
        "decomposed."
    )


DECADES = Exhibit(
    id="decades_7",
    title="Back-propagated gradient |δ| across decades",
    table=partial(Group.histogram, signal="gradient", kind="asinh"),
    draw=_decades,
    caption=_decades_caption,
    numbers=partial(_spreads, signal="gradient"),
    alt=partial(_spreads, signal="gradient"),
)

SPECTRUM = Exhibit(
    id="singular_values",
    title="Singular values",
    table=partial(Group.histogram, signal="singular_value"),
    draw=lambda table, canvas, group: singular_values(
        table, canvas=canvas, titles=dict(group.titles)
    ),
    caption=_spectrum_caption,
    numbers=_spectrum_words,
    alt=_spectrum_words,
    need=SINGULAR_VALUES,
)
