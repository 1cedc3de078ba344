"""Do figure, tables and box say the same of every verdict, and where do their numbers come from?"""

from __future__ import annotations

import html
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from saturation_lab.checks import InputError
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.verdict_forest import VERDICTS, statements, verdict_table
from saturation_lab.inference.intervals import Interval
from saturation_lab.inference.verdict import Region
from saturation_lab.pages.build import compute, write_page
from saturation_lab.pages.reading import read_spec
from saturation_lab.pages.report import Report
from saturation_lab.proof.guarantees import recorded
from saturation_lab.words.numbers import unbroken

PAIRS = """
schema = 1
title = "Pairs"
question = "Which?"

[study]
depth = 4
width = 30
inputs = "digits"
examples = 10
networks = 4
dtype = "float64"

[roles.he]
title = "He"
initializer = "he_normal"

[roles.standard]
title = "Standard"
initializer = "standard_uniform"

[groups.relu]
title = "ReLU"
activation = "relu"

[[sections]]
title = "Choose"
group = "each"
table = "keeps"
exhibits = ["verdicts"]
"""


@pytest.fixture
def pairs(tmp_path: Path) -> Report:
    path = tmp_path / "pairs.toml"
    path.write_text(PAIRS)
    return compute(read_spec(str(path)), workers=1)


@pytest.fixture
def both(report: Report, pairs: Report) -> list[Report]:
    return [report, pairs]


def test_the_figure_shows_the_very_intervals_that_decide(both: list[Report]) -> None:
    for report in both:
        for group in report.groups.values():
            table = verdict_table(group)
            assert len(table) == len(list(statements(group))) > 0
            for _, row in table.iterrows():
                region = Region(low=row["inside_low"], high=row["inside_high"])
                estimate, low, high = (float(row[key]) for key in ("estimate", "low", "high"))
                interval = Interval(estimate=estimate, se=math.nan, low=low, high=high, networks=4)
                assert region.decide(interval).value == row["verdict"]
                assert low <= estimate <= high


def test_the_figure_shows_what_the_tables_say(report: Report, pairs: Report) -> None:
    table = verdict_table(report.groups["digits"])
    found = report.findings["digits"]
    assert table["label"].tolist() == [finding.claim.sentence for finding in found]
    for key in ("estimate", "low", "high"):
        assert table[key].tolist() == [getattr(finding.decided, key) for finding in found]
    kept = verdict_table(pairs.groups["relu"])
    signal, gradient = (kept[kept["block"].str.startswith(x)] for x in ("Signal", "Gradient"))
    for i, one in enumerate(pairs.kept["relu"]["ReLU"].kept.values()):
        assert signal["high"].iloc[i] == one.signal.decided.high
        assert gradient["high"].iloc[i] == pytest.approx(1 / one.gradient.decided.low)


def test_words_follow_the_verdicts(both: list[Report]) -> None:
    for report in both:
        for group in report.groups.values():
            caption, alternative = VERDICTS.caption(group), VERDICTS.alt(group)
            verdicts = verdict_table(group)["verdict"]
            holding = int((verdicts == "holds").sum())
            counted = "All" if holding == len(verdicts) else f"{holding} hold"
            assert holding == 0 or counted in caption
            for one in statements(group):
                assert one.sentence in alternative
                low, high = re.findall(r"\[(.*), (.*)\]", one.sentence)[0]
                assert float(low) <= float(high)
                assert one.sentence.endswith(f": {one.finding.verdict.value}.")


def test_a_factor_is_asked_between_its_bounds_and_a_fall_below_one(both: list[Report]) -> None:
    said = [one.sentence for one in statements(both[0].groups["digits"])]
    assert any("“0-peak decreases" in text and "asked below 1:" in text for text in said)
    assert any("“0-peak increases" in text and "asked above 1:" in text for text in said)
    kept = [one.sentence for one in statements(both[1].groups["relu"])]
    assert all("asked within a factor 2:" in text for text in kept)


def test_theory_of_a_ratio_is_shown_the_way_the_ratio_is(pairs: Report) -> None:
    table = verdict_table(pairs.groups["relu"])
    kept = list(pairs.kept["relu"]["ReLU"].kept.values())
    signal, gradient = (table[table["block"].str.startswith(x)] for x in ("Signal", "Gradient"))
    assert signal["predicted"].tolist() == [one.signal.predicted for one in kept]
    assert gradient["predicted"].tolist() == [1 / one.gradient.predicted for one in kept]


def test_theory_of_a_comparison_is_that_of_the_number_that_decides(report: Report) -> None:
    finding = next(f for f in report.findings["digits"] if f.beside is not None)
    known = replace(finding, predicted=0.5, predicted_beside=8.0)
    assert known.expected == pytest.approx(4)  # away from 1 by a factor 8 against 2
    assert math.isnan(replace(known, predicted=math.nan).expected)
    assert math.isnan(replace(known, predicted_beside=0.0).expected)


def test_a_group_with_claims_has_its_figure_above_its_table(
    small_report: Path, tmp_path: Path
) -> None:
    spec = read_spec(str(small_report))
    assert spec.at_the_top == ()  # a section shows it
    toml = small_report.read_text().replace('"verdicts", ', "")
    small_report.write_text(toml)
    report = compute(read_spec(str(small_report)), workers=1)
    assert report.spec.at_the_top == (("digits", EXHIBITS["verdicts"]),)
    page = write_page(report, tmp_path / "page").read_text(encoding="utf-8")
    assert page.count('<figure id="digits-verdicts">') == 1
    assert (
        page.index('id="verdicts"')
        < page.index('<figure id="digits-verdicts">')
        < page.index('<table class="verdicts">')
        < page.index("How to read a verdict")
        < page.index("<h2>Everything</h2>")
    )


def test_verdicts_of_nothing_are_refused(small_report: Path) -> None:
    toml = small_report.read_text()
    small_report.write_text(toml.replace('claims = ["glorot_2010", "glorot_2010_jacobians"]', ""))
    with pytest.raises(InputError, match="a group with claims"):
        read_spec(str(small_report))


def test_pages_with_verdicts_say_how_to_read_them_and_how_often_they_err(
    both: list[Report], tmp_path: Path
) -> None:
    record = recorded()
    for i, report in enumerate(both):
        page = write_page(report, tmp_path / str(i)).read_text(encoding="utf-8")
        assert page.count("<strong>How to read a verdict.</strong>") == 1
        assert f"seed {record.rows[0].seed}" in page
        assert f'<pre class="command">{record.command}</pre>' in page
        for row in record.rows:
            assert html.escape(row.guarantee) in page
            assert unbroken(row.came) in page


def test_one_network_has_no_interval_and_the_page_says_so(
    small_report: Path, tmp_path: Path
) -> None:
    toml = re.sub(r"exhibits = .*", 'exhibits = ["verdicts"]', small_report.read_text())
    small_report.write_text(toml)
    report = compute(read_spec(str(small_report)).with_networks(1), workers=1)
    caption = VERDICTS.caption(report.groups["digits"])
    assert caption.startswith("All 10 statements are undecided.")
    page = write_page(report, tmp_path / "page").read_text(encoding="utf-8")
    assert "here there is one, so there is none" in page
