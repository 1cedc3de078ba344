"""Input sources made from a user's own file of examples × features, or of images.

Each process reads the whole file once, in blocks, to compute its SHA-256, to check that every
value is a finite number, and to find the moments by which it is standardized. `own_files` describes
how much memory each kind of file takes.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words, choice, did_you_mean
from saturation_lab.data.column_moments import Moments
from saturation_lab.data.own_choice import MISSING, Choice, unreadable
from saturation_lab.data.own_files import DAMAGED, READERS
from saturation_lab.data.own_labels import classes_of
from saturation_lab.data.own_table import Table, survey
from saturation_lab.data.sources import INPUTS, Examples, InputSource

FILES = (
    "PATH.npy, .npz, .csv, .tsv, .txt, .data, .parquet",
    "A file of your own: a table with one row for each example and one column for each feature, "
    "or an array of images. Rows are drawn at random without replacement. --labels names the "
    "column of labels, or the array of an npz file; its inputs are the array x or x_train, or else "
    "the only other array. --columns and --drop choose columns; columns without names are numbered "
    "from 1. --missing drop leaves out rows with missing values, and --missing mean replaces these "
    "values. Columns of words are one-hot encoded.",
    "standardized column by column, images overall; parquet requires saturation-lab[parquet]",
)
"""The row for files in ``saturation-lab list inputs``: name, description, note."""

_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".tar", ".tgz", ".7z", ".rar")

_READING, _LABEL = 512 * 2**20, 300
"""Upper bounds: bytes of the blocks that are read, and of one label while they are encoded."""


def is_file_name(given: object) -> bool:
    """Return whether a value is the name of a file of inputs, judged by its extension.

    Parameters
    ----------
    given : object
        The inputs of a study.

    Returns
    -------
    bool
        Whether it is a string that ends in an extension of `READERS`; case is ignored.

    Examples
    --------
    >>> is_file_name("mine.NPY"), is_file_name("digits")
    (True, False)
    """
    return isinstance(given, str) and Path(given).suffix.lower() in READERS


def find_inputs(
    given: object,
    labels: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    missing: str | None = None,
    sha256: object = None,
) -> InputSource:
    """Return the source of inputs that a user specified.

    Parameters
    ----------
    given : object
        A key of `INPUTS`, or the path of a file.
    labels : str, optional
        The column or array of the file that contains the labels.
    columns : sequence of str, optional
        The columns (or the array of an ``.npz`` file) that are the inputs; by default all others.
    drop : sequence of str, optional
        The columns or arrays that are left out.
    missing : str, optional
        What to do about missing values: "drop" leaves their rows out, "mean" replaces them by the
        mean of their column. By default they are refused.
    sha256 : object, optional
        The SHA-256 that the file must have; by default any file is accepted.

    Returns
    -------
    InputSource
        The source.

    Raises
    ------
    InputError
        If there is no such name, column or file, the file has another SHA-256, or it does not
        contain finite numbers or categories, examples × features.

    Examples
    --------
    >>> find_inputs("digits").supply
    1797
    """
    if not is_file_name(given):
        keys = {"labels": labels, "columns": columns, "drop": drop, "missing": missing}
        return _of_table(given, {**keys, "inputs_sha256": sha256})
    path, version = _found(str(given))
    if sha256 is not None and sha256 != (found := _sha256(path, version)):
        raise InputError(
            "inputs_sha256",
            expected=f"{found[:16]}..., as of {given}",
            got=Words(f"{str(sha256)[:16]}..."),
            hint="the file has changed since the study was written; drop inputs_sha256 to use it",
        )
    if missing is not None:
        choice("missing", missing, MISSING)
    taken = Choice(
        labels=labels,
        columns=None if columns is None else tuple(columns),
        drop=tuple(drop or ()),
        missing=missing,
    )
    return _opened(str(given), path, version, taken)


def file_sha256(given: str) -> str | None:
    """Return the SHA-256 of a file of inputs.

    Parameters
    ----------
    given : str
        A key of `INPUTS`, or the path of a file.

    Returns
    -------
    str or None
        The hexadecimal digest; None for a key of `INPUTS`.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    return _sha256(*_found(given)) if is_file_name(given) else None


def reading_bytes(source: InputSource) -> int:
    """Return an upper estimate of the memory that a process takes to read a source.

    Memory-mapped data does not count, because the system can reclaim it at any time.

    Parameters
    ----------
    source : InputSource
        The source.

    Returns
    -------
    int
        The number of bytes; 0 for a source that is not a file.

    Examples
    --------
    >>> reading_bytes(find_inputs("digits"))
    0
    """
    if not is_file_name(source.name):
        return 0
    assert source.features is not None
    assert source.supply is not None
    mapped = Path(source.name).suffix.lower() == ".npy"
    values = 0 if mapped else min(_READING, 32 * source.supply * source.features)
    return values + _LABEL * source.supply * bool(source.classes)


def _of_table(given: object, keys: dict[str, object]) -> InputSource:
    if not isinstance(given, str) or given not in INPUTS:
        raise InputError(
            "inputs",
            expected=f"one of {', '.join(INPUTS)}, or a file named *{', *'.join(READERS)}",
            got=given if isinstance(given, str) else Words(_kind_of(given)),
            hint=_advice(given),
        )
    for name, value in keys.items():
        if value is not None:
            expected = f"nothing, because {given} inputs are not a file"
            raise InputError(name, expected=expected, got=value)
    return INPUTS[given]


