"""Do numbers agree: with a known mean, or with each other? In standard errors."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri


def standard_errors_off(values: ArrayLike, mean: float) -> float:
    """Return how many of its standard errors the mean of independent values lies from ``mean``.

    >>> round(standard_errors_off([1.0, 2.0, 3.0], 2.0), 3)
    0.0
    """
    x = np.asarray(values, dtype=np.float64)
    return float((x.mean() - mean) / (x.std(ddof=1) / math.sqrt(x.size)))


def standard_errors_apart(one: ArrayLike, other: ArrayLike) -> float:
    """Return how many standard errors of their difference two means lie apart (Welch 1947).

    0 where neither sample has a spread beyond the rounding of its mean: nothing is random there.

    >>> round(standard_errors_apart([1.0, 2.0, 3.0], [3.0, 4.0, 5.0]), 3)
    -2.449
    """
    samples = [np.asarray(x, dtype=np.float64) for x in (one, other)]
    means = [x.mean() for x in samples]
    errors = [x.std(ddof=1) / math.sqrt(x.size) for x in samples]
    if max(errors) <= 1e-9 * max(map(abs, means)):
        return 0.0
    return float((means[0] - means[1]) / math.hypot(*errors))


def bound(false_alarm: float, comparisons: int) -> float:
    """Return the standard errors beyond which one of many two-sided comparisons is rejected.

    Bonferroni: the chance that any of them is rejected where all agree is at most ``false_alarm``.

    >>> round(bound(0.05, 1), 2), round(bound(1e-6, 100), 2)
    (1.96, 5.73)
    """
    return -float(ndtri(false_alarm / (2 * comparisons)))


def values_needed(shift: float, *, false_alarm: float, power: float) -> int:
    """Return how many values show a relative error of a variance, for normal values.

    The mean of M squares has standard error √(2/M) times the variance; M = 2 ((z₁ + z₂)/shift)².

    >>> values_needed(0.0201, false_alarm=1e-6, power=0.999)
    315390
    """
    both = bound(false_alarm, 1) + float(ndtri(power))
    return math.ceil(2 * (both / shift) ** 2)
