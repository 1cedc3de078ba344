"""How does a study become a result?

Ranges are fixed by pilot networks, networks are dealt out in blocks to workers, and their
summaries merge in any order. Whatever the schedule, the numbers are the same to the last bit.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import ThreadpoolController

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.examples import shared_examples
from saturation_lab.measured import Tick, versions
from saturation_lab.nets.inputs import Examples
from saturation_lab.nets.own_inputs import is_file_name
from saturation_lab.sampling.cost import lane_size, refuse_what_does_not_fit, shape_of
from saturation_lab.sampling.dense import dense_trace
from saturation_lab.sampling.result import Result
from saturation_lab.sampling.weight_free import weight_free_trace
from saturation_lab.statistics.axes import MOST_VALUES, axes_from, reach_of, span_from
from saturation_lab.statistics.summary import Axes, Summary, merge, summarize
from saturation_lab.statistics.trace import Trace
from saturation_lab.study import Study

_Trace_of = Callable[..., Trace]

SAMPLERS: dict[str, _Trace_of] = {"dense": dense_trace, "weight-free": weight_free_trace}
"""How networks are drawn: ``(study, networks, shared, pilot=False)`` to a trace."""

PILOTS = 4
"""Networks that set the ranges of the linear axes; they are on streams of their own. Of networks
with a layer of a million values one says enough."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a worker needs to know to measure any network of a study."""

    study: Study
    shared: Examples | None
    axes: Axes
    lane: int


def sample(
    study: Study,
    *,
    name: str = "study",
    workers: int | None = None,
    chunk: int | None = None,
    lane: int | None = None,
    start: Result | None = None,
    tick: Tick | None = None,
) -> Result:
    """Draw and measure the networks of a study.

    Args:
        study: the order; what it leaves open is resolved and stands in the result.
        name: how the study is called in tables.
        workers: processes; None: one a core. Each uses one BLAS thread.
        chunk: networks handed to a worker at a time.
        lane: networks stacked into one array operation.
        start: an earlier result of the same study with fewer networks, to add to.
        tick: called with the number of networks finished, as they finish.

    Raises:
        InputError: the study does not fit into memory, or ``start`` is of another study.

    >>> study = Study(activation="relu", initializer="he_normal", widths=(16,) * 3, networks=2)
    >>> sample(study, workers=1).summary.networks
    array([0, 1])
    """
    workers = min(checked_workers(workers), study.networks)
    lane = _evenly(study, workers) if lane is None else whole("lane", lane, low=1)
    refuse_what_does_not_fit(study, workers=workers, lane=lane)
    study = with_ranges(study) if start is None else _continued(study, start)
    done = 0 if start is None else start.study.networks
    order = Order(
        study=study,
        shared=shared_examples(study),
        axes=axes_of(study),
        lane=lane,
    )
    todo = range(done, study.networks)
    if chunk is None:
        chunk = _chunk_size(len(todo), workers, lane)
    parts = _measured(order, _chunks(todo, whole("chunk", chunk, low=1)), workers, tick)
    parts = parts if start is None else _after(start.summary, parts)
    summary = merge(parts, range(study.networks))
    return Result(origin=study, summary=summary, name=name)


def _evenly(study: Study, workers: int) -> int:
    """Return a lane that every worker fills as often: the last one does not wait for another."""
    share = math.ceil(study.networks / workers)
    return math.ceil(share / math.ceil(share / lane_size(study)))


def _cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checked_workers(workers: object) -> int:
    """Return the number of processes: one a core for None, at most 8 a core."""
    if workers is None:
        return _cores()
    return whole("workers", workers, low=1, high=max(8 * _cores(), 16))


