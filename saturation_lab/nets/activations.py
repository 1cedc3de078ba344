"""The table of activations, with the derivative, bounds and saturation thresholds of each.

A new activation is one `Activation` object and one row of `ACTIVATIONS`. The tests in
``tests/laws/`` then check its derivative, bounds, thresholds and gradients.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from saturation_lab.nets.arrays import Array

SATURATED = 0.05
"""A tail is saturated if |φ'| stays below this share of its maximum."""


@dataclass(frozen=True, kw_only=True)
class Activation:
    """A scalar function φ that is applied to every pre-activation z, and its properties.

    Attributes
    ----------
    name : str
        The key in `ACTIVATIONS`.
    value : callable
        φ, elementwise. It keeps the shape and the dtype (float32 or float64) of its array.
    derivative : callable
        φ', elementwise; at a kink the left derivative.
    formula, derivative_formula : str
        φ and φ' in plain text.
    bounds : (float, float)
        (inf φ, sup φ); infinite if φ is unbounded.
    kinks : tuple of float
        The z at which φ' jumps.
    jumps : tuple of float
        The z at which φ itself jumps; φ' does not include these jumps.
    z_low : float or None
        The largest t such that |φ'| < 5 % of its maximum for all z < t; None if there is none.
    z_high : float or None
        The smallest t such that |φ'| < 5 % of its maximum for all z > t; None if there is none.
    lecture_gain : float or None
        The factor on Glorot's bound in the lecture; None if the lecture does not give one.
    spelled : str
        The usual spelling of the name; "" if it is the key.
    source : str
        The publication that introduced the function.

    Examples
    --------
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
    jumps: tuple[float, ...] = ()
    z_low: float | None = None
    z_high: float | None = None
    lecture_gain: float | None = None
    spelled: str = ""
    source: str

    @property
    def title(self) -> str:
        """Return the usual spelling of the name: "ReLU" for ``relu``."""
        return self.spelled or self.name

    def thresholds(self, beyond: float | None = None) -> tuple[float, float]:
        """Return the thresholds beyond which a unit counts as saturated.

        Parameters
        ----------
        beyond : float, optional
            Moves the thresholds that exist to -beyond and +beyond.

        Returns
        -------
        (float, float)
            The thresholds (low, high) of the pre-activation; ±inf on a side that does not
            saturate.

        Examples
        --------
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
    # a(1 - a) loses every digit of 1 - a for large z; e/(1 + e)^2 loses none
    e = np.exp(-np.abs(z))
    value: Array = e / np.square(1 + e)
    return value


def _tanh_derivative(z: Array) -> Array:
    # 1 - tanh^2 cancels for |z| > 4; the exponential form does not
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
    # sigma(z) (1 + z sigma(-z)), with both sigmas computed from one exponential
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


def _leaky_relu(z: Array) -> Array:
    value: Array = np.maximum(z, LEAK * z)
    return value


def _leaky_relu_derivative(z: Array) -> Array:
    return np.maximum((z > 0).astype(z.dtype), LEAK)


def _elu(z: Array) -> Array:
    value: Array = np.maximum(z, 0) + np.expm1(np.minimum(z, 0))
    return value


def _elu_derivative(z: Array) -> Array:
    return np.exp(np.minimum(z, 0))


def _selu(z: Array) -> Array:
    value: Array = _SELU_SCALE * (np.maximum(z, 0) + _SELU_ALPHA * np.expm1(np.minimum(z, 0)))
    return value


def _selu_derivative(z: Array) -> Array:
    left = _SELU_ALPHA * np.exp(np.minimum(z, 0))
    value: Array = _SELU_SCALE * np.where(z > 0, np.ones_like(z), left)
    return value


def _normal_parts(z: Array) -> tuple[Array, Array, Array]:
    """Return x = |z|, e^(-x²/2) and e^(x²/2) Φ(-x), with Φ the distribution function of N(0, 1).

    The last one, times (2 + √(2π) x), is approximated by a polynomial in (x - 5)/(x + 5), its
    Chebyshev expansion (Shepherd & Laframboise 1981, Math. Comp. 36, p. 249). The error is at most
    2 roundings, against 5 for scipy's Φ, and it is faster.
    """
    x = np.minimum(np.abs(z), 40)  # beyond 40, e^(-x²/2) is zero in every precision
    t = (x - 5) / (x + 5)
    tail = np.full_like(t, _TAIL[-1])
    for coefficient in _TAIL[-2::-1]:
        tail *= t
        tail += coefficient
    tail /= 2 + _ROOT_2_PI * x
    return x, np.exp(-np.square(x) / 2), tail


