"""Which figures can a page show that rests on theory alone? Each drawn from its outlooks.

A new figure is one `Exhibit` and one row of `THEORY_EXHIBITS`.
"""

from __future__ import annotations

import math

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.constants import (
    chi_text,
    constants_table,
    layers_text,
    ratio_text,
)
from saturation_lab.exhibits.exhibit import FORESEEN, ONE_ACTIVATION, Exhibit, made_of
from saturation_lab.exhibits.material import Material
from saturation_lab.figures.gain_chart import gain_chart
from saturation_lab.figures.phases import FEW, phase_map, phase_sheet
from saturation_lab.figures.scales import depth_scales
from saturation_lab.figures.theme import Canvas
from saturation_lab.inference.digits import short
from saturation_lab.theory.outlook import RECOMMENDED, RULES, Outlook, Placed, kind_of
from saturation_lab.words.lists import listed

CRITICAL = "critical"
ON_SHEET = ("he", "glorot", "pytorch", RECOMMENDED)
"""Rules that are marked where many activations stand side by side."""


def _one(material: Material) -> Outlook:
    return next(iter(material.outlooks.values()))


def _phases(material: Material) -> pd.DataFrame:
    return _one(material).phases


def _sheet(material: Material) -> pd.DataFrame:
    few = len(material.outlooks) <= FEW
    sheets = [one.phases if few else one.sheet for one in material.outlooks.values()]
    return pd.concat(sheets, ignore_index=True)


def _lines(material: Material) -> pd.DataFrame:
    return pd.concat([one.line for one in material.outlooks.values()], ignore_index=True)


