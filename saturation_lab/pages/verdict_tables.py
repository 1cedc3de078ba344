"""Tables of the verdicts on the networks of a report, and counts of the statements that hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from saturation_lab.exhibits.material import Material
from saturation_lab.inference.digits import TIMES, short
from saturation_lab.inference.intervals import Interval
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.pages.blocks import Block, Cell, Rich, Span, Table, Text
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.statement_cards import verdict_span
from saturation_lab.words.numbers import estimate_text, interval_text


def verdict_table(group: Material) -> Table:
    """Return the findings of a group as a table for a page.

    Parameters
    ----------
    group : Material
        The networks of a group, with the statements judged on them.

    Returns
    -------
    Table
        One row per tested part; ratios are shown as such, not as logarithms.
    """
    found = group.findings
    return tabled(
        f"verdicts-{group.name}",
        _COLUMNS,
        found,
        caption=Span(group.title, "strong"),
        look="verdicts judged",
        data=[{"group": group.name, **finding.to_json()} for finding in found],
    )


def verdict_lines(group: Material) -> list[Block]:
    """Return the findings of a group for a terminal.

    Parameters
    ----------
    group : Material
        The networks of a group, with the statements judged on them.

    Returns
    -------
    list of Block
        A table, then what would decide the undecided parts; [] if nothing was judged.
    """
    found = group.findings
    if not found:
        return []
    table = tabled(
        f"verdicts-{group.name}",
        {
            "claim": lambda f: f.claim.id,
            f"layer {group.depth} over layer 1": _with_interval,
            "instead of": lambda f: "" if f.beside is None else estimate_text(f.beside),
            "shown": lambda f: f.shown,
            "verdict": lambda f: f.verdict.value,
        },
        found,
        caption=f"{group.title}: {group.size}",
    )
    return [table, *(Text(f"{f.claim.id}: {f.outlook.strip('; ')}") for f in found if f.outlook)]


def _with_interval(finding: Finding) -> str:
    measured: Interval = finding.measured
    said = estimate_text(measured)
    if not math.isnan(measured.low):
        said += f" {interval_text(measured)}"
    return said if finding.beside is not None else f"{said} {finding.experiment.unit}".strip()


def _measured(finding: Finding) -> list[str | Span]:
    """Return the measured value (for a comparison, both ratios) and the prediction of theory."""
    said = estimate_text(finding.measured)
    unit = finding.experiment.unit.format(number=estimate_text(finding.decided))
    if finding.beside is not None:
        said += f" instead of {estimate_text(finding.beside)}: {unit}"
    elif unit:
        said += f" {unit}"
    if not math.isfinite(finding.predicted):
        return [said]
    beside = finding.predicted_beside
    instead = "" if math.isnan(beside) else f" instead of {short(beside)}"
    return [said, " ", Span(f"theory {short(finding.predicted)}{instead}", "theory")]


def _interval(finding: Finding) -> Cell:
    interval = interval_text(finding.decided)
    return Cell([interval if finding.beside is None else f"{TIMES} {interval}"], "number")


def _verdict(finding: Finding) -> list[str | Span]:
    outlook = finding.outlook.strip("; ")
    said = verdict_span(finding.verdict)
    return [said, " ", Span(outlook, "quiet")] if outlook else [said]


_COLUMNS: Mapping[str, Callable[[Finding], Rich | Cell]] = {
    "Statement": lambda f: [Span(f.claim.source, "source"), f" {f.claim.sentence}"],
    "Tested": lambda f: f.claim.precise,
    "Measured": _measured,
    "95 % interval": _interval,
    "Shown": lambda f: f.shown,
    "Verdict": _verdict,
}


def counted_verdicts(group: Material) -> Iterator[str]:
    """Yield a sentence on how many statements of a group hold, and which do not.

    Parameters
    ----------
    group : Material
        The networks of a group, with the statements judged on them.

    Yields
    ------
    str
        One sentence; nothing if nothing was judged.
    """
    found = group.findings
    if not found:
        return
    if all(f.verdict is Verdict.UNDECIDED for f in found):
        why = ", because there is only one network" if found[0].interval.networks < 2 else ""
        said = "the statement is" if len(found) == 1 else f"all {len(found)} statements are"
        yield f"{group.title}: {said} undecided{why}."
        return
    if len(found) == 1:
        yield f"{group.title}: the statement {found[0].verdict.value}."
        return
    others = [f for f in found if f.verdict is not Verdict.HOLDS]
    counted = f"{len(found) - len(others)} of {len(found)}" if others else f"all {len(found)}"
    yield f"{group.title}: {counted} statements hold{''.join(map(_other, others))}."


def _other(finding: Finding) -> str:
    said = "is undecided" if finding.verdict is Verdict.UNDECIDED else finding.verdict.value
    return f"; {_quoted(finding.claim.sentence)} ({finding.claim.source}) {said}"


def _quoted(sentence: str) -> str:
    """Put a sentence in quotation marks; those inside it become single.

    >>> _quoted("“It grows”"), _quoted("It is “around 1”")
    ('“It grows”', '“It is ‘around 1’”')
    """
    bare = sentence.strip("… ")
    if bare.startswith("“") and bare.find("”") == len(bare) - 1:
        bare = bare[1:-1]
    return f"“{bare.translate({ord('“'): '‘', ord('”'): '’'})}”"
