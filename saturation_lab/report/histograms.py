"""Which exhibits show how values are spread? Histograms of signals and of singular values."""

from __future__ import annotations

from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.figures.layers import (
    layer_curves,
    layer_curves_beside,
    layer_decades,
    layer_ridges,
)
from saturation_lab.figures.spectrum import singular_values
from saturation_lab.figures.statements import text_width
from saturation_lab.figures.theme import Canvas
from saturation_lab.report.exhibit import SINGULAR_VALUES, Exhibit, Sentence, changes
from saturation_lab.report.group import Group

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
            f"All layers over one another, same axes; {group.size}. A curve's height is the share "
            "of values within ±1/100 of the axis's half-width of that place; at zero it is the "
            "0-peak. " + _peaks(group, signal)
        )

    return words


def _beside_caption(group: Group, signal: str) -> str:
    return (
        "The same curves for each activation, all on the same inputs and from the same random "
        f"numbers; an activation has axes of its own. {group.size}. {_peaks_beside(group, signal)}"
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
    names = {role: r.study.architecture.activation.name for role, r in group.results.items()}
    titles = {role: group.blocks.get(role, group.title) for role in group.results}
    return names if len(set(names.values())) == len(set(titles.values())) else titles


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
    return changes(group, {quantity: "the mean square"})


def _decades_caption(group: Group) -> str:
    return (
        "The same gradients over decades. A constant factor from layer to layer shifts a curve and "
        f"leaves its shape. The height is a density, so it may exceed 100 %. {group.size}. "
        + _spreads(group, "gradient")
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
        Exhibit(
            id=f"beside_{number}",
            title=f"Figure {number} for several activations: {symbol}",
            table=table,
            draw=beside,
            caption=partial(_beside_caption, signal=signal),
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
        "Singular values of the layers' Jacobians ∂a/∂a of the layer below, all layers over one "
        "another; dashed the quarter circle of the top layer's root mean square, the law of a "
        f"large square matrix of independent entries. {group.size}, {shown} of each network "
        f"decomposed. {_spectrum_words(group)}"
    )


DECADES = Exhibit(
    id="decades_7",
    title="Figure 7 across decades",
    table=partial(Group.histogram, signal="gradient", kind="asinh"),
    draw=_decades,
    caption=_decades_caption,
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
    alt=_spectrum_words,
    need=SINGULAR_VALUES,
)
