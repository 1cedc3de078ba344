"""The fair race: the same measurement here and in PyTorch, side by side in one run.

``python benchmarks/race.py`` (a minute on two cores that are free; needs torch). Both run in fresh
processes, in turn, ``--rounds`` times. PyTorch runs as one process with two threads and as two
processes with one; the better of the two is the peer. Writes ``benchmarks/race.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
SHAPE = ["--depth", "5", "--width", "1000", "--examples", "50"]
STAGES = ("draws", "products", "activations", "histograms", "other statistics", "all")

IMPORT = "import time; t = time.perf_counter(); import saturation_lab; print(time.perf_counter()-t)"
HELP = "import sys; from saturation_lab.cli import main; sys.argv[1:] = ['--help']; main()"
STARTS = 9
BOUNDS = {"import saturation_lab": 0.15, "saturation-lab --help": 0.3}


def start(program: str, *options: str, threads: int) -> subprocess.Popen[str]:
    """Start one program of the race with so many BLAS threads."""
    return started(str(HERE / program), *SHAPE, *options, threads=threads)


def started(*arguments: str, threads: int = 1) -> subprocess.Popen[str]:
    """Start Python in a fresh process that finds this checkout."""
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
    environment["PYTHONPATH"] = str(HERE.parent)
    command = [sys.executable, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def printed(process: subprocess.Popen[str]) -> str:
    """Return what a program printed; raise if it failed."""
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args!r} ended with {process.returncode}")
    return out


def ours(networks: int) -> float:
    """Return networks a second of saturation_lab with two workers."""
    out = printed(start("ours.py", "--workers", "2", "--networks", str(networks), threads=1))
    return networks / float(out)


def peer_threads(networks: int) -> float:
    """Return networks a second of PyTorch as one process with two threads."""
    options = ("--threads", "2", "--networks", str(networks))
    return networks / float(printed(start("peer_torch.py", *options, threads=2)))


def peer_processes(networks: int) -> float:
    """Return networks a second of PyTorch as two processes with one thread, half each."""
    options = ("--threads", "1", "--networks", str(networks // 2))
    both = [start("peer_torch.py", *options, threads=1) for _ in range(2)]
    return networks / max(float(printed(process)) for process in both)


def starts() -> dict[str, list[float]]:
    """Return seconds of an import inside a fresh process, and of --help with its process."""
    found: dict[str, list[float]] = {name: [] for name in BOUNDS}
    for _ in range(STARTS):
        found["import saturation_lab"].append(float(printed(started("-c", IMPORT))))
        begin = time.perf_counter()
        printed(started("-c", HELP))
        found["saturation-lab --help"].append(time.perf_counter() - begin)
    return found


RUNNERS = {
    "saturation_lab, 2 workers": ours,
    "PyTorch, 1 process × 2 threads": peer_threads,
    "PyTorch, 2 processes × 1 thread": peer_processes,
}


def main() -> None:
    """Run the race and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--networks", type=int, default=20)
    given = parser.parse_args()
    rates: dict[str, list[float]] = {name: [] for name in RUNNERS}
    for _ in range(given.rounds):
        for name, run in RUNNERS.items():
            rates[name].append(run(given.networks))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    first, *peers = medians
    best = max(peers, key=lambda name: medians[name])
    stages = json.loads(printed(start("ours.py", "--stages", threads=1)))
    startup = {name: statistics.median(found) for name, found in starts().items()}
    result = {
        "case": "tanh, 5 × 1000, 50 examples, uniform law, all histograms",
        "networks": given.networks,
        "networks_a_second": rates,
        "median": medians,
        "ratio_to_the_better_peer": medians[first] / medians[best],
        "milliseconds_of_one_network_on_one_core": stages,
        "seconds_to_start": startup,
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "torch")},
        },
    }
    (HERE / "race.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, found in rates.items():
        spread = ", ".join(f"{rate:.1f}" for rate in found)
        print(f"{name:34} {medians[name]:6.1f} networks/s  ({spread})")
    print(f"ratio to the better peer: {result['ratio_to_the_better_peer']:.2f}")
    for name in STAGES:
        limit = stages.get(f"limit of {name}")
        beside = "" if limit is None else f"  (limit {limit:.1f})"
        print(f"  {name:20} {stages[name]:6.1f} ms{beside}")
    for name, seconds in startup.items():
        print(f"{name:22} {seconds:.3f} s  (bound {BOUNDS[name]})")
    print(", ".join(f"{name} {number}" for name, number in result["versions"].items()))


if __name__ == "__main__":
    main()