def marks_of(one: Outlook, keys: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return ``marks(activation, key, title, sigma_w, sigma_b, phase)``, the critical point last.

    >>> from saturation_lab.nets.activations import ACTIVATIONS
    >>> from saturation_lab.theory.outlook import outlook
    >>> marks_of(outlook(ACTIVATIONS["relu"], depth=50, width=500))["key"].tolist()
    ['he', 'glorot', 'standard', 'lecture', 'pytorch', 'recommended', 'critical']
    """
    rows = [
        (p.key, p.title, p.sigma_w, p.sigma_b, p.phase.value)
        for p in one.placed
        if keys is None or p.key in keys
    ]
    if one.critical is not None:
        point = one.critical
        rows.append((CRITICAL, "Critical point", point.sigma_w, point.sigma_b, CRITICAL))
    table = pd.DataFrame(rows, columns=["key", "title", "sigma_w", "sigma_b", "phase"])
    table.insert(0, "activation", one.activation.name)
    return table


def _draw_map(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    one = _one(material)
    marks = marks_of(one)
    labels = _labels(one)
    if canvas.wide:
        labels = {key: label.replace(": ", ":\n") for key, label in labels.items()}
    return phase_map(
        table, canvas=canvas, line=one.line, marks=marks[marks["key"].isin(labels)], labels=labels
    )


def _labels(one: Outlook) -> dict[str, str]:
    """Return what the marks' keys are; rules at one place share a mark, the recommended one's."""
    places: dict[tuple[float, float], list[Placed]] = {}
    for rule in one.placed:
        places.setdefault((round(rule.sigma_w, 6), round(rule.sigma_b, 6)), []).append(rule)
    labels = {}
    for rules in places.values():
        key = RECOMMENDED if rules[-1].key == RECOMMENDED else rules[0].key
        labels[key] = f"{', '.join(rule.title for rule in rules)}: {rules[-1].phase.value}"
    if one.critical is not None:
        labels[CRITICAL] = f"critical point: {kind_of(one.critical)}"
    return labels


def _on_sheet(material: Material) -> tuple[str, ...]:
    """Return the rules that are marked: all of them where few activations leave the room."""
    return (*RULES, RECOMMENDED) if len(material.outlooks) <= FEW else ON_SHEET


def _draw_sheet(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    rules = _on_sheet(material)
    marks = [marks_of(one, rules) for one in material.outlooks.values()]
    titles = {rule: RULES[rule].title for rule in rules if rule in RULES}
    return phase_sheet(
        table,
        canvas=canvas,
        line=_lines(material),
        marks=pd.concat(marks, ignore_index=True),
        titles={one.activation.name: title for title, one in material.outlooks.items()},
        labels={**titles, RECOMMENDED: "Recommended", CRITICAL: "critical point"},
    )


def _draw_scales(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    one = _one(material)
    found = one.rule(RECOMMENDED)
    marked = [] if found is None else [(found.sigma_w, "recommended")]
    return depth_scales(table, canvas=canvas, depth=one.depth, marked=marked)


def _draw_gains(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    titles = {one.activation.name: title for title, one in material.outlooks.items()}
    return gain_chart(table, canvas=canvas, titles=titles)


_HOW = (
    "σ_w = √n Std w and σ_b = Std b of equally wide layers; what layer after layer makes of inputs "
    "with E z² = 1. Ordered: χ₁ < 1, gradients vanish and inputs become alike. Chaotic: χ₁ > 1, "
    "gradients explode and like inputs part. Collapsed: z goes to 0; unbounded: it grows for ever. "
    "The nearer to χ₁ = 1, the critical line, the less colour; full colour from a factor 2 a layer "
    "on."
)


def _map_caption(material: Material) -> str:
    return f"{_HOW} The strip below is σ_b = 0. {_marked(material)}"


def _map_numbers(material: Material) -> str:
    one = _one(material)
    said = []
    if one.critical is not None:
        point = one.critical
        where = "" if math.isnan(point.q) else f", q* = {short(point.q)}"
        said.append(
            f"Critical point ({kind_of(point)}): σ_w = {short(point.sigma_w)}, "
            f"σ_b = {short(point.sigma_b)}{where}."
        )
    else:
        said.append(f"No critical point: {one.why_none}.")
    said += [_said_of(rule) for rule in one.placed]
    return " ".join(said)


def _said_of(rule: Placed) -> str:
    place = f"σ_w = {short(rule.sigma_w)}, σ_b = {short(rule.sigma_b)}"
    chi = "" if math.isnan(rule.chi_1) else f", χ₁ = {chi_text(rule.chi_1)}"
    return f"{rule.title} ({place}): {rule.phase.value}{chi}."


def _marked(material: Material) -> str:
    """Return what those marks are that no paper names."""
    one = _one(material)
    return (
        f"Recommended: for {one.depth:,} layers and inputs of mean square 1. Standard: U(±1/√n), "
        f"so σ_w² = 1/3; PyTorch's default: the same with such biases, here of {one.width:,} units "
        "a layer. Critical point: where χ₁ = 1 and q keeps still, so that neither size nor "
        "gradient changes at any depth."
    )


def _lecture_first(material: Material) -> str:
    """Return in which phase the lecture's rule, or He's, puts each activation."""
    key = "lecture" if "lecture" in _on_sheet(material) else "he"
    phases: dict[str, list[str]] = {}
    for title, one in material.outlooks.items():
        rule = one.rule(key)
        phases.setdefault(rule.phase.value if rule else "not given", []).append(title)
    said = [f"{phase} for {listed(titles)}" for phase, titles in phases.items()]
    return f"{_WHOSE[key]} rule is {', '.join(said)}."


_WHOSE = {"lecture": "The lecture's", "he": "He's"}


def _sheet_caption(material: Material) -> str:
    return (
        f"{_lecture_first(material)} {_HOW} Below each diagram the row of σ_b = 0. The dashed part "
        "of a critical line pushes q away. Rules at one place lie on one another. Axes are each "
        f"activation's own. {_marked(material)}"
    )


def _sheet_numbers(material: Material) -> str:
    said = []
    for title, one in material.outlooks.items():
        places = [f"{p.title} {p.phase.value}" for p in one.placed if p.key in _on_sheet(material)]
        where = "no critical point"
        if one.critical is not None:
            where = (
                f"critical at σ_w = {short(one.critical.sigma_w)}, "
                f"σ_b = {short(one.critical.sigma_b)}"
            )
        said.append(f"{title}: {where}; {', '.join(places)}.")
    return " ".join(said)


def _scale_caption(material: Material) -> str:
    return (
        "ξ_q = −1/ln |χ∥|: over how many layers q = E z² forgets where it came from by a factor e. "
        "ξ_c = −1/ln C'(c*): over how many layers differences between two inputs last; where "
        "χ₁ < 1 it is also how long the gradient lasts. Peaks stand where χ₁ or χ∥ is 1. Nothing "
        "is drawn where no fixed point is reached."
    )


def _scale_numbers(material: Material) -> str:
    one = _one(material)
    found = one.rule(RECOMMENDED)
    bias = short(float(one.scales["sigma_b"].iloc[0]))
    if found is None or math.isnan(found.length_depth):
        return f"At σ_b = {bias}."
    return (
        f"At σ_b = {bias} and the recommended σ_w = {short(found.sigma_w)}: "
        f"ξ_q = {layers_text(found.length_depth)}, ξ_c = {layers_text(found.correlation_depth)}."
    )


def _gain_caption(material: Material) -> str:
    return (
        "Where the marks of a row stand apart no gain keeps both: at E z² = 1 the two arrows keep "
        "the mean square of z and that of the gradient, without biases. The ring is the σ_w of the "
        "critical point, which may need a bias."
    )


def _gain_numbers(material: Material) -> str:
    said = [
        f"{title} {short(one.gains.pytorch.value)} ({ratio_text(one.gains.pytorch_chi_1)})"
        for title, one in material.outlooks.items()
        if one.gains.pytorch.value is not None and one.gains.pytorch_chi_1 is not None
    ]
    if not said:
        return f"PyTorch's calculate_gain knows none of these {len(material.outlooks)}."
    return (
        "What PyTorch's calculate_gain gives, and what one layer then does to the mean square of "
        f"the gradient at E z² = 1: {', '.join(said)}."
    )


_ALL: list[Exhibit] = [
    Exhibit(
        id="phase_sheet",
        title="Phases at a glance",
        make=made_of(
            table=_sheet,
            draw=_draw_sheet,
            caption=_sheet_caption,
            alt=_sheet_numbers,
            numbers=_sheet_numbers,
        ),
        needs=(FORESEEN,),
    ),
    Exhibit(
        id="gains",
        title="Which gain keeps what",
        make=made_of(
            table=lambda material: constants_table(material.outlooks.values()),
            draw=_draw_gains,
            caption=_gain_caption,
            alt=_gain_numbers,
            numbers=_gain_numbers,
        ),
        needs=(FORESEEN,),
    ),
    Exhibit(
        id="phase_map",
        title="Phases, and where rules put it",
        make=made_of(
            table=_phases,
            draw=_draw_map,
            caption=_map_caption,
            alt=_map_numbers,
            numbers=_map_numbers,
        ),
        needs=(ONE_ACTIVATION,),
    ),
    Exhibit(
        id="depth_scales",
        title="How many layers deep",
        make=made_of(
            table=lambda material: _one(material).scales,
            draw=_draw_scales,
            caption=_scale_caption,
            alt=_scale_numbers,
            numbers=_scale_numbers,
        ),
        needs=(ONE_ACTIVATION,),
    ),
]

THEORY_EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL}
