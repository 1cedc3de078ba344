"""Does each kind of statistical test accept right code, and reject the fault planted for it?

``python -m scripts.planted_faults`` writes ``docs/planted_faults.md`` in some minutes on one core;
exit code 1 where a row of the table does not reach its bar.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from saturation_lab.files import write_atomically
from scripts.planted_faults.checks import CHECKS
from scripts.planted_faults.table import BAR, ROWS, Count, counted

DOCUMENT = Path(__file__).parents[2] / "docs" / "planted_faults.md"
SEEDS = range(100)
TEXT = """\
# Does each kind of test see its fault?

A test that cannot fail shows nothing. So each fault below is planted in the package itself, where a
slip of the pen would put it, and the test that was made for it is run over {count} seeds ({first}
to {last}), on the package as it is and with the fault in it. A row reaches its bar where right code
is accepted and the fault rejected for at least {bar} of the seeds. Other tests may find it too.

*False alarm* is how often the test may reject right code, of all seeds; *detects* is the smallest
effect for which it was planned, and *power* how often it rejects that. How much a test draws
follows from these three, and the faults are larger, or as large. An identity holds for every seed.

{table}

The tests:

{checks}

One fault has no row, as it cannot be planted: units or examples as replicates. Whatever forms a
standard error takes one row for each network and refuses pooled ones, which
`tests/inference/test_replicates.py` tries.

`tests/laws` puts the same questions to every activation, initializer and bias, with planted faults
of its own at one seed each.

`python -m scripts.planted_faults` makes this file. The table itself is in
`scripts/planted_faults/table.py`; `tests/proof/test_planted_faults.py` runs it for a few seeds.
"""
HEAD = (
    "fault", "slip of the pen", "found by", "false alarm at most", "detects", "power",
    "right code accepted", "fault rejected",
)  # fmt: skip


def line(count: Count) -> str:
    """Return a row of the table in Markdown."""
    row, check = count.row, CHECKS[count.row.check]
    cells = (
        row.fault,
        row.slip,
        row.check,
        f"{check.false_alarm:g}".replace("e-0", "e-"),
        check.detects,
        f"{100 * check.power:.1f} %" if check.power < 1 else "100 %",
        f"{count.accepted} of {count.seeds}",
        f"{count.rejected} of {count.seeds}",
    )
    return f"| {' | '.join(cells)} |"


def page(counts: Sequence[Count], seeds: range) -> str:
    """Return the whole page in Markdown."""
    head = [f"| {' | '.join(HEAD)} |", "|---" * len(HEAD) + "|"]
    return TEXT.format(
        count=len(seeds),
        first=seeds[0],
        last=seeds[-1],
        bar=f"{100 * BAR:.0f} %",
        table="\n".join([*head, *map(line, counts)]),
        checks="\n".join(f"- *{name}*: {check.says}." for name, check in CHECKS.items()),
    )


def main() -> int:
    """Count, write the page and print the table."""
    counts = []
    for count in counted(ROWS, SEEDS):
        print(line(count) + ("" if count.reached else " missed"), flush=True)
        counts.append(count)
    write_atomically(DOCUMENT, page(counts, SEEDS).encode())
    return 0 if all(count.reached for count in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
