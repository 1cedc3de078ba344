"""Input sources made from a user's own file of examples × features.

Each process reads the whole file once, in blocks, to compute its SHA-256 and to check that every
value is a finite number. `own_files` describes how much memory each kind of file takes.
"""

from __future__ import annotations

import hashlib
import math
from functools import lru_cache, partial
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import InputError, Words, did_you_mean
from saturation_lab.nets.arrays import Array
from saturation_lab.nets.inputs import INPUTS, Examples, InputSource
from saturation_lab.nets.own_files import DAMAGED, READERS, Raw, unreadable

LARGEST = float(np.finfo(np.float32).max)
"""Values must be finite and within ± this, so that they can be represented in float32."""

FILES = (
    "PATH.npy, PATH.npz, PATH.csv, PATH.parquet",
    "A file of your own, one row per example and one column per feature. Rows are drawn at random "
    "without replacement. --labels COLUMN names the labels: a column of a csv or parquet file, or "
    "an array of an npz file, whose inputs are the array x or the only other array.",
    "scaling must be standardized or none; parquet requires saturation-lab[parquet]",
)
"""The row for files in ``saturation-lab list inputs``: name, description, note."""

_READING, _LABEL = 512 * 2**20, 300
"""Upper bounds: bytes of the blocks that are read, and of one label while they are encoded."""

_BLOCK = 2**22
_SHOWN = 8
"""Values checked at a time; labels listed in an error message."""


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


def find_inputs(given: object, labels: object = None, *, sha256: object = None) -> InputSource:
    """Return the source of inputs that a user specified.

    Parameters
    ----------
    given : object
        A key of `INPUTS`, or the path of a file.
    labels : object, optional
        The column or array of the file that contains the labels.
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
        contain finite numbers, examples × features.

    Examples
    --------
    >>> find_inputs("digits").supply
    1797
    """
    if not is_file_name(given):
        return _of_table(given, labels, sha256)
    path, version = _found(str(given))
    if sha256 is not None and sha256 != (found := _sha256(path, version)):
        raise InputError(
            "inputs_sha256",
            expected=f"{found[:16]}..., as of {given}",
            got=Words(f"{str(sha256)[:16]}..."),
            hint="the file has changed since the study was written; drop inputs_sha256 to use it",
        )
    if labels is not None and not isinstance(labels, str):
        raise InputError("labels", expected="the name of a column or array", got=labels)
    return _opened(str(given), path, version, labels)


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


def _of_table(given: object, labels: object, sha256: object) -> InputSource:
    if not isinstance(given, str) or given not in INPUTS:
        raise InputError(
            "inputs",
            expected=f"one of {', '.join(INPUTS)}, or a file named *{', *'.join(READERS)}",
            got=given,
            hint=did_you_mean(given, INPUTS),
        )
    for name, value in (("labels", labels), ("inputs_sha256", sha256)):
        if value is not None:
            expected = f"nothing, because {given} inputs are not a file"
            raise InputError(name, expected=expected, got=value)
    return INPUTS[given]


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
def _opened(given: str, path: Path, version: tuple[int, int], labels: str | None) -> InputSource:
    if version[1] == 0:
        raise unreadable(given, "it is empty")
    try:
        data = READERS[Path(given).suffix.lower()](path, labels)
    except InputError:
        raise
    except DAMAGED as error:
        pickled = "pickle" in str(error) or "Python objects" in str(error)
        reason = "it contains Python objects, which are never unpickled" if pickled else error
        raise unreadable(given, reason) from error
    _refuse_no_table(data.x, given)
    numbers, names = (None, ()) if data.labels is None else _classes(data.labels, len(data.x))
    rows, features = data.x.shape
    return InputSource(
        name=given,
        draw=partial(_draw, data.x, numbers),
        features=features,
        classes=names,
        supply=rows,
        span=None,
        scaling="standardized",
        description=f"{given}: {rows:,} examples of {features:,} features"
        + (f"; {len(names):,} classes" if names else "; no labels"),
        source="the user's own file",
    )


def _draw(
    x: Raw,
    labels: NDArray[np.int64] | None,
    count: int,
    features: int,
    rng: np.random.Generator,
) -> Examples:
    chosen = rng.choice(len(x), size=count, replace=False)
    shown = np.asarray(x[chosen])
    if shown.dtype.kind != "f":
        shown = shown.astype(np.float64)
    return Examples(x=cast(Array, shown), labels=None if labels is None else labels[chosen])


def _refuse_no_table(x: Raw, given: str) -> None:
    """Reject anything but a matrix of finite numbers, checking a block at a time."""
    table = "an array of numbers, examples × features"
    if x.dtype.kind not in "biuf":
        raise InputError("inputs", expected=table, got=Words(f"{x.dtype} in {given}"))
    if x.ndim != 2:
        shape = " × ".join(map(str, x.shape)) or "a single number"
        raise InputError("inputs", expected=table, got=Words(f"{x.ndim}-d ({shape}) in {given}"))
    if x.size == 0:
        shape = " × ".join(map(str, x.shape))
        got = Words(f"an empty array ({shape}) in {given}")
        raise InputError("inputs", expected=table, got=got)
    if x.dtype.kind != "f":
        return
    rows = max(1, _BLOCK // x.shape[1])
    for first in range(0, len(x), rows):
        block = x[first : first + rows]
        low, high = float(block.min()), float(block.max())
        if not (low >= -LARGEST and high <= LARGEST):
            with np.errstate(over="ignore"):
                fits = np.abs(block.astype(np.float64)) <= LARGEST
            row, column = (int(i[0]) for i in np.nonzero(~fits))
            where = f"example {first + row + 1:,}, feature {column + 1:,}"
            raise InputError(
                "inputs",
                expected=f"finite numbers within ±{LARGEST:.2g}",
                got=Words(f"{block[row, column]} in {given}: {where}"),
            )


def _classes(values: Raw, rows: int) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Return labels as 0..k-1 and the k names; whole numbers are kept, words are sorted."""
    if values.shape != (rows,):
        shape = " × ".join(map(str, values.shape)) or "a single one"
        raise InputError("labels", expected=f"{rows:,}, one per example", got=Words(shape))
    if values.dtype.kind == "O":
        for row, value in enumerate(values):
            if not isinstance(value, str):
                got = "nothing" if _is_missing(value) else repr(value)
                raise InputError(
                    "labels",
                    expected="a whole number or a name for each example",
                    got=Words(f"{got} for example {row + 1:,}"),
                )
        values = values.astype(str)
    if values.dtype.kind not in "biufU":
        raise InputError("labels", expected="whole numbers or names", got=Words(values.dtype))
    found, index = np.unique(values, return_inverse=True)
    if found.dtype.kind != "U" and not np.array_equal(found, np.arange(len(found))):
        shown = ", ".join(f"{value:g}" for value in found[:_SHOWN].astype(float))
        raise InputError(
            "labels",
            expected="whole numbers 0..k-1, each of which occurs, for k classes",
            got=Words(shown + ", ..." * (len(found) > _SHOWN)),
        )
    names = tuple(str(x) if found.dtype.kind == "U" else f"{int(x)}" for x in found)
    if len(names) < 2:
        raise InputError("labels", expected="at least two classes", got=Words(f"only {names[0]}"))
    return index.astype(np.int64), names


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
