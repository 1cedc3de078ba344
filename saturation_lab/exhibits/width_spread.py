"""Which exhibits show what width does? The spread of networks, its law, and histograms by width."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from saturation_lab.exhibits.exhibit import NETWORKS, TWO_LAYERS, Exhibit, made_of
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.typical_network import known_law, typical_exhibit
from saturation_lab.figures.spread_by_width import (
    LAW_REACH,
    densities_by_width,
    laws_by_width,
    networks_by_width,
)
from saturation_lab.figures.theme import Canvas
from saturation_lab.inference.digits import rounded, short
from saturation_lab.inference.intervals import Interval, spread_interval
from saturation_lab.judging.kinds import log_change
from saturation_lab.measured import Measured, Origin
from saturation_lab.theory.finite_width import Scatter
from saturation_lab.words.lists import listed
from saturation_lab.words.numbers import estimate_text, interval_text

DELTA = "gradient_mean_square"
SIGNALS = {"gradient": "δ", "activation": "a"}
MERGED = 2
"""So many bins of an asinh axis are drawn as one: at small width there are few values."""

SOURCE = (
    "Hanin & Nica 2020, Products of many large random matrices and gradients in deep neural "
    "networks; Hanin 2018"
)


class Spread(NamedTuple):
    """One study's networks: their label, width, ratios, how many have none, and their law."""

    label: str
    width: float
    ratios: NDArray[np.float64]
    lost: int
    law: Scatter | None

    @property
    def interval(self) -> Interval:
        """Return the standard deviation of ln ratio over the networks that have one."""
        return spread_interval(np.log(self.ratios[np.isfinite(self.ratios)]))


def width_of(origin: Origin) -> float:
    """Return the width of layers 1 to L - 1, which the gradient's ratio depends on: harmonic mean.

    >>> from saturation_lab import Study
    >>> width_of(Study(activation="relu", initializer="he_normal", widths=(10, 10, 99)))
    10.0
    """
    passed = origin.widths[:-1] or origin.widths
    return float(len(passed) / sum(Fraction(1, units) for units in passed))


def spreads(material: Material) -> dict[str, Spread]:
    """Return each study's mean(δ²) of layer 1 over layer L, network by network."""
    widths = {name: width_of(result.origin) for name, result in material.networks.items()}
    told_apart = len(set(widths.values())) == len(widths)
    return {
        name: _spread(
            result,
            label=_plain(widths[name]) if told_apart else _title(material, name),
            width=widths[name],
        )
        for name, result in material.networks.items()
    }


def _plain(width: float) -> str:
    return f"{width:,.0f}" if width == round(width) else f"{width:,.1f}"


def _kind(material: Material) -> str:
    """Return what stands before a study's label where that is a width."""
    return "width " if next(iter(spreads(material).values())).label[0].isdigit() else ""


def _title(material: Material, name: str) -> str:
    return " ".join(filter(None, [material.blocks.get(name, ""), material.titles[name]]))


def _spread(result: Measured, *, label: str, width: float) -> Spread:
    ratios = np.exp(-log_change(result, DELTA))
    lost = int(np.count_nonzero(np.isnan(ratios)))
    return Spread(label, width, ratios, lost, known_law(result.origin))


LAW = ("mean_field", "beta", "log_mean", "log_variance")
"""What a table says of the law of ratios, where it is known: `theory.finite_width.Scatter`."""


def _law(one: Spread) -> dict[str, float]:
    return {name: math.nan if one.law is None else getattr(one.law, name) for name in LAW}


