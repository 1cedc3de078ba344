"""Where does a curve that is sampled at nodes cross zero, or touch it?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from saturation_lab.nets.arrays import Float64

_ROUNDING = 1e-12
"""A value below this is a zero that rounding hides."""


def crossings(
    function: Callable[[Float64], Float64],
    nodes: Float64,
    *,
    values: Float64 | None = None,
    touching: bool = False,
) -> list[float]:
    """Return the roots between nodes where the sign changes, to the last digits.

    Values within rounding of 0 have no sign; with ``touching``, one between two equal signs is a
    root as well. A curve without sign at its first nodes has no root there.

    >>> crossings(lambda x: x * x - 2, np.array([0.0, 1.0, 2.0]))
    [1.4142135623...]
    >>> crossings(lambda x: (x - 1) ** 2, np.array([0.0, 1.0, 2.0]), touching=True)
    [1.0]
    """
    from scipy.optimize import brentq

    found = function(nodes) if values is None else values
    signed = np.flatnonzero(np.abs(found) > _ROUNDING)
    roots = []
    for left, right in pairwise(signed.tolist()):
        if found[left] * found[right] < 0:
            root = brentq(
                lambda x: float(function(np.asarray(x))),
                nodes[left], nodes[right], xtol=1e-300, rtol=8.9e-16,
            )  # fmt: skip
            roots.append(float(root))
        elif touching and right > left + 1:
            between = np.arange(left + 1, right)
            roots.append(float(nodes[between[np.abs(found[between]).argmin()]]))
    return roots
