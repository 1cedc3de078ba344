"""Does the page of statements say what was found, and the same bytes twice?"""

from __future__ import annotations

import html
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from saturation_lab.pages.json_twin import twin

from saturation_lab import InputError
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.statement_forest import deciding_table, forest_table, margins
from saturation_lab.inference.verdict import Region
from saturation_lab.judging.evidence import Evidence, examine
from saturation_lab.judging.statement_files import read_statements
from saturation_lab.pages.build import compute, write_page
from saturation_lab.pages.reading import read_spec
from saturation_lab.pages.statement_cards import card, more
from saturation_lab.pages.statements_page import write_evidence
from saturation_lab.pages.statements_text import evidence_table
from saturation_lab.words.numbers import unbroken

SOME = ("WI1", "WI3")


@pytest.fixture(scope="module")
def found() -> list[Evidence]:
    statements, studies = read_statements()
    return examine([s for s in statements if s.id in SOME], studies, workers=1)


def _write(found: list[Evidence], folder: Path) -> tuple[str, str]:
    page, data = write_evidence(found, folder, command="saturation-lab claims")
    return page.read_text(encoding="utf-8"), data.read_text(encoding="utf-8")


def test_the_page_says_what_was_found(found: list[Evidence], tmp_path: Path) -> None:
    page, data = _write(found, tmp_path)
    text = html.unescape(page)
    assert "<summary>The statements: 3 studies</summary>" in page
    for evidence in found:
        assert f'<article id="{evidence.statement.id}">' in page
        for words in (evidence.statement.sentence, evidence.statement.precise):
            assert unbroken(words) in text
        for finding in evidence.findings:
            assert unbroken(finding.number) in text
            assert unbroken(f"{evidence.words(finding)}:") in text
        assert all(study.to_toml() in text for study in evidence.studies.values())
    assert json.loads(data)["claims"] == json.loads(json.dumps([e.to_json() for e in found]))
    assert _write(found, tmp_path / "again") == (page, data)


def test_a_card_shows_what_decides_and_says_what_came_of_the_rest(found: list[Evidence]) -> None:
    first, second = (card(evidence) for evidence in found)
    assert first["more"] == "4 more parts: precise statement holds; others: 3 hold"
    assert second["more"] == "2 more parts: assumption met holds; precise statement holds"
    assert [part["head"] for part in second["parts"]] == ["Assumption met", "Precise statement"]
    assert first["parts"][0]["head"] == found[0].findings[1].claim.sentence
    assert second["decides"]["number"] == found[1].findings[0].number
    assert second["decides"]["tested"] == found[1].findings[0].claim.sentence
    assert second["decides"]["is"] == "share of N(0, 4²) beyond ±4"
    (one,) = second["networks"]
    assert (one["parts"], one["name"]) == ("WI3.precise", "Std w = 4/√n")
    assert one["says"].startswith("1 layer of 200 units, sigmoid, lecun_normal: w ~ N(0, std = g")
    alone = found[1].findings[2]
    assert more([alone]) == "1 more part: precise statement holds"
    assert more([found[0].findings[1]]) == "1 more part: 1 holds"


def test_ratios_are_drawn_with_their_own_intervals(found: list[Evidence]) -> None:
    table = forest_table(found)
    ratios = [f for e in found for f in e.findings if f.claim.experiment.logarithmic]
    assert table["note"].tolist() == [f.claim.id for f in ratios]
    for row, finding in zip(table.to_dict("records"), ratios, strict=True):
        assert (row["low"], row["high"]) == (finding.decided.low, finding.decided.high)
        assert row["verdict"] == finding.verdict.value


def test_every_verdict_is_where_its_number_stands_in_what_was_asked(found: list[Evidence]) -> None:
    table = deciding_table(found)
    assert table["key"].tolist() == list(SOME)
    for row in table.to_dict("records"):
        inside = row["inside_low"] < row["low"] and row["high"] < row["inside_high"]
        assert row["verdict"] == ("holds" if inside else "fails")


