"""Write docs/claims.md, every statement with its verdict: ``python -m scripts.claims_table``."""

from __future__ import annotations

from pathlib import Path

from saturation_lab.exhibits.statement_forest import counted
from saturation_lab.files import write_atomically
from saturation_lab.judging.evidence import Evidence, examine
from saturation_lab.judging.statement_files import read_statements

TABLE = Path(__file__).parents[1] / "docs" / "claims.md"

HEAD = """\
# Which statements hold, and which fail

`python -m scripts.claims_table` writes this table from what `saturation-lab claims` computes: every
statement of the lecture on activations and initialization, of Glorot & Bengio 2010 and of He et al.
2015, with the number that decides it. A measured number has its 99.375 % interval over networks,
the level of one of at most eight looks. `saturation-lab claims -o PAGE` shows the other parts of
each: its assumption met and violated, the precise statement, the price.

"""


def main() -> None:
    """Examine every statement and write the table."""
    statements, studies = read_statements()
    found = examine(statements, studies)
    lines = [HEAD + counted(found), "", "| id | statement | verdict | number | asked |"]
    lines += ["|---|---|---|---|---|", *map(_line, found)]
    print(write_atomically(TABLE, ("\n".join(lines) + "\n").encode()))


def _line(evidence: Evidence) -> str:
    stated = evidence.statement
    cells = [stated.id, stated.sentence, "none: who said it", "", ""]
    if evidence.findings:
        top = evidence.findings[0]
        verdict = f"**{top.verdict}**" if top.verdict.value == "fails" else top.verdict.value
        cells[2:] = [verdict, top.number, top.asked]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    main()
