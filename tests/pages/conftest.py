"""The small report and its page, computed once for the tests of pages."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from saturation_lab.pages import Page, Report, compute, spec_from
from saturation_lab.pages.report_page import report_page


@pytest.fixture(scope="session")
def report(small_toml: str) -> Report:
    """Return the small report with everything that was computed for it."""
    return compute(spec_from(tomllib.loads(small_toml), name="small"), workers=1)


@pytest.fixture(scope="session")
def page(report: Report) -> Page:
    """Return the page of the small report."""
    return report_page(report)


@pytest.fixture
def joined_report(small_report: Path) -> Path:
    """Return the file of the small report with a second group, and both in one figure."""
    other = '[groups.relu]\ntitle = "ReLU"\ninputs = "digits"\nactivation = "relu"\nclaims = []\n\n'
    joined = '\n[[sections]]\ntitle = "Both"\ngroup = "digits+relu"\nexhibits = ["beside_7"]\n'
    text = small_report.read_text()
    small_report.write_text(text.replace("[[sections]]", other + "[[sections]]", 1) + joined)
    return small_report
