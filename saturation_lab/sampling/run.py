"""Sampling a study: pilot runs, parallel measurement, and the merging of summaries.

Pilot networks determine the ranges of the histograms. Chunks of networks are then distributed to
worker processes, and their summaries are merged in any order. The numbers are the same to the last
bit, whatever the schedule.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import ThreadpoolController

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.data.own_inputs import is_file_name
from saturation_lab.data.sources import Examples
from saturation_lab.examples import shared_examples
from saturation_lab.measured import Tick, versions
from saturation_lab.sampling.cost import lane_size, refuse_what_does_not_fit, shape_of
from saturation_lab.sampling.dense import dense_trace
from saturation_lab.sampling.result import Result
from saturation_lab.sampling.weight_free import weight_free_trace
from saturation_lab.statistics.axes import MOST_VALUES, axes_from, reach_of, span_from
from saturation_lab.statistics.quantities import (
    Only,
    Quantity,
    own_quantities,
    set_own_quantities,
    signals_counted,
)
from saturation_lab.statistics.summary import Axes, Summary, merge, summarize
from saturation_lab.statistics.trace import Trace
from saturation_lab.study import Study

_Trace_of = Callable[..., Trace]

SAMPLERS: dict[str, _Trace_of] = {"dense": dense_trace, "weight-free": weight_free_trace}
"""The samplers. Each takes ``(study, networks, shared, pilot=False)`` and returns a `Trace`."""

PILOTS = 4
"""The number of pilot networks, which determine the ranges of the linear axes.

