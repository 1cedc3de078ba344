"""How a page is to be read: verdicts, letters, and how often verdicts err, as blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from saturation_lab.claims.statement import KINDS
from saturation_lab.inference.digits import percent
from saturation_lab.inference.looks import LOOK_LEVEL
from saturation_lab.pages.blocks import Block, Details, Facts, Rich, Span, Table, Text, marked
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.texts import entry, paragraph, text
from saturation_lab.proof.guarantees import GuaranteeRow, recorded


def verdict_note(networks: str, more: Sequence[Block] = (), *, whole: bool = True) -> Details:
    """Return how verdicts on given networks are found.

    Parameters
    ----------
    networks
        How many there are, in words.
    more
        What else must be known, below.
    whole
        Whether nothing else on the page says how verdicts are read, and how often they err.
    """
    alone = "networks (here there is one, so there is none)"
    said = text("verdicts.unit", over=alone if networks == "1" else f"the {networks} networks")
    answers = [
        (Span(one, "verdict", one), words) for one, words in entry("verdicts.answers").items()
    ]
    return Details(
        blocks=[
            Text(marked("**How to read a verdict.** " * whole + said)),
            Facts(rows=answers, look="list"),
            paragraph("verdicts.shown"),
            *more,
            *([calibration()] if whole else []),
        ]
    )


def evidence_note() -> Details:
    """Return how the verdicts of statements are found that were drawn for until settled."""
    return Details(
        blocks=[
            paragraph("statements.how", level=percent(LOOK_LEVEL)),
            Facts(rows=list(KINDS.items()), look="kinds"),
            Text(marked("**Letters.**")),
            Facts(rows=list(entry("statements.letters").items()), look="letters"),
            calibration(),
        ]
    )


_RATES: Mapping[str, Callable[[GuaranteeRow], Rich]] = {
    "came true": lambda row: Span(row.came, "verdict", "holds" if row.as_it_should else "fails"),
    "band": lambda row: row.band,
}


def calibration() -> Details:
    """Return how often verdicts err, as a recorded run counted."""
    record = recorded()
    first = record.rows[0]
    said = {**vars(record), "studies": first.studies, "seed": first.seed}
    sound, faults = (
        "What is guaranteed, which must lie inside its band",
        "Planted faults, which must lie outside",
    )
    return Details(
        summary="How often such verdicts err",
        blocks=[
            Text(text("calibration.recorded", **said)),
            Text(record.command, "command"),
            _rates("calibration", sound, record.sound),
            _rates("planted-faults", faults, record.faults),
        ],
    )


def _rates(id: str, title: str, rows: Sequence[GuaranteeRow]) -> Table:
    columns = {title: lambda row: row.guarantee, **_RATES}
    return tabled(id, columns, rows, look="short rates", data=[row.to_json() for row in rows])
