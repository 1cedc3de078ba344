"""What is one replicate? A network: one draw of all weights, and one row of numbers.

Units of a layer and examples of a batch share weights, so they are no replicates: with ReLU, 64
units wide, standard errors from units reject a true statement in half of all studies. Everything
that forms a standard error here takes `Replicates`, in which every row names its own network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.inference.digits import count_text

Float64 = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Replicates:
    """Numbers measured in each of R networks; the network is the unit of replication.

    Attributes:
        values: [R], or [R, layers] with the networks first.
        networks: the index of each row's network, [R], none twice.
        overflowed: which networks overflowed, [R]; only they may have values that are not finite.
            Left out, they are those with an infinite value.

    Raises:
        InputError: fewer than two networks; not one row for each distinct network; nan in a network
            that did not overflow; more axes than networks and layers.

    >>> Replicates(values=[1.0, 2.0, 4.0], networks=[0, 1, 2]).count
    3
    >>> Replicates(values=[1.0, 2.0, 4.0], networks=[0, 0, 0])
    Traceback (most recent call last):
    ...
    saturation_lab.checks.InputError: networks: expected one row for each network, got 3 rows of \
1 network; units and examples of one network are no replicates: average them inside it first
    """

    values: Float64
    networks: NDArray[np.int64]
    overflowed: NDArray[np.bool_]

    def __init__(
        self, *, values: ArrayLike, networks: ArrayLike, overflowed: ArrayLike | None = None
    ) -> None:
        rows, indices = _rows(values), _indices(networks)
        _refuse_pooled(rows, indices)
        lost = infinite(rows)
        if overflowed is not None:
            lost |= as_mask(overflowed, len(rows))
        refuse_nan(rows, indices, lost)
        for name, array in (("values", rows), ("networks", indices), ("overflowed", lost)):
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @property
    def count(self) -> int:
        """Return R, the number of networks, those that overflowed included."""
        return len(self.values)

    @property
    def lost(self) -> int:
        """Return in how many networks some value is not finite: they are counted, not dropped."""
        return int(np.count_nonzero(~np.isfinite(self.values.reshape(self.count, -1)).all(axis=1)))

    def layers(self) -> Iterator[Replicates]:
        """Yield every layer's replicates, [R] each."""
        for column in self.values.reshape(self.count, -1).T:
            yield self.with_values(column)

    def with_values(self, values: ArrayLike) -> Replicates:
        """Return other values of the same networks."""
        return Replicates(values=values, networks=self.networks, overflowed=self.overflowed)

    def first(self, count: int) -> Replicates:
        """Return the rows of the first ``count`` networks."""
        count = whole("count", count, low=2, high=self.count)
        return self.of(np.arange(count))

    def of(self, rows: NDArray[Any]) -> Replicates:
        """Return some of the rows, by their positions."""
        return Replicates(
            values=self.values[rows],
            networks=self.networks[rows],
            overflowed=self.overflowed[rows],
        )


def one_layer(replicates: object) -> Replicates:
    """Return replicates that have one number a network, [R]; refuse everything else.

    Raises:
        InputError: a bare array, whose rows name no networks, or several layers.
    """
    found = known(replicates)
    if found.values.ndim != 1:
        raise InputError(
            "replicates",
            expected="one number for each network",
            got=Words(f"{found.values.shape[1]} layers"),
            hint="take one of replicates.layers()",
        )
    return found


def all_finite(replicates: object) -> Replicates:
    """Return replicates without a network that overflowed.

    Raises:
        InputError: some network overflowed, or a bare array.
    """
    found = known(replicates)
    if found.lost:
        raise InputError(
            "replicates",
            expected="finite values in every network",
            got=Words(f"{found.lost} of {found.count} networks that overflowed"),
            hint="they may not be left out; look at fewer layers",
        )
    return found


def known(replicates: object) -> Replicates:
    """Return replicates as they are; refuse a bare array, whose rows name no networks."""
    if not isinstance(replicates, Replicates):
        raise InputError(
            "replicates",
            expected="Replicates(values=..., networks=...)",
            got=Words(f"a bare {type(replicates).__name__}"),
            hint="say which network each row comes from",
        )
    return replicates


def _rows(values: ArrayLike) -> Float64:
    try:
        rows = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError("values", expected="numbers", got=values) from error
    if rows.ndim not in {1, 2} or 0 in rows.shape[1:]:
        raise InputError(
            "values",
            expected="an array [networks] or [networks, layers]",
            got=Words(f"shape {rows.shape}"),
            hint="units and examples are averaged inside a network first",
        )
    return rows


def _indices(networks: ArrayLike) -> NDArray[np.int64]:
    indices = np.array(networks)
    if indices.ndim != 1 or (indices.size and not np.issubdtype(indices.dtype, np.integer)):
        raise InputError(
            "networks",
            expected="a whole number for each network",
            got=Words(f"shape {indices.shape} of {indices.dtype}"),
        )
    return indices.astype(np.int64)


def _refuse_pooled(rows: Float64, indices: NDArray[np.int64]) -> None:
    distinct = len(np.unique(indices))
    if len(rows) != len(indices) or distinct != len(indices):
        raise InputError(
            "networks",
            expected="one row for each network",
            got=Words(f"{len(rows)} rows of {count_text(distinct, 'network')}"),
            hint="units and examples of one network are no replicates: "
            "average them inside it first",
        )
    if distinct < 2:
        raise InputError(
            "networks",
            expected="at least two networks",
            got=distinct,
            hint="one network has no spread",
        )


def infinite(rows: Float64) -> NDArray[np.bool_]:
    """Return in which networks a value of [R] or [R, layers] is infinite, [R]."""
    return np.asarray(np.isinf(rows).reshape(len(rows), -1).any(axis=1), dtype=np.bool_)


def as_mask(overflowed: ArrayLike, count: int) -> NDArray[np.bool_]:
    """Return which of ``count`` networks overflowed; refuse what is no list of true and false."""
    mask = np.array(overflowed)
    if mask.dtype != np.bool_ or mask.shape != (count,):
        raise InputError(
            "overflowed",
            expected=f"true or false for each of {count} networks",
            got=Words(f"shape {mask.shape} of {mask.dtype}"),
        )
    return mask


def refuse_nan(rows: Float64, indices: NDArray[np.int64], lost: NDArray[np.bool_]) -> None:
    """Raise `InputError` for nan in a network that did not overflow."""
    bad = np.isnan(rows.reshape(len(rows), -1)).any(axis=1) & ~lost
    if bad.any():
        raise InputError(
            "values",
            expected="a number in every network that did not overflow",
            got=Words(f"nan in {np.count_nonzero(bad)} of {len(rows)}"),
            hint=f"the first is network {indices[np.argmax(bad)]}",
        )
