"""The verb `claims`, which predicts, measures and judges statements."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from saturation_lab.checks import InputError, Words, did_you_mean
from saturation_lab.cli.options import Json, Output, Workers
from saturation_lab.cli.places import refuse_page
from saturation_lab.cli.printing import command, print_blocks, print_json, write_and_print
from saturation_lab.cli.progress import progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saturation_lab.claims.statement import Statement

_Ids = Annotated[str, Parameter(help="Ids of statements. Default: all.")]


def run(
    *ids: _Ids,
    file: Path | None = None,
    output: Output = None,
    force: bool = False,
    precision: float | None = None,
    errata: bool = False,
    workers: Workers = None,
    json_output: Json = False,
) -> int:
    """Predict and measure what statements say, and give a verdict on each.

    The statements are those of the lecture, of Glorot & Bengio and of He, or
    your own. The exit code is 1 if a finding differs from the recorded one.

    Parameters
    ----------
    *ids : str
        Ids of statements. Default: all.
    file : Path or None
        Read the statements from your own TOML or Python file.
    output : Path or None
        Write a page, index.html and report.json, to this folder.
    force : bool
        Replace an existing page.
    precision : float or None
        Draw enough networks for intervals of about ± this (logarithms of ratios).
    errata : bool
        Print only what the sources should say instead, and the numbers that show it.
    workers : int or None
        Number of processes.
    json_output : bool
        Print JSON instead of text.

    Returns
    -------
    int
        The exit code: 1 if a finding differs from the recorded one, otherwise 0.
    """
    from saturation_lab.judging.errata import errata_of
    from saturation_lab.judging.evidence import examine
    from saturation_lab.judging.statement_files import read_statements

    refuse_page(output, force=force)
    everything, studies = read_statements(file)
    chosen = _chosen(ids, everything)
    with progress(sum(len(statement.parts) for statement in chosen), "claims") as tick:
        found = examine(chosen, studies, precision=precision, workers=workers, done=tick)
    if json_output:
        print_json({"claims": [one.to_json() for one in (errata_of(found) if errata else found)]})
    else:
        from saturation_lab.pages.statements_page import errata_blocks, statements_blocks

        print_blocks(errata_blocks(found) if errata else statements_blocks(found))
    if output is not None:
        from saturation_lab.pages.statements_page import statements_page

        again = command("claims", *ids, file=file, precision=precision)
        write_and_print(statements_page(found, command=again), output, quiet=json_output)
    return int(not all(evidence.as_expected for evidence in found))


def _chosen(ids: Sequence[str], everything: Sequence[Statement]) -> list[Statement]:
    known = {statement.id: statement for statement in everything}
    for key in ids:
        if key not in known:
            expected = "ids of statements (without any, all statements are tested)"
            hint = did_you_mean(key, known)
            raise InputError("claims", expected=expected, got=Words(key), hint=hint)
    return [known[key] for key in dict.fromkeys(ids)] if ids else list(everything)
