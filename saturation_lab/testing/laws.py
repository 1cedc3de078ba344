"""The laws that weights can be tested against, and what a user states about a tensor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from scipy.special import ndtr

from saturation_lab.checks import NOTHING, InputError, real
from saturation_lab.inference.digits import short
from saturation_lab.nets.arrays import Float64
from saturation_lab.nets.biases import BIASES
from saturation_lab.nets.initializers import (
    FIXED,
    TRUNCATED_AT,
    TRUNCATED_STD,
    Initializer,
)
from saturation_lab.nets.own import find_initializer
from saturation_lab.nets.own_initializers import LAYOUTS, Layout
from saturation_lab.testing.tensors import as_matrix, fans

LawName = Literal["normal", "uniform", "truncated_normal", "orthogonal"]
"""The laws, of which the initializers are made."""


_ALIASES: dict[str, LawName] = {
    "normal": "normal",
    "randomnormal": "normal",
    "gaussian": "normal",
    "uniform": "uniform",
    "randomuniform": "uniform",
    "truncnormal": "truncated_normal",
    "truncatednormal": "truncated_normal",
}
"""The laws by the names of PyTorch and Keras, in lower case and without underscores."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Iid:
    """A symmetric law of independent entries with mean 0 and variance 1.

    Attributes
    ----------
    density, cdf : callable
        The density, up to a factor, and the distribution function, elementwise.
    bound : float
        The largest entry; inf for the normal law.
    kurtosis : float
        E w⁴.
    """

    density: Callable[[Float64], Float64]
    cdf: Callable[[Float64], Float64]
    bound: float
    kurtosis: float


def _truncated_cdf(w: Float64) -> Float64:
    inside = np.clip(w * TRUNCATED_STD, -TRUNCATED_AT, TRUNCATED_AT)
    tail = float(ndtr(-TRUNCATED_AT))
    below: Float64 = (ndtr(inside) - tail) / (1 - 2 * tail)
    return below


def _truncated_kurtosis() -> float:
    """Return E x⁴/(E x²)², with E x⁴ = 3 E x² - 2 t³ φ(t)/(1 - 2 Φ(-t)) by integration by parts."""
    t = TRUNCATED_AT
    edge = math.exp(-(t**2) / 2) / math.sqrt(2 * math.pi) / math.erf(t / math.sqrt(2))
    return float((3 * TRUNCATED_STD**2 - 2 * t**3 * edge) / TRUNCATED_STD**4)


def _normal_cdf(w: Float64) -> Float64:
    return np.asarray(ndtr(w), dtype=np.float64)


_ROOT_3 = math.sqrt(3)

IID: dict[str, Iid] = {
    "normal": Iid(
        density=lambda w: np.exp(-w * w / 2), cdf=_normal_cdf, bound=math.inf, kurtosis=3.0
    ),
    "uniform": Iid(
        density=np.ones_like,
        cdf=lambda w: np.clip(0.5 + w / (2 * _ROOT_3), 0.0, 1.0),
        bound=_ROOT_3,
        kurtosis=1.8,
    ),
    "truncated_normal": Iid(
        density=lambda w: np.exp(-np.square(TRUNCATED_STD * w) / 2),
        cdf=_truncated_cdf,
        bound=TRUNCATED_AT / TRUNCATED_STD,
        kurtosis=_truncated_kurtosis(),
    ),
}
"""The laws with independent entries, by name."""


@dataclass(frozen=True, kw_only=True)
class Stated:
    """What is stated about one tensor: its law, mean and standard deviation.

    Attributes
    ----------
    law : str
        A key of `IID`, or "orthogonal".
    mean, std : float
        The mean and the standard deviation of an entry.
    """

    law: str
    mean: float
    std: float

    @property
    def words(self) -> str:
        """The statement in words."""
        says = (
            "with orthogonal columns (or rows, if there are fewer) of uniform direction"
            if self.law == "orthogonal"
            else "with all entries and draws independent"
        )
        return (
            f"the {self.law.replace('_', ' ')} law with mean {short(self.mean)} and standard "
            f"deviation {short(self.std)}, {says}"
        )


