"""What stands on a page? One offline HTML file, the same bytes for the same report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from saturation_lab.claims.library.keeps import KEEPS
from saturation_lab.claims.statement import KINDS
from saturation_lab.exhibits.lecture_cells import cell_rows, in_sentences
from saturation_lab.exhibits.material import units_text
from saturation_lab.exhibits.pair_rows import in_a_sentence, pair_rows
from saturation_lab.exhibits.typical_network import typical_change
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LEVEL
from saturation_lab.judging.estimands import expected_ratio, log_ratio, top_over_bottom
from saturation_lab.judging.evidence import Evidence
from saturation_lab.measured import versions
from saturation_lab.nets.losses import LOSSES
from saturation_lab.nets.undrawn import numbers_drawn
from saturation_lab.pages.html import Figures, environment, figure_of, part_id, static
from saturation_lab.pages.instead import instead_rows
from saturation_lab.pages.report import Report
from saturation_lab.pages.spec import EACH
from saturation_lab.pages.statement_cards import card
from saturation_lab.pages.statements_text import counted as counted_evidence
from saturation_lab.pages.tables import csv, packed, tables_of
from saturation_lab.pages.verdict_rows import counted, row
from saturation_lab.pages.weight_laws import rule_rows
from saturation_lab.proof.guarantees import recorded
from saturation_lab.sampling.result import Result
from saturation_lab.study import Study
from saturation_lab.theory.propagation import Prediction
from saturation_lab.words.numbers import (
    change_factor,
    factor_text,
    span_text,
)
from saturation_lab.words.study_words import bias_words

MOST_LISTED = 8
"""So many studies of a group are listed at the foot of a page; more are folded together."""

WAYS = {
    "gradient_mean_square": ("mean square of δ, layer {depth} down to 1", -1),
    "activation_mean_square": ("mean square of a, layer 1 up to {depth}", 1),
}
"""What stands at the top of a page: the label of a quantity and which way it goes (up: 1)."""


def page(report: Report, figures: Figures) -> str:
    """Return the page of a report as HTML."""
    template = environment().get_template("page.html")
    spec = report.spec
    studies = [r.study for group in report.sampled.values() for r in group.results.values()]
    some = studies[0]
    data = tables_of(report)
    return template.render(
        spec=spec,
        groups=report.groups,
        rules=rule_rows(report),
        answer=[*_stated(report), *counted(report)],
        stated=bool(report.evidence),
        kinds=KINDS,
        level=percent(LEVEL),
        in_short=_in_short(report),
        tables={name: [row(f) for f in found] for name, found in report.findings.items()},
        forests={
            group: figure_of(report, figures, f"{group}-{exhibit.id}")
            for group, exhibit in spec.at_the_top
        },
        calibration=recorded(),
        sections=_sections(report, figures),
        overview=_overview(report),
        instead=_instead(report),
        keeps=KEEPS.values(),
        networks=span_text([study.networks for study in studies]),
        units=_units(report),
        some=some,
        loss=LOSSES[some.resolved_loss].formula,
        bias=bias_words(studies),
        studies=_studies(report),
        deciding=deciding_studies(report.evidence.values()),
        versions=versions(),
        behind=data.behind,
        packed={name: packed(csv(table)) for name, table in data.named.items()},
        style=Markup("".join(map(static, _styles(report)))),  # written here, not by a user
        downloads=Markup(static("downloads.js")),
    )


def _studies(report: Report) -> list[dict[str, Any]]:
    """Return the studies of each group: title, digest and TOML; those of many are folded."""
    return [
        {
            "title": group.title,
            "folded": len(group.results) > MOST_LISTED,
            "studies": [
                {
                    "title": f"{group.title}: {group.label(role)}",
                    "digest": result.study.digest,
                    "toml": result.study.to_toml(),
                    "sampled": sampled_words(result.study),
                    "overflowed": result.summary.overflowed,
                }
                for role, result in group.results.items()
            ],
        }
        for group in report.sampled.values()
    ]


def _styles(report: Report) -> list[str]:
    return ["page.css", "pairs.css", *(["evidence.css"] if report.evidence else [])]


def deciding_studies(found: Iterable[Evidence]) -> dict[str, Study]:
    """Return whose networks decide statements, each once."""
    return {name: study for evidence in found for name, study in evidence.studies.items()}


def _stated(report: Report) -> list[str]:
    """Return how many statements hold, where the page shows some."""
    return [counted_evidence(list(report.evidence.values()))] if report.evidence else []


def _sections(report: Report, figures: Figures) -> list[dict[str, Any]]:
    """Return the body of the page; a section of each group has a part for every one of them."""
    sections = []
    for section in report.spec.sections:
        inner = []
        for name in report.spec.shown_in(section):
            group = report.group(name)
            (kept,) = report.kept[name].values() if section.table == "keeps" else (None,)
            inner.append(
                {
                    "title": section.title,
                    "text": section.text,
                    "group": group.title,
                    "part": "",
                    "parts": {},
                    "cards": [card(report.evidence[one]) for one in section.statements],
                    "how": bool(section.table),
                    "cells": cell_rows(group) if section.table == "cells" else {},
                    "counted": in_sentences(group) if section.table == "cells" else [],
                    "columns": list(dict.fromkeys(group.titles.values())),
                    "advised": _advised(report, name),
                    "rows": pair_rows(kept, group.titles) if kept else [],
                    "sentence": in_a_sentence(group.title, kept, group.titles) if kept else "",
                    "depth": group.depth if group.results else 0,
                    "figures": [
                        figure_of(report, figures, f"{name}-{x}") for x in section.exhibits
                    ],
                }
            )
        if section.group == EACH:
            parts = {part_id(name): group.title for name, group in report.groups.items()}
            for part, below in zip(parts, inner, strict=True):
                below.update(title=parts[part], text="", part=part, parts=parts, how=False)
            opening = {"title": section.title, "text": section.text, "how": bool(section.table)}
            empty = {"part": "", "rows": [], "cells": {}, "figures": []}
            inner.insert(0, {**inner[0], **opening, **empty})
        sections += inner
    return sections


def _advised(report: Report, name: str) -> list[str]:
    """Return what the roles are called whose initialization theory chose."""
    plans = [report.spec.groups[part] for part in report.spec.parts_of(name)]
    return list(dict.fromkeys(p.titles[role] for p in plans for role in sorted(p.recommended)))


def _overview(report: Report) -> list[dict[str, Any]]:
    """Return whether signal and gradient are kept: groups with the same roles share a table."""
    tables: dict[tuple[str, ...], dict[str, Any]] = {}
    for name in report.spec.tabled("keeps"):
        table = _kept_table(report, name)
        key = (str(table["depth"]), *table["columns"])
        tables.setdefault(key, {**table, "rows": []})["rows"] += table["rows"]
    return list(tables.values())


def _instead(report: Report) -> list[dict[str, Any]]:
    """Return what to use in place of the lecture's rules, where a table of cells says it."""
    tables = []
    for name in dict.fromkeys(report.spec.tabled("cells")):
        group = report.group(name)
        rows = instead_rows(group, report.spec.groups[name].recommended)
        tables += [{"depth": group.depth, "rows": rows}] if rows else []
    return tables


