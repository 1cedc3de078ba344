"""The Gaussian moments of activations are right to rounding, whichever way they are computed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import ACTIVATIONS, Activation, InputError, gaussian_mean, own_activation
from saturation_lab.theory import (
    CLOSED,
    MOMENTS,
    expectation,
    gaussian,
    gaussian_curve,
    mean_square_slope,
)

Array = NDArray[np.float64]
Mean = Callable[[str, Array, str], Array]

LIMIT = 1e-12  # of E|f|
DATA = json.loads((Path(__file__).parent / "moments.json").read_text(encoding="utf-8"))
EXACT: dict[tuple[str, str], list[tuple[float, float, float]]] = defaultdict(list)
for _name, _of, *_numbers in DATA["rows"]:
    _q, _mean, _size = map(float, _numbers)
    EXACT[_name, _of].append((_q, _mean, _size))

NAMES = sorted({name for name, _ in EXACT})
BOTH_ROUTES = [(name, of) for name, forms in CLOSED.items() for of in forms]


def worst(name: str, mean: Mean) -> float:
    """Return the largest error over moments and q, as a share of E|f|."""
    errors = []
    for of in MOMENTS:
        q, exact, size = np.array(EXACT[name, of]).T
        errors.append((np.abs(mean(name, q, of) - exact) / size).max())
    return float(max(errors))


def by_quadrature(name: str, q: Array, of: str) -> Array:
    return expectation(name, q, of=of, route="quadrature").value


def by_curve(name: str, q: Array, of: str) -> Array:
    return gaussian_curve(name, of=of)(q)


def by_any(name: str, q: Array, of: str) -> Array:
    return gaussian_mean(name, q, of=of)


def by_gauss_hermite(name: str, q: Array, of: str) -> Array:
    # planted: 64 nodes, no regard for kinks nor for the scale of φ
    x, w = np.polynomial.hermite_e.hermegauss(64)
    z = np.sqrt(q)[:, None] * x
    activation = ACTIVATIONS[name]
    values = MOMENTS[of].integrand(
        np.asarray(activation.value(z)), np.asarray(activation.derivative(z)), z
    )
    mean: Array = values @ w / np.sqrt(2 * np.pi)
    return mean / q if MOMENTS[of].over_q else mean


def test_the_data_are_whole() -> None:
    assert len(NAMES) >= 15
    assert set(EXACT) == {(name, of) for name in NAMES for of in MOMENTS}
    assert {q for rows in EXACT.values() for q, _, _ in rows} == {
        1e-8, 1e-4, 1e-2, 1, 10, 100, 1e4
    }  # fmt: skip


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_moments_agree_with_brute_force(activation: Activation) -> None:
    # 4 points on each of 40,000 equal panels, also for a member that has no row in the data yet
    for q in (0.3, 9.0):
        edges = np.union1d(np.linspace(-12, 12, 40_001) * np.sqrt(q), (0, *activation.kinks))
        x, w = np.polynomial.legendre.leggauss(4)
        half = np.diff(edges)[:, None] / 2
        z = (edges[:-1, None] + half + half * x).ravel()
        weights = (half * w).ravel() * np.exp(-z * z / (2 * q)) / np.sqrt(2 * np.pi * q)
        a = np.asarray(activation.value(z), dtype=np.float64)
        s = np.asarray(activation.derivative(z), dtype=np.float64)
        for of, moment in MOMENTS.items():
            values = moment.integrand(a, s, z) / (q if moment.over_q else 1)
            size = np.abs(values) @ weights
            assert abs(gaussian_mean(activation, q, of=of) - values @ weights) <= LIMIT * size


@pytest.mark.parametrize("mean", [by_any, by_quadrature, by_curve])
@pytest.mark.parametrize("name", NAMES)
def test_moments_agree_with_mpmath(name: str, mean: Mean) -> None:
    assert worst(name, mean) <= LIMIT


@pytest.mark.parametrize("name", [name for name in NAMES if name != "identity"])
def test_a_rule_without_panels_is_seen(name: str) -> None:
    assert worst(name, by_gauss_hermite) > 1e6 * LIMIT


@pytest.mark.parametrize(("name", "of"), BOTH_ROUTES)
def test_both_routes_agree(name: str, of: str) -> None:
    q = np.geomspace(1e-8, 1e4, 97)
    exact = expectation(name, q, of=of, route="closed")
    found = expectation(name, q, of=of, route="quadrature")
    size = np.maximum(found.error / (16 * np.finfo(float).eps), np.abs(found.value))
    assert (np.abs(exact.value - found.value) <= LIMIT * size).all()
    off = expectation(name, q * (1 + 1e-9), of=of, route="closed").value  # planted
    constant = np.ptp(exact.value) == 0
    assert constant or (np.abs(off - found.value) > LIMIT * size).any()


@pytest.mark.parametrize("name", ["tanh", "softsign", "erf", "hardtanh", "sin", "identity"])
def test_odd_functions_have_mean_zero_exactly(name: str) -> None:
    q = np.geomspace(1e-8, 1e4, 25)
    for of in ("value", "product"):
        if name == "identity" and of == "product":
            continue
        assert not by_quadrature(name, q, of).any()
        assert not by_any(name, q, of).any()


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)
def test_the_slope_of_the_mean_square_is_its_slope(activation: Activation) -> None:
    q = np.geomspace(1e-2, 1e3, 11)
    step = 1e-3
    square = gaussian_curve(activation, of="square")
    near, far = (
        (square(q * (1 + h)) - square(q * (1 - h))) / (2 * h * q) for h in (step, 2 * step)
    )
    by_difference = (4 * near - far) / 3
    slope = mean_square_slope(activation, q)
    scale = square(q) / q
    assert (np.abs(slope - by_difference) <= 1e-9 * scale).all()
    assert (np.abs(1.0001 * slope - by_difference) > 1e-9 * scale).any()  # planted


def test_curves_hold_between_their_points_too() -> None:
    # five at random in each of the 20 powers of 4, which have an expansion each
    places = np.arange(100) + np.random.default_rng(5).random(100)
    q = 1e-8 * 10 ** (12 * places / 100)
    for name in ACTIVATIONS:
        for of in MOMENTS:
            exact = expectation(name, q, of=of, route="quadrature")
            size = exact.error / (16 * np.finfo(float).eps)
            assert (np.abs(by_curve(name, q, of) - exact.value) <= 1e-13 * size).all(), (name, of)


def test_a_curve_evaluates_the_function_no_more_often_for_more_variances() -> None:
    """The expansions are computed once: 40,000 variances call φ as often as 400, and less often
    than there are variances."""
    calls = []
    for count in (20, 200):
        number = 0

        def counted(z: Any) -> Any:
            nonlocal number
            number += 1
            return np.tanh(z)

        curve = gaussian_curve(own_activation(counted, name="counted"), of="square")
        q = np.geomspace(1e-8, 1e4, count**2).reshape(count, count)
        assert curve(q).shape == q.shape
        calls.append(number)
    assert calls[0] == calls[1] < 400


def test_a_kink_without_a_name_is_found_and_the_error_is_honest() -> None:
    def bent(z: Any) -> Any:
        return np.abs(z - 0.3)

    def slope(z: Any) -> Any:
        return np.sign(z - 0.3)

    named = own_activation(bent, slope, kinks=(0.3,), name="bent")
    unnamed = own_activation(bent, slope, name="bent without a word")
    q = np.geomspace(1e-4, 1e4, 9)
    for of in ("value", "fourth", "slope", "product"):
        exact, found = expectation(named, q, of=of), expectation(unnamed, q, of=of)
        off = np.abs(exact.value - found.value)
        assert (off <= exact.error + found.error).all()
        assert (found.error <= 1e-12 * np.abs(exact.value).max()).all()


def test_a_jump_hides_nowhere() -> None:
    # nor between the last node and the end of a panel, 0.3 % of it
    from scipy.special import ndtr

    def step_at(place: float) -> Activation:
        return own_activation(lambda z: np.where(z > place, 1.0, 0.0), np.zeros_like, name="step")

    places = np.random.default_rng(7).uniform(0, 3, 20).tolist()
    edges = gaussian._SHIFT * np.array([1.0, 2.0])  # of the panels
    beside = np.outer(edges, 1 + np.array([-3e-3, -3e-4, -3e-6, 3e-6, 3e-4, 3e-3])).ravel()
    for place in [*places, *beside.tolist()]:
        found = float(gaussian_mean(step_at(place), 1.0, of="value"))
        assert abs(found - ndtr(-place)) <= 1e-14


def test_an_error_too_large_to_mend_is_reported() -> None:
    ripple = own_activation(lambda z: np.sin(3e4 * z), lambda z: 3e4 * np.cos(3e4 * z))
    found = expectation(ripple, 1.0, of="square")
    assert abs(float(found.value) - 0.5) <= 3 * found.error
    assert found.error > 1e-5  # no rule of this size sees 30,000 radians; it says so


def test_the_limit_at_zero() -> None:
    assert gaussian_mean("sigmoid", 0.0, of="square") == 0.25
    assert gaussian_mean("relu", [0.0, 2.0], of="slope").tolist() == [0.5, 0.5]
    assert gaussian_mean("selu", 0.0, of="slope") == pytest.approx(
        1.0507009873554805 * 2.6732632423543772 / 2
    )
    assert gaussian_curve("tanh", of="square_slope")(0.0) == 1
    with pytest.raises(InputError, match=r"q: expected q > 0 for dE.*softplus, got 0"):
        mean_square_slope("softplus", [1.0, 0.0])


def test_an_expectation_that_diverges_is_named_with_its_q() -> None:
    def growing(z: Any) -> Any:
        return np.exp(np.square(z))

    grown = own_activation(growing, name="exp z²")
    # E exp(z²) = 1/√(1 - 2q), for q < 1/2
    q = np.array([1e-6, 0.1, 0.3, 0.45])
    assert gaussian_mean(grown, q, of="value") == pytest.approx(1 / np.sqrt(1 - 2 * q), rel=1e-12)
    with pytest.raises(InputError, match=r"finite E φ .*exp z², .* at q = 0\.5 "):
        gaussian_mean(grown, [0.1, 0.7, 0.5], of="value")
    with pytest.raises(InputError, match=r"diverges or overflows at q = 0.5"):
        gaussian_curve(grown, of="value")(0.5)


def test_an_exponential_is_right_as_far_as_a_float_reaches() -> None:
    q = np.array([1e-8, 1.0, 30.0, 400.0])
    found = gaussian_mean(np.exp, q, of="value")
    assert found == pytest.approx(np.exp(q / 2), rel=1e-12)
    with pytest.raises(InputError, match=r"exp, .*diverges or overflows at q = 1500"):
        gaussian_mean(np.exp, 1500.0, of="value")


def test_a_curve_that_does_not_settle_is_integrated() -> None:
    q = np.array([1e-3, 1.0, 90.0, 255.0])
    found = gaussian_curve(np.exp, of="value")(q)
    assert found == pytest.approx(np.exp(q / 2), rel=1e-12)

    def growing(z: Any) -> Any:
        return np.exp(np.square(z))

    # of the q that share an expansion with this one, those from 1/2 diverge
    assert gaussian_curve(growing, of="value")(0.3) == pytest.approx(0.4**-0.5, rel=1e-12)


def _activation(value: Callable[[Any], Any]) -> Activation:
    return Activation(
        name="odd one",
        value=value,
        derivative=np.ones_like,
        formula="",
        derivative_formula="",
        bounds=(-np.inf, np.inf),
        source="",
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            lambda z: z[:3],
            r"one float for each element .*odd one, which returns float64 of shape \(3,\)",
        ),
        (lambda z: z + 1j, "which returns complex128"),
        (lambda z: np.where(z > 0.4, np.nan, z), r"diverges .* not finite at \|z\| = 0\.4"),
    ],
)
def test_a_function_that_is_none_is_refused(value: Callable[[Any], Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        gaussian_mean(_activation(value), 1.0, of="value")


@pytest.mark.parametrize("q", [-1.0, [1.0, np.nan], np.inf, "wide"])
def test_what_is_no_variance_is_refused(q: Any) -> None:
    with pytest.raises(InputError, match=r"^q: expected "):
        gaussian_mean("tanh", q)


def test_other_bad_input_is_refused() -> None:
    with pytest.raises(InputError, match=r'of: expected one of .*, got "squares"; did you mean'):
        gaussian_mean("tanh", 1.0, of="squares")
    with pytest.raises(InputError, match=r'route: expected "quadrature" for E φ² of tanh'):
        expectation("tanh", 1.0, route="closed")


def test_a_users_function_of_a_members_name_is_not_taken_for_it() -> None:
    halved = own_activation(lambda z: np.maximum(z, 0) / 2, name="relu", kinks=(0.0,))
    assert gaussian_mean(halved, 1.0) == pytest.approx(0.125, rel=1e-13)
