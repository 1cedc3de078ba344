"""Notes on how to read a page: verdicts, letters, and how often verdicts err."""

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
    """Return a note on how the verdicts on given networks are found.

    Parameters
    ----------
    networks : str
        The number of networks, in words.
    more : sequence of Block
        Further blocks, placed below the explanation of verdicts.
    whole : bool
        Whether to include the heading and the recorded error rates. Set it to False on a page that
        already has them.

    Returns
    -------
    Details
        The note, without a summary, so that it is shown open in a box.
    """
    alone = "networks (with only one network, there is no interval)"
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
    """Return a note on how statements are decided by drawing networks until they are settled.

    Returns
    -------
    Details
        The note, with the kinds of statements, the letters, and the recorded error rates.
    """
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
    "observed": lambda row: Span(row.came, "verdict", "holds" if row.as_it_should else "fails"),
    "band": lambda row: row.band,
}


def calibration() -> Details:
    """Return the error rates of verdicts, as counted in the recorded run of the package.

    Returns
    -------
    Details
        A folded note with two tables: the guarantees, and the planted faults.
    """
    record = recorded()
    first = record.rows[0]
    said = {**vars(record), "studies": first.studies, "seed": first.seed}
    sound, faults = (
        "Guarantee (must lie inside its band)",
        "Planted fault (must lie outside)",
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
