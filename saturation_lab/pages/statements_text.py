"""What a person reads in a terminal of the statements that were examined."""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.exhibits.statement_forest import counted
from saturation_lab.judging.evidence import Evidence
from saturation_lab.pages.as_text import WIDTH, aligned
from saturation_lab.pages.blocks import Block, Table, Text

_HEAD = ("", "kind", "verdict", "number", "asked", "what the number is")


def statements_blocks(found: Sequence[Evidence], *, width: int = WIDTH) -> list[Block]:
    """Return a row a statement: its verdict, the number that decides it, and what was asked.

    And what that number is, where the terminal has room in its ``width``.
    """
    rows = [_row(evidence) for evidence in found]
    whole = len(aligned([_HEAD, *rows])[0]) <= width
    count = len(_HEAD) if whole else len(_HEAD) - 1
    news = [
        Text(
            says=f"! {finding.claim.id}: expected {finding.claim.expected}, found "
            f"{finding.sentence}"
        )
        for evidence in found
        for finding in evidence.unexpected
    ]
    table = Table(id="statements", head=_HEAD[:count], rows=[row[:count] for row in rows])
    return [table, *news, Text(says=counted(found))]


def _row(evidence: Evidence) -> list[str]:
    stated = evidence.statement
    if not evidence.findings:
        return [stated.id, stated.kind, "–", "", "", ""]
    top = evidence.findings[0]
    mark = " !" if evidence.unexpected else ""
    return [
        *(stated.id, stated.kind, f"{top.verdict}{mark}", top.number, top.asked),
        evidence.words(top),
    ]
