"""The comparison of two sets of networks, as a page and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.side_by_side import BOTH, ONE, OTHER, contrast_exhibits, contrast_parts
from saturation_lab.inference.digits import percent, rounded_up, short
from saturation_lab.judging.foretelling import with_theory
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.blocks import (
    Block,
    Cell,
    Details,
    Facts,
    Page,
    Section,
    Span,
    Text,
)
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.comparison_table import differing_table, shown_text
from saturation_lab.pages.report import figure_of
from saturation_lab.pages.report_page import studied
from saturation_lab.pages.texts import paragraph, text
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study

_LEAST_P = 1e-6
"""Smaller p-values are shown as "below" this one."""


def comparison_page(found: Contrast, *, command: str) -> Page:
    """Return the page that compares two sets of networks.

    Parameters
    ----------
    found : Contrast
        The two sets and every comparison between them.
    command : str
        The command that makes this page.

    Returns
    -------
    Page
        The page, with both sets drawn together and one after the other.
    """
    groups, exhibits = _groups(found), contrast_exhibits(found)
    sections = [
        Section(
            id=f"section-{number}",
            title=part.title,
            blocks=[
                Text(part.text),
                *([_everything(found)] if number == 1 else []),
                *(figure_of(exhibits[name], groups[part.group]) for name in part.exhibits),
            ],
        )
        for number, part in enumerate(contrast_parts(found), 1)
    ]
    return Page(
        name="compare",
        title=" and ".join(found.names),
        question=text("comparison.question"),
        command=command,
        answer=[Text(f"{found.sentence}.")],
        top=list(_top(found)),
        sections=sections,
        again=[
            replace(studied(role, name, side), made_with=side.made_with)
            for role, name, side in zip((ONE, OTHER), found.names, found.sides, strict=True)
        ],
        data={"contrast": found.to_json()},
    )


def _groups(found: Contrast) -> dict[str, Material]:
    """Return the two sides as groups: both together, and each one alone."""
    titles = dict(zip((ONE, OTHER), found.names, strict=True))
    sides = {role: replace(side, name=role) for role, side in zip(titles, found.sides, strict=True)}
    networks = with_theory(sides)
    both = Material(name=BOTH, title=" and ".join(found.names), networks=networks, titles=titles)
    alone = {
        role: replace(
            both, name=role, title=title, networks={role: networks[role]}, titles={role: title}
        )
        for role, title in titles.items()
    }
    return {BOTH: both, **alone}


def _top(found: Contrast) -> Iterator[Block]:
    yield Text(_sentence(found.how))
    yield from (Text(_sentence(line), "caution") for line in found.cautions)
    yield from differing_table(found)
    origin = found.sides[0].origin
    rows = [("Inputs and depth", shown_text(found))]
    if isinstance(origin, Study):
        rows.append(("Loss per example", LOSSES[origin.resolved_loss].formula))
    if origin.input_notes:
        rows.append(("Inputs", " ".join(origin.input_notes)))
    yield Facts(rows=[*rows, ("Margins of “alike”", margins_text(found.margins))])


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def _everything(found: Contrast) -> Details:
    """Return the table of all comparisons, with a note on how they were made."""
    form = text("comparison.paired" if found.paired else "comparison.welch")
    how = paragraph("comparison.how", form=form, alpha=percent(found.alpha))
    table = tabled(
        "comparisons",
        {
            "Quantity": lambda row: Span(row.quantity, "term", QUANTITIES[row.quantity].definition),
            "Layer": lambda row: str(row.layer),
            " vs. ".join(found.names): lambda row: Cell(
                [f"{row.comparison.scale} {row.number}"], "number"
            ),
            "Difference": lambda row: (
                "same" if row.same else "differs" if row.differs else "not shown"
            ),
            "p, adjusted": _p_value,
            "Within the margin": lambda row: (
                Span(row.verdict, "verdict", row.decided.value) if row.decided else ""
            ),
            "Smallest margin": lambda row: Cell([_smallest(row)], "number"),
        },
        found.rows,
        look="verdicts every",
        data=[_numbers(row) for row in found.rows],
    )
    summary = f"All {len(found.rows):,} comparisons, and how they were made"
    note = Details(blocks=[how, *(Text(_sentence(line)) for line in found.gaps)])
    return Details(summary=summary, blocks=[note, table])


def _p_value(row: Row) -> Cell:
    p = row.p_adjusted
    return Cell([short(p) if p >= _LEAST_P else f"< {short(_LEAST_P)}"], "number")


def _smallest(row: Row) -> str:
    return rounded_up(row.alike.smallest_margin, row.alike.interval.se) if row.alike else ""


def _numbers(row: Row) -> dict[str, Any]:
    interval = row.comparison.interval
    return {
        "quantity": row.quantity,
        "layer": row.layer,
        "scale": row.comparison.scale,
        **{end: getattr(interval, end) for end in ("estimate", "low", "high")},
        "p_value": row.comparison.p_value,
        **{key: getattr(row, key) for key in ("p_adjusted", "same", "differs")},
        "alike": row.verdict,
        "smallest_margin": float("nan") if row.alike is None else row.alike.smallest_margin,
        "sentence": row.sentence,
    }
