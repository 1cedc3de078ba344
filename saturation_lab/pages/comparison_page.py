"""What stands on the page of two studies side by side, and in its JSON twin?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.side_by_side import (
    BOTH,
    ONE,
    OTHER,
    contrast_exhibits,
    contrast_sections,
)
from saturation_lab.exhibits.theory_lines import predictions
from saturation_lab.files import write_atomically
from saturation_lab.inference.digits import percent, rounded_up, short
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.build import drawn
from saturation_lab.pages.comparison_text import differing_rows, shown_text
from saturation_lab.pages.html import Figures, environment, figure_of, static
from saturation_lab.pages.json_twin import in_lines, with_figures
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import sampled_words
from saturation_lab.pages.spec import Planned, Spec
from saturation_lab.pages.tables import csv, packed, tables_of
from saturation_lab.statistics.quantities import QUANTITIES

LEAST_P = 1e-6
"""A smaller p-value is said to be below this."""
ALL = "comparisons"
"""The table of all comparisons, beside those behind figures."""


def write_contrast(found: Contrast, folder: Path, *, command: str) -> tuple[Path, Path]:
    """Write the page and the same as JSON into a folder; return their paths.

    Args:
        command: how the page is made again.
    """
    report = contrast_report(found, command=command)
    page = contrast_page(found, report, drawn(report))
    data = in_lines(contrast_twin(found, report))
    return (
        write_atomically(folder / "index.html", page.encode()),
        write_atomically(folder / "report.json", f"{data}\n".encode()),
    )


def contrast_report(found: Contrast, *, command: str) -> Report:
    """Return the two studies as a report: together, and each alone."""
    roles = (ONE, OTHER)
    titles = dict(zip(roles, found.names, strict=True))
    results = {
        role: replace(result, name=role) for role, result in zip(roles, found.sides, strict=True)
    }
    expected = predictions({(BOTH, role): result.study for role, result in results.items()})
    both = Group(
        name=BOTH,
        title=" and ".join(found.names),
        results=results,
        titles=titles,
        predictions={role: one for (_, role), one in expected.items()},
    )
    alone = {
        role: replace(both, name=role, title=title, results={role: results[role]}, titles=some)
        for role, title in titles.items()
        for some in ({role: title},)
    }
    groups = {BOTH: both, **alone}
    spec = Spec(
        name="compare",
        title=" and ".join(found.names),
        question="In what do the two differ, layer by layer, and where are they alike?",
        lead="",
        command=command,
        groups={name: Planned(title=group.title) for name, group in groups.items()},
        sections=contrast_sections(found),
        own_exhibits=contrast_exhibits(found),
    )
    return Report(spec=spec, groups=groups, findings={})


def contrast_page(found: Contrast, report: Report, figures: Figures) -> str:
    """Return the page as HTML."""
    data = tables_of(report)
    first = found.sides[0].study
    named = {**data.named, ALL: comparisons(found)}
    return (
        environment()
        .get_template("contrast.html")
        .render(
            spec=report.spec,
            found=found,
            tables={},
            overview=[],
            shown=shown_text(found),
            loss=LOSSES[first.resolved_loss].formula,
            keys=differing_rows(found),
            margins=margins_text(found.margins),
            alpha=percent(found.alpha),
            rows=[_row(row) for row in found.rows],
            sections=[_section(report, figures, i) for i in range(len(report.spec.sections))],
            studies=[
                {
                    "title": name,
                    "digest": result.study.digest,
                    "toml": result.study.to_toml(),
                    "sampled": sampled_words(result.study),
                    "overflowed": result.summary.overflowed,
                    "versions": dict(result.made_with),
                }
                for name, result in zip(found.names, found.sides, strict=True)
            ],
            behind=data.behind,
            packed={name: packed(csv(table)) for name, table in named.items()},
            style=Markup("".join(map(static, ("page.css", "pairs.css")))),
            downloads=Markup(static("downloads.js")),
        )
    )


def contrast_twin(found: Contrast, report: Report) -> dict[str, Any]:
    """Return what the page says as plain data: all of the contrast, and what is behind figures."""
    said = {
        "report": report.spec.name,
        "title": report.spec.title,
        "question": report.spec.question,
        "command": report.spec.command,
        **found.to_json(),
    }
    return with_figures(report, said)


def comparisons(found: Contrast) -> pd.DataFrame:
    """Return every comparison as one table."""
    rows = []
    for row in found.rows:
        interval = row.comparison.interval
        rows.append(
            {
                "quantity": row.quantity,
                "layer": row.layer,
                "scale": row.comparison.scale,
                "estimate": interval.estimate,
                "low": interval.low,
                "high": interval.high,
                "p_value": row.comparison.p_value,
                "p_adjusted": row.p_adjusted,
                "differs": row.differs,
                "alike": row.verdict,
                "smallest_margin": float("nan") if row.alike is None else row.alike.smallest_margin,
            }
        )
    return pd.DataFrame(rows)


def _section(report: Report, figures: Figures, index: int) -> dict[str, Any]:
    section = report.spec.sections[index]
    return {
        "title": section.title,
        "text": section.text,
        "group": report.groups[section.group].title,
        "part": "",
        "first": index == 0,
        "figures": [figure_of(report, figures, f"{section.group}-{x}") for x in section.exhibits],
    }


def _row(row: Row) -> dict[str, str]:
    """Return a comparison in words."""
    smallest = ""
    if row.alike is not None:
        smallest = rounded_up(row.alike.smallest_margin, row.alike.interval.se)
    return {
        "quantity": row.quantity,
        "definition": QUANTITIES[row.quantity].definition,
        "layer": str(row.layer),
        "scale": row.comparison.scale,
        "number": row.number,
        "p": short(row.p_adjusted) if row.p_adjusted >= LEAST_P else f"< {short(LEAST_P)}",
        "differs": "same" if row.same else "differs" if row.differs else "not shown",
        "verdict": "" if row.alike is None else row.alike.verdict.value,
        "alike": row.verdict,
        "smallest": smallest,
    }
