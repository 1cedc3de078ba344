"""Replicates: values of independent networks, the only input from which errors are estimated.

One replicate is one network: one draw of all its weights, and one row of values. The units of a
layer and the examples of a batch share weights, so they are not independent. With ReLU layers of 64
units, standard errors computed from units reject a true statement in half of all studies. Every
function here that computes a standard error takes `Replicates`, in which each row names its own
network.
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
    """Values measured in each of R networks; the network is the unit of replication.

    Parameters
    ----------
    values : array_like of shape (networks,) or (networks, layers)
        The values, networks first.
    networks : array_like of int of shape (networks,)
        The index of each row's network, without repetition.
    overflowed : array_like of bool of shape (networks,), optional
        Which networks overflowed. Networks with an infinite value are always counted among them.

    Attributes
    ----------
    values : array of shape (networks,) or (networks, layers)
        The values; only overflowed networks may have values that are not finite.
    networks : array of int of shape (networks,)
        The index of each row's network.
    overflowed : array of bool of shape (networks,)
        Which networks overflowed.

    Raises
    ------
    InputError
        If there are fewer than two networks, if there is not exactly one row for each distinct
        network, if a value is nan in a network that did not overflow, or if there are axes other
        than networks and layers.

    Examples
    --------
    >>> Replicates(values=[1.0, 2.0, 4.0], networks=[0, 1, 2]).count
    3
    >>> Replicates(values=[1.0, 2.0, 4.0], networks=[0, 0, 0])
    Traceback (most recent call last):
    ...
    saturation_lab.checks.InputError: networks: expected one row per network, got 3 rows for 1 \
network; units and examples of a network are not replicates: average them within each network first
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
        """The number of networks R, including those that overflowed."""
        return len(self.values)

    @property
    def lost(self) -> int:
        """The number of networks with a value that is not finite; they are counted, not dropped."""
        return int(np.count_nonzero(~np.isfinite(self.values.reshape(self.count, -1)).all(axis=1)))

    def layers(self) -> Iterator[Replicates]:
        """Yield the replicates of each layer, of shape (networks,)."""
        for column in self.values.reshape(self.count, -1).T:
            yield self.with_values(column)

    def with_values(self, values: ArrayLike) -> Replicates:
        """Return other values of the same networks.

        Parameters
        ----------
        values : array_like of shape (networks,) or (networks, layers)
            The new values.

        Returns
        -------
        Replicates
            The new values with the same indices and overflow marks.
        """
        return Replicates(values=values, networks=self.networks, overflowed=self.overflowed)

    def first(self, count: int) -> Replicates:
        """Return the first rows.

        Parameters
        ----------
        count : int
            Number of rows, from 2 to ``self.count``.

        Returns
        -------
        Replicates
            The first ``count`` networks.
        """
        count = whole("count", count, low=2, high=self.count)
        return self.of(np.arange(count))

    def of(self, rows: NDArray[Any]) -> Replicates:
        """Return some of the rows.

        Parameters
        ----------
        rows : array of int or bool
            Positions of the rows (not indices of networks), or a mask.

        Returns
        -------
        Replicates
            The chosen rows, in this order.
        """
        return Replicates(
            values=self.values[rows],
            networks=self.networks[rows],
            overflowed=self.overflowed[rows],
        )


def one_layer(replicates: object) -> Replicates:
    """Return replicates unchanged if they have one value per network; refuse anything else.

    Parameters
    ----------
    replicates : object
        What was passed in by the caller.

    Returns
    -------
    Replicates
        The same replicates, with values of shape (networks,).

    Raises
    ------
    InputError
        If it is a bare array, whose rows name no networks, or if it has several layers.

    Examples
    --------
    >>> one_layer(Replicates(values=[1.0, 2.0], networks=[0, 1])).count
    2
    """
    found = known(replicates)
    if found.values.ndim != 1:
        raise InputError(
            "replicates",
            expected="one value per network",
            got=Words(f"values of shape {found.values.shape}"),
            hint="pass one element of replicates.layers()",
        )
    return found


def all_finite(replicates: object) -> Replicates:
    """Return replicates unchanged if no network overflowed; refuse anything else.

    Parameters
    ----------
    replicates : object
        What was passed in by the caller.

    Returns
    -------
    Replicates
        The same replicates, whose values are all finite.

    Raises
    ------
    InputError
        If it is a bare array, or if some network overflowed.

    Examples
    --------
    >>> all_finite(Replicates(values=[1.0, float("inf")], networks=[0, 1]))
    Traceback (most recent call last):
    ...
    saturation_lab.checks.InputError: replicates: expected finite values in every network, got \
1 of 2 networks overflowed; overflowed networks must not be dropped: use fewer layers
    """
    found = known(replicates)
    if found.lost:
        raise InputError(
            "replicates",
            expected="finite values in every network",
            got=Words(f"{found.lost} of {found.count} networks overflowed"),
            hint="overflowed networks must not be dropped: use fewer layers",
        )
    return found


