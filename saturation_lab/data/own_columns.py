"""Columns of a user's table as numbers: words become categories, row numbers are noticed.

`ColumnsTally` receives a table in blocks of rows and returns each block as float64, in which a word
is the number of its category. What was found out about each column is settled at the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words
from saturation_lab.data.own_choice import Choice, listed
from saturation_lab.data.own_labels import FEW
from saturation_lab.data.own_text import ABSENT, THOUSANDS, is_number
from saturation_lab.nets.arrays import Float64

if TYPE_CHECKING:
    import pandas as pd

_MOST = 100
"""A column with more different words is not encoded."""
_REPEATED = 10
"""Words that are mostly numbers are categories if each occurs so often, on average."""
_COUNTED = 10
"""A column that counts fewer rows may be a feature like any other."""
_NUMBER = re.compile(r"\W*\d[\d.,'\s]*\W*")
"""What looks like a number, maybe with separators of thousands, or a sign such as % or €."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Settled:
    """The columns that are used.

    Attributes
    ----------
    kept : int array
        Their positions.
    categories : mapping of int to tuple of (int, str)
        For each column of words, by its position: the number and the name of each category, in
        alphabetical order.
    notes : tuple of str
        What was done, as sentences.
    """

    kept: NDArray[np.intp]
    categories: Mapping[int, tuple[tuple[int, str], ...]]
    notes: tuple[str, ...]


