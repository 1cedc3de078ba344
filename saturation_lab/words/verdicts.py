"""The numbers of verdicts of each kind, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from saturation_lab.inference.verdict import Judgement, Verdict

MARKS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNDECIDED: "?"}
"""The sign of each verdict in tables of a terminal."""
_UNDECIDED = ("undecided", "undecided")
"""The words for one, and for several."""


def verdicts_counted(
    verdicts: Sequence[Verdict | Judgement | None], *, undecided: tuple[str, str] = _UNDECIDED
) -> list[str]:
    """Count the statements with each verdict.

    Parameters
    ----------
    verdicts : sequence of Verdict, Judgement or None
        The verdicts; None for a statement without one.
    undecided : (str, str)
        The words for one undecided statement and for several.

    Returns
    -------
    list of str
        The counts in words; kinds that do not occur are omitted.

    Examples
    --------
    >>> verdicts_counted([Verdict.FAILS, Verdict.HOLDS, Verdict.HOLDS])
    ['2 hold', '1 fails']
    """
    counts = Counter(verdict and verdict.value for verdict in verdicts)
    words = {
        "holds": ("holds", "hold"),
        "needs": ("needs an assumption", "need an assumption"),
        "notation": ("needs its notation repaired", "need their notation repaired"),
        "fails": ("fails", "fail"),
        "undecided": undecided,
        "advice": ("gives advice", "give advice"),
        None: ("without a verdict", "without a verdict"),
    }
    return [f"{counts[v]} {said[counts[v] > 1]}" for v, said in words.items() if counts[v]]
