"""Checks of output paths, made before anything is computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from saturation_lab.checks import InputError, Words

if TYPE_CHECKING:
    from saturation_lab.sampling.result import Result


def earlier(output: Path | None, *, force: bool, resume: bool) -> Result | None:
    """Check the output of ``sample``, and load the result to which networks are added.

    Parameters
    ----------
    output : Path or None
        The result folder to write; None for none.
    force : bool
        Whether an existing result folder may be replaced.
    resume : bool
        Whether networks are added to an existing result folder.

    Returns
    -------
    Result or None
        The result in ``output`` if ``resume`` is true, otherwise None.

    Raises
    ------
    InputError
        If the folder cannot be written or read, exists already, or the flags contradict each other.
    """
    if resume and force:
        raise InputError("force", expected="either --force or --resume", got=Words("both"))
    if output is None:
        _refuse_alone(resume=resume, force=force)
        return None
    from saturation_lab.files import refuse_unwritable
    from saturation_lab.sampling.result import Result, refuse_existing

    refuse_unwritable(output.resolve().parent)  # the new folder is made there, then renamed
    if resume:
        return Result.load(output)
    refuse_existing(output, force=force)
    return None


def _refuse_alone(needed: str = "--output DIR", **flags: bool) -> None:
    """Raise an error for output flags if nothing is to be written."""
    for flag, given in flags.items():
        if given:
            raise InputError(flag, expected=f"{needed} as well", got=Words(f"--{flag} alone"))


def grid_places(output: Path | None, figure: Path | None, *, force: bool) -> list[str]:
    """Check the outputs of ``grid``.

    Parameters
    ----------
    output : Path or None
        The folder to write; None for none.
    figure : Path or None
        The file for the heat maps; None for none.
    force : bool
        Whether an existing folder or figure may be replaced.

    Returns
    -------
    list of str
        One line for each output, to print at the end.

    Raises
    ------
    InputError
        If an output cannot be written or exists already, or the suffix of the figure is unknown.
    """
    from saturation_lab.checks import choice
    from saturation_lab.files import refuse_unwritable
    from saturation_lab.sampling.grid import refuse_existing_grid

    if output is None and figure is None:
        _refuse_alone("--output DIR or --figure FILE", force=force)
    lines = []
    if output is not None:
        refuse_unwritable(output.resolve().parent)
        refuse_existing_grid(output, force=force)
        lines.append(f"\nGrid folder: {output}")
    if figure is not None:
        choice("figure", figure.suffix, (".svg", ".png", ".pdf"))
        refuse_unwritable(figure.resolve().parent)
        if figure.is_dir() or (figure.exists() and not force):
            got, hint = Words(f"{figure}, which exists"), "use --force to replace a file"
            raise InputError("figure", expected="a new file", got=got, hint=hint)
        lines.append(f"\nFigure: {figure}")
    return lines


def refuse_page(output: Path | None, *, force: bool) -> None:
    """Check the folder for a page.

    Parameters
    ----------
    output : Path or None
        The folder; None if no page is written.
    force : bool
        Whether an existing page may be replaced.

    Raises
    ------
    InputError
        If the folder cannot be written or contains a page, or ``force`` is given without a folder.
    """
    if output is None:
        _refuse_alone(force=force)
        return
    from saturation_lab.files import refuse_unwritable

    refuse_unwritable(output)
    if any((output / name).exists() for name in ("index.html", "report.json")) and not force:
        got, hint = Words(f"{output}, which contains a page"), "use --force to replace it"
        raise InputError("output", expected="a new folder", got=got, hint=hint)
