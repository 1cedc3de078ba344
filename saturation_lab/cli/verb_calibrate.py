"""The verb `calibrate`, which measures how often verdicts and intervals are wrong.

One run writes both docs/calibration.md and the record that is shipped with the package:
``saturation-lab calibrate --output docs/calibration.md --json > guarantees.json``. Move the record
to saturation_lab/ afterwards. A test checks that the two agree.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.cli.options import Json, Output, Whole, Workers
from saturation_lab.cli.printing import command, print_json
from saturation_lab.files import refuse_unwritable, write_atomically

if TYPE_CHECKING:
    from saturation_lab.proof.guarantees import CoverageRow, GuaranteeRow, Record

_SEED = 1


def run(
    *,
    studies: Whole = 2000,
    networks: Whole = 8000,
    coverage: Whole = 6000,
    seed: Whole = _SEED,
    workers: Workers = None,
    output: Output = None,
    json_output: Json = False,
) -> int:
    """Measure how often verdicts are wrong, in simulated studies.

    Also measures this for intervals and for repeated looks at growing data.
    The exit code is 1 if a guarantee is outside its band, or a planted fault
    inside it.

    Parameters
    ----------
    studies : int
        Simulated studies per row.
    networks : int
        Networks in each of the three pools from which studies are drawn.
    coverage : int
        Networks of each width and depth for the coverage of the default table,
        which takes most of the time; 0 leaves it out.
    seed : int
        Seed of the networks and of the studies.
    workers : int or None
        Number of processes.
    output : Path or None
        Write the table to this Markdown file.
    json_output : bool
        Print JSON instead of text; the progress goes to stderr.

    Returns
    -------
    int
        The exit code: 1 if a row is not as it should be, otherwise 0.

    Raises
    ------
    InputError
        If the output cannot be written, or a number is too small.
    """
    if output is not None:
        if output.is_dir():
            raise InputError("output", expected="a file", got=Words(f"the folder {output}"))
        refuse_unwritable(output.absolute().parent)
    whole("studies", studies, low=1)
    whole("networks", networks, low=100)
    whole("coverage", coverage, low=0)
    from saturation_lab.proof.calibration import calibrate, draw_pools
    from saturation_lab.proof.coverage import coverage as covering

    def said(sentence: str) -> None:
        print(sentence, file=sys.stderr if json_output else sys.stdout, flush=True)

    rows, cells = [], []
    pools = draw_pools(seed=seed, networks=networks, workers=workers)
    for row in calibrate(pools, seed=seed, studies=studies):
        said(row.sentence)
        rows.append(row)
    if coverage:
        for cell in covering(seed=seed, networks=coverage, workers=workers):
            said(cell.sentence)
            cells.append(cell)
    record = _record(rows, networks, cells, coverage)
    if json_output:
        print_json(record.to_json())
    if output is not None:
        write_atomically(output, markdown(record).encode("utf-8"))
    sound = [row.as_it_should for row in rows] + [cell.as_it_should for cell in cells]
    return int(not all(sound))


def _record(
    rows: Sequence[GuaranteeRow], networks: int, cells: Sequence[CoverageRow], coverage: int
) -> Record:
    from saturation_lab.proof.calibration import EXAMPLES, LAYERS, POOL, SIZE, STUDIES, WIDTH
    from saturation_lab.proof.coverage import NETWORKS
    from saturation_lab.proof.guarantees import Record

    usual = {"studies": STUDIES, "networks": POOL, "seed": _SEED, "coverage": NETWORKS}
    given = {"studies": rows[0].studies, "networks": networks, "seed": rows[0].seed}
    given["coverage"] = coverage
    changed = {key: n for key, n in given.items() if n != usual[key]}
    return Record(
        command=command("calibrate", **changed),
        pool=networks,
        size=SIZE,
        layers=LAYERS,
        width=WIDTH,
        examples=EXAMPLES,
        rows=tuple(rows),
        coverage=tuple(cells),
        cell=coverage,
    )


def markdown(record: Record) -> str:
    """Return the table of a run as Markdown, as in docs/calibration.md.

    Parameters
    ----------
    record : Record
        The rows of the run and its parameters.

    Returns
    -------
    str
        The page.
    """
    from saturation_lab.pages.texts import text

    first = record.rows[0]
    values = {**vars(record), "studies": first.studies, "seed": first.seed}
    parts = {"guarantees": record.sound, "faults": record.faults}
    tables = [text(f"calibration.{part}") + _lines(rows) for part, rows in parts.items()]
    if record.coverage:
        tables.append(text("calibration.coverage", **values) + _cells(record.coverage))
    return text("calibration.head", **values) + "".join(tables)


def _cells(rows: Sequence[CoverageRow]) -> str:
    """Return the lines of the table of coverage, the numbers of a cell next to each other."""
    cells: dict[tuple[str, int, int], list[CoverageRow]] = {}
    for row in rows:
        cells.setdefault((row.activation, row.width, row.depth), []).append(row)
    lines = []
    for cell, found in cells.items():
        parts = [
            f"{one.beta:.2g} | {100 * one.typical:.1f} ({100 * one.apart:.1f}) % | {one.mean}"
            for one in found
        ]
        lines.append(f"| {' | '.join([*map(str, cell), *parts])} |\n")
    return "".join(lines)


def _lines(rows: Sequence[GuaranteeRow]) -> str:
    answers = ("**no**", "yes")
    return "".join(
        f"| {row.guarantee} | {row.came} | {row.band} | {answers[row.as_it_should]} |\n"
        for row in rows
    )
