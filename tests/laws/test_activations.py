"""Is every activation what its table row says: φ, φ', bounds and kinks?

The reference is decimal arithmetic of 50 digits, in forms that do not cancel. A new activation
needs one row in `REFERENCE`; everything else it is held to as it stands.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab.nets.activations import ACTIVATIONS, Activation

Array = NDArray[Any]
Function = Callable[[Array], Array]
Exact = Callable[[Decimal], Decimal]
Kind = type[np.float32] | type[np.float64]

DIGITS = 50
ROUNDINGS = 4  # eps that φ and φ' may be off
REACH = 1e4  # |z| up to which the laws hold
FAR = 1e8  # |z| at which a bounded φ must have come within 1e-6 of its bound
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
            np.geomspace(float(limits.tiny), REACH, 500),
            np.linspace(0, 8, 800),
            np.linspace(8, 120, 600),
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


def jumps(slope: Function, steepness: float) -> list[tuple[float, float]]:
    """Return the neighbouring floats between which φ' jumps, found by halving.

    Between jumps |φ'| changes by at most ``steepness`` · distance; an interval in which it changes
    by more holds a jump.
    """

    def broken(low: float, high: float) -> bool:
        change = slope(np.array([high])) - slope(np.array([low]))
        return abs(float(change[0])) > steepness * (high - low) + 1e-9

    found = []
    for left, right in pairwise(np.linspace(-20.005, 20.005, 2001).tolist()):
        low, high = left, right
        if not broken(low, high):
            continue
        while np.nextafter(low, high) < high:
            middle = low + (high - low) / 2
            low, high = (low, middle) if broken(low, middle) else (middle, high)
        found.append((low, high))
    return found


every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
both_kinds = pytest.mark.parametrize("kind", [np.float32, np.float64])


def test_every_activation_has_a_reference_and_every_reference_an_activation() -> None:
    assert sorted(REFERENCE) == sorted(ACTIVATIONS)


@pytest.mark.parametrize("name", REFERENCE)
def test_the_reference_is_consistent(name: str) -> None:
    # decimal central differences, step 1e-15: truncation 1e-30, rounding 1e-35
    phi, slope, curvature = reference(name)
    with localcontext() as context:
        context.prec = DIGITS
        h = Decimal("1e-15")
        for z in (Decimal(k) / 7 for k in range(-80, 80) if k):
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
    z = grid(kind, activation.kinks)
    value, slope = silent(activation.value, z), silent(activation.derivative, z)
    assert not np.isnan(value).any()
    assert not np.isnan(slope).any()
    exact = truth(activation.name, z)
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
    ],
)
def test_a_planted_derivative_is_rejected(name: str, planted: Function, kind: Kind) -> None:
    z = grid(kind, ACTIVATIONS[name].kinks)
    exact = truth(name, z)
    assert roundings(silent(planted, z), exact.slope, exact.slope_unit) > ROUNDINGS


def _naive_sigmoid(z: Array) -> Array:
    value: Array = 1 / (1 + np.exp(-z))
    return value


def _sigmoid_from_the_right(z: Array) -> Array:
    e = np.exp(-np.abs(z))
    value: Array = np.where(z >= 0, 1 / (1 + e), 1 - 1 / (1 + e))
    return value


@both_kinds
def test_a_planted_sigmoid_is_rejected(kind: Kind) -> None:
    z = grid(kind)
    with pytest.raises(FloatingPointError, match="overflow"):
        silent(_naive_sigmoid, z)
    exact = truth("sigmoid", z)
    cancels = silent(_sigmoid_from_the_right, z)
    assert roundings(cancels, exact.value, exact.value_unit) > ROUNDINGS


@both_kinds
@every_activation
def test_bounds_hold(activation: Activation, kind: Kind) -> None:
    low, high = activation.bounds
    value = silent(activation.value, grid(kind, activation.kinks))
    slack = ROUNDINGS * float(np.finfo(kind).eps)
    assert value.min() >= low - (slack * abs(low) if math.isfinite(low) else 0)
    assert value.max() <= high + (slack * abs(high) if math.isfinite(high) else 0)


@pytest.mark.parametrize("side", [-1, 1])
@every_activation
def test_bounds_are_approached(activation: Activation, side: int) -> None:
    def supremum(reach: float) -> float:
        outside = np.geomspace(20, reach, 200)
        z = np.concatenate([-outside, np.linspace(-20, 20, 40_001), outside])
        return float((side * activation.value(z)).max())

    bound = side * activation.bounds[(side + 1) // 2]
    if math.isfinite(bound):
        assert supremum(FAR) == pytest.approx(bound, rel=0, abs=1e-6)
    else:
        assert supremum(FAR) > supremum(REACH) + 1  # still growing


@every_activation
def test_kinks_are_where_the_derivative_jumps(activation: Activation) -> None:
    _, _, curvature = reference(activation.name)
    comb = [Decimal(k) / 200 for k in range(-4000, 4001)]
    steepness = 1.01 * max(abs(float(curvature(z))) for z in comb)
    found = jumps(activation.derivative, steepness)
    assert len(found) == len(activation.kinks)
    for kink, neighbours in zip(sorted(activation.kinks), found, strict=True):
        assert kink in neighbours


def test_a_planted_kink_is_found() -> None:
    def leaky(z: Array) -> Array:
        return np.where(z > 0.3, 1.0, 0.1)

    (neighbours,) = jumps(leaky, steepness=0.0)
    assert 0.3 in neighbours
    assert 0.0 not in neighbours


def test_an_activation_without_a_reference_fails() -> None:
    stranger = replace(ACTIVATIONS["tanh"], name="stranger")
    with pytest.raises(pytest.fail.Exception, match="stranger has no row in REFERENCE"):
        truth(stranger.name, np.array([0.0]))
