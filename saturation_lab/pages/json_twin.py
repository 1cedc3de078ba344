"""What does a page say, as data? Its JSON twin: the same words and numbers, and every table.

Undefined and infinite numbers are null, so a row of a histogram that reaches down to -inf has no
``left``, one that reaches up to inf no ``right``, and the row of the NaN neither.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.typical_network import typical_change
from saturation_lab.inference.intervals import Interval
from saturation_lab.judging.estimands import expected_ratio, top_over_bottom
from saturation_lab.measured import versions
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import WAYS, deciding_studies
from saturation_lab.pages.tables import Tables, columns, tables_of
from saturation_lab.pages.theory_page import theory_twin
from saturation_lab.pages.verdict_rows import counted
from saturation_lab.words.study_words import bias_words

SCHEMA = 2


def twin(report: Report) -> dict[str, Any]:
    """Return what the page of a report says, as plain data that is strict JSON.

    ``findings`` and ``in_short`` are as on the page, ratios in place of logarithms; ``claims`` are
    its statements and ``deciding_studies`` whose networks decide them, by their names; ``tables``
    holds every table behind a figure once, as columns:
    ``pandas.DataFrame(data["tables"][figure["table"]])``.
    """
    return with_figures(report, theory_twin(report) if report.spec.alone else _sampled(report))


def with_figures(report: Report, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page says, with its sections, figures, studies and tables, as strict JSON."""
    tables = tables_of(report)
    data: dict[str, Any] = _plain(
        {
            **said,
            "sections": [
                {
                    "title": section.title,
                    "text": section.text,
                    "group": section.group,
                    "figures": [
                        f"{group}-{name}"
                        for group in report.spec.shown_in(section)
                        for name in section.exhibits
                    ],
                }
                for section in report.spec.sections
            ],
            "figures": _figures(report, tables),
            "studies": said.get("studies") or _studies(report),
            "tables": {name: columns(table) for name, table in tables.named.items()},
        }
    )
    return data


def _sampled(report: Report) -> dict[str, Any]:
    """Return what only the page of sampled networks says."""
    spec = report.spec
    some = next(iter(spec.studies.values()))
    return {
        "schema": SCHEMA,
        "report": spec.name,
        "title": spec.title,
        "question": spec.question,
        "lead": spec.lead,
        "command": spec.command,
        "versions": versions(),
        "groups": {name: group.title for name, group in spec.groups.items()},
        "roles": {name: _roles(group) for name, group in report.groups.items()},
        "loss": LOSSES[some.resolved_loss].formula,
        "biases": bias_words(list(spec.studies.values())),
        "answer": counted(report),
        "in_short": _in_short(report),
        "findings": [
            {"group": group, **finding.to_json()}
            for group, found in report.findings.items()
            for finding in found
        ],
        "claims": [one.to_json() for one in report.evidence.values()],
        "deciding_studies": {
            name: study.to_dict()
            for name, study in deciding_studies(report.evidence.values()).items()
        },
        "kept": [
            {"group": group, "role": role, "nearest": role == keeping.nearest, **kept.to_json()}
            for group, blocks in report.kept.items()
            for keeping in blocks.values()
            for role, kept in keeping.kept.items()
        ],
    }


def twin_text(report: Report) -> str:
    """Return the twin as JSON, one line for each thing at its top."""
    return in_lines(twin(report))


def in_lines(data: Mapping[str, Any]) -> str:
    """Return plain data as JSON, one line for each thing at its top."""
    lines = [
        f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False, allow_nan=False)}"
        for key, value in data.items()
    ]
    return "{\n" + ",\n".join(lines) + "\n}"


def _roles(group: Group) -> dict[str, dict[str, Any]]:
    roles = {}
    for role, result in group.results.items():
        rule = result.study.architecture.initializer
        roles[role] = {
            "title": group.titles[role],
            "activation": result.study.architecture.activation.name,
            "initializer": rule.name,
            "law": rule.formula,
            "source": rule.source,
        }
    return roles


def _in_short(report: Report) -> list[dict[str, Any]]:
    """Return the mean squares of the top hidden layer over those of layer 1.

    ``predicted`` is for wide layers, ``exact`` the geometric mean at that width if derived.
    """
    return [
        {
            "group": name,
            "role": role,
            "quantity": quantity,
            "top_over_bottom": _interval(top_over_bottom(result, quantity)),
            "predicted": expected_ratio(group.predictions.get(role), quantity),
            "exact": math.exp(typical_change(result.study, quantity)),
        }
        for name, group in report.groups.items()
        for quantity in WAYS
        for role, result in group.results.items()
    ]


def _interval(interval: Interval) -> dict[str, float]:
    return {"estimate": interval.estimate, "low": interval.low, "high": interval.high}


def _figures(report: Report, tables: Tables) -> list[dict[str, Any]]:
    return [
        {
            "id": key,
            "group": group.name,
            "title": exhibit.title,
            "caption": exhibit.caption(group),
            "numbers": exhibit.numbers(group),
            "alt": exhibit.alt(group),
            "table": tables.behind[key],
        }
        for key, exhibit, group in report.exhibits()
    ]


def _studies(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "group": name,
            "role": role,
            "digest": result.study.digest,
            "study": result.study.to_dict(),
            "overflowed": result.summary.overflowed,
            "overflows": result.overflows(),
        }
        for name, group in report.groups.items()
        for role, result in group.results.items()
    ]


def _plain(value: Any) -> Any:
    """Return plain data with null where JSON has no number."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
