"""Exact numbers for the practical Gaussian rule.

For z ~ N(0, s²), these are the probability outside an interval, and the distance between the law of
a = σ(z) and the uniform law on [0, 1]. The distance is also computed for z confined to an interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import expit, ndtr

from saturation_lab.checks import choice
from saturation_lab.judging.exact.number import Number

_Z = np.linspace(-100, 100, 40_001)
_A = expit(_Z)
_SLOPE = _A * expit(-_Z)
_DZ = float(_Z[1] - _Z[0])


def _share_outside(end: float, std: float) -> float:
    """Return P(|z| > end) for z ~ N(0, std²): 2 Φ(-end/std).

    >>> round(_share_outside(4.0, 4.0), 4)
    0.3173
    """
    return 2 * float(ndtr(-end / std))


def ks_to_uniform(std: float) -> float:
    """Return the Kolmogorov-Smirnov distance of σ(z) to uniform, max |Φ(z/s) - σ(z)|.

    Parameters
    ----------
    std : float
        s, the standard deviation of z.

    Returns
    -------
    float
        The distance, between 0 and 1.

    Examples
    --------
    >>> round(ks_to_uniform(1.702), 4)  # Haley's constant
    0.0095
    """
    return float(np.max(np.abs(ndtr(_Z / std) - _A)))


def confined_ks_to_uniform(end: float, std: float) -> float:
    """Return the Kolmogorov-Smirnov distance of σ(z) to uniform for N(0, std²) cut off at ±end.

    Parameters
    ----------
    end : float
        The largest |z|.
    std : float
        The standard deviation before the cut; inf makes z uniform on [-end, end].

    Returns
    -------
    float
        The distance, between 0 and 1.

    Examples
    --------
    >>> round(confined_ks_to_uniform(4.0, math.inf), 4)
    0.1332
    """
    z = np.clip(_Z, -end, end)
    if math.isinf(std):
        law = (z + end) / (2 * end)
    else:
        outside = ndtr(-end / std)
        law = (ndtr(z / std) - outside) / (1 - 2 * outside)
    return float(np.max(np.abs(law - _A)))


def wasserstein_to_uniform(std: float) -> float:
    """Return the Wasserstein distance (order 1) of σ(z) to uniform, ∫ |Φ(z/s) - σ(z)| dσ(z).

    Parameters
    ----------
    std : float
        s, the standard deviation of z.

    Returns
    -------
    float
        The distance.

    Examples
    --------
    >>> round(wasserstein_to_uniform(1e9), 4)  # half at 0 and half at 1
    0.25
    """
    return float(np.sum(np.abs(ndtr(_Z / std) - _A) * _SLOPE) * _DZ)


def variance_to_uniform(std: float) -> float:
    """Return |Var σ(z) - 1/12|, the difference in variance from the uniform law.

    Parameters
    ----------
    std : float
        The standard deviation of z.

    Returns
    -------
    float
        The absolute difference.

    Examples
    --------
    >>> round(variance_to_uniform(1e-3), 4)  # a hardly varies
    0.0833
    """
    density = np.exp(-np.square(_Z / std) / 2) / (std * math.sqrt(2 * math.pi))
    return abs(float(np.sum(np.square(_A - 0.5) * density) * _DZ) - 1 / 12)


METRICS: dict[str, Callable[[float], float]] = {
    "ks": ks_to_uniform,
    "wasserstein": wasserstein_to_uniform,
    "variance": variance_to_uniform,
}
"""Distances from uniform as functions of Std z; each has its minimum at a different Std z."""


def nearest_to_uniform(metric: str) -> float:
    """Return the Std z at which σ(z) is closest to uniform.

    Parameters
    ----------
    metric : str
        A key of `METRICS`.

    Returns
    -------
    float
        The minimizer of the distance over Std z from 1 to 3.

    Raises
    ------
    InputError
        If ``metric`` is not a key of `METRICS`.

    References
    ----------
    .. [1] D. C. Haley, "Estimation of the dosage mortality relationship when the dose is subject
       to error", Technical report 15, Stanford University, 1952 (the constant 1.702 of "ks").

    Examples
    --------
    >>> round(nearest_to_uniform("ks"), 3)
    1.702
    """
    from scipy.optimize import minimize_scalar

    distance = METRICS[choice("metric", metric, METRICS)]
    found = minimize_scalar(distance, bounds=(1.0, 3.0), method="bounded", options={"xatol": 1e-7})
    return float(found.x)


def humps(std: float) -> int:
    """Count the maxima of the density of σ(z), found as those of log N(z; s²) - log σ'(z).

    Parameters
    ----------
    std : float
        s, the standard deviation of z.

    Returns
    -------
    int
        The number of maxima, 1 or 2.

    Examples
    --------
    >>> humps(1.0), humps(4.0)
    (1, 2)
    """
    reach = std**2 + 10  # the density only falls beyond s²
    z = np.linspace(-reach, reach, _Z.size)
    log_density = -np.square(z / std) / 2 + np.abs(z) + 2 * np.log1p(np.exp(-np.abs(z)))
    rising = np.diff(log_density) > 0
    return int(np.count_nonzero(rising[:-1] & ~rising[1:]))


def _two_humps_beyond() -> float:
    """Return the Var z beyond which the density of σ(z) has two humps.

    The slope of the log density, tanh(z/2) - z/s², is positive just above z = 0 if s² > 2.

    >>> round(_two_humps_beyond(), 4)
    2.0
    """
    least, most = 1.0, 4.0
    while most - least > 1e-6:
        middle = (least + most) / 2
        least, most = (middle, most) if humps(math.sqrt(middle)) == 1 else (least, middle)
    return most


NUMBERS: dict[str, Number] = {
    "share_outside": Number(_share_outside, "share of N(0, {1:g}²) beyond ±{0:g}"),
    "confined_ks_to_uniform": Number(
        confined_ks_to_uniform,
        "Kolmogorov-Smirnov distance to uniform, Std z = {1:g} cut off at ±{0:g}",
    ),
    "nearest_to_uniform": Number(
        nearest_to_uniform, "Std z at which a is closest to uniform ({0})"
    ),
    "two_humps_beyond": Number(
        _two_humps_beyond, "Var z above which the density of a has two humps"
    ),
    "ks_to_uniform": Number(
        METRICS["ks"], "Kolmogorov-Smirnov distance to uniform at Std z = {0:g}"
    ),
    "wasserstein_to_uniform": Number(
        METRICS["wasserstein"], "Wasserstein distance to uniform at Std z = {0:g}"
    ),
    "variance_to_uniform": Number(METRICS["variance"], "|Var a − 1/12| at Std z = {0:g}"),
}
