"""From which law are weights and biases drawn, and how large?

Every rule has one form: Var w = gain² · scale(fan_in, fan_out), drawn from a centred law.
A new initializer is one `Initializer` object and one row of `INITIALIZERS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from saturation_lab.checks import NOTHING, InputError
from saturation_lab.nets.activations import Activation

Array = NDArray[np.floating[Any]]
Draw = Callable[[np.random.Generator, tuple[int, ...], float, str], Array]
Scale = Callable[[int, int], float]


def precision(dtype: str) -> type[np.float32] | type[np.float64]:
    """Return NumPy's type of a study's dtype."""
    return np.float32 if dtype == "float32" else np.float64


def _normal(rng: np.random.Generator, shape: tuple[int, ...], std: float, dtype: str) -> Array:
    draw = rng.standard_normal(shape, dtype=precision(dtype))
    draw *= std
    return draw


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], std: float, dtype: str) -> Array:
    draw = rng.random(shape, dtype=precision(dtype))
    draw -= 0.5
    draw *= 2 * math.sqrt(3) * std  # U[-b, b] has variance b²/3
    return draw


LAWS: dict[str, Draw] = {"normal": _normal, "uniform": _uniform}
"""Centred laws: ``draw(rng, shape, std, dtype)`` returns iid entries of that standard deviation."""


def _fan_in(fan_in: int, fan_out: int) -> float:
    return 1 / fan_in


def _fan_out(fan_in: int, fan_out: int) -> float:
    return 1 / fan_out


def _mean_fan(fan_in: int, fan_out: int) -> float:
    return 2 / (fan_in + fan_out)


@dataclass(frozen=True, kw_only=True)
class Initializer:
    """A rule for the weights of a layer: Var w = gain² · scale(fan_in, fan_out), E w = 0.

    Attributes:
        name: the key of the table.
        law: a key of `LAWS`.
        scale: the variance at gain 1, from fan-in and fan-out.
        gain: the rule's own gain; None where it belongs to the activation (the lecture's rules).
        formula, latex: the law in plain text and in LaTeX, n = fan-in, m = fan-out, g = gain.
        bias: the bias law that belongs to the rule, a key of `BIASES`.
        source: paper and equation.

    >>> INITIALIZERS["glorot_uniform"].std(fan_in=300, fan_out=300, gain=1.0) ** 2 * 300
    1.0
    """

    name: str
    law: str
    scale: Scale
    gain: float | None
    formula: str
    latex: str
    bias: str = "zero"
    source: str

    def std(self, *, fan_in: int, fan_out: int, gain: float) -> float:
        """Return the standard deviation of one weight."""
        return gain * math.sqrt(self.scale(fan_in, fan_out))

    def gain_for(self, activation: Activation) -> float:
        """Return the gain when the user names none; raise `InputError` if the rule has none."""
        gain = activation.lecture_gain if self.gain is None else self.gain
        if gain is None:
            raise InputError(
                "gain",
                expected=f"a number, as {self.name} has no gain of its own for {activation.name}",
                got=NOTHING,
                hint="name one (--gain 1)",
            )
        return gain

    def draw(
        self, rng: np.random.Generator, shape: tuple[int, int], *, std: float, dtype: str
    ) -> Array:
        """Draw the weight matrix [fan_out, fan_in] of one layer."""
        return LAWS[self.law](rng, shape, std, dtype)


@dataclass(frozen=True, kw_only=True)
class BiasLaw:
    """A law for the biases of a layer; ``std(scale, fan_in)`` is one bias's standard deviation."""

    name: str
    law: str
    takes_scale: bool
    std: Callable[[float, int], float]
    formula: str
    source: str

    def draw(self, rng: np.random.Generator, count: int, *, std: float, dtype: str) -> Array:
        """Draw the bias vector [fan_out] of one layer."""
        return LAWS[self.law](rng, (count,), std, dtype)


_GLOROT = "Glorot & Bengio 2010, eq. 16"
_HE = "He, Zhang, Ren & Sun 2015, ICCV, eq. 10"
_LECTURE = "the lecture, Glorot weight initialization"

