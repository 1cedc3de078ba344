"""A report once its numbers are there: its groups, what was judged, and its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.verdict_forest import VERDICTS
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.keeping import Keeping
from saturation_lab.pages.blocks import Figure
from saturation_lab.pages.spec import Spec

_MOST_TITLES = 4
"""List at most this many groups in a figure's heading; beyond that, the first and the last."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report's specification with everything that was computed for it.

    Attributes
    ----------
    spec
        What the report shows.
    groups
        The networks of each group, with what was judged on them.
    kept
        Which initialization keeps signal and gradient, by group and activation, where the page
        asks.
    stated
        What was found for the statements that the page shows, by their ids.
    seconds
        What each group took; it stands on no page, whose bytes must stay the same.
    """

    spec: Spec
    groups: Mapping[str, Material]
    kept: Mapping[str, Mapping[str, Keeping]] = field(default_factory=dict)
    stated: Mapping[str, Evidence] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def sampled(self) -> dict[str, Material]:
        """Return the groups that have networks."""
        return {name: group for name, group in self.groups.items() if group.networks}

    def group(self, name: str) -> Material:
        """Return a group, or several as one: all, or those that stand between plus signs."""
        if name in self.groups:
            return self.groups[name]
        return _joined(name, {part: self.groups[part] for part in self.spec.parts_of(name)})

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Return every figure by its id, in the order of the page; each is computed once."""
        return {
            f"{name}-{exhibit.id}": figure_of(exhibit, self.group(name))
            for name, exhibit in self._exhibits()
        }

    def _exhibits(self) -> Iterator[tuple[str, Exhibit]]:
        for name in self.spec.at_the_top:
            yield name, VERDICTS
        for section in self.spec.sections:
            for name in self.spec.shown_in(section):
                for exhibit in section.exhibits:
                    yield name, exhibit


def figure_of(exhibit: Exhibit, material: Material) -> Figure:
    """Return an exhibit of a group as a figure of a page."""
    shown = exhibit.make(material)
    return Figure(
        id=f"{material.name}-{exhibit.id}",
        title=exhibit.title,
        shown=shown,
        group=material.title if shown.footer else "",
    )


def _joined(name: str, groups: Mapping[str, Material]) -> Material:
    """Return several groups as one, for figures that show them all."""
    each = [
        (f"{key}-{role}", group, role) for key, group in groups.items() for role in group.networks
    ]
    return Material(
        name=name,
        title=_joined_titles([group.title for group in groups.values()]),
        networks={key: replace(group.networks[role], name=key) for key, group, role in each},
        titles={key: group.titles[role] for key, group, role in each},
        blocks={key: group.blocks.get(role, group.title) for key, group, role in each},
        outlooks={title: one for group in groups.values() for title, one in group.outlooks.items()},
        stated=next(iter(groups.values())).stated,
    )


def _joined_titles(titles: Sequence[str]) -> str:
    if len(titles) > _MOST_TITLES:
        titles = [titles[0], "…", titles[-1]]
    return ", ".join(titles)
