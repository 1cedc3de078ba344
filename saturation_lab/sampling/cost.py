"""How much memory will a study need?

A study that the machine cannot hold is refused before it starts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.nets.own_inputs import reading_bytes
from saturation_lab.nets.undrawn import bytes_kept
from saturation_lab.statistics.histogram import FLOWS, WIDE_BINS
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.statistics.ruler import TABLE_BYTES
from saturation_lab.statistics.trace import BLOCK_SIDE
from saturation_lab.study import Study

_LANE_BYTES = 4 * 2**20
"""Networks are stacked while their arrays together stay within about this much (a cache)."""

_LANE_VALUES = 2**18
"""Networks whose weights are not drawn are stacked while one signal of a layer has so many values.

One layer of theirs is at work at a time; several in a call spare the calls."""

MOST = 24
"""Networks in a lane: more are no faster, and hold memory that a study of few does not need."""

BASE_BYTES = 320 * 2**20
"""A Python process with NumPy, a compiler for the loops and the rest loaded."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How much of everything one network of a study has.

    Attributes:
        weights: entries of all weight matrices; each has a weight gradient.
        products: multiplications of the forward, backward and weight-gradient products.
        values: entries of the inputs and of one signal (z, say) in all layers.
        largest_matrix, largest_signal: entries of the largest layer's.
        layers: how many affine maps there are.
        spectra: multiplications of one Gram matrix a layer and example whose singular values are
            asked for; 0 for none.
        itemsize: bytes of one entry.
    """

    weights: int
    products: int
    values: int
    largest_matrix: int
    largest_signal: int
    layers: int
    spectra: int
    itemsize: int

    @property
    def bytes(self) -> int:
        """Return the memory of one network at its worst: all weights, all signals, one gradient.

        Beside them is what the passes compute on the way. Singular values need the slopes, and
        in float64 a Jacobian, its Gram matrix and a copy of it.
        """
        kept = self.itemsize * (self.weights + 4 * self.values)
        gradient = 2 * self.itemsize * self.largest_matrix
        if self.spectra:
            kept += self.itemsize * self.values
            gradient = max(gradient, 32 * self.largest_matrix)
        return kept + gradient + (8 + 8 * self.itemsize) * self.largest_signal


def shape_of(study: Study) -> Shape:
    """Return the counts for one network."""
    layers = study.architecture.layers
    outs = [layer.fan_out for layer in layers]
    if study.resolved().sampler == "weight-free":
        return _undrawn_shape(study)
    sizes = [layer.fan_in * layer.fan_out for layer in layers]
    return Shape(
        weights=sum(sizes),
        products=3 * study.examples * sum(sizes),
        values=study.examples * (layers[0].fan_in + sum(outs)),
        largest_matrix=max(sizes),
        largest_signal=study.examples * max(outs),
        layers=len(layers),
        spectra=study.singular_values
        * sum(
            min(layer.fan_in, layer.fan_out) * size
            for layer, size in zip(layers[: len(study.widths)], sizes, strict=False)
        ),
        itemsize=np.dtype(study.dtype).itemsize,
    )


def _undrawn_shape(study: Study) -> Shape:
    """Return the counts for a network without weights: what has been seen of them is kept."""
    layers, examples = study.architecture.layers, study.examples
    itemsize = np.dtype(study.dtype).itemsize
    widest = max(max(layer.fan_in, layer.fan_out) for layer in layers)
    return Shape(
        weights=bytes_kept(study.architecture, examples, itemsize) // itemsize,
        products=4 * examples**2 * sum(layer.fan_in + layer.fan_out for layer in layers),
        values=examples * (layers[0].fan_in + sum(layer.fan_out for layer in layers)),
        largest_matrix=BLOCK_SIDE**2,
        largest_signal=examples * widest,
        layers=len(layers),
        spectra=0,
        itemsize=itemsize,
    )


def lane_size(study: Study) -> int:
    """Return how many networks are stacked into one array operation."""
    shape = shape_of(study)
    if study.resolved().sampler == "weight-free":
        fit = _LANE_VALUES // shape.largest_signal
    else:
        fit = _LANE_BYTES // max(1, shape.bytes)
    return max(1, min(MOST, fit))


def memory_needed(study: Study, *, workers: int, lane: int | None = None) -> int:
    """Return the bytes that a run needs: lanes, the per-network table, a file that is read."""
    shape = shape_of(study)
    row = 8 * shape.layers * (len(QUANTITIES) + study.examples)
    stacked = (lane or lane_size(study)) * shape.bytes
    counts = 8 * shape.layers * len(study.signals) * (study.bins + WIDE_BINS + 2 * len(FLOWS))
    tables = (len(study.signals) + 1) * TABLE_BYTES  # one more while one is made
    workers = min(workers, study.networks)
    readers = workers + (workers > 1)  # every process opens a file of inputs for itself
    reading = readers * reading_bytes(study.input_source)
    # a part, the sum and both while they are added
    at_work = workers * (stacked + BASE_BYTES + tables + 4 * counts)
    return int(at_work + 2 * study.networks * row + reading)


def memory_of_machine() -> int:
    """Return the bytes of memory that this process may use."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file():
        allowed = limit.read_text().strip()
        if allowed.isdigit():
            return min(total, int(allowed))
    return total


def refuse_what_does_not_fit(study: Study, *, workers: int, lane: int | None = None) -> None:
    """Raise `InputError` when the study needs more memory than the machine has."""
    need, have = memory_needed(study, workers=workers, lane=lane), memory_of_machine()
    if need > have:
        raise InputError(
            "memory",
            expected=f"a study of at most {in_bytes(have)} (this machine)",
            got=Words(f"one that needs {in_bytes(need)}"),
            hint="take fewer or narrower layers, fewer examples, networks or workers",
        )


def in_bytes(count: int) -> str:
    """Return a count of bytes in words: 1.5 GiB.

    >>> in_bytes(3 * 2**29)
    '1.5 GiB'
    """
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
        if size < 1024 or unit == "PiB":
            break
        size /= 1024
    if size >= 1e6:
        return f"more than a million {unit}"
    return f"{size:,.3g} {unit}" if size < 1000 else f"{size:,.0f} {unit}"
