"""Which exhibits show how values are spread? Histograms of signals and of singular values."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.at_a_glance import change_at_a_glance
from saturation_lab.exhibits.exhibit import (
    NETWORKS,
    ONE_GROUP,
    SINGULAR_VALUES,
    Exhibit,
    Said,
    changes,
    made_of,
)
from saturation_lab.exhibits.material import Material, study_of
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
from saturation_lab.study import Study
from saturation_lab.words.lists import listed

SYMBOLS = {
    "activation": "activation a",
    "gradient": "back-propagated gradient δ = ∂C/∂z",
    "weight_gradient": "weight gradient ∂C/∂W, mini-batch mean",
}

SHORT = {"activation": "a", "gradient": "δ", "weight_gradient": "∂C/∂W"}
DOWN = {"activation": False, "gradient": True, "weight_gradient": True}
"""Whether a signal runs from the top layer down, and with it a build."""


def _peaks(material: Material, signal: str) -> str:
    return changes(material, {f"{signal}_peak_share": "the height at zero"}, percent=True)


def _curves_caption(signal: str) -> Said:
    def words(material: Material) -> str:
        return (
            f"{_peak_first(material, signal)} All layers over one another, same axes; "
            f"{material.size}. A curve's height is the share of all values that lie within ±1/100 "
            f"of that place, 1 being the half-width of the axis ({_half_width(material, signal)}); "
            "at zero it is the 0-peak."
        )

    return words


def _peak_first(material: Material, signal: str) -> str:
    way = -1 if DOWN[signal] else 1
    return change_at_a_glance(material, "The 0-peak", f"{signal}_peak_share", way)


def _half_width(material: Material, signal: str) -> str:
    """Return how far the axis of a signal's histogram goes."""
    return short(float(material.histogram(signal)["right"].replace(np.inf, np.nan).max()))


def _beside_caption(material: Material, signal: str) -> str:
    return (
        "The same curves for each activation, all on the same inputs and from the same random "
        f"numbers; an activation has axes of its own. {material.size}."
    )


def _peaks_beside(material: Material, signal: str) -> str:
    """Return how the height at zero goes from layer 1 to L in every role, in short."""
    said, blocks = [], _blocks(material)
    for role in material.networks:
        name = blocks[role]
        change = material.change(role, f"{signal}_peak_share", percent=True)
        said.append(f"{name}, {material.titles[role].lower()}: {change}")
    return f"The height at zero from layer 1 to {material.depth}: {'; '.join(said)}."


def _blocks(material: Material) -> dict[str, str]:
    """Return the part of the figure that each role stands in: an activation, or a group's title."""
    names = {
        role: one.origin.architecture.activation.title
        for role, one in material.networks.items()
        if isinstance(one.origin, Study)
    }
    titles = {role: material.blocks.get(role, material.title) for role in material.networks}
    one_each = len(set(names.values())) == len(set(titles.values()))
    return names if len(names) == len(titles) and one_each else titles


def _ridges_caption(signal: str) -> Said:
    words_of = SYMBOLS[signal].partition(",")[0]

    def words(material: Material) -> str:
        return (
            f"{_spread_first(material, signal)} One ridge a layer, over the {words_of}, "
            f"each scaled to its own top; {material.size}. Look at the widths: a ridge that is "
            "narrower than the one before holds smaller values. As each has its own top, heights "
            f"of two ridges do not compare.{_at_zero(material, signal)}"
        )

    return words


def _square(signal: str) -> str:
    special = {"weight_gradient": "batch_weight_gradient_mean_square"}
    return special.get(signal, f"{signal}_mean_square")


def _spreads(material: Material, signal: str) -> str:
    return changes(material, {_square(signal): "the mean square"})


def _spread_first(material: Material, signal: str) -> str:
    way = -1 if DOWN[signal] else 1
    return change_at_a_glance(material, f"The mean square of {SHORT[signal]}", _square(signal), way)


def _at_zero(material: Material, signal: str) -> str:
    """Return why some values are exactly 0, where some activation has a flat side."""
    titles = material.activation_titles
    flat = [titles[name] for name, (_, ends) in material.activations.items() if 0.0 in ends]
    if not flat or signal == "weight_gradient":
        return ""
    which = "a = 0" if signal == "activation" else "φ' and so δ are 0"
    return f" The spike of {listed(flat)} at 0: where z < 0, {which}."


