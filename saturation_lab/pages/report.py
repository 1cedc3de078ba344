"""What is a report once its numbers are there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.material import Group
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Keeping
from saturation_lab.pages.spec import Spec

MOST_TITLES = 4
"""So many groups are named by a figure that shows more of them; of others the first and last."""


def _joined_titles(titles: Sequence[str]) -> str:
    if len(titles) > MOST_TITLES:
        titles = [titles[0], "…", titles[-1]]
    return ", ".join(titles)


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report's specification with everything that was computed for it.

    ``kept`` says by group and activation which initialization keeps signal and gradient, where
    the page asks.
    ``evidence`` is what was found for the statements that the page shows, by their ids.
    ``seconds`` is what each group took; it stands on no page, whose bytes must stay the same.
    """

    spec: Spec
    groups: Mapping[str, Group]
    findings: Mapping[str, tuple[Finding, ...]]
    kept: Mapping[str, Mapping[str, Keeping]] = field(default_factory=dict)
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def sampled(self) -> dict[str, Group]:
        """Return the groups that have networks."""
        return {name: group for name, group in self.groups.items() if group.results}

    def _joined(self, name: str, names: Sequence[str]) -> Group:
        """Return several groups as one, for figures that show them all."""
        each = [(name, role) for name in names for role in self.groups[name].results]
        groups = self.groups
        return Group(
            name=name,
            title=_joined_titles([self.groups[name].title for name in names]),
            results={
                f"{g}-{r}": replace(self.groups[g].results[r], name=f"{g}-{r}") for g, r in each
            },
            titles={f"{g}-{r}": self.groups[g].titles[r] for g, r in each},
            blocks={f"{g}-{r}": groups[g].blocks.get(r, groups[g].title) for g, r in each},
            outlooks={
                title: one for name in names for title, one in self.groups[name].outlooks.items()
            },
            predictions={
                f"{g}-{r}": self.groups[g].predictions[r]
                for g, r in each
                if r in self.groups[g].predictions
            },
        )

    def group(self, name: str) -> Group:
        """Return a group, or several as one: all, or those that stand between plus signs."""
        if name not in self.groups:
            return self._joined(name, self.spec.parts_of(name))
        return self.groups[name]

    def exhibits(self) -> Iterator[tuple[str, Exhibit, Group]]:
        """Return (id, exhibit, group) in the order of the page; an id names group and figure."""
        for group, exhibit in self.spec.at_the_top:
            yield f"{group}-{exhibit.id}", exhibit, self.group(group)
        for section in self.spec.sections:
            for group in self.spec.shown_in(section):
                for name in section.exhibits:
                    yield f"{group}-{name}", self.spec.known_exhibits[name], self.group(group)
