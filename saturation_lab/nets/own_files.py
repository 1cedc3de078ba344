"""Readers for a user's files of examples × features.

- ``.npy`` files are memory-mapped and never copied; only the rows that are drawn are read.
- ``.npz`` files are unpacked a block at a time, and only the arrays that are used.
- ``.csv`` files, whose first line names the columns, are parsed in chunks of rows.
- ``.parquet`` files are read in batches of rows, which requires pyarrow.

Inputs in the last three formats are written to an unnamed temporary file and memory-mapped from
there; those from csv and parquet are stored as float64. Each process that reads them therefore
takes disk space but hardly any memory. Only labels are kept in memory.

Pickles and object arrays are rejected. To support a new kind of file, add one function and one
row to `READERS`.
"""

from __future__ import annotations

import csv
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import NOTHING, InputError, Words, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

Raw = NDArray[Any]

_FLOAT = np.dtype(np.float64)

_CHUNK, _BUFFER = 2**20, 2**16
_SHOWN = 8
"""Values parsed or bytes unpacked at a time; bytes buffered per parquet column; names listed in an
error message."""

_HEADERS: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

DAMAGED = (
    OSError, ValueError, EOFError, MemoryError, OverflowError, KeyError, NotImplementedError,
    RuntimeError, csv.Error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""The exceptions that readers raise on files that are damaged, encrypted, pickled or of another
kind."""


@dataclass(frozen=True, kw_only=True)
class _Data:
    """The content of a file: x, not checked yet, and the labels as they are in the file."""

    x: Raw
    labels: Raw | None


def unreadable(given: object, reason: object) -> InputError:
    """Return the error for a file that cannot be read.

    Parameters
    ----------
    given : object
        The path as the user gave it.
    reason : object
        Why the file cannot be read: an exception or a description.

    Returns
    -------
    InputError
        The error, to be raised.
    """
    return InputError("inputs", expected="a readable file", got=Words(f"{given}: {reason}"))


def _position(labels: str | None, names: Sequence[str], path: Path) -> int | None:
    """Return the position of the labels among the names, None without labels.

    Names that occur twice are rejected.
    """
    double = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if double is not None:
        raise InputError(
            "inputs",
            expected="distinct column names",
            got=Words(f'"{double}" twice in {path.name}'),
        )
    if labels is None:
        return None
    if labels not in names:
        listed = ", ".join(names[:_SHOWN]) + ", ..." * (len(names) > _SHOWN)
        raise InputError(
            "labels",
            expected=f"one of {listed} in {path.name}",
            got=labels,
            hint=did_you_mean(labels, names),
        )
    return list(names).index(labels)


def _refuse_words(name: str, kind: object, path: Path, labels: str | None) -> InputError:
    but = " except the labels" * (labels is not None)
    return InputError(
        "inputs",
        expected=f"numbers in every column of {path.name}{but}",
        got=Words(f'{kind} in "{name}"'),
        hint="" if labels is not None else f"if these are the labels, set labels = {name}",
    )  # fmt: skip


def _read_npy(path: Path, labels: str | None) -> _Data:
    if labels is not None:
        raise InputError(
            "labels",
            expected="nothing, because an .npy file contains a single array",
            got=labels,
            hint="store x and the labels in an .npz file",
        )
    x = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(x, np.ndarray):
        x.close()
        raise unreadable(path, "an archive, whose name must end in .npz")
    return _Data(x=x, labels=None)


def _read_npz(path: Path, labels: str | None) -> _Data:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise unreadable(path, "a single array, whose name must end in .npy")
        with archive:
            _position(labels, archive.files, path)
            others = [name for name in archive.files if name != labels]
            if "x" not in others and len(others) != 1:
                raise InputError(
                    "inputs",
                    expected='an array "x", or a single array apart from the labels',
                    got=Words(f"{', '.join(others[:_SHOWN]) or NOTHING} in {path.name}"),
                )
            x = _unpacked(archive, "x" if "x" in others else others[0])
            return _Data(x=x, labels=None if labels is None else archive[labels])


def _unpacked(archive: Any, name: str) -> Raw:
    """Return an array of an .npz file on disk; in memory if it is empty or will be rejected."""
    member = f"{name}.npy"
    with archive.zip.open(member if member in archive.zip.namelist() else name) as stream:
        header = _HEADERS.get(np.lib.format.read_magic(stream))
        if header is not None:
            shape, fortran, dtype = header(stream)
            if len(shape) == 2 and 0 not in shape and dtype.kind in "biuf":
                blocks = iter(partial(stream.read, _CHUNK), b"")
                return _on_disk(blocks, dtype).reshape(shape, order="F" if fortran else "C")
    return np.asarray(archive[name])


def _on_disk(blocks: Iterable[bytes | memoryview], dtype: np.dtype[Any]) -> Raw:
    """Write blocks to an unnamed temporary file and return it memory-mapped.

    The system deletes the file when the array is no longer in use.
    """
    with tempfile.TemporaryFile() as file:
        for block in blocks:
            file.write(block)
        file.flush()
        return np.memmap(file, dtype=dtype, mode="r") if file.tell() else np.empty(0, dtype)


def _read_csv(path: Path, labels: str | None) -> _Data:
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = next(csv.reader(file), [])
    if not names or all(_is_number(name) for name in names):
        raise InputError(
            "inputs",
            expected=f"the names of the columns in the first line of {path.name}",
            got=Words("numbers" if names else "an empty line"),
            hint="add a line of column names, or store the numbers in an .npy file",
        )
    at = _position(labels, names, path)
    features = [i for i in range(len(names)) if i != at]
    words: list[pd.Series[Any]] = []

    def blocks() -> Iterator[memoryview]:
        for chunk in _chunks(path, len(names), at):
            for i in features:
                if chunk[i].dtype.kind not in "biuf":
                    raise _refuse_words(names[i], "text", path, labels)
            if at is not None:
                words.append(chunk[at])
            yield _rows(chunk[i].to_numpy() for i in features)

    x = _on_disk(blocks(), _FLOAT)
    if not x.size:
        what = "examples" if features else "features"
        raise InputError(
            "inputs", expected="examples × features", got=Words(f"no {what} in {path.name}")
        )
    x = x.reshape(-1, len(features))
    return _Data(x=x, labels=None if at is None else _numbers_or_words(words))


def _rows(columns: Iterable[Raw]) -> memoryview:
    """Return columns as the bytes of a float64 array, row by row."""
    return np.ascontiguousarray(np.array([*columns], dtype=_FLOAT).T).data


def _chunks(path: Path, columns: int, labels: int | None) -> Iterator[pd.DataFrame]:
    """Yield chunks of rows of a csv file, with numbered columns and the labels as text."""
    import pandas as pd

    with warnings.catch_warnings():
        # pandas drops values beyond the last column with a warning; here such a file is rejected
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            with pd.read_csv(
                path,
                header=0,
                names=range(columns),
                index_col=False,
                dtype=None if labels is None else {labels: str},
                encoding="utf-8-sig",
                skip_blank_lines=columns > 1,
                chunksize=max(1, _CHUNK // columns),
            ) as reader:
                yield from (chunk for chunk in reader if len(chunk))
        except pd.errors.ParserWarning as error:
            raise unreadable(path, "a line has more values than there are columns") from error


def _numbers_or_words(parts: Sequence[pd.Series[Any]]) -> Raw:
    """Return labels as numbers if all of them are numeric, and unchanged otherwise."""
    import pandas as pd

    words = pd.concat(parts, ignore_index=True)
    numbers = pd.to_numeric(words, errors="coerce")
    return np.asarray(words.to_numpy(dtype=object) if numbers.isna().any() else numbers)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read_parquet(path: Path, labels: str | None) -> _Data:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise InputError(
            "inputs",
            expected="pyarrow, which reads .parquet files",
            got=Words("no such package"),
            hint='pip install "saturation-lab[parquet]" or pip install pyarrow',
        ) from error

    with pq.ParquetFile(path, pre_buffer=False, buffer_size=_BUFFER) as file:
        schema = file.schema_arrow
        at = _position(labels, schema.names, path)
        features = [i for i in range(len(schema.names)) if i != at]
        for i in features:
            kind = schema.types[i]
            if not (
                pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
            ):
                raise _refuse_words(schema.names[i], kind, path, labels)
        classes: list[object] = []

        def blocks() -> Iterator[memoryview]:
            for batch in file.iter_batches(batch_size=max(1, _CHUNK // len(schema.names))):
                columns = [batch.column(i) for i in features]
                for i, column in zip(features, columns, strict=True):
                    if column.null_count:
                        raise InputError(
                            "inputs",
                            expected=f"a number in every row of {path.name}",
                            got=Words(f'missing values in "{schema.names[i]}"'),
                        )
                if at is not None:
                    classes.extend(batch.column(at).to_pylist())
                yield _rows(column.to_numpy(zero_copy_only=False) for column in columns)

        x = _on_disk(blocks(), _FLOAT).reshape(file.metadata.num_rows, len(features))
    if at is None:
        return _Data(x=x, labels=None)
    numeric = all(isinstance(value, int | float) for value in classes)
    return _Data(x=x, labels=np.array(classes, dtype=None if numeric else object))


READERS: dict[str, Callable[[Path, str | None], _Data]] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
"""Readers by file name extension. What they return is checked in `own_inputs`."""
