"""Test that pages show verdicts with their figure and their error rates."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from saturation_lab import InputError
from saturation_lab.judging import expected_change
from saturation_lab.pages import Page, Report, compute, read_spec, spec_from, verdict_table
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.report_page import report_page
from saturation_lab.proof import recorded
from tests.pages.parsed import Seen
from tests.small_reports import PAIRS_TOML


def _only(small_report: Path, exhibits: str) -> str:
    """Return the small report's TOML with few exhibits, to be quick."""
    return re.sub(r"exhibits = .*", f"exhibits = [{exhibits}]", small_report.read_text())


def test_a_group_with_claims_has_its_figure_above_its_table(small_report: Path) -> None:
    assert read_spec(str(small_report)).at_the_top == ()  # a section shows it
    small_report.write_text(_only(small_report, '"saturation"'))
    report = compute(read_spec(str(small_report)), workers=1)
    assert report.spec.at_the_top == ("digits",)
    page = as_html(report_page(report))
    assert page.count('<figure id="digits-verdicts">') == 1
    assert (
        page.index('id="verdicts"')
        < page.index('<figure id="digits-verdicts">')
        < page.index('<table id="verdicts-digits"')
        < page.index("How to read a verdict")
        < page.index("<h2>Everything</h2>")
    )


def test_verdicts_of_nothing_are_refused(small_report: Path) -> None:
    toml = small_report.read_text()
    small_report.write_text(toml.replace('claims = ["glorot_2010", "glorot_2010_jacobians"]', ""))
    with pytest.raises(InputError, match="a group with claims for the exhibit verdicts"):
        read_spec(str(small_report))


def test_pages_with_verdicts_say_how_to_read_them_and_how_often_they_err(
    small_report: Path,
) -> None:
    record = recorded()
    for toml in (_only(small_report, '"verdicts"'), PAIRS_TOML):
        page = report_page(compute(spec_from(tomllib.loads(toml), name="some"), workers=1))
        seen, said = Seen(as_html(page)), as_json(page)
        assert seen.text.count("How to read a verdict.") == 1
        assert not seen.lacks(f"seed {record.rows[0].seed}", record.command)
        for row in record.rows:
            assert not seen.lacks(row.guarantee, row.came)
        rates = said["data"]["calibration"] + said["data"]["planted-faults"]
        assert [row["guarantee"] for row in rates] == [
            row.guarantee for row in (*record.sound, *record.faults)
        ]


def test_one_network_has_no_interval_and_the_page_says_so(small_report: Path) -> None:
    small_report.write_text(_only(small_report, '"verdicts"'))
    page = report_page(compute(read_spec(str(small_report)).with_networks(1), workers=1))
    (figure,) = page.figures
    assert figure.shown.caption.startswith("All 10 statements are undecided.")
    seen = Seen(as_html(page))
    assert not seen.lacks("with only one network, there is no interval")
    assert not seen.lacks("all 10 statements are undecided, because there is only one network")


def test_findings_and_tables_say_what_theory_expects(report: Report, page: Page) -> None:
    group = report.groups["digits"]
    known = 0
    findings = [finding for evidence in group.judged for finding in evidence.findings]
    rows = verdict_table(group).rows
    for found, (*_, measured, _, _, _) in zip(findings, rows, strict=True):
        words = str(measured)
        if "gradient_peak_share" in str(found.claim.experiment):
            # uniform weights into few classes: no theory
            assert not found.predicted > 0
            assert "theory" not in words
        else:
            assert found.predicted == pytest.approx(found.measured.estimate, rel=0.2)
            assert "theory" in words
            known += 1
    assert known
    for row in as_json(page)["in_short"]:
        one = group.networks[row["role"]]
        assert row["predicted"] == expected_change(one, row["quantity"]) > 0