def width_table(material: Material) -> pd.DataFrame:
    """Return ``networks(study, label, width, network, ratio, ...)`` with the columns of `LAW`."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "study": name,
                    "label": one.label,
                    "width": one.width,
                    "network": material.networks[name].networks,
                    "ratio": one.ratios,
                    **_law(one),
                }
            )
            for name, one in spreads(material).items()
        ],
        ignore_index=True,
    )


def _spread_table(material: Material) -> pd.DataFrame:
    rows = []
    for name, one in spreads(material).items():
        found = one.interval
        ends = {"estimate": found.estimate, "low": found.low, "high": found.high}
        rows.append({"study": name, "width": one.width, **ends, **_law(one)})
    return pd.DataFrame(rows)


def _draw_spread(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    label = f"δ², layer 1 over layer {material.depth}"
    spread = _spread_table(material)
    return networks_by_width(table, spread, canvas=canvas, label=label, kind=_kind(material))


def _middle(one: Spread) -> str:
    """Return between which ratios the middle 95 % of the networks lie."""
    known = one.ratios[np.isfinite(one.ratios)]
    if not known.size:
        return f"{one.label}: undefined"
    low, middle, high = (float(x) for x in np.quantile(known, [0.025, 0.5, 0.975]))
    # as many digits as tell the ends apart
    digits = max(3, 2 - math.floor(math.log10((high - low) / high))) if high > low else 3
    ends = " to ".join(_digits(x, digits) for x in (low, high))
    return f"{one.label}: {ends}, median {_digits(middle, digits)}"


def _digits(x: float, digits: int) -> str:
    return short(x) if digits <= 3 else f"{x:.{min(digits, 7)}g}"


def _spread_numbers(material: Material) -> str:
    middles = "; ".join(_middle(one) for one in spreads(material).values())
    return f"The middle 95 % of the networks at {middles}."


def _against_prediction(material: Material) -> str:
    """Return the measured standard deviation of ln ratio, over the exact one where it is known."""
    known = {name: one for name, one in spreads(material).items() if one.law is not None}
    shown = known or spreads(material)
    said = []
    for one in shown.values():
        unit = 1.0 if one.law is None else math.sqrt(one.law.log_variance)
        share = one.interval.map(partial(_divided, unit))
        said.append(f"{one.label}: {estimate_text(share)} {interval_text(share)}")
    numbers = "; ".join(said)
    if not known:
        return f"Beside it the standard deviation of its logarithm over networks: {numbers}."
    return (
        "Beside it the standard deviation of its logarithm over networks. The line is exact at "
        f"every width; dashed √β, to which it tends for small β, where β sums c/n over layers 1 to "
        f"{material.depth - 1} and c is 5 for ReLU ({SOURCE}). Measured over exact: {numbers}. "
        f"{_agreement(list(known.values()))} {_from_limit(list(known.values()))}"
    )


def _divided(unit: float, x: float) -> float:
    return x / unit


def _agreement(known: Sequence[Spread]) -> str:
    """Return at which widths the interval of the spread holds the exact one, and where not."""
    places: dict[str, list[str]] = {"holds it": [], "lies above it": [], "lies below it": []}
    for one in known:
        if one.law is None or math.isnan(one.interval.low):
            continue
        exact = math.sqrt(one.law.log_variance)
        way = "lies above it" if one.interval.low > exact else "lies below it"
        inside = one.interval.low <= exact <= one.interval.high
        places["holds it" if inside else way].append(one.label)
    said = [f"{way} at {listed(labels)}" for way, labels in places.items() if labels]
    return f"The 95 % interval {'; it '.join(said)}." if said else ""


def _from_limit(known: Sequence[Spread]) -> str:
    """Return by how much √β falls short of the exact spread, at the width where it does most."""
    short_by = {
        one.label: (1 - math.sqrt(one.law.beta / one.law.log_variance), one.law.beta)
        for one in known
        if one.law is not None
    }
    label = max(short_by, key=lambda name: short_by[name][0])
    share, beta = short_by[label]
    return f"√β falls short of it most at {label}, by {short(100 * share)} % (β = {short(beta)})."


def _lost(material: Material) -> str:
    """Return how many networks have no ratio, as nothing is dropped silently."""
    said = [
        f"{one.lost:,} of the {len(one.ratios):,} networks at {one.label}"
        for one in spreads(material).values()
        if one.lost
    ]
    overflowed = any(result.summary.overflowed for result in material.networks.values())
    why = "no gradient or one beyond all numbers" if overflowed else "no gradient"
    return f"Left out: {listed(said)}, with {why} in one of the two layers." if said else ""


def _sentences(*parts: str) -> str:
    return " ".join(filter(None, parts))


def _spread_caption(material: Material) -> str:
    return _sentences(
        f"δ² in layer 1 over δ² in layer {material.depth}, a histogram on its side for each width: "
        "dot the median, bar the middle 95 % of the networks, dotted no change; "
        f"{material.size}.",
        _spread_numbers(material),
        _against_prediction(material),
        _lost(material),
    )


def _law_numbers(material: Material) -> str:
    said = []
    for one in spreads(material).values():
        known = one.ratios[np.isfinite(one.ratios)]
        unit = 1.0 if one.law is None else one.law.mean_field
        inside = _share(np.abs(known / unit - 1) < 0.1)
        said.append(f"{one.label}: {inside} and {_share(known > LAW_REACH * unit)}")
    return f"Within 10 % of 1, and beyond the axis, lie of the networks at {'; '.join(said)}."


def _share(inside: NDArray[np.bool_]) -> str:
    if not inside.size:
        return "undefined"
    share = float(inside.mean())
    error = math.sqrt(share * (1 - share) / inside.size)
    return rounded(share, error, percent=True) if error else f"{100 * share:.0f} %"


def _law_caption(material: Material) -> str:
    known = any(one.law is not None for one in spreads(material).values())
    dots = (
        "Mean field says 1. Dots: the log-normal law whose logarithm has the exact mean and "
        "variance, nothing fitted."
    )
    return _sentences(
        f"The same ratios on a linear axis, in bins of a tenth; {material.size}.",
        dots if known else "",
        _law_numbers(material),
        _lost(material),
    )


def _draw_law(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    label = f"δ², layer 1 over layer {material.depth}"
    return laws_by_width(table, canvas=canvas, label=label, kind=_kind(material))


def _panels(material: Material) -> dict[tuple[str, int], str]:
    """Return the panels: where a signal enters, and where it has come through all layers."""
    return {
        ("gradient", material.depth): f"|δ|, layer {material.depth}",
        ("gradient", 1): "|δ|, layer 1",
        ("activation", 1): "|a|, layer 1",
        ("activation", material.depth): f"|a|, layer {material.depth}",
    }


def _density_table(material: Material) -> pd.DataFrame:
    """Return ``densities(study, label, signal, layer, x, density)``: % of values per decade."""
    labels = {name: one.label for name, one in spreads(material).items()}
    pieces = []
    for name, result in material.networks.items():
        table = result.histogram("asinh")
        for signal, layer in _panels(material):
            one = table[(table["quantity"] == signal) & (table["layer"] == layer)]
            x, density = decades(one)
            piece = {"study": name, "label": labels[name], "signal": signal, "layer": layer}
            pieces.append(pd.DataFrame({**piece, "x": x, "density": density}))
    return pd.concat(pieces, ignore_index=True)


def decades(one: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (x, % of all values per decade of |x|) of one asinh histogram, `MERGED` bins each.

    Zero and its own bin are counted in the total but lie on no logarithmic axis.
    """
    inside = one[np.isfinite(one["left"]) & np.isfinite(one["right"])]
    half = len(inside) // 2
    counts = inside["count"].to_numpy()
    both = (counts[half:] + counts[:half][::-1])[1:]
    right = inside["right"].to_numpy()[half + 1 :]
    left = inside["left"].to_numpy()[half + 1 :]
    first = np.arange(0, len(both) - MERGED + 1, MERGED)
    low, high = left[first], right[first + MERGED - 1]
    merged = np.add.reduceat(both, first)[: len(first)]
    share = 100 * merged / max(1, one["count"].sum())
    return np.sqrt(low * high), share / np.log10(high / low)