def with_ranges(*studies: Study) -> Study:
    """Return the first study, resolved, with a range for every signal: pilots set what is open.

    With several studies the ranges serve them all, so that their figures share one axis: each is
    the widest that any of them needs.
    """
    first = studies[0].resolved()
    asked: dict[str, tuple[float, float]] = {}
    for study in studies:
        for signal, span in study.ranges.items():
            if asked.setdefault(signal, span) != span:
                raise InputError(
                    f"ranges.{signal}",
                    expected=f"{list(asked[signal])}, as figures share one axis",
                    got=list(span),
                )
    open_signals = [signal for signal in first.signals if signal not in asked]
    if not open_signals:
        return replace(first, ranges=asked)
    found = [_pilot_ranges(study.resolved(), open_signals) for study in studies]
    spans = {
        signal: (min(f[signal][0] for f in found), max(f[signal][1] for f in found))
        for signal in open_signals
    }
    return replace(first, ranges={**spans, **asked})


def sample_pilots(study: Study, networks: int) -> Result:
    """Draw and measure networks on streams of their own, to plan with: none is in the study.

    >>> study = Study(activation="relu", initializer="he_normal", widths=(16,) * 3, networks=2)
    >>> sample_pilots(study, 5).study.networks
    5
    """
    study = replace(with_ranges(study), networks=networks)
    axes, shared = axes_of(study), shared_examples(study)

    def measured(pilot: int) -> Summary:
        trace = SAMPLERS[study.sampler](study, [pilot], shared, pilot=True)
        return summarize(trace, networks=np.array([pilot], dtype=np.int64), axes=axes)

    with at_work():
        summary = merge(map(measured, range(networks)), range(networks))
    return Result(origin=study, summary=summary, name="pilots")


def trace_network(study: Study, network: int) -> Trace:
    """Return all values of one network of a study: the very one that `sample` measures.

    Args:
        study: the order, as asked or as it stands in a result.
        network: its index; the arrays of the trace are [1, B, n].

    Raises:
        InputError: the study has no such network.

    >>> study = Study(activation="relu", initializer="he_normal", widths=(16, 8), networks=2)
    >>> trace_network(study, 1).layers[1].activation.shape
    (1, 50, 8)
    """
    study = study.resolved()
    network = whole("network", network, low=0, high=study.networks - 1)
    with at_work():
        return SAMPLERS[study.sampler](study, [network], shared_examples(study))


def axes_of(study: Study) -> Axes:
    """Return the linear and the asinh axis of every signal of a study with ranges."""
    return axes_from({signal: study.ranges[signal] for signal in study.signals}, bins=study.bins)


