"""Readers for a user's files of examples × features.

- ``.npy`` files are memory-mapped and never copied; only the rows that are drawn are read.
- ``.npz`` files are unpacked a block at a time, and only the arrays that are used.
- Text tables (``.csv``, ``.tsv``, ``.txt``, ``.data``) are parsed in chunks of rows; `own_text`
  finds out how they are written.
- ``.parquet`` files are read in batches of rows, which requires pyarrow.

Inputs in the last three formats are written to an unnamed temporary file and memory-mapped from
there; those from text and parquet are stored as float64. Each process that reads them therefore
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

from saturation_lab.checks import NOTHING, InputError, Words
from saturation_lab.data.own_choice import (
    Choice,
    counted,
    listed,
    place_of,
    positions,
    unreadable,
)
from saturation_lab.data.own_columns import ColumnsTally
from saturation_lab.data.own_table import Raw, Table
from saturation_lab.data.own_text import ABSENT, Layout, layout_of, long_line

if TYPE_CHECKING:
    import pandas as pd

_FLOAT = np.dtype(np.float64)

_CHUNK, _BUFFER = 2**20, 2**16
"""Values parsed or bytes unpacked at a time; bytes buffered per parquet column."""

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
class Data:
    """The content of a file: the table and the labels as they are in the file, not checked yet.

    Attributes
    ----------
    table : Table
        The inputs.
    labels : array or None
        The labels; None if none were asked for.
    notes : tuple of str
        What was done to the data, as sentences.
    """

    table: Table
    labels: Raw | None
    notes: tuple[str, ...] = ()


_NUMBERED = "columns of arrays are numbered from 1; an array of labels belongs in an npz file"


def _read_npy(path: Path, choice: Choice) -> Data:
    x = np.load(path, mmap_mode="r", allow_pickle=False)
    if not isinstance(x, np.ndarray):
        x.close()
        raise unreadable(path.name, "several arrays, whose name must end in .npz")
    return _array(x, choice, path)


def _array(x: Raw, choice: Choice, path: Path) -> Data:
    """Return a single array, of which columns may be chosen by their numbers."""
    _refuse_no_numbers(x, path)
    if not (choice.columns or choice.drop or choice.labels):
        return Data(table=Table(x=x), labels=None)
    if x.ndim > 2:
        raise InputError(
            "columns" if choice.columns else "drop" if choice.drop else "labels",
            expected="nothing, because images have no columns",
            got=listed(choice.columns or choice.drop or [str(choice.labels)]),
            hint="store images and their labels in an npz file",
        )
    names = [str(i) for i in range(1, x.shape[1] + 1)]
    features, at = positions(names, choice, path, _NUMBERED)
    return Data(
        table=Table(x=x, columns=np.array(features, dtype=np.intp)),
        labels=None if at is None else np.array(x[:, at]),
        notes=choice.notes,
    )


def _refuse_no_numbers(x: Raw, path: Path) -> None:
    """Reject anything but an array of numbers, examples × features or images."""
    hint = ""
    shape = " × ".join(map(str, x.shape)) or "a single number"
    got = f"{x.ndim}-d ({shape}) in {path.name}"
    if x.dtype.names:
        got = f"an array of records ({listed(x.dtype.names)}) in {path.name}"
        hint = "save structured_to_unstructured(x), from numpy.lib.recfunctions, instead"
    elif x.dtype.kind not in "biuf":
        got = f"{x.dtype} in {path.name}"
        complex_hint = "save np.hstack([x.real, x.imag]) instead"
        hint = complex_hint if x.dtype.kind == "c" else "save x.astype(float), or words as csv"
    elif x.ndim == 1:
        hint = "x[:, None] has one feature, x[None] has one example"
    elif x.ndim > 1 and x.size == 0:
        got = f"an empty array ({shape}) in {path.name}"
    elif x.ndim > 1:
        return
    expected = "an array of numbers, examples × features or images"
    raise InputError("inputs", expected=expected, got=Words(got), hint=hint)


def _read_npz(path: Path, choice: Choice) -> Data:
    with path.open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        if isinstance(archive, np.ndarray):
            raise unreadable(path.name, "a single array, whose name must end in .npy")
        with archive:
            names = archive.files
            if choice.labels is not None:
                place_of("labels", choice.labels, names, path)
            name = _inputs_among(names, choice, path)
            rest = [n for n in names if n not in (name, choice.labels)]
            notes = (f'Array "{name}" is used; not used: {listed(rest)}.',) if rest else ()
            found = _array(_unpacked(archive, name), _of_array(choice, names), path)
            labels = None if choice.labels is None else archive[choice.labels]
            return Data(table=found.table, labels=labels, notes=notes + found.notes)


def _of_array(choice: Choice, names: Sequence[str]) -> Choice:
    """Return the choice of columns within an array: what does not name an array."""
    columns = tuple(name for name in choice.columns or () if name not in names)
    return Choice(
        columns=columns or None, drop=tuple(name for name in choice.drop if name not in names)
    )


def _inputs_among(names: Sequence[str], choice: Choice, path: Path) -> str:
    """Return the array of inputs: the one chosen, x, x_train, or the only one that is left.

    Labels y_test belong to x_test.
    """
    asked = [name for name in choice.columns or () if name in names]
    left = [name for name in names if name != choice.labels and name not in choice.drop]
    twin = [f"x{choice.labels[1:]}"] if choice.labels else []
    usual = [kind for kind in [*twin, "x", "X", "x_train", "X_train"] if kind in left]
    found = asked or usual[:1] or left
    if len(found) != 1 or found[0] not in left:
        raise InputError(
            "columns" if asked else "inputs",
            expected='an array "x", or a single array apart from the labels',
            got=Words(f"{listed(found) or NOTHING} in {path.name}"),
            hint=f"columns = {left[0]} takes that array" if left else "",
        )
    return found[0]


def _unpacked(archive: Any, name: str) -> Raw:
    """Return an array of an .npz file on disk; in memory if it is empty or will be rejected."""
    member = f"{name}.npy"
    with archive.zip.open(member if member in archive.zip.namelist() else name) as stream:
        header = _HEADERS.get(np.lib.format.read_magic(stream))
        if header is not None:
            shape, fortran, dtype = header(stream)
            if len(shape) > 1 and 0 not in shape and dtype.kind in "biuf":
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


def _read_text(path: Path, choice: Choice) -> Data:
    layout = layout_of(path)
    hint = "" if layout.header else "the file does not name its columns: they are numbered from 1"
    features, at = positions(layout.names, choice, path, hint)
    as_words = frozenset({at} - {None})
    x, tally, words = _parsed(path, layout, features, at, as_words)
    while again := {features[i] for i in tally.mixed} - as_words:
        as_words |= again
        x, tally, words = _parsed(path, layout, features, at, as_words)
    return _settled(
        x,
        tally,
        path,
        choice,
        labels=None if at is None else _numbers_or_words(words),
        nameless=frozenset(i for i, at in enumerate(features) if at in layout.nameless),
        header=layout.header,
        notes=layout.notes,
    )


def _parsed(
    path: Path,
    layout: Layout,
    features: Sequence[int],
    labels: int | None,
    as_words: frozenset[int | None],
) -> tuple[Raw, ColumnsTally, list[pd.Series[Any]]]:
    """Return the inputs of a text file as numbers, the tally of its columns, and the labels."""
    tally, words = ColumnsTally([layout.names[i] for i in features]), list[Any]()

    def blocks() -> Iterator[memoryview]:
        for chunk in _chunks(path, layout, as_words):
            if labels is not None:
                words.append(chunk[labels])
            yield tally.add([chunk[i] for i in features]).data

    return _on_disk(blocks(), _FLOAT).reshape(-1, len(features)), tally, words


def _settled(
    x: Raw,
    tally: ColumnsTally,
    path: Path,
    choice: Choice,
    *,
    labels: Raw | None,
    nameless: frozenset[int],
    header: bool,
    notes: tuple[str, ...] = (),
) -> Data:
    """Return the table of a file with columns, once all of its rows have been seen."""
    if not len(x):
        got = Words(f"no examples in {path.name}")
        raise InputError("inputs", expected="examples × features", got=got)
    found = tally.settle(x, path, choice, nameless=nameless, header=header)
    if len(found.kept) > len(x):
        what = f"{counted(len(found.kept), 'column')}, but {counted(len(x), 'row')}"
        notes += (f"{what}: if each row is a feature, transpose the file.",)
    table = Table(x=x, names=tuple(tally.names), columns=found.kept, categories=found.categories)
    return Data(table=table, labels=labels, notes=notes + choice.notes + found.notes)


def _chunks(path: Path, layout: Layout, as_words: frozenset[Any]) -> Iterator[pd.DataFrame]:
    """Yield chunks of rows of a text file, with numbered columns, and some of them as text."""
    import pandas as pd

    count = len(layout.names)
    with warnings.catch_warnings():
        # pandas drops values beyond the last column with a warning; here such a file is rejected
        warnings.simplefilter("error", pd.errors.ParserWarning)
        try:
            with pd.read_csv(
                path,
                sep=r"\s+" if layout.separator == " " else layout.separator,
                decimal=layout.decimal,
                header=0 if layout.header else None,
                skiprows=layout.skipped,
                names=range(count),
                index_col=False,
                dtype=dict.fromkeys(as_words, str),
                na_values=list(ABSENT),
                skipinitialspace=True,
                encoding=layout.encoding,
                skip_blank_lines=count > 1,
                low_memory=False,
                chunksize=max(1, _CHUNK // count),
            ) as reader:
                yield from (chunk for chunk in reader if len(chunk))
        except pd.errors.ParserWarning as error:
            raise long_line(path, "a line has more values", count) from error


def _numbers_or_words(parts: Sequence[pd.Series[Any]]) -> Raw:
    """Return labels as numbers if all of them are numeric, and unchanged otherwise."""
    import pandas as pd

    words = pd.concat(parts, ignore_index=True)
    numbers = pd.to_numeric(words, errors="coerce")
    worded = (numbers.isna() & words.notna()).any()
    return np.asarray(words.to_numpy(dtype=object) if worded else numbers)


def _read_parquet(path: Path, choice: Choice) -> Data:
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
        features, at = positions(schema.names, choice, path)
        for i in features:
            kind = schema.types[i]
            word = kind.value_type if pa.types.is_dictionary(kind) else kind
            if not (
                pa.types.is_integer(kind)
                or pa.types.is_floating(kind)
                or pa.types.is_boolean(kind)
                or pa.types.is_string(word)
                or pa.types.is_large_string(word)
            ):
                raise InputError(
                    "inputs",
                    expected=f"numbers or words in every column of {path.name}",
                    got=Words(f'{kind} in "{schema.names[i]}"'),
                    hint=f'leave the column out with drop = ["{schema.names[i]}"]',
                )
        tally, classes = ColumnsTally([schema.names[i] for i in features]), list[object]()

        def blocks() -> Iterator[memoryview]:
            for batch in file.iter_batches(batch_size=max(1, _CHUNK // len(schema.names))):
                if at is not None:
                    classes.extend(batch.column(at).to_pylist())
                yield tally.add([batch.column(i).to_pandas() for i in features]).data

        x = _on_disk(blocks(), _FLOAT).reshape(file.metadata.num_rows, len(features))
    index = {i for i, name in enumerate(tally.names) if name.startswith("__index_level_")}
    numeric = all(isinstance(value, int | float) for value in classes)
    return _settled(
        x,
        tally,
        path,
        choice,
        labels=None if at is None else np.array(classes, dtype=None if numeric else object),
        nameless=frozenset(index),
        header=True,
    )


READERS: dict[str, Callable[[Path, Choice], Data]] = {
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".csv": _read_text,
    ".tsv": _read_text,
    ".txt": _read_text,
    ".data": _read_text,
    ".parquet": _read_parquet,
}
"""Readers by file name extension. What they return is checked in `own_inputs`."""
