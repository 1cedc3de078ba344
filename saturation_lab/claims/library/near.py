"""What does it take for a number to be what a paper says that it is?"""

from __future__ import annotations

from saturation_lab.claims.claim import Asked, Claim
from saturation_lab.claims.margins import OVER_DEPTH, Ends


def near(
    id: str,
    source: str,
    sentence: str,
    precise: str,
    experiment: Asked,
    *,
    region: Ends = OVER_DEPTH,
    expected: str = "holds",
) -> Claim:
    """Return the claim that a number, or the logarithm of a ratio, lies in a region about 0.

    >>> from saturation_lab.claims.claim import ask
    >>> from saturation_lab.claims.margins import TO_ROUNDING
    >>> near(
    ...     "X", "a paper", "none is", "None is.", ask("exact", of="some"), region=TO_ROUNDING
    ... ).high
    1e-13
    """
    return Claim(
        id=id,
        source=source,
        sentence=sentence,
        precise=precise,
        experiment=experiment,
        **region,
        expected=expected,
    )
