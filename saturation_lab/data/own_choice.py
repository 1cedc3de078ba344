"""The columns that a user takes from a file as inputs and labels, and how missing values count."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from saturation_lab.checks import NOTHING, InputError, Words, did_you_mean

MISSING = ("drop", "mean")
"""What can be done about missing values: leave their rows out, or replace them by the mean of
their column."""

_SHOWN = 8
"""Names listed in an error message or a note."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is taken from a file.

    Attributes
    ----------
    labels : str or None
        The column or array that contains the labels; None for no labels.
    columns : tuple of str or None
        The columns, or the array of an ``.npz`` file, that are inputs; None for all others.
    drop : tuple of str
        The columns or arrays that are left out.
    missing : str or None
        A member of `MISSING`; None to refuse missing values.

    Raises
    ------
    InputError
        If the labels are also a column that is taken or left out.
    """

    labels: str | None = None
    columns: tuple[str, ...] | None = None
    drop: tuple[str, ...] = ()
    missing: str | None = None

    def __post_init__(self) -> None:
        for key, given in (("columns", self.columns or ()), ("drop", self.drop)):
            if self.labels in given:
                raise InputError(key, expected="columns other than the labels", got=self.labels)

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the choice takes and leaves out, as sentences."""
        taken = () if self.columns is None else (f"Columns taken: {listed(self.columns)}.",)
        return taken + ((f"Left out: {listed(self.drop)}.",) if self.drop else ())


def listed(names: Sequence[str]) -> str:
    """Return names for a message, at most eight of them.

    Parameters
    ----------
    names : sequence of str
        The names.

    Returns
    -------
    str
        The names, separated by commas; a name that contains one is put in quotation marks, as it
        has to be typed.

    Examples
    --------
    >>> listed(["age", "height, cm"])
    'age, "height, cm"'
    >>> listed([str(i) for i in range(20)])
    '0, 1, 2, 3, 4, 5, 6, 7, ...'
    """
    shown = [f'"{name}"' if "," in name else name for name in names[:_SHOWN]]
    return ", ".join(shown) + ", ..." * (len(names) > _SHOWN)


def counted(count: int, noun: str) -> str:
    """Return a number of things in words.

    Parameters
    ----------
    count : int
        The number.
    noun : str
        The things, in the singular.

    Returns
    -------
    str
        The number with the noun, in the plural unless it is 1.

    Examples
    --------
    >>> counted(1, "row"), counted(1000, "row")
    ('1 row', '1,000 rows')
    """
    return f"{count:,} {noun}" + "s" * (count != 1)


def joined_names(names: Sequence[str]) -> str:
    """Return names as they are typed on the command line, separated by commas.

    Parameters
    ----------
    names : sequence of str
        The names; those that contain a comma are put in quotation marks.

    Returns
    -------
    str
        One text, which `split_names` takes apart again.

    Examples
    --------
    >>> joined_names(["age", "Smith, J."])
    'age,"Smith, J."'
    """
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()


def split_names(text: str) -> list[str]:
    """Return the names in a text, in which they are separated by commas.

    Parameters
    ----------
    text : str
        The text as typed on the command line.

    Returns
    -------
    list of str
        The names, without surrounding blanks.

    Examples
    --------
    >>> split_names('age, "Smith, J."')
    ['age', 'Smith, J.']
    """
    return [name.strip() for row in csv.reader([text], skipinitialspace=True) for name in row]


def unreadable(given: object, reason: object, hint: str = "") -> InputError:
    """Return the error for a file that cannot be read.

    Parameters
    ----------
    given : object
        The path as the user gave it.
    reason : object
        Why the file cannot be read: an exception or a description.
    hint : str
        What the user can do about it.

    Returns
    -------
    InputError
        The error, to be raised.
    """
    got = Words(f"{given}: {reason}")
    return InputError("inputs", expected="a readable file", got=got, hint=hint)


