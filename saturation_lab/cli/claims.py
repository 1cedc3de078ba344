"""Which statements hold? The verb `claims`: every statement predicted, measured and judged."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from saturation_lab.checks import InputError, Words, did_you_mean
from saturation_lab.cli.options import Whole
from saturation_lab.cli.places import refuse_page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from saturation_lab.claims.statement import Statement


def claims(
    *ids: str,
    file: Path | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    force: Annotated[bool, Parameter(negative=())] = False,
    precision: float | None = None,
    workers: Whole | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Predict, measure and judge statements of the lecture, of Glorot & Bengio and of He.

    Exit code 1 says that a finding is not the one on record.

    Parameters
    ----------
    ids
        ids of statements; default: all
    file
        take statements from this TOML or Python file of yours instead
    output
        folder for a page, index.html and report.json
    force
        replace an existing page
    precision
        draw so many networks that intervals are about this wide to each side (logarithms of ratios)
    workers
        processes; default: one a core
    json_output
        print JSON instead of a table
    """
    from saturation_lab.cli.progress import progress
    from saturation_lab.judging.evidence import examine
    from saturation_lab.judging.statement_files import read_statements
    from saturation_lab.pages.statements_text import evidence_table

    if output is not None:
        refuse_page(output, force=force)
    everything, studies = read_statements(file)
    chosen = _chosen(ids, everything)
    with progress(sum(len(statement.parts) for statement in chosen), "claims") as tick:
        found = examine(chosen, studies, precision=precision, workers=workers, done=tick)
    if json_output:
        data = {"claims": [evidence.to_json() for evidence in found]}
        print(json.dumps(data, indent=1, ensure_ascii=False))
    else:
        print(evidence_table(found, width=shutil.get_terminal_size().columns))
    if output is not None:
        from saturation_lab.pages.statements_page import write_evidence

        options = {"--file": file, "--precision": precision}
        given = [f"{key} {shlex.quote(str(x))}" for key, x in options.items() if x is not None]
        command = " ".join(["saturation-lab claims", *ids, *given])
        page, twin = write_evidence(found, output, command=command)
        if not json_output:
            print(f"\nPage: {page}  ({page.stat().st_size / 1e6:.1f} MB)\nData: {twin}")
    return int(any(evidence.unexpected for evidence in found))


def _chosen(ids: Sequence[str], everything: Sequence[Statement]) -> list[Statement]:
    known = {statement.id: statement for statement in everything}
    for key in ids:
        if key not in known:
            raise InputError(
                "claims",
                expected="ids of statements (without any: all of them, with their ids)",
                got=Words(key),
                hint=did_you_mean(key, list(known)),
            )
    return [known[key] for key in dict.fromkeys(ids)] if ids else list(everything)
