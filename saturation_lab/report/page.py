"""What stands on a page? One offline HTML file, the same bytes for the same report."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from latex2mathml.converter import convert
from markupsafe import Markup

from saturation_lab.inference.verdict import Verdict
from saturation_lab.judge import Finding, top_over_bottom
from saturation_lab.nets.initializers import BIASES
from saturation_lab.nets.losses import LOSSES
from saturation_lab.report.prose import TIMES, estimate_text, factor_text, interval_text, unbroken
from saturation_lab.report.report import Report
from saturation_lab.sampling.result import versions

Figures = Mapping[str, Mapping[str, bytes]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the verdict table, in words."""

    source: str
    sentence: str
    precise: str
    measured: str
    interval: str
    verdict: str


def row(finding: Finding) -> Row:
    """Return a finding in words: ratios, not logarithms."""
    claim = finding.claim
    scale = finding.interval.map(math.exp)
    measured = f"{estimate_text(finding.ratio)}"
    if finding.beside is None:
        interval = interval_text(scale)
    else:
        measured += (
            f" instead of {estimate_text(finding.beside)}: the factor away from 1 is "
            f"{estimate_text(scale)} times smaller"
        )
        interval = f"{TIMES} {interval_text(scale)}"
    return Row(
        source=claim.source,
        sentence=claim.sentence,
        precise=claim.precise,
        measured=measured,
        interval=interval,
        verdict=finding.verdict.value,
    )


def page(report: Report, figures: Figures) -> str:
    """Return the page of a report as HTML."""
    template = _environment().get_template("page.html")
    spec = report.spec
    studies = {key: report.groups[key[0]].results[key[1]].study for key in spec.studies}
    some = next(iter(studies.values()))
    return template.render(
        spec=spec,
        groups=report.groups,
        rules=_rules(report),
        answer=_answer(report),
        in_short=_in_short(report),
        tables={name: [row(f) for f in found] for name, found in report.findings.items()},
        sections=[
            {
                "title": section.title,
                "text": section.text,
                "group": spec.groups[section.group],
                "figures": [
                    _figure(report, figures, f"{section.group}-{x}") for x in section.exhibits
                ],
            }
            for section in spec.sections
        ],
        some=some,
        loss=LOSSES[some.resolved_loss].formula,
        bias=BIASES[some.resolved_bias].formula,
        studies=[
            {
                "title": f"{spec.groups[group]}, {spec.roles[role].lower()}",
                "digest": study.digest,
                "toml": study.to_toml(),
                "overflowed": report.groups[group].results[role].summary.overflowed,
            }
            for (group, role), study in studies.items()
        ],
        versions=versions(),
        style=Markup(_static("page.css")),  # written here, not by a user
    )


def _answer(report: Report) -> list[str]:
    """Return one sentence a group: how many statements hold, and which do not."""
    sentences = []
    for name, found in report.findings.items():
        title = report.groups[name].title
        if all(f.verdict is Verdict.UNDECIDED for f in found):
            why = ": one network has no spread" if found[0].interval.networks < 2 else ""
            sentences.append(f"{title}: all {len(found)} statements are undecided{why}.")
            continue
        holding = sum(f.verdict is Verdict.HOLDS for f in found)
        counted = f"all {len(found)}" if holding == len(found) else f"{holding} of {len(found)}"
        others = [
            f"“{f.claim.sentence.strip('“”… ')}” ({f.claim.source}) "
            + ("is undecided" if f.verdict is Verdict.UNDECIDED else f.verdict.value)
            for f in found
            if f.verdict is not Verdict.HOLDS
        ]
        tail = "; " + "; ".join(others) if others else ""
        sentences.append(f"{title}: {counted} statements of the paper hold{tail}.")
    return sentences


def _in_short(report: Report) -> list[dict[str, Any]]:
    """Return how gradient and signal change on their ways, a row a group and a cell a role."""
    rows = []
    for name, group in report.groups.items():
        ways = (
            ("gradient_mean_square", f"mean square of δ, layer {group.depth} down to 1", -1),
            ("activation_mean_square", f"mean square of a, layer 1 up to {group.depth}", 1),
        )
        for quantity, label, way in ways:
            ratios = [top_over_bottom(result, quantity) for result in group.results.values()]
            rows.append(
                {
                    "group": report.groups[name].title,
                    "label": label,
                    "cells": [factor_text(ratio, way) for ratio in ratios],
                }
            )
    return rows


def _rules(report: Report) -> list[dict[str, Any]]:
    """Return each role with its weight law as MathML."""
    first = next(iter(report.groups.values()))
    rules = []
    for role, title in report.spec.roles.items():
        rule = first.results[role].study.architecture.initializer
        rules.append(
            {
                "title": title,
                "name": rule.name,
                "source": rule.source,
                "law": Markup(convert(rule.latex)),  # our own formula
            }
        )
    return rules


def _figure(report: Report, figures: Figures, key: str) -> dict[str, Any]:
    exhibit, group = next((e, g) for k, e, g in report.exhibits() if k == key)
    drawings = figures[key]
    return {
        "id": key,
        "title": exhibit.title,
        "caption": exhibit.caption(group),
        "alt": f"{exhibit.title}. {exhibit.alt(group)}",
        "plot": exhibit.plot,
        "page": _data_uri(drawings["page"]),
        "phone": _data_uri(drawings["phone"]),
    }


def _data_uri(svg: bytes) -> str:
    """Return SVG as a data URI: percent-encoded, or in base64 where that is shorter (images)."""
    # no space may stay: a srcset ends an address there
    text = "data:image/svg+xml," + quote(svg.decode(), safe="='/:;()-_.!*?@+$&~|{}[]^`")
    packed = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
    return min(text, packed, key=len)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("saturation_lab.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = unbroken
    return environment


def _static(name: str) -> str:
    from importlib.resources import files

    return files("saturation_lab.report").joinpath("static", name).read_text(encoding="utf-8")
