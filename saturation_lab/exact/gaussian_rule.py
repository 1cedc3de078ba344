"""Which numbers decide the practical Gaussian rule?"""

from __future__ import annotations

from collections.abc import Callable

from scipy.special import ndtr


def share_outside(end: float, std: float) -> float:
    """Return P(|z| > end) for z ~ N(0, std²): 2 Φ(-end/std).

    >>> round(share_outside(4.0, 4.0), 4)
    0.3173
    """
    return 2 * float(ndtr(-end / std))


NUMBERS: dict[str, Callable[..., float]] = {
    "share_outside": share_outside,
}
