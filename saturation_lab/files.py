"""How does a file or a folder appear? Whole, by rename, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
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


def write_folder(folder: str | Path, write: Callable[[Path], None]) -> Path:
    """Let ``write`` fill a new folder beside ``folder`` and rename it there.

    What stood there goes only once the new one stands; whether it may is for the caller to say.
    """
    target, beside = Path(folder).resolve(), None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        write(beside)
        beside.chmod(0o755)
        _put_in_place(beside, target)
    except OSError as error:
        raise InputError(
            "output",
            expected="a folder that can be written",
            got=Words(f"{folder}: {error.strerror or error}"),
        ) from error
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)
    return Path(folder)


def _put_in_place(new: Path, target: Path) -> None:
    old = new.with_name(new.name + "-old")
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


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
