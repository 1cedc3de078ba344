"""Tests of the error rates of the assertions on networks, for a few seeds.

The committed page shows the rates over many seeds.
"""

from __future__ import annotations

import re

import pytest

from scripts.planted_faults.document import DOCUMENT, sections
from scripts.planted_faults.network_rates import (
    MOST_ALARMS,
    NOMINAL,
    RIGHT,
    RIGHT_SUBJECTS,
    TITLE,
    WRONG,
    WRONG_SUBJECTS,
    RightRow,
    WrongRow,
    name_of,
    text,
)

SECTION = sections(DOCUMENT.read_text(encoding="utf-8"))[TITLE]


@pytest.mark.parametrize("row", RIGHT, ids=lambda row: f"{name_of(row.assertion)}-{row.subject}")
def test_false_alarms_are_rare(row: RightRow) -> None:
    """At a rate of 5 %, 5 of 16 seeds or more are rejected in 1 of 1,200 runs."""
    assert row.alarms(range(16)) < 5


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row.fault)
def test_faults_are_found(row: WrongRow) -> None:
    accepted, found, _ = row.counts(range(2))
    assert (accepted, found) == (2, 2)


def test_the_page_shows_these_rows_and_they_keep_their_rates() -> None:
    lines = [line for line in SECTION.splitlines() if line.startswith("| ")]
    cells = [re.split(r" \| ", line.strip("| ")) for line in lines]
    alarms = [
        round(float(share.removesuffix(" %")) * len(RIGHT_SUBJECTS) / 100)
        for row in cells[1 : 1 + len(RIGHT) // 2]
        for share in row[2:4]
    ]
    faults = cells[2 + len(RIGHT) // 2 :]
    assert len(faults) == len(WRONG)
    counts = [
        (
            int(row[2].split()[0]),
            int(row[3].split()[0]),
            int(row[4].replace("–", str(len(WRONG_SUBJECTS))).split()[0]),
        )
        for row in faults
    ]
    assert text(alarms, counts) == SECTION
    assert max(alarms) <= MOST_ALARMS
    assert max(alarms) / len(RIGHT_SUBJECTS) < 1.5 * NOMINAL
    for accepted, found, named in counts:
        assert accepted >= 0.99 * len(WRONG_SUBJECTS)
        assert found >= 0.99 * len(WRONG_SUBJECTS)
        assert named >= 0.99 * len(WRONG_SUBJECTS)