They use separate random streams. If a layer has a million values, one pilot network suffices."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """All that a worker needs to measure any network of a study.

    Attributes
    ----------
    study : Study
        The resolved study, with a range for every signal.
    shared : Examples or None
        The inputs that all networks share; None if each network has its own.
    axes : Axes
        The histogram axes of every signal.
    lane : int
        Number of networks in one array operation.
    only : frozenset of tuple or None
        The quantities to compute, each with the number of its layer; None for all.
    own : tuple of Quantity
        The quantities that the user added, which a worker process does not know.
    """

    study: Study
    shared: Examples | None
    axes: Axes
    lane: int
    only: Only | None = None
    own: tuple[Quantity, ...] = field(default_factory=own_quantities)


def sample(
    study: Study,
    *,
    name: str = "study",
    workers: int | None = None,
    chunk: int | None = None,
    lane: int | None = None,
    start: Result | None = None,
    tick: Tick | None = None,
    only: Only | None = None,
) -> Result:
    """Draw and measure the networks of a study.

    Parameters
    ----------
    study : Study
        The study. Its defaults are resolved and recorded in the result.
    name : str
        The name of the study in tables.
    workers : int or None
        Number of processes, with one BLAS thread each; None for one per core.
    chunk : int or None
        Number of networks per task of a worker; None for a suitable number.
    lane : int or None
        Number of networks stacked into one array operation; None for a suitable number.
    start : Result or None
        An earlier result of the same study, with fewer networks, to which networks are added.
    tick : callable or None
        Called with the number of networks just finished.
    only : frozenset of tuple or None
        The quantities to compute, each with the number of its layer; the other values are nan,
        and there are no histograms. None for everything.

    Returns
    -------
    Result
        The quantities of each network and the histograms of all.

    Raises
    ------
    InputError
        If the study does not fit into memory, ``start`` belongs to another study, ``workers``,
        ``chunk`` or ``lane`` is out of range, or a worker process dies.

    Examples
    --------
    >>> study = Study(activation="relu", initializer="he_normal", widths=(16,) * 3, networks=2)
    >>> sample(study, workers=1).summary.networks
    array([0, 1])
    """
    workers = min(checked_workers(workers), study.networks)
    lane = _evenly(study, workers) if lane is None else whole("lane", lane, low=1)
    refuse_what_does_not_fit(study, workers=workers, lane=lane)
    study = _with_ranges_for(only, study) if start is None else _continued(study, start)
    done = 0 if start is None else start.study.networks
    order = Order(
        study=study,
        shared=shared_examples(study),
        axes=axes_of(study),
        lane=lane,
        only=only,
    )
    todo = range(done, study.networks)
    if chunk is None:
        chunk = _chunk_size(len(todo), workers, lane)
    parts = _measured(order, _chunks(todo, whole("chunk", chunk, low=1)), workers, tick)
    parts = parts if start is None else _after(start.summary, parts)
    summary = merge(parts, range(study.networks))
    return Result(origin=study, summary=summary, name=name)


def _evenly(study: Study, workers: int) -> int:
    """Choose a lane size that divides the networks evenly among the workers.

    No worker then idles at the end.
    """
    share = math.ceil(study.networks / workers)
    return math.ceil(share / math.ceil(share / lane_size(study)))


def _cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checked_workers(workers: object) -> int:
    """Check and complete a number of worker processes.

    Parameters
    ----------
    workers : int or None
        Number of processes; None for one per core.

    Returns
    -------
    int
        The number of processes.

    Raises
    ------
    InputError
        If ``workers`` is not a whole number from 1 to the larger of 16 and 8 per core.

    Examples
    --------
    >>> checked_workers(2)
    2
    """
    if workers is None:
        return _cores()
    return whole("workers", workers, low=1, high=max(8 * _cores(), 16))


def with_ranges(*studies: Study) -> Study:
    """Resolve a study and give every signal a histogram range.

    Ranges that the study leaves open are determined by pilot networks. With several studies, the
    ranges suit them all, so that their figures can share one axis: each range is the widest that
    any of them needs.

    Parameters
    ----------
    *studies : Study
        The study, and others that are to share its ranges.

    Returns
    -------
    Study
        The first study, resolved, with a range for every signal.

    Raises
    ------
    InputError
        If two studies give different ranges for a signal.
    """
    first = studies[0].resolved()
    asked: dict[str, tuple[float, float]] = {}
    for study in studies:
        for signal, span in study.ranges.items():
            if asked.setdefault(signal, span) != span:
                raise InputError(
                    f"ranges.{signal}",
                    expected=f"{list(asked[signal])} as in the other studies, to share one axis",
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


def _with_ranges_for(only: Only | None, study: Study) -> Study:
    """Return the resolved study, with a range for every signal if any is counted."""
    counts = only is None or bool(signals_counted(only))
    return with_ranges(study) if counts else study.resolved()


def sample_pilots(study: Study, networks: int, *, only: Only | None = None) -> Result:
    """Draw and measure pilot networks, on which the size of a study can be based.

    They use separate random streams: none of them is a network of the study.

    Parameters
    ----------
    study : Study
        The study.
    networks : int
        The number of pilot networks.
    only : frozenset of tuple or None
        As for `sample`.

    Returns
    -------
    Result
        The measurements of the pilot networks.

    Examples
    --------
    >>> study = Study(activation="relu", initializer="he_normal", widths=(16,) * 3, networks=2)
    >>> sample_pilots(study, 5).study.networks
    5
    """
    study = replace(_with_ranges_for(only, study), networks=networks)
    axes, shared = axes_of(study), shared_examples(study)

    def measured(pilots: range) -> Summary:
        trace = SAMPLERS[study.sampler](study, pilots, shared, pilot=True)
        return summarize(trace, networks=np.array(pilots, dtype=np.int64), axes=axes, only=only)

    with at_work():
        lanes = _lanes(range(networks), lane_size(study))
        summary = merge(map(measured, lanes), range(networks))
    return Result(origin=study, summary=summary, name="pilots")


def trace_network(study: Study, network: int) -> Trace:
    """Draw one network of a study, exactly as `sample` does, and return all its values.

    Parameters
    ----------
    study : Study
        The study, resolved or not.
    network : int
        The index of the network, from 0.

    Returns
    -------
    Trace
        The signals and gradients of each layer, in arrays of shape (1, examples, units).

    Raises
    ------
    InputError
        If the study has no such network.

    Examples
    --------
    >>> study = Study(activation="relu", initializer="he_normal", widths=(16, 8), networks=2)
    >>> trace_network(study, 1).layers[1].activation.shape
    (1, 50, 8)
    """
    study = study.resolved()
    network = whole("network", network, low=0, high=study.networks - 1)
    with at_work():
        return SAMPLERS[study.sampler](study, [network], shared_examples(study))


def axes_of(study: Study) -> Axes:
    """Return the histogram axes of a study.

    Parameters
    ----------
    study : Study
        A resolved study.

    Returns
    -------
    Axes
        The linear and the asinh axis of every signal that has a range.
    """
    ranges = {signal: study.ranges[signal] for signal in study.signals if signal in study.ranges}
    return axes_from(ranges, bins=study.bins)


def _pilot_ranges(study: Study, signals: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return the range of each signal that the pilot networks suggest.

    It is symmetric, ± a quantile, except for the bounds of a bounded activation. These are widened
    by 1e-6, so that saturated values are inside the range even when rounded to float32.
    """
    shared = shared_examples(study)
    reach = dict.fromkeys(signals, 0.0)
    with at_work(), np.errstate(all="ignore"):  # overflowing values only fall outside the range
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
    # a separate function, so that a pilot's trace is freed before the next one is drawn
    return reach_of(SAMPLERS[study.sampler](study, [pilot], shared, pilot=True), signals)


