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
    SINGULAR_VALUES,
    SQUARE_IMAGES,
    Exhibit,
    Sentence,
    changes,
)
from saturation_lab.exhibits.layer_histograms import DECADES, SPECTRUM, signal_exhibits
from saturation_lab.exhibits.lecture_cells import CELLS
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.pair_maps import map_caption, map_numbers, map_table
from saturation_lab.exhibits.pair_rows import listed
from saturation_lab.exhibits.statement_forest import STATED
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


def _profile_exhibit(
    name: str,
    title: str,
    quantities: dict[str, str],
    *,
    glance: Sentence,
    see: str,
    limit: str,
    percent: bool = False,
    logarithmic: bool = False,
) -> Exhibit:
    def table(group: Group) -> pd.DataFrame:
        return group.profile_of(quantities)

    def draw(rows: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
        return depth_profile(
            rows,
            canvas=canvas,
            titles=dict(group.titles),
            quantities=quantities,
            logarithmic=logarithmic,
            percent=percent,
        )

    labels = {quantity: label[0].lower() + label[1:] for quantity, label in quantities.items()}

    def alt(group: Group) -> str:
        return changes(group, labels, percent=percent)

    def numbers(group: Group) -> str:
        return f"{alt(group)} {away_from_lines(group, labels, percent=percent)}".rstrip()

    def caption(group: Group) -> str:
        measured = f"Points: means and 95 % intervals over {group.size}."
        theory = what_lines_are(group, labels, limit=limit)
        return " ".join(filter(None, [glance(group), see, measured, theory]))

    return Exhibit(
        id=name,
        title=title,
        table=table,
        draw=draw,
        caption=caption,
        numbers=numbers,
        alt=alt,
    )


def _card_table(group: Group) -> pd.DataFrame:
    cards = group.activations.items()
    return pd.concat(
        [card_table(*parts).assign(activation=name) for name, parts in cards], ignore_index=True
    )


def _card(table: pd.DataFrame, canvas: Canvas, group: Group) -> Figure:
    cards = group.activations
    return activation_card(
        table,
        canvas=canvas,
        words={name: card_words(*parts) for name, parts in cards.items()},
        thresholds={name: thresholds for name, (_, thresholds) in cards.items()},
    )


def _tails(group: Group) -> str:
    titles = group.activation_titles
    parts = [f"{titles[x]}, {tails_text(ends)}" for x, (_, ends) in group.activations.items()]
    return f"Saturated: {'; '.join(parts)}."


def _card_numbers(group: Group) -> str:
    said = _tails(group)
    if len(group.activations) > 1:  # then the card has no room for more
        return said
    (activation, _), *_ = group.activations.values()
    return f"{said} {facts_text(card_facts(activation))}"


def _steepest(group: Group) -> str:
    """Return the largest slope of each activation."""
    table = _card_table(group)
    slopes = table[table["curve"] == SLOPE].groupby("activation", sort=False)["value"].max()
    titles = group.activation_titles
    said = [f"{short(slope)} for {titles[str(name)]}" for name, slope in slopes.items()]
    return f"The largest slope shown is {listed(said)}."


def _card_caption(group: Group) -> str:
    beyond = group.first.study.saturation_beyond
    rule = (
        "there |φ'| stays below 5 % of its maximum"
        if beyond is None
        else f"beyond ±{threshold_text(beyond)}, as the study sets"
    )
    return (
        f"{_steepest(group)} φ and its derivative φ' over the pre-activation z. "
        f"The shaded tails count as saturated: {rule}. The grey hill is the density of N(0, 1), "
        f"where units live whose pre-activations have unit variance.{_at_jumps(group)}"
    )


def _saturated_first(group: Group) -> str:
    """Return the shares in the top layer, and for whom saturated is no more than z < 0."""
    said = share_at_a_glance(group, "Saturated", "saturated_share")
    titles = group.activation_titles
    ends = {titles[name]: ends for name, (_, ends) in group.activations.items()}
    halves = [title for title, one in ends.items() if one == (0.0, math.inf)]
    if not halves:
        return said
    return f"{said} Of {listed(halves)} that only says z < 0: half of them where z has mean 0."


def _at_jumps(group: Group) -> str:
    """Return what the circles are, where some slope jumps."""
    kinked = any(activation.kinks for activation, _ in group.activations.values())
    said = " Where φ' jumps, the filled circle is its value there, by convention the left one."
    return said * kinked


def _sheet_words(group: Group) -> str:
    study = group.first.study
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
        table=lambda group: map_table(group.rows),
        draw=lambda table, canvas, group: heat_maps(table, canvas=canvas),
        caption=lambda group: map_caption(group.rows, size=group.size),
        alt=lambda group: map_numbers(group.rows),
        across=True,
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
        glance=lambda group: change_at_a_glance(
            group, "The signal, what of a varies with the example", "activation_signal", 1
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
        glance=lambda group: change_at_a_glance(
            group, "The mean square of δ", "gradient_mean_square", -1
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
        glance=lambda group: share_at_a_glance(
            group, "The input's share of a²", "activation_input_share_of_variance"
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
            glance=lambda group: change_at_a_glance(
                group, "The mean singular value", "singular_value_mean", 1
            ),
            see="Below 1 on average, a layer shortens directions.",
            limit="the limit of large random matrices",
        ),
        need=SINGULAR_VALUES,
    ),
    *CHAINS,
    *WIDTH_EXHIBITS,
    STATED,
    CELLS,
    Exhibit(
        id="activation_card",
        title="The activation and its slope",
        table=_card_table,
        draw=_card,
        caption=_card_caption,
        numbers=_tails,
        plain=True,
        alt=_card_numbers,
    ),
    Exhibit(
        id="contact_sheet",
        title="The inputs",
        table=Group.images,
        draw=lambda table, canvas, group: contact_sheet(table, canvas=canvas),
        caption=_sheet_words,
        alt=_sheet_words,
        plot=False,
        need=SQUARE_IMAGES,
        across=True,
    ),
]

EXHIBITS: dict[str, Exhibit] = {exhibit.id: exhibit for exhibit in _ALL}
