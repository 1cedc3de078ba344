"""The verb `calibrate`: how often verdicts err, and the table of it.

One run makes docs/calibration.md and the record that comes with the package:
``saturation-lab calibrate --output docs/calibration.md --json > guarantees.json``, to be moved to
saturation_lab/. A test holds the two together.
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
    from saturation_lab.proof.guarantees import GuaranteeRow, Record

_SEED = 1


def run(
    *,
    studies: Whole = 2000,
    networks: Whole = 8000,
    seed: Whole = _SEED,
    workers: Workers = None,
    output: Output = None,
    json_output: Json = False,
) -> int:
    """Count how often verdicts err.

    And how often intervals and looks do, over sampled networks. Exit code 1 if a guarantee lies
    outside its band or a planted fault inside.

    Parameters
    ----------
    studies
        simulated for every row
    networks
        sampled for each of three pools, from which studies are drawn
    seed
        of the networks and of the studies
    output
        write the table to this Markdown file
    """
    if output is not None:
        if output.is_dir():
            raise InputError("output", expected="a file", got=Words(f"the folder {output}"))
        refuse_unwritable(output.absolute().parent)
    whole("studies", studies, low=1)
    whole("networks", networks, low=100)
    from saturation_lab.proof.calibration import calibrate, draw_pools

    rows = []
    pools = draw_pools(seed=seed, networks=networks, workers=workers)
    for row in calibrate(pools, seed=seed, studies=studies):
        print(row.sentence, file=sys.stderr if json_output else sys.stdout, flush=True)
        rows.append(row)
    record = _record(rows, networks)
    if json_output:
        print_json(record.to_json())
    if output is not None:
        write_atomically(output, markdown(record).encode("utf-8"))
    return int(not all(row.as_it_should for row in rows))


def _record(rows: Sequence[GuaranteeRow], networks: int) -> Record:
    from saturation_lab.proof.calibration import EXAMPLES, LAYERS, POOL, SIZE, STUDIES, WIDTH
    from saturation_lab.proof.guarantees import Record

    usual = {"studies": STUDIES, "networks": POOL, "seed": _SEED}
    given = {"studies": rows[0].studies, "networks": networks, "seed": rows[0].seed}
    changed = {key: n for key, n in given.items() if n != usual[key]}
    return Record(
        command=command("calibrate", **changed),
        pool=networks,
        size=SIZE,
        layers=LAYERS,
        width=WIDTH,
        examples=EXAMPLES,
        rows=tuple(rows),
    )


def markdown(record: Record) -> str:
    """Return the page of a run: docs/calibration.md is that of the recorded one."""
    from saturation_lab.pages.texts import text

    first = record.rows[0]
    said = {**vars(record), "studies": first.studies, "seed": first.seed}
    parts = {"guarantees": record.sound, "faults": record.faults}
    tables = [text(f"calibration.{part}") + _lines(rows) for part, rows in parts.items()]
    return text("calibration.head", **said) + "".join(tables)


def _lines(rows: Sequence[GuaranteeRow]) -> str:
    answers = ("**no**", "yes")
    return "".join(
        f"| {row.guarantee} | {row.came} | {row.band} | {answers[row.as_it_should]} |\n"
        for row in rows
    )
