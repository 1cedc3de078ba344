"""φ and φ' of every activation are exact to 4 roundings, in both precisions.

The reference is decimal arithmetic with 50 digits, in forms without cancellation. A new activation
needs one row in `REFERENCE`; all other tests apply to it without changes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from saturation_lab import ACTIVATIONS, Activation
from saturation_lab.nets import precision

Array = NDArray[Any]
Function = Callable[[Array], Array]
Exact = Callable[[Decimal], Decimal]
Kind = type[np.float32] | type[np.float64]

DIGITS = 50
GUARD = 25  # digits more, where a difference or a sum takes some away
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899")
ROUNDINGS = 4  # eps that φ and φ' may be off
REACH = 1e4  # |z| up to which the laws hold
LECTURE_GAIN = {"sigmoid": 4.0, "tanh": 1.0, "relu": math.sqrt(2), "silu": math.sqrt(2)}


def _sigmoid(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    return (1 if z >= 0 else e) / (1 + e)


def _sigmoid_slope(z: Decimal) -> Decimal:
    return _sigmoid(z) * _sigmoid(-z)


def _tanh(z: Decimal) -> Decimal:
    if abs(z) < Decimal("1e-12"):
        return z * (1 - z * z / 3)  # the next term is 1e-49 of this
    e = (-2 * abs(z)).exp()
    return ((1 - e) / (1 + e)).copy_sign(z)


def _tanh_slope(z: Decimal) -> Decimal:
    e = (-2 * abs(z)).exp()
    return 4 * e / (1 + e) ** 2


def _softplus(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    if e < Decimal("1e-25"):
        return max(z, Decimal(0)) + e * (1 - e / 2)  # the next term is 1e-50 of e
    with localcontext() as context:
        context.prec += GUARD
        return max(z, Decimal(0)) + (1 + e).ln()


def _expm1(z: Decimal) -> Decimal:
    if abs(z) < Decimal("1e-17"):
        return z * (1 + z / 2 * (1 + z / 3))  # the next term is 1e-52 of this
    with localcontext() as context:
        context.prec += GUARD
        return z.exp() - 1


@cache
def _below(z: Decimal) -> Decimal:
    """Return Φ(z): a series of one sign up to 5, Laplace's continued fraction beyond."""
    if z > 0:
        return 1 - _below(-z)
    with localcontext() as context:
        context.prec += GUARD
        density = _density(z)
        if z < -5:
            fraction = Decimal(0)
            for k in range(150, 0, -1):
                fraction = k / (fraction - z)
            return density / (fraction - z)
        term = total = -z
        k = 1
        while total + term != total:
            k += 2
            term *= z * z / k
            total += term
        return Decimal("0.5") - density * total


def _density(z: Decimal) -> Decimal:
    return (-z * z / 2).exp() / (2 * PI).sqrt()


def _erf(z: Decimal) -> Decimal:
    if abs(z) < Decimal("1e-12"):
        return 2 * z / PI.sqrt() * (1 - z * z / 3)  # the next term is 1e-49 of this
    with localcontext() as context:
        context.prec += GUARD
        return 1 - 2 * _below(-z * Decimal(2).sqrt())


def _erf_slope(z: Decimal) -> Decimal:
    return 2 / PI.sqrt() * (-z * z).exp()


