"""What stands on the page of a report from theory alone, and in its JSON twin?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from markupsafe import Markup

from saturation_lab.exhibits.constants import (
    IN_OVERVIEW,
    TITLES,
    constants_of,
    critical_rows,
    gain_rows,
    overview_rows,
    rule_cells,
    sentence,
)
from saturation_lab.measured import versions
from saturation_lab.pages.html import Figures, environment, figure_of, part_id, static
from saturation_lab.pages.report import Report
from saturation_lab.pages.spec import EACH, Section, Theory
from saturation_lab.pages.tables import csv, packed, tables_of
from saturation_lab.theory.outlook import RULES, Outlook, Placed


def theory_page(report: Report, figures: Figures) -> str:
    """Return the page of a report from theory alone as HTML."""
    spec, theory = report.spec, theory_of(report)
    linked = any(section.group == EACH for section in spec.sections)
    outlooks = outlooks_of(report)
    data = tables_of(report)
    return (
        environment()
        .get_template("theory.html")
        .render(
            spec=spec,
            theory=theory,
            tables={},
            columns={key: TITLES[key] for key in IN_OVERVIEW},
            overview=[
                {"part": part_id(name) if linked else "", **row}
                for name, row in zip(report.groups, overview_rows(outlooks), strict=True)
            ],
            rules=_rules(next(iter(outlooks.values()))),
            constants={"critical": critical_rows(outlooks), "gains": gain_rows(outlooks)},
            sections=[part for one in spec.sections for part in _parts(report, figures, one)],
            versions=versions(),
            behind=data.behind,
            packed={name: packed(csv(table)) for name, table in data.named.items()},
            style=Markup("".join(map(static, ("page.css", "pairs.css", "theory.css")))),
            downloads=Markup(static("downloads.js")),
        )
    )


def theory_of(report: Report) -> Theory:
    """Return what a report from theory alone is about."""
    assert report.spec.theory is not None
    return report.spec.theory


def outlooks_of(report: Report) -> dict[str, Outlook]:
    """Return every activation's outlook by its title."""
    return {title: one for group in report.groups.values() for title, one in group.outlooks.items()}


def _rules(one: Outlook) -> str:
    """Return where rules lie that are the same for every activation."""
    said = []
    for key, rule in RULES.items():
        placed = one.rule(key)
        if key == "lecture":
            said.append("Lecture: 4 sigmoid, 1 tanh, √2 ReLU and SiLU")
        elif placed is not None:
            bias = f" with σ_b = {placed.sigma_b:.3g}" if placed.sigma_b else ""
            said.append(f"{rule.title}: {placed.sigma_w:.4g}{bias}")
    return "; ".join(said)


def _parts(report: Report, figures: Figures, section: Section) -> list[dict[str, Any]]:
    """Return a section, or where it shows each group a heading and a part for every one."""
    if section.group != EACH:
        return [_part(report, figures, section, section.group)]
    parts = {part_id(name): group.title for name, group in report.groups.items()}
    opening = {**_empty(section), "title": section.title, "text": section.text}
    below = [
        _part(report, figures, section, name)
        | {"title": parts[part_id(name)], "text": "", "part": part_id(name), "parts": parts}
        for name in report.groups
    ]
    return [opening, *below]


def _empty(section: Section) -> dict[str, Any]:
    return {
        "title": section.title, "text": section.text, "group": "", "part": "", "parts": {},
        "table": "", "figures": [],
    }  # fmt: skip


def _part(report: Report, figures: Figures, section: Section, name: str) -> dict[str, Any]:
    group = report.group(name)
    found = {
        **_empty(section),
        "group": group.title,
        "table": section.table,
        "figures": [figure_of(report, figures, f"{name}-{x}") for x in section.exhibits],
    }
    if section.table == "rules":
        title, one = next(iter(group.outlooks.items()))
        found |= {
            "sentence": sentence(title, one),
            "activation": one.activation.name,
            "cells": rule_cells(one),
        }
    return found


def theory_twin(report: Report) -> dict[str, Any]:
    """Return what only the page of a report from theory alone says.

    ``activations`` has for each its constants and where every rule puts it.
    """
    spec, theory = report.spec, theory_of(report)
    return {
        "schema": 1,
        "report": spec.name,
        "title": spec.title,
        "question": spec.question,
        "lead": spec.lead,
        "command": spec.command,
        "versions": versions(),
        "groups": {name: group.title for name, group in spec.groups.items()},
        "depth": theory.depth,
        "width": theory.width,
        "answer": [sentence(title, one) for title, one in outlooks_of(report).items()],
        "activations": [
            {"group": name, **_activation(one)}
            for name, group in report.groups.items()
            for one in group.outlooks.values()
        ],
    }


def _activation(one: Outlook) -> Mapping[str, Any]:
    tuning = one.tuning
    return {
        **constants_of(one),
        "recommended": {
            "sigma_w": tuning.sigma_w, "sigma_b": tuning.sigma_b, "basis": tuning.basis.value,
        },
        "rules": [_rule(rule) for rule in one.placed],
    }  # fmt: skip


def _rule(rule: Placed) -> dict[str, Any]:
    return {**asdict(rule), "phase": rule.phase.value}
