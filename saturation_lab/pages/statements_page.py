"""Examined statements: a page with a card for each, and a table for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.exhibits.statement_forest import counted, forest_table
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.judging.errata import errata_of
from saturation_lab.judging.evidence import EXACTLY, Evidence
from saturation_lab.judging.judgement import recorded_judgement
from saturation_lab.measured import versions
from saturation_lab.pages.blocks import (
    Block,
    Card,
    Facts,
    Figure,
    Page,
    Section,
    Text,
)
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.notes import evidence_note
from saturation_lab.pages.report_page import deciding
from saturation_lab.pages.texts import paragraph, text
from saturation_lab.pages.verdict_lists import ideas_blocks, verdicts_at_a_glance


def statements_page(found: Sequence[Evidence], *, command: str) -> Page:
    """Return the page of examined statements, chapter by chapter.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.
    command : str
        The command that makes the page.

    Returns
    -------
    Page
        The page, with a card for each statement and, in each chapter, a figure of those numbers
        that are ratios.
    """
    headings = dict.fromkeys(evidence.statement.heading for evidence in found)
    chapters = {h: [one for one in found if one.statement.heading == h] for h in headings}
    return Page(
        name="claims",
        title="Every statement, predicted, measured and judged",
        question="Which statements hold, which need an assumption, and which fail?",
        command=command,
        answer=[Text(counted(found)), *ideas_blocks(found), verdicts_at_a_glance(found)],
        sections=[
            Section(id=f"section-{number}", title=heading, blocks=list(_chapter(number, chapter)))
            for number, (heading, chapter) in enumerate(chapters.items(), 1)
        ]
        + [Section(id="statements", title="How to read this page", blocks=[evidence_note()])],
        again=[paragraph("again.digest"), *deciding(found)],
        versions=versions(),
    )


def _chapter(number: int, chapter: Sequence[Evidence]) -> Iterator[Block]:
    """Yield the cards of a chapter, then a figure of those numbers that are ratios."""
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
    yield Figure(id=f"chapter-{number}", title="Numbers that are ratios", shown=shown)


def errata_blocks(found: Sequence[Evidence]) -> list[Block]:
    """Return the errata of the examined sources.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    list of Block
        A table with the place, what is printed, what it should say, and the number that shows it.
    """
    rows = errata_of(found)
    return [tabled("errata", _ERRATA, rows)] if rows else [Text("Nothing to correct.")]


def _line(one: Evidence) -> str:
    return f"{'' if one.as_expected else '! '}{one.line or 'an attribution, without a verdict'}"


def _numbers(one: Evidence) -> str:
    """Return the numbers on which the verdict rests."""
    return "; ".join(
        f"{found.claim.case or one.words(found)}: {EXACTLY if found.exact else found.number}"
        for found in one.deciding
    )


_ERRATA: Mapping[str, Callable[[Evidence], str]] = {
    "": lambda one: one.statement.id,
    "slide": lambda one: one.statement.source,
    "prints": lambda one: one.statement.sentence,
    "should say": lambda one: one.statement.should,
    "number": _numbers,
}


def statements_blocks(found: Sequence[Evidence]) -> list[Block]:
    """Return examined statements for a terminal, each in a line, and a summary.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    list of Block
        A list of the verdicts with the numbers that decide them; then those that differ from the
        verdicts on record, the number of statements with each verdict, and the ideas behind those
        that do not simply hold.
    """
    lines = Facts(rows=[(one.statement.id, _line(one)) for one in found], look="list")
    news = [
        f"! {one.claim.id}: expected {one.claim.expected}, found {one.sentence}"
        for evidence in found
        for one in evidence.unexpected
    ]
    news += [
        f"! {one.statement.id}: expected {recorded_judgement(one.statement)}, found {one.line}"
        for one in found
        if not one.as_expected and not one.unexpected
    ]
    return [lines, *map(Text, [*news, counted(found)]), *ideas_blocks(found)]
