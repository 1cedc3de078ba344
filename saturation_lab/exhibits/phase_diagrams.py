"""The exhibits that are based on theory alone: phase diagrams, gains and depth scales.

To add a figure, write one `Exhibit` and add it to `THEORY_EXHIBITS`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import pandas as pd

from saturation_lab.exhibits.constants import (
    chi_text,
    constants_of,
    layers_text,
    ratio_text,
    sigmas_text,
)
from saturation_lab.exhibits.exhibit import FORESEEN, ONE_ACTIVATION, Exhibit, Shown
from saturation_lab.exhibits.material import Material
from saturation_lab.figures.gain_chart import gain_chart
from saturation_lab.figures.phases import FEW, phase_map, phase_sheet
from saturation_lab.figures.scales import depth_scales
from saturation_lab.inference.digits import short
from saturation_lab.theory.outlook import RECOMMENDED, RULES, Outlook, Placed, kind_of
from saturation_lab.words.lists import alike, listed, sentences

_CRITICAL = "critical"
_ON_SHEET = ("he", "glorot", "pytorch", RECOMMENDED)
"""The rules that are marked if many activations are shown side by side."""
_HOW = (
    "The phase of a deep network of equally wide layers with σ_w = √n Std w and σ_b = Std b, for "
    "inputs with E z² = 1. Ordered: χ₁ < 1, gradients vanish and different inputs become alike. "
    "Chaotic: χ₁ > 1, gradients explode and similar inputs separate. Collapsed: z tends to 0. "
    "Unbounded: z grows without limit. The colour fades towards the critical line χ₁ = 1; "
    "it has its full strength where the factor per layer is 2 or more, up or down."
)


def _one(material: Material) -> Outlook:
    return next(iter(material.outlooks.values()))


def _by_name(material: Material) -> dict[str, str]:
    """Return the titles of the activations, by name."""
    return {one.activation.name: title for title, one in material.outlooks.items()}


def _marks_of(one: Outlook, keys: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return ``marks(activation, key, title, sigma_w, sigma_b, phase)``, critical point last.

    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> from saturation_lab.theory.outlook import outlook
    >>> _marks_of(outlook(ACTIVATIONS["relu"], depth=50, width=500))["key"].tolist()
    ['he', 'glorot', 'standard', 'lecture', 'pytorch', 'recommended', 'critical']
    """
    rows = [
        (p.key, p.title, p.sigma_w, p.sigma_b, p.phase.value)
        for p in one.placed
        if keys is None or p.key in keys
    ]
    if one.critical is not None:
        point = one.critical
        rows.append((_CRITICAL, "Critical point", point.sigma_w, point.sigma_b, _CRITICAL))
    table = pd.DataFrame(rows, columns=["key", "title", "sigma_w", "sigma_b", "phase"])
    table.insert(0, "activation", one.activation.name)
    return table


def _marked(one: Outlook) -> str:
    """Return an explanation of the marks whose names are not in common use."""
    return (
        f"Recommended: for {one.depth:,} layers and inputs with mean square 1. Standard: "
        "U(±1/√n), so σ_w² = 1/3. PyTorch's default: this distribution for both weights and "
        f"biases, here with {one.width:,} units per layer. Critical point: χ₁ = 1 and q is at "
        "its fixed point, so that neither the signal nor the gradient changes its size at any "
        "depth."
    )


# --- one activation -------------------------------------------------------------------------------


def _map(material: Material) -> Shown:
    one = _one(material)
    numbers = sentences(_critical(one), *map(_said_of, one.placed))
    marks, labels = _marks_of(one), _labels(one)
    marks = marks[marks["key"].isin(labels)]
    return Shown(
        table=one.phases,
        draw=partial(phase_map, line=one.line, marks=marks, labels=labels),
        how=f"{_HOW} The strip below the diagram shows σ_b = 0. {_marked(one)}",
        numbers=numbers,
        alt=numbers,
        footer=material.footer,
    )


def _labels(one: Outlook) -> dict[str, str]:
    """Return the labels of the marks; rules at the same point share one mark and one label."""
    places: dict[tuple[float, float], list[Placed]] = {}
    for rule in one.placed:
        places.setdefault((round(rule.sigma_w, 6), round(rule.sigma_b, 6)), []).append(rule)
    labels = {}
    for rules in places.values():
        key = RECOMMENDED if rules[-1].key == RECOMMENDED else rules[0].key
        labels[key] = f"{', '.join(rule.title for rule in rules)}: {rules[-1].phase.value}"
    if one.critical is not None:
        labels[_CRITICAL] = f"critical point: {kind_of(one.critical)}"
    return labels


def _critical(one: Outlook) -> str:
    point = one.critical
    if point is None:
        return f"No critical point: {one.why_none}."
    where = "" if math.isnan(point.q) else f", q* = {short(point.q)}"
    return f"Critical point ({kind_of(point)}): {sigmas_text(point)}{where}."


def _said_of(rule: Placed) -> str:
    chi = "" if math.isnan(rule.chi_1) else f", χ₁ = {chi_text(rule.chi_1)}"
    return f"{rule.title} ({sigmas_text(rule)}): {rule.phase.value}{chi}."


