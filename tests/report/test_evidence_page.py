"""Does the page of statements say what was found, and the same bytes twice?"""

from __future__ import annotations

import html
import json
from dataclasses import replace
from pathlib import Path

import pytest

from saturation_lab.evidence import Evidence, examine
from saturation_lab.report.evidence_forest import forest_table
from saturation_lab.report.evidence_page import write_evidence
from saturation_lab.report.evidence_table import evidence_table
from saturation_lab.report.prose import unbroken
from saturation_lab.statements import read_statements

SOME = ("WI1", "WI3")


@pytest.fixture(scope="module")
def found() -> list[Evidence]:
    statements, studies = read_statements()
    return examine([s for s in statements if s.id in SOME], studies, workers=1)


def _write(found: list[Evidence], folder: Path) -> tuple[str, str]:
    _, studies = read_statements()
    page, data = write_evidence(found, studies, folder, command="saturation-lab claims")
    return page.read_text(encoding="utf-8"), data.read_text(encoding="utf-8")


def test_the_page_says_what_was_found(found: list[Evidence], tmp_path: Path) -> None:
    page, data = _write(found, tmp_path)
    text = html.unescape(page)
    for evidence in found:
        assert f'<article id="{evidence.statement.id}">' in page
        for words in (evidence.statement.sentence, evidence.statement.precise):
            assert unbroken(words) in text
        for finding in evidence.findings:
            assert unbroken(finding.number) in text
    assert json.loads(data)["claims"] == json.loads(json.dumps([e.to_json() for e in found]))
    assert _write(found, tmp_path / "again") == (page, data)


def test_ratios_are_drawn_with_their_own_intervals(found: list[Evidence]) -> None:
    table = forest_table(found)
    ratios = [f for e in found for f in e.findings if f.claim.experiment.logarithmic]
    assert table["note"].tolist() == [f.claim.id for f in ratios]
    for row, finding in zip(table.to_dict("records"), ratios, strict=True):
        assert (row["low"], row["high"]) == (finding.decided.low, finding.decided.high)
        assert row["verdict"] == finding.verdict.value


def test_the_terminal_marks_what_is_not_on_record(found: list[Evidence]) -> None:
    parts = sum(len(evidence.findings) for evidence in found)
    text = evidence_table(found)
    assert text.endswith(f"2 statements: 2 fail. {parts} claims, all as on record.")
    first, second = found
    part = replace(first.findings[0], claim=replace(first.findings[0].claim, expected="holds"))
    news = replace(first, findings=(part, *first.findings[1:]))
    text = evidence_table([news, second])
    assert f"! {part.claim.id}: on record holds, {part.sentence}" in text
    assert text.endswith("1 not as on record.")
