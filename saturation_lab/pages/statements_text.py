"""What does a person read in a terminal of the statements that were examined?"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence

from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.evidence import Evidence
from saturation_lab.pages.terminal import aligned


def evidence_table(found: Sequence[Evidence], *, width: int = 0) -> str:
    """Return a line a statement: its verdict, the number that decides it, and what was asked.

    And what that number is, where the terminal has room in its ``width``.
    """
    rows = [["", "kind", "verdict", "number", "asked"]]
    rows += [_row(evidence) for evidence in found]
    lines = aligned(rows)
    words = ["what the number is", *(e.words(e.findings[0]) if e.findings else "" for e in found)]
    if max(map(len, lines)) + max(map(len, words)) + 2 <= width:
        lines = [f"{line}  {said}".rstrip() for line, said in zip(lines, words, strict=True)]
    return "\n".join([*lines, "", *_news(found), *textwrap.wrap(counted(found), 90)])


def _row(evidence: Evidence) -> list[str]:
    stated = evidence.statement
    if not evidence.findings:
        return [stated.id, stated.kind, "–", "", ""]
    top = evidence.findings[0]
    mark = " !" if evidence.unexpected else ""
    return [stated.id, stated.kind, f"{top.verdict}{mark}", top.number, top.asked]


def _news(found: Sequence[Evidence]) -> Iterator[str]:
    for evidence in found:
        for finding in evidence.unexpected:
            claim = finding.claim
            yield f"! {claim.id}: expected {claim.expected}, found {finding.sentence}"
    if any(evidence.unexpected for evidence in found):
        yield ""


def counted(found: Sequence[Evidence]) -> str:
    """Return how many statements hold and fail, and whether that is news."""
    verdicts = Counter(evidence.verdict for evidence in found)
    said = ", ".join(
        f"{verdicts[v]} {words[verdicts[v] > 1]}" for v, words in _WORDS.items() if v in verdicts
    )
    parts = sum(len(evidence.findings) for evidence in found)
    new = sum(len(evidence.unexpected) for evidence in found)
    tested = f"{parts} tested part{'s' * (parts != 1)}"
    record = f"{new} with another verdict than" if new else "all with the verdict that"
    stated = f"{len(found)} statement{'s' * (len(found) != 1)}"
    return f"{stated}: {said}. {tested}, {record} the claims file expects."


_WORDS = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("fails", "fail"),
    Verdict.UNDECIDED: ("undecided", "undecided"),
    None: ("without a verdict", "without a verdict"),
}
