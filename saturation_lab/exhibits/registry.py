"""Which figures can a page show? Each with its table, its drawing, its caption and its alternative.

A new figure is one `Exhibit` and one row of `EXHIBITS`. Captions are computed: a word such as
"falls" stands there because the numbers fell.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.activation_card import (
    card_table,
    card_words,
    tails_text,
    threshold_text,
)
from saturation_lab.exhibits.at_a_glance import change_at_a_glance, share_at_a_glance
from saturation_lab.exhibits.card_facts import card_facts, facts_text
from saturation_lab.exhibits.derivation_chain import CHAINS
from saturation_lab.exhibits.exhibit import (
    NETWORKS,
    ONE_GROUP,
    SAMPLED,
    SINGULAR_VALUES,
    SQUARE_IMAGES,
    Exhibit,
    Said,
    changes,
    made_of,
)
from saturation_lab.exhibits.layer_histograms import DECADES, SPECTRUM, signal_exhibits
from saturation_lab.exhibits.lecture_cells import CELLS
from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.exhibits.pair_maps import map_caption, map_numbers, map_table
from saturation_lab.exhibits.phase_diagrams import THEORY_EXHIBITS
from saturation_lab.exhibits.statement_forest import STATEMENTS
from saturation_lab.exhibits.theory_lines import away_from_lines, what_lines_are
from saturation_lab.exhibits.unit_by_unit import UNIT_BY_UNIT
from saturation_lab.exhibits.verdict_forest import VERDICTS
from saturation_lab.exhibits.width_spread import WIDTH_EXHIBITS
from saturation_lab.figures.card import SLOPE, activation_card
from saturation_lab.figures.depth import depth_profile
from saturation_lab.figures.heat_maps import heat_maps
from saturation_lab.figures.images import contact_sheet
from saturation_lab.figures.theme import Canvas
from saturation_lab.inference.digits import short
from saturation_lab.words.lists import listed


def _profile_exhibit(
    name: str,
    title: str,
    quantities: dict[str, str],
    *,
    glance: Said,
    see: str,
    limit: str,
    percent: bool = False,
    logarithmic: bool = False,
) -> Exhibit:
    def table(material: Material) -> pd.DataFrame:
        return material.profile_of(quantities)

    def draw(rows: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
        return depth_profile(
            rows,
            canvas=canvas,
            titles=dict(material.titles),
            quantities=quantities,
            logarithmic=logarithmic,
            percent=percent,
        )

    labels = {quantity: label[0].lower() + label[1:] for quantity, label in quantities.items()}

    def alt(material: Material) -> str:
        return changes(material, labels, percent=percent)

    def numbers(material: Material) -> str:
        return f"{alt(material)} {away_from_lines(material, labels, percent=percent)}".rstrip()

    def caption(material: Material) -> str:
        measured = f"Points: means and 95 % intervals over {material.size}."
        theory = what_lines_are(material, labels, limit=limit)
        return " ".join(filter(None, [glance(material), see, measured, theory]))

    return Exhibit(
        id=name,
        title=title,
        make=made_of(
            table=table,
            draw=draw,
            caption=caption,
            alt=alt,
            numbers=numbers,
        ),
    )


def _card_table(material: Material) -> pd.DataFrame:
    cards = material.activations.items()
    return pd.concat(
        [card_table(*parts).assign(activation=name) for name, parts in cards], ignore_index=True
    )


def _card(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    cards = material.activations
    return activation_card(
        table,
        canvas=canvas,
        words={name: card_words(*parts) for name, parts in cards.items()},
        thresholds={name: thresholds for name, (_, thresholds) in cards.items()},
    )


def _tails(material: Material) -> str:
    titles = material.activation_titles
    parts = [f"{titles[x]}, {tails_text(ends)}" for x, (_, ends) in material.activations.items()]
    return f"Saturated: {'; '.join(parts)}."


def _card_numbers(material: Material) -> str:
    said = _tails(material)
    if len(material.activations) > 1:  # then the card has no room for more
        return said
    (activation, _), *_ = material.activations.values()
    return f"{said} {facts_text(card_facts(activation))}"


def _steepest(material: Material) -> str:
    """Return the largest slope of each activation."""
    table = _card_table(material)
    slopes = table[table["curve"] == SLOPE].groupby("activation", sort=False)["value"].max()
    titles = material.activation_titles
    said = [f"{short(slope)} for {titles[str(name)]}" for name, slope in slopes.items()]
    return f"The largest slope shown is {listed(said)}."


def _card_caption(material: Material) -> str:
    beyond = study_of(material.first).saturation_beyond
    rule = (
        "there |φ'| stays below 5 % of its maximum"
        if beyond is None
        else f"beyond ±{threshold_text(beyond)}, as the study sets"
    )
    return (
        f"{_steepest(material)} φ and its derivative φ' over the pre-activation z. "
        f"The shaded tails count as saturated: {rule}. The grey hill is the density of N(0, 1), "
        f"where units live whose pre-activations have unit variance.{_at_jumps(material)}"
    )


def _saturated_first(material: Material) -> str:
    """Return the shares in the top layer, and for whom saturated is no more than z < 0."""
    said = share_at_a_glance(material, "Saturated", "saturated_share")
    titles = material.activation_titles
    ends = {titles[name]: ends for name, (_, ends) in material.activations.items()}
    halves = [title for title, one in ends.items() if one == (0.0, math.inf)]
    if not halves:
        return said
    return f"{said} Of {listed(halves)} that only says z < 0: half of them where z has mean 0."


def _at_jumps(material: Material) -> str:
    """Return what the circles are, where some slope jumps."""
    kinked = any(activation.kinks for activation, _ in material.activations.values())
    said = " Where φ' jumps, the filled circle is its value there, by convention the left one."
    return said * kinked


def _sheet_words(material: Material) -> str:
    study = study_of(material.first)
    source = study.input_source
    return (
        f"Some of the {study.examples:,} images that every network was shown, each under its label "
        f"({', '.join(source.classes)}). {source.description}."
    )


_ALL: list[Exhibit] = [
    VERDICTS,
    Exhibit(
        id="heat_maps",
        title="All pairs, layer by layer",
        make=made_of(
            table=lambda material: map_table(material.rows),
            draw=lambda table, canvas, material: heat_maps(table, canvas=canvas),
            caption=lambda material: map_caption(material.rows, size=material.size),
            alt=lambda material: map_numbers(material.rows),
        ),
        needs=(NETWORKS,),
    ),
    *signal_exhibits(6, "activation"),
    *signal_exhibits(7, "gradient"),
    *signal_exhibits(8, "weight_gradient"),
    DECADES,
    _profile_exhibit(
        "profile_signal",
        "Size and signal on their way up",
        {
            "pre_activation_mean_square": "Mean square of z",
            "activation_mean_square": "Mean square of a",
            "activation_signal": "Variance of a over examples",
        },
        logarithmic=True,
        glance=lambda material: change_at_a_glance(
            material, "The signal, what of a varies with the example", "activation_signal", 1
        ),
        see="A straight line on this axis is a constant factor a layer.",
        limit="for z in layer 1 it is exact at any width, else means over networks of width n "
        "differ from it by a term of order 1/n",
    ),
    _profile_exhibit(
        "profile_gradient",
        "The gradient on its way down",
        {
            "gradient_mean_square": "Mean square of δ",
            "weight_gradient_mean_square": "Mean square of ∂C/∂W",
        },
        logarithmic=True,
        glance=lambda material: change_at_a_glance(
            material, "The mean square of δ", "gradient_mean_square", -1
        ),
        see="The back-propagated gradient, and the weight gradient of one example.",
        limit="a limit in every layer, from which means over networks of width n differ by a term "
        "of order 1/n, with the weights on the way down independent of those on the way up",
    ),
    _profile_exhibit(
        "saturation",
        "Saturation",
        {"saturated_share": "Share of saturated units"},
        percent=True,
        glance=_saturated_first,
        see="The share of pre-activations beyond the thresholds outside which |φ'| stays below 5 % "
        "of its maximum (or beyond those that the study sets).",
        limit="in layer 1 it is exact for normal weights, above it is a limit",
    ),
    _profile_exhibit(
        "input_share",
        "What still comes from the input",
        {
            "input_share_of_variance": "The input's share of z²",
            "activation_input_share_of_variance": "The input's share of a²",
        },
        percent=True,
        glance=lambda material: share_at_a_glance(
            material, "The input's share of a²", "activation_input_share_of_variance"
        ),
        see="The variance over examples as a share of the mean square. Near 100 % a unit's value "
        "depends on the example; the rest is the same for all examples: biases, and the mean input "
        "passed on. (The variance divides by one less than the number of examples, so a "
        "little over 100 % is possible.)",
        limit="a limit in every layer, as each network's share is a ratio",
    ),
    UNIT_BY_UNIT,
    SPECTRUM,
    replace(
        _profile_exhibit(
            "profile_singular_values",
            "Singular values from layer to layer",
            {
                "singular_value_mean": "Mean singular value",
                "singular_value_max": "Largest singular value",
            },
            glance=lambda material: change_at_a_glance(
                material, "The mean singular value", "singular_value_mean", 1
            ),
            see="Below 1 on average, a layer shortens directions.",
            limit="the limit of large random matrices",
        ),
        needs=(ONE_GROUP, SINGULAR_VALUES),
    ),
    *CHAINS,
    *WIDTH_EXHIBITS,
    STATEMENTS,
    CELLS,
    Exhibit(
        id="activation_card",
        title="The activation and its slope",
        make=made_of(
            table=_card_table,
            draw=_card,
            caption=_card_caption,
            alt=_card_numbers,
            numbers=_tails,
            signed=False,
        ),
        needs=(SAMPLED, ONE_GROUP),
    ),
    Exhibit(
        id="contact_sheet",
        title="The inputs",
        make=made_of(
            table=Material.images,
            draw=lambda table, canvas, material: contact_sheet(table, canvas=canvas),
            caption=_sheet_words,
            alt=_sheet_words,
            photo=True,
        ),
        needs=(SQUARE_IMAGES,),
    ),
]

EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL} | THEORY_EXHIBITS
