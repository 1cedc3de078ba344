"""A template for building a report from Python.

Run it with ``python scripts/make_report.py FOLDER``, then copy what you need.
"""

from __future__ import annotations

import sys
from pathlib import Path

from saturation_lab import write_page
from saturation_lab.pages import compute, read_spec
from saturation_lab.pages.report_page import report_page


def main(folder: Path) -> None:
    """Sample a report, print its verdicts and write its page."""
    spec = read_spec("glorot_2010").with_networks(10)  # or read_spec("mine.toml")
    report = compute(spec)
    for name, group in report.groups.items():
        for evidence in group.judged:
            for finding in evidence.findings:
                print(name, finding.claim.id, finding.sentence)
    print(*write_page(report_page(report), folder))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "my_report"))
