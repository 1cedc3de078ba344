"""Well-known mistakes whose computed effect agrees with the measured numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

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
    "tanh's gain 5/3 is used where no gain is needed (factor 25/9 per layer)": (
        lambda here, there: 25 / 9
    ),
    "PyTorch's default for Linear is left in place of He's rule (factor 1/6 per layer)": (
        lambda here, there: 1 / 6
    ),
    "PyTorch's default for Linear is left in place of LeCun's rule (factor 1/3 per layer)": (
        lambda here, there: 1 / 3
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


def steps_that_fit(
    parts: Sequence[Part], expected: Sequence[float], paths: Sequence[Sequence[int]]
) -> list[str]:
    """Return the mistakes that explain every measured ratio, if the others do not.

    A mistake fits if its prediction lies in the interval of every ratio and the correct rule's does
    not. At least two steps must be seen to change, as one number has too many explanations. If
    mistakes with different predictions fit, none of them is returned.

    Parameters
    ----------
    parts : sequence of Part
        Ratios of mean squares, each of a layer to one that comes before it in the direction of
        propagation.
    expected : sequence of float
        The ratio under the correct rule, for each part.
    paths : sequence of sequence of int
        The widths of the layers on the way of each ratio, from that of the denominator to that of
        the numerator.

    Returns
    -------
    list of str
        A line for each mistake that fits; all of them predict the same ratios.

    Examples
    --------
    >>> half, quarter = (
    ...     Part(name="", estimate=x, low=0.9 * x, high=1.1 * x, least=0.7, most=1.4)
    ...     for x in (0.5, 0.25)
    ... )
    >>> steps_that_fit([half, quarter], expected=(1, 1), paths=[(100, 50), (100, 50, 50)])
    ["possible cause: ReLU's gain √2 is missing (factor 1/2 per layer)"]
    """

    def fits(ratios: Sequence[float]) -> bool:
        return all(part.low <= x <= part.high for part, x in zip(parts, ratios, strict=True))

    if not any(part.contradicted for part in parts) or fits(expected):
        return []
    found: dict[str, list[float]] = {}
    for mistake, step in _STEPS.items():
        steps = [[step(*both) for both in pairwise(path)] for path in paths]
        ratios = [x * math.prod(factors) for x, factors in zip(expected, steps, strict=True)]
        changed = max(sum(factor != 1 for factor in factors) for factors in steps)
        if changed > 1 and fits(ratios):
            found[mistake] = ratios
    if len({tuple(round(math.log(x), 9) for x in ratios) for ratios in found.values()}) > 1:
        return []
    return [f"possible cause: {mistake}" for mistake in found]
