"""Tests that moments are correct to rounding, whatever the mean and the scale.

The references are computed in long double from the definitions, and by SciPy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from saturation_lab.statistics import (
    Likeness,
    Moments,
    example_squares,
    measure_likeness,
    measure_signal,
)

Array = NDArray[Any]
FIELDS = ("mean", "variance", "third", "fourth", "mean_square", "skewness", "kurtosis")


def central_moments(x: Array) -> Moments:
    return measure_signal(x if x.ndim == 3 else x[:, None]).moments


def likeness(x: Array) -> Likeness:
    return measure_likeness(x, measure_signal(x).example_square)


def share_of_variance_over_examples(x: Array) -> Array:
    return likeness(x).share_over_examples


def reference(x: Array) -> dict[str, list[float]]:
    """Return the moments of each row in long double."""
    rows = x.reshape(len(x), -1).astype(np.longdouble)
    mean = rows.mean(axis=1)
    centred = rows - mean[:, None]
    second, third, fourth = ((centred**k).mean(axis=1) for k in (2, 3, 4))
    found = {
        "mean": mean,
        "variance": second,
        "third": third,
        "fourth": fourth,
        "mean_square": (rows**2).mean(axis=1),
        "skewness": third / second ** np.longdouble(1.5),
        "kurtosis": fourth / second**2,
    }
    return {name: value.astype(np.float64).tolist() for name, value in found.items()}


def wrong(x: Array, moments: Callable[[Array], Moments], *, near: float) -> list[str]:
    """Name the moments that differ from the reference by more than ``near``, in units of scale."""
    measured, expected = moments(x), reference(x)
    scale = np.sqrt(expected["variance"])
    power = {"mean": 1, "variance": 2, "third": 3, "fourth": 4}
    found = []
    for name in FIELDS:
        unit = scale ** power[name] if name in power else np.maximum(1, np.abs(expected[name]))
        off = np.abs(getattr(measured, name) - expected[name])
        if not (off <= near * unit + 4e-16 * np.abs(expected[name])).all():
            found.append(name)
    return found


def skewed(shape: tuple[int, ...], dtype: str, *, mean: float = 0.0, seed: int = 0) -> Array:
    return (np.random.default_rng(seed).gamma(2.0, size=shape) + mean).astype(dtype)


@pytest.mark.parametrize(
    "shape", [(1, 1, 2), (3, 1, 7), (3, 5, 1), (4, 20, 30), (2, 100, 99), (2, 20, 5001)]
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_moments_are_those_of_long_double(shape: tuple[int, ...], dtype: str) -> None:
    assert not wrong(skewed(shape, dtype), central_moments, near=1e-12)


def test_moments_are_those_of_scipy() -> None:
    x = skewed((3, 8, 9), "float64")
    moments, rows = central_moments(x), x.reshape(3, -1)
    assert moments.variance == pytest.approx(rows.var(axis=1), rel=1e-13)
    assert moments.skewness == pytest.approx(stats.skew(rows, axis=1), rel=1e-12)
    assert moments.kurtosis == pytest.approx(stats.kurtosis(rows, axis=1, fisher=False), rel=1e-12)


def raw_moments(x: Array) -> Moments:
    """The fault: central moments by subtracting raw ones."""
    rows = x.reshape(len(x), -1).astype(np.float64)
    m, m2, m3, m4 = ((rows**k).mean(axis=1) for k in (1, 2, 3, 4))
    return Moments(
        mean=m,
        variance=np.abs(m2 - m**2),
        third=m3 - 3 * m * m2 + 2 * m**3,
        fourth=m4 - 4 * m * m3 + 6 * m**2 * m2 - 3 * m**4,
    )


def in_single_precision(x: Array) -> Moments:
    """The fault: float32 accumulators."""
    rows = x.reshape(len(x), -1).astype(np.float32)
    centred = rows - rows.mean(axis=1, keepdims=True)
    means = [(centred**k).mean(axis=1).astype(np.float64) for k in (2, 3, 4)]
    mean = rows.mean(axis=1).astype(np.float64)
    return Moments(mean=mean, variance=means[0], third=means[1], fourth=means[2])


def test_a_mean_of_1e8_keeps_the_digits() -> None:
    x = skewed((3, 10, 40), "float64", mean=1e8)
    assert not wrong(x, central_moments, near=1e-6)
    assert "variance" in wrong(x, raw_moments, near=1e-6)


def test_accumulators_are_double() -> None:
    x = skewed((2, 50, 80), "float32", mean=1e3)
    assert not wrong(x, central_moments, near=1e-9)
    assert "variance" in wrong(x, in_single_precision, near=1e-9)


def test_variance_is_about_the_mean_and_divides_by_the_count() -> None:
    moments = central_moments(np.array([[1.0, 3.0], [5.0, 5.0]]))
    assert moments.mean.tolist() == [2.0, 5.0]
    assert moments.variance.tolist() == [1.0, 0.0]
    assert moments.mean_square.tolist() == [5.0, 25.0]


@settings(derandomize=True, deadline=None, max_examples=60)
@given(exponent=st.integers(-120, 110), dtype=st.sampled_from(["float32", "float64"]))
def test_shape_does_not_depend_on_scale(exponent: int, dtype: str) -> None:
    x = skewed((1, 6, 7), dtype)
    plain, scaled = central_moments(x), central_moments(x * np.asarray(2.0**exponent, dtype))
    assert scaled.skewness == pytest.approx(plain.skewness, rel=1e-12)
    assert scaled.kurtosis == pytest.approx(plain.kurtosis, rel=1e-12)
    assert scaled.variance == pytest.approx(plain.variance * 4.0**exponent, rel=1e-12)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(
    value=st.floats(-1e30, 1e30),
    shape=st.tuples(st.integers(1, 3), st.integers(1, 9), st.integers(1, 9)),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_constants_have_no_shape(value: float, shape: tuple[int, int, int], dtype: str) -> None:
    x = np.full(shape, value, dtype=dtype)
    moments = central_moments(x)
    assert np.isnan(moments.skewness).all()
    assert np.isnan(moments.kurtosis).all()
    assert moments.mean == pytest.approx(x[:, 0, 0].astype(np.float64), rel=1e-15)


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e-7])
def test_constants_that_are_no_binary_fraction_have_no_shape(value: float) -> None:
    moments = central_moments(np.full((1, 3), value))
    assert moments.variance.tolist() == [0.0]
    assert np.isnan(moments.skewness).all()
    assert np.isnan(moments.kurtosis).all()


def test_a_network_does_not_depend_on_its_neighbours() -> None:
    x = skewed((5, 6, 7), "float32")
    x[2, 0, 0] = math.inf
    x[3, 1, 1] = math.nan
    with np.errstate(all="ignore"):
        together = central_moments(x)
        for row in range(5):
            alone = central_moments(x[row : row + 1])
            for name in FIELDS:
                first, second = getattr(together, name)[row], getattr(alone, name)[0]
                assert first.tobytes() == second.tobytes()
    assert not np.isfinite(together.mean[[2, 3]]).any()
    assert np.isnan(together.variance[[2, 3]]).all()
    assert np.isfinite(together.kurtosis[[0, 1, 4]]).all()


def test_moments_leave_the_values_alone() -> None:
    x = skewed((2, 3, 4), "float64")
    before = x.tobytes()
    central_moments(x)
    share_of_variance_over_examples(x)
    assert x.tobytes() == before


# --- how much of the spread comes from the input --------------------------------------------------


def share_by_loops(x: Array, *, ddof: int = 0, about_mean: bool = False) -> list[float]:
    """Mean over units of the variance over examples, by the mean square of all values."""
    shares = []
    for network in x.astype(np.float64).tolist():
        examples, units = len(network), len(network[0])
        variances = []
        for unit in range(units):
            column = [row[unit] for row in network]
            mean = math.fsum(column) / examples
            variances.append(math.fsum((v - mean) ** 2 for v in column) / (examples - ddof))
        everything = [v for row in network for v in row]
        centre = math.fsum(everything) / len(everything) if about_mean else 0.0
        square = math.fsum((v - centre) ** 2 for v in everything) / len(everything)
        shares.append(math.fsum(variances) / units / square)
    return shares


@pytest.mark.parametrize("shape", [(1, 2, 1), (3, 2, 5), (2, 7, 1), (4, 9, 11), (2, 20, 2001)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_share_of_variance_is_that_of_a_loop(shape: tuple[int, ...], dtype: str) -> None:
    x = skewed(shape, dtype)
    share = share_of_variance_over_examples(x)
    assert share == pytest.approx(share_by_loops(x), rel=1e-12)
    assert share != pytest.approx(share_by_loops(x, ddof=1), rel=1e-3)
    assert share != pytest.approx(share_by_loops(x, about_mean=True), rel=1e-3)


def test_share_of_variance_is_0_where_all_examples_agree_and_1_for_centred_units() -> None:
    same = np.broadcast_to(skewed((2, 1, 5), "float64"), (2, 6, 5))
    assert share_of_variance_over_examples(same) == pytest.approx([0, 0], abs=1e-28)
    x = skewed((2, 6, 5), "float64")
    x -= x.mean(axis=1, keepdims=True)
    assert share_of_variance_over_examples(x) == pytest.approx([1, 1], rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_share_of_variance_is_never_above_1(dtype: str) -> None:
    """By the law of total variance; examples that cancel exactly would exceed 1 by rounding."""
    half = skewed((300, 3, 7), dtype)
    share = share_of_variance_over_examples(np.concatenate([half, -half], axis=1))
    assert share == pytest.approx(np.ones(300), rel=1e-12)
    assert (share <= 1).all()


@pytest.mark.parametrize("networks", [1, 3])
def test_share_of_variance_is_undefined_for_one_example_and_for_zeros(networks: int) -> None:
    assert np.isnan(share_of_variance_over_examples(np.ones((networks, 1, 4)))).all()
    assert np.isnan(share_of_variance_over_examples(np.zeros((networks, 3, 4)))).all()
    assert share_of_variance_over_examples(np.zeros((networks, 1, 4))).shape == (networks,)


# --- two examples at a time, and one --------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 2, 1), (3, 2, 5), (4, 9, 11), (2, 20, 2001)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_cosine_is_the_mean_over_all_pairs(shape: tuple[int, ...], dtype: str) -> None:
    x = skewed(shape, dtype, mean=-1.0)
    signal, wide = measure_signal(x), x.astype(np.float64)
    unit = wide / np.linalg.norm(wide, axis=2, keepdims=True)
    cosines = np.matmul(unit, unit.swapaxes(1, 2))
    upper = np.triu_indices(shape[1], k=1)
    assert likeness(x).cosine == pytest.approx(
        cosines[:, *upper].mean(axis=1), rel=1e-12, abs=1e-14
    )
    squares = np.square(wide).mean(axis=2)
    assert signal.example_square == pytest.approx(squares, rel=1e-13)
    assert np.array_equal(signal.example_square, example_squares(x))


def test_the_cosine_is_undefined_for_one_example_and_for_a_zero_vector() -> None:
    x = skewed((3, 4, 5), "float64")
    x[1, 2] = 0
    assert np.isnan(likeness(x).cosine).tolist() == [False, True, False]
    assert np.isnan(likeness(x[:, :1]).cosine).all()


# --- what cancels and what overflows --------------------------------------------------------------


@pytest.mark.parametrize("value", [0.1, 1 / 3, -1e7 / 3])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_long_constant_has_no_spread_and_no_shape(value: float, dtype: str) -> None:
    moments = central_moments(np.full((1, 300, 1000), value, dtype))
    assert moments.variance.tolist() == [0.0]
    assert np.isnan([moments.skewness, moments.kurtosis]).all()


def test_vectors_too_long_to_be_measured_have_no_cosine() -> None:
    x = skewed((1, 3, 50), "float64", mean=1.0)
    exact = likeness(x).cosine
    assert likeness(1e150 * x).cosine == pytest.approx(exact)
    with np.errstate(all="ignore"):  # as in `summarize`
        assert np.isnan(likeness(1e160 * x).cosine).all()
