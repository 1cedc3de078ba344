"""The page of two sets of networks side by side: in what they differ, and where they are alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.side_by_side import (
    BOTH,
    ONE,
    OTHER,
    contrast_exhibits,
    contrast_parts,
)
from saturation_lab.inference.digits import percent, rounded_up, short
from saturation_lab.judging.foretelling import with_theory
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.blocks import (
    Block,
    Cell,
    Details,
    Facts,
    Page,
    Rich,
    Section,
    Span,
    Table,
    Text,
    marked,
)
from saturation_lab.pages.comparison_text import differing_table, shown_text
from saturation_lab.pages.report import figure_of
from saturation_lab.pages.report_page import studied
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study

LEAST_P = 1e-6
"""A smaller p-value is said to be below this."""
_QUESTION = "In what do the two differ, layer by layer, and where are they alike?"
_PAIRED = "of the differences within pairs of one index, which share random numbers"
_WELCH = "in Welch’s form, as the two studies share no random numbers"
_HOW = (
    "**Differs, alike.** Two questions, answered from one 95 % interval over networks: Student’s "
    "t, {form}. Sizes (mean squares, variances, singular values) are compared on the logarithm, so "
    "a ratio is one of typical networks; shares, correlations, means, percentiles and shapes by a "
    "difference. A difference is *shown* where the p-value, after Benjamini-Hochberg over all "
    "comparisons, is at most {alpha}: about that share of those shown may be false. What is equal "
    "up to rounding is the *same*. *Alike* means that the whole interval lies within the margin, "
    "*unlike* that all of it lies outside; the margin was fixed beforehand, and the smallest that "
    "would hold is given beside it, on the log ratio or the difference. Two studies may differ "
    "surely and yet be alike."
)


def comparison_page(found: Contrast, *, command: str) -> Page:
    """Return the page of two sides; ``command`` is how it is made again."""
    groups, exhibits = _groups(found), contrast_exhibits(found)
    sections = [
        Section(
            id=f"section-{number}",
            title=part.title,
            blocks=[
                Text(says=part.text),
                *([_everything(found)] if number == 1 else []),
                *(figure_of(exhibits[name], groups[part.group]) for name in part.exhibits),
            ],
        )
        for number, part in enumerate(contrast_parts(found), 1)
    ]
    return Page(
        name="compare",
        title=" and ".join(found.names),
        question=_QUESTION,
        command=command,
        answer=[Text(says=f"{found.sentence}.")],
        top=list(_top(found)),
        sections=sections,
        again=[
            studied(role, name, side, side.made_with)
            for role, name, side in zip((ONE, OTHER), found.names, found.sides, strict=True)
        ],
        data={"contrast": found.to_json()},
    )


def _groups(found: Contrast) -> dict[str, Material]:
    """Return the two sides as groups: together, and each alone."""
    titles = dict(zip((ONE, OTHER), found.names, strict=True))
    sides = dict(zip((ONE, OTHER), found.sides, strict=True))
    networks = with_theory({role: replace(side, name=role) for role, side in sides.items()})
    both = Material(name=BOTH, title=" and ".join(found.names), networks=networks, titles=titles)
    alone = {
        role: Material(
            name=role, title=title, networks={role: networks[role]}, titles={role: title}
        )
        for role, title in titles.items()
    }
    return {BOTH: both, **alone}


def _top(found: Contrast) -> Iterator[Block]:
    yield Text(says=_sentence(found.how))
    yield from (Text(says=_sentence(line), role="caution") for line in found.cautions)
    yield from differing_table(found)
    rows: list[tuple[Rich, Rich]] = [("Both are shown", shown_text(found))]
    origin = found.sides[0].origin
    if isinstance(origin, Study):
        rows.append(("Loss of an example", LOSSES[origin.resolved_loss].formula))
    yield Facts(rows=[*rows, ("Alike are", margins_text(found.margins))])


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def _everything(found: Contrast) -> Details:
    """Return every comparison, and how they were made."""
    form = _PAIRED if found.paired else _WELCH
    note = Details(
        blocks=[
            Text(says=marked(_HOW.format(form=form, alpha=percent(found.alpha)))),
            *(Text(says=_sentence(line)) for line in found.gaps),
        ]
    )
    table = Table(
        id="comparisons",
        head=(
            *("Quantity", "Layer", " against ".join(found.names), "Difference", "p, adjusted"),
            *("Within the margin", "Smallest margin"),
        ),
        rows=[_row(row) for row in found.rows],
        look="verdicts every",
        data=[_numbers(row) for row in found.rows],
    )
    summary = f"All {len(found.rows):,} comparisons, and how they were made"
    return Details(summary=summary, blocks=[note, table])


def _row(row: Row) -> Sequence[Rich | Cell]:
    """Return a comparison in words."""
    alike: Rich = ""
    smallest = ""
    if row.alike is not None:
        alike = Span(says=row.verdict, role="verdict", of=row.alike.verdict.value)
        smallest = rounded_up(row.alike.smallest_margin, row.alike.interval.se)
    p = short(row.p_adjusted) if row.p_adjusted >= LEAST_P else f"< {short(LEAST_P)}"
    return [
        Span(says=row.quantity, role="term", of=QUANTITIES[row.quantity].definition),
        str(row.layer),
        Cell(lines=[f"{row.comparison.scale} {row.number}"], look="number"),
        "same" if row.same else "differs" if row.differs else "not shown",
        Cell(lines=[p], look="number"),
        alike,
        Cell(lines=[smallest], look="number"),
    ]


def _numbers(row: Row) -> dict[str, Any]:
    interval = row.comparison.interval
    return {
        "quantity": row.quantity,
        "layer": row.layer,
        "scale": row.comparison.scale,
        "estimate": interval.estimate,
        "low": interval.low,
        "high": interval.high,
        "p_value": row.comparison.p_value,
        "p_adjusted": row.p_adjusted,
        "same": row.same,
        "differs": row.differs,
        "alike": row.verdict,
        "smallest_margin": float("nan") if row.alike is None else row.alike.smallest_margin,
        "sentence": row.sentence,
    }
