"""Forest plots of statements: the numbers that decide them, in units of their margins."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import pandas as pd

from saturation_lab.exhibits.exhibit import STATED, Exhibit, Shown
from saturation_lab.exhibits.judged import Judged
from saturation_lab.exhibits.material import Material
from saturation_lab.figures.forest import forest_plot
from saturation_lab.inference.digits import count_text, percent
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.inference.verdict import Region
from saturation_lab.judging.errata import ideas_of
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.finding import Finding
from saturation_lab.words.verdicts import verdicts_counted


def forest_table(found: Sequence[Evidence]) -> pd.DataFrame:
    """Return the table of `forest_plot` for the parts of statements that are ratios.

    Parameters
    ----------
    found : sequence of Evidence
        The findings on the statements.

    Returns
    -------
    DataFrame
        A row for each part that is a ratio, with a block for each statement.
    """
    return pd.DataFrame(
        [
            Judged(
                label=finding.claim.sentence,
                note=finding.claim.id,
                block=evidence.statement.id,
                finding=finding,
            ).row
            for evidence in found
            for finding in evidence.findings
            if finding.experiment.logarithmic
        ]
    )


def counted(found: Sequence[Evidence]) -> str:
    """Return how many statements have each verdict, and how many verdicts are unexpected.

    Parameters
    ----------
    found : sequence of Evidence
        The findings on the statements.

    Returns
    -------
    str
        One sentence, a second one on the ideas behind those that do not simply hold, and a third
        one if some verdicts differ from those on record.
    """
    said = ", ".join(verdicts_counted([evidence.verdict for evidence in found]))
    ideas = ideas_of(found)
    behind = sum(map(len, ideas.values()))
    news = [one.statement.id for one in found if not one.as_expected]
    return " ".join(
        [
            f"{count_text(len(found), 'statement')}: {said}.",
            *([f"{_ideas(len(ideas), behind)}."] if ideas else []),
            *([f"Verdicts that differ from those on record: {', '.join(news)}."] if news else []),
        ]
    )


def _ideas(count: int, behind: int) -> str:
    """Say how many ideas are behind how many statements."""
    if count == behind:
        return f"{count_text(behind, 'statement')} to correct or to complete"
    return f"{count_text(behind, 'statement')} to correct or to complete come down to {count} ideas"


def _make(material: Material) -> Shown:
    found = list(material.stated.values())
    table = pd.DataFrame([_row(one) for one in found if one.findings])
    level = percent(LOOK_LEVEL)
    counts = ", ".join(verdicts_counted([one.verdict for one in found if one.findings]))
    rows = (f"{x.key} {x.verdict}: {x.number}; required: {x.asked}." for x in table.itertuples())
    return Shown(
        table=table,
        draw=partial(forest_plot, inside="required range", level=level),
        how=f"The number that decides each statement: {counts}. A number passes if its whole "
        f"{level} interval over networks lies in the band, which is the required range, and does "
        "not if the whole interval lies outside. The axis is in margins: one margin is half the "
        "width of the band (on a logarithmic scale for a factor), or a factor of 2 if the band has "
        "only one end. Beyond one margin the axis is logarithmic. An arrow marks a number that "
        "lies beyond the axis or has no logarithm (0, or the wrong sign). Points without an "
        "interval are computed exactly.",
        alt=" ".join([counted(found), *rows]),
        footer="",
        cut="block",
    )


def _row(evidence: Evidence) -> dict[str, object]:
    """Return the row of the part that decides, with its numbers in `margins`."""
    finding, stated = evidence.findings[0], evidence.statement
    region = finding.answer.region
    numbers = {**finding.interval.columns, "predicted": _expected(finding)}
    placed = {
        name: margins(x, region, logarithmic=finding.experiment.logarithmic)
        for name, x in numbers.items()
    }
    return {
        "key": stated.id,
        "label": finding.claim.sentence,
        "note": "",
        "block": stated.heading,
        "scale": "margins",
        **{name: placed[name] for name in ("estimate", "low", "high")},
        "inside_low": -math.inf if math.isinf(region.low) else -1.0,
        "inside_high": math.inf if math.isinf(region.high) else 1.0,
        "predicted": placed["predicted"],
        "number": _number(finding),
        "asked": finding.asked,
        "verdict": (evidence.verdict or finding.verdict).value,
    }


def _expected(finding: Finding) -> float:
    """Return the prediction of theory on the scale of the region; nan if there is none."""
    theory = finding.expected
    if not finding.experiment.logarithmic:
        return theory
    return math.log(theory) if theory > 0 else math.nan


def _number(finding: Finding) -> str:
    return finding.brief


def margins(x: float, region: Region, *, logarithmic: bool) -> float:
    """Return the position of a number relative to its region: -1 at the lower end, 1 at the upper.

    The unit is half the width of the region, or a factor of 2 if the region has only one end. In
    that case a number that is 0, or whose sign differs from that of the end, is infinitely far
    away.

    Parameters
    ----------
    x : float
        The number; for a ratio its natural logarithm.
    region : Region
        The required region, on the same scale.
    logarithmic : bool
        Whether both are logarithms.

    Returns
    -------
    float
        The position; nan if the number is undefined.

    Examples
    --------
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


STATEMENTS: Exhibit = Exhibit(
    id="statements",
    title="Every statement and the number that decides it",
    make=_make,
    needs=(STATED,),
)