def _decades_caption(material: Material) -> str:
    return (
        f"{_spread_first(material, 'gradient')} The gradients over decades: a constant factor from "
        "layer to layer shifts a curve and leaves its shape. The height is a density, so it may "
        f"exceed 100 %. {material.size}."
    )


def signal_exhibits(number: int, signal: str) -> list[Exhibit]:
    symbol = SYMBOLS[signal]

    def curves(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
        return layer_curves(
            table, canvas=canvas, titles=dict(material.titles), label=symbol, down=DOWN[signal]
        )

    def ridges(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
        label = symbol.split(",", maxsplit=1)[0]
        if text_width(label, canvas.font) > 0.85 * 72 * canvas.width / len(material.titles):
            label = SHORT[signal]
        return layer_ridges(
            table, canvas=canvas, titles=dict(material.titles), label=label, down=DOWN[signal]
        )

    def beside(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
        blocks: dict[str, dict[str, str]] = {}
        for role, name in _blocks(material).items():
            blocks.setdefault(name, {})[role] = material.titles[role]
        return layer_curves_beside(
            table, canvas=canvas, blocks=blocks, label=SHORT[signal], down=DOWN[signal]
        )

    table = partial(Material.histogram, signal=signal)
    return [
        Exhibit(
            id=f"figure_{number}",
            title=f"Figure {number}: {symbol}",
            make=made_of(
                table=table,
                draw=curves,
                caption=_curves_caption(signal),
                alt=partial(_peaks, signal=signal),
                numbers=partial(_peaks, signal=signal),
            ),
        ),
        Exhibit(
            id=f"ridges_{number}",
            title=f"{symbol[0].upper()}{symbol[1:].partition(',')[0]}, layer by layer",
            make=made_of(
                table=table,
                draw=ridges,
                caption=_ridges_caption(signal),
                alt=partial(_spreads, signal=signal),
                numbers=partial(_spreads, signal=signal),
            ),
        ),
        Exhibit(
            id=f"beside_{number}",
            title=f"Figure {number} for several activations: {symbol}",
            make=made_of(
                table=table,
                draw=beside,
                caption=partial(_beside_caption, signal=signal),
                alt=partial(_peaks_beside, signal=signal),
                numbers=partial(_peaks_beside, signal=signal),
            ),
            needs=(NETWORKS,),
        ),
    ]


def _decades(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    return layer_decades(table, canvas=canvas, titles=dict(material.titles), label="|δ|", down=True)


def _spectrum_words(material: Material) -> str:
    return changes(material, {"singular_value_mean": "the mean singular value"})


def _spectrum_caption(material: Material) -> str:
    count = study_of(material.first).singular_values
    shown = "one example" if count == 1 else f"{count:,} examples"
    return (
        f"{change_at_a_glance(material, 'The mean singular value', 'singular_value_mean', 1)} "
        "Singular values of the layers' Jacobians ∂a/∂a of the layer below, all layers over one "
        "another; dashed the quarter circle of the top layer's root mean square, the law of a "
        f"large square matrix of independent entries. {material.size}, {shown} of each network "
        "decomposed."
    )


DECADES = Exhibit(
    id="decades_7",
    title="Back-propagated gradient |δ| across decades",
    make=made_of(
        table=partial(Material.histogram, signal="gradient", kind="asinh"),
        draw=_decades,
        caption=_decades_caption,
        alt=partial(_spreads, signal="gradient"),
        numbers=partial(_spreads, signal="gradient"),
    ),
)

SPECTRUM = Exhibit(
    id="singular_values",
    title="Singular values",
    make=made_of(
        table=partial(Material.histogram, signal="singular_value"),
        draw=lambda table, canvas, material: singular_values(
            table, canvas=canvas, titles=dict(material.titles)
        ),
        caption=_spectrum_caption,
        alt=_spectrum_words,
        numbers=_spectrum_words,
    ),
    needs=(ONE_GROUP, SINGULAR_VALUES),
)
