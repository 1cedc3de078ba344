"""Tests of the table of planted faults: each test sees its fault for a few seeds.

The committed page shows that all rows reach the required rate over 100 seeds.
"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from scripts.planted_faults.__main__ import SEEDS, page
from scripts.planted_faults.checks import CHECKS, FALSE_ALARM, POWER
from scripts.planted_faults.document import DOCUMENT, joined, sections
from scripts.planted_faults.table import BAR, ROWS, Count, counted

FEW = range(2)
POINT_13 = (
    "gain off by 1 %",
    "fan-in and fan-out swapped",
    "variance instead of mean square",
    "forgotten bias",
    "layer off by one",
    "seed reused across layers",
    "seed reused across workers",
    "W instead of Wᵀ in the backward pass",
    "fresh weights in the backward pass",
    "missing projection",
    "truncated normal not rescaled",
)


@pytest.mark.parametrize("check", CHECKS)
def test_right_code_is_accepted_and_faults_are_rejected(check: str) -> None:
    rows = [row for row in ROWS if row.check == check]
    assert rows
    seeds = FEW[:1] if check.startswith("two samples") else FEW  # these take a second a seed
    for count in counted(rows, seeds):
        assert (count.accepted, count.rejected) == (len(seeds), len(seeds)), count.row.fault


def test_every_fault_that_must_be_there_is_there() -> None:
    for fault in POINT_13:
        assert [row for row in ROWS if row.fault.startswith(fault)], fault
    assert len({row.fault for row in ROWS}) == len(ROWS)


def test_every_test_is_planned() -> None:
    for name, check in CHECKS.items():
        assert check.false_alarm <= FALSE_ALARM, name
        assert check.power >= POWER, name


def test_the_page_is_laid_out_as_it_is_written() -> None:
    page_text = DOCUMENT.read_text(encoding="utf-8")
    assert joined(sections(page_text)) == page_text
    crowded = page_text.replace("\n\n## ", "\n## ", 1)
    assert joined(sections(crowded)) == page_text


def first_part() -> str:
    return sections(DOCUMENT.read_text(encoding="utf-8"))[""]


def shown() -> list[Count]:
    """Return what the page says of its rows."""
    by_fault = {row.fault: row for row in ROWS}
    lines = first_part().splitlines()
    rows = [re.split(r" \| ", line.strip("| ")) for line in lines if line.startswith("| ")][1:]
    assert [cells[0] for cells in rows] == list(by_fault)
    return [
        Count(
            row=by_fault[cells[0]],
            seeds=int(cells[-1].split(" of ")[1]),
            accepted=int(cells[-2].split(" of ")[0]),
            rejected=int(cells[-1].split(" of ")[0]),
        )
        for cells in rows
    ]


def test_the_page_shows_these_rows_and_all_reach_their_bar() -> None:
    counts = shown()
    assert [count.row.fault for count in counts if not count.reached] == []
    assert {count.seeds for count in counts} == {100}
    assert page(counts, SEEDS) == first_part()


@pytest.mark.parametrize(("accepted", "rejected"), [(98, 100), (100, 98)])
def test_a_row_below_its_bar_is_seen(accepted: int, rejected: int) -> None:
    count = Count(row=ROWS[0], seeds=100, accepted=99, rejected=99)
    assert BAR == 0.99
    assert count.reached
    assert not replace(count, accepted=accepted, rejected=rejected).reached


def test_a_fault_that_is_none_is_not_rejected() -> None:
    harmless = replace(ROWS[0], plant=lambda patch: None)
    (count,) = counted([harmless], FEW)
    assert (count.accepted, count.rejected) == (len(FEW), 0)
    assert not count.reached
