"""Do figure, tables and box say the same of every verdict, and where do their numbers come from?"""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from saturation_lab.checks import InputError
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.verdict_forest import VERDICTS
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
