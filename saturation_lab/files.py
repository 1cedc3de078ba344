"""Atomic writing of files and folders: complete, by renaming, or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from saturation_lab.checks import InputError, Words


def write_atomically(path: Path, content: bytes) -> Path:
    """Write a file atomically: to a temporary file in the same folder, which is then renamed.

    Parameters
    ----------
    path : Path
        The file. Missing parent folders are created, and an existing file is replaced.
    content : bytes
        The content of the file.

    Returns
    -------
    Path
        The path of the file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
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
    """Write a folder atomically: into a temporary folder, which is then renamed.

    An existing folder is deleted only after the new one has taken its place. Whether it may be
    replaced is for the caller to check.

    Parameters
    ----------
    folder : str or Path
        The folder. Missing parent folders are created.
    write : callable
        Called with the path of the temporary folder, which it fills.

    Returns
    -------
    Path
        The path of the folder.

    Raises
    ------
    InputError
        If the folder cannot be written.
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
    """Check that a folder can be written, before anything is computed.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist yet.

    Raises
    ------
    InputError
        If its nearest existing parent (or the folder itself) is not writable.
    """
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
    """Check that a folder can be written and that nothing in it would be overwritten.

    Parameters
    ----------
    folder : Path
        The folder, which need not exist yet.
    force : bool
        Accept a folder that is not empty.

    Raises
    ------
    InputError
        If the folder is not writable, or is not empty and ``force`` is false.
    """
    refuse_unwritable(folder)
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise InputError(
            "output",
            expected="a new or empty folder",
            got=Words(f"{folder}, which is not empty"),
            hint="--force writes into it anyway",
        )


def _unwritable(path: Path, error: OSError) -> InputError:
    return InputError(
        "output", expected="a file that can be written", got=Words(f"{path}: {error.strerror}")
    )
