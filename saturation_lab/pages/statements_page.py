"""Examined statements: a page with a card for each, and a table for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.exhibits.statement_forest import counted, forest_table
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.ideas import errata_of, ideas_of
from saturation_lab.judging.judgement import recorded_judgement
from saturation_lab.measured import versions
from saturation_lab.pages.as_text import WIDTH, aligned
from saturation_lab.pages.blocks import (
    Block,
    Card,
    Facts,
    Figure,
    Page,
    Rich,
    Section,
    Text,
    cell_text,
)
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.notes import evidence_note
from saturation_lab.pages.report_page import deciding
from saturation_lab.pages.texts import paragraph, text


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
        answer=[Text(counted(found)), *ideas_blocks(found)],
        top=[evidence_note()],
        sections=[
            Section(id=f"section-{number}", title=heading, blocks=list(_chapter(number, chapter)))
            for number, (heading, chapter) in enumerate(chapters.items(), 1)
        ],
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


def ideas_blocks(found: Sequence[Evidence]) -> list[Block]:
    """Return the ideas behind the statements that do not simply hold, each with its statements.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    list of Block
        A list; [] if all statements hold.
    """
    ideas = ideas_of(found)
    rows: list[tuple[Rich, Rich]] = [(", ".join(ids), idea) for idea, ids in ideas.items()]
    return [Facts(rows=rows, look="list")] if rows else []


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


def _verdict(one: Evidence) -> str:
    incomplete = ", incomplete" if one.suffices is False else ""
    return f"{one.verdict or '–'}{incomplete}{'' if one.as_expected else ' !'}"


def _numbers(one: Evidence) -> str:
    """Return the numbers on which the verdict rests."""
    return "; ".join(f"{one.words(found)}: {found.number}" for found in one.deciding)


_ERRATA: Mapping[str, Callable[[Evidence], str]] = {
    "": lambda one: one.statement.id,
    "slide": lambda one: one.statement.source,
    "prints": lambda one: one.statement.sentence,
    "should say": lambda one: one.statement.should,
    "number": _numbers,
}
_COLUMNS: Mapping[str, Callable[[Evidence], str]] = {
    "": lambda one: one.statement.id,
    "kind": lambda one: one.statement.kind,
    "verdict": _verdict,
    "number": lambda one: one.findings[0].number if one.findings else "",
    "required": lambda one: one.findings[0].asked if one.findings else "",
}
_WIDE = {"meaning of number": lambda one: one.words(one.findings[0]) if one.findings else ""}


def statements_blocks(found: Sequence[Evidence], *, width: int = WIDTH) -> list[Block]:
    """Return a table of examined statements for a terminal, and a summary.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.
    width : int
        The width of the terminal in characters. A last column with the meaning of the numbers is
        omitted if it does not fit.

    Returns
    -------
    list of Block
        A table with one row per statement: verdict, deciding number, required region; then the
        verdicts that differ from those on record, and the number of statements that hold.
    """
    table = tabled("statements", {**_COLUMNS, **_WIDE}, found)
    if len(aligned([table.head, *(list(map(cell_text, row)) for row in table.rows)])[0]) > width:
        table = tabled("statements", _COLUMNS, found)
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
    return [table, *map(Text, [*news, counted(found)]), *ideas_blocks(found)]
