"""The page of statements that were examined: a chapter a source, a card a statement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.exhibits.statement_forest import counted, forest_table
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.judging.evidence import Evidence
from saturation_lab.measured import versions
from saturation_lab.pages.blocks import Block, Card, Figure, Page, Section, Text
from saturation_lab.pages.notes import evidence_note
from saturation_lab.pages.report_page import deciding
from saturation_lab.pages.texts import paragraph, text


def statements_page(found: Sequence[Evidence], *, command: str) -> Page:
    """Return the page of statements and what was found for each.

    Parameters
    ----------
    found
        The statements, those of a chapter one after the other.
    command
        How the page is made again.
    """
    headings = dict.fromkeys(evidence.statement.heading for evidence in found)
    chapters = {h: [one for one in found if one.statement.heading == h] for h in headings}
    return Page(
        name="claims",
        title="Every statement, predicted, measured and judged",
        question="Which statements hold, which fail, and what carries them?",
        command=command,
        answer=[Text(counted(found))],
        top=[evidence_note()],
        sections=[
            Section(id=f"section-{number}", title=heading, blocks=list(_chapter(number, chapter)))
            for number, (heading, chapter) in enumerate(chapters.items(), 1)
        ],
        again=[paragraph("again.digest"), *deciding(found)],
        versions=versions(),
    )


def _chapter(number: int, chapter: Sequence[Evidence]) -> Iterator[Block]:
    """Yield the statements of a chapter, then those of their numbers that are ratios."""
    yield from (Card(evidence=evidence) for evidence in chapter)
    table = forest_table(chapter)
    if table.empty:
        return
    level = percent(LOOK_LEVEL)
    verdicts = [f"{row.note} {row.verdict}" for row in table.itertuples()]
    shown = Shown(
        table=table,
        draw=partial(forest_plot, level=level),
        how=text("statements.ratios", level=level),
        alt=f"Intervals of ratios: {', '.join(verdicts)}.",
        footer="",
    )
    yield Figure(id=f"chapter-{number}", title="The numbers that are ratios", shown=shown)
