"""The verdicts on statements at a glance: the ideas behind them, and a compact table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from saturation_lab.judging.errata import ideas_of
from saturation_lab.judging.evidence import Evidence
from saturation_lab.pages.blocks import Block, Facts, Rich, Span, Table
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.statement_cards import verdict_span


def ideas_blocks(found: Sequence[Evidence]) -> list[Block]:
    """Return the ideas behind the statements that do not simply hold, each with its statements.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    list of Block
        A list; [] if all statements hold.
    """
    ideas = ideas_of(found)
    rows: list[tuple[Rich, Rich]] = [(", ".join(ids), idea) for idea, ids in ideas.items()]
    return [Facts(rows=rows, look="list")] if rows else []


def verdicts_at_a_glance(found: Sequence[Evidence]) -> Table:
    """Return a compact table of statements: what each says, its verdict, and the numbers.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    Table
        One row per statement, which links to its card.
    """
    return tabled("verdicts-at-a-glance", _COLUMNS, found, look="verdicts glance")


def _verdict(one: Evidence) -> Rich:
    return "" if one.verdict is None else verdict_span(one.verdict, one.suffices)


def _numbers(one: Evidence) -> str:
    """Return the line of the verdict without the verdict itself."""
    return one.line.partition(" " if one.line.startswith("needs") else ": ")[2]


_COLUMNS: Mapping[str, Callable[[Evidence], Rich]] = {
    "": lambda one: Span(one.statement.id, "link", f"#{one.statement.id}"),
    "Statement": lambda one: one.statement.sentence,
    "Verdict": _verdict,
    "Because": _numbers,
}
