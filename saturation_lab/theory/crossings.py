"""The points at which a sampled curve crosses zero, or touches it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np

from saturation_lab.nets.arrays import Float64

_ROUNDING = 1e-12
"""A value smaller than this counts as 0."""


def crossings(
    function: Callable[[Float64], Float64],
    nodes: Float64,
    *,
    values: Float64 | None = None,
    touching: bool = False,
) -> list[float]:
    """Return the roots of a function between nodes at which its sign changes.

    Where the values approach 0 and turn back, the extremum between the nodes is added to them, so
    that two roots between neighbouring nodes are found.

    Values within rounding of 0 have no sign. A curve that has no sign at its first nodes has no
    root there.

    Parameters
    ----------
    function : callable
        The function, applied elementwise to an array.
    nodes : array of shape (nodes,)
        The points, in ascending order, between which roots are searched for.
    values : array of shape (nodes,) or None
        The function at the nodes, if it is already known.
    touching : bool
        Whether values without sign between two values of equal sign count as a root as well; the
        root is then the node with the smallest absolute value.

    Returns
    -------
    list of float
        The roots in ascending order, to floating-point accuracy.

    References
    ----------
    .. [1] R. P. Brent, "Algorithms for Minimization without Derivatives", Prentice-Hall, 1973,
       chapter 4 (as implemented by `scipy.optimize.brentq`).

    Examples
    --------
    >>> crossings(lambda x: x * x - 2, np.array([0.0, 1.0, 2.0]))
    [1.4142135623...]
    >>> crossings(lambda x: (x - 1) ** 2, np.array([0.0, 1.0, 2.0]), touching=True)
    [1.0]
    >>> [round(x, 6) for x in crossings(lambda x: (x - 1.5) ** 2 - 0.01, np.arange(4.0))]
    [1.4, 1.6]
    """
    from scipy.optimize import brentq

    nodes, found = _with_extrema(function, nodes, function(nodes) if values is None else values)
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


def _with_extrema(
    function: Callable[[Float64], Float64], nodes: Float64, values: Float64
) -> tuple[Float64, Float64]:
    """Return nodes and values with the extrema at which the curve may just pass 0."""
    from scipy.optimize import minimize_scalar

    with np.errstate(invalid="ignore"):
        before, here, after = values[:-2], values[1:-1], values[2:]
        bend = before - 2 * here + after
        turns = (np.abs(here) <= np.abs(before)) & (np.abs(here) <= np.abs(after))
        near = turns & (here * bend > 0) & (np.abs(here) <= np.abs(bend))
        near &= (before * here > 0) & (after * here > 0) & (np.abs(here) > _ROUNDING)
    places, heights = [], []
    for i in np.flatnonzero(near).tolist():
        sign = np.sign(here[i])
        best = minimize_scalar(
            lambda x, sign=sign: float(sign * function(np.asarray(x))),
            bounds=(nodes[i], nodes[i + 2]), method="bounded",
            options={"xatol": 1e-9 * (nodes[i + 2] - nodes[i])},
        )  # fmt: skip
        places.append(float(best.x))
        heights.append(float(sign * best.fun))
    order = np.argsort(np.concatenate([nodes, places]), kind="stable")
    return np.concatenate([nodes, places])[order], np.concatenate([values, heights])[order]
