"""The generator of docs/claims.md, a table of all statements with their verdicts.

Run it with ``python -m scripts.claims_table``.
"""

from __future__ import annotations

from pathlib import Path

from saturation_lab.exhibits import counted
from saturation_lab.files import write_atomically
from saturation_lab.judging import Evidence, examine, read_statements

TABLE = Path(__file__).parents[1] / "docs" / "claims.md"

HEAD = """\
# Which statements hold, and which fail

The table contains every statement of the lecture about activations and initialization, of Glorot &
Bengio 2010 and of He et al. 2015, with the number that decides it. It is the output of
`saturation-lab claims`, written by `python -m scripts.claims_table`. Measured numbers are followed
by their 99.375 % intervals over networks, the level of a single look; there are at most eight.
`saturation-lab claims -o PAGE` also shows the other parts of each statement: the result with its
assumption met and violated, the precise statement, and what it costs.

"""


def main() -> None:
    """Examine every statement and write the table."""
    statements, studies = read_statements()
    found = examine(statements, studies)
    lines = [HEAD + counted(found), "", "| id | statement | verdict | number | required |"]
    lines += ["|---|---|---|---|---|", *map(_line, found)]
    print(write_atomically(TABLE, ("\n".join(lines) + "\n").encode()))


def _line(evidence: Evidence) -> str:
    stated = evidence.statement
    cells = [stated.id, stated.sentence, "none: attribution only", "", ""]
    if evidence.findings:
        top = evidence.findings[0]
        verdict = f"**{top.verdict}**" if top.verdict.value == "fails" else top.verdict.value
        cells[2:] = [verdict, top.number, top.asked]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
