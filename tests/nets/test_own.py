"""A user's own function becomes an activation that equals a built-in one."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import special

from saturation_lab import ACTIVATIONS, INITIALIZERS, Activation, InputError, own_activation
from saturation_lab.nets import find_activation, find_initializer, name_of

Array = NDArray[Any]
Function = Callable[..., Any]

EPS = float(np.finfo(float).eps)
ROUNDINGS = 8  # eps of max(|φ'|, |z φ''|) that a complex step may be off
DIFFERENCE = 1e-10  # what a central difference may be off, of max(1, |φ|)
NEAR = 2e-5  # thresholds are found within this: a step of the differences blurs a jump of φ''
NOTHING = 1e-50  # a complex step forgets h² φ''', 1e-60, and underflows below 1e-278

FAR = np.geomspace(9, 900, 300)
Z = np.concatenate([np.linspace(-9, 9, 3001), -FAR, FAR])


def bump(z: Array) -> Array:
    """φ(z) = z e^-z², of this module: it can be found by its name."""
    value: Array = z * np.exp(-z * z)
    return value


ANALYTIC: dict[str, tuple[Function, Function, Function]] = {
    "bump": (
        bump,
        lambda z: (1 - 2 * z * z) * np.exp(-z * z),
        lambda z: (4 * z**3 - 6 * z) * np.exp(-z * z),
    ),
    "sine": (np.sin, np.cos, lambda z: -np.sin(z)),
    "fast sine": (
        lambda z: np.sin(30 * z),
        lambda z: 30 * np.cos(30 * z),
        lambda z: -900 * np.sin(30 * z),
    ),
    "arctan": (np.arctan, lambda z: 1 / (1 + z * z), lambda z: -2 * z / (1 + z * z) ** 2),
    "cube": (lambda z: z**3, lambda z: 3 * z**2, lambda z: 6 * z),
    "root": (
        lambda z: np.sqrt(1 + z * z),
        lambda z: z / np.sqrt(1 + z * z),
        lambda z: (1 + z * z) ** -1.5,
    ),
    "relu": (lambda z: np.maximum(z, 0), ACTIVATIONS["relu"].derivative, np.zeros_like),
    "kinked": (
        lambda z: np.where(z > 2, 2 + 0.1 * (z - 2), z),
        lambda z: np.where(z > 2, 0.1, 1.0),
        np.zeros_like,
    ),
    "clip": (lambda z: np.clip(z, -1, 1), ACTIVATIONS["hardtanh"].derivative, np.zeros_like),
}
"""Functions that NumPy continues into the complex plane: φ, φ', φ''."""

OTHERWISE: dict[str, tuple[Function, Function]] = {
    "z |z|": (lambda z: z * np.abs(z) / 18, lambda z: np.abs(z) / 9),
    "softsign": (lambda z: z / (1 + np.abs(z)), ACTIVATIONS["softsign"].derivative),
    "softplus": (ACTIVATIONS["softplus"].value, ACTIVATIONS["softplus"].derivative),
    "gelu": (ACTIVATIONS["gelu"].value, ACTIVATIONS["gelu"].derivative),
    "by its sign": (
        lambda z: np.sign(z) * np.log1p(np.abs(z)),
        lambda z: 1 / (1 + np.abs(z)),
    ),
    "no complex loop": (special.expit, ACTIVATIONS["sigmoid"].derivative),
    "real part only": (lambda z: np.tanh(z.real), ACTIVATIONS["tanh"].derivative),
    "cast": (lambda z: np.tanh(np.asarray(z, dtype=float)), ACTIVATIONS["tanh"].derivative),
    # analytic where |z| < 5: a look at the middle alone is taken in
    "wrong far out": (
        lambda z: np.where(np.abs(z) < 5, np.sin(z), math.sin(5) * np.sign(z)),
        lambda z: np.where(np.abs(z) < 5, np.cos(z), 0.0),
    ),
}
"""Functions of which a complex step is wrong or refused: φ, φ'."""