def _continued(study: Study, start: Result) -> Study:
    """Return the study that adds networks to ``start``; refuse any other difference."""
    if dict(start.made_with) != versions():
        raise InputError(
            "resume: versions",
            expected=_listed(start.made_with) + ", as used for the result",
            got=Words(_listed(versions())),
            hint="other versions may round differently; start again with --force",
        )
    wanted = replace(study.resolved(), ranges={**start.study.ranges, **study.ranges})
    refuse_other_study(wanted, start)
    if wanted.networks <= start.study.networks:
        raise InputError(
            "resume: networks",
            expected=f"more than the {start.study.networks} already sampled",
            got=wanted.networks,
        )
    return wanted


def refuse_other_study(wanted: Study, start: Result) -> None:
    """Raise an error if a study differs from that of a result, except in its number of networks.

    Parameters
    ----------
    wanted : Study
        A resolved study.
    start : Result
        The result of another.

    Raises
    ------
    InputError
        For the first key that differs.
    """
    old, new = start.study.to_dict(), wanted.to_dict()
    keys = [key.name for key in fields(Study) if key.name != "networks"]
    different = [key for key in keys if old.get(key) != new.get(key)]
    if different:
        key = different[0]
        raise InputError(
            f"resume: {key}",
            expected=f"{old.get(key)} as in the result",
            got=new.get(key),
            hint="only the number of networks may change",
        )


def _listed(made_with: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in made_with.items())


def _chunk_size(networks: int, workers: int, lane: int) -> int:
    """Return the number of networks per task: complete lanes, about 16 tasks per worker."""
    lanes = math.ceil(networks / lane)
    return max(1, lanes // (16 * workers)) * lane


def _chunks(todo: range, chunk: int) -> Iterator[range]:
    for first in range(todo.start, todo.stop, chunk):
        yield range(first, min(first + chunk, todo.stop))


def _measured(
    order: Order, chunks: Iterator[range], workers: int, tick: Tick | None
) -> Iterator[Summary]:
    # workers outlive a run, so each must change to the present folder to find a relative path
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
            expected="all worker processes to finish",
            got=Words("one that died (out of memory?)"),
            hint="use fewer workers (--workers 1) or fewer examples",
        ) from error


def measure_networks(order: Order, networks: range) -> Summary:
    """Draw and measure some networks of a study, lane by lane: the task of a worker.

    Parameters
    ----------
    order : Order
        The study and all that is fixed before sampling.
    networks : range
        Indices of the networks.

    Returns
    -------
    Summary
        The merged measurements.
    """
    set_own_quantities(order.own)
    with at_work():
        return merge((_lane(order, lane) for lane in _lanes(networks, order.lane)), networks)


def _lanes(networks: range, size: int) -> Iterator[range]:
    """Split at multiples of ``size``, so that each lane is a fixed block of indices."""
    first = networks.start
    while first < networks.stop:
        last = min((first // size + 1) * size, networks.stop)
        yield range(first, last)
        first = last


def _lane(order: Order, networks: range) -> Summary:
    trace = SAMPLERS[order.study.sampler](order.study, networks, order.shared)
    indices = np.array(networks, dtype=np.int64)
    return summarize(trace, networks=indices, axes=order.axes, only=order.only)


def _after(first: Summary, rest: Iterator[Summary]) -> Iterator[Summary]:
    yield first
    yield from rest


@cache
def _threads() -> ThreadpoolController:
    _keep_memory()
    return ThreadpoolController()


KEPT = 2**25 - 2**16
"""The size in bytes of the block that `_keep_memory` frees, just below glibc's limit of 32 MiB."""


def _keep_memory() -> None:
    """Make the allocator reuse memory from network to network: fresh pages take a third longer.

    glibc serves blocks up to the size of the largest one ever freed, at most 32 MiB, from memory
    that it retains until twice that size is unused (mallopt(3), M_MMAP_THRESHOLD). So one such
    block is allocated and freed; its pages are never touched. Other allocators are not affected.
    """
    np.empty(KEPT, np.uint8)


def at_work() -> AbstractContextManager[object]:
    """Return the context in which a process draws networks.

    Returns
    -------
    context manager
        Limits BLAS to one thread, because its results depend on the number of threads in the last
        bits. Memory is retained between networks.
    """
    limited: AbstractContextManager[object] = _threads().limit(limits=1, user_api="blas")
    return limited
