"""The exhibits of a comparison of two studies: their profiles and their ratios."""

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
"""The groups of the page: both studies together, and each alone if they share no axis."""

_SIZES = {
    "pre_activation_mean_square": "Mean square of z",
    "activation_mean_square": "Mean square of a",
    "gradient_mean_square": "Mean square of δ = ∂C/∂z",
    "weight_gradient_mean_square": "Mean square of ∂C/∂W, one example",
}
"""The quantities in the forest plot, with their headings."""
_MOST_LAYERS = 10
"""Show at most this many layers; if there are more, evenly spaced ones, including both ends."""
_PROFILES = ("profile_signal", "profile_gradient", "saturation", "input_share")
_RIDGES = {"activation": "ridges_6", "gradient": "ridges_7", "weight_gradient": "ridges_8"}
_TITLES = {
    "ridges_6": "Activations a, layer by layer",
    "ridges_7": "Back-propagated gradients δ, layer by layer",
    "ridges_8": "Weight gradients ∂C/∂W, layer by layer",
    "decades_7": "Back-propagated gradients δ across decades",
}
_SEEN = {
    "ridges": "One ridge per layer, each scaled to the same height (its maximum is given on the "
    "left if there is room).",
    "decades": "A constant factor from layer to layer shifts a curve without changing its shape. "
    "The height is a density, so it may exceed 100 %.",
}


@dataclass(frozen=True, kw_only=True)
class Part:
    """A section of the page: a title, a text, and the exhibits of one group."""

    title: str
    text: str
    group: str
    exhibits: tuple[str, ...]


def contrast_exhibits(found: Contrast) -> dict[str, Exhibit]:
    """Return the exhibits of a comparison page: the usual ones and a forest plot of ratios.

    Parameters
    ----------
    found : Contrast
        The comparison of two studies.

    Returns
    -------
    dict of str to Exhibit
        The exhibits by id.
    """
    spread = {name: _spread(EXHIBITS[name], title) for name, title in _TITLES.items()}
    return {"forest": _forest(found), **{name: EXHIBITS[name] for name in _PROFILES}, **spread}


def contrast_parts(found: Contrast) -> tuple[Part, ...]:
    """Return the sections of a comparison page.

    Parameters
    ----------
    found : Contrast
        The comparison of two studies.

    Returns
    -------
    tuple of Part
        The sections that have exhibits. Histograms of studies without a common axis are shown in
        separate sections.
    """
    shared = [name for signal, name in _RIDGES.items() if signal not in found.other_axes]
    apart = [name for signal, name in _RIDGES.items() if signal in found.other_axes]
    apart = [name for name in apart if name != "ridges_7"]  # decades_7 shows it on a common axis
    saturable = any(np.isfinite(one.values("saturated_share", 1)).any() for one in found.sides)
    profiles = [name for name in _PROFILES if name != "saturation" or saturable]
    one, other = found.names
    sections = [
        Part(
            title=f"{one} over {other}",
            text="The ratio of the typical networks, layer by layer.",
            group=BOTH,
            exhibits=("forest",) if _forest_rows(found) else (),
        ),
        Part(
            title="Both studies, layer by layer",
            text="A point is the mean over networks, or the typical network where its caption says "
            "so, and its bar is the 95 % interval. The studies may differ even if bars overlap, "
            "because networks with the same seed are compared in pairs.",
            group=BOTH,
            exhibits=tuple(profiles),
        ),
        Part(
            title="Distributions",
            text="All units and examples of all networks are pooled, for illustration only: "
            "verdicts are based on the spread over networks.",
            group=BOTH,
            exhibits=(*shared, "decades_7"),
        ),
        *(
            Part(
                title=f"{name}, on its own axes",
                text="The histograms of the two studies have axes of different lengths.",
                group=group,
                exhibits=tuple(apart),
            )
            for group, name in zip((ONE, OTHER), found.names, strict=True)
        ),
    ]
    return tuple(section for section in sections if section.exhibits)


def _forest_rows(found: Contrast) -> list[Row]:
    """Return the rows of the forest plot."""
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
            how=f"{found.names[0]} over {found.names[1]}, {found.how}. A dot is the ratio of the "
            "typical networks, and its line is the 95 % interval. In the band, within a factor of "
            f"{short(math.exp(margin))} of 1, the two are alike. “differs” marks a "
            f"difference that is significant among all comparisons. {counted}",
            alt=counted,
            footer=material.footer,
        )

    return Exhibit(id="forest", title="Ratios", make=make)


def _forest_table(rows: Sequence[Row], margin: float) -> pd.DataFrame:
    """Return the table of the forest plot, from the bottom layer up.

    It has no predictions: theory is about means, and typical networks lie below them.
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
    """Return how many ratios differ from 1 and how many lie within the margin."""
    counts = Counter(row.verdict for row in rows)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    differing = sum(row.differs for row in rows)
    shown, there = (len({row.layer for row in some}) for some in (rows, found.rows))
    some = f" Of {there} layers {shown} are shown, evenly spaced." if shown < there else ""
    differ = "differs" if differing == 1 else "differ"
    return f"{differing} of {len(rows)} ratios {differ} from 1; within the margin: {said}.{some}"


def _spread(exhibit: Exhibit, title: str) -> Exhibit:
    """Return an exhibit whose caption says how to read it and then gives its numbers."""
    seen = _SEEN[exhibit.id.partition("_")[0]]

    def make(material: Material) -> Shown:
        shown, size = exhibit.make(material), material.size
        how = f"{seen} {size[0].upper()}{size[1:]}. {shown.alt}"
        return replace(shown, see="", how=how, numbers="")

    return replace(exhibit, title=title, make=make)
