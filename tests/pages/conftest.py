"""What the tests of reports share: the small report, computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from saturation_lab.pages.build import compute
from saturation_lab.pages.reading import read_spec
from saturation_lab.pages.report import Report


@pytest.fixture
def report(small_report: Path) -> Report:
    """Return the small report with everything that was computed for it."""
    return compute(read_spec(str(small_report)), workers=1)