def _span(x: NDArray[np.float64], density: NDArray[np.float64]) -> float:
    """Return how many decades the middle 90 % of what a curve shows span."""
    below = np.cumsum(density)  # bins are equally wide over decades but for the lowest few
    if not below.size or not below[-1] > 0:
        return math.nan
    ends = np.interp([0.05, 0.95], below / below[-1], np.log10(x))
    return float(ends[1] - ends[0])


def _density_numbers(material: Material) -> str:
    table = _density_table(material)
    said = []
    for signal, symbol in SIGNALS.items():
        layer = 1 if signal == "gradient" else material.depth
        here = table[(table["signal"] == signal) & (table["layer"] == layer)]
        spans = [
            f"{one['label'].iloc[0]}: {_decimal(_span(*one[['x', 'density']].to_numpy().T))}"
            for _, one in here.groupby("study", sort=False)
        ]
        said.append(f"|{symbol}| in layer {layer} {'; '.join(spans)}")
    return f"Decades that the middle 90 % of the values other than 0 span: {', and '.join(said)}."


def _decimal(x: float) -> str:
    return "undefined" if math.isnan(x) else f"{x:.1f}"


def _density_caption(material: Material) -> str:
    return (
        "All units and networks of a width pooled: left where a signal enters, right where it has "
        "come through all layers. Where networks differ from each other the pooled values spread "
        f"over more decades. Zeros lie on no such axis; {material.size}. "
        f"{_density_numbers(material)}"
    )


def _draw_densities(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    return densities_by_width(table, canvas=canvas, titles=_panels(material), kind=_kind(material))


def _labels(material: Material) -> dict[str, str]:
    return {name: _kind(material) + one.label for name, one in spreads(material).items()}


WIDTH_EXHIBITS = [
    Exhibit(
        id="width_spread",
        title="How far networks of one width differ",
        make=made_of(
            table=width_table,
            draw=_draw_spread,
            caption=_spread_caption,
            alt=_spread_numbers,
        ),
        needs=(NETWORKS, TWO_LAYERS),
    ),
    Exhibit(
        id="width_law",
        title="From log-normal to mean field",
        make=made_of(
            table=width_table,
            draw=_draw_law,
            caption=_law_caption,
            alt=_law_numbers,
        ),
        needs=(NETWORKS, TWO_LAYERS),
    ),
    typical_exhibit(_labels),
    Exhibit(
        id="width_histograms",
        title="Gradients and activations of every width",
        make=made_of(
            table=_density_table,
            draw=_draw_densities,
            caption=_density_caption,
            alt=_density_numbers,
        ),
        needs=(NETWORKS, TWO_LAYERS),
    ),
]
