"""Well-known mistakes in initializers whose computed effect agrees with the measured weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from saturation_lab.nets.initializers import TRUNCATED_STD
from saturation_lab.nets.own_initializers import Layout
from saturation_lab.testing.assurance import Part
from saturation_lab.testing.atoms import ENDS, ZEROS
from saturation_lab.testing.entries import BEYOND, KURTOSIS, LARGEST, MEAN, STD, STRETCHED
from saturation_lab.testing.laws import IID, Stated
from saturation_lab.testing.tensors import fans
from saturation_lab.testing.weight_evidence import COPIES, REPEATS

_MOST = 3
"""Name the mistakes that agree with a property if there are at most this many."""


@dataclass(frozen=True, kw_only=True)
class _Place:
    """The stated standard deviation, both fans, and the size of a kernel's receptive field."""

    std: float
    fan_in: int
    fan_out: int
    field: int


_Ratio = Callable[[_Place], float]

_OTHER_LAWS = {
    "a normal law is truncated": "truncated_normal",
    "a standard deviation is used as a uniform bound": "uniform",
    "PyTorch's default law": "uniform",
}
"""The law that the entries have after a mistake, by the start of its words; else the stated one."""

_RATIOS: Mapping[str, _Ratio] = {
    f"a normal law is truncated at ±2 but not rescaled (factor {TRUNCATED_STD:.4f})": (
        lambda p: TRUNCATED_STD
    ),
    f"a normal law is rescaled but not truncated at ±2 (factor 1/{TRUNCATED_STD:.4f})": (
        lambda p: 1 / TRUNCATED_STD
    ),
    "ReLU's gain is missing (factor 1/√2)": lambda p: math.sqrt(1 / 2),
    "ReLU's gain is applied once too often (factor √2)": lambda p: math.sqrt(2),
    "tanh's gain is applied once too often (factor 5/3)": lambda p: 5 / 3,
    "tanh's gain is used in place of ReLU's (factor 5/(3√2))": lambda p: 5 / 3 / math.sqrt(2),
    "ReLU's gain is used in place of tanh's (factor 3√2/5)": lambda p: 3 * math.sqrt(2) / 5,
    "a standard deviation is used as a uniform bound (factor 1/√3)": lambda p: math.sqrt(1 / 3),
    "a uniform bound is used as a standard deviation (factor √3)": lambda p: math.sqrt(3),
    "the variance is used as the standard deviation (factor std)": lambda p: p.std,
    "the square root is taken twice (factor 1/√std)": lambda p: p.std**-0.5,
    "the weights are not scaled (standard deviation 1)": lambda p: 1 / p.std,
}
"""The factor by which a mistake multiplies a standard deviation, whatever the fans."""

_OF_FANS: Mapping[str, _Ratio] = {
    "fan-in and fan-out are swapped (factor √(fan_in/fan_out))": lambda p: math.sqrt(
        p.fan_in / p.fan_out
    ),
    "fan-in and fan-out are swapped (factor √(fan_out/fan_in))": lambda p: math.sqrt(
        p.fan_out / p.fan_in
    ),
    "the mean of both fans is used in place of fan-in (factor √(2 fan_in/(fan_in + fan_out)))": (
        lambda p: math.sqrt(2 * p.fan_in / (p.fan_in + p.fan_out))
    ),
    "the mean of both fans is used in place of fan-out (factor √(2 fan_out/(fan_in + fan_out)))": (
        lambda p: math.sqrt(2 * p.fan_out / (p.fan_in + p.fan_out))
    ),
    "PyTorch's default law U(±1/√fan_in) is left in place": lambda p: (
        1 / math.sqrt(3 * p.fan_in) / p.std
    ),
    "Glorot's rule is used (standard deviation √(2/(fan_in + fan_out)))": lambda p: (
        math.sqrt(2 / (p.fan_in + p.fan_out)) / p.std
    ),
    "the receptive field is left out of the fan (factor √(kernel size))": lambda p: math.sqrt(
        p.field
    ),
}
"""The same for mistakes about fans, named where the layout tells which axis is which."""

_OF_SIZES: Mapping[str, Callable[[int, int], float]] = {
    "the size {m:,} is used as the fan in place of {n:,} (factor √({n:,}/{m:,}))": (
        lambda n, m: math.sqrt(n / m)
    ),
    "the size {n:,} is used as the fan in place of {m:,} (factor √({m:,}/{n:,}))": (
        lambda n, m: math.sqrt(m / n)
    ),
    "the mean of both sizes is used as the fan in place of {n:,}": (
        lambda n, m: math.sqrt(2 * n / (n + m))
    ),
    "the mean of both sizes is used as the fan in place of {m:,}": (
        lambda n, m: math.sqrt(2 * m / (n + m))
    ),
}
"""The same for a matrix of unequal sizes n, m without a layout."""

_KURTOSES = {
    "the entries take two values, ±std": 1.0,
    "the entries follow a uniform law": IID["uniform"].kurtosis,
    "the entries follow a truncated normal law": IID["truncated_normal"].kurtosis,
    "the entries follow a normal law": 3.0,
    "the entries follow a Laplace law": 6.0,
    "the entries follow Student's t with 5 degrees of freedom": 9.0,
}
"""The kurtosis of other laws."""

