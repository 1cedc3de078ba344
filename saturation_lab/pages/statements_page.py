"""What stands on the page of statements that were examined, and in its JSON twin?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from saturation_lab.claims.statement import KINDS
from saturation_lab.exhibits.statement_forest import forest_table
from saturation_lab.figures.forest import forest_plot
from saturation_lab.figures.theme import CANVASES, theme, written
from saturation_lab.files import write_atomically
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LEVEL
from saturation_lab.judging.evidence import Evidence
from saturation_lab.measured import versions
from saturation_lab.pages.html import data_uri, environment, static
from saturation_lab.pages.json_twin import in_lines
from saturation_lab.pages.report_page import deciding_studies
from saturation_lab.pages.statement_cards import card
from saturation_lab.pages.statements_text import counted
from saturation_lab.pages.tables import csv, packed
from saturation_lab.proof.guarantees import recorded


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the page says of itself."""

    name: str = "claims"
    title: str = "Every statement, predicted, measured and judged"
    question: str = "Which statements hold, which fail, and what carries them?"
    lead: str = ""
    command: str


def write_evidence(found: Sequence[Evidence], folder: Path, *, command: str) -> tuple[Path, Path]:
    """Write the page and the same as JSON into a folder; return their paths."""
    words = Words(command=command)
    page = evidence_page(found, words)
    data = {
        "report": words.name,
        "title": words.title,
        "question": words.question,
        "command": command,
        "versions": versions(),
        "claims": [evidence.to_json() for evidence in found],
        "studies": {name: study.to_dict() for name, study in deciding_studies(found).items()},
    }
    return (
        write_atomically(folder / "index.html", page.encode()),
        write_atomically(folder / "report.json", f"{in_lines(data)}\n".encode()),
    )


def evidence_page(found: Sequence[Evidence], words: Words) -> str:
    """Return the page as HTML."""
    headings = list(dict.fromkeys(evidence.statement.heading for evidence in found))
    chapters = {h: [e for e in found if e.statement.heading == h] for h in headings}
    tables = {f"chapter-{i}": forest_table(c) for i, c in enumerate(chapters.values(), 1)}
    drawn = {key: table for key, table in tables.items() if len(table)}
    return (
        environment()
        .get_template("evidence.html")
        .render(
            spec=words,
            tables={},
            overview=[],
            answer=counted(found),
            kinds=KINDS,
            level=percent(LEVEL),
            calibration=recorded(),
            sections=[
                {
                    "title": heading,
                    "text": "",
                    "group": heading,
                    "part": "",
                    "cards": [card(evidence) for evidence in chapter],
                    "figures": [_figure(key, drawn[key])] if key in drawn else [],
                }
                for (heading, chapter), key in zip(chapters.items(), tables, strict=True)
            ],
            deciding=deciding_studies(found),
            versions=versions(),
            behind={key: key for key in drawn},
            packed={key: packed(csv(table)) for key, table in drawn.items()},
            style=Markup("".join(map(static, ("page.css", "evidence.css")))),
            downloads=Markup(static("downloads.js")),
        )
    )


def _figure(key: str, table: pd.DataFrame) -> dict[str, Any]:
    drawings = {}
    for name in ("page", "phone"):
        with theme(CANVASES[name]):
            drawings[name] = data_uri(
                written(forest_plot(table, canvas=CANVASES[name], level=percent(LEVEL)), "svg")
            )
    verdicts = [f"{row.note} {row.verdict}" for row in table.itertuples()]
    return {
        "id": key,
        "title": "The numbers that are ratios",
        "caption": f"Points with {percent(LEVEL)} intervals over networks; the band is where a "
        "number must lie for its sentence to hold.",
        "numbers": "",
        "alt": f"Intervals of ratios: {', '.join(verdicts)}.",
        "plot": True,
        "alone": True,
        **drawings,
    }
