"""What a report shows: its groups of studies, what is judged in them, and its sections."""

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
"""What a section may name for a group: all of them in one figure, each of them in turn, or some of
them in one figure: one+other."""

TABLES = ("keeps", "cells", "constants", "rules")
"""Tables that a section may show: which initialization keeps signal and gradient, the same of many
activations, and from theory alone constants and where each rule puts an activation."""
SAMPLED, FORESEEN = ("keeps", "cells"), ("constants", "rules")
"""Those of networks, and those of theory alone."""


@dataclass(frozen=True, kw_only=True)
class SectionSpec:
    """A part of the page: title, text, statements, a table of `TABLES`, exhibits of a group."""

    title: str
    text: str
    group: str
    exhibits: tuple[Exhibit, ...]
    table: str = ""
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Theory:
    """How far theory looks, where a page shows what it says of activations.

    Attributes
    ----------
    depth
        Of the networks for which an initialization is recommended.
    width
        Of all layers, on which PyTorch's biases depend.
    """

    depth: int
    width: int


@dataclass(frozen=True, kw_only=True)
class GroupSpec:
    """A group before anything is computed: studies to sample, or activations that theory knows.

    Attributes
    ----------
    title
        Of the group.
    studies, titles
        By role, the study and what it is called.
    blocks
        By role the activation that it belongs to, where a group has a row for each.
    recommended
        The roles whose initialization theory chose.
    judged
        The statements that are judged on its networks.
    foreseen
        The activations that theory alone speaks of, in place of studies.
    """

    title: str
    studies: Mapping[str, Study] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    recommended: frozenset[str] = frozenset()
    judged: tuple[Statement, ...] = ()
    foreseen: tuple[Activation, ...] = ()


Source = tuple[Sequence[Statement], Mapping[str, Study]]
"""Statements, and the studies that their parts name."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a report's TOML says.

    Attributes
    ----------
    name
        How the report is called.
    title, question, lead
        The top of the page.
    command
        How this very report is made again.
    groups
        What is sampled or looked at, by name.
    sections
        The body of the page.
    theory
        How far theory looks, where it is asked.
    sources
        The statements that sections can name: the package's, then those of the user's own file.
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
        """Return whether the report rests on theory alone: nothing is sampled."""
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
        """Return the groups that a section shows one after the other."""
        return tuple(self.groups) if section.group == EACH else (section.group,)

    def parts_of(self, group: str) -> tuple[str, ...]:
        """Return the groups that a section's group stands for."""
        return tuple(self.groups) if group == ALL else tuple(group.split(JOIN))

    def planned(self, group: str) -> Planned:
        """Return what an exhibit of a section's group would show."""
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
        """Return the groups whose verdicts are drawn beside their table, as no section does."""
        shown = [
            group
            for section in self.sections
            for group in self.shown_in(section)
            if VERDICTS in section.exhibits
        ]
        return tuple(n for n, group in self.groups.items() if group.judged and n not in shown)

    def tabled(self, *tables: str) -> tuple[str, ...]:
        """Return the groups of which the page shows one of these tables."""
        return tuple(
            name
            for section in self.sections
            if section.table in tables
            for name in self.shown_in(section)
        )

    def with_networks(self, networks: object) -> Spec:
        """Return the same report with another number of networks in every study."""
        count = whole("networks", networks, low=1)
        if self.alone:
            raise InputError("networks", expected="a report that draws some", got=Words(self.name))
        groups = {
            name: replace(
                group,
                studies={r: replace(study, networks=count) for r, study in group.studies.items()},
            )
            for name, group in self.groups.items()
        }
        return replace(self, groups=groups, command=f"{self.command} --networks {count}")
