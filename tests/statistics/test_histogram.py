"""Tests that no value is lost, that each lies in its bin, and that counts add up.

The rule of agreement: a finite value belongs to the bin whose left edge is the last one at or below
it (`np.searchsorted(edges, x, side="right")`), values below ``low`` to the underflow, those from
``high`` on to the overflow. That holds to the last bit: on linear and on asinh axes, for float32
and for float64, for values on an edge, next to it, and smaller than any normal number.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from saturation_lab import InputError
from saturation_lab.statistics import FLOWS, Axis, Counted, Histogram, ruler_of
from saturation_lab.statistics.tally import tally

Array = NDArray[Any]
Counter = Callable[[Array, Axis], Counted]

always = settings(derandomize=True, deadline=None, max_examples=100)


def count(x: Array, axis: Axis) -> Counted:
    return tally(x.reshape(1, -1), (axis,)).on_axes()[0]


def counted(x: Array, axis: Axis) -> Counted:
    with np.errstate(all="ignore"):  # as in `summarize`
        return count(x, axis)


# --- what is counted and on which axes ------------------------------------------------------------


def values(dtype: str) -> st.SearchStrategy[Array]:
    width: Literal[32, 64] = 32 if dtype == "float32" else 64
    anything = st.floats(width=width, allow_nan=True, allow_infinity=True, allow_subnormal=True)
    special = [0.0, -0.0, math.nan, math.inf, -math.inf, 1.0, -1.0, 0.5]
    special += [float(np.finfo(dtype).max), float(np.finfo(dtype).smallest_subnormal)]
    return hnp.arrays(
        dtype, st.integers(0, 60), elements=st.one_of(anything, st.sampled_from(special))
    )


any_values = st.sampled_from(["float32", "float64"]).flatmap(values)

ends = st.floats(min_value=-1e30, max_value=1e30, allow_nan=False)


@st.composite
def linear_axes(draw: st.DrawFn) -> Axis:
    low, bins = draw(ends), draw(st.integers(1, 300))
    narrowest = max(abs(low), 1e-30) * 1e-10
    return Axis(low=low, high=low + draw(st.floats(narrowest, 1e31)), bins=bins)


@st.composite
def asinh_axes(draw: st.DrawFn) -> Axis:
    """An axis like those of the runs: symmetric, down by some decades."""
    reach = 10.0 ** draw(st.integers(-25, 35))
    decades = draw(st.integers(1, 8))
    return Axis(low=-reach, high=reach, bins=draw(st.integers(1, 500)), scale=reach / 10.0**decades)


any_axis = st.one_of(linear_axes(), asinh_axes())


# --- nothing is lost ------------------------------------------------------------------------------


def lost(x: Array, axis: Axis, counter: Counter) -> list[str]:
    """Say which of the promises of conservation a counter breaks."""
    bins, flows = counter(x, axis)
    named = dict(zip(FLOWS, flows.tolist(), strict=True))
    finite = x[np.isfinite(x)]
    expected = {
        "all values": (int(bins.sum() + flows.sum()), x.size),
        "nan": (named["nan"], sum(math.isnan(v) for v in x.reshape(-1).tolist())),
        "plus_inf": (named["plus_inf"], sum(v == math.inf for v in x.reshape(-1).tolist())),
        "minus_inf": (named["minus_inf"], sum(v == -math.inf for v in x.reshape(-1).tolist())),
        "finite": (int(bins.sum()) + named["underflow"] + named["overflow"], finite.size),
        "bins": (bins.shape, (axis.bins,)),
        "negative": (bool((bins < 0).any() or (flows < 0).any()), False),
    }
    return [name for name, (found, wanted) in expected.items() if found != wanted]


@always
@given(x=any_values, axis=any_axis)
def test_every_value_is_counted_once(x: Array, axis: Axis) -> None:
    assert not lost(x, axis, counted)


def by_numpy(x: Array, axis: Axis) -> Counted:
    """The fault: what NumPy's histogram drops, everything beyond the axis, is gone."""
    bins, _ = np.histogram(x[np.isfinite(x)], axis.edges)
    return bins.astype(np.int64), np.zeros(5, np.int64)


def nan_as_overflow(x: Array, axis: Axis) -> Counted:
    """The fault: NaN stands with the overflow, as in some other histograms."""
    bins, flows = counted(x, axis)
    return bins, flows + np.array([0, flows[2], -flows[2], 0, 0])


@pytest.mark.parametrize("faulty", [by_numpy, nan_as_overflow])
def test_a_counter_that_loses_values_is_seen(faulty: Counter) -> None:
    x = np.array([-3.0, 0.1, 0.2, 9.0, math.nan, math.inf, -math.inf])
    axis = Axis(low=-1.0, high=1.0, bins=4)
    assert not lost(x, axis, counted)
    assert lost(x, axis, faulty)