def _scales(material: Material) -> Shown:
    one = _one(material)
    found = one.rule(RECOMMENDED)
    numbers = _scales_at(one, found)
    marked = [] if found is None else [(found.sigma_w, "recommended")]
    return Shown(
        table=one.scales,
        draw=partial(depth_scales, depth=one.depth, marked=marked),
        how="ξ_q = −1/ln |χ∥|: the number of layers over which the distance of q = E z² from its "
        "fixed point shrinks by a factor of e. ξ_c = −1/ln C'(c*): the same for the correlation of "
        "two inputs, and for χ₁ < 1 also for the gradient. The peaks are where χ₁ or χ∥ is 1. "
        "Nothing is drawn where no fixed point is reached.",
        numbers=numbers,
        alt=numbers,
        footer=material.footer,
    )


def _scales_at(one: Outlook, found: Placed | None) -> str:
    """Return the depth scales of the recommended initialization in a sentence."""
    bias = short(float(one.scales["sigma_b"].iloc[0]))
    if found is None or math.isnan(found.length_depth):
        return f"Drawn at σ_b = {bias}. The recommended initialization has no depth scale."
    return (
        f"At σ_b = {bias} and the recommended σ_w = {short(found.sigma_w)}, in layers: "
        f"ξ_q = {layers_text(found.length_depth)}, ξ_c = {layers_text(found.correlation_depth)}."
    )


# --- many activations -----------------------------------------------------------------------------


def _sheet(material: Material) -> Shown:
    outlooks = material.outlooks
    few = len(outlooks) <= FEW  # few leave room for finer cells and all rules
    rules = (*RULES, RECOMMENDED) if few else _ON_SHEET
    sheets = [one.phases if few else one.sheet for one in outlooks.values()]
    numbers = " ".join(f"{title}: {_places(one, rules)}." for title, one in outlooks.items())
    titles = {rule: RULES[rule].title for rule in rules if rule in RULES}
    return Shown(
        table=pd.concat(sheets, ignore_index=True),
        draw=partial(
            phase_sheet,
            line=pd.concat([one.line for one in outlooks.values()], ignore_index=True),
            marks=pd.concat(
                [_marks_of(one, rules) for one in outlooks.values()], ignore_index=True
            ),
            titles=_by_name(material),
            labels={**titles, RECOMMENDED: "Recommended", _CRITICAL: "critical point"},
        ),
        see=_rule_first(outlooks, *(("lecture", "the lecture's") if few else ("he", "He's"))),
        how=f"{_HOW} The strip below each diagram shows σ_b = 0. On the dashed part of a critical "
        "line the fixed point is unstable. Marks of rules at the same point overlap. Each "
        f"activation has its own axes. {_marked(_one(material))}",
        numbers=numbers,
        alt=numbers,
        footer=material.footer,
    )


def _rule_first(outlooks: Mapping[str, Outlook], key: str, whose: str) -> str:
    """Return a sentence with the phase of each activation under a rule."""
    placed = [(title, one.rule(key)) for title, one in outlooks.items()]
    phases = alike((title, rule.phase.value if rule else "not given") for title, rule in placed)
    said = [f"{phase} for {listed(titles)}" for phase, titles in phases.items()]
    return f"Phase under {whose} rule: {', '.join(said)}."


def _places(one: Outlook, rules: tuple[str, ...]) -> str:
    """Return the critical point of an activation and its phase under each rule."""
    point = one.critical
    where = "no critical point" if point is None else f"critical at {sigmas_text(point)}"
    placed = [f"{rule.title}: {rule.phase.value}" for rule in one.placed if rule.key in rules]
    return f"{where}; {'; '.join(placed)}"


def _gains(material: Material) -> Shown:
    numbers = _pytorch(material.outlooks)
    return Shown(
        table=pd.DataFrame([constants_of(one) for one in material.outlooks.values()]),
        draw=partial(gain_chart, titles=_by_name(material)),
        how="The two arrows are the gains that keep the mean square of z and that of the "
        "gradient, at E z² = 1 and without biases. If they do not coincide, no gain keeps both. "
        "The ring is σ_w at the critical point, which may need a bias.",
        numbers=numbers,
        alt=numbers,
        footer=material.footer,
    )


def _pytorch(outlooks: Mapping[str, Outlook]) -> str:
    """Return PyTorch's gain for each activation and its effect on the gradient."""
    said = [
        f"{title} {short(one.gains.pytorch.value)} ({ratio_text(one.gains.pytorch_chi_1)})"
        for title, one in outlooks.items()
        if one.gains.pytorch.value is not None and one.gains.pytorch_chi_1 is not None
    ]
    if not said:
        return f"PyTorch's calculate_gain supports none of the {len(outlooks)} shown."
    return (
        "The gain of PyTorch's calculate_gain, and the factor by which one layer then changes the "
        f"mean square of the gradient at E z² = 1: {', '.join(said)}."
    )


_ALL: list[Exhibit] = [
    Exhibit(id="phase_sheet", title="Phases at a glance", make=_sheet, needs=(FORESEEN,)),
    Exhibit(id="gains", title="Gains that keep signal or gradient", make=_gains, needs=(FORESEEN,)),
    Exhibit(
        id="phase_map",
        title="Phases and initialization rules",
        make=_map,
        needs=(ONE_ACTIVATION,),
    ),
    Exhibit(id="depth_scales", title="Depth scales", make=_scales, needs=(ONE_ACTIVATION,)),
]

THEORY_EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL}