@pytest.mark.parametrize(
    ("x", "region", "logarithmic", "expected"),
    [
        (math.log(4), Region(low=-math.log(2), high=math.log(2)), True, 2.0),
        (0.95, Region(low=0.95, high=1.05), False, -1.0),
        (math.log(8), Region(low=math.log(2)), True, 1.0),
        (0.5, Region(low=1.0), False, -2.0),
        (0.2, Region(high=0.05), False, 3.0),
        (0.0, Region(high=8.0), False, -math.inf),
        (-0.1, Region(low=0.0), False, -math.inf),
        (-0.4, Region(high=-0.2), False, 0.0),
    ],
)
def test_margins_count_from_the_ends_of_a_region(
    x: float, region: Region, logarithmic: bool, expected: float
) -> None:
    assert margins(x, region, logarithmic=logarithmic) == pytest.approx(expected)
    ends = [margins(end, region, logarithmic=logarithmic) for end in (region.low, region.high)]
    assert ends == [pytest.approx(-1) if math.isfinite(region.low) else -math.inf,
                    pytest.approx(1) if math.isfinite(region.high) else math.inf]  # fmt: skip


def test_the_terminal_marks_what_is_not_on_record(found: list[Evidence]) -> None:
    parts = sum(len(evidence.findings) for evidence in found)
    text = " ".join(evidence_table(found).split())
    assert f"2 statements: 2 fail. {parts} tested parts, all with the verdict" in text
    first, second = found
    part = replace(first.findings[0], claim=replace(first.findings[0].claim, expected="holds"))
    news = replace(first, findings=(part, *first.findings[1:]))
    words = "E δ², layer 10 ÷ layer 1"
    assert [words in evidence_table(found, width=width) for width in (0, 90, 200)] == [
        False,
        False,
        True,
    ]
    text = evidence_table([news, second])
    assert f"! {part.claim.id}: expected holds, found {part.sentence}" in text
    assert " ".join(text.split()).endswith("1 with another verdict than the claims file expects.")


STATED = """
schema = 1
title = "Stated"
question = "Does it hold?"
[study]
depth = 2
width = 12
examples = 5
networks = 3
inputs = "digits"
[roles.tanh]
title = "tanh"
activation = "tanh"
initializer = "glorot_normal"
[groups.digits]
title = "Digits"
[groups.table]
title = "Activations"
activations = ["tanh", "relu"]
[groups.table.roles.one]
title = "Glorot"
initializer = "glorot_normal"
[[sections]]
title = "Cells"
group = "table"
table = "cells"
[[sections]]
title = "The rule"
group = "digits"
statements = ["WI3", "WI5"]
exhibits = ["statements", "saturation"]
"""


def test_a_report_shows_statements_between_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "stated.toml"
    path.write_text(STATED, encoding="utf-8")
    report = compute(read_spec(str(path)), workers=1)
    page = write_page(report, tmp_path).read_text(encoding="utf-8")
    assert [page.count(f'<article id="{one}">') for one in ("WI3", "WI5", "WI1")] == [1, 1, 0]
    assert page.count("<strong>How to read a verdict.</strong>") == 1
    assert page.count("How often such verdicts err") == 1
    assert "Bonferroni" not in page  # the cells compare no two initializations
    studies = twin(report)["deciding_studies"]
    assert set(studies) == {"Std w = 4/√n", "Var w = 4/√n"}
    assert all(f"<summary>{name} <code>" in page for name in studies)
    assert page.index('id="WI5"') < page.index('id="digits-statements"')
    assert [claim["id"] for claim in twin(report)["claims"]] == ["WI3", "WI5"]
    group, stated = report.groups["digits"], EXHIBITS["statements"]
    assert stated.table(group)["key"].tolist() == ["WI3", "WI5"]
    assert "1 hold, 1 fail" in stated.caption(group)
    assert "WI3 fails: 0.317, asked below 0.05." in stated.alt(group)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"WI5"]', '"WI55"]', "statements: expected one of"),
        ('statements = ["WI3", "WI5"]', "", "The rule: expected statements on the page, got none"),
        ('statements = ["WI3", "WI5"]', 'statements = "WI3"', "expected a list of names"),
    ],
)
def test_statements_that_are_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "stated.toml"
    path.write_text(STATED.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_spec(str(path))
