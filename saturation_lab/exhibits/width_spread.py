"""Exhibits of the spread of networks by width, compared with its exact law."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from saturation_lab.exhibits.exhibit import NETWORKS, TWO_LAYERS, Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.width_laws import SOURCE, Spread, kind_of_label, spreads
from saturation_lab.figures.spread_by_width import LAW_REACH, laws_by_width, networks_by_width
from saturation_lab.inference.digits import rounded, short
from saturation_lab.inference.intervals import Interval
from saturation_lab.theory.finite_width import Scatter
from saturation_lab.words.lists import alike, listed, sentences
from saturation_lab.words.numbers import estimate_text, interval_text

_LAW = ("mean_field", "beta", "log_mean", "log_variance")
"""Columns of the table that describe the law of ratios, see `theory.finite_width.Scatter`."""
_REFERENCE = (
    f"{SOURCE}, Products of many large random matrices and gradients in deep neural networks; "
    "Hanin 2018"
)


def _table(found: Mapping[str, Spread]) -> pd.DataFrame:
    """Return the table ``networks(study, label, width, network, ratio, ...)`` with `_LAW`."""
    tables = [
        pd.DataFrame(
            {
                "study": name,
                "label": one.label,
                "width": one.width,
                "network": one.networks.networks,
                "ratio": one.ratios,
                **_law(one),
            }
        )
        for name, one in found.items()
    ]
    return pd.concat(tables, ignore_index=True)


def _law(one: Spread) -> dict[str, float]:
    law = one.law
    return {name: math.nan if law is None else getattr(law, name) for name in _LAW}


def _axis(material: Material) -> str:
    return f"δ², layer {material.bottom} over layer {material.top}"


def _lost(material: Material, found: Mapping[str, Spread]) -> str:
    """Return how many networks have no ratio, in a sentence."""
    kind = kind_of_label(found)
    said = [
        f"{one.lost:,} of the {len(one.ratios):,} networks ({kind}{one.label})"
        for one in found.values()
        if one.lost
    ]
    overflowed = any(one.summary.overflowed for one in material.networks.values())
    why = "no gradient, or a gradient that overflows," if overflowed else "no gradient"
    return f"Left out: {listed(said)} with {why} in one of the two layers." if said else ""


# --- spread by width ------------------------------------------------------------------------------


def _spread(material: Material) -> Shown:
    found = spreads(material)
    intervals = {name: one.interval for name, one in found.items()}
    kind = kind_of_label(found)
    middle = "; ".join(f"{_middle(one)} ({kind}{one.label})" for one in found.values())
    numbers = f"Middle 95 % of the networks: {middle}."
    spread = [
        {"study": name, "width": one.width, **intervals[name].columns, **_law(one)}
        for name, one in found.items()
    ]
    return Shown(
        table=_table(found),
        draw=partial(
            networks_by_width,
            spreads=pd.DataFrame(spread),
            label=_axis(material),
            kind=kind,
        ),
        how=sentences(
            f"δ² in layer {material.bottom} over δ² in layer {material.top}, with a vertical "
            "histogram for each width. Dot: median; bar: middle 95 % of the networks; dotted line: "
            f"no change; {material.size}.",
            numbers,
            _against_law(material, [(one, intervals[name]) for name, one in found.items()], kind),
            _lost(material, found),
        ),
        alt=numbers,
        footer=material.footer,
    )


def _middle(one: Spread) -> str:
    """Return the range of the middle 95 % of the networks, and the median."""
    known = one.known
    if not known.size:
        return "undefined"
    low, middle, high = (float(x) for x in np.quantile(known, [0.025, 0.5, 0.975]))
    # enough digits to distinguish the ends
    digits = max(3, 2 - math.floor(math.log10((high - low) / high))) if high > low else 3
    ends = " to ".join(_digits(x, digits) for x in (low, high))
    return f"{ends}, median {_digits(middle, digits)}"


def _digits(x: float, digits: int) -> str:
    return short(x) if digits <= 3 else f"{x:.{min(digits, 7)}g}"


def _against_law(material: Material, found: Sequence[tuple[Spread, Interval]], kind: str) -> str:
    """Return the measured standard deviation of the log ratio, over the exact one if known."""
    panel = "The other panel shows the standard deviation of the log ratio over networks"
    known = [(one.label, interval, one.law) for one, interval in found if one.law is not None]
    if not known:
        return f"{panel}: {_over([(one.label, interval, 1.0) for one, interval in found], kind)}."
    over = _over([(label, interval, _exact(law)) for label, interval, law in known], kind)
    return (
        f"{panel}. The solid line is the exact value at every width. The dashed line is √β, which "
        f"the exact value approaches for small β; β is the sum of c/n over layers "
        f"{material.bottom} to {material.labels[-2]}, with c = 5 for ReLU ({_REFERENCE}). Measured "
        f"value divided by exact value: {over}. {_agreement(known, kind)} "
        f"{_from_limit([(label, law) for label, _, law in known], kind)}"
    )


def _exact(law: Scatter) -> float:
    """Return the exact standard deviation of the log ratio."""
    return math.sqrt(law.log_variance)


def _over(found: Sequence[tuple[str, Interval, float]], kind: str) -> str:
    """Return measured values divided by expected values as text, each with its label."""

    def text(interval: Interval, unit: float) -> str:
        share = interval.map(lambda x: x / unit)
        return f"{estimate_text(share)} {interval_text(share)}"

    return "; ".join(f"{text(interval, unit)} ({kind}{label})" for label, interval, unit in found)


def _agreement(known: Sequence[tuple[str, Interval, Scatter]], kind: str) -> str:
    """State for which widths the interval of the spread contains the exact value."""
    sure = [one for one in known if not math.isnan(one[1].low)]
    places = alike((label, _place(interval, _exact(law))) for label, interval, law in sure)
    said = [f"{way} for {kind}{listed(places[way])}" for way in _PLACES if way in places]
    return f"The 95 % interval {'; it '.join(said)}." if said else ""


_PLACES = ("contains the exact value", "lies above the exact value", "lies below the exact value")


def _place(interval: Interval, exact: float) -> str:
    inside = interval.low <= exact <= interval.high
    return _PLACES[0 if inside else 1 if interval.low > exact else 2]


def _from_limit(known: Sequence[tuple[str, Scatter]], kind: str) -> str:
    """Return the largest relative difference between √β and the exact spread, and its width."""
    label, law = max(known, key=lambda one: _shortfall(one[1]))
    share = short(100 * _shortfall(law))
    return (
        f"√β falls short of the exact value the most for {kind}{label}: by {share} % "
        f"(β = {short(law.beta)})."
    )


def _shortfall(law: Scatter) -> float:
    return 1 - math.sqrt(law.beta / law.log_variance)


# --- the law --------------------------------------------------------------------------------------


def _law_of_ratios(material: Material) -> Shown:
    found = spreads(material)
    kind = kind_of_label(found)
    inside = "; ".join(f"{_near_and_beyond(one)} ({kind}{one.label})" for one in found.values())
    numbers = f"Shares of the networks within 10 % of 1 and beyond the axis: {inside}."
    dots = (
        "Mean-field theory predicts 1. Dots: the log-normal law with the exact mean and variance "
        "of the logarithm, without any fit."
    )
    return Shown(
        table=_table(found),
        draw=partial(laws_by_width, label=_axis(material), kind=kind),
        how=sentences(
            f"The same ratios on a linear axis, in bins of width 0.1; {material.size}.",
            dots * any(one.law is not None for one in found.values()),
            numbers,
            _lost(material, found),
        ),
        alt=numbers,
        footer=material.footer,
    )


def _near_and_beyond(one: Spread) -> str:
    """Return the shares of the networks near 1 and beyond the axis."""
    known, unit = one.known, 1.0 if one.law is None else one.law.mean_field
    return f"{_share(np.abs(known / unit - 1) < 0.1)} and {_share(known > LAW_REACH * unit)}"


def _share(inside: NDArray[np.bool_]) -> str:
    if not inside.size:
        return "undefined"
    share = float(inside.mean())
    error = math.sqrt(share * (1 - share) / inside.size)
    return rounded(share, error, percent=True) if error else f"{100 * share:.0f} %"


SPREAD: Exhibit = Exhibit(
    id="width_spread",
    title="Spread between networks of one width",
    make=_spread,
    needs=(NETWORKS, TWO_LAYERS),
)
LAW: Exhibit = Exhibit(
    id="width_law",
    title="From log-normal to mean field",
    make=_law_of_ratios,
    needs=(NETWORKS, TWO_LAYERS),
)
