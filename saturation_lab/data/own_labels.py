"""The labels of a user's file as classes: numbers of any kind, words, or one column per class."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.data.own_choice import listed

FEW = 20
"""So many different values are classes or categories in a file of any length."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Classes:
    """Labels as classes.

    Attributes
    ----------
    index : int64 array of shape (rows,)
        The class of each row, from 0; -1 where the label is missing.
    names : tuple of str
        The names of the classes: numbers in increasing order, or words in alphabetical order.
    note : str
        What was done, as a sentence.
    """

    index: NDArray[np.int64]
    names: tuple[str, ...]
    note: str


def classes_of(values: NDArray[Any], *, rows: int, name: str) -> Classes:
    """Return the labels of a file as classes.

    Parameters
    ----------
    values : array of shape (rows,), (rows, 1) or (rows, classes)
        Numbers, words, or one-hot rows. Missing labels are nan, None or empty.
    rows : int
        The number of rows of the inputs.
    name : str
        The column or array that contains the labels.

    Returns
    -------
    Classes
        The classes.

    Raises
    ------
    InputError
        If there is not one label per row, if the labels are a continuous target or the name of each
        row, or if there are fewer than two classes.

    Examples
    --------
    >>> found = classes_of(np.array([-1, 1, 1]), rows=3, name="y")
    >>> found.names, found.index.tolist()
    (('-1', '1'), [0, 1, 1])
    """
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    how = ""
    if _is_one_hot(values):
        values, how = values.argmax(axis=1), ", one column for each in the file"
    if values.shape != (rows,):
        shape = " × ".join(map(str, values.shape)) or "a single one"
        raise InputError("labels", expected=f"{rows:,}, one per example", got=Words(shape))
    plain, missing = _plain(values)
    found, index = np.unique(plain[~missing], return_inverse=True)
    if found.dtype.kind == "U":
        names = tuple(map(str, found.tolist()))
    else:
        names = tuple(f"{x:.0f}" if x == round(x) else f"{x:g}" for x in found.tolist())
        if len({*names}) < len(names):
            names = tuple(repr(x) for x in found.tolist())
    _refuse_many(found, names, rows=rows, name=name)
    if len(names) < 2:
        raise InputError(
            "labels",
            expected="at least two classes",
            got=Words(f"only {names[0]}" if names else "no label at all"),
            hint=f'without labels, leave the column out with drop = ["{name}"]',
        )
    whole = np.full(rows, -1, dtype=np.int64)
    whole[~missing] = index
    note = f'Labels "{name}": {len(names):,} classes ({listed(names)}){how}.'
    return Classes(index=whole, names=names, note=note)


def _is_one_hot(values: NDArray[Any]) -> bool:
    if values.ndim != 2 or values.shape[1] < 2 or values.dtype.kind not in "biuf":
        return False
    ones = values == 1
    return bool(((values == 0) | ones).all() and (ones.sum(axis=1) == 1).all())


def _plain(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return labels as float64 or text, and where they are missing."""
    if values.dtype.kind == "S":
        values = np.char.decode(values, "utf-8")
    if values.dtype.kind == "U":
        values = np.char.strip(values)
        return values, values == ""
    if values.dtype.kind == "O":
        missing = np.array([_is_missing(x) for x in values.tolist()], dtype=bool)
        kinds = {isinstance(x, str) for x in values[~missing].tolist()}
        if kinds <= {True} or len(kinds) == 2:
            words = [("" if gone else str(x)) for x, gone in zip(values, missing, strict=True)]
            return np.array(words, dtype=str), missing
        values = np.where(missing, np.nan, values).astype(np.float64)
    if values.dtype.kind not in "biuf":
        expected = "whole numbers or names"
        raise InputError("labels", expected=expected, got=Words(values.dtype))
    numbers = values.astype(np.float64)
    if np.isinf(numbers).any():
        row = int(np.isinf(numbers).argmax())
        got = Words(f"{numbers[row]} in data row {row + 1:,}")
        raise InputError("labels", expected="finite numbers or names", got=got)
    return numbers, np.isnan(numbers)


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _refuse_many(found: NDArray[Any], names: tuple[str, ...], *, rows: int, name: str) -> None:
    """Raise an error for a continuous target, and for names that tell every row apart."""
    words = found.dtype.kind == "U"
    fractions = not words and any("." in one or "e" in one for one in names)
    if len(names) <= FEW or (len(names) <= rows / 4 and not fractions):
        return
    kind = "words" if words else "numbers"
    what = "names of single rows" if words else "a continuous target"
    raise InputError(
        "labels",
        expected="classes",
        got=Words(f'{what}: {len(names):,} different {kind} in the {rows:,} rows of "{name}"'),
        hint=f'leave the column out with drop = ["{name}"]; without labels, the loss is '
        "random_cotangent",
    )
