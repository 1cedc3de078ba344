"""How does a user's own file become a source of inputs?

A file holds examples × features. It is looked through once a process: its SHA-256 and the check
that every value is a finite number read all of it, in blocks. `own_files` says what each kind of
file costs in memory.
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
"""Values are finite and within ± this, so that float32 networks can be shown them."""

FILES = (
    "PATH.npy, PATH.npz, PATH.csv, PATH.parquet",
    "A file of your own, examples × features; rows are chosen at random, none twice. Labels: "
    "--labels COLUMN, a column of csv or parquet or an array of an npz, whose examples are the "
    "array x or the only other one.",
    "scaling is standardized or none; parquet needs saturation-lab[parquet]",
)
"""What ``saturation-lab list inputs`` says of files: name, description, note."""

_READING, _LABEL = 512 * 2**20, 300
"""Bytes of the blocks that are read, and of one label while all are sorted out: upper bounds."""

_BLOCK = 2**22
_SHOWN = 8
"""Values checked at a time; labels listed in an error."""


def is_file_name(given: object) -> bool:
    """Return whether ``given`` names a file of inputs, by its ending.

    >>> is_file_name("mine.NPY"), is_file_name("digits")
    (True, False)
    """
    return isinstance(given, str) and Path(given).suffix.lower() in READERS


def find_inputs(given: object, labels: object = None, *, sha256: object = None) -> InputSource:
    """Return the source of inputs that a name of the table or the path of a file means.

    Args:
        labels: the column or array of a file that holds its labels.
        sha256: what the file's SHA-256 must be; None: anything.

    Raises:
        InputError: no such name, column or file, or a file that is no examples × features.

    >>> find_inputs("digits").supply
    1797
    """
    if not is_file_name(given):
        return _of_table(given, labels, sha256)
    path, version = _found(str(given))
    if sha256 is not None and sha256 != (found := _sha256(path, version)):
        raise InputError(
            "inputs_sha256",
            expected=f"{found[:16]}... of {given}",
            got=Words(f"{str(sha256)[:16]}..."),
            hint="the file is not the one the study was made with; drop inputs_sha256 to use it",
        )
    if labels is not None and not isinstance(labels, str):
        raise InputError("labels", expected="the name of a column or array", got=labels)
    return _opened(str(given), path, version, labels)


def file_sha256(given: str) -> str | None:
    """Return the SHA-256 of a file of inputs, None for a name of the table."""
    return _sha256(*_found(given)) if is_file_name(given) else None


def reading_bytes(source: InputSource) -> int:
    """Return about how much memory, at most, a process takes to read a source that is a file.

    What is memory-mapped counts as none: the system takes it back when it needs it.

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
            expected=f"one of {', '.join(INPUTS)}, or a file that ends in {', '.join(READERS)}",
            got=given,
            hint=did_you_mean(given, INPUTS),
        )
    for name, value in (("labels", labels), ("inputs_sha256", sha256)):
        if value is not None:
            raise InputError(name, expected=f"nothing, as {given} inputs are no file", got=value)
    return INPUTS[given]


def _found(given: str) -> tuple[Path, tuple[int, int]]:
    """Return where a file lies and what changes when it is written again."""
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
        reason = "it holds Python objects, which are never unpickled" if pickled else error
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
    """Refuse what is no examples × features of finite numbers, looking at a block at a time."""
    table = "an array of numbers, examples × features"
    if x.dtype.kind not in "biuf":
        raise InputError("inputs", expected=table, got=Words(f"{x.dtype} in {given}"))
    if x.ndim != 2:
        shape = " × ".join(map(str, x.shape)) or "a single number"
        raise InputError("inputs", expected=table, got=Words(f"{x.ndim}-d ({shape}) in {given}"))
    if x.size == 0:
        shape = " × ".join(map(str, x.shape))
        raise InputError("inputs", expected=table, got=Words(f"an empty one ({shape}) in {given}"))
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
    """Return labels as 0..k-1 and the k names: whole numbers stay, words are sorted."""
    if values.shape != (rows,):
        shape = " × ".join(map(str, values.shape)) or "a single one"
        raise InputError("labels", expected=f"{rows:,}, one an example", got=Words(shape))
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
            expected="whole numbers 0..k-1, each of them used, for k classes",
            got=Words(shown + ", ..." * (len(found) > _SHOWN)),
        )
    names = tuple(str(x) if found.dtype.kind == "U" else f"{int(x)}" for x in found)
    if len(names) < 2:
        raise InputError("labels", expected="at least two classes", got=Words(f"only {names[0]}"))
    return index.astype(np.int64), names


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
