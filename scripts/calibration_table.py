"""Which guarantees of the verdicts come true, and how often? Writes docs/calibration.md.

    python -m scripts.calibration_table

Samples three pools of networks and simulates 2,000 studies for every row.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from saturation_lab.calibration import (
    EXAMPLES,
    LAYERS,
    POOL,
    SIZE,
    STUDIES,
    WIDTH,
    Row,
    calibrate,
    draw_pools,
)

TARGET = Path(__file__).parent.parent / "docs" / "calibration.md"
SEED = 1
_HEAD = f"""# How often verdicts err

Written by `python -m scripts.calibration_table`. A study is {SIZE} networks, or as many as the row
plans for, drawn with replacement from a pool of {POOL:,} sampled networks ({LAYERS} layers of
{WIDTH} units, {EXAMPLES} examples, normal weights: He's for ReLU and SiLU, Glorot's for tanh). The
pool is the law and its mean the truth. Each row: {STUDIES:,} studies, seed {SEED}; ± is the Monte
Carlo error. The band of an error rate or a power allows for three of them.
"""
_TABLE = """
## {title}

| {what} | came true | band | {said} |
|---|---|---|---|
{rows}
"""


def main() -> int:
    """Write the table; 1 if a row is not as it should be."""
    begun = time.perf_counter()
    rows = []
    for row in calibrate(draw_pools(seed=SEED), seed=SEED):
        print(row.sentence, flush=True)
        rows.append(row)
    guarantees = _TABLE.format(
        title="Guarantees",
        what="guarantee",
        said="inside",
        rows=_lines([row for row in rows if not row.planted]),
    )
    faults = _TABLE.format(
        title="Planted faults, which must lie outside",
        what="fault",
        said="outside",
        rows=_lines([row for row in rows if row.planted]),
    )
    TARGET.write_text(_HEAD + guarantees + faults, encoding="utf-8")
    print(f"{time.perf_counter() - begun:.0f} s")
    return int(not all(row.as_it_should for row in rows))


def _lines(rows: list[Row]) -> str:
    return "\n".join(
        f"| {row.guarantee} | {100 * row.share:.2f} ± {100 * row.error:.2f} % | "
        f"{100 * row.low:.2f} to {100 * row.high:.2f} % | {_yes(row)} |"
        for row in rows
    )


def _yes(row: Row) -> str:
    return "yes" if row.as_it_should else "**no**"


if __name__ == "__main__":
    sys.exit(main())