@cache
def _sine(z: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec += GUARD
        turned = z.remainder_near(2 * PI) if abs(z) > 4 else z
        term = total = turned
        k = 1
        while term and total + term != total:
            k += 2
            term *= -turned * turned / (k * (k - 1))
            total += term
        return total


def _cosine(z: Decimal) -> Decimal:
    return 1 - 2 * _sine(z / 2) ** 2


def _tanh_softplus(z: Decimal) -> Decimal:
    e = (-abs(z)).exp()
    return (1 + 2 * e) / (1 + 2 * e + 2 * e * e) if z > 0 else e * (e + 2) / (e * (e + 2) + 2)


def _mish_slope(z: Decimal) -> Decimal:
    t = _tanh_softplus(z)
    return t + z * _sigmoid(z) * (1 - t) * (1 + t)


def _mish_curvature(z: Decimal) -> Decimal:
    t, s = _tanh_softplus(z), _sigmoid(z)
    return (1 - t) * (1 + t) * s * (2 + z * (1 - s - 2 * s * t))


def _selu_constants() -> tuple[Decimal, Decimal]:
    """Return (λ, α) from what defines them: selu keeps mean 0 and mean square 1 of N(0, 1)."""
    with localcontext() as context:
        context.prec = DIGITS
        half, first = Decimal("0.5"), Decimal("0.5").exp() * _below(Decimal(-1))  # E e^z, z < 0
        second = Decimal(2).exp() * _below(Decimal(-2))  # E e^2z, z < 0
        alpha = _density(Decimal(0)) / (half - first)
        return 1 / (half + alpha**2 * (second - 2 * first + half)).sqrt(), alpha


SELU_SCALE, SELU_ALPHA = _selu_constants()


def _step(z: Decimal, low: Decimal | int, high: Decimal | int) -> Decimal:
    return Decimal(high if z > 0 else low)


REFERENCE: dict[str, tuple[Exact, Exact, Exact]] = {
    "sigmoid": (
        _sigmoid,
        _sigmoid_slope,
        lambda z: _sigmoid_slope(z) * (_sigmoid(-z) - _sigmoid(z)),
    ),
    "tanh": (_tanh, _tanh_slope, lambda z: -2 * _tanh(z) * _tanh_slope(z)),
    "relu": (lambda z: max(z, Decimal(0)), lambda z: Decimal(int(z > 0)), lambda z: Decimal(0)),
    "silu": (
        lambda z: z * _sigmoid(z),
        lambda z: _sigmoid(z) * (1 + z * _sigmoid(-z)),
        lambda z: _sigmoid_slope(z) * (2 + z * (_sigmoid(-z) - _sigmoid(z))),
    ),
    "softsign": (
        lambda z: z / (1 + abs(z)),
        lambda z: 1 / (1 + abs(z)) ** 2,
        lambda z: (2 / (1 + abs(z)) ** 3).copy_sign(-z),
    ),
    "identity": (lambda z: z, lambda z: Decimal(1), lambda z: Decimal(0)),
    "leaky_relu": (
        lambda z: max(z, z / 100),
        lambda z: _step(z, Decimal("0.01"), 1),
        lambda z: Decimal(0),
    ),
    "elu": (
        lambda z: _step(z, _expm1(z), z),
        lambda z: min(z, Decimal(0)).exp(),
        lambda z: _step(z, z.exp(), 0),
    ),
    "selu": (
        lambda z: SELU_SCALE * _step(z, SELU_ALPHA * _expm1(z), z),
        lambda z: SELU_SCALE * _step(z, SELU_ALPHA * z.exp(), 1),
        lambda z: SELU_SCALE * _step(z, SELU_ALPHA * z.exp(), 0),
    ),
    "gelu": (
        lambda z: z * _below(z),
        lambda z: _below(z) + z * _density(z),
        lambda z: (2 - z * z) * _density(z),
    ),
    "softplus": (_softplus, _sigmoid, _sigmoid_slope),
    "mish": (lambda z: z * _tanh_softplus(z), _mish_slope, _mish_curvature),
    "erf": (_erf, _erf_slope, lambda z: -2 * z * _erf_slope(z)),
    "hardtanh": (
        lambda z: max(Decimal(-1), min(Decimal(1), z)),
        lambda z: Decimal(int(-1 < z <= 1)),
        lambda z: Decimal(0),
    ),
    "sin": (_sine, _cosine, lambda z: -_sine(z)),
}
"""φ, φ' and φ'' of every activation; at a kink φ' is the left derivative."""


def reference(name: str) -> tuple[Exact, Exact, Exact]:
    if name not in REFERENCE:
        pytest.fail(f"activation {name} has no row in REFERENCE of {__name__}: write φ, φ', φ''")
    return REFERENCE[name]


def grid(kind: Kind, kinks: tuple[float, ...] = ()) -> Array:
    """Return |z| <= 1e4 of both signs: 0, the tiniest, every decade, a fine comb, the kinks."""
    limits = np.finfo(kind)
    positive: Array = np.concatenate(
        [
            np.array([0, limits.smallest_subnormal, limits.eps], dtype=float),
            np.geomspace(float(limits.tiny), REACH, 250),
            np.linspace(0, 8, 400),
            np.linspace(8, 120, 300),
        ]
    ).astype(kind)
    around = np.array(kinks, dtype=kind)
    beside = [np.nextafter(around, kind(side)) for side in (-np.inf, np.inf)]
    z: Array = np.unique(np.concatenate([-positive, positive, around, *beside]))
    return z[np.abs(z) <= REACH]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """φ, φ' and the tolerance unit of each at the points z, exact to 50 digits."""

    z: Array
    value: tuple[Decimal, ...]
    slope: tuple[Decimal, ...]
    value_unit: tuple[Decimal, ...]
    slope_unit: tuple[Decimal, ...]


def truth(name: str, z: Array) -> Truth:
    phi, slope, curvature = reference(name)
    with localcontext() as context:
        context.prec = DIGITS
        points = [Decimal(float(x)) for x in z]
        values, slopes = tuple(map(phi, points)), tuple(map(slope, points))
        return Truth(
            z=z,
            value=values,
            slope=slopes,
            value_unit=tuple(
                max(abs(f), abs(x * g)) for x, f, g in zip(points, values, slopes, strict=True)
            ),
            slope_unit=tuple(
                max(abs(g), abs(x * curvature(x))) for x, g in zip(points, slopes, strict=True)
            ),
        )


@cache
def truth_on_grid(name: str, dtype: str) -> Truth:
    return truth(name, grid(precision(dtype), ACTIVATIONS[name].kinks))


def roundings(found: Array, exact: tuple[Decimal, ...], unit: tuple[Decimal, ...]) -> float:
    """Return the worst error in eps · unit, once the smallest normal number is taken off it."""
    limits = np.finfo(found.dtype)
    eps, floor = Decimal(float(limits.eps)), Decimal(float(limits.tiny))
    worst = Decimal(0)
    for got, expected, scale in zip(found, exact, unit, strict=True):
        excess = abs(Decimal(float(got)) - expected) - floor
        if excess > 0:
            worst = max(worst, excess / (eps * scale) if scale else Decimal("Infinity"))
    return float(worst)


def silent(function: Function, z: Array) -> Array:
    """Evaluate with every floating-point error raised but underflow, which is no loss."""
    with np.errstate(all="raise", under="ignore"):
        return function(z)


every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
both_kinds = pytest.mark.parametrize("kind", [np.float32, np.float64])


def test_every_activation_has_a_reference_and_every_reference_an_activation() -> None:
    assert sorted(REFERENCE) == sorted(ACTIVATIONS)


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_is_consistent(name: str) -> None:
    # decimal central differences, step 1e-15: truncation 1e-30, rounding 1e-35
    phi, slope, curvature = reference(name)
    kinks = ACTIVATIONS[name].kinks
    with localcontext() as context:
        context.prec = DIGITS
        h = Decimal("1e-15")
        for z in (Decimal(k) / 7 for k in range(-80, 80) if k and k / 7 not in kinks):
            for function, derivative in ((phi, slope), (slope, curvature)):
                difference = (function(z + h) - function(z - h)) / (2 * h)
                assert abs(difference - derivative(z)) < Decimal("1e-25")


@every_activation
def test_rows_say_what_they_are(activation: Activation) -> None:
    assert ACTIVATIONS[activation.name] is activation
    assert activation.formula
    assert activation.derivative_formula
    assert activation.source
    assert activation.lecture_gain == LECTURE_GAIN.get(activation.name)


@both_kinds
@every_activation
def test_shape_and_dtype_are_kept_and_the_input_is_left_alone(
    activation: Activation, kind: Kind
) -> None:
    for shape in [(), (0,), (7,), (2, 3, 4)]:
        z: Array = np.linspace(-3, 3, math.prod(shape), dtype=kind).reshape(shape)
        before = z.copy()
        for function in (activation.value, activation.derivative):
            found = function(z)
            assert found.shape == shape
            assert found.dtype == kind
            assert not np.may_share_memory(found, z)
        assert np.array_equal(z, before)


@both_kinds
@every_activation
def test_value_and_derivative_are_right_to_4_roundings(activation: Activation, kind: Kind) -> None:
    exact = truth_on_grid(activation.name, kind.__name__)
    value, slope = silent(activation.value, exact.z), silent(activation.derivative, exact.z)
    assert not np.isnan(value).any()
    assert not np.isnan(slope).any()
    assert roundings(value, exact.value, exact.value_unit) <= ROUNDINGS
    assert roundings(slope, exact.slope, exact.slope_unit) <= ROUNDINGS


def _one_minus_square(z: Array) -> Array:
    value: Array = 1 - np.square(np.tanh(z))
    return value


def _a_one_minus_a(z: Array) -> Array:
    a = ACTIVATIONS["sigmoid"].value(z)
    value: Array = a * (1 - a)
    return value


def _naive_silu_slope(z: Array) -> Array:
    a = ACTIVATIONS["sigmoid"].value(z)
    value: Array = a + z * a * (1 - a)
    return value


def _mish_slope_without_its_inner_derivative(z: Array) -> Array:
    s = ACTIVATIONS["softplus"].value(z)
    value: Array = np.tanh(s) + z * (1 - np.square(np.tanh(s)))
    return value


def _gelu_slope_from_erf(z: Array) -> Array:
    x = np.clip(z, -40, 40)
    value: Array = (1 + special.erf(x / math.sqrt(2))) / 2 + x * np.exp(-x * x / 2) / math.sqrt(
        2 * math.pi
    )
    return value


def _one_on_the_closed_interval(z: Array) -> Array:
    return (np.abs(z) <= 1).astype(z.dtype)


def _relu_slope_with_one_at_the_kink(z: Array) -> Array:
    return (z >= 0).astype(z.dtype)


@both_kinds
@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("tanh", _one_minus_square),
        ("sigmoid", _a_one_minus_a),
        ("silu", _naive_silu_slope),
        ("relu", _relu_slope_with_one_at_the_kink),
        ("softsign", ACTIVATIONS["tanh"].derivative),
        ("identity", ACTIVATIONS["relu"].derivative),
        ("leaky_relu", ACTIVATIONS["relu"].derivative),
        ("elu", lambda z: 1 + np.expm1(np.minimum(z, 0))),
        ("selu", ACTIVATIONS["elu"].derivative),
        ("gelu", _gelu_slope_from_erf),
        ("softplus", lambda z: 1 - ACTIVATIONS["sigmoid"].value(-z)),
        ("mish", _mish_slope_without_its_inner_derivative),
        ("erf", lambda z: 1.1284 * np.exp(-np.square(np.minimum(np.abs(z), 40)))),
        ("hardtanh", _one_on_the_closed_interval),
        ("sin", lambda z: np.cos(np.remainder(z, 6.2832))),
    ],
)
def test_a_planted_derivative_is_rejected(name: str, planted: Function, kind: Kind) -> None:
    exact = truth_on_grid(name, kind.__name__)
    assert roundings(silent(planted, exact.z), exact.slope, exact.slope_unit) > ROUNDINGS