def off(found: Array, exact: Array, unit: Array) -> float:
    """Return the worst error in units of its own; one of less than `NOTHING` is none."""
    error = np.abs(found - exact)
    return float(np.where(error > NOTHING, error / np.maximum(unit, NOTHING), 0).max())


@pytest.mark.parametrize("name", ANALYTIC)
def test_a_complex_step_is_right_to_rounding(name: str) -> None:
    value, slope, curvature = ANALYTIC[name]
    mine = own_activation(value)
    assert mine.derivative_formula == "complex step"
    unit = np.maximum(np.abs(slope(Z)), np.abs(Z * curvature(Z)))
    assert off(mine.derivative(Z), slope(Z), unit) < ROUNDINGS * EPS
    assert np.array_equal(mine.value(Z), value(Z))


@pytest.mark.parametrize("name", ["relu", "kinked", "clip"])
def test_a_complex_step_takes_the_left_derivative_at_a_kink(name: str) -> None:
    value, slope, _ = ANALYTIC[name]
    kinks = np.array([-1.0, 0.0, 1.0, 2.0])
    assert np.array_equal(own_activation(value).derivative(kinks), slope(kinks))


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_central_difference_is_right_to_ten_digits(name: str) -> None:
    value, slope = OTHERWISE[name]
    mine = own_activation(value)
    assert mine.derivative_formula == "central difference"
    apart = Z[np.abs(np.abs(Z) - 5) > NEAR]  # of the two kinks
    apart = apart[apart != 0]  # where φ'' jumps
    unit = np.maximum(1, np.abs(value(apart)))
    assert off(mine.derivative(apart), slope(apart), unit) < DIFFERENCE
    assert off(mine.derivative(np.zeros(1)), slope(np.zeros(1)), np.ones(1)) < NEAR


def test_planted_derivatives_are_rejected() -> None:
    value, slope, curvature = ANALYTIC["bump"]
    unit = np.maximum(np.abs(slope(Z)), np.abs(Z * curvature(Z)))
    h = np.cbrt(EPS)
    difference = (value(Z + h) - value(Z - h)) / (2 * h)
    assert off(difference, slope(Z), unit) > ROUNDINGS * EPS
    crude = (value(Z + h) - value(Z)) / h
    assert off(crude, slope(Z), np.ones_like(Z)) > DIFFERENCE
    # the complex step of z |z|, had it been believed
    believed = np.imag((Z + 1e-30j) * np.abs(Z + 1e-30j)) / 1e-30
    assert off(believed, 2 * np.abs(Z), np.abs(Z)) > 0.1


def test_where_the_complex_step_overflows_differences_stand_in() -> None:
    mine = own_activation(lambda z: 1 / (1 + np.exp(-z)))
    assert mine.derivative_formula == "complex step"
    z = np.linspace(-30, 30, 601)
    exact = ACTIVATIONS["sigmoid"].derivative(z)
    assert off(mine.derivative(z), exact, np.abs(z * exact) + exact) < ROUNDINGS * EPS
    assert not mine.derivative(np.array([-5000.0, -800.0, 800.0, 5000.0])).any()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_a_given_derivative_is_taken_as_it_is(kind: type[np.floating[Any]]) -> None:
    def given(z: Array) -> Any:
        return z > 0

    mine = own_activation(lambda z: np.where(z > 0, z, 0), given, name="mine", kinks=(0,))
    z = np.linspace(-2, 2, 9, dtype=kind)
    assert (mine.name, mine.formula, mine.derivative_formula) == ("mine", "mine", "given")
    assert mine.kinks == (0,)
    assert mine.derivative(z).dtype == kind
    assert np.array_equal(mine.derivative(z), z > 0)


@pytest.mark.parametrize("shape", [(), (0,), (7,), (2, 3, 4)])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("value", [bump, special.expit, lambda z: z.astype(float) * 2])
def test_shape_and_dtype_are_kept(
    value: Function, kind: type[np.floating[Any]], shape: tuple[int, ...]
) -> None:
    mine = own_activation(value)
    z: Array = np.linspace(-3, 3, math.prod(shape), dtype=kind).reshape(shape)
    for function in (mine.value, mine.derivative):
        found = function(z)
        assert found.shape == shape
        assert found.dtype == kind


