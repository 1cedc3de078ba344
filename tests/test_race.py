"""Check the page of benchmarks against the race, and the bars by which the race judges."""

from __future__ import annotations

import doctest
import json
from dataclasses import replace

import pytest

from benchmarks import table
from benchmarks.cases import CASES, PEAK, RATE, TIME, Case, Entrant, Run, named
from benchmarks.program import answer, read
from benchmarks.standing import standing

CASE = CASES[0]


def _runs(case: Case, ours: list[float], *peers: list[float]) -> dict[Entrant, list[Run]]:
    seconds = [ours, *peers]
    seconds += [[1.0]] * (len(case.entrants) - len(seconds))
    return {
        entrant: [Run(networks=10, seconds=s, peak=int(1e9 * s)) for s in found]
        for entrant, found in zip(case.entrants, seconds, strict=True)
    }


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert named([]) == list(CASES)
    assert [case.name for case in named([names[2], names[0]])] == [names[0], names[2]]


def test_networks_are_shared_out_equally() -> None:
    for case in CASES:
        assert not [e for e in case.entrants if e.networks % e.processes], case.name


def test_the_better_peer_counts_by_its_median() -> None:
    runs = _runs(CASE, [1.0, 9.0, 2.0], [30.0, 40.0, 50.0], [20.0, 10.0, 99.0])
    found = standing(replace(CASE, bar=10.0, measure=RATE), runs)
    assert found.best == CASE.peers[1].label
    assert found.ours.median == 5.0
    assert found.ratio == pytest.approx(10.0)
    assert found.reached
    assert not standing(replace(CASE, bar=10.1, measure=RATE), runs).reached


def test_less_may_be_better() -> None:
    runs = _runs(CASE, [3.0], [2.0], [4.0])
    found = standing(replace(CASE, bar=1.5, measure=TIME), runs)
    assert found.best == CASE.peers[0].label
    assert found.ratio == pytest.approx(1.5)
    assert found.reached
    assert not standing(replace(CASE, bar=1.4, measure=TIME), runs).reached


def test_a_case_without_peers_stands_against_its_bar() -> None:
    alone = replace(CASE, peers=(), beside=(), measure=PEAK, bar=4.0)
    found = standing(alone, _runs(alone, [3.9]))
    assert (found.best, found.reached) == (None, True)
    assert found.ratio == pytest.approx(3.9)
    assert not standing(alone, _runs(alone, [4.1])).reached
    assert standing(replace(alone, bar=None), _runs(alone, [4.1])).reached is None


def test_a_run_survives_the_way_between_processes(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(networks=3, seconds=0.25, peak=7)
    answer(run)
    assert read(capsys.readouterr().out) == run


def test_tables_are_written_as_their_examples_say() -> None:
    assert doctest.testmod(table).failed == 0


def test_the_page_says_what_the_race_found() -> None:
    race = json.loads(table.JSON.read_text(encoding="utf-8"))
    assert [case["name"] for case in race["cases"]] == [case.name for case in CASES], (
        "cases have changed since the last race: make bench"
    )
    page = table.PAGE.read_text(encoding="utf-8")
    assert table.with_block(page, table.page_block(race)) == page, (
        "docs/benchmarks.md differs from race.json: run python -m benchmarks.table"
    )