def place_of(key: str, name: str, names: Sequence[str], path: Path, hint: str = "") -> int:
    """Return the position of a column or array that the user named.

    Parameters
    ----------
    key : str
        The key of the study that names it.
    name : str
        Its name.
    names : sequence of str
        The names in the file.
    path : Path
        The file.
    hint : str
        What the user can do if there is no such name, and none like it.

    Returns
    -------
    int
        The position, from 0.

    Raises
    ------
    InputError
        If the file has no such name.

    Examples
    --------
    >>> place_of("labels", "y", ["x", "y"], Path("mine.csv"))
    1
    """
    if name not in names:
        raise InputError(
            key,
            expected=f"one of {listed(names)} in {path.name}",
            got=name,
            hint=did_you_mean(name, names) or hint,
        )
    return names.index(name)


def positions(
    names: Sequence[str], choice: Choice, path: Path, hint: str = ""
) -> tuple[list[int], int | None]:
    """Return the positions of the inputs and of the labels among the columns of a table.

    Parameters
    ----------
    names : sequence of str
        The names of all columns.
    choice : Choice
        What the user takes.
    path : Path
        The file.
    hint : str
        What the user can do if there is no such column, and none like it.

    Returns
    -------
    features : list of int
        The inputs, in the order of ``columns`` if it is given, else in that of the file.
    labels : int or None
        The labels; None without labels.

    Raises
    ------
    InputError
        If a name occurs twice or does not exist, or no column is left.

    Examples
    --------
    >>> positions(["a", "b", "y"], Choice(labels="y", drop=("a",)), Path("mine.csv"))
    ([1], 2)
    """
    if len({*names}) < len(names):
        double = next(name for i, name in enumerate(names) if name in names[:i])
        raise InputError(
            "inputs",
            expected="distinct column names",
            got=Words(f'"{double}" twice in {path.name}'),
            hint="rename one of the two in the first line",
        )
    labels = choice.labels
    at = None if labels is None else place_of("labels", labels, names, path, hint)
    left_out = {place_of("drop", name, names, path, hint) for name in choice.drop}
    taken = [place_of("columns", name, names, path, hint) for name in choice.columns or ()]
    features = [i for i in taken or range(len(names)) if i not in left_out and i != at]
    if not features:
        got = Words(f"no features in {path.name}") if names else NOTHING
        raise InputError("inputs", expected="a column of inputs", got=got)
    return features, at


def checked_path(key: str, value: object) -> object:
    """Return a path as text, and anything else unchanged.

    Parameters
    ----------
    key : str
        Unused.
    value : object
        A path, or what `find_inputs` accepts.

    Returns
    -------
    object
        The text of a path, or the value.

    Examples
    --------
    >>> checked_path("inputs", Path("data.csv"))
    'data.csv'
    """
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def checked_column(key: str, value: object) -> str:
    """Return the name of a column; columns without names are numbered from 1.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        The name or the number of a column.

    Returns
    -------
    str
        The name, or the number as text.

    Raises
    ------
    InputError
        If the value is neither.

    Examples
    --------
    >>> checked_column("labels", 3)
    '3'
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise InputError(key, expected="the name of a column or array", got=value)
    return value


def checked_columns(key: str, value: object) -> tuple[str, ...]:
    """Return the names of columns.

    Parameters
    ----------
    key : str
        The name of the value in an error message.
    value : object
        A name or a number, or a sequence of them.

    Returns
    -------
    tuple of str
        The names, and numbers as text.

    Raises
    ------
    InputError
        If the value is not a sequence of at least one name.

    Examples
    --------
    >>> checked_columns("drop", ["name", 7])
    ('name', '7')
    """
    names = (value,) if isinstance(value, str | int) else value
    if not isinstance(names, Sequence) or not names:
        raise InputError(key, expected="the names of columns or arrays", got=value)
    return tuple(checked_column(key, one) for one in names)
