"""Test the summary table of changes on a page of several widths."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import pytest

from saturation_lab.cli import main
from saturation_lab.exhibits import typical_change
from saturation_lab.pages import Page, Report, compute, spec_from, time_blocks
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.as_text import as_text
from saturation_lab.pages.report_page import report_page
from tests.pages.parsed import Seen
from tests.small_reports import WIDTHS_TOML


@pytest.fixture(scope="module")
def report() -> Report:
    return compute(spec_from(tomllib.loads(WIDTHS_TOML), name="widths"), workers=1)


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    return report_page(report)


@pytest.fixture(scope="module")
def seen(page: Page) -> Seen:
    return Seen(as_html(page))


def test_groups_may_differ_in_widths_and_networks(report: Report, seen: Seen) -> None:
    assert not seen.lacks("40 to 300 for each configuration", "3: 6 to 1,200 ReLU units each")
    assert report.group("all").size == "40 to 300 networks each, one example"
    assert report.group("all").footer.startswith(
        "Width 6, Width 60, Width 1,200; 3 × 6 to 1,200 ReLU units; 40 to 300 networks"
    )
    for study, count in zip(report.spec.studies.values(), (300, 120, 40), strict=True):
        assert study.networks == count
    assert {s.networks for s in report.spec.with_networks(5).studies.values()} == {5}


def test_one_network_of_a_law_that_is_not_known_is_drawn() -> None:
    other = tomllib.loads(WIDTHS_TOML.replace('"relu"', '"tanh"'))
    alone = compute(spec_from(other, name="alone").with_networks(1), workers=1)
    assert "</html>" in as_html(report_page(alone))


def test_the_header_names_the_exact_change(report: Report, page: Page, seen: Seen) -> None:
    exact = {(row["group"], row["quantity"]): row["exact"] for row in as_json(page)["in_short"]}
    for name, group in report.groups.items():
        for quantity in ("gradient_mean_square", "activation_mean_square"):
            log = typical_change(group.first.origin, quantity)
            assert exact[name, quantity] == math.exp(log)
            assert not seen.lacks(f"exact ÷ {math.exp(abs(log)):.2f}")


def test_the_header_says_where_a_change_is_undefined(page: Page, seen: Seen) -> None:
    assert re.search(r"undefined in \d+ of 300 networks", seen.text)
    assert not seen.lacks(*(figure.shown.caption for figure in page.figures))


def test_the_time_is_said_but_on_no_page(report: Report, page: Page, seen: Seen) -> None:
    table = as_text(time_blocks(report, workers=1)).splitlines()
    assert len(table) == 4
    assert re.search(r"Width 1,200 +40 +[\d.]+ +[\d.]+ +\d+ MiB", table[-1])
    assert list(report.seconds) == list(report.groups)
    assert min(report.seconds.values()) > 0
    again = compute(report.spec, workers=2)
    assert again.seconds != report.seconds
    assert Seen(as_html(report_page(again))).text == seen.text
    assert as_json(report_page(again)) == as_json(page)


def test_the_command_prints_the_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toml = tmp_path / "widths.toml"
    toml.write_text(re.sub(r"exhibits = .*", 'exhibits = ["width_spread"]', WIDTHS_TOML))
    out = str(tmp_path / "out")
    command = ["report", str(toml), "-o", out, "--networks", "3", "--workers", "1"]
    assert main(command) == 0
    assert re.search(r"Width 60 +3 ", capsys.readouterr().out)
