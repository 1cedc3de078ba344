"""Tests that the memory stated for a study is an upper bound, and that too large ones are refused.

Peaks are read in processes of their own or traced. The bounds are generous; the planted fault,
parts kept instead of merged, lies beyond them.
"""

from __future__ import annotations

import gc
import itertools
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import saturation_lab
from saturation_lab import InputError, Study
from saturation_lab.sampling import (
    MOST,
    cost,
    forecast,
    in_bytes,
    lane_size,
    memory_needed,
    run,
    shape_of,
)
from saturation_lab.statistics import QUANTITIES, Summary, merge

STATUS = Path("/proc/self/status")

SMALL = Study(
    activation="tanh",
    initializer="glorot_uniform",
    widths=(8, 8),
    inputs="gaussian",
    examples=20,
    networks=20,
)


def traced_peak(study: Study, *, lane: int | None = None, chunk: int | None = None) -> int:
    """Return the peak of the bytes that a run allocates in this process."""
    gc.collect()
    tracemalloc.start()
    try:
        run.sample(study, workers=1, lane=lane, chunk=chunk)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- how much a run takes -------------------------------------------------------------------------

WIDE = replace(SMALL, widths=(1200,) * 3, examples=4, networks=2)
MANY_EXAMPLES = replace(SMALL, widths=(32,) * 3, examples=20_000, networks=2)

TAKES: dict[str, Study] = {
    "wide": WIDE,
    "digits": replace(SMALL, inputs="digits", networks=2),
}

LANES: dict[str, Study] = {
    "wide": WIDE,
    "wide, everything overflows": replace(WIDE, activation="relu", gain=1e20, dtype="float32"),
    "wide, singular values": replace(WIDE, widths=(600,) * 3, singular_values=2),
    "wide, float64": replace(WIDE, dtype="float64"),
    "deep and narrow": replace(SMALL, widths=(8,) * 40, examples=50, networks=24),
    "many bins": replace(SMALL, widths=(8,) * 20, networks=2, bins=20_000),
    "many examples": MANY_EXAMPLES,
    "many examples, float64": replace(MANY_EXAMPLES, activation="silu", gain=1.0, dtype="float64"),
    "ten layers, many examples": replace(
        MANY_EXAMPLES, widths=(32,) * 10, examples=6_000, dtype="float64"
    ),
    "shapeset": replace(SMALL, inputs="shapeset", networks=2),
    "one layer, many examples": replace(MANY_EXAMPLES, widths=(64,), dtype="float64"),
}

PROGRAM = """
import json, re, sys
from pathlib import Path
from saturation_lab import Study, sample
sample(Study.from_dict(json.loads(sys.argv[1])), workers=1)
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text()).group(1))
"""


@pytest.mark.skipif(not STATUS.is_file(), reason="the peak of a process is read from /proc")
@pytest.mark.parametrize("study", TAKES.values(), ids=TAKES.keys())
def test_memory_needed_is_an_upper_bound_within_a_factor_of_four(study: Study) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(study.to_dict())],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(saturation_lab.__file__).parent.parent,
    )
    peak, need = 1024 * int(done.stdout), memory_needed(study, workers=1)
    assert peak <= need, f"{in_bytes(peak)} taken, {in_bytes(need)} promised"
    assert need <= 4 * peak, f"{in_bytes(peak)} taken, {in_bytes(need)} promised"


@pytest.mark.parametrize("study", LANES.values(), ids=LANES.keys())
def test_the_arrays_of_a_lane_are_bounded_within_a_factor_of_four(study: Study) -> None:
    """Apart from a loaded process: this is the part that grows with the study."""
    run.sample(SMALL, workers=1)  # what is loaded once is not counted
    with_tracing = 2**20
    peak = traced_peak(study)
    need = memory_needed(study, workers=1) - cost.BASE_BYTES
    assert peak <= need + with_tracing, f"{in_bytes(peak)} taken, {in_bytes(need)} promised"
    assert need <= 4 * peak, f"{in_bytes(peak)} taken, {in_bytes(need)} promised"


def test_memory_needed_grows_with_everything() -> None:
    base = memory_needed(SMALL, workers=1)
    assert memory_needed(SMALL, workers=2) > base
    assert memory_needed(SMALL, workers=1, lane=64) > memory_needed(SMALL, workers=1, lane=1)
    some: list[dict[str, Any]] = [{"widths": (8,) * 3000}, {"examples": 10**6}, {"networks": 10**6}]
    for changes in [*some, {"singular_values": 1}]:
        assert memory_needed(replace(SMALL, **changes), workers=1) > base
    wide = replace(SMALL, widths=(3000, 3000))
    assert memory_needed(replace(wide, dtype="float64"), workers=1) > memory_needed(wide, workers=1)


def test_a_shape_counts_what_a_network_has() -> None:
    study = replace(SMALL, widths=(3, 5, 2), inputs="digits", examples=7, dtype="float64")
    shape = shape_of(study)
    matrices = [64 * 3, 3 * 5, 5 * 2, 2 * 10]
    assert shape.weights == sum(matrices)
    assert shape.products == 3 * 7 * sum(matrices)
    assert shape.values == 7 * (64 + 3 + 5 + 2 + 10)
    assert shape.largest_matrix == max(matrices)
    assert shape.largest_signal == 7 * 10
    assert shape.layers == 4
    assert shape.spectra == 0
    # the smaller side squared times the larger, of the hidden layers
    asked = shape_of(replace(study, singular_values=2))
    assert asked.spectra == 2 * (3 * 3 * 64 + 3 * 3 * 5 + 2 * 2 * 5)
    assert shape.itemsize == 8


