"""What does `saturation-lab calibrate` take and write? A thin verb and its table."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from saturation_lab.checks import InputError, Words, whole
from saturation_lab.files import refuse_unwritable, write_atomically

if TYPE_CHECKING:
    from saturation_lab.calibration import Row

_HEAD = """# How often verdicts err

`saturation-lab calibrate{options}` writes this table. A study is {size} networks, or as many as the
row plans for, drawn with replacement from a pool of {pool:,} sampled networks ({layers} layers of
{width} units, {examples} examples, normal weights: He's for ReLU and SiLU, Glorot's for tanh). The
pool is the law and its mean the truth. Each row: {studies:,} studies, seed {seed}; ± is the Monte
Carlo error. The band of an error rate or a power allows for three of them.
"""
_TABLE = """
## {title}

| {what} | came true | band | {said} |
|---|---|---|---|
{rows}
"""


def calibrate(
    *,
    studies: int = 2000,
    networks: int = 8000,
    seed: int = 1,
    workers: int | None = None,
    output: Path | None = None,
    json_output: Annotated[bool, Parameter(name="--json", negative=())] = False,
) -> int:
    """Count how often intervals, verdicts and looks err, over sampled networks.

    Exit code 1 if a guarantee lies outside its band or a planted fault inside.

    Parameters
    ----------
    studies
        simulated for every row
    networks
        sampled for each of three pools, from which studies are drawn
    seed
        of the networks and of the studies
    workers
        processes; default: one a core
    output
        write the table to this Markdown file
    json_output
        print JSON instead of lines
    """
    if output is not None:
        if output.is_dir():
            raise InputError("output", expected="a file", got=Words(f"the folder {output}"))
        refuse_unwritable(output.absolute().parent)
    whole("studies", studies, low=1)
    whole("networks", networks, low=100)
    from saturation_lab.calibration import calibrate as rows_of
    from saturation_lab.calibration import draw_pools

    rows = []
    for row in rows_of(
        draw_pools(seed=seed, networks=networks, workers=workers), seed=seed, studies=studies
    ):
        print(row.sentence, file=sys.stderr if json_output else sys.stdout, flush=True)
        rows.append(row)
    if json_output:
        table = {"schema": 1, "pool": networks, "rows": [row.to_json() for row in rows]}
        print(json.dumps(table, indent=1, ensure_ascii=False))
    if output is not None:
        write_atomically(output, _page(rows, networks).encode("utf-8"))
    return int(not all(row.as_it_should for row in rows))


def _page(rows: Sequence[Row], networks: int) -> str:
    from saturation_lab.calibration import EXAMPLES, LAYERS, POOL, SIZE, STUDIES, WIDTH

    given = {"studies": (rows[0].studies, STUDIES), "networks": (networks, POOL)}
    options = "".join(f" --{key} {n}" for key, (n, usual) in given.items() if n != usual)
    head = _HEAD.format(
        options=options,
        size=SIZE,
        pool=networks,
        layers=LAYERS,
        width=WIDTH,
        examples=EXAMPLES,
        studies=rows[0].studies,
        seed=rows[0].seed,
    )
    sound = [row for row in rows if not row.planted]
    faults = [row for row in rows if row.planted]
    return (
        head
        + _TABLE.format(title="Guarantees", what="guarantee", said="inside", rows=_lines(sound))
        + _TABLE.format(
            title="Planted faults, which must lie outside",
            what="fault",
            said="outside",
            rows=_lines(faults),
        )
    )


def _lines(rows: Sequence[Row]) -> str:
    return "\n".join(
        f"| {row.guarantee} | {100 * row.share:.2f} ± {100 * row.error:.2f} % | "
        f"{100 * row.low:.2f} to {100 * row.high:.2f} % | {_yes(row)} |"
        for row in rows
    )


def _yes(row: Row) -> str:
    return "yes" if row.as_it_should else "**no**"
