"""Well-known mistakes whose computed effect agrees with the measured numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import mul

from saturation_lab.testing.assurance import Part

_Step = Callable[[int, int], float]

_STEPS: Mapping[str, _Step] = {
    "ReLU's gain √2 is missing (factor 1/2 per layer)": lambda here, there: 1 / 2,
    "ReLU's gain √2 is applied twice, or without ReLU (factor 2 per layer)": lambda here, there: (
        2.0
    ),
    "tanh's gain 5/3 is used in place of ReLU's (factor 25/18 per layer)": lambda here, there: (
        25 / 18
    ),
    "fan-in n and fan-out m are swapped (factor n/m per layer)": lambda here, there: here / there,
    "the mean of both fans is used in place of one (factor 2n/(n + m) per layer)": (
        lambda here, there: 2 * here / (here + there)
    ),
    "Glorot's rule is used with ReLU (factor n/(n + m) per layer)": lambda here, there: (
        here / (here + there)
    ),
}
"""The factor by which a mistake multiplies the mean square from a layer of n units to one of m.

The correct rule would preserve the mean square. Both directions are alike, because the correct fan
is always the width of the layer that the signal comes from.
"""


def steps_that_fit(parts: Sequence[Part], widths: Sequence[int]) -> list[str]:
    """Return the mistakes that agree with the ratios of all layers.

    Parameters
    ----------
    parts : sequence of Part
        Ratios of mean squares to that of the reference layer, in the direction of propagation.
    widths : sequence of int
        The widths of the layers in the same direction, starting with the reference layer.

    Returns
    -------
    list of str
        A line for each mistake whose ratios all lie in the measured intervals. The list is empty if
        no part is contradicted.

    Examples
    --------
    >>> half = Part(name="layer 2 / layer 1", estimate=0.5, low=0.4, high=0.6, least=0.7, most=1.4)
    >>> steps_that_fit([half], widths=(100, 50))
    ["possible cause: ReLU's gain √2 is missing (factor 1/2 per layer)"]
    """
    if not any(part.contradicted for part in parts):
        return []
    fits = []
    for mistake, step in _STEPS.items():
        factors = accumulate((step(*both) for both in pairwise(widths)), mul)
        if all(part.low <= x <= part.high for part, x in zip(parts, factors, strict=True)):
            fits.append(f"possible cause: {mistake}")
    return fits
