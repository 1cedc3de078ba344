"""A fair race: saturation_lab and its peers measure the same networks in one run.

``python -m benchmarks.race`` runs all cases of `benchmarks.cases`, in about ten minutes on two free
cores; it needs torch. ``--case NAME`` runs only some of them. Every program is a fresh process. The
programs for one kind of networks take turns, ``--rounds`` times, and their medians are compared. A
complete race writes ``benchmarks/race.json`` and the table in ``docs/benchmarks.md``; a partial
one only prints its results.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from benchmarks import table
from benchmarks.cases import CASES, DENSE, Case, Entrant, Networks, Run, named
from benchmarks.machine import description, load, printed, run_of, started, versions, watched
from benchmarks.standing import standing

IMPORT = "import time; t = time.perf_counter(); import saturation_lab; print(time.perf_counter()-t)"
HELP = "import sys; from saturation_lab.cli.app import main; sys.argv[1:] = ['--help']; main()"
STARTS = 9
BOUNDS = {"import saturation_lab": 0.15, "saturation-lab --help": 0.3}


def raced(networks: Networks, cases: Sequence[Case], rounds: int) -> list[dict[str, Any]]:
    """Run all entrants of cases that share their networks, in turn, and return the results.

    An entrant in several cases runs once per round for all of them.
    """
    runs: dict[Entrant, list[Run]] = {entrant: [] for case in cases for entrant in case.entrants}

    def all_rounds() -> None:
        for number in range(rounds):
            for entrant, found in runs.items():
                if number and entrant.once:
                    continue
                say(f"round {number + 1}/{rounds}: {networks.title}: {entrant.label}")
                found.append(run_of(entrant, networks))

    before = load()
    others = watched(all_rounds)
    circumstances = {"load_before": before, "others_busy_cores": others}
    return [{**asdict(standing(case, runs)), **circumstances} for case in cases]


def by_networks(cases: Sequence[Case]) -> dict[Networks, list[Case]]:
    """Group cases by their networks."""
    found: dict[Networks, list[Case]] = {}
    for case in cases:
        found.setdefault(case.networks, []).append(case)
    return found


def counting(case: Case, networks: int | None) -> Case:
    """Set the networks per round of a case's entrants; None leaves them unchanged."""
    if networks is None:
        return case

    def same(entrants: Sequence[Entrant]) -> tuple[Entrant, ...]:
        return tuple(entrant if entrant.once else entrant.of(networks) for entrant in entrants)

    (ours,) = same([case.ours])
    return replace(case, ours=ours, peers=same(case.peers), beside=same(case.beside))


def stages() -> dict[str, float]:
    """Measure the stages of the dense race in milliseconds."""
    found: dict[str, float] = json.loads(
        printed(started("-m", "benchmarks.stages", *DENSE.options))
    )
    return found


def starts() -> dict[str, float]:
    """Measure seconds of an import in a fresh process, and of --help including its process."""
    found: dict[str, list[float]] = {name: [] for name in BOUNDS}
    for _ in range(STARTS):
        found["import saturation_lab"].append(float(printed(started("-c", IMPORT))))
        begin = time.perf_counter()
        printed(started("-c", HELP))
        found["saturation-lab --help"].append(time.perf_counter() - begin)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def say(line: str) -> None:
    """Print a line about the progress to stderr."""
    print(line, file=sys.stderr, flush=True)


def all_of(cases: Sequence[Case], rounds: int) -> list[dict[str, Any]]:
    """Run the cases and return their results in the order of the table."""
    found = {
        result["name"]: result
        for networks, group in by_networks(cases).items()
        for result in raced(networks, group, rounds)
    }
    return [found[case.name] for case in cases]


def print_stages(race: table.Plain) -> None:
    """Print the time of one network by stage, and the start-up times."""
    for stage, here, limit, _ in table.stages_rows(race["milliseconds_of_one_network_on_one_core"]):
        print(f"  {stage:20} {here:>6} ms" + (f"  (limit {limit})" if limit else ""))
    for name, seconds in race["seconds_to_start"].items():
        print(f"{name:22} {seconds:.3f} s  (bound {BOUNDS[name]})")


def main() -> None:
    """Run the race and print its tables."""
    names = [case.name for case in CASES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--case", action="append", choices=names, default=[], help="run only this case; repeatable"
    )
    parser.add_argument(
        "--networks", type=int, help="with --case: networks per round, for each timed entrant"
    )
    given = parser.parse_args()
    if given.networks and not given.case:
        parser.error("--networks needs --case, as no number suits every case")
    begin = time.perf_counter()
    cases = [counting(case, given.networks) for case in named(given.case)]
    results = all_of(cases, given.rounds)
    print(table.details(results))
    print()
    print(table.text(results))
    print(", ".join(f"{name} {number}" for name, number in versions().items()))
    if given.case:
        return
    race = {
        "cases": results,
        "rounds": given.rounds,
        "milliseconds_of_one_network_on_one_core": stages(),
        "seconds_to_start": starts(),
        "versions": versions(),
        "machine": description(),
        "minutes": (time.perf_counter() - begin) / 60,
    }
    print_stages(race)
    table.JSON.write_text(json.dumps(race, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    table.main()


if __name__ == "__main__":
    main()
