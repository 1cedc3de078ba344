"""Compiled loops over every single value: sums, counts by rank, and order statistics.

NumPy would pass over the memory once for each operation. Here each value is loaded once and used
for everything.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.compiled import compiled

_Counts = NDArray[np.int64]

_BLOCK = 1024
"""The number of columns whose sums over examples are held at a time."""

_GLANCE = 32
"""The number of values that are tested together, as most of them are not selected."""


@compiled
def power_sums(x: NDArray[Any], squares: Float64, central: Float64) -> None:
    """Compute the sum of squares of each example and the central power sums of each network.

    Parameters
    ----------
    x : array of shape (networks, examples, units)
        The values.
    squares : array of shape (networks, examples)
        Filled with Σ x² of each example.
    central : array of shape (networks, 4)
        Filled with the mean of each network and Σ c², Σ c³, Σ c⁴, where c = x - mean.
    """
    for network in range(x.shape[0]):
        total = 0.0
        for example in range(x.shape[1]):
            row = x[network, example]
            first = second = 0.0
            for i in range(row.size):
                value = np.float64(row[i])
                first += value
                second += value * value
            total += first
            squares[network, example] = second
        mean = total / (x.shape[1] * x.shape[2])
        two = three = four = 0.0
        for example in range(x.shape[1]):
            row = x[network, example]
            for i in range(row.size):
                centred = np.float64(row[i]) - mean
                square = centred * centred
                two += square
                three += square * centred
                four += square * square
        central[network, 0] = mean
        central[network, 1] = two
        central[network, 2] = three
        central[network, 3] = four


@compiled
def square_sums(rows: NDArray[Any], squares: Float64) -> None:
    """Compute the sum of squares of each row.

    Parameters
    ----------
    rows : array of shape (rows, columns)
        The values.
    squares : array of shape (rows,)
        Filled with Σ x² of each row.
    """
    for number in range(rows.shape[0]):
        row = rows[number]
        total = 0.0
        for i in range(row.size):
            value = np.float64(row[i])
            total += value * value
        squares[number] = total


@compiled
def over_examples(x: NDArray[Any], weights: Float64, apart: Float64, aligned: Float64) -> None:
    """Compute the variation over examples and the squared length of a weighted sum of examples.

    Parameters
    ----------
    x : array of shape (networks, examples, units)
        The values.
    weights : array of shape (networks, examples)
        The weights w_b of the examples.
    apart : array of shape (networks,)
        Filled with Σ (x - mean over examples)².
    aligned : array of shape (networks,)
        Filled with Σ_i (Σ_b w_b x_bi)².
    """
    examples = x.shape[1]
    mean, combined = np.empty(_BLOCK), np.empty(_BLOCK)
    for network in range(x.shape[0]):
        off = along = 0.0
        for first in range(0, x.shape[2], _BLOCK):
            last = min(first + _BLOCK, x.shape[2])
            mean[:] = 0.0
            combined[:] = 0.0
            for example in range(examples):
                row, weight = x[network, example, first:last], weights[network, example]
                for i in range(row.size):
                    value = np.float64(row[i])
                    mean[i] += value
                    combined[i] += weight * value
            for i in range(last - first):
                mean[i] /= examples
                along += combined[i] * combined[i]
            for example in range(examples):
                row = x[network, example, first:last]
                for i in range(row.size):
                    distance = np.float64(row[i]) - mean[i]
                    off += distance * distance
        apart[network] = off
        aligned[network] = along


@compiled
def over_units(x: NDArray[Any], cosine: Float64) -> None:
    """Compute the mean cosine between two units, as vectors over the examples.

    Parameters
    ----------
    x : array of shape (networks, examples, units)
        The values.
    cosine : array of shape (networks,)
        Filled with the mean over pairs of units that are not 0 throughout; nan if there are fewer
        than two, or a value is not finite.
    """
    examples = x.shape[1]
    length, together = np.empty(_BLOCK), np.empty(examples)
    for network in range(x.shape[0]):
        together[:] = 0.0
        units = 0
        for first in range(0, x.shape[2], _BLOCK):
            last = min(first + _BLOCK, x.shape[2])
            length[:] = 0.0
            for example in range(examples):
                row = x[network, example, first:last]
                for i in range(row.size):
                    value = np.float64(row[i])
                    length[i] += value * value
            for i in range(last - first):
                if length[i] != 0:
                    units += 1
                    length[i] = 1 / np.sqrt(length[i])
            for example in range(examples):
                row, total = x[network, example, first:last], 0.0
                for i in range(row.size):
                    total += np.float64(row[i]) * length[i]
                together[example] += total
        square = 0.0
        for example in range(examples):
            square += together[example] * together[example]
        cosine[network] = (square - units) / (units * (units - 1)) if units > 1 else np.nan


@compiled
def _rank_from(edges: NDArray[Any], value: float, rank: int) -> int:
    """Return the number of edges at or below a value, searching up from a lower bound.

    The last edge is NaN.
    """
    step = 1
    while rank + step < edges.size and value >= edges[rank + step - 1]:
        rank += step
        step *= 2
    while step > 1:
        step //= 2
        if rank + step < edges.size and value >= edges[rank + step - 1]:
            rank += step
    return rank


@compiled
def count_ranks(
    values: NDArray[Any],
    bits: NDArray[Any],
    shift: int,
    table: NDArray[Any],
    edges: NDArray[Any],
    counts: _Counts,
) -> None:
    """Count the values of each row by rank, the number of edges at or below the value.

    Parameters
    ----------
    values : array of shape (networks, values)
        The values.
    bits : array of unsigned int of shape (networks, values)
        The same memory, read as unsigned integers.
    shift : int
        The right shift that leaves the leading bits of a value, the number of its cell.
    table : array of int of shape (cells,)
        The rank of all values of a cell. If the values of a cell differ in rank, and for infinities
        and NaN, it is ~ (the bitwise complement of) a lower bound.
    edges : array of shape (n + 1,)
        The n edges in ascending order, then NaN.
    counts : array of int of shape (networks, n + 4)
        The counts of ranks 0..n, then of NaN, -inf and +inf, are added to it.
    """
    special = counts.shape[1] - 3
    for row in range(values.shape[0]):
        own, found = bits[row], counts[row]
        for i in range(own.size):
            rank = np.int64(table[np.uint64(own[i]) >> np.uint64(shift)])
            if rank < 0:
                value = values[row, i]
                if np.isnan(value):
                    rank = special
                elif np.isinf(value):
                    rank = special + 1 + (value > 0)
                else:
                    rank = np.int64(_rank_from(edges, value, int(~rank)))
            found[np.uint64(rank)] += 1


@compiled
def neighbours(
    values: NDArray[Any],
    low: NDArray[Any],
    high: NDArray[Any],
    places: _Counts,
    found: Float64,
) -> None:
    """Find the k-th smallest of the values low <= x < high of each row, and the next larger value.

    Parameters
    ----------
    values : array of shape (networks, values)
        The values.
    low, high : array of shape (networks,)
        The range of each row.
    places : array of int of shape (networks, 2)
        k, counted from 0, and the number of values in the range.
    found : array of shape (networks, 2)
        Filled with both values; the k-th is repeated if it is the largest.
    """
    some = np.empty(places[:, 1].max(), values.dtype)
    for row in range(values.shape[0]):
        own, least, most = values[row], low[row], high[row]
        count = 0
        for first in range(0, own.size, _GLANCE):
            part = own[first : first + _GLANCE]
            hits = 0
            for i in range(part.size):
                hits += (part[i] >= least) & (part[i] < most)
            if hits:
                for i in range(part.size):
                    if least <= part[i] < most:
                        some[count] = part[i]
                        count += 1
        place = places[row, 0]
        _put_in_place(some[:count], place)
        found[row, 0] = found[row, 1] = some[place]
        if place + 1 < count:
            found[row, 1] = some[place + 1 : count].min()


@compiled
def _put_in_place(x: NDArray[Any], place: int) -> None:
    """Partially sort x so that the value of rank ``place`` is at that index (Hoare's quickselect).

    Smaller values come before it. The pivots are pseudo-random, so no order of the values is slow.
    """
    first, last, luck = 0, x.size - 1, np.uint64(1)
    while first < last:
        luck = luck * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        middle = x[first + np.int64((luck >> np.uint64(33)) % np.uint64(last - first + 1))]
        i, j = first, last
        while i <= j:
            while x[i] < middle:
                i += 1
            while x[j] > middle:
                j -= 1
            if i <= j:
                x[i], x[j] = x[j], x[i]
                i += 1
                j -= 1
        if place <= j:
            last = j
        elif place >= i:
            first = i
        else:
            return