def test_float32_slopes_are_the_float64_ones_rounded() -> None:
    z = np.linspace(-4, 4, 801, dtype=np.float32)
    for value in (bump, special.expit):
        mine = own_activation(value)
        assert np.array_equal(mine.derivative(z), mine.derivative(z.astype(float)).astype("f4"))


def _doubling_in_place(z: Array) -> Array:
    z *= 2
    return np.tanh(z, out=z)


def _damped_in_place(z: Array) -> Array:
    np.abs(z, out=z)
    z += 1
    return np.log(z, out=z)


@pytest.mark.parametrize(
    ("value", "slope", "tolerance"),
    [
        (_doubling_in_place, lambda z: 2 / np.cosh(2 * z) ** 2, 1e-14),
        (_damped_in_place, lambda z: np.sign(z) / (1 + np.abs(z)), DIFFERENCE),
        (lambda z: z, np.ones_like, 1e-14),
    ],
)
def test_working_in_place_does_no_harm(value: Function, slope: Function, tolerance: float) -> None:
    def given(z: Array) -> Array:
        z[...] = slope(z)
        return z

    z = np.linspace(-3, 3, 8)
    before = z.copy()
    for mine in (own_activation(value), own_activation(value, given)):
        found = mine.value(z)
        assert not np.may_share_memory(found, z)
        assert np.allclose(mine.derivative(z), slope(before), rtol=0, atol=tolerance)
        assert np.array_equal(z, before)
        assert np.array_equal(found, value(before.copy()))


def _raising(z: Array) -> Array:
    raise RuntimeError("no such\nfunction")


REFUSED: dict[str, tuple[Function, str]] = {
    "too few": (lambda z: z[:1], r"float64 of shape \(1, 2, 2\) for float64 of shape \(2, 2, 2\)"),
    "a sum": (np.sum, r"returns float64 of shape \(\)"),
    "a number": (lambda z: np.float64(1.0), r"returns float64 of shape \(\)"),
    "nothing": (lambda z: None, r"returns object of shape \(\)"),
    "whole numbers": (lambda z: np.where(z > 0, 1, 0), "returns int64 of shape"),
    "truths": (lambda z: z > 0, "returns bool of shape"),
    "complex": (lambda z: z + 1j, "returns complex128 of shape"),
    "NaN": (np.log, r"returns nan at z = -3"),
    "infinity": (lambda z: np.exp(z * 1e4), r"returns inf at z = 0\.429"),
    "softmax": (special.softmax, "returns another value for an element passed alone"),
    "two dimensions": (lambda z: z - z.mean(axis=1, keepdims=True), "raised AxisError"),
    "a random one": (
        lambda z: z * np.random.default_rng().random(z.shape),
        "returns another value for an element passed alone",
    ),
    "raises": (_raising, "raised RuntimeError: no such function"),
    "scalar": (np.frompyfunc(math.tanh, 1, 1), "returns object of shape"),
    "math": (math.tanh, "raised TypeError: only "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_function_of_a_number_is_refused_in_one_line(name: str) -> None:
    value, said = REFUSED[name]
    with pytest.raises(InputError, match=rf"^activation: expected a function .*{said}") as error:
        own_activation(value, name="mine")
    assert "\n" not in str(error.value)
    assert "mine, which " in str(error.value)


@pytest.mark.parametrize("name", ["too few", "a number", "NaN", "complex", "raises"])
def test_a_derivative_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="got the derivative of mine, which ") as error:
        own_activation(np.tanh, REFUSED[name][0], name="mine")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("how", ["given", "found"])
@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_thresholds_are_those_of_the_table(activation: Activation, how: str) -> None:
    mine = own_activation(activation.value, activation.derivative if how == "given" else None)
    for found, exact in ((mine.z_low, activation.z_low), (mine.z_high, activation.z_high)):
        if exact is None:
            assert found is None
        else:
            assert found == pytest.approx(exact, rel=0, abs=NEAR)
    # and planted: what moves a threshold is seen
    wider = own_activation(lambda z: activation.value(0.99 * z))
    if activation.z_low:
        assert wider.z_low != pytest.approx(activation.z_low, rel=0, abs=100 * NEAR)


@pytest.mark.parametrize(
    "value",
    [
        lambda z: np.maximum(z, 0) ** 2,
        lambda z: z**3,
        np.sinh,
        lambda z: z * np.log1p(np.abs(z)),
        lambda z: np.sin(7 * z),
        lambda z: 0 * z,
    ],
)
def test_without_a_maximum_or_a_tail_there_is_no_threshold(value: Function) -> None:
    mine = own_activation(value)
    assert (mine.z_low, mine.z_high) == (None, None)


def test_a_function_that_fails_far_out_keeps_its_thresholds() -> None:
    def naive_tanh(z: Array) -> Array:
        value: Array = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))  # ∞/∞ beyond 710
        return value

    tanh = ACTIVATIONS["tanh"]
    mine = own_activation(naive_tanh)
    assert mine.thresholds() == pytest.approx(tanh.thresholds(), rel=0, abs=NEAR)