def _kind_of(given: object) -> str:
    return f"an object of type {type(given).__name__}"


def _advice(given: object) -> str:
    """Return how to get inputs that can be used."""
    if isinstance(given, str):
        ending = Path(given).suffix.lower() if len(given) < 200 else ""
        if ending in _PACKED:
            return f"unpack the {ending} file first"
        other = "convert it to .csv or .npy; a table of text can be renamed to .csv"
        return did_you_mean(given, INPUTS) or (other if ending or _is_there(given) else "")
    if hasattr(given, "to_csv"):
        return 'write it to a file: frame.to_csv("mine.csv", index=False); inputs = "mine.csv"'
    if isinstance(given, np.ndarray | list | tuple):
        return 'write it to a file: np.save("mine.npy", x); inputs = "mine.npy"'
    return ""


def _is_there(given: str) -> bool:
    try:
        return Path(given).is_file()
    except (OSError, ValueError):
        return False


def _found(given: str) -> tuple[Path, tuple[int, int]]:
    """Return the path of a file, and its time and size, which change when it is rewritten."""
    try:
        path = Path(given).resolve()
        stat = path.stat()
        regular = path.is_file()
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise unreadable(given, reason) from error
    if not regular:
        raise unreadable(given, "not a file")
    return path, (stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=32)
def _sha256(path: Path, version: tuple[int, int]) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error.strerror or error) from error


@lru_cache(maxsize=4)
def _opened(given: str, path: Path, version: tuple[int, int], taken: Choice) -> InputSource:
    if version[1] == 0:
        raise unreadable(given, "it is empty")
    try:
        data = READERS[Path(given).suffix.lower()](path, taken)
    except InputError:
        raise
    except DAMAGED as error:
        raise unreadable(given, *_damage(path, error)) from error
    x = data.table.x
    labels = (
        None
        if data.labels is None
        else classes_of(data.labels, rows=len(x), name=str(taken.labels))
    )
    labelled = None if labels is None else labels.index >= 0
    if labelled is not None and not labelled.all() and taken.missing is None:
        raise InputError(
            "labels",
            expected="a label in every row",
            got=Words(f"nothing in data row {int(labelled.argmin()) + 1:,} of {given}"),
            hint='leave such rows out with missing = "drop"',
        )
    found = survey(data.table, missing=taken.missing, labelled=labelled, given=given)
    rows, features = len(found.table), len(found.table.features)
    index = None if labels is None else labels.index
    if index is not None and found.table.rows is not None:
        index = index[found.table.rows]
    images = x.ndim > 2
    shape = f"Images of {' × '.join(map(str, x.shape[1:]))} as {features:,} features."
    return InputSource(
        name=given,
        draw=_Drawing(found.table, index),
        features=features,
        classes=() if labels is None else labels.names,
        supply=rows,
        span=_span(x.dtype, found.moments, images=images),
        scaling="standardized_overall" if images else "standardized",
        description=f"{given}: {rows:,} examples of {features:,} features"
        + (f"; {len(labels.names):,} classes" if labels else "; no labels"),
        source="the user's own file",
        moments=found.moments,
        columns=() if images else tuple(name for name, _ in found.table.features),
        notes=(
            *data.notes,
            *((shape,) if images else ()),
            *((labels.note,) if labels else ()),
            *found.notes,
        ),
    )


def _damage(path: Path, error: Exception) -> tuple[object, str]:
    """Return why a file cannot be read, and what the user can do."""
    said = str(error)
    if "pickle" in said or "Python objects" in said:
        with path.open("rb") as file:
            known = file.read(6).startswith((b"\x93NUMPY", b"PK", b"\x80"))
        if not known:  # NumPy takes anything else for a pickle
            return "it was not written by np.save or np.savez", "give it the ending of its kind"
        hint = "save numbers or text: x.astype(float), y.astype(str)"
        return "it contains Python objects, which are never unpickled", hint
    if "EOF inside string" in said:
        return 'a quotation mark (") is opened but not closed', "close or delete it in the file"
    if isinstance(error, zipfile.BadZipFile | zlib.error | EOFError) or "mmap length" in said:
        return "it is cut off or damaged", "copy or save it again"
    return error, ""


def _span(
    dtype: np.dtype[np.generic], found: Moments, *, images: bool
) -> tuple[float, float] | None:
    """Return the smallest and largest value, for pixels those that are possible: 0 and 255.

    None if all values are equal.
    """
    low, high = found.span
    pixels = dtype == np.uint8 or (images and dtype.kind in "ui")
    if pixels and 1 < high <= 255 and low >= 0:
        return 0.0, 255.0
    return (low, high) if high > low else None


class _Drawing:
    """Draws rows of a table without replacement."""

    def __init__(self, table: Table, labels: NDArray[np.int64] | None) -> None:
        self._table, self._labels = table, labels

    def __call__(self, count: int, features: int, rng: np.random.Generator) -> Examples:
        chosen = rng.choice(len(self._table), size=count, replace=False)
        labels = None if self._labels is None else self._labels[chosen]
        return Examples(x=self._table.drawn(chosen), labels=labels)
