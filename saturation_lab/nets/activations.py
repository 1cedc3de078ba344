"""Which activations are there, and what is known of each?

A new activation is one `Activation` object and one row of `ACTIVATIONS`; every law of
``tests/laws/`` then holds it to its own derivative, bounds, thresholds and gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating[Any]]

SATURATED = 0.05
"""A tail is saturated where |φ'| stays below this share of its maximum."""


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A scalar function φ, applied to every pre-activation z, with all that is known of it.

    Attributes:
        name: the key of the table.
        value: φ, elementwise; keeps shape and dtype (float32 or float64).
        derivative: φ', elementwise; 0 at a kink where the left derivative is 0.
        formula, derivative_formula: φ and φ' in plain text.
        bounds: (inf φ, sup φ); infinite where φ is unbounded.
        kinks: the z at which φ' jumps.
        z_low: the largest t such that |φ'| < 5 % of its maximum for all z < t, or None.
        z_high: the smallest t such that |φ'| < 5 % of its maximum for all z > t, or None.
        lecture_gain: the factor that the lecture puts before Glorot's bound, or None.
        source: where the function was introduced.

    >>> ACTIVATIONS["tanh"].value(np.array([0.0, 1.0])).round(4)
    array([0.    , 0.7616])
    """

    name: str
    value: Callable[[Array], Array]
    derivative: Callable[[Array], Array]
    formula: str
    derivative_formula: str
    bounds: tuple[float, float]
    kinks: tuple[float, ...] = ()
    z_low: float | None = None
    z_high: float | None = None
    lecture_gain: float | None = None
    source: str

    def thresholds(self, beyond: float | None = None) -> tuple[float, float]:
        """Return (low, high) outside which a unit counts as saturated; ±inf where no tail is.

        With ``beyond``, the thresholds that exist are moved to -beyond and +beyond.

        >>> ACTIVATIONS["sigmoid"].thresholds(4.0)
        (-4.0, 4.0)
        >>> ACTIVATIONS["relu"].thresholds()
        (0.0, inf)
        """
        low = -math.inf if self.z_low is None else (self.z_low if beyond is None else -beyond)
        high = math.inf if self.z_high is None else (self.z_high if beyond is None else beyond)
        return low, high


def _sigmoid(z: Array) -> Array:
    # e^-|z| never overflows; the numerator is 1 on the right and e^-|z| on the left
    e = np.exp(-np.abs(z))
    numerator = np.where(z >= 0, np.ones_like(e), e)
    value: Array = numerator / (1 + e)
    return value


def _sigmoid_derivative(z: Array) -> Array:
    # a(1 - a) loses every digit of 1 - a for large z: e/(1 + e)^2 loses none
    e = np.exp(-np.abs(z))
    value: Array = e / np.square(1 + e)
    return value


def _tanh_derivative(z: Array) -> Array:
    # 1 - tanh^2 cancels for |z| > 4: the exponential form does not
    e = np.exp(-2 * np.abs(z))
    value: Array = 4 * e / np.square(1 + e)
    return value


def _relu(z: Array) -> Array:
    return np.maximum(z, 0)


def _relu_derivative(z: Array) -> Array:
    return (z > 0).astype(z.dtype)


def _silu(z: Array) -> Array:
    return z * _sigmoid(z)


def _silu_derivative(z: Array) -> Array:
    # sigma(z) (1 + z sigma(-z)), both sigmas from one exponential
    e = np.exp(-np.abs(z))
    one = np.ones_like(e)
    right = z >= 0
    value: Array = np.where(right, one, e) / (1 + e) * (1 + z * (np.where(right, e, one) / (1 + e)))
    return value


def _softsign(z: Array) -> Array:
    value: Array = z / (1 + np.abs(z))
    return value


def _softsign_derivative(z: Array) -> Array:
    value: Array = 1 / np.square(1 + np.abs(z))
    return value


def _identity(z: Array) -> Array:
    return z.copy()


_TANH_THRESHOLD = math.atanh(math.sqrt(1 - SATURATED))  # sech^2 z = 0.05
_SOFTSIGN_THRESHOLD = math.sqrt(1 / SATURATED) - 1  # 1/(1 + |z|)^2 = 0.05
_SILU_THRESHOLD = -3.9298973160966497  # outermost root of φ'(z) = -0.05 max φ'
_SILU_MINIMUM = -0.27846454276107379  # φ at the zero of φ', z = -1.27846...

ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation(
        name="sigmoid",
        value=_sigmoid,
        derivative=_sigmoid_derivative,
        formula="1 / (1 + e^-z)",
        derivative_formula="a (1 - a)",
        bounds=(0.0, 1.0),
        z_low=-2 * _TANH_THRESHOLD,
        z_high=2 * _TANH_THRESHOLD,
        lecture_gain=4.0,
        source="Rumelhart, Hinton & Williams 1986, Nature 323, eq. 2",
    ),
    "tanh": Activation(
        name="tanh",
        value=np.tanh,
        derivative=_tanh_derivative,
        formula="(e^z - e^-z) / (e^z + e^-z)",
        derivative_formula="1 - a^2",
        bounds=(-1.0, 1.0),
        z_low=-_TANH_THRESHOLD,
        z_high=_TANH_THRESHOLD,
        lecture_gain=1.0,
        source="LeCun, Bottou, Orr & Müller 1998, Efficient BackProp, section 4.4",
    ),
    "relu": Activation(
        name="relu",
        value=_relu,
        derivative=_relu_derivative,
        formula="max(z, 0)",
        derivative_formula="1 if z > 0, else 0",
        bounds=(0.0, math.inf),
        kinks=(0.0,),
        z_low=0.0,
        lecture_gain=math.sqrt(2),
        source="Nair & Hinton 2010, ICML",
    ),
    "silu": Activation(
        name="silu",
        value=_silu,
        derivative=_silu_derivative,
        formula="z σ(z)",
        derivative_formula="σ(z) (1 + z (1 - σ(z)))",
        bounds=(_SILU_MINIMUM, math.inf),
        z_low=_SILU_THRESHOLD,
        lecture_gain=math.sqrt(2),
        source="Elfwing, Uchibe & Doya 2018, Neural Networks 107; Swish at β = 1",
    ),
    "softsign": Activation(
        name="softsign",
        value=_softsign,
        derivative=_softsign_derivative,
        formula="z / (1 + |z|)",
        derivative_formula="1 / (1 + |z|)^2",
        bounds=(-1.0, 1.0),
        z_low=-_SOFTSIGN_THRESHOLD,
        z_high=_SOFTSIGN_THRESHOLD,
        source="Bergstra, Desjardins, Lamblin & Bengio 2009, tech. report 1337, Montréal",
    ),
    "identity": Activation(
        name="identity",
        value=_identity,
        derivative=np.ones_like,
        formula="z",
        derivative_formula="1",
        bounds=(-math.inf, math.inf),
        source="linear networks: Saxe, McClelland & Ganguli 2014, arXiv:1312.6120",
    ),
}
