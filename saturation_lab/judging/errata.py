"""The errata of a source, and the ideas behind its statements that do not simply hold."""

from __future__ import annotations

from collections.abc import Sequence

from saturation_lab.inference.verdict import Judgement
from saturation_lab.judging.evidence import Evidence

_AS_PRINTED = (Judgement.HOLDS, Judgement.UNDECIDED, None)


def differs(evidence: Evidence) -> bool:
    """Return whether a statement does not simply hold, so that something is to be said about it.

    Parameters
    ----------
    evidence : Evidence
        The statement with its findings.

    Returns
    -------
    bool
        Whether it needs an assumption, is a matter of notation, fails, or is incomplete advice.
    """
    return evidence.verdict not in _AS_PRINTED and not evidence.suffices


def ideas_of(found: Sequence[Evidence]) -> dict[str, list[str]]:
    """Group the statements that do not simply hold by the idea behind them.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    dict of str to list of str
        The ids of the statements by idea, the idea with the most statements first. A statement
        without an idea counts as one of its own: what it should say, or its precise form.
    """
    grouped: dict[str, list[str]] = {}
    for evidence in filter(differs, found):
        stated = evidence.statement
        idea = stated.idea or stated.should or stated.precise
        grouped.setdefault(idea, []).append(stated.id)
    return dict(sorted(grouped.items(), key=lambda one: -len(one[1])))


def errata_of(found: Sequence[Evidence]) -> list[Evidence]:
    """Return the statements for which the source should say something else, in its order.

    Parameters
    ----------
    found : sequence of Evidence
        The statements with their findings.

    Returns
    -------
    list of Evidence
        Those that do not simply hold and for which it is known what they should say.
    """
    return [one for one in found if differs(one) and one.statement.should]