def known(replicates: object) -> Replicates:
    """Return replicates unchanged; refuse a bare array, whose rows name no networks.

    Parameters
    ----------
    replicates : object
        What was passed in by the caller.

    Returns
    -------
    Replicates
        The same replicates.

    Raises
    ------
    InputError
        If it is not a `Replicates`.

    Examples
    --------
    >>> known(Replicates(values=[1.0, 2.0], networks=[0, 1])).count
    2
    """
    if not isinstance(replicates, Replicates):
        raise InputError(
            "replicates",
            expected="Replicates(values=..., networks=...)",
            got=Words(f"a bare {type(replicates).__name__}"),
            hint="state which network each row belongs to",
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
            expected="an array of shape (networks,) or (networks, layers)",
            got=Words(f"shape {rows.shape}"),
            hint="average units and examples within each network first",
        )
    return rows


def _indices(networks: ArrayLike) -> NDArray[np.int64]:
    indices = np.array(networks)
    if indices.ndim != 1 or (indices.size and not np.issubdtype(indices.dtype, np.integer)):
        raise InputError(
            "networks",
            expected="a one-dimensional array of whole numbers, one per network",
            got=Words(f"shape {indices.shape} and type {indices.dtype}"),
        )
    return indices.astype(np.int64)


def _refuse_pooled(rows: Float64, indices: NDArray[np.int64]) -> None:
    distinct = len(np.unique(indices))
    if len(rows) != len(indices) or distinct != len(indices):
        raise InputError(
            "networks",
            expected="one row per network",
            got=Words(f"{count_text(len(rows), 'row')} for {count_text(distinct, 'network')}"),
            hint="units and examples of a network are not replicates: "
            "average them within each network first",
        )
    if distinct < 2:
        raise InputError(
            "networks",
            expected="at least two networks",
            got=distinct,
            hint="a single network says nothing about the spread",
        )


def infinite(rows: Float64) -> NDArray[np.bool_]:
    """Return which networks have an infinite value.

    Parameters
    ----------
    rows : array of shape (networks,) or (networks, layers)
        Values, one row per network.

    Returns
    -------
    array of bool of shape (networks,)
        Whether any value of the row is infinite.

    Examples
    --------
    >>> infinite(np.array([[1.0, np.inf], [2.0, 3.0]]))
    array([ True, False])
    """
    return np.asarray(np.isinf(rows).reshape(len(rows), -1).any(axis=1), dtype=np.bool_)


def as_mask(overflowed: ArrayLike, count: int) -> NDArray[np.bool_]:
    """Return a mask of overflowed networks as an array.

    Parameters
    ----------
    overflowed : array_like of bool of shape (networks,)
        Which networks overflowed.
    count : int
        Number of networks.

    Returns
    -------
    array of bool of shape (networks,)
        The mask, a copy.

    Raises
    ------
    InputError
        If it is not an array of ``count`` booleans.

    Examples
    --------
    >>> as_mask([True, False], 2)
    array([ True, False])
    """
    mask = np.array(overflowed)
    if mask.dtype != np.bool_ or mask.shape != (count,):
        raise InputError(
            "overflowed",
            expected=f"an array of {count} booleans, one per network",
            got=Words(f"shape {mask.shape} and type {mask.dtype}"),
        )
    return mask


def refuse_nan(rows: Float64, indices: NDArray[np.int64], lost: NDArray[np.bool_]) -> None:
    """Raise an error if a network that did not overflow has a value that is nan.

    Parameters
    ----------
    rows : array of shape (networks,) or (networks, layers)
        Values, one row per network.
    indices : array of int of shape (networks,)
        Indices of the networks, for the message.
    lost : array of bool of shape (networks,)
        Which networks overflowed.

    Raises
    ------
    InputError
        If a value is nan in a network that did not overflow.

    Examples
    --------
    >>> refuse_nan(np.array([1.0, np.nan]), np.array([0, 1]), np.array([False, True]))
    """
    bad = np.isnan(rows.reshape(len(rows), -1)).any(axis=1) & ~lost
    if bad.any():
        raise InputError(
            "values",
            expected="a number in every network that did not overflow",
            got=Words(f"nan in {np.count_nonzero(bad)} of {count_text(len(rows), 'network')}"),
            hint=f"the first is network {indices[np.argmax(bad)]}",
        )
