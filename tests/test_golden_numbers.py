"""Compare the numbers with the recorded ones, and test that a change would be detected."""

from __future__ import annotations

from pathlib import Path

from scripts.golden_numbers import Row, computed, differences, read

RECORD = Path(__file__).parent / "golden_numbers.csv.xz"
EVERYWHERE = ["theory"]
"""Sources in double precision without samples: other processors round them alike but for a few
units in the last place."""


def test_theory_is_as_on_record() -> None:
    lines, said = differences(read(RECORD, EVERYWHERE), computed(EVERYWHERE), rtol=1e-9)
    assert not lines, said


def test_the_record_has_every_source() -> None:
    sources = {
        *(f"report {name}" for name in ("glorot_2010", "lecture", "pairs", "phase", "width")),
        *("claims", "sample", "theory", "compare paired", "compare unpaired", "grid"),
    }
    rows = read(RECORD, list(sources))
    assert {row.source for row in rows} == sources
    assert len(rows) > 25_000


def test_a_number_that_changed_is_seen() -> None:
    old = [Row("theory", "layer 1", "q", "1", "1.0"), Row("theory", "layer 2", "q", "2", "holds")]
    same, _ = differences(old, old, rtol=0.0)
    assert not same
    nudged = [old[0]._replace(number="1.0000001"), old[1]._replace(number="fails")]
    lines, said = differences(old, nudged, rtol=1e-9)
    assert len(lines) == 2
    assert said.startswith("0 missing, 0 new, 2 of 2 differ")
    lines, _ = differences(old, nudged[:1], rtol=1e-3)
    assert lines == ["missing  theory / layer 2 / q / 2: holds"]
