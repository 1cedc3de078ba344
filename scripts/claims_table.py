"""The generator of docs/claims.md, a table of all statements with their verdicts.

Run it with ``python -m scripts.claims_table``.
"""

from __future__ import annotations

from pathlib import Path

from saturation_lab.exhibits import counted
from saturation_lab.files import write_atomically
from saturation_lab.judging import EXACTLY, Evidence, examine, read_statements

TABLE = Path(__file__).parents[1] / "docs" / "claims.md"

HEAD = """\
# Which statements hold, and which fail

The table contains every statement of the lecture about activations and initialization, of Glorot &
Bengio 2010 and of He et al. 2015, with the number that decides it. It is the output of
`saturation-lab claims`, written by `python -m scripts.claims_table`. Measured numbers are followed
by their 99.375 % intervals over networks, the level of a single look; there are at most eight.
`saturation-lab claims -o PAGE` also shows the other parts of each statement: the result with its
assumption met and violated, the precise statement, and what it costs.

The charitable reading of a statement decides, in the lecture's own setting. A statement *needs* an
assumption if it holds where that is met and fails where it is violated; both numbers are listed. It
is a matter of *notation* if it holds once the notation is repaired. *Advice* is neither true nor
false: what is tested is whether following it suffices.

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
        cells[2:] = [_verdict(evidence), *_numbers(evidence)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _verdict(evidence: Evidence) -> str:
    stated = evidence.statement
    match evidence.verdict:
        case "needs":
            return f"**needs** {stated.needs}"
        case "notation":
            return f"**notation**: {stated.notation}"
        case "advice":
            return (
                "advice, suffices" if evidence.suffices else f"advice, incomplete: {stated.should}"
            )
        case "fails":
            return "**fails**"
        case verdict:
            return str(verdict)


def _numbers(evidence: Evidence) -> list[str]:
    """Return the deciding numbers, and what is required of them."""
    said = []
    for finding in evidence.deciding:
        case, unit = finding.claim.case, finding.claim.unit
        start = ": ".join(word for word in (case, unit.says if unit else "") if word)
        said.append(f"{start} {EXACTLY if finding.exact else finding.number}".strip())
    first = evidence.deciding[0]
    return [", ".join(said), "" if first.exact else first.asked]


if __name__ == "__main__":
    main()
