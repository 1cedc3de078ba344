"""A computed report: its groups of networks, the verdicts on them, and its figures."""

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
    """The specification of a report with everything that was computed for it.

    Attributes
    ----------
    spec : Spec
        The specification.
    groups : mapping of str to Material
        The networks of each group, with the verdicts on them.
    kept : mapping of str to mapping of str to Keeping
        What the initializations keep, by group and activation, for groups with a table of it.
    stated : mapping of str to Evidence
        The evidence for the statements that the page shows, by their ids.
    seconds : mapping of str to float
        The computing time of each group. It is not shown on pages, which must be reproducible to
        the byte.
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
        """Return one group, or several groups combined.

        Parameters
        ----------
        name : str
            The name of a group, ``all``, or several names joined by plus signs.

        Returns
        -------
        Material
            The group, or the combination.
        """
        if name in self.groups:
            return self.groups[name]
        return _joined(name, {part: self.groups[part] for part in self.spec.parts_of(name)})

    @cached_property
    def figures(self) -> dict[str, Figure]:
        """Return all figures by their ids, in the order of the page; computed once."""
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
    """Return an exhibit of a group as a figure of a page.

    Parameters
    ----------
    exhibit : Exhibit
        The kind of figure.
    material : Material
        The group that it shows.

    Returns
    -------
    Figure
        The figure, with the id ``GROUP-EXHIBIT``.
    """
    shown = exhibit.make(material)
    return Figure(
        id=f"{material.name}-{exhibit.id}",
        title=exhibit.title,
        shown=shown,
        group=material.title if shown.footer else "",
    )


def _joined(name: str, groups: Mapping[str, Material]) -> Material:
    """Combine several groups, for figures that show all of them."""
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
