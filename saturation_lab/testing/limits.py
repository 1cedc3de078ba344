"""Measured values that should lie within limits which already allow for chance."""

from __future__ import annotations

import math

from saturation_lab.testing.assurance import Part


def within_limits(name: str, measured: float, limits: tuple[float, float]) -> Part:
    """Return a property that is contradicted outside its limits.

    Parameters
    ----------
    name : str
        The property.
    measured : float
        The measured value.
    limits : (float, float)
        The least and the largest value that chance explains.

    Returns
    -------
    Part
        The property, with an interval of no width.

    Examples
    --------
    >>> within_limits("kurtosis", 9.0, (2.9, 3.1)).sentence
    'kurtosis: 9, expected 2.9 to 3.1'
    """
    low, high = limits
    return Part(name=name, estimate=measured, low=measured, high=measured, least=low, most=high)


def at_most(name: str, measured: float, limit: float) -> Part:
    """Return a property that is contradicted above a limit.

    Parameters
    ----------
    name : str
        The property.
    measured : float
        The measured value.
    limit : float
        The largest value that chance explains.

    Returns
    -------
    Part
        The property.

    Examples
    --------
    >>> at_most("copies", 3, 0).contradicted
    True
    """
    return within_limits(name, float(measured), (-math.inf, float(limit)))
