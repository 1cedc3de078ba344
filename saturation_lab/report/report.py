"""What is a report once its numbers are there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from saturation_lab.judge import Finding
from saturation_lab.report.exhibits import EXHIBITS, Exhibit
from saturation_lab.report.group import Group
from saturation_lab.report.spec import Spec


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report's specification with everything that was computed for it."""

    spec: Spec
    groups: Mapping[str, Group]
    findings: Mapping[str, tuple[Finding, ...]]

    def exhibits(self) -> Iterator[tuple[str, Exhibit, Group]]:
        """Return (id, exhibit, group) in the order of the page; an id names group and figure."""
        for section in self.spec.sections:
            for name in section.exhibits:
                yield f"{section.group}-{name}", EXHIBITS[name], self.groups[section.group]