def naive_softplus(z: Array) -> Array:
    """φ(z) = log(1 + e^z), inf from z = 710 on, where its slopes are nan or garbage before that."""
    value: Array = np.log(1 + np.exp(z))
    return value


def test_a_function_that_overflows_has_the_thresholds_of_its_finite_part() -> None:
    low = ACTIVATIONS["softplus"].z_low
    for slope in (None, lambda z: np.exp(z) / (1 + np.exp(z))):
        mine = own_activation(naive_softplus, slope)
        assert mine.z_low == pytest.approx(low, rel=0, abs=NEAR)
        assert mine.z_high is None
    mine = own_activation(lambda z: naive_softplus(-z) / 3)
    assert mine.z_high == pytest.approx(-(low or 0), rel=0, abs=NEAR)
    assert own_activation(np.exp).z_low is own_activation(np.exp).z_high is None


@pytest.mark.parametrize("how", ["given", "found"])
@pytest.mark.parametrize("k", [1e-3, 1e3])
@pytest.mark.parametrize("name", ["tanh", "softsign", "gelu", "selu", "hardtanh", "relu"])
def test_thresholds_rescale(name: str, k: float, how: str) -> None:
    member = ACTIVATIONS[name]
    slope = (lambda z: k * member.derivative(k * z)) if how == "given" else None
    mine = own_activation(lambda z: member.value(k * z), slope)
    for found, exact in ((mine.z_low, member.z_low), (mine.z_high, member.z_high)):
        if exact is None:
            assert found is None
        else:
            assert found is not None
            assert k * found == pytest.approx(exact, rel=0, abs=2 * NEAR)


@pytest.mark.parametrize("k", [1e-4, 1.0, 1e4])
def test_central_differences_adapt_to_the_scale(k: float) -> None:
    member = ACTIVATIONS["gelu"]  # of which no complex step is taken
    mine = own_activation(lambda z: member.value(k * z))
    assert mine.derivative_formula == "central difference"
    z = np.linspace(-6, 6, 241)
    assert np.abs(mine.derivative(z / k) / k - member.derivative(z)).max() < 1e-9


def test_a_slope_does_not_include_the_jumps() -> None:
    mine = own_activation(lambda z: np.floor(2 * np.abs(z)) + z)
    assert mine.derivative_formula == "central difference"
    assert {-1.0, -0.5, 0.5, 1.0} <= set(np.round(mine.jumps, 12).tolist())
    near = np.array([0.5 - 1e-9, 0.5, 0.5 + 1e-9, -0.5, 1 - 1e-7, 1 + 1e-7, 0.2])
    assert np.abs(mine.derivative(near) - 1).max() < 1e-9
    crude = (mine.value(near + 6e-6) - mine.value(near - 6e-6)) / 1.2e-5  # planted
    assert np.abs(crude - 1).max() > 1e4