@pytest.mark.parametrize("shape", [(0,), (3, 0, 2)])
def test_no_values_are_no_counts(shape: tuple[int, ...]) -> None:
    bins, flows = count(np.zeros(shape), Axis(low=-1.0, high=1.0, bins=3))
    assert bins.tolist() == [0, 0, 0]
    assert flows.tolist() == [0] * 5


def test_counting_leaves_the_values_alone() -> None:
    x = np.array([[math.nan, 2.0], [0.5, -7.0]])
    before = x.tobytes()
    count(x, Axis(low=-1.0, high=1.0, bins=2, scale=0.1))
    assert x.tobytes() == before


# --- each in its bin ------------------------------------------------------------------------------


def by_searching(x: Array, axis: Axis) -> tuple[list[int], int, int]:
    """Return bins, underflow and overflow of finite values by comparing each with the edges."""
    found = np.searchsorted(axis.edges, x[np.isfinite(x)].astype(np.float64), side="right")
    place = np.bincount(found, minlength=axis.bins + 2)
    return place[1:-1].tolist(), int(place[0]), int(place[-1])


def agrees(x: Array, axis: Axis, counter: Counter) -> bool:
    bins, flows = counter(x, axis)
    return by_searching(x, axis) == (bins.tolist(), int(flows[0]), int(flows[1]))


def around_edges(axis: Axis, dtype: str) -> Array:
    """Return, for every edge, the nearest values of a dtype, and both zeros' neighbourhood."""
    with np.errstate(over="ignore"):
        edges = axis.edges.astype(dtype)
    zeros = np.array([0.0, -0.0, np.finfo(dtype).tiny, np.finfo(dtype).smallest_subnormal], dtype)
    found = [edges, zeros, -zeros]
    for toward in (-np.inf, np.inf):
        near = edges
        for _ in range(3):
            near = np.nextafter(near, near.dtype.type(toward))
            found.append(near)
    return np.concatenate(found)


@always
@given(x=any_values, axis=any_axis)
def test_bins_are_those_of_searchsorted(x: Array, axis: Axis) -> None:
    assert agrees(x, axis, counted)


@always
@given(axis=any_axis, dtype=st.sampled_from(["float32", "float64"]))
def test_values_on_edges_and_next_to_them_lie_in_their_bins(axis: Axis, dtype: str) -> None:
    x = around_edges(axis, dtype)
    assert agrees(x, axis, counted)
    assert not lost(x, axis, counted)


