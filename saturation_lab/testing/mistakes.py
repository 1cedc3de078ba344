"""Which well-known mistake would make just these numbers? Computed and compared, never guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

from saturation_lab.nets.initializers import TRUNCATED_STD
from saturation_lab.testing.assurance import Part

Step = Callable[[int, int], float]
Ratio = Callable[[float, int, int], float]

STEPS: Mapping[str, Step] = {
    "1/2 a layer, as where ReLU's √2 is forgotten": lambda here, there: 1 / 2,
    "2 a layer, as where √2 is applied twice, or to no ReLU": lambda here, there: 2.0,
    "fan-in and fan-out swapped": lambda here, there: here / there,
    "the mean of fan-in and fan-out where one of them is needed": lambda here, there: (
        2 * here / (here + there)
    ),
    "the same mean, and ReLU's √2 forgotten": lambda here, there: here / (here + there),
}
"""By what a step from a layer of so many units to the next multiplies the mean square, where the
right rule would keep it. Up and down the formulas are the same, as the right fan is that of the
layer left behind."""

RATIOS: Mapping[str, Ratio] = {
    "√(fan_in/fan_out): fan-in and fan-out swapped": lambda s, n, m: math.sqrt(n / m),
    "√(fan_out/fan_in): fan-in and fan-out swapped": lambda s, n, m: math.sqrt(m / n),
    f"{TRUNCATED_STD:.4f}: a normal law cut off at ±2, its standard deviation not restored": (
        lambda s, n, m: TRUNCATED_STD
    ),
    f"1/{TRUNCATED_STD:.4f}: restored as if it had been cut off": lambda s, n, m: 1 / TRUNCATED_STD,
    "1/√2: ReLU's gain forgotten": lambda s, n, m: math.sqrt(1 / 2),
    "√2: ReLU's gain where none is stated": lambda s, n, m: math.sqrt(2),
    "5/3: tanh's gain where none is stated": lambda s, n, m: 5 / 3,
    "5/(3√2): tanh's gain in place of ReLU's": lambda s, n, m: 5 / 3 / math.sqrt(2),
    "3√2/5: ReLU's gain in place of tanh's": lambda s, n, m: 3 * math.sqrt(2) / 5,
    "1/√3: the standard deviation taken for a uniform law's bound": lambda s, n, m: (
        1 / math.sqrt(3)
    ),
    "√3: a uniform law's bound taken for its standard deviation": lambda s, n, m: math.sqrt(3),
    "the stated one: its variance taken for the standard deviation": lambda s, n, m: s,
    "√(2 fan_in/(fan_in + fan_out)): the mean of both fans in place of fan-in": (
        lambda s, n, m: math.sqrt(2 * n / (n + m))
    ),
    "√(2 fan_out/(fan_in + fan_out)): the mean of both fans in place of fan-out": (
        lambda s, n, m: math.sqrt(2 * m / (n + m))
    ),
}
"""By what a mistake multiplies the stated standard deviation s of a matrix [n, m]."""


def steps_that_fit(parts: Sequence[Part], widths: Sequence[int]) -> list[str]:
    """Return the mistakes under which every layer's ratio lies in its interval.

    Args:
        parts: ratios of mean squares to the first layer of the way.
        widths: of the layers on the way, the reference first.
    """
    if not any(part.contradicted for part in parts):
        return []
    fits = []
    for mistake, step in STEPS.items():
        factors = accumulate((step(*both) for both in pairwise(widths)), lambda x, y: x * y)
        if all(part.low <= x <= part.high for part, x in zip(parts, factors, strict=True)):
            fits.append(f"every layer fits a factor {mistake}")
    return fits


def ratios_that_fit(part: Part, std: float, shape: tuple[int, int]) -> list[str]:
    """Return the mistakes whose standard deviation lies in the measured interval.

    Args:
        part: of the measured standard deviation over the stated one.
        std: the stated one.
        shape: of a matrix, [fan_in, fan_out].
    """
    if not part.contradicted:
        return []
    return [
        f"measured/stated fits {mistake}"
        for mistake, ratio in RATIOS.items()
        if part.low <= ratio(std, *shape) <= part.high
    ]
