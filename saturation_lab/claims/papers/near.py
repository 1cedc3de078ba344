"""What does it take for a number to be what a paper says that it is?"""

from __future__ import annotations

from saturation_lab.claims.claim import Claim, Experiment
from saturation_lab.claims.margins import OVER_DEPTH

FACTOR_2 = OVER_DEPTH["high"]


def near(
    id: str,
    source: str,
    sentence: str,
    precise: str,
    experiment: Experiment,
    *,
    margin: float = FACTOR_2,
    expected: str = "holds",
) -> Claim:
    """Return the claim that a number, or the logarithm of a ratio, is 0 within a margin.

    >>> from saturation_lab.claims.claim import Exact
    >>> near("X", "a paper", "none is", "None is.", Exact(of="some"), margin=1e-9).high
    1e-09
    """
    return Claim(
        id=id,
        source=source,
        sentence=sentence,
        precise=precise,
        experiment=experiment,
        low=-margin,
        high=margin,
        expected=expected,
    )