INITIALIZERS: dict[str, Initializer] = {
    "standard_uniform": Initializer(
        name="standard_uniform",
        law="uniform",
        scale=_fan_in,
        gain=1 / math.sqrt(3),
        formula="U[-g √(3/n), g √(3/n)], g = 1/√3: ±1/√n",
        latex=r"U\left[-\frac{1}{\sqrt{n}},\ \frac{1}{\sqrt{n}}\right]",
        source="Glorot & Bengio 2010, eq. 1",
    ),
    "glorot_uniform": Initializer(
        name="glorot_uniform",
        law="uniform",
        scale=_mean_fan,
        gain=1.0,
        formula="U[-g √6/√(n+m), g √6/√(n+m)], g = 1",
        latex=r"U\left[-\frac{\sqrt{6}}{\sqrt{n+m}},\ \frac{\sqrt{6}}{\sqrt{n+m}}\right]",
        source=_GLOROT,
    ),
    "glorot_normal": Initializer(
        name="glorot_normal",
        law="normal",
        scale=_mean_fan,
        gain=1.0,
        formula="N(0, std = g √(2/(n+m))), g = 1",
        latex=r"N\left(0,\ \frac{2}{n+m}\right)",
        source="Glorot & Bengio 2010, eq. 12, as a normal law",
    ),
    "he_uniform": Initializer(
        name="he_uniform",
        law="uniform",
        scale=_fan_in,
        gain=math.sqrt(2),
        formula="U[-g √(3/n), g √(3/n)], g = √2",
        latex=r"U\left[-\sqrt{\frac{6}{n}},\ \sqrt{\frac{6}{n}}\right]",
        source=_HE + ", as a uniform law",
    ),
    "he_normal": Initializer(
        name="he_normal",
        law="normal",
        scale=_fan_in,
        gain=math.sqrt(2),
        formula="N(0, std = g/√n), g = √2",
        latex=r"N\left(0,\ \frac{2}{n}\right)",
        source=_HE,
    ),
    "lecture_uniform": Initializer(
        name="lecture_uniform",
        law="uniform",
        scale=_mean_fan,
        gain=None,
        formula="U[-g √6/√(n+m), g √6/√(n+m)], g = 4 sigmoid, 1 tanh, √2 ReLU and SiLU",
        latex=r"U\left[\pm g\sqrt{\frac{6}{n+m}}\right]",
        source=_LECTURE + ", uniform law",
    ),
    "lecture_normal": Initializer(
        name="lecture_normal",
        law="normal",
        scale=_mean_fan,
        gain=None,
        formula="N(0, std = g √(2/(n+m))), g = 4 sigmoid, 1 tanh, √2 ReLU and SiLU",
        latex=r"N\left(0,\ g^2\frac{2}{n+m}\right)",
        source=_LECTURE + ", the compromise",
    ),
    "lecture_forward_normal": Initializer(
        name="lecture_forward_normal",
        law="normal",
        scale=_fan_in,
        gain=None,
        formula="N(0, std = g √(1/n)), g = 4 sigmoid, 1 tanh, √2 ReLU and SiLU",
        latex=r"N\left(0,\ g^2\frac{1}{n}\right)",
        source=_LECTURE + ", forward",
    ),
    "lecture_backward_normal": Initializer(
        name="lecture_backward_normal",
        law="normal",
        scale=_fan_out,
        gain=None,
        formula="N(0, std = g √(1/m)), g = 4 sigmoid, 1 tanh, √2 ReLU and SiLU",
        latex=r"N\left(0,\ g^2\frac{1}{m}\right)",
        source=_LECTURE + ", backward",
    ),
    "pytorch_default": Initializer(
        name="pytorch_default",
        law="uniform",
        scale=_fan_in,
        gain=1 / math.sqrt(3),
        formula="U[-g √(3/n), g √(3/n)], g = 1/√3: ±1/√n; biases U[-1/√n, 1/√n]",
        latex=r"U\left[-\frac{1}{\sqrt{n}},\ \frac{1}{\sqrt{n}}\right]",
        bias="pytorch_default",
        source="torch.nn.Linear.reset_parameters: kaiming_uniform_(a=√5)",
    ),
}

BIASES: dict[str, BiasLaw] = {
    "zero": BiasLaw(
        name="zero",
        law="normal",
        takes_scale=False,
        std=lambda scale, fan_in: 0.0,
        formula="0",
        source="Glorot & Bengio 2010, section 2.3",
    ),
    "normal": BiasLaw(
        name="normal",
        law="normal",
        takes_scale=True,
        std=lambda scale, fan_in: scale,
        formula="N(0, std = scale)",
        source="Poole et al. 2016, arXiv:1606.05340, eq. 1",
    ),
    "uniform": BiasLaw(
        name="uniform",
        law="uniform",
        takes_scale=True,
        std=lambda scale, fan_in: scale / math.sqrt(3),
        formula="U[-scale, scale]",
        source="variance scale²/3",
    ),
    "pytorch_default": BiasLaw(
        name="pytorch_default",
        law="uniform",
        takes_scale=False,
        std=lambda scale, fan_in: 1 / math.sqrt(3 * fan_in),
        formula="U[-1/√n, 1/√n]",
        source="torch.nn.Linear.reset_parameters",
    ),
}
