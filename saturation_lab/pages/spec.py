"""The specification of a report: its groups of studies, the statements to judge, its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.claims.statement import Statement
from saturation_lab.exhibits.exhibit import Exhibit, Planned
from saturation_lab.exhibits.verdict_forest import VERDICTS
from saturation_lab.nets.activations import Activation
from saturation_lab.study import Study

ALL, EACH, JOIN = "all", "each", "+"
"""Besides the name of a group, a section may name all groups in one figure, each group in turn, or
some groups in one figure, joined by plus signs: one+other."""

TABLES = ("keeps", "cells", "constants", "rules")
"""The tables that a section may show: which initialization keeps signal and gradient, the same for
many activations, and from theory alone, the constants and the phase of each rule."""
SAMPLED, FORESEEN = ("keeps", "cells"), ("constants", "rules")
"""The tables of sampled networks, and those from theory alone."""


@dataclass(frozen=True, kw_only=True)
class SectionSpec:
    """The specification of one section of a page.

    Attributes
    ----------
    title, text : str
        The heading and the introduction.
    group : str
        The group shown: its name, or one of the forms of `ALL`, `EACH` and `JOIN`.
    exhibits : tuple of Exhibit
        The figures.
    table : str
        One of `TABLES`; "" for none.
    statements : tuple of str
        The ids of the statements shown.
    """

    title: str
    text: str
    group: str
    exhibits: tuple[Exhibit, ...]
    table: str = ""
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Theory:
    """The networks for which theory makes predictions on a page.

    Attributes
    ----------
    depth : int
        The number of hidden layers, for which an initialization is recommended.
    width : int
        The width of all layers, on which the biases of PyTorch's default depend.
    """

    depth: int
    width: int


@dataclass(frozen=True, kw_only=True)
class GroupSpec:
    """The specification of a group: studies to sample, or activations for theory alone.

    Attributes
    ----------
    title : str
        The title of the group.
    studies : mapping of str to Study
        The study of each role.
    titles : mapping of str to str
        The title of each role.
    blocks : mapping of str to str
        The activation of each role, if the group has a list of activations.
    recommended : frozenset of str
        The roles whose initialization was recommended by theory.
    judged : tuple of Statement
        The statements that are judged on the networks of the group.
    foreseen : tuple of Activation
        The activations for which theory alone makes predictions; the group then has no studies.
    """

    title: str
    studies: Mapping[str, Study] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    recommended: frozenset[str] = frozenset()
    judged: tuple[Statement, ...] = ()
    foreseen: tuple[Activation, ...] = ()


Source = tuple[Sequence[Statement], Mapping[str, Study]]
"""Statements, and the studies that their parts refer to."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """The specification of a report, as read from TOML.

    Attributes
    ----------
    name : str
        The name of the report.
    title, question, lead : str
        The texts at the top of the page.
    command : str
        The command that makes the report.
    groups : mapping of str to GroupSpec
        The groups, by name.
    sections : tuple of SectionSpec
        The body of the page.
    theory : Theory or None
        The networks for which theory makes predictions; None if no group needs it.
    sources : tuple of Source
        The statements that sections can name: the built-in ones, then those of the user's file.
    cover : str
        The id of the figure that opens the page, GROUP-EXHIBIT; "" for the first one.
    """

    name: str
    title: str
    question: str
    lead: str
    command: str
    groups: Mapping[str, GroupSpec]
    sections: tuple[SectionSpec, ...]
    theory: Theory | None = None
    sources: tuple[Source, ...] = ()
    cover: str = ""

    @property
    def pictured(self) -> tuple[str, ...]:
        """Return the ids of the figures in the sections, in the order of the page."""
        return tuple(
            f"{name}-{exhibit.id}"
            for section in self.sections
            for name in self.shown_in(section)
            for exhibit in section.exhibits
        )

    @property
    def studies(self) -> Mapping[tuple[str, str], Study]:
        """Return the studies by group and role."""
        return {
            (name, role): study
            for name, group in self.groups.items()
            for role, study in group.studies.items()
        }

    @property
    def alone(self) -> bool:
        """Return whether the report is based on theory alone: nothing is sampled."""
        return all(group.foreseen for group in self.groups.values())

    @property
    def linked(self) -> bool:
        """Return whether the page has a part for each group."""
        return any(section.group == EACH for section in self.sections)

    @property
    def stated(self) -> list[str]:
        """Return the ids of the statements that the page shows."""
        return [name for section in self.sections for name in section.statements]

    def shown_in(self, section: SectionSpec) -> tuple[str, ...]:
        """Return the groups that a section shows one after the other.

        Parameters
        ----------
        section : SectionSpec
            The section.

        Returns
        -------
        tuple of str
            All groups if the section names "each"; otherwise the only group, which may be a
            combination such as "all" or "one+other".
        """
        return tuple(self.groups) if section.group == EACH else (section.group,)

    def parts_of(self, group: str) -> tuple[str, ...]:
        """Return the names of the groups that are combined in a group of a section.

        Parameters
        ----------
        group : str
            The name of a group, "all", or names joined by plus signs.

        Returns
        -------
        tuple of str
            The names.
        """
        return tuple(self.groups) if group == ALL else tuple(group.split(JOIN))

    def planned(self, group: str) -> Planned:
        """Return what is known, before sampling, about the material of an exhibit.

        Parameters
        ----------
        group : str
            The name of a group, "all", or names joined by plus signs.

        Returns
        -------
        Planned
            The material, to be compared with what an exhibit needs.
        """
        parts = [self.groups[part] for part in self.parts_of(group)]
        return Planned(
            origins=[study for part in parts for study in part.studies.values()],
            foreseen=[one for part in parts for one in part.foreseen],
            groups=len(parts),
            judged=any(part.judged for part in parts) or group in self.tabled(*SAMPLED),
            celled=group in self.tabled("cells"),
            stated=bool(self.stated),
        )

    @property
    def at_the_top(self) -> tuple[str, ...]:
        """Return the groups whose verdicts no section draws, so that they are drawn at the top."""
        shown = [
            group
            for section in self.sections
            for group in self.shown_in(section)
            if VERDICTS in section.exhibits
        ]
        return tuple(n for n, group in self.groups.items() if group.judged and n not in shown)

    def tabled(self, *tables: str) -> tuple[str, ...]:
        """Return the groups for which the page shows one of some tables.

        Parameters
        ----------
        *tables : str
            Names from `TABLES`.

        Returns
        -------
        tuple of str
            The names of the groups, in the order of the page.
        """
        return tuple(
            name
            for section in self.sections
            if section.table in tables
            for name in self.shown_in(section)
        )

    def with_networks(self, networks: object) -> Spec:
        """Return the same report with another number of networks in every study.

        Parameters
        ----------
        networks : int
            The number of networks per study, at least 1.

        Returns
        -------
        Spec
            The changed specification; its command has the option ``--networks``.

        Raises
        ------
        InputError
            If the number is not a positive integer, or the report samples no networks.
        """
        count = whole("networks", networks, low=1)
        if self.alone:
            expected = "a report that samples networks"
            raise InputError("networks", expected=expected, got=Words(self.name))
        groups = {
            name: replace(
                group,
                studies={r: replace(study, networks=count) for r, study in group.studies.items()},
            )
            for name, group in self.groups.items()
        }
        return replace(self, groups=groups, command=f"{self.command} --networks {count}")
