"""What was judged on the networks of a report: a table a group, and how many statements hold."""

from __future__ import annotations

import math
from collections.abc import Iterator

from saturation_lab.exhibits.material import Material
from saturation_lab.inference.digits import TIMES, short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.pages.blocks import Cell, Rich, Span, Table
from saturation_lab.pages.statement_cards import verdict_span
from saturation_lab.words.numbers import estimate_text, interval_text

_HEAD = ("Statement", "Tested", "Measured", "95 % interval", "Shown", "Verdict")


def findings_of(group: Material) -> list[Finding]:
    """Return what was found for each part of the statements judged on a group's networks."""
    return [finding for evidence in group.judged for finding in evidence.findings]


def verdict_table(group: Material) -> Table:
    """Return the findings of a group in words: ratios, not logarithms."""
    found = findings_of(group)
    return Table(
        id=f"verdicts-{group.name}",
        caption=Span(says=group.title, role="strong"),
        head=_HEAD,
        rows=[_row(finding) for finding in found],
        look="verdicts judged",
        data=[{"group": group.name, **finding.to_json()} for finding in found],
    )


def _row(finding: Finding) -> list[Rich | Cell]:
    claim = finding.claim
    measured: list[str | Span] = [_measured(finding)]
    if _theory(finding):
        measured += [" ", Span(says=f"theory {_theory(finding)}", role="theory")]
    verdict: list[str | Span] = [verdict_span(finding.verdict)]
    if finding.outlook:
        verdict += [" ", Span(says=finding.outlook.strip("; "), role="quiet")]
    interval = interval_text(finding.decided)
    return [
        [Span(says=claim.source, role="source"), f" {claim.sentence}"],
        claim.precise,
        measured,
        Cell(lines=[interval if finding.beside is None else f"{TIMES} {interval}"], look="number"),
        finding.shown,
        verdict,
    ]


def _measured(finding: Finding) -> str:
    """Return what was measured, of a comparison both ratios."""
    measured = estimate_text(finding.measured)
    if not finding.experiment.logarithmic:
        measured += " on average over the hidden layers"
    if finding.beside is not None:
        measured += (
            f" instead of {estimate_text(finding.beside)}: the factor away from 1 is "
            f"{estimate_text(finding.decided)} times smaller"
        )
    return measured


def _theory(finding: Finding) -> str:
    """Return what theory expects of what was measured; nothing where it has no answer."""
    if not math.isfinite(finding.predicted):
        return ""
    beside = finding.predicted_beside
    return short(finding.predicted) + ("" if math.isnan(beside) else f" instead of {short(beside)}")


def counted_verdicts(group: Material) -> Iterator[str]:
    """Yield how many statements of a group hold, and which do not."""
    found = findings_of(group)
    if not found:
        return
    if all(f.verdict is Verdict.UNDECIDED for f in found):
        why = ": one network has no spread" if found[0].interval.networks < 2 else ""
        yield f"{group.title}: all {len(found)} statements are undecided{why}."
        return
    holding = sum(f.verdict is Verdict.HOLDS for f in found)
    counted = f"all {len(found)}" if holding == len(found) else f"{holding} of {len(found)}"
    others = [
        f"; “{f.claim.sentence.strip('“”… ')}” ({f.claim.source}) "
        + ("is undecided" if f.verdict is Verdict.UNDECIDED else f.verdict.value)
        for f in found
        if f.verdict is not Verdict.HOLDS
    ]
    yield f"{group.title}: {counted} statements hold{''.join(others)}."