def test_a_lane_is_from_1_to_24_networks() -> None:
    sizes = [lane_size(replace(SMALL, widths=(width,) * 2)) for width in (1, 8, 64, 512, 4096)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == MOST
    assert sizes[-1] == 1


# --- what does not fit ----------------------------------------------------------------------------


def nothing_may_be_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    def drawn(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("something was drawn")

    monkeypatch.setitem(run.SAMPLERS, "dense", drawn)
    monkeypatch.setattr(run, "shared_examples", drawn)
    monkeypatch.setattr(run, "with_ranges", drawn)


HUGE: dict[str, Study] = {
    "wide": replace(SMALL, widths=(3_000_000,) * 2),
    "deep": replace(SMALL, widths=(20_000,) * 50_000),
    "many examples": replace(SMALL, examples=10**13),
    "many networks": replace(SMALL, networks=2**32 - 1, examples=10_000),
}


@pytest.mark.parametrize("study", HUGE.values(), ids=HUGE.keys())
def test_a_study_beyond_the_machine_is_refused_before_anything_is_drawn(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_may_be_drawn(monkeypatch)
    with pytest.raises(InputError) as refusal:
        run.sample(study, workers=1)
    line = str(refusal.value)
    assert refusal.value.key == "memory"
    assert len(line.splitlines()) == 1
    assert in_bytes(memory_needed(study, workers=1)) in line
    assert in_bytes(cost.memory_of_machine()) in line


def test_the_machine_is_the_limit_to_the_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    need = memory_needed(SMALL, workers=1, lane=3)
    monkeypatch.setattr(cost, "memory_of_machine", lambda: need)
    assert run.sample(SMALL, workers=1, lane=3).summary.overflowed == 0
    monkeypatch.setattr(cost, "memory_of_machine", lambda: need - 1)
    nothing_may_be_drawn(monkeypatch)
    with pytest.raises(InputError, match="memory: expected a study of at most"):
        run.sample(SMALL, workers=1, lane=3)


def test_the_machine_has_some_memory() -> None:
    assert 2**28 < cost.memory_of_machine() < 2**50


# --- flat in R ------------------------------------------------------------------------------------


def peak_of(networks: int) -> int:
    """Return the peak of allocated bytes of a run in lanes and chunks of ten."""
    return traced_peak(replace(SMALL, networks=networks), lane=10, chunk=10)


FEW, MANY = 20, 120
SLACK = 2**15


def growth() -> int:
    """Return by how much the peak grows from few to many networks."""
    run.sample(SMALL, workers=1)  # what is loaded once is not counted
    return peak_of(MANY) - peak_of(FEW)


@pytest.fixture(scope="module")
def grown() -> int:
    return growth()


def table_growth() -> int:
    """Return by how much the per-network table grows, written out from the promise."""
    return (MANY - FEW) * 8 * len(SMALL.widths) * (len(QUANTITIES) + SMALL.examples)


def test_memory_does_not_grow_with_networks_beyond_their_table(grown: int) -> None:
    """At most two copies of the table are alive at once, and nothing else grows."""
    assert grown <= 2 * table_growth() + SLACK


def test_keeping_every_part_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def hoarding(parts: Iterable[Summary], networks: range) -> Summary:
        return merge(list(parts), networks)

    monkeypatch.setattr(run, "merge", hoarding)
    assert growth() > 2 * table_growth() + SLACK


def test_memory_needed_grows_as_fast_as_memory_does(grown: int) -> None:
    few, many = (memory_needed(replace(SMALL, networks=r), workers=1, lane=10) for r in (FEW, MANY))
    assert grown <= many - few + SLACK


# --- forecast -------------------------------------------------------------------------------------


@pytest.fixture
def steady_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each look at the clock be one second after the last."""
    ticks = itertools.count()
    clock = SimpleNamespace(perf_counter=lambda: float(next(ticks)))
    monkeypatch.setattr(forecast, "time", clock)


@pytest.mark.usefixtures("steady_clock")
def test_a_forecast_grows_with_what_there_is_to_do() -> None:
    seconds = [
        forecast.seconds_needed(replace(SMALL, networks=networks), workers=1)
        for networks in (1, 10, 100, 10_000)
    ]
    assert seconds[0] > 0
    assert np.all(np.diff(seconds) > 0)
    assert forecast.seconds_needed(replace(SMALL, networks=10_000), workers=4) < seconds[-1]
    # the study of 2 × 8 units is timed whole: what is larger is scaled up from its like
    long = [
        forecast.seconds_needed(replace(SMALL, widths=(8,) * depth), workers=1)
        for depth in (8, 16, 400)
    ]
    assert np.all(np.diff(long) > 0)


def test_a_forecast_by_the_real_clock_is_positive_and_finite() -> None:
    for inputs in ("digits", "gaussian"):
        seconds = forecast.seconds_needed(replace(SMALL, inputs=inputs), workers=2)
        assert 0 < seconds < np.inf
