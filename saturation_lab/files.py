"""How does a file appear? Whole, by rename, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from saturation_lab.checks import InputError, Words


def write_atomically(path: Path, content: bytes) -> Path:
    """Write ``content`` beside ``path`` and rename it there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(beside).chmod(0o644)
        Path(beside).replace(path)
    except OSError as error:
        Path(beside).unlink(missing_ok=True)
        raise _unwritable(path, error) from error
    return path


def refuse_unwritable(folder: Path) -> None:
    """Raise `InputError` before anything is computed when ``folder`` could not be written."""
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise InputError(
            "output",
            expected="a folder that can be written",
            got=Words(f"{folder}: {error.strerror}"),
        ) from error


def refuse_filled(folder: Path, *, force: bool) -> None:
    """Raise `InputError` when ``folder`` cannot be written, or holds something, unless by force."""
    refuse_unwritable(folder)
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise InputError(
            "output",
            expected="a new or empty folder",
            got=Words(folder),
            hint="--force writes into it",
        )


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        "output", expected="a place that can be written", got=Words(f"{path}: {error.strerror}")
    )
