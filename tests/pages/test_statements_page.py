"""Test that the page of statements shows the findings and is reproducible."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from saturation_lab import InputError, Study, write_page
from saturation_lab.exhibits import STATEMENTS, Material, margins
from saturation_lab.inference import Region
from saturation_lab.judging import Evidence, examine, read_statements
from saturation_lab.pages import Page, compute, read_spec, statements_blocks
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.as_text import as_text
from saturation_lab.pages.report_page import report_page
from saturation_lab.pages.statements_page import statements_page
from tests.pages.parsed import Seen, refuse_broken

SOME = ("WI1", "WI3")


@pytest.fixture(scope="module")
def found() -> list[Evidence]:
    statements, studies = read_statements()
    return examine([s for s in statements if s.id in SOME], studies, workers=1)


@pytest.fixture(scope="module")
def page(found: list[Evidence]) -> Page:
    return statements_page(found, command="saturation-lab claims")


@pytest.fixture(scope="module")
def html(page: Page) -> str:
    return as_html(page)


def test_the_page_says_what_was_found(found: list[Evidence], html: str) -> None:
    seen = Seen(html)
    refuse_broken(seen)
    assert not seen.lacks("Studies behind the statements: 3", "saturation-lab claims")
    for evidence in found:
        stated = evidence.statement
        assert html.count(f'<article id="{stated.id}"') == 1
        assert f"#{stated.id}" in seen.links
        assert not seen.lacks(stated.sentence, stated.precise)
        for finding in evidence.findings:
            assert not seen.lacks(finding.number, finding.asked, finding.claim.precise)
            assert not seen.lacks(f"{evidence.words(finding)}:")
        for origin in evidence.origins.values():
            assert isinstance(origin, Study)
            assert not seen.lacks(origin.to_toml())


def test_its_json_has_every_part_and_every_study(
    found: list[Evidence], page: Page, tmp_path: Path
) -> None:
    _, data = write_page(page, tmp_path / "one")
    said = json.loads(data.read_text(encoding="utf-8"))
    assert said["cards"] == json.loads(json.dumps([one.to_json() for one in found]))
    origins = {name: one for evidence in found for name, one in evidence.origins.items()}
    assert {one["id"]: one["digest"] for one in said["studies"]} == {
        name: one.digest for name, one in origins.items()
    }
    _, again = write_page(page, tmp_path / "two")
    assert again.read_bytes() == data.read_bytes()


def test_the_same_bytes_again(html: str, found: list[Evidence]) -> None:
    assert as_html(statements_page(found, command="saturation-lab claims")) == html


def test_a_card_shows_what_decides_and_says_what_came_of_the_rest(
    found: list[Evidence], html: str
) -> None:
    first, second = (
        Seen(html[html.index(f'<article id="{one}"') :].partition("</article>")[0]) for one in SOME
    )
    assert not first.lacks("4 more parts: precise statement holds; others: 3 hold")
    assert not second.lacks("2 more parts: assumption met holds; precise statement holds")
    assert not first.lacks("advice, incomplete: tiny weights do not saturate a sigmoid either")
    assert not second.lacks("Assumption met", "Precise statement")
    assert not first.lacks(*(part.claim.sentence for part in found[0].findings[:2]))
    assert not second.lacks("Std z = 4: share of z beyond ±4", "31.7 %", "below 5 %")
    assert not second.lacks("WI3.precise", "Std w = 4/√n")
    assert not second.lacks("1 layer of 200 units, sigmoid, lecun_normal: w ~ N(0, std = g")
    verdicts = [second.text.count(f"{word} ") for word in ("computed", "networks")]
    assert min(verdicts) >= 1  # how many networks each number is of


def test_one_more_part_is_said_as_one(found: list[Evidence]) -> None:
    few = [replace(one, findings=(one.findings[0], one.findings[-1])) for one in found]
    seen = Seen(as_html(statements_page(few, command="again")))
    assert seen.text.count("1 more part: ") == 2


def test_ratios_are_drawn_with_their_own_intervals(found: list[Evidence], page: Page) -> None:
    table = pd.concat([figure.shown.table for figure in page.figures])
    ratios = [f for e in found for f in e.findings if f.experiment.logarithmic]
    assert table["note"].tolist() == [f.claim.id for f in ratios]
    for row, finding in zip(table.to_dict("records"), ratios, strict=True):
        assert (row["low"], row["high"]) == (finding.decided.low, finding.decided.high)
        assert row["verdict"] == finding.verdict.value


def test_every_verdict_is_where_its_number_stands_in_what_was_asked(found: list[Evidence]) -> None:
    stated = {one.statement.id: one for one in found}
    table = STATEMENTS.make(Material(name="some", title="Some", stated=stated)).table
    assert table["key"].tolist() == list(SOME)
    for row in table.to_dict("records"):
        inside = row["inside_low"] < row["low"] and row["high"] < row["inside_high"]
        assert not inside  # neither advice suffices
        assert row["verdict"] == "advice"


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


def _said(found: list[Evidence]) -> str:
    return " ".join(as_text(statements_blocks(found)).split())


def test_the_terminal_marks_what_is_not_on_record(found: list[Evidence]) -> None:
    assert "2 statements: 2 give advice. 2 statements to correct or to complete." in _said(found)
    first, second = found
    part = replace(first.findings[0], claim=replace(first.findings[0].claim, expected="holds"))
    news = replace(first, findings=(part, *first.findings[1:]))
    text = _said([news, second])
    assert f"! {part.claim.id}: expected holds, found {part.sentence}" in text
    assert f"Verdicts that differ from those on record: {first.statement.id}." in text
    seen = Seen(as_html(statements_page([news, second], command="again")))
    assert not seen.lacks(f"Differs from the verdict on record: {part.claim.id}")


STATED = """
schema = 1
title = "Stated"
cover = "digits-saturation"
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


