"""The page of a report: its answer, its facts, its sections, and how to reproduce it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from saturation_lab.exhibits.statement_forest import counted
from saturation_lab.inference.digits import percent
from saturation_lab.inference.intervals import LEVEL
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.kept_words import in_a_sentence
from saturation_lab.measured import Measured, Origin, versions
from saturation_lab.nets.undrawn import numbers_drawn
from saturation_lab.pages.blocks import Block, Card, Details, Page, Section, Span, Studied, Text
from saturation_lab.pages.citing import citing
from saturation_lab.pages.facts import rule_facts, sampled_facts
from saturation_lab.pages.in_short import in_short
from saturation_lab.pages.keeps_tables import (
    cells_blocks,
    cells_note,
    instead_table,
    keeps_note,
    keeps_table,
    overview,
)
from saturation_lab.pages.notes import evidence_note, verdict_note
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_data import report_data
from saturation_lab.pages.spec import EACH, SectionSpec, Theory
from saturation_lab.pages.texts import paragraph, paragraphs, text
from saturation_lab.pages.theory_tables import (
    constants_tables,
    rules_blocks,
    theory_facts,
    theory_overview,
)
from saturation_lab.pages.verdict_lists import ideas_blocks, verdicts_at_a_glance
from saturation_lab.pages.verdict_tables import counted_verdicts, verdict_table
from saturation_lab.study import Study
from saturation_lab.words.numbers import span_text

_MOST_LISTED = 8
"""List at most this many studies of a group at the end of a page; more are folded together."""


def report_page(report: Report) -> Page:
    """Return the page of a report, whether it samples networks or is based on theory alone.

    Parameters
    ----------
    report : Report
        The computed report.

    Returns
    -------
    Page
        The page; figures are computed, but not yet drawn.
    """
    spec = report.spec
    page = Page(
        name=spec.name,
        title=spec.title,
        question=spec.question,
        lead=spec.lead,
        command=spec.command,
        cover=list(_cover(report)),
        answer=list(_answer(report)),
        sections=[*_verdicts(report), *_body(report), *_method(report)],
        versions=versions(),
        data=report_data(report),
    )
    again = paragraph("again.alone" if spec.alone else "again.same")
    cite = citing(page, level=percent(LOOK_LEVEL if report.stated else LEVEL), seeds=_seeds(report))
    return replace(page, again=[cite, again, *_studies(report)])


def _seeds(report: Report) -> str:
    return ", ".join(map(str, sorted({study.seed for study in report.spec.studies.values()})))


def _cover_id(report: Report) -> str:
    """Return the id of the figure that opens the page; "" if there is none."""
    return report.spec.cover or next(iter(report.spec.pictured), "")


def _cover(report: Report) -> Iterator[Block]:
    """Yield the main result of the figure that opens the page, and the figure."""
    figure = report.figures.get(_cover_id(report))
    if figure is not None:
        if figure.shown.see:
            yield Text(figure.shown.see, role="found")
        yield figure


def _part_id(group: str) -> str:
    """Return the id of the part of a page that shows a group."""
    return f"each.{group}"  # the dot avoids a clash with the id of a figure


def _links(report: Report) -> dict[str, str]:
    """Map each group to a link to its part of the page; empty if there are no such parts."""
    return {name: f"#{_part_id(name)}" for name in report.groups} if report.spec.linked else {}


def _answer(report: Report) -> Iterator[Block]:
    spec = report.spec
    kept = {name: report.groups[name] for name in spec.tabled("keeps")}
    if spec.alone:
        yield theory_overview(report.groups, _theory(report), _links(report))
    elif kept:
        yield from overview(kept, report.kept, _links(report))
    elif not report.stated:
        yield from in_short(report.sampled)
    for name in dict.fromkeys(spec.tabled("cells")):
        yield from instead_table(report.groups[name], spec.groups[name].recommended)
    if report.stated:
        stated = list(report.stated.values())
        yield Text(counted(stated))
        yield from ideas_blocks(stated)
        yield verdicts_at_a_glance(stated)
    for name, group in kept.items():
        for block, found in report.kept[name].items():
            yield Text(in_a_sentence(block, found, group.titles))
    for group in report.groups.values():
        yield from (Text(sentence) for sentence in counted_verdicts(group))


def _theory(report: Report) -> Theory:
    assert report.spec.theory is not None  # groups with foreseen activations require it
    return report.spec.theory


def _facts(report: Report) -> Iterator[Block]:
    """Yield the facts about the networks and their weight distributions, or about the theory."""
    if report.spec.alone:
        outlooks = (one for group in report.groups.values() for one in group.outlooks.values())
        yield theory_facts(_theory(report), next(outlooks))
        return
    advised = {name: group.recommended for name, group in report.spec.groups.items()}
    yield sampled_facts(report.sampled)
    yield rule_facts(report.sampled, advised)


def _networks(report: Report) -> str:
    return span_text(
        [len(one.networks) for group in report.sampled.values() for one in group.networks.values()]
    )


# --- sections -------------------------------------------------------------------------------------


def _verdicts(report: Report) -> Iterator[Section]:
    judged = {name: group for name, group in report.groups.items() if group.judged}
    if not judged:
        return
    blocks: list[Block] = [paragraph("verdicts.ratios")]
    for name, group in judged.items():
        if name in report.spec.at_the_top:
            blocks.append(report.figures[f"{name}-verdicts"])
        blocks.append(verdict_table(group))
    note = verdict_note(_networks(report), paragraphs("verdicts.more"))
    blocks.append(Details(summary="How to read a verdict", blocks=[note]))
    yield Section(id="verdicts", title="Statements and measurements", blocks=blocks)


def _method(report: Report) -> Iterator[Section]:
    """Yield a section on how to read the page, and which networks it shows, at its end."""
    facts = list(_facts(report))
    if report.stated:
        how = Details(
            summary="How a statement is decided, and the letters", blocks=[evidence_note()]
        )
        which = Details(
            summary="The networks in the figures", blocks=[paragraph("statements.figures"), *facts]
        )
        yield Section(id="statements", title="How to read this page", blocks=[how, which])
    elif report.spec.alone:
        yield Section(id="method", title="What was computed", blocks=facts)
    else:
        yield Section(id="method", title="The networks of this page", blocks=facts)


def _body(report: Report) -> Iterator[Section]:
    for number, section in enumerate(report.spec.sections, 1):
        blocks = list(_opening(report, section))
        if section.group != EACH:
            blocks += _shown(report, section, section.group)
        yield Section(id=f"section-{number}", title=section.title, blocks=blocks)
        for name in report.groups if section.group == EACH else ():
            shown, title = list(_shown(report, section, name)), report.groups[name].title
            yield Section(id=_part_id(name), title=title, blocks=shown, part=True)


def _opening(report: Report, section: SectionSpec) -> Iterator[Block]:
    """Yield the text of a section, a note on how to read its table, and its statements.

    The note is folded if the page already explains verdicts.
    """
    if section.text:
        yield Text(section.text)
    if section.table in _NOTES:
        first = report.groups[report.spec.shown_in(section)[0]]
        box = _NOTES[section.table](first.depth, _networks(report), whole=not report.stated)
        folded = Details(summary="How the verdicts of this section are found", blocks=[box])
        yield folded if report.stated else box
    yield from (Card(evidence=report.stated[one]) for one in section.statements)


_NOTES = {"keeps": keeps_note, "cells": cells_note}


def _shown(report: Report, section: SectionSpec, name: str) -> Iterator[Block]:
    """Yield the table and the figures that a section shows for a group."""
    if section.table:
        yield from _TABLES[section.table](report, name)
    for exhibit in section.exhibits:
        figure = report.figures[f"{name}-{exhibit.id}"]
        if figure.id == _cover_id(report):
            yield Text(Span(f"{figure.title}: at the top of the page", "link", f"#{figure.id}"))
        else:
            yield figure


def _keeps(report: Report, name: str) -> Iterator[Block]:
    group, kept = report.groups[name], report.kept[name]
    ((_, found),) = kept.items()
    yield Text(in_a_sentence(group.title, found, group.titles), role="found")
    yield keeps_table(group, kept)


def _cells(report: Report, name: str) -> Iterator[Block]:
    group, planned = report.groups[name], report.spec.groups[name]
    advised = list(dict.fromkeys(planned.titles[role] for role in sorted(planned.recommended)))
    return cells_blocks(group, report.kept[name], advised)


def _constants(report: Report, name: str) -> Iterator[Block]:
    yield from constants_tables(report.group(name).outlooks)


def _rules(report: Report, name: str) -> Iterator[Block]:
    return rules_blocks(report.groups[name], _theory(report))


_TABLES = {"keeps": _keeps, "cells": _cells, "constants": _constants, "rules": _rules}
"""For each table that a section may show, the function that returns its blocks."""


# --- how to reproduce the page --------------------------------------------------------------------


def _studies(report: Report) -> Iterator[Block]:
    for name, group in report.sampled.items():
        listed = [
            studied(f"{name}-{role}", f"{group.title}: {group.label(role)}", one, name, role)
            for role, one in group.networks.items()
        ]
        if len(listed) > _MOST_LISTED:
            yield Details(summary=f"{group.title}: {len(listed)} studies", blocks=listed)
        else:
            yield from listed
    yield from deciding(report.stated.values())


def studied(id: str, title: str, networks: Measured, group: str = "", role: str = "") -> Studied:
    """Return a block with the study of some networks and how they were drawn.

    Parameters
    ----------
    id : str
        The key of the block in JSON.
    title : str
        The heading on the page.
    networks : Measured
        The networks.
    group, role : str
        Their group and role in a report; "" outside of reports.

    Returns
    -------
    Studied
        The block.
    """
    lost = networks.overflows()
    faint = networks.underflows()
    overflow = f"Networks that overflowed: {len(lost)}." if lost else "No network overflowed."
    underflow = f"Networks that underflowed: {len(faint)}." if faint else ""
    says = f"{_sampled_words(networks.origin)} {overflow} {underflow}".strip()
    return Studied(
        id=id,
        title=title,
        origin=networks.origin,
        group=group,
        role=role,
        says=says,
        overflows=lost,
        underflows=faint,
    )


def _sampled_words(origin: Origin) -> str:
    """Return how a resolved study was sampled, and why; "" for networks measured elsewhere."""
    if not isinstance(origin, Study):
        return ""
    if origin.sampler == "dense":
        why = origin.reason_to_draw
        return f"Every weight was drawn{f', because {why}' if why else ''}."
    weights = sum(layer.fan_in * layer.fan_out for layer in origin.architecture.layers)
    numbers = numbers_drawn(origin.architecture, origin.examples)
    return text("again.undrawn", numbers=numbers, weights=weights)


def deciding(found: Iterable[Evidence]) -> Iterator[Block]:
    """Yield the studies whose networks decide statements, each once.

    Parameters
    ----------
    found : iterable of Evidence
        The statements with their findings.

    Yields
    ------
    Block
        One folded block with all studies; nothing if no statement needs networks.
    """
    origins = {name: origin for evidence in found for name, origin in evidence.origins.items()}
    if not origins:
        return
    listed = [Studied(id=name, title=name, origin=origin) for name, origin in origins.items()]
    yield Details(
        summary=f"Studies behind the statements: {len(origins)}",
        blocks=[paragraph("again.deciding"), *listed],
    )