@always
@given(
    axis=any_axis,
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_values_all_over_the_axis_lie_in_their_bins(axis: Axis, seed: int, dtype: str) -> None:
    edges = axis.edges
    place = np.random.default_rng(seed).uniform(-1, axis.bins + 1, 300)
    x = np.interp(place, np.arange(axis.bins + 1), edges)  # everywhere, and on both ends
    x = (x * np.where(place > axis.bins, 1.5, 1.0)).astype(dtype)
    assert agrees(x, axis, counted)
    inside = x[(x >= axis.low) & (x < axis.high)].astype(np.float64)
    assert counted(x, axis)[0].tolist() == np.histogram(inside, edges)[0].tolist()


HARD = {
    "far from zero": Axis(low=1.0, high=1.0 + 1e-4, bins=5000),
    "narrower than float32": Axis(low=0.1, high=0.1 + 1e-9, bins=7),
    "beyond float32": Axis(low=-1e300, high=1e300, bins=9),
    "below float32": Axis(low=-1e-300, high=1e-300, bins=9, scale=1e-308),
    "below normal numbers": Axis(low=-1e-42, high=1e-41, bins=50),
    "many bins": Axis(low=-0.3, high=0.3, bins=100_000),
    "one bin": Axis(low=-0.1, high=0.7, bins=1),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", HARD)
def test_hard_axes(name: str, dtype: str) -> None:
    axis = HARD[name]
    largest = np.array([np.finfo(dtype).max, np.finfo(dtype).min], dtype)
    with np.errstate(over="ignore"):
        spread = np.random.default_rng(0).uniform(axis.low, axis.high, 40_000).astype(dtype)
    x = np.concatenate([around_edges(axis, dtype), largest, spread])
    assert agrees(x, axis, counted)
    assert not lost(x, axis, counted)


def test_every_cell_of_float32_is_counted_right() -> None:
    """The ends of each group of 8,192 neighbours, NaN and infinities among them."""
    first = np.arange(0, 2**32, 8192, dtype=np.uint32)
    x = np.concatenate([first, first + np.uint32(1), first + np.uint32(8191)]).view(np.float32)
    for axis in (
        Axis(low=-2.3, high=2.3, bins=200),
        Axis(low=-230.0, high=230.0, bins=400, scale=2.3e-6),
    ):
        assert agrees(x, axis, counted)
        assert not lost(x, axis, counted)


def test_counting_on_two_axes_is_counting_on_each() -> None:
    axes = (
        Axis(low=-2.3, high=2.3, bins=200),
        Axis(low=-230.0, high=230.0, bins=400, scale=2.3e-6),
    )
    x = np.concatenate(
        [around_edges(axis, "float32") for axis in axes]
        + [np.array([np.nan, np.inf, -np.inf], np.float32)]
    )
    for axis, (bins, flows) in zip(axes, tally(x[None], axes).on_axes(), strict=True):
        alone = count(x, axis)
        assert bins.tolist() == alone[0].tolist()
        assert flows.tolist() == alone[1].tolist()


@pytest.mark.parametrize("dtype", [">f4", "float16", "int32"])
def test_other_numbers_are_counted_as_float64(dtype: str) -> None:
    x = np.arange(-5, 5).astype(dtype)
    assert agrees(x, Axis(low=-3.0, high=3.0, bins=6), count)


def by_multiplying(x: Array, axis: Axis) -> Counted:
    """The fault: the bin is computed, as in a plain histogram, and rounding decides at an edge."""
    place = np.clip((x - axis.low) * (axis.bins / (axis.high - axis.low)) + 1, 0, axis.bins + 1)
    counts = np.bincount(place.astype(np.int64), minlength=axis.bins + 2)
    return counts[1:-1], np.array([counts[0], counts[-1], 0, 0, 0])


def at_rounded_edges(x: Array, axis: Axis) -> Counted:
    """The fault: the edges are rounded to the nearest number of the values' dtype."""
    counts = np.bincount(
        np.searchsorted(axis.edges.astype(x.dtype), x, side="right"), minlength=axis.bins + 2
    )
    return counts[1:-1], np.array([counts[0], counts[-1], 0, 0, 0])


@pytest.mark.parametrize("faulty", [by_multiplying, at_rounded_edges])
def test_a_counter_that_rounds_is_seen(faulty: Counter) -> None:
    axis = Axis(low=-2.3, high=2.3, bins=200)
    x = around_edges(axis, "float32")
    assert agrees(x, axis, counted)
    assert not agrees(x, axis, faulty)


def test_edges_that_are_rounded_down_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    axis = Axis(low=-2.3, high=2.3, bins=200)
    x = around_edges(axis, "float32")
    assert agrees(x, axis, counted)
    monkeypatch.setattr(
        "saturation_lab.statistics.ruler._rounded_up", lambda edges, dtype: edges.astype(dtype)
    )
    ruler_of.cache_clear()
    assert not agrees(x, axis, counted)
    ruler_of.cache_clear()


def test_a_table_without_torn_cells_is_seen() -> None:
    axis = Axis(low=-2.3, high=2.3, bins=200)
    x = around_edges(axis, "float32")
    right = ruler_of((axis,), (), x.dtype)
    untorn = replace(right, ranks=np.maximum(right.ranks, ~right.ranks))
    assert (right.counts(x[None]) != untorn.counts(x[None])).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_values_on_binary_edges_belong_to_the_right(dtype: str) -> None:
    axis = Axis(low=-1.0, high=1.0, bins=64)
    assert agrees(axis.edges.astype(dtype), axis, count)
    assert agrees(np.linspace(-2, 2, 4097, dtype=dtype), axis, count)


def closed_on_the_right(x: Array, axis: Axis) -> Counted:
    """The fault: a value on an edge goes to the bin on its left."""
    bins, flows = counted(-x, replace(axis, low=-axis.high, high=-axis.low))
    return bins[::-1], flows[[1, 0, 2, 4, 3]]


def one_bin_off(x: Array, axis: Axis) -> Counted:
    bins, flows = counted(x, axis)
    return np.roll(bins, 1), flows


@pytest.mark.parametrize("faulty", [closed_on_the_right, one_bin_off])
def test_a_counter_that_is_one_edge_off_is_seen(faulty: Counter) -> None:
    axis = Axis(low=-1.0, high=1.0, bins=64)
    x = np.array([-1.0, 0.0, 0.25, 0.3])
    assert agrees(x, axis, count)
    assert not agrees(x, axis, faulty)


@pytest.mark.parametrize("decade", [-44, -42, -38, -30, 0, 30, 38])
def test_the_asinh_axis_reaches_wherever_float32_does(decade: int) -> None:
    """Zeros and the smallest values lie in the middle even where scale is below float32's reach."""
    reach = 10.0**decade
    axis = Axis(low=-reach, high=reach, bins=401, scale=reach / 1e8)
    x = np.array([0.0, 0.0, 0.3 * reach, -0.3 * reach, 0.7 * reach], dtype=np.float32)
    assert agrees(x, axis, counted)


@pytest.mark.parametrize("decade", [-300, -100, 0, 100, 300])
def test_the_asinh_axis_reaches_wherever_float64_does(decade: int) -> None:
    reach = 10.0**decade
    axis = Axis(low=-reach, high=reach, bins=401, scale=reach / 1e8)
    x = np.array([0.0, 0.0, 0.3 * reach, -0.3 * reach, 0.7 * reach])
    assert agrees(x, axis, count)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_finite_value_far_beyond_the_axis_raises_no_warning(dtype: str) -> None:
    x = np.array([np.finfo(dtype).max, np.finfo(dtype).min], dtype=dtype)
    _, flows = count(x, Axis(low=-1.0, high=1.0, bins=4, scale=1e-8))
    assert flows.tolist() == [1, 1, 0, 0, 0]


# --- edges ----------------------------------------------------------------------------------------


@always
@given(axis=any_axis)
def test_edges_increase_strictly_from_low_to_high(axis: Axis) -> None:
    edges = axis.edges
    assert edges.shape == (axis.bins + 1,)
    assert edges[0] == axis.low
    assert edges[-1] == axis.high
    assert (np.diff(edges) > 0).all()


def test_asinh_bins_are_linear_within_scale_and_logarithmic_beyond() -> None:
    axis = Axis(low=-1e4, high=1e4, bins=4000, scale=1.0)
    edges, widths = axis.edges[:-1], np.diff(axis.edges)
    inside = widths[np.abs(edges) < 0.05]
    assert inside.max() / inside.min() < 1.002  # dx = sqrt(1 + x²) d asinh x
    far = edges > 100
    relative = widths[far] / edges[far]
    assert np.ptp(relative) / relative.mean() < 1e-3


# --- merging --------------------------------------------------------------------------------------


def histogram(x: Array, axis: Axis) -> Histogram:
    """Return the histogram of two layers that show x and a part of it."""
    layers = [counted(x, axis), counted(x[::3], axis)]
    return Histogram(
        axis=axis,
        counts=np.stack([bins for bins, _ in layers]),
        flows=np.stack([flows for _, flows in layers]),
    )


def same(first: Histogram, second: Histogram) -> bool:
    return (
        first.axis == second.axis
        and np.array_equal(first.counts, second.counts)
        and np.array_equal(first.flows, second.flows)
    )


@settings(derandomize=True, deadline=None, max_examples=50)
@given(parts=st.tuples(any_values, any_values, any_values), axis=any_axis)
def test_merging_is_a_sum(parts: tuple[Array, Array, Array], axis: Axis) -> None:
    a, b, c = (histogram(x, axis) for x in parts)
    assert same((a + b) + c, a + (b + c))
    assert all(same(x + y, y + x) for x, y in permutations((a, b, c), 2))
    sizes = np.array([[x.size, x[::3].size] for x in parts]).sum(axis=0)
    assert (a + b + c).seen.tolist() == sizes.tolist()


@settings(derandomize=True, deadline=None, max_examples=50)
@given(x=values("float64"), at=st.integers(0, 60), axis=any_axis)
def test_counting_in_parts_is_counting_at_once(x: Array, at: int, axis: Axis) -> None:
    whole, left, right = (counted(part, axis) for part in (x, x[:at], x[at:]))
    assert (left[0] + right[0]).tolist() == whole[0].tolist()
    assert (left[1] + right[1]).tolist() == whole[1].tolist()


AXIS = Axis(low=-1.0, high=1.0, bins=4)


@pytest.mark.parametrize(
    "changes", [{"low": -2.0}, {"high": 1.5}, {"bins": 5}, {"scale": 0.1}], ids=str
)
def test_histograms_on_different_axes_are_not_added(changes: dict[str, Any]) -> None:
    x = np.linspace(-1, 1, 9)
    first, second = histogram(x, AXIS), histogram(x, replace(AXIS, **changes))
    for left, right in permutations((first, second)):
        with pytest.raises(InputError, match="the same axis") as refused:
            _ = left + right
        assert "\n" not in str(refused.value)


def test_histograms_of_different_depth_are_not_added() -> None:
    two = histogram(np.zeros(2), AXIS)
    one = replace(two, counts=two.counts[:1], flows=two.flows[:1])
    with pytest.raises(InputError, match="layers"):
        _ = two + one
