"""What is said of findings on a page: the verdict table, and how many statements hold?"""

from __future__ import annotations

import math
from dataclasses import dataclass

from saturation_lab.exhibits.pair_rows import in_a_sentence
from saturation_lab.inference.digits import TIMES, short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.pages.report import Report
from saturation_lab.words.numbers import estimate_text, interval_text


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the verdict table, in words."""

    source: str
    sentence: str
    precise: str
    measured: str
    theory: str
    interval: str
    shown: str
    verdict: str
    outlook: str


def row(finding: Finding) -> Row:
    """Return a finding in words: ratios, not logarithms."""
    claim = finding.claim
    scale = finding.decided
    measured = estimate_text(finding.measured)
    interval = interval_text(scale)
    if not claim.experiment.logarithmic:
        measured += " on average over the hidden layers"
    if finding.beside is not None:
        measured += (
            f" instead of {estimate_text(finding.beside)}: the factor away from 1 is "
            f"{estimate_text(scale)} times smaller"
        )
        interval = f"{TIMES} {interval_text(scale)}"
    return Row(
        source=claim.source,
        sentence=claim.sentence,
        precise=claim.precise,
        measured=measured,
        theory=_theory(finding),
        interval=interval,
        shown=finding.shown,
        verdict=finding.verdict.value,
        outlook=finding.outlook.strip("; "),
    )


def _theory(finding: Finding) -> str:
    """Return what theory expects of what was measured; nothing where it has no answer."""
    if not math.isfinite(finding.predicted):
        return ""
    beside = finding.predicted_beside
    return short(finding.predicted) + ("" if math.isnan(beside) else f" instead of {short(beside)}")


def counted(report: Report) -> list[str]:
    """Return one sentence a group: how many statements hold, and which do not."""
    sentences = [
        in_a_sentence(block, kept, report.groups[name].titles)
        for name in report.spec.tabled("keeps")
        for block, kept in report.kept[name].items()
    ]
    for name, found in report.findings.items():
        title = report.groups[name].title
        if all(f.verdict is Verdict.UNDECIDED for f in found):
            why = ": one network has no spread" if found[0].interval.networks < 2 else ""
            sentences.append(f"{title}: all {len(found)} statements are undecided{why}.")
            continue
        holding = sum(f.verdict is Verdict.HOLDS for f in found)
        counted = f"all {len(found)}" if holding == len(found) else f"{holding} of {len(found)}"
        others = [
            f"“{f.claim.sentence.strip('“”… ')}” ({f.claim.source}) "
            + ("is undecided" if f.verdict is Verdict.UNDECIDED else f.verdict.value)
            for f in found
            if f.verdict is not Verdict.HOLDS
        ]
        tail = "; " + "; ".join(others) if others else ""
        sentences.append(f"{title}: {counted} statements of the paper hold{tail}.")
    return sentences
