"""Tests of the counts of false alarms and misses: a few subjects of each row, and the page.

At a rate of 5 %, 1,000 right subjects give more than 72 false alarms in one of 1,000 rows.
"""

from __future__ import annotations

import re

import pytest

from scripts.planted_faults.document import DOCUMENT, sections
from scripts.planted_faults.weights import FAULTS, OWN, RIGHT, TITLE, Subject

MILLIONS = ("6.9 million", OWN)
FEW = [one for one in RIGHT + FAULTS if not any(words in one.over for words in MILLIONS)]
MOST_FALSE_ALARMS, MOST_MISSES = 0.072, 0.02


@pytest.mark.parametrize("subject", FEW, ids=lambda one: one.name)
def test_a_few_subjects_are_accepted_or_rejected(subject: Subject) -> None:
    found = [subject.rejects(seed, 1e-6) for seed in range(2)]
    assert found == [subject in FAULTS] * 2


def rows(width: int) -> list[list[str]]:
    """Return the cells of the table with so many columns, without its head."""
    lines = sections(DOCUMENT.read_text(encoding="utf-8"))[TITLE].splitlines()
    cells = [re.split(r" \| ", line.strip("| ")) for line in lines if line.startswith("| ")]
    return [row for row in cells if len(row) == width][1:]


def share(cell: str) -> float:
    part, whole = (int(number.replace(",", "")) for number in cell.split(" of "))
    return part / whole


def test_the_page_shows_that_the_rates_are_kept() -> None:
    right, faults = rows(4), rows(3)
    assert [row[0] for row in right] == [one.name for one in RIGHT]
    assert [row[0] for row in faults] == [one.name for one in FAULTS]
    for name, over, nominal, found in right:
        assert share(found) <= (MOST_FALSE_ALARMS if nominal == "5 %" else 0), name
        assert over in MILLIONS or found.endswith("00"), name
    for name, _, missed in faults:
        assert share(missed) <= MOST_MISSES, name
