"""Where do the numbers lie that decide statements, measured by what was asked of them?"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from saturation_lab.exhibits.exhibit import STATED, Exhibit, made_of
from saturation_lab.exhibits.material import Material
from saturation_lab.figures.forest import forest_plot
from saturation_lab.figures.theme import Canvas
from saturation_lab.inference.digits import percent, rounded
from saturation_lab.inference.looks import LEVEL
from saturation_lab.inference.verdict import Region, Verdict
from saturation_lab.judging.evidence import Evidence

ASKED = "what was asked"


def forest_table(found: Sequence[Evidence]) -> pd.DataFrame:
    """Return the table of `forest_plot`: every part that is a ratio, a block a statement."""
    return pd.DataFrame(
        [
            {
                "label": finding.claim.sentence,
                "note": finding.claim.id,
                "block": evidence.statement.id,
                "scale": "ratio",
                "estimate": finding.decided.estimate,
                "low": finding.decided.low,
                "high": finding.decided.high,
                "inside_low": finding.region.low,
                "inside_high": finding.region.high,
                "predicted": finding.expected,
                "verdict": finding.verdict.value,
            }
            for evidence in found
            for finding in evidence.findings
            if finding.experiment.logarithmic
        ]
    )


def deciding_table(found: Sequence[Evidence]) -> pd.DataFrame:
    """Return the same of every statement that has a verdict, on an axis that all numbers share.

    A row is the part that decides; its numbers are in margins, see `margins`; a block a chapter.
    """
    return pd.DataFrame([_row(evidence) for evidence in found if evidence.findings])


def _row(evidence: Evidence) -> dict[str, object]:
    finding = evidence.findings[0]
    found, region = finding.interval, finding.answer.region
    error = (finding.decided.high - finding.decided.low) / 4
    logarithmic = finding.experiment.logarithmic
    theory = finding.expected
    if logarithmic:
        theory = math.log(theory) if theory > 0 else math.nan

    def place(x: float) -> float:
        return margins(x, region, logarithmic=logarithmic)

    return {
        "key": evidence.statement.id,
        "label": finding.claim.sentence,
        "note": "",
        "block": evidence.statement.heading,
        "scale": "margins",
        "estimate": place(found.estimate),
        "low": place(found.low),
        "high": place(found.high),
        "inside_low": -math.inf if math.isinf(region.low) else -1.0,
        "inside_high": math.inf if math.isinf(region.high) else 1.0,
        "predicted": place(theory),
        "number": rounded(finding.decided.estimate, error) if found.networks else finding.number,
        "asked": finding.asked,
        "verdict": finding.verdict.value,
    }


def margins(x: float, region: Region, *, logarithmic: bool) -> float:
    """Return where a number lies in its region: -1 at the lower end, 1 at the upper one.

    A margin is half the width of a region; where that has one end, a factor 2 of what is asked.
    Then a number that has another sign than that end, or is 0, is infinitely far from it.

    Args:
        x: the number; of a ratio the logarithm.
        region: on the same scale.
        logarithmic: whether both are logarithms.

    >>> margins(0.1, Region(low=-0.2, high=0.2), logarithmic=True)
    0.5
    >>> margins(0.4, Region(high=0.1), logarithmic=False)
    3.0
    """
    if math.isnan(x):
        return math.nan
    if math.isfinite(region.half_width):
        return (x - region.centre) / region.half_width
    end, way = (region.high, 1) if math.isinf(region.low) else (region.low, -1)
    return way + _doublings(x, end, logarithmic=logarithmic)


def _doublings(x: float, end: float, *, logarithmic: bool) -> float:
    if logarithmic:
        return (x - end) / math.log(2)
    if x == end:
        return 0.0
    if x * end > 0:
        return math.copysign(1, end) * math.log2(x / end)
    return math.copysign(math.inf, x - end)


def _drawn(table: pd.DataFrame, canvas: Canvas, material: Material) -> Figure:
    return forest_plot(table, canvas=canvas, inside=ASKED, level=percent(LEVEL))


def _caption(material: Material) -> str:
    counts = Counter(evidence.verdict for evidence in material.stated.values())
    said = ", ".join(f"{counts[v]} {more}" for v, (_, more) in _WORDS.items() if v and counts[v])
    return (
        f"The number that decides each statement, {said}: a statement holds where all of its "
        f"{percent(LEVEL)} interval over networks lies in the band, which is what was asked, and "
        "fails where all of it lies outside. A margin is half the width of the band, on a "
        "logarithmic scale for a factor; where only one end is asked, it is a factor 2. Beyond one "
        "margin the axis is logarithmic; an arrow stands for what lies farther or has no logarithm "
        "(0, or another sign than asked). Points without an interval are computed."
    )


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


def _alternative(material: Material) -> str:
    found = list(material.stated.values())
    rows = (
        f"{row.key} {row.verdict}: {row.number}, asked {row.asked}."
        for row in deciding_table(found).itertuples()
    )
    return " ".join([counted(found), *rows])


STATEMENTS = Exhibit(
    id="statements",
    title="Every statement and the number that decides it",
    make=made_of(
        table=lambda material: deciding_table(list(material.stated.values())),
        draw=_drawn,
        caption=_caption,
        alt=_alternative,
        cut="block",
        signed=False,
    ),
    needs=(STATED,),
)
