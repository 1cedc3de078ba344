"""A check that each kind of statistical test accepts correct code and rejects a planted fault.

``python -m scripts.planted_faults`` writes ``docs/planted_faults.md``, in some minutes on one core.
The exit code is 1 if a row of the table misses its bar.
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
# Does each kind of test detect its fault?

A test that cannot fail proves nothing. Each fault below is therefore planted in the package itself,
as a programming error could introduce it. The test designed to find it is run with {count} seeds
({first} to {last}), on the unchanged package and on the package with the fault. A row reaches its
bar if correct code is accepted and the fault is rejected for at least {bar} of the seeds. Other
tests may find the fault too.

*False alarm* is the probability, over seeds, that the test rejects correct code. *Detects* is the
smallest effect that the test is designed to detect, and *power* the probability that it does. These
three determine the sample size of each test. The planted faults are at least as large as that
effect. An identity holds for every seed.

{table}

The tests:

{checks}

One fault has no row because it cannot be planted: treating units or examples as replicates. Every
function that computes a standard error takes one row per network and refuses pooled values;
`tests/inference/test_replicates.py` tests this.

`tests/laws` tests every activation, initializer and bias in the same way, with its own planted
faults at one seed each.

`python -m scripts.planted_faults` writes this file. The rows are defined in
`scripts/planted_faults/table.py`; `tests/proof/test_planted_faults.py` runs them for a few seeds.
"""
HEAD = (
    "fault", "wrong code", "found by", "false alarm at most", "detects", "power",
    "correct code accepted", "fault rejected",
)  # fmt: skip


def line(count: Count) -> str:
    """Format a row of the table in Markdown."""
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
    """Format the whole page in Markdown."""
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
    """Run all tests, print the table and write the page."""
    counts = []
    for count in counted(ROWS, SEEDS):
        print(line(count) + ("" if count.reached else " missed its bar"), flush=True)
        counts.append(count)
    write_atomically(DOCUMENT, page(counts, SEEDS).encode())
    return 0 if all(count.reached for count in counts) else 1


if __name__ == "__main__":
    sys.exit(main())
