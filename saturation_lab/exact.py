"""Which numbers decide a claim without any network? Each one function, computed when it is asked.

A new number is one function and one row of `EXACT`.
"""

from __future__ import annotations

from collections.abc import Callable

from scipy.special import ndtr

from saturation_lab.checks import choice
from saturation_lab.claims.claim import Exact


def exactly(experiment: Exact) -> float:
    """Return the number that an exact experiment is about.

    >>> round(exactly(Exact(of="share_outside", args=(4.0, 4.0))), 4)
    0.3173
    """
    return EXACT[choice("exact", experiment.of, EXACT)](*experiment.args)


def _share_outside(end: float, std: float) -> float:
    """Return P(|z| > end) for z ~ N(0, std²): 2 Φ(-end/std)."""
    return 2 * float(ndtr(-end / std))


EXACT: dict[str, Callable[..., float]] = {
    "share_outside": _share_outside,
}
"""The numbers by name."""
