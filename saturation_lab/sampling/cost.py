"""Estimates of the memory that a study needs.

A study that does not fit into the machine's memory is refused before it starts.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.data.own_inputs import reading_bytes
from saturation_lab.nets.undrawn import bytes_kept
from saturation_lab.statistics.histogram import FLOWS, WIDE_BINS
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.statistics.ruler import TABLE_BYTES
from saturation_lab.statistics.trace import BLOCK_SIDE
from saturation_lab.study import Study

_LANE_BYTES = 4 * 2**20
"""Stack networks into one lane while their arrays take at most about this much: a cache's size."""

_LANE_VALUES = 2**18
"""Without drawn weights, stack networks while one signal of a layer has at most this many values.

Only one layer of such networks is computed at a time; stacking reduces the number of calls."""

MOST = 24
"""The largest number of networks in a lane. Larger lanes are no faster and need more memory."""

BASE_BYTES = 320 * 2**20
"""Memory of a Python process after importing NumPy, the loop compiler and everything else."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """The sizes of one network of a study, which determine its time and memory.

    Attributes
    ----------
    weights : int
        Number of entries of all weight matrices. Each has a weight gradient. Without drawn
        weights, the number of entries kept in their place.
    products : int
        Number of multiplications in the forward, backward and weight-gradient products.
    values : int
        Number of entries of the inputs and of one signal, such as z, over all layers.
    largest_matrix : int
        Number of entries of the largest weight matrix, or block of a weight gradient.
    largest_signal : int
        Number of entries of the largest signal of a layer.
    layers : int
        Number of affine maps, including the output layer.
    spectra : int
        Number of multiplications in the Gram matrices of the layer Jacobians, over all layers
        and examples with singular values; 0 without singular values.
    itemsize : int
        Bytes per entry.
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
        """Return the peak memory of one network: all weights, all signals and one gradient.

        This includes the intermediate results of both passes. Singular values also need the
        slopes and, in float64, a Jacobian, its Gram matrix and a copy of it.
        """
        kept = self.itemsize * (self.weights + 4 * self.values)
        gradient = 2 * self.itemsize * self.largest_matrix
        if self.spectra:
            kept += self.itemsize * self.values
            gradient = max(gradient, 32 * self.largest_matrix)
        return kept + gradient + (8 + 8 * self.itemsize) * self.largest_signal


def shape_of(study: Study) -> Shape:
    """Count the entries and multiplications of one network.

    Parameters
    ----------
    study : Study
        The study, resolved or not.

    Returns
    -------
    Shape
        The counts for the sampler that the study uses.

    Examples
    --------
    >>> study = Study(activation="relu", initializer="he_uniform", widths=(20, 30), inputs="digits")
    >>> shape_of(study).weights == 64 * 20 + 20 * 30 + 30 * 10
    True
    """
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
        itemsize=np.dtype(study.resolved_dtype).itemsize,
    )


def _undrawn_shape(study: Study) -> Shape:
    """Return the counts for a network whose weights are not drawn."""
    layers, examples = study.architecture.layers, study.examples
    itemsize = np.dtype(study.resolved_dtype).itemsize
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
    """Return the number of networks to stack into one array operation.

    Parameters
    ----------
    study : Study
        The study.

    Returns
    -------
    int
        From 1 to `MOST`.

    Examples
    --------
    >>> study = Study(activation="relu", initializer="he_uniform", widths=(3000,), inputs="digits")
    >>> lane_size(study)
    1
    """
    shape = shape_of(study)
    if study.resolved().sampler == "weight-free":
        fit = _LANE_VALUES // shape.largest_signal
    else:
        fit = _LANE_BYTES // max(1, shape.bytes)
    return max(1, min(MOST, fit))


def memory_needed(study: Study, *, workers: int, lane: int | None = None) -> int:
    """Estimate the memory of a run, as an upper bound.

    The estimate includes the lanes, the per-network table, the histograms, and the reading of a
    file of inputs.

    Parameters
    ----------
    study : Study
        The study.
    workers : int
        Number of processes.
    lane : int or None
        Networks in a lane; None for `lane_size`.

    Returns
    -------
    int
        The memory in bytes.
    """
    shape = shape_of(study)
    row = 8 * shape.layers * (len(QUANTITIES) + study.examples)
    stacked = (lane or lane_size(study)) * shape.bytes
    counts = 8 * shape.layers * len(study.signals) * (study.bins + WIDE_BINS + 2 * len(FLOWS))
    tables = (len(study.signals) + 1) * TABLE_BYTES  # one more during construction
    workers = min(workers, study.networks)
    readers = workers + (workers > 1)  # each process opens the file of inputs itself
    reading = readers * reading_bytes(study.input_source)
    # histograms: one part, the sum, and both again during the addition
    at_work = workers * (stacked + BASE_BYTES + tables + 4 * counts)
    return int(at_work + 2 * study.networks * row + reading)


def memory_of_machine() -> int:
    """Return the memory that this process may use.

    Returns
    -------
    int
        The memory of the machine, or the limit of the control group if that is lower, in bytes.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file():
        allowed = limit.read_text().strip()
        if allowed.isdigit():
            return min(total, int(allowed))
    return total


def refuse_what_does_not_fit(study: Study, *, workers: int, lane: int | None = None) -> None:
    """Refuse a study that needs more memory than the machine has.

    Parameters
    ----------
    study : Study
        The study.
    workers : int
        Number of processes.
    lane : int or None
        Networks in a lane; None for `lane_size`.

    Raises
    ------
    InputError
        If the estimated memory exceeds `memory_of_machine`.
    """
    need, have = memory_needed(study, workers=workers, lane=lane), memory_of_machine()
    if need > have:
        raise InputError(
            "memory",
            expected=f"a study of at most {in_bytes(have)} (this machine)",
            got=Words(f"one that needs {in_bytes(need)}"),
            hint="use fewer or narrower layers, or fewer examples, networks or workers",
        )


def in_bytes(count: int) -> str:
    """Format a number of bytes with a binary unit, to three digits.

    Parameters
    ----------
    count : int
        The number of bytes.

    Returns
    -------
    str
        The size, for example ``1.5 GiB``.

    Examples
    --------
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
