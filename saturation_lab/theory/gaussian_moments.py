"""The moments of an activation and its slope that can be computed.

A new moment is one row of `MOMENTS`; the quadrature then computes it for every activation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from saturation_lab.nets.arrays import Float64


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The integrand of a moment.

    Attributes
    ----------
    formula : str
        The moment in plain text.
    integrand : callable
        The integrand as a function of φ(z), φ'(z) and z.
    value : bool
        Whether the integrand uses φ.
    slope : bool
        Whether the integrand uses φ'.
    over_q : bool
        Whether the expectation is divided by q.
    """

    formula: str
    integrand: Callable[[Float64, Float64, Float64], Float64]
    value: bool = True
    slope: bool = True
    over_q: bool = False


MOMENTS: dict[str, Moment] = {
    "value": Moment(formula="E φ", integrand=lambda a, s, z: a, slope=False),
    "square": Moment(formula="E φ²", integrand=lambda a, s, z: a * a, slope=False),
    "fourth": Moment(formula="E φ⁴", integrand=lambda a, s, z: np.square(a * a), slope=False),
    "slope": Moment(formula="E φ'", integrand=lambda a, s, z: s, value=False),
    "slope_square": Moment(formula="E φ'²", integrand=lambda a, s, z: s * s, value=False),
    "slope_fourth": Moment(
        formula="E φ'⁴", integrand=lambda a, s, z: np.square(s * s), value=False
    ),
    "product": Moment(formula="E φφ'", integrand=lambda a, s, z: a * s),
    "square_times_slope_square": Moment(
        formula="E φ²φ'²", integrand=lambda a, s, z: np.square(a * s)
    ),
    "square_slope": Moment(
        formula="dE[φ²]/dq = E[φφ'z]/q", integrand=lambda a, s, z: a * s * z, over_q=True
    ),
}
"""The moments by key, the names that `gaussian_mean` accepts."""
