"""The table from which examples of a user's file are drawn: its rows as features.

A file stays as it is on disk. Columns are chosen, words expanded into categories and missing values
filled in only for the rows that are drawn, or for a block of rows at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.data.column_moments import Moments, MomentsTally
from saturation_lab.data.own_choice import counted
from saturation_lab.nets.arrays import Array, Float64

Raw = NDArray[Any]

LARGEST = float(np.finfo(np.float32).max)
"""Values must be finite and within ± this, so that they can be represented in float32."""

_BLOCK, _LEAST = 2**17, 8
"""Values examined at a time, and the smallest number of rows."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows of a file, and how they become features.

    Attributes
    ----------
    x : array of shape (rows, ...)
        The rows of the file; images have more than two dimensions.
    names : tuple of str
        The names of the columns of x; () for arrays, whose columns are numbered from 1.
    columns : int array or None
        The columns that are used; None for all.
    categories : mapping of int to tuple of (int, str)
        The columns of words, and the number in x and the name of each category.
    rows : int array or None
        The rows that are used; None for all.
    fill : array of shape (features,) or None
        What replaces missing values; None if there are none.
    """

    x: Raw
    names: tuple[str, ...] = ()
    columns: NDArray[np.intp] | None = None
    categories: Mapping[int, tuple[tuple[int, str], ...]] = field(default_factory=dict)
    rows: NDArray[np.intp] | None = None
    fill: Float64 | None = None

    def __len__(self) -> int:
        return len(self.x) if self.rows is None else len(self.rows)

    @cached_property
    def _used(self) -> NDArray[np.intp]:
        if self.columns is not None:
            return self.columns
        return np.arange(int(np.prod(self.x.shape[1:])))

    @cached_property
    def features(self) -> tuple[tuple[str, int], ...]:
        """Return the name of each feature, and the number of its column in the file, from 1."""
        found: list[tuple[str, int]] = []
        for i in self._used.tolist():
            name = self.names[i] if self.names else str(i + 1)
            words = self.categories.get(i)
            found += (
                [(name, i + 1)] if words is None else [(f"{name}={w}", i + 1) for _, w in words]
            )
        return tuple(found)

    def drawn(self, rows: NDArray[np.intp]) -> Array:
        """Return the features of some rows.

        Parameters
        ----------
        rows : int array
            The positions of the rows among those that are used.

        Returns
        -------
        array of shape (rows, features)
            Floating-point numbers.
        """
        found = self.expanded(self.x[rows if self.rows is None else self.rows[rows]])
        if self.fill is not None:
            found = np.where(np.isnan(found), self.fill, found)
        return cast(Array, found if found.dtype.kind == "f" else found.astype(np.float64))

    def expanded(self, raw: Raw) -> Raw:
        """Return the features of rows as they are in the file, with missing values as nan.

        Parameters
        ----------
        raw : array of shape (rows, ...)
            Rows of x.

        Returns
        -------
        array of shape (rows, features)
            The features.
        """
        flat = np.asarray(raw).reshape(len(raw), -1)
        if not self.categories:
            return flat if self.columns is None else flat[:, self.columns]
        found = np.empty((len(flat), len(self.features)))
        numbers = [i for i in self._starts if i not in self.categories]
        found[:, [self._starts[i] for i in numbers]] = flat[:, numbers]
        for i, words in self.categories.items():
            column, start = flat[:, i, None], self._starts[i]
            same = column == np.array([code for code, _ in words])
            found[:, start : start + len(words)] = np.where(np.isnan(column), np.nan, same)
        return found

    @cached_property
    def _starts(self) -> Mapping[int, int]:
        """Return the position of the first feature of each column that is used."""
        found, start = {}, 0
        for i in self._used.tolist():
            found[i] = start
            start += len(self.categories.get(i, " "))
        return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Surveyed:
    """A table whose values were all looked at.

    Attributes
    ----------
    table : Table
        The table without the rows that are left out, and with what replaces missing values.
    moments : Moments
        The moments of its features.
    notes : tuple of str
        What was done about missing values, as sentences.
    """

    table: Table
    moments: Moments
    notes: tuple[str, ...]


def survey(
    table: Table, *, missing: str | None, labelled: NDArray[np.bool_] | None, given: str
) -> Surveyed:
    """Look at every value of a table once, a block of rows at a time.

    Parameters
    ----------
    table : Table
        All rows of a file.
    missing : str or None
        What to do about missing values: "drop", "mean", or None to refuse them.
    labelled : bool array or None
        The rows whose label is known; rows without a label are left out. None for all.
    given : str
        The file as the user gave it, for error messages.

    Returns
    -------
    Surveyed
        The table that is drawn from, and its moments.

    Raises
    ------
    InputError
        If a value is missing (unless ``missing`` says what to do), infinite or too large, or no row
        is left.
    """
    step = max(_LEAST, _BLOCK // max(1, len(table.features)))
    tally, kept, holes, incomplete = MomentsTally(len(table.features)), [], 0, 0
    for first in range(0, len(table.x), step):
        block = np.asarray(table.expanded(table.x[first : first + step]), dtype=np.float64)
        rows = np.arange(first, first + len(block))
        if labelled is not None:
            there = labelled[rows]
            block, rows = block[there], rows[there]
        absent = _missing(table, block, rows, given)
        if absent is not None:
            if missing is None:
                raise _refused(table, absent, rows, "", given)
            if missing == "drop":
                complete = ~absent.any(axis=1)
                incomplete += int((~complete).sum())
                block, rows = block[complete], rows[complete]
            holes += int(absent.sum())
        tally.add(block)
        kept.append(rows)
    found, moments = np.concatenate(kept), tally.moments()
    if not len(found):
        raise InputError(
            "missing",
            expected="a way that leaves some rows",
            got=Words(f"a missing value in every row of {given}"),
            hint="missing = mean keeps rows that are not complete",
        )
    notes = []
    if labelled is not None and not labelled.all():
        notes.append(f"{counted(int((~labelled).sum()), 'row')} without a label left out.")
    if incomplete:
        notes.append(f"{counted(incomplete, 'row')} with missing values left out.")
    elif holes:
        values = counted(holes, "missing value")
        notes.append(f"{values} replaced by the mean of the column.")
    return Surveyed(
        table=replace(
            table,
            rows=found if len(found) < len(table.x) else None,
            fill=moments.mean if holes and not incomplete else None,
        ),
        moments=moments,
        notes=tuple(notes),
    )


def _missing(
    table: Table, block: Float64, rows: NDArray[np.intp], given: str
) -> NDArray[np.bool_] | None:
    """Return where a block has missing values; None if nowhere. Refuse infinite values."""
    if not block.size or (block.min() >= -LARGEST and block.max() <= LARGEST):
        return None
    absent = np.isnan(block)
    far = ~absent & ~(np.abs(block) <= LARGEST)
    if far.any():
        value = table.expanded(table.x[rows])[far][0]
        raise _refused(table, far, rows, f"{value}", given)
    return absent


def _refused(
    table: Table, bad: NDArray[np.bool_], rows: NDArray[np.intp], value: str, given: str
) -> InputError:
    """Return the error for a value, or for a missing one (value is "")."""
    row, feature = (int(i[0]) for i in np.nonzero(bad))
    _, column = table.features[feature]
    images, name = table.x.ndim > 2, table.names[column - 1] if table.names else str(column)
    where = f"{'value' if images else 'column'} " + (f'"{name}"' if table.names else name)
    advice = [] if images else [f'leave the column out with drop = ["{name}"]']
    if not value:
        advice[:0] = [
            'leave such rows out with missing = "drop"',
            'fill them in with missing = "mean"',
        ]
    return InputError(
        "inputs",
        expected=f"finite numbers within ±{LARGEST:.2g}" if value else "a value in every cell",
        got=Words(f"{value or 'nothing'} in {given}: data row {rows[row] + 1:,}, {where}"),
        hint=", or ".join(advice) or "correct it in the file",
    )