@dataclass(frozen=True)
class Law:
    """The law of the entries of a weight tensor, as stated in an assertion.

    Attributes
    ----------
    name : str
        One of normal, uniform, truncated_normal and orthogonal, or an initializer of this package,
        such as he_normal or pytorch_default, whose standard deviation follows from the fans.
        ``truncated_normal`` is a normal law that is truncated at ±2 of its own standard deviations.
    std : float, optional
        The standard deviation of an entry, for ``truncated_normal`` after the truncation. A
        uniform law on [-b, b] has b/√3. Required for the first three laws, and refused for
        initializers.
    gain : float, optional
        The gain of an initializer or of ``orthogonal``; by default its own, and 1 for
        ``orthogonal``.
    mean : float, default 0.0
        The mean of an entry; 0 for ``orthogonal``.

    Examples
    --------
    >>> Law("he_normal").stated((64, 3, 7, 7), layout="out_in").std ** 2 * 3 * 7 * 7
    2.0
    """

    name: str
    std: float | None = None
    gain: float | None = None
    mean: float = 0.0

    def stated(
        self, shape: tuple[int, ...], *, layout: Layout | None, fan_in: int | None = None
    ) -> Stated:
        """Return the law with the standard deviation that it has in a tensor.

        Parameters
        ----------
        shape : tuple of int
            The shape of the tensor.
        layout : {"out_in", "in_out"} or None
            The order of its axes.
        fan_in : int, optional
            The fan-in of the layer that a vector of biases belongs to.

        Returns
        -------
        Stated
            Law, mean and standard deviation.

        Raises
        ------
        InputError
            If the standard deviation is not given where it is needed, or is given twice, if it
            depends on a layout that is not given, or if the rule has no law for such a tensor.
        """
        mean = real("mean", self.mean)
        if self.name in get_args(LawName):
            return self._of_a_law(shape, layout, mean)
        law = _ALIASES.get(self.name.lower().replace("_", ""))
        if law is not None and self.std is not None:  # such as normal_(std=0.02)
            return replace(self, name=law).stated(shape, layout=layout, fan_in=fan_in)
        rule = _rule(self.name)
        if rule.law in FIXED:
            hint = "state the constant, such as 0.0, or the array itself"
            raise InputError("law", expected="a law of random weights", got=self.name, hint=hint)
        if self.std is not None:
            hint = f'the rule sets it; pass Law("{rule.law}", std=...)'
            raise InputError("std", expected=f"no std for {self.name}", got=self.std, hint=hint)
        if len(shape) < 2:
            return self._of_biases(rule, fan_in)
        gain = rule.gain if self.gain is None else real("gain", self.gain, above=0)
        if gain is None:
            expected = f"a number, because {self.name} has no gain of its own"
            raise InputError("gain", expected=expected, got=NOTHING)
        both = _fans(shape, layout)
        stds = [rule.std(fan_in=n, fan_out=m, gain=gain) for n, m in both]
        mean += _only([rule.mean(fan_in=n, fan_out=m, gain=gain) for n, m in both], self.name)
        if rule.law == "orthogonal":
            stds = _frame_stds(shape, layout, gain)
        return Stated(law=rule.law, mean=mean, std=_only(stds, self.name))

    def _of_a_law(self, shape: tuple[int, ...], layout: Layout | None, mean: float) -> Stated:
        if self.name != "orthogonal":
            if self.gain is not None:
                expected = f"no gain for the {self.name} law, which has no fans"
                raise InputError("gain", expected=expected, got=self.gain, hint="pass std")
            std = real("std", NOTHING if self.std is None else self.std, above=0)
            return Stated(law=self.name, mean=mean, std=std)
        if len(shape) < 2:
            raise InputError("law", expected="a law of vectors", got=self.name)
        if mean:
            raise InputError("mean", expected="0 for the orthogonal law", got=mean)
        if self.std is not None and self.gain is not None:
            raise InputError("gain", expected="either std or gain", got=self.gain)
        gain = 1.0 if self.gain is None else real("gain", self.gain, above=0)
        stds = _frame_stds(shape, layout, gain)  # also asks for the layout of a kernel
        std = _only(stds, self.name) if self.std is None else real("std", self.std, above=0)
        return Stated(law=self.name, mean=mean, std=std)

    def _of_biases(self, rule: Initializer, fan_in: int | None) -> Stated:
        bias = BIASES[rule.bias]
        if bias.takes_scale or bias.name == "zero" or fan_in is None:
            raise InputError(
                "law",
                expected="a law of vectors",
                got=self.name,
                hint='state a constant, such as 0.0, or a law with its std, such as Law("uniform", '
                "std=0.05)",
            )
        return Stated(law=bias.law, mean=0.0, std=bias.std(1.0, fan_in))


def _rule(name: str) -> Initializer:
    try:
        return find_initializer(name)
    except InputError as error:
        raise InputError("law", expected=error.expected, got=error.got, hint=error.hint) from error


def _fans(shape: tuple[int, ...], layout: Layout | None) -> list[tuple[int, int]]:
    """Return the fans, for both layouts if it is not given."""
    return [fans(shape, one) for one in (LAYOUTS if layout is None else (layout,))]


def _frame_stds(shape: tuple[int, ...], layout: Layout | None, gain: float) -> list[float]:
    empty = np.empty(shape)
    layouts = LAYOUTS if layout is None and len(shape) > 2 else (layout,)
    longest = [max(as_matrix(empty, one).shape) for one in layouts]
    return [gain / math.sqrt(size) for size in longest]


def _only(stds: list[float], name: str) -> float:
    if len(set(stds)) > 1:
        raise InputError(
            "layout",
            expected=f'"out_in" (PyTorch) or "in_out" (NumPy, Keras, JAX), because the standard '
            f"deviation of {name} depends on which axes are the fan-in",
            got=NOTHING,
        )
    return stds[0]
