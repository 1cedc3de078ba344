"""Where do the numbers lie that decide statements? Those that are ratios, in one forest plot."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from saturation_lab.evidence import Evidence
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LEVEL
from saturation_lab.judge import Finding
from saturation_lab.report.evidence_table import counted
from saturation_lab.report.exhibit import Exhibit
from saturation_lab.report.group import Group


def forest_table(found: Sequence[Evidence]) -> pd.DataFrame:
    """Return the table of `forest_plot`: every part that is a ratio, a block a statement."""
    return pd.DataFrame(
        [
            _row(finding, label=finding.claim.sentence, block=evidence.statement.id)
            for evidence in found
            for finding in evidence.findings
            if finding.claim.experiment.logarithmic
        ]
    )


def deciding_table(found: Sequence[Evidence]) -> pd.DataFrame:
    """Return the same of the deciding parts alone, a block a chapter."""
    return pd.DataFrame(
        [
            _row(finding, label=finding.claim.sentence, block=evidence.statement.source)
            for evidence in found
            for finding in evidence.findings[:1]
            if finding.claim.experiment.logarithmic
        ]
    )


def _row(finding: Finding, *, label: str, block: str) -> dict[str, object]:
    return {
        "label": label,
        "note": finding.claim.id,
        "block": block,
        "scale": "ratio",
        "estimate": finding.decided.estimate,
        "low": finding.decided.low,
        "high": finding.decided.high,
        "inside_low": finding.region.low,
        "inside_high": finding.region.high,
        "predicted": finding.predicted,
        "verdict": finding.verdict.value,
    }


def _caption(group: Group) -> str:
    shown = len(deciding_table(list(group.evidence.values())))
    return (
        f"The statements that a ratio decides, {shown} of {len(group.evidence)}; the others are "
        f"decided by a number that is none. Points with {percent(LEVEL)} intervals over networks; "
        "a statement holds where all of the bar lies in the band."
    )


STATED = Exhibit(
    id="statements",
    title="All that a ratio decides",
    table=lambda group: deciding_table(list(group.evidence.values())),
    draw=lambda table, canvas, group: forest_plot(table, canvas=canvas, level=percent(LEVEL)),
    caption=_caption,
    alt=lambda group: counted(list(group.evidence.values())),
    stated=True,
    cut="block",
)
