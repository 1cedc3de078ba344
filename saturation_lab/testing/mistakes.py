"""Which well-known mistake would make just these numbers? Computed and compared, never guessed."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise
from operator import mul

from saturation_lab.nets.initializers import TRUNCATED_STD
from saturation_lab.testing.assurance import Part

_Step = Callable[[int, int], float]
_Ratio = Callable[[float, int, int], float]

_STEPS: Mapping[str, _Step] = {
    "1/2 a layer, as where ReLU's √2 is forgotten": lambda here, there: 1 / 2,
    "2 a layer, as where √2 is applied twice, or without ReLU": lambda here, there: 2.0,
    "25/18 a layer, as where tanh's gain 5/3 stands for ReLU's": lambda here, there: 25 / 18,
    "n/m a layer, as where fan-in n and fan-out m are swapped": lambda here, there: here / there,
    "2n/(n + m) a layer, as where the mean of both fans stands for one": lambda here, there: (
        2 * here / (here + there)
    ),
    "n/(n + m) a layer, as where Glorot's rule is used with ReLU": lambda here, there: (
        here / (here + there)
    ),
}
"""By what a step from a layer of n units to one of m multiplies the mean square, where the right
rule would keep it. Upwards and downwards alike: the right fan is that of the layer left behind."""

_RATIOS: Mapping[str, _Ratio] = {
    "√(fan_in/fan_out), as where fan-in and fan-out are swapped": lambda s, n, m: math.sqrt(n / m),
    "√(fan_out/fan_in), as where fan-in and fan-out are swapped": lambda s, n, m: math.sqrt(m / n),
    f"{TRUNCATED_STD:.4f}, as where a normal law is cut off at ±2 and not restored": (
        lambda s, n, m: TRUNCATED_STD
    ),
    f"1/{TRUNCATED_STD:.4f}, as where a normal law is restored that was not cut off": (
        lambda s, n, m: 1 / TRUNCATED_STD
    ),
    "1/√2, as where ReLU's gain is forgotten": lambda s, n, m: math.sqrt(1 / 2),
    "√2, as where ReLU's gain is applied once too often": lambda s, n, m: math.sqrt(2),
    "5/3, as where tanh's gain is applied once too often": lambda s, n, m: 5 / 3,
    "5/(3√2), as where tanh's gain stands for ReLU's": lambda s, n, m: 5 / 3 / math.sqrt(2),
    "3√2/5, as where ReLU's gain stands for tanh's": lambda s, n, m: 3 * math.sqrt(2) / 5,
    "1/√3, as where a standard deviation is taken for a bound": lambda s, n, m: math.sqrt(1 / 3),
    "√3, as where a bound is taken for a standard deviation": lambda s, n, m: math.sqrt(3),
    "the stated one, as where a variance is taken for it": lambda s, n, m: s,
    "√(2 fan_in/(fan_in + fan_out)), as where the mean of both fans stands for fan-in": (
        lambda s, n, m: math.sqrt(2 * n / (n + m))
    ),
    "√(2 fan_out/(fan_in + fan_out)), as where the mean of both fans stands for fan-out": (
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
    for mistake, step in _STEPS.items():
        factors = accumulate((step(*both) for both in pairwise(widths)), mul)
        if all(part.low <= x <= part.high for part, x in zip(parts, factors, strict=True)):
            fits.append(f"this fits {mistake}")
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
        f"this fits {mistake}"
        for mistake, ratio in _RATIOS.items()
        if part.low <= ratio(std, *shape) <= part.high
    ]
