"""How many verdicts there are of each kind, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from saturation_lab.inference.verdict import Verdict

_UNDECIDED = ("undecided", "undecided")
"""Of one, and of several."""


def verdicts_counted(
    verdicts: Sequence[Verdict | None], *, undecided: tuple[str, str] = _UNDECIDED
) -> list[str]:
    """Return how many hold, fail, are undecided or have no verdict; those that there are.

    Parameters
    ----------
    verdicts
        None where there is no verdict.
    undecided
        What is said of one that is undecided, and of several.

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
