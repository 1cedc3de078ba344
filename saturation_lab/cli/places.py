"""Where verbs write: refused before anything is computed, if it cannot be written or is taken."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from saturation_lab.checks import NOTHING, InputError, Words

if TYPE_CHECKING:
    from saturation_lab.sampling.result import Result


def earlier(output: Path | None, *, force: bool, resume: bool) -> Result | None:
    """Refuse an output that cannot be written; return the result to be added to, if any."""
    if resume and force:
        raise InputError("force", expected="either --force or --resume", got=Words("both"))
    if output is None:
        _refuse_alone(resume=resume, force=force)
        return None
    from saturation_lab.files import refuse_unwritable
    from saturation_lab.sampling.result import Result, refuse_existing

    refuse_unwritable(output.resolve().parent)  # the new folder is made beside and renamed
    if resume:
        return Result.load(output)
    refuse_existing(output, force=force)
    return None


def _refuse_alone(beside: str = "--output DIR", **flags: bool) -> None:
    """Refuse a flag that says how to write where nothing is written."""
    for flag, given in flags.items():
        if given:
            raise InputError(flag, expected=f"{beside} beside it", got=NOTHING)


def grid_places(output: Path | None, figure: Path | None, *, force: bool) -> list[str]:
    """Refuse what cannot be written before anything is computed; return what to say at the end."""
    from saturation_lab.checks import choice
    from saturation_lab.files import refuse_unwritable
    from saturation_lab.sampling.grid import refuse_existing_grid

    if output is None and figure is None:
        _refuse_alone("--output DIR or --figure FILE", force=force)
    said = []
    if output is not None:
        refuse_unwritable(output.resolve().parent)
        refuse_existing_grid(output, force=force)
        said.append(f"\nGrid folder: {output}")
    if figure is not None:
        choice("figure", figure.suffix, (".svg", ".png", ".pdf"))
        refuse_unwritable(figure.resolve().parent)
        if figure.is_dir() or (figure.exists() and not force):
            got, hint = Words(f"{figure}, which exists"), "--force replaces a file"
            raise InputError("figure", expected="a new file", got=got, hint=hint)
        said.append(f"\nFigure: {figure}")
    return said


def refuse_page(output: Path | None, *, force: bool) -> None:
    """Refuse a folder that cannot be written, or has a page already, unless by force."""
    if output is None:
        _refuse_alone(force=force)
        return
    from saturation_lab.files import refuse_unwritable

    refuse_unwritable(output)
    if any((output / name).exists() for name in ("index.html", "report.json")) and not force:
        got, hint = Words(f"{output}, which has a page"), "--force replaces it"
        raise InputError("output", expected="a new folder", got=got, hint=hint)
