"""Distances between means in standard errors, and the sample sizes of such tests."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri


def standard_errors_off(values: ArrayLike, mean: float) -> float:
    """Return the distance of a sample mean from a known mean, in standard errors.

    Parameters
    ----------
    values : array_like of shape (values,)
        Independent values, at least two.
    mean : float
        The known mean.

    Returns
    -------
    float
        Sample mean minus ``mean``, divided by the standard error of the sample mean.

    Examples
    --------
    >>> round(standard_errors_off([1.0, 2.0, 3.0], 2.0), 3)
    0.0
    """
    x = np.asarray(values, dtype=np.float64)
    return float((x.mean() - mean) / (x.std(ddof=1) / math.sqrt(x.size)))


def standard_errors_apart(one: ArrayLike, other: ArrayLike) -> float:
    """Return the difference of two sample means in standard errors (Welch's t).

    Parameters
    ----------
    one, other : array_like of shape (values,)
        Two independent samples of at least two values each; their sizes may differ.

    Returns
    -------
    float
        Mean of ``one`` minus mean of ``other``, divided by the standard error of the difference; 0
        if neither sample varies by more than the rounding error of its mean.

    References
    ----------
    .. [1] B. L. Welch, "The generalization of 'Student's' problem when several different population
       variances are involved", Biometrika 34, 1947.

    Examples
    --------
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
    """Return the critical value, in standard errors, of each of several two-sided comparisons.

    With the Bonferroni correction, the probability of rejecting any comparison is at most
    ``false_alarm`` if all null hypotheses are true. The standard errors are treated as known
    (normal quantiles).

    Parameters
    ----------
    false_alarm : float
        Probability of at least one false rejection, between 0 and 1.
    comparisons : int
        Number of comparisons.

    Returns
    -------
    float
        A comparison is rejected if its difference exceeds this many standard errors.

    Examples
    --------
    >>> round(bound(0.05, 1), 2), round(bound(1e-6, 100), 2)
    (1.96, 5.73)
    """
    return -float(ndtri(false_alarm / (2 * comparisons)))


def values_needed(shift: float, *, false_alarm: float, power: float) -> int:
    """Return how many normal values are needed to detect a relative error of their variance.

    The mean of M squares has standard error √(2/M) times the variance, so M = 2 ((z₁ + z₂)/shift)²,
    where z₁ and z₂ are the normal quantiles of the false-alarm rate and of the power.

    Parameters
    ----------
    shift : float
        Relative error of the variance to be detected, e.g. 0.02 for 2 %.
    false_alarm : float
        Probability of a false alarm of the two-sided test.
    power : float
        Probability of detecting the error.

    Returns
    -------
    int
        Number of values.

    Examples
    --------
    >>> values_needed(0.0201, false_alarm=1e-6, power=0.999)
    315390
    """
    both = bound(false_alarm, 1) + float(ndtri(power))
    return math.ceil(2 * (both / shift) ** 2)
