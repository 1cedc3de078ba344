"""The verdict on a statement, from the verdicts on its parts; the charitable reading decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from saturation_lab.claims.statement import Statement
from saturation_lab.inference.verdict import Judgement, Verdict

_CONDITIONS = {"met": Judgement.NEEDS, "repaired": Judgement.NOTATION}
"""The parts that test a statement under a condition, and the verdict if it holds only there."""


def judgement_of(statement: Statement, parts: Mapping[str, Verdict]) -> Judgement | None:
    """Return the verdict on a statement.

    The first part decides. If it fails, but the statement holds under its assumption or in its
    repaired notation, the statement *needs* the assumption or is a matter of *notation*. Advice is
    neither true nor false.

    Parameters
    ----------
    statement : Statement
        The statement.
    parts : mapping of str to Verdict
        The verdict on each part, by its id.

    Returns
    -------
    Judgement or None
        The verdict; None for an attribution.

    Examples
    --------
    >>> from saturation_lab.claims import STATEMENTS
    >>> (stated,) = (one for one in STATEMENTS if one.id == "GL4")
    >>> print(judgement_of(stated, {part.id: Verdict(part.expected) for part in stated.parts}))
    needs
    """
    if not statement.parts:
        return None
    first = parts[statement.parts[0].id]
    if statement.kind == "advice" and first is not Verdict.UNDECIDED:
        return Judgement.ADVICE
    if first is Verdict.FAILS and (condition := condition_of(statement)):
        under = _all(parts[part.id] for part in statement.parts_called(condition))
        return _CONDITIONS[condition] if under is Verdict.HOLDS else Judgement(under)
    return Judgement(first)


def condition_of(statement: Statement) -> str:
    """Return what the parts are called that test a statement under its condition.

    Parameters
    ----------
    statement : Statement
        The statement.

    Returns
    -------
    str
        ``"met"`` if it names an assumption that it needs, ``"repaired"`` if it names a repaired
        notation, "" otherwise.
    """
    if statement.needs:
        return "met"
    return "repaired" if statement.notation else ""


def recorded_judgement(statement: Statement) -> Judgement | None:
    """Return the verdict on record for a statement.

    Parameters
    ----------
    statement : Statement
        The statement.

    Returns
    -------
    Judgement or None
        Its own, or the one that follows from the verdicts on record of its parts.
    """
    if statement.expected:
        return Judgement(statement.expected)
    return judgement_of(statement, {part.id: Verdict(part.expected) for part in statement.parts})


def _all(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the verdict that all of several parts hold."""
    found = set(verdicts)
    worst = (one for one in (Verdict.FAILS, Verdict.UNDECIDED) if one in found)
    return next(worst, Verdict.HOLDS)
