"""What does a report show? Its groups of studies, what is judged in them, and its sections."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.phase_diagrams import THEORY_EXHIBITS
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.nets.activations import Activation
from saturation_lab.study import Study

ALL, EACH, JOIN = "all", "each", "+"
"""What a section may name for a group: all of them in one figure, each of them in turn, or some of
them in one figure: one+other."""

TABLES = ("keeps", "cells", "constants", "rules")
"""Tables that a section may show: which initialization keeps signal and gradient, the same of many
activations, and from theory alone constants and where each rule puts an activation."""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the page: title, text, statements, a table of `TABLES`, exhibits of a group."""

    title: str
    text: str
    group: str
    exhibits: tuple[str, ...]
    table: str = ""
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Theory:
    """How far theory looks, where a page shows what it says of activations.

    Attributes:
        depth: of the networks for which an initialization is recommended.
        width: of all layers, on which PyTorch's biases depend.
    """

    depth: int
    width: int


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A group before anything is computed: studies to be sampled, or activations to be looked at.

    Attributes:
        title: of the group.
        studies, titles: by role, the study and what it is called.
        blocks: by role the activation that it belongs to, where a group has a row for each.
        recommended: the roles whose initialization theory chose.
        claims: the keys of `CLAIM_SETS` that are judged in it.
        foreseen: the activations that theory alone speaks of, in place of studies.
    """

    title: str
    studies: Mapping[str, Study] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    recommended: frozenset[str] = frozenset()
    claims: tuple[str, ...] = ()
    foreseen: tuple[Activation, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What a report's TOML says.

    Attributes:
        name: how the report is called.
        title, question, lead: the top of the page.
        command: how this very report is made again.
        groups: what is sampled or looked at, by name.
        sections: the body of the page.
        theory: how far theory looks, where it is asked.
        own_exhibits: of a page that no TOML describes, in place of the known ones.
    """

    name: str
    title: str
    question: str
    lead: str
    command: str
    groups: Mapping[str, Planned]
    sections: tuple[Section, ...]
    theory: Theory | None = None
    own_exhibits: Mapping[str, Exhibit] | None = None

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
    def known_exhibits(self) -> Mapping[str, Exhibit]:
        """Return the figures that the report may show."""
        if self.own_exhibits is not None:
            return self.own_exhibits
        return EXHIBITS | THEORY_EXHIBITS

    def shown_in(self, section: Section) -> tuple[str, ...]:
        """Return the groups that a section shows one after the other."""
        return tuple(self.groups) if section.group == EACH else (section.group,)

    def parts_of(self, group: str) -> tuple[str, ...]:
        """Return the groups that a section's group stands for."""
        return tuple(self.groups) if group == ALL else tuple(group.split(JOIN))

    @property
    def at_the_top(self) -> tuple[tuple[str, Exhibit], ...]:
        """Return (group, exhibit) of what stands beside the verdicts: what no section shows."""
        shown = {
            (group, name)
            for section in self.sections
            for group in self.shown_in(section)
            for name in section.exhibits
        }
        return tuple(
            (name, exhibit)
            for name, group in self.groups.items()
            for exhibit in self.known_exhibits.values()
            if group.claims and exhibit.judged and (name, exhibit.id) not in shown
        )

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
