"""The command-line options and the output of the programs of the race.

Each program is a separate process. It receives the networks and their number as options, and prints
one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import asdict

from benchmarks.cases import Networks, Run


def options(doc: str | None) -> argparse.ArgumentParser:
    """Return a parser of the options that all programs share."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--law", choices=("normal", "uniform", "orthogonal"), default="normal")
    parser.add_argument("--depth", type=int, default=5)
    parser.add_argument("--width", type=int, default=1000)
    parser.add_argument("--examples", type=int, default=10)
    parser.add_argument("--networks", type=int, default=20, help="number of networks to time")
    parser.add_argument("--threads", type=int, default=1)
    return parser


def networks_of(given: argparse.Namespace) -> Networks:
    """Return the networks that the options describe."""
    return Networks(law=given.law, depth=given.depth, width=given.width, examples=given.examples)


def seconds_of(work: Callable[[], object]) -> float:
    """Return the duration of a call in seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def timed(network: Callable[[], object], count: int) -> Run:
    """Time a number of networks, after one that is not counted."""
    network()

    def all_of_them() -> None:
        for _ in range(count):
            network()

    return Run(networks=count, seconds=seconds_of(all_of_them))


def answer(run: Run) -> None:
    """Print a run in the form that `read` expects."""
    print(json.dumps(asdict(run)))


def read(line: str) -> Run:
    """Parse a run that a program printed."""
    return Run(**json.loads(line))
