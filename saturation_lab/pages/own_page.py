"""A page of your own networks, measured anywhere, without a study or a report."""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.checks import InputError, Words, choice
from saturation_lab.claims.statement import Statement
from saturation_lab.exhibits.exhibit import Exhibit, Planned
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.statement_forest import counted
from saturation_lab.inference.digits import count_text
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
    """Return a page of measured networks: a summary of changes, verdicts on statements, figures.

    Parameters
    ----------
    networks : sequence of Measured
        The networks to show. They need different names, and equal depth, number of examples and
        histogram axes.
    title : str
        The title of the page.
    question : str
        The question that the page answers, below the title.
    exhibits : sequence of Exhibit or str
        Exhibits, such as those made by `own_exhibit`, or keys of `EXHIBITS`.
    statements : sequence of Statement
        The statements to judge; their parts refer to the networks by `Measured.name`.
    lead : str
        An introduction, below the question.
    name : str
        The name of the page, used in file names.

    Returns
    -------
    Page
        The page, to be written with `write_page`.

    Raises
    ------
    InputError
        If there are no networks, if two have the same name or cannot be shown on one axis, if an
        exhibit is unknown, repeated, or needs more than they provide, or if a statement refers to
        networks that are missing.

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
        raise InputError(
            "exhibits", expected="each exhibit at most once", got=Words(", ".join(ids))
        )
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
            Section(id="statements", title="Statements and measurements", blocks=blocks),
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
        expected = "at least one entry, and a different name for each"
        raise InputError("networks", expected=expected, got=got)
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
    """Raise an error if one figure cannot show all networks on one axis."""
    first = networks[0]
    for one in networks[1:]:
        if one.depth != first.depth or one.examples != first.examples:
            shape, other = (
                f"{count_text(some.depth, 'layer')} and {count_text(some.examples, 'example')}"
                for some in (first, one)
            )
            raise InputError(
                "networks",
                expected=f"{shape} as in {first.name}",
                got=Words(f"{other} in {one.name}"),
            )
        if dict(one.origin.ranges) != dict(first.origin.ranges):
            raise InputError(
                "networks",
                expected=f"histograms on the axes of {first.name}",
                got=Words(f"other axes in {one.name}"),
                hint="use the same ranges for all: measure(..., ranges=first.origin.ranges)",
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