class ColumnsTally:
    """An accumulator of what the columns of a table hold.

    Parameters
    ----------
    names : sequence of str
        The names of the columns.

    Attributes
    ----------
    mixed : set of int
        The columns that looked like numbers in one block and like words in another. They have to be
        read again, as words.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.mixed: set[int] = set()
        self._rows = 0
        self._words: list[dict[str, int]] = [{} for _ in names]
        self._first: list[dict[str, int]] = [{} for _ in names]
        self._no_number: dict[int, tuple[str, int]] = {}
        self._numbers, self._filled = (np.zeros(len(names), dtype=bool) for _ in range(2))
        self._counts: dict[int, float] = {}

    def add(self, columns: Sequence[pd.Series[Any]]) -> Float64:
        """Return a block of rows as numbers.

        Parameters
        ----------
        columns : sequence of Series
            The columns, each with the same rows.

        Returns
        -------
        float64 array of shape (rows, columns)
            Numbers as they are, words as the number of their category, and nan for missing values.
        """
        block = np.empty((len(columns[0]), len(columns)))
        for i, column in enumerate(columns):
            block[:, i] = self._column(i, column)
        self._filled |= ~np.isnan(block).all(axis=0)
        self._follow_counts(block)
        self._rows += len(block)
        return block

    def _column(self, i: int, column: pd.Series[Any]) -> Float64:
        import pandas as pd

        if column.dtype.kind not in "biuf":
            there = column.dropna()
            if column.dtype != object or not there.map(lambda x: isinstance(x, bool)).all():
                codes, words = pd.factorize(column)
                if self._numbers[i]:
                    self.mixed.add(i)
                return self._codes(i, codes, [" ".join(str(word).split()) for word in words])
        numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isnan(numbers).all():
            self._numbers[i] = True
            if self._words[i]:
                self.mixed.add(i)
        return numbers

    def _codes(self, i: int, codes: NDArray[np.intp], words: Sequence[str]) -> Float64:
        known, first = self._words[i], self._first[i]
        numbers = np.full(len(words) + 1, np.nan)  # the last one is for missing values, coded -1
        for code, word in enumerate(words):
            if word in ABSENT:
                continue
            if i not in self._no_number and not is_number(word):
                self._no_number[i] = word, self._rows + int((codes == code).argmax()) + 1
            if word not in known:
                if len(known) > _MOST:
                    if i in self._no_number:
                        break
                    continue
                known[word] = len(known)
                first[word] = self._rows + int((codes == code).argmax()) + 1
            numbers[code] = known[word]
        found: Float64 = numbers[codes]
        return found

    def _follow_counts(self, block: Float64) -> None:
        """Keep track of the columns that count the rows, from any whole number."""
        if self._rows == 0:
            starts = enumerate(block[0].tolist())
            self._counts = {i: x for i, x in starts if x % 1 == 0 and not self._words[i]}
        count = np.arange(self._rows, self._rows + len(block))
        self._counts = {
            i: start
            for i, start in self._counts.items()
            if np.array_equal(block[:, i], count + start)
        }

    def settle(
        self, x: Float64, path: Path, choice: Choice, *, nameless: frozenset[int], header: bool
    ) -> Settled:
        """Return which columns are used, and how.

        Parameters
        ----------
        x : array of shape (rows, columns)
            All rows.
        path : Path
            The file.
        choice : Choice
            What the user takes; columns that are named are never left out.
        nameless : frozenset of int
            The columns that the file does not name, although it names others.
        header : bool
            Whether the file names its columns.

        Returns
        -------
        Settled
            The columns.

        Raises
        ------
        InputError
            If a column is neither numbers nor a few categories, or none is left.
        """
        asked = choice.columns is not None
        counting = {*self._counts} if self._rows >= _COUNTED else set()
        out: dict[int, str] = {}
        for i, name in [] if asked else enumerate(self.names):
            said = f'"{name}"' if header else f"Column {name}"
            if not self._filled[i]:
                out[i] = f"{said} is left out, because it is empty."
            elif i in nameless and (self._words[i] or _tells_apart(x[:, i])):
                out[i] = f"{said} is left out, because it has no name and tells the rows apart."
            elif not header and i == 0 and i in counting and self._counts[i] in (0, 1):
                out[i] = f"{said} is left out, because it counts the rows."
            elif len(self._words[i]) == 1:
                word = next(iter(self._words[i]))
                out[i] = f'{said} is left out, because it holds a single word, "{word}".'
        kept = [i for i in range(len(self.names)) if i not in out]
        if not kept:
            raise InputError(
                "inputs",
                expected="a column of inputs",
                got=Words(f"no features in {path.name}: {' '.join(out.values())}"),
            )
        categories = {i: self._categories(i, path) for i in kept if self._words[i]}
        notes = [*out.values()]
        if categories:
            each = [f"{self.names[i]} ({len(words)})" for i, words in categories.items()]
            notes.append(f"One-hot encoded (categories): {listed(each)}.")
            if choice.labels is None:
                last = self.names[max(categories)]
                notes.append(f"If these are the labels, name them: labels = {last}.")
        notes += [
            f'"{self.names[i]}" counts the rows; drop = ["{self.names[i]}"] leaves it out.'
            for i in kept
            if i in counting and header and not asked
        ]
        return Settled(
            kept=np.array(kept, dtype=np.intp), categories=categories, notes=tuple(notes)
        )

    def _categories(self, i: int, path: Path) -> tuple[tuple[int, str], ...]:
        """Return the categories of a column; raise an error if it does not hold categories."""
        words, rows, name = self._words[i], self._rows, self.names[i]
        alike = [word for word in words if _NUMBER.fullmatch(word) or is_number(word)]
        repeated = len(words) <= FEW and rows >= _REPEATED * len(words)
        if 2 * len(alike) > len(words) and not repeated:
            word, row = self._no_number.get(i, (alike[0], self._first[i][alike[0]]))
            either = "write 1,234 as 1234 or as 1.234; " if THOUSANDS.fullmatch(word) else ""
            raise InputError(
                "inputs",
                expected=f'plain numbers, such as 1234.5, in every row of "{name}"',
                got=Words(f'"{word[:40]}" in data row {row:,}'),
                hint=f"{either}correct or empty the cell, or leave the column out with drop = "
                f'["{name}"]',
            )
        few = len(words) <= min(_MOST, max(FEW, rows / 4)) and len(words) < max(rows, 2)
        if not few:
            count = f"more than {_MOST}" if len(words) > _MOST else f"{len(words)}"
            where = f"in the {rows:,} rows of {path.name}"
            raise InputError(
                "inputs",
                expected=f'numbers or a few categories in "{name}"',
                got=Words(f'{count} different words {where}, such as "{next(iter(words))}"'),
                hint=f'leave the column out with drop = ["{name}"]',
            )
        return tuple((words[word], word) for word in sorted(words))


def _tells_apart(column: Float64) -> bool:
    """Return whether a column holds whole numbers, all of them different."""
    return bool((column % 1 == 0).all()) and len(np.unique(column)) == len(column)