def _gelu(z: Array) -> Array:
    _, e, tail = _normal_parts(z)
    value: Array = z * _mirrored(z, e * tail)
    return value


def _gelu_derivative(z: Array) -> Array:
    # Φ(z) + z e^(-z²/2)/√(2π) with e^(-z²/2) factored out, so that rounding is not amplified
    x, e, tail = _normal_parts(z)
    return _mirrored(z, e * (tail - x / _ROOT_2_PI))


def _mirrored(z: Array, left: Array) -> Array:
    # f(z) from f(-|z|), for an f with f(z) = 1 - f(-z)
    right = (z > 0).astype(z.dtype)
    value: Array = right + (1 - 2 * right) * left
    return value


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _mish(z: Array) -> Array:
    # with E = e^z, tanh(log(1 + E)) = (E² + 2E)/(E² + 2E + 2), which rounds to 1 from z = 22
    e = np.exp(np.minimum(z, 22))
    top = e * (e + 2)
    value: Array = z * (top / (top + 2))
    return value


def _mish_derivative(z: Array) -> Array:
    # tanh s + z σ(z) / cosh² s over a common denominator; the only cancellation, 1 + z, is exact
    z = np.minimum(z, 22)
    e = np.exp(z)
    top = e * (4 * (1 + z) + e * (6 + 4 * z + e * (4 + e)))
    value: Array = top / np.square(e * (e + 2) + 2)
    return value


def _erf_derivative(z: Array) -> Array:
    return np.exp(-np.square(np.minimum(np.abs(z), 40))) * (2 / math.sqrt(math.pi))


def _hardtanh(z: Array) -> Array:
    return np.clip(z, -1, 1)


def _hardtanh_derivative(z: Array) -> Array:
    return ((z > -1) & (z <= 1)).astype(z.dtype)