def _within(blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        yield block
        yield from _within(block.get("blocks", []))


def test_a_report_shows_statements_between_its_figures(tmp_path: Path) -> None:
    path = tmp_path / "stated.toml"
    path.write_text(STATED, encoding="utf-8")
    page = report_page(compute(read_spec(str(path)), workers=1))
    html, said = as_html(page), as_json(page)
    seen = Seen(html)
    refuse_broken(seen)
    assert [html.count(f'<article id="{one}"') for one in ("WI3", "WI5", "WI1")] == [1, 1, 0]
    assert seen.text.count("How to read a verdict.") == 1
    assert seen.text.count("How often such verdicts err") == 1
    assert "Bonferroni" not in seen.text  # the cells compare no two initializations
    assert html.index('id="digits-saturation"') < html.index('id="WI5"')  # the cover
    assert html.count('<figure id="digits-saturation"') == 1
    assert "#digits-saturation" in seen.links  # from its own section
    assert html.index('id="WI5"') < html.index('<figure id="digits-statements"')
    assert not seen.lacks("How to cite", "@software{saturation_lab,", "the network is the unit of")
    assert [card["id"] for card in said["cards"]] == ["WI3", "WI5"]
    (folded,) = (
        x
        for x in _within(said["blocks"]["again"])
        if x.get("summary", "").startswith("Studies behind")
    )
    deciding = {block["id"] for block in folded["blocks"] if block["kind"] == "studied"}
    assert deciding == {"Std w = 4/√n", "Var w = 4/√n"}
    assert deciding <= {one["id"] for one in said["studies"]}
    assert not seen.lacks(*deciding)
    (shown,) = (figure.shown for figure in page.figures if figure.id == "digits-statements")
    assert shown.table["key"].tolist() == ["WI3", "WI5"]
    assert re.search("1 holds, 1 gives advice", shown.caption)
    assert "WI3 advice: 31.7 %; required: below 5 %." in shown.alt


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"WI5"]', '"WI55"]', "statements: expected one of"),
        ('"digits-saturation"', '"digits-figure_7"', "cover: expected one of digits-statements, d"),
        (
            'statements = ["WI3", "WI5"]',
            "",
            "expected statements on the page for the exhibit statements, got group digits",
        ),
        ('statements = ["WI3", "WI5"]', 'statements = "WI3"', "expected a list of names"),
    ],
)
def test_statements_that_are_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "stated.toml"
    path.write_text(STATED.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=said):
        read_spec(str(path))
