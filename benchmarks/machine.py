"""Starting programs in parallel, and observing the load of the machine."""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from benchmarks.cases import Entrant, Networks, Run
from benchmarks.program import read

ROOT = Path(__file__).parent.parent
PACKAGES = ("numpy", "torch")


def started(*arguments: str, threads: int = 1) -> subprocess.Popen[str]:
    """Start Python in a fresh process that imports from this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment |= {f"{library}_NUM_THREADS": str(threads) for library in ("OMP", "OPENBLAS")}
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    )


def printed(process: subprocess.Popen[str]) -> str:
    """Wait for a program and return its output; exit if it failed."""
    out, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args!r} failed with exit code {process.returncode}")
    return out


def run_of(entrant: Entrant, networks: Networks) -> Run:
    """Run one round of an entrant, all processes at once; the slowest one determines the time."""
    share, rest = divmod(entrant.networks, entrant.processes)
    if rest:
        raise SystemExit(
            f"{entrant.label}: {entrant.networks} networks cannot be divided equally among "
            f"{entrant.processes} processes"
        )
    options = [*networks.options, "--networks", str(share), "--threads", str(entrant.threads)]
    command = ("-m", f"benchmarks.{entrant.program}", *options, *entrant.options)
    side_by_side = [started(*command, threads=entrant.threads) for _ in range(entrant.processes)]
    runs = [read(printed(process)) for process in side_by_side]
    return Run(
        networks=sum(run.networks for run in runs),
        seconds=max(run.seconds for run in runs),
        pilots=max(run.pilots for run in runs),
        peak=sum(run.peak for run in runs),
        table=sum(run.table for run in runs),
    )


def watched(work: Callable[[], None]) -> float | None:
    """Run work in child processes, and return how many cores other processes used meanwhile.

    Return None if the system does not provide this.
    """
    busy, ours, start = _busy_seconds(), _children_seconds(), time.perf_counter()
    work()
    wall = time.perf_counter() - start
    after = _busy_seconds()
    if busy is None or after is None:
        return None
    return max(0.0, (after - busy - (_children_seconds() - ours)) / wall)


def _busy_seconds() -> float | None:
    """Return the CPU seconds of all processes since the machine started."""
    table = Path("/proc/stat")
    if not table.is_file():
        return None
    user, nice, system, _, _, irq, softirq, *_ = table.read_text().split("\n")[0].split()[1:]
    ticks = sum(int(count) for count in (user, nice, system, irq, softirq))
    return ticks / os.sysconf("SC_CLK_TCK")


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def versions() -> dict[str, str]:
    """Return the versions of Python and the packages that were raced."""
    return {
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def description() -> dict[str, object]:
    """Return the processor, the number of cores and the system."""
    table, model = Path("/proc/cpuinfo"), platform.processor()
    if table.is_file():
        lines = table.read_text().splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    return {"processor": model, "cores": os.cpu_count(), "system": platform.system()}


def load() -> float:
    """Return the load average of the last minute, including the processes of the race."""
    return os.getloadavg()[0]