LEAK = 0.01
_SELU_ALPHA = 1.6732632423543772
_SELU_SCALE = 1.0507009873554805
_ROOT_2_PI = math.sqrt(2 * math.pi)
_TAIL = (
    1.1178791335265914, -0.15680788454592537, 0.018977856964461217, 0.06605023848542942,
    -0.0904224753386617, 0.07336718984664559, -0.042581874734884013, 0.017553421093075228,
    -0.00431252093631676, -4.849780679000859e-05, 0.0004876581698843871, -0.00013486130705444283,
    -2.8171997093481506e-05, 2.3353089281447708e-05, 1.654558028045199e-07,
    -3.4006396981062195e-06, 2.818369663317434e-07, 5.119708952249246e-07, -6.06802528628523e-08,
    -8.062638679841088e-08, 8.377153857550658e-09, 1.1428480380135242e-08, -6.436511904872639e-10,
    -9.879525786598772e-10,
)  # fmt: skip
_TANH_THRESHOLD = math.atanh(math.sqrt(1 - SATURATED))  # sech^2 z = 0.05
_SOFTSIGN_THRESHOLD = math.sqrt(1 / SATURATED) - 1  # 1/(1 + |z|)^2 = 0.05
_SILU_THRESHOLD = -3.9298973160966497  # outermost root of φ'(z) = -0.05 max φ'
_EXPONENTIAL_THRESHOLD = math.log(SATURATED)  # e^z = 0.05
_SOFTPLUS_THRESHOLD = math.log(SATURATED / (1 - SATURATED))  # σ(z) = 0.05
_ERF_THRESHOLD = math.sqrt(-math.log(SATURATED))  # e^-z² = 0.05
_GELU_THRESHOLD = -2.2785606938035556  # outermost root of φ'(z) = -0.05 max φ'
_GELU_MINIMUM = -0.16997120747990366  # φ at the zero of φ', z = -0.75179...
_MISH_THRESHOLD = -3.981251494912804  # outermost root of φ'(z) = -0.05 max φ'
_MISH_MINIMUM = -0.30884341301725043  # φ at the zero of φ', z = -1.19243...
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
        spelled="ReLU",
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
        spelled="SiLU",
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
    "leaky_relu": Activation(
        name="leaky_relu",
        spelled="Leaky ReLU",
        value=_leaky_relu,
        derivative=_leaky_relu_derivative,
        formula="z if z > 0, else 0.01 z",
        derivative_formula="1 if z > 0, else 0.01",
        bounds=(-math.inf, math.inf),
        kinks=(0.0,),
        z_low=0.0,
        source="Maas, Hannun & Ng 2013, ICML workshop",
    ),
    "elu": Activation(
        name="elu",
        spelled="ELU",
        value=_elu,
        derivative=_elu_derivative,
        formula="z if z > 0, else e^z - 1",
        derivative_formula="1 if z > 0, else e^z",
        bounds=(-1.0, math.inf),
        z_low=_EXPONENTIAL_THRESHOLD,
        source="Clevert, Unterthiner & Hochreiter 2016, arXiv:1511.07289, eq. 15 at α = 1",
    ),
    "selu": Activation(
        name="selu",
        spelled="SELU",
        value=_selu,
        derivative=_selu_derivative,
        formula="λ z if z > 0, else λ α (e^z - 1); λ = 1.0507..., α = 1.6732...",
        derivative_formula="λ if z > 0, else λ α e^z",
        bounds=(-_SELU_SCALE * _SELU_ALPHA, math.inf),
        kinks=(0.0,),
        z_low=_EXPONENTIAL_THRESHOLD,
        source="Klambauer, Unterthiner, Mayr & Hochreiter 2017, arXiv:1706.02515, eqs. 2 and 14",
    ),
    "gelu": Activation(
        name="gelu",
        spelled="GELU",
        value=_gelu,
        derivative=_gelu_derivative,
        formula="z Φ(z), Φ the standard normal distribution function",
        derivative_formula="Φ(z) + z e^(-z²/2)/√(2π)",
        bounds=(_GELU_MINIMUM, math.inf),
        z_low=_GELU_THRESHOLD,
        source="Hendrycks & Gimpel 2016, arXiv:1606.08415, the exact form",
    ),
    "softplus": Activation(
        name="softplus",
        value=_softplus,
        derivative=_sigmoid,
        formula="log(1 + e^z)",
        derivative_formula="σ(z)",
        bounds=(0.0, math.inf),
        z_low=_SOFTPLUS_THRESHOLD,
        source="Dugas, Bengio, Bélisle, Nadeau & Garcia 2001, NIPS 13",
    ),
    "mish": Activation(
        name="mish",
        spelled="Mish",
        value=_mish,
        derivative=_mish_derivative,
        formula="z tanh(log(1 + e^z))",
        derivative_formula="tanh(s) + z σ(z) / cosh²(s), s = log(1 + e^z)",
        bounds=(_MISH_MINIMUM, math.inf),
        z_low=_MISH_THRESHOLD,
        source="Misra 2020, BMVC, arXiv:1908.08681, eq. 1",
    ),
    "erf": Activation(
        name="erf",
        value=erf,
        derivative=_erf_derivative,
        formula="erf(z) = 2/√π ∫₀ᶻ e^(-t²) dt",
        derivative_formula="2/√π e^(-z²)",
        bounds=(-1.0, 1.0),
        z_low=-_ERF_THRESHOLD,
        z_high=_ERF_THRESHOLD,
        source="Williams 1998, Neural Computation 10, section 3",
    ),
    "hardtanh": Activation(
        name="hardtanh",
        value=_hardtanh,
        derivative=_hardtanh_derivative,
        formula="max(-1, min(1, z))",
        derivative_formula="1 if |z| < 1, else 0",
        bounds=(-1.0, 1.0),
        kinks=(-1.0, 1.0),
        z_low=-1.0,
        z_high=1.0,
        source="Collobert 2004, thesis, Université de Paris VI",
    ),
    "sin": Activation(
        name="sin",
        value=np.sin,
        derivative=np.cos,
        formula="sin z",
        derivative_formula="cos z",
        bounds=(-1.0, 1.0),
        source="Sitzmann, Martel, Bergman, Lindell & Wetzstein 2020, arXiv:2006.09661",
    ),
}