def _naive_sigmoid(z: Array) -> Array:
    value: Array = 1 / (1 + np.exp(-z))
    return value


def _naive_softplus(z: Array) -> Array:
    value: Array = np.log(1 + np.exp(z))
    return value


@both_kinds
@pytest.mark.parametrize("naive", [_naive_sigmoid, _naive_softplus])
def test_an_overflow_is_no_silence(naive: Function, kind: Kind) -> None:
    with pytest.raises(FloatingPointError, match="overflow"):
        silent(naive, grid(kind))


def _sigmoid_from_the_right(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    value: Array = np.where(z >= 0, 1 / (1 + e), 1 - 1 / (1 + e))
    return value


def _gelu_by_tanh(z: Array) -> Array:
    x = np.clip(z, -40, 40)
    value: Array = z * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2
    return value


@both_kinds
@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("sigmoid", _sigmoid_from_the_right),
        ("elu", lambda z: np.maximum(z, 0) + np.exp(np.minimum(z, 0)) - 1),
        ("selu", ACTIVATIONS["elu"].value),
        ("gelu", _gelu_by_tanh),
        ("softplus", lambda z: np.maximum(z, 0) + np.log(1 + np.exp(-np.abs(z)))),
        ("mish", ACTIVATIONS["silu"].value),
        ("erf", lambda z: 2 * special.ndtr(z * math.sqrt(2)) - 1),
        ("sin", lambda z: np.sin(np.remainder(z, 6.2832))),
    ],
)
def test_a_planted_value_is_rejected(name: str, planted: Function, kind: Kind) -> None:
    exact = truth_on_grid(name, kind.__name__)
    assert roundings(silent(planted, exact.z), exact.value, exact.value_unit) > ROUNDINGS


def test_an_activation_without_a_reference_fails() -> None:
    stranger = replace(ACTIVATIONS["tanh"], name="stranger")
    with pytest.raises(pytest.fail.Exception, match="stranger has no row in REFERENCE"):
        truth(stranger.name, np.array([0.0]))
