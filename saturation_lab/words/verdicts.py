"""The numbers of verdicts of each kind, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from saturation_lab.inference.verdict import Verdict

MARKS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNDECIDED: "?"}
"""The sign of each verdict in tables of a terminal."""
_UNDECIDED = ("undecided", "undecided")
"""The words for one, and for several."""


def verdicts_counted(
    verdicts: Sequence[Verdict | None], *, undecided: tuple[str, str] = _UNDECIDED
) -> list[str]:
    """Count the statements that hold, fail, are undecided or have no verdict.

    Parameters
    ----------
    verdicts : sequence of Verdict or None
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
    counts = Counter(verdicts)
    words = {
        Verdict.HOLDS: ("holds", "hold"),
        Verdict.FAILS: ("fails", "fail"),
        Verdict.UNDECIDED: undecided,
        None: ("without a verdict", "without a verdict"),
    }
    return [f"{counts[v]} {said[counts[v] > 1]}" for v, said in words.items() if counts[v]]