MODULE = """
import numpy as np
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.nets.own import own_activation

def phi(z):
    return np.arctan(z)

class Family:
    @staticmethod
    def member(z):
        return np.tanh(2 * z)

ready = own_activation(phi, lambda z: 1 / (1 + z * z), name="ready")
rule = INITIALIZERS["he_normal"]
number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a module of the user's own."""
    (tmp_path / "functions_of_mine.py").write_text(MODULE, encoding="utf-8")
    (tmp_path / "broken_of_mine.py").write_text("1 / 0\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return "functions_of_mine"


def test_a_module_and_attribute_are_found(module: str) -> None:
    phi = find_activation(f"{module}:phi")
    assert phi.name == "phi"
    assert phi.derivative_formula == "complex step"
    assert np.allclose(phi.derivative(Z), 1 / (1 + Z * Z), rtol=1e-14, atol=0)
    assert find_activation(f"{module}:Family.member").name == "member"
    assert find_activation(f"{module}:ready").name == "ready"
    assert find_initializer(f"{module}:rule") is INITIALIZERS["he_normal"]
    # found twice, it is one object: its thresholds are looked for once
    assert find_activation(f"{module}:phi") is phi


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("functions_of_mine:no_such", "AttributeError: .* no attribute 'no_such'"),
        ("functions_of_mine:Family.none", "AttributeError: .* no attribute 'none'"),
        ("functions_of_mine:", "AttributeError: "),
        ("no_module_of_mine:phi", "ModuleNotFoundError: No module named 'no_module_of_mine'"),
        ("broken_of_mine:phi", "ZeroDivisionError: division by zero"),
        (":phi", "ValueError: Empty module name"),
        (".relative:phi", "TypeError: "),
    ],
)
def test_what_is_not_found_is_said_in_one_line(module: str, path: str, hint: str) -> None:
    for key, find in (("activation", find_activation), ("initializer", find_initializer)):
        said = rf'^{key}: expected module:attribute to import, got "{path}"; {hint}'
        with pytest.raises(InputError, match=said) as error:
            find(path)
        assert "\n" not in str(error.value)


def test_what_is_neither_function_nor_name_is_refused(module: str) -> None:
    for given in ("tahn", 3, None, f"{module}:number"):
        with pytest.raises(InputError, match=r"^activation: expected one of sigmoid, "):
            find_activation(given)
    for wrong in ("he_norm", 3, f"{module}:phi", np.tanh):
        with pytest.raises(InputError, match=r"^initializer: expected one of standard_uniform, "):
            find_initializer(wrong)


class Unhashable:
    """A callable that cannot be a key."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self, z: Array) -> Array:
        return np.tanh(z)


def test_objects_and_callables_are_found() -> None:
    tanh = ACTIVATIONS["tanh"]
    assert find_activation("tanh") is find_activation(tanh) is tanh
    assert find_activation(bump) is find_activation(bump)
    assert find_activation(bump).name == "bump"
    assert find_activation(lambda z: z).name == "<lambda>"
    assert find_activation(Unhashable()).name == "Unhashable"
    rule = INITIALIZERS["orthogonal"]
    assert find_initializer("orthogonal") is find_initializer(rule) is rule


def test_a_name_finds_what_it_names(module: str) -> None:
    ours = find_activation(f"{module}:phi")
    from functions_of_mine import Family, phi  # type: ignore[import-not-found]

    names = {
        name_of(given): find_activation(given)
        for given in (phi, Family.member, np.sinc, *ACTIVATIONS.values())
    }
    assert [*names][:3] == [f"{module}:phi", f"{module}:Family.member", "numpy:sinc"]
    assert [*names][3:] == [*ACTIVATIONS]
    assert all(find_activation(name) is found for name, found in names.items())
    assert find_activation(phi) is ours
    for name, rule in INITIALIZERS.items():
        assert name_of(rule) == name
        assert find_initializer(name) is rule
    assert name_of(f"{module}:phi") == f"{module}:phi"


def test_what_cannot_be_found_again_has_no_name() -> None:
    def local(z: Array) -> Array:
        return z

    mine = own_activation(bump)
    for given in (lambda z: z, local, mine, Unhashable(), np.vectorize(math.tanh)):
        assert name_of(given) is None
    ufunc = name_of(np.arctan)  # older NumPy does not say where its ufuncs live
    assert ufunc in (None, "numpy:arctan")