def _kept_table(report: Report, name: str) -> dict[str, Any]:
    """Return what a group's roles keep, a row for each activation."""
    group = report.groups[name]
    linked = any(section.group == EACH for section in report.spec.sections)
    return {
        "depth": group.depth,
        "columns": list(dict.fromkeys(group.titles.values())),
        "rows": [
            {
                "title": block,
                "part": part_id(name) if linked else "",
                "cells": pair_rows(kept, group.titles),
            }
            for block, kept in report.kept[name].items()
        ],
    }


def _units(report: Report) -> str:
    """Return how many units of which activation the hidden layers have."""
    every = [r.study for group in report.sampled.values() for r in group.results.values()]
    depths = dict.fromkeys(len(study.widths) for study in every)
    return "; ".join(
        _units_at(depth, [study for study in every if len(study.widths) == depth])
        for depth in depths
    )


def _units_at(depth: int, studies: Sequence[Study]) -> str:
    widths = dict.fromkeys(study.widths for study in studies)
    even = [layers for layers in widths if len(set(layers)) == 1]
    uneven = [
        ", ".join(f"{units:,}" for units in layers) for layers in widths if layers not in even
    ]
    names = {study.architecture.activation.title for study in studies}
    kind = names.pop() + " " if len(names) == 1 else ""
    said = [f"{units_text(even)} {kind}units each"] if even else []
    said += [layers if even else f"{layers} {kind}units" for layers in uneven]
    return f"{depth}: {'; or '.join(said)}"


def _in_short(report: Report) -> list[dict[str, Any]]:
    """Return how gradient and signal change on their ways: a row a group, a cell a role.

    Groups with the same roles share a table.
    """
    tables: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for group in report.sampled.values():
        if group.blocks:  # the table of cells says it
            continue
        rows = tables.setdefault(tuple(map(group.label, group.results)), [])
        for quantity, (label, way) in WAYS.items():
            cells = [
                {
                    "measured": _change(result, quantity, way),
                    "theory": expected_change(result, group.predictions.get(role), quantity, way),
                }
                for role, result in group.results.items()
            ]
            rows.append(
                {
                    "group": group.title,
                    "label": label.format(depth=group.depth),
                    "cells": cells,
                }
            )
    return [{"columns": columns, "rows": rows} for columns, rows in tables.items()]


def _change(result: Result, quantity: str, way: int) -> str:
    """Return the change of a quantity on its way, or how many networks have none."""
    text = factor_text(top_over_bottom(result, quantity), way)
    lost = int(np.count_nonzero(np.isnan(log_ratio(result, quantity))))
    return f"{text} in {lost:,} of {result.study.networks:,} networks" if lost else text


def expected_change(result: Result, prediction: Prediction | None, quantity: str, way: int) -> str:
    """Return the change that theory expects of the typical network, or of an infinitely wide one.

    Where the law at the very width is known it is the geometric mean of that law.
    """
    log, beside = typical_change(result.study, quantity), top_over_bottom(result, quantity)
    if math.isfinite(log):
        return f"exact {change_factor(math.exp(log), way, beside)}"
    return change_factor(expected_ratio(prediction, quantity), way, beside)


def sampled_words(study: Study) -> str:
    """Return which sampler drew a resolved study, and why."""
    if study.sampler == "dense":
        why = study.reason_to_draw
        return f"Every weight was drawn{f', as {why}' if why else ''}."
    layers = study.architecture.layers
    weights = sum(layer.fan_in * layer.fan_out for layer in layers)
    numbers = numbers_drawn(study.architecture, study.examples)
    return (
        f"Weights were left undrawn, which is exact: {numbers:,} normal numbers a network in place "
        f"of {weights:,} weights."
    )