_ALIKE = 0.03
"""The largest relative difference from the measured kurtosis."""


_OUTLIERS = 12.0
"""A kurtosis above this is that of outliers."""


def causes(
    parts: Sequence[Part], stated: Stated, shape: tuple[int, ...], layout: Layout | None
) -> list[str]:
    """Return the mistakes that explain the contradicted properties.

    Parameters
    ----------
    parts : sequence of Part
        What was measured.
    stated : Stated
        What is stated about the tensor.
    shape : tuple of int
        The shape of the tensor.
    layout : {"out_in", "in_out"} or None
        The order of its axes. Without it, sizes are named instead of fans.

    Returns
    -------
    list of str
        Lines for the failure message. A mistake is named only if a property that it changes is
        contradicted and its effect agrees with the measured standard deviation and kurtosis. Up to
        three mistakes that these weights cannot tell apart are joined by "or"; more are left out.

    Examples
    --------
    >>> part = Part(name=STD, estimate=0.71, low=0.70, high=0.72, least=1.0, most=1.0)
    >>> causes([part], Stated(law="normal", mean=0.0, std=0.05), (100, 100), "out_in")
    ["possible cause: ReLU's gain is missing (factor 1/√2)"]
    """
    wrong = {part.name: part for part in parts if part.contradicted}
    seen = {part.name: part for part in parts}
    found: list[str] = []
    if MEAN in wrong and STD in seen:
        found += _of_a_mean(wrong[MEAN], seen[STD])
    if STD in wrong:
        found += _of_a_std(wrong[STD], seen.get(KURTOSIS), stated, shape, layout)
    if KURTOSIS in wrong:
        extreme = any(name in wrong for name in (LARGEST, BEYOND, STRETCHED))
        found += _of_a_kurtosis(wrong[KURTOSIS], stated, extreme=extreme)
    if ZEROS in wrong:
        found.append("some entries are set to 0, as by dropout, pruning or a mask")
    if ENDS in wrong:
        found.append("entries are clipped")
    if REPEATS in wrong:
        found.append("a generator with a fixed seed is created for each draw")
    if COPIES in wrong:
        found.append(
            "a row or a block of weights is copied within the tensor (rows of zeros, such as that "
            "of a padding index, count as copies: test the other rows)"
        )
    return [f"possible cause: {cause}" for cause in found]


def _of_a_mean(mean: Part, std: Part) -> list[str]:
    if std.estimate == 0:
        return ["all entries are equal"]
    low, high = sorted((mean.low / std.estimate, mean.high / std.estimate))
    known = {
        "a uniform law on [0, b] is not centred": math.sqrt(3),
        "the absolute values of a normal law are used": math.sqrt(2 / (math.pi - 2)),
    }
    return [
        cause
        for cause, ratio in known.items()
        if any(low <= sign * ratio <= high for sign in (1, -1))
    ]


def _of_a_std(
    std: Part,
    kurtosis: Part | None,
    stated: Stated,
    shape: tuple[int, ...],
    layout: Layout | None,
) -> list[str]:
    if std.estimate == 0:
        return []
    ratios: list[tuple[str, float]] = []
    if len(shape) > 1 and layout is not None:
        fan_in, fan_out = fans(shape, layout)
        place = _Place(
            std=stated.std,
            fan_in=fan_in,
            fan_out=fan_out,
            field=math.prod(shape[2:] if layout == "out_in" else shape[:-2]),
        )
        ratios = [(cause, ratio(place)) for cause, ratio in _OF_FANS.items()]
    else:
        place = _Place(std=stated.std, fan_in=1, fan_out=1, field=1)
        if len(shape) == 2 and shape[0] != shape[1]:
            n, m = shape
            ratios = [(cause.format(n=n, m=m), ratio(n, m)) for cause, ratio in _OF_SIZES.items()]
    ratios += [(cause, ratio(place)) for cause, ratio in _RATIOS.items()]
    fitting = [
        cause
        for cause, ratio in ratios
        if std.low <= ratio <= std.high
        and not math.isclose(ratio, 1)
        and _has_the_law(cause, kurtosis, stated)
    ]
    return [", or ".join(fitting)] if 0 < len(fitting) <= _MOST else []


def _has_the_law(cause: str, kurtosis: Part | None, stated: Stated) -> bool:
    """Return whether the kurtosis is that of the law that the entries have after a mistake."""
    other = next((law for start, law in _OTHER_LAWS.items() if cause.startswith(start)), None)
    if kurtosis is None or stated.law not in IID:
        return other is None
    if other is None:
        return not kurtosis.contradicted
    return abs(kurtosis.estimate / IID[other].kurtosis - 1) < _ALIKE


def _of_a_kurtosis(kurtosis: Part, stated: Stated, *, extreme: bool) -> list[str]:
    if extreme and kurtosis.estimate > _OUTLIERS:
        return ["the entries have heavy tails, or some are far larger than the others"]
    return [
        cause
        for cause, value in _KURTOSES.items()
        if abs(kurtosis.estimate / value - 1) < _ALIKE and value != IID[stated.law].kurtosis
    ]
