"""The exhibits of two studies side by side: what they have, and in what they differ."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from saturation_lab.compare.contrast import Contrast
from saturation_lab.compare.row import Row, place
from saturation_lab.exhibits.exhibit import Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import short
from saturation_lab.statistics.quantities import Kind

BOTH, ONE, OTHER = "both", "one", "other"
"""The groups of the page: the two together, and each alone where they share no axis."""

_SIZES = {
    "pre_activation_mean_square": "Mean square of z",
    "activation_mean_square": "Mean square of a",
    "gradient_mean_square": "Mean square of δ = ∂C/∂z",
    "weight_gradient_mean_square": "Mean square of ∂C/∂W, one example",
}
"""What the forest plot shows."""
_MOST_LAYERS = 10
"""Layers that it shows of each at most; beyond that, some evenly chosen, the ends among them."""
_PROFILES = ("profile_signal", "profile_gradient", "saturation", "input_share")
_RIDGES = {"activation": "ridges_6", "gradient": "ridges_7", "weight_gradient": "ridges_8"}
_TITLES = {
    "ridges_6": "Activations a, layer by layer",
    "ridges_7": "Back-propagated gradients δ, layer by layer",
    "ridges_8": "Weight gradients ∂C/∂W, layer by layer",
    "decades_7": "Back-propagated gradients δ across decades",
}
_SEEN = {
    "ridges": "One ridge a layer, each scaled to its own top (named at its left where there is "
    "room).",
    "decades": "A constant factor from layer to layer shifts a curve and leaves its shape. The "
    "height is a density, so it may exceed 100 %.",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of the page: which exhibits of which group it shows, under a title and a sentence."""

    title: str
    text: str
    group: str
    exhibits: tuple[str, ...]


def contrast_exhibits(found: Contrast) -> dict[str, Exhibit]:
    """Return the figures of a page of two studies: those of every page, and the forest plot."""
    spread = {name: _spread(EXHIBITS[name], title) for name, title in _TITLES.items()}
    return {"forest": _forest(found), **{name: EXHIBITS[name] for name in _PROFILES}, **spread}


def contrast_parts(found: Contrast) -> tuple[Part, ...]:
    """Return the body of the page: what its two studies have, and on which axes."""
    shared = [name for signal, name in _RIDGES.items() if signal not in found.other_axes]
    apart = [name for signal, name in _RIDGES.items() if signal in found.other_axes]
    apart = [name for name in apart if name != "ridges_7"]  # decades show it on one axis
    saturable = any(np.isfinite(one.values("saturated_share", 1)).any() for one in found.sides)
    profiles = [name for name in _PROFILES if name != "saturation" or saturable]
    one, other = found.names
    sections = [
        Part(
            title=f"{one} over {other}",
            text="The ratio of typical networks, layer by layer.",
            group=BOTH,
            exhibits=("forest",) if _forest_rows(found) else (),
        ),
        Part(
            title="Both from layer to layer",
            text="A point is the mean over networks, its bar the 95 % interval from the spread "
            "over networks. Where two bars overlap, the two may still differ: networks of one "
            "seed are compared in pairs.",
            group=BOTH,
            exhibits=tuple(profiles),
        ),
        Part(
            title="How values are spread",
            text="All units and examples of all networks, for looking: verdicts rest on networks.",
            group=BOTH,
            exhibits=(*shared, "decades_7"),
        ),
        *(
            Part(
                title=f"{name}, on axes of its own",
                text="The two studies count these values on axes of different reach.",
                group=group,
                exhibits=tuple(apart),
            )
            for group, name in zip((ONE, OTHER), found.names, strict=True)
        ),
    ]
    return tuple(section for section in sections if section.exhibits)


def _forest_rows(found: Contrast) -> list[Row]:
    """Return the rows that the forest plot shows."""
    layers = list(dict.fromkeys(row.layer for row in found.rows))
    layers.sort(key=lambda layer: (isinstance(layer, str), layer))
    kept = np.unique(np.linspace(0, len(layers) - 1, min(len(layers), _MOST_LAYERS)).round())
    chosen = {layers[int(i)] for i in kept}
    return [
        row
        for quantity in _SIZES
        for row in found.rows
        if row.quantity == quantity and row.layer in chosen and row.by_ratio
    ]


def _forest(found: Contrast) -> Exhibit:
    rows, margin = _forest_rows(found), found.margins[Kind.SIZE]

    def make(material: Material) -> Shown:
        counted = _counted(rows, found)
        return Shown(
            table=_forest_table(rows, margin),
            draw=partial(forest_plot, inside="alike within the margin"),
            how=f"{found.names[0]} over {found.names[1]}, {found.how}. A dot is the ratio of "
            "typical networks, its line the 95 % interval; in the band, a factor "
            f"{short(math.exp(margin))} either way, the two are alike; “differs” is said where a "
            f"difference is shown among all comparisons. {counted}",
            alt=counted,
            footer=material.footer,
        )

    return Exhibit(id="forest", title="Ratios", make=make)


def _forest_table(rows: Sequence[Row], margin: float) -> pd.DataFrame:
    """Return the table of the forest plot, from the bottom layer up.

    Theory has no place in it: it is of means, and typical networks lie below them.
    """
    return pd.DataFrame(
        [
            {
                "label": place(row.layer),
                "note": "differs" * row.differs,
                "block": _SIZES[row.quantity],
                "scale": "ratio",
                **row.comparison.interval.columns,
                "inside_low": math.exp(-margin),
                "inside_high": math.exp(margin),
                "predicted": math.nan,
                "verdict": row.verdict,
            }
            for row in rows
        ]
    )


def _counted(rows: Sequence[Row], found: Contrast) -> str:
    """Return how many ratios differ, and how many lie within the margin."""
    counts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    differing = sum(row.differs for row in rows)
    shown, there = (len({row.layer for row in some}) for some in (rows, found.rows))
    some = f" {shown} of the layers are shown, evenly spaced." if shown < there else ""
    return f"Of {len(rows)} ratios {differing} differ from 1; within the margin: {said}.{some}"


def _spread(exhibit: Exhibit, title: str) -> Exhibit:
    """Return an exhibit that says only how it is read, then its numbers."""
    seen = _SEEN[exhibit.id.partition("_")[0]]

    def make(material: Material) -> Shown:
        shown, size = exhibit.make(material), material.size
        how = f"{seen} {size[0].upper()}{size[1:]}. {shown.alt}"
        return replace(shown, see="", how=how, numbers="")

    return replace(exhibit, title=title, make=make)