def _pilot_ranges(study: Study, signals: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return [low, high] of each signal by rule: an activation's own bounds, else ± a quantile.

    Bounded ends are widened by 1e-6 so that a saturated value on the bound lies inside, rounded to
    float32 too.
    """
    shared = shared_examples(study)
    reach = dict.fromkeys(signals, 0.0)
    with at_work(), np.errstate(all="ignore"):  # an overflow only leaves its range
        for pilot in range(PILOTS if shape_of(study).largest_signal < MOST_VALUES else 1):
            for signal, top in _pilot_reach(study, pilot, shared, signals).items():
                reach[signal] = max(reach[signal], top)
    ranges = {signal: span_from(far, signal) for signal, far in reach.items()}
    if "activation" in ranges:
        low, high = study.architecture.activation.bounds
        least, most = ranges["activation"]
        inside = 1e-6
        ranges["activation"] = (
            low - inside if math.isfinite(low) else least,
            high + inside if math.isfinite(high) else most,
        )
    return ranges


def _pilot_reach(
    study: Study, pilot: int, shared: Examples | None, signals: Sequence[str]
) -> dict[str, float]:
    # a function of its own: a pilot's trace is gone before the next one is drawn
    return reach_of(SAMPLERS[study.sampler](study, [pilot], shared, pilot=True), signals)


def _continued(study: Study, start: Result) -> Study:
    """Return the study that adds networks to ``start``; any other difference is refused."""
    if dict(start.made_with) != versions():
        raise InputError(
            "resume: versions",
            expected=_listed(start.made_with) + ", with which the result was made",
            got=Words(_listed(versions())),
            hint="other versions may give other bits: start anew with --force",
        )
    wanted = replace(study.resolved(), ranges={**start.study.ranges, **study.ranges})
    refuse_other_study(wanted, start)
    if wanted.networks <= start.study.networks:
        raise InputError(
            "resume: networks",
            expected=f"more than the {start.study.networks} that are done",
            got=wanted.networks,
        )
    return wanted


def refuse_other_study(wanted: Study, start: Result) -> None:
    """Raise `InputError` where a resolved study is not that of a result, networks apart."""
    old, new = start.study.to_dict(), wanted.to_dict()
    keys = [key.name for key in fields(Study) if key.name != "networks"]
    different = [key for key in keys if old.get(key) != new.get(key)]
    if different:
        key = different[0]
        raise InputError(
            f"resume: {key}",
            expected=f"{old.get(key)} as in the result",
            got=new.get(key),
            hint="only networks may change",
        )


def _listed(made_with: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in made_with.items())


def _chunk_size(networks: int, workers: int, lane: int) -> int:
    """Return networks a task: whole lanes, and about 16 tasks a worker where there are many."""
    lanes = math.ceil(networks / lane)
    return max(1, lanes // (16 * workers)) * lane


def _chunks(todo: range, chunk: int) -> Iterator[range]:
    for first in range(todo.start, todo.stop, chunk):
        yield range(first, min(first + chunk, todo.stop))


def _measured(
    order: Order, chunks: Iterator[range], workers: int, tick: Tick | None
) -> Iterator[Summary]:
    # workers outlive a run: a relative path must be looked up from where this process is now
    there = {"initializer": os.chdir, "initargs": (Path.cwd(),)}
    away = workers > 1 and is_file_name(order.study.inputs)
    parallel = Parallel(n_jobs=workers, return_as="generator_unordered", **(there if away else {}))
    try:
        for part in parallel(delayed(measure_networks)(order, networks) for networks in chunks):
            if tick is not None:
                tick(len(part.networks))
            yield part
    except TerminatedWorkerError as error:
        raise InputError(
            "workers",
            expected="workers that live to the end",
            got=Words("one that was killed, as happens when memory runs out"),
            hint="take fewer workers",
        ) from error


def measure_networks(order: Order, networks: range) -> Summary:
    """Draw and measure some networks of a study, a lane at a time: what a worker does."""
    with at_work():
        return merge((_lane(order, lane) for lane in _lanes(networks, order.lane)), networks)


def _lanes(networks: range, size: int) -> Iterator[range]:
    """Cut at multiples of ``size``, so that a lane is a fixed block of indices."""
    first = networks.start
    while first < networks.stop:
        last = min((first // size + 1) * size, networks.stop)
        yield range(first, last)
        first = last


def _lane(order: Order, networks: range) -> Summary:
    trace = SAMPLERS[order.study.sampler](order.study, networks, order.shared)
    return summarize(trace, networks=np.array(networks, dtype=np.int64), axes=order.axes)


def _after(first: Summary, rest: Iterator[Summary]) -> Iterator[Summary]:
    yield first
    yield from rest


@cache
def _threads() -> ThreadpoolController:
    _keep_memory()
    return ThreadpoolController()


KEPT = 2**25 - 2**16


def _keep_memory() -> None:
    """Have the allocator keep what one network frees for the next: fresh pages cost a third more.

    glibc serves blocks up to the largest that was ever freed, 32 MiB at most, from memory that it
    keeps until twice as much lies idle (mallopt(3), M_MMAP_THRESHOLD); so one such is freed. No
    page of it is ever touched. Other allocators take no notice.
    """
    np.empty(KEPT, np.uint8)


def at_work() -> AbstractContextManager[object]:
    """Return what a process draws networks in: one BLAS thread, and memory that is kept."""
    # BLAS results change bits with the number of threads
    limited: AbstractContextManager[object] = _threads().limit(limits=1, user_api="blas")
    return limited
