"""A page of networks of your own, measured anywhere, without a study or a report."""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.claims.statement import Statement
from saturation_lab.exhibits.exhibit import Exhibit, Planned
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.statement_forest import counted
from saturation_lab.judging.evidence import hold
from saturation_lab.judging.statement_files import checked_statements
from saturation_lab.measured import Measured, versions
from saturation_lab.pages.blocks import Block, Card, Page, Section, Text
from saturation_lab.pages.facts import sampled_facts
from saturation_lab.pages.in_short import changes, in_short
from saturation_lab.pages.notes import verdict_note
from saturation_lab.pages.report import figure_of
from saturation_lab.pages.report_page import studied
from saturation_lab.words.numbers import span_text


def page_of(
    networks: Sequence[Measured],
    *,
    title: str,
    question: str,
    exhibits: Sequence[Exhibit | str],
    statements: Sequence[Statement] = (),
    lead: str = "",
    name: str = "own",
) -> Page:
    """Return a page of measured networks: what changes, which statements hold, figures.

    Parameters
    ----------
    networks
        What to show, under names that differ.
    title, question, lead
        The top of the page.
    exhibits
        Exhibits, or keys of `EXHIBITS`; those of your own from `own_exhibit`.
    statements
        What is judged; their parts name the networks by `Measured.name`.
    name
        Part of file names.

    Raises
    ------
    InputError
        If there are no networks, two have one name, an exhibit needs more than they show, or a
        statement is about networks that are not there.

    Examples
    --------
    >>> from saturation_lab import Study, measure
    >>> from saturation_lab.sampling.run import trace_network
    >>> study = Study(activation="tanh", initializer="glorot_normal", widths=(16,) * 3)
    >>> mine = measure((trace_network(study, i) for i in range(4)), title="Mine", seed=1)
    >>> page = page_of([mine], title="Mine", question="How?", exhibits=["profile_signal"])
    >>> [figure.id for figure in page.figures]
    ['own-profile_signal']
    """
    material = _material(networks, name, title, statements)
    chosen = [
        EXHIBITS[choice("exhibits", x, EXHIBITS)] if isinstance(x, str) else x for x in exhibits
    ]
    ids = [exhibit.id for exhibit in chosen]
    if len(set(ids)) < len(ids):
        raise InputError("exhibits", expected="each once", got=Words(", ".join(ids)))
    _refuse_unfit(chosen, material)
    sections = [
        Section(
            id="figures", title="Layer by layer", blocks=[figure_of(x, material) for x in chosen]
        )
    ]
    if statements:
        count = span_text([len(one.networks) for one in networks])
        cards: list[Block] = [Card(evidence=one) for one in material.judged]
        blocks = [verdict_note(count), *cards]
        sections.insert(
            0,
            Section(id="statements", title="What is stated, and what was measured", blocks=blocks),
        )
    return Page(
        name=name,
        title=title,
        question=question,
        lead=lead,
        answer=[
            *in_short({name: material}),
            *([Text(counted(material.judged))] if statements else []),
        ],
        top=[sampled_facts({name: material})],
        sections=sections,
        again=[studied(f"{name}-{one.name}", material.titles[one.name], one) for one in networks],
        versions=versions(),
        data={"in_short": changes({name: material})},
    )


def _material(
    networks: Sequence[Measured], name: str, title: str, statements: Sequence[Statement]
) -> Material:
    named = {one.name: one for one in networks}
    if not networks or len(named) < len(networks):
        got = Words(", ".join(one.name for one in networks) or "none")
        raise InputError("networks", expected="some, each under a name of its own", got=got)
    _refuse_unlike(networks)
    origins = {key: one.origin for key, one in named.items()}
    judged = hold(checked_statements(statements, origins), named)
    return Material(
        name=name,
        title=title,
        networks=named,
        titles={key: one.title or key for key, one in named.items()},
        judged=judged,
        stated={one.statement.id: one for one in judged},
    )


def _refuse_unlike(networks: Sequence[Measured]) -> None:
    """Refuse networks that one figure cannot show on one axis."""
    first = networks[0]
    for one in networks[1:]:
        if one.depth != first.depth or one.examples != first.examples:
            shape = f"{first.depth} layers and {first.examples} examples as {first.name}"
            got = f"{one.depth} layers and {one.examples} examples in {one.name}"
            raise InputError("networks", expected=shape, got=Words(got))
        if dict(one.origin.ranges) != dict(first.origin.ranges):
            raise InputError(
                "networks",
                expected=f"histograms on the axes of {first.name}",
                got=Words(f"others in {one.name}"),
                hint="give all of them the same ranges: measure(..., ranges=first.origin.ranges)",
            )


def _refuse_unfit(exhibits: Sequence[Exhibit], material: Material) -> None:
    origins = [one.origin for one in material.networks.values()]
    stated = bool(material.judged)
    planned = Planned(origins=origins, judged=stated, stated=stated)
    for exhibit in exhibits:
        need = exhibit.missing(planned)
        if need is not None:
            expected = f"{need.words} for the exhibit {exhibit.id}"
            raise InputError("exhibits", expected=expected, got=Words(material.name))
