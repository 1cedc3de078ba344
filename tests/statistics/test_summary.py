"""Tests that parts merge without loss, and that networks that overflow are counted.

Some networks explode or vanish because of their gain in a complete run of `sample`; those with NaN
in a given layer and pass are constructed by hand. Warnings are errors, as in all tests.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from saturation_lab import InputError, Result, Study, Trace, TracedLayer, sample
from saturation_lab.examples import shared_examples
from saturation_lab.nets import batch_weight_gradient
from saturation_lab.sampling import dense_trace
from saturation_lab.statistics import (
    FLOWS,
    QUANTITIES,
    SIGNALS,
    Axes,
    Axis,
    Histogram,
    Summary,
    merge,
    summarize,
)

Array = NDArray[Any]

LINEAR = Axis(low=-2.0, high=2.0, bins=8)
AXES: Axes = {signal: (LINEAR, replace(LINEAR, scale=0.1)) for signal in SIGNALS}
N, B, DEPTH = 4, 3, 3
WIDTHS = (5, 4, 6, 2)


def a_trace(
    *, output: bool = True, spoil: Sequence[tuple[int, int, str]] = (), bad: float = math.nan
) -> Trace:
    """Return N networks; ``spoil`` names (network, layer, signal) that get one bad value."""
    rng = np.random.default_rng(0)
    widths = WIDTHS if output else WIDTHS[:-1]
    below, layers = rng.normal(size=(1, B, 3)), []
    for number, width in enumerate(widths, 1):
        signals = {s: rng.normal(size=(N, B, width)) for s in SIGNALS[:3]}
        for network, layer, signal in spoil:
            if layer == number:
                signals[signal][network, 1, 0] = bad
        layers.append(
            TracedLayer(
                below=below,
                pre_activation=signals["pre_activation"],
                activation=signals["activation"],
                gradient=signals["gradient"],
                weight_variance=1.0,
                bias_variance=0.0,
                thresholds=(-1.0, 1.0),
            )
        )
        below = signals["activation"]
    top = layers.pop() if output else None
    return Trace(layers=tuple(layers), output=top)


def summary_of(trace: Trace, first: int = 0) -> Summary:
    count = len(trace.layers[0].pre_activation)
    return summarize(trace, networks=np.arange(first, first + count), axes=AXES)


def only(trace: Trace, rows: Sequence[int]) -> Trace:
    """Return some of the networks of a trace."""

    def cut(layer: TracedLayer) -> TracedLayer:
        below = layer.below if len(layer.below) == 1 else layer.below[rows]
        return replace(
            layer,
            below=below,
            pre_activation=layer.pre_activation[rows],
            activation=layer.activation[rows],
            gradient=layer.gradient[rows],
        )

    output = None if trace.output is None else cut(trace.output)
    return Trace(layers=tuple(map(cut, trace.layers)), output=output)


def parts_of(trace: Trace) -> list[Summary]:
    """Return one summary a network."""
    return [summary_of(only(trace, [row]), first=row) for row in range(N)]


def same(first: Summary, second: Summary) -> bool:
    rows = (
        "networks", "values", "conditional", "first_bad_layer", "bad_going_up",
        "first_faint_layer", "faint_going_up",
    )  # fmt: skip
    return all(
        getattr(first, name).tobytes() == getattr(second, name).tobytes() for name in rows
    ) and all(
        old.axis == new.axis
        and np.array_equal(old.counts, new.counts)
        and np.array_equal(old.flows, new.flows)
        for signal, pair in first.histograms.items()
        for old, new in zip(pair, second.histograms[signal], strict=True)
    )


# --- merging --------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", [False, True])
def test_merging_is_free_of_order_and_grouping(output: bool) -> None:
    trace = a_trace(output=output, spoil=[(2, 2, "gradient")])
    whole = summary_of(trace)
    parts = parts_of(trace)
    for shuffled in permutations(parts):
        assert same(whole, merge(shuffled))
    assert same(whole, merge([merge(parts[2:]), merge(parts[:2])]))
    assert same(whole, merge(part for part in parts))
    assert not same(whole, merge(parts[1:]))


def test_a_network_in_two_parts_is_refused() -> None:
    parts = parts_of(a_trace())
    with pytest.raises(InputError, match="networks: expected each network in one part only"):
        merge([*parts, parts[1]])


def test_parts_on_different_axes_are_refused() -> None:
    trace = a_trace()
    wider = {**AXES, "gradient": (replace(LINEAR, high=3.0), AXES["gradient"][1])}
    other = summarize(trace, networks=np.arange(N, 2 * N), axes=wider)
    with pytest.raises(InputError, match="the same axis"):
        merge([summary_of(trace), other])


def test_shapes_and_counts_are_those_of_the_trace() -> None:
    summary = summary_of(a_trace())
    assert summary.values.shape == (N, len(WIDTHS), len(QUANTITIES))
    assert summary.conditional.shape == (N, len(WIDTHS), B)
    assert summary.values.dtype == summary.conditional.dtype == np.float64
    for signal in SIGNALS[:3]:
        for found in summary.histograms[signal]:
            assert found.seen.tolist() == [N * B * width for width in WIDTHS]
    for found in summary.histograms["weight_gradient"]:
        assert found.seen.tolist() == [N * 3 * 5, N * 5 * 4, N * 4 * 6, N * 6 * 2]


# --- which layer, which pass ----------------------------------------------------------------------

Spoil = list[tuple[int, int, str]]

FIRST: dict[str, tuple[Spoil, int, bool]] = {
    "nowhere": ([], 0, False),
    "first z": ([(1, 1, "pre_activation")], 1, True),
    "last hidden z": ([(1, 3, "pre_activation")], 3, True),
    "output z": ([(1, 4, "pre_activation")], 4, True),
    "an activation": ([(1, 2, "activation")], 2, True),
    "output activation": ([(1, 4, "activation")], 4, True),
    "top gradient": ([(1, 4, "gradient")], 4, False),
    "a hidden gradient": ([(1, 2, "gradient")], 2, False),
    "lowest gradient": ([(1, 1, "gradient")], 1, False),
    "forward comes first": ([(1, 1, "gradient"), (1, 3, "pre_activation")], 3, True),
    "going up, the lower": ([(1, 3, "activation"), (1, 2, "pre_activation")], 2, True),
    "going down, the upper": ([(1, 1, "gradient"), (1, 3, "gradient")], 3, False),
    "same layer": ([(1, 2, "gradient"), (1, 2, "activation")], 2, True),
}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf], ids=str)
@pytest.mark.parametrize(("spoil", "layer", "up"), FIRST.values(), ids=FIRST.keys())
def test_the_first_bad_layer_is_named_in_the_right_pass(
    spoil: Spoil, layer: int, up: bool, bad: float
) -> None:
    summary = summary_of(a_trace(spoil=spoil, bad=bad))
    assert summary.first_bad_layer.tolist() == [0, layer, 0, 0]
    assert summary.bad_going_up.tolist() == [False, up, False, False]
    assert summary.overflowed == (1 if layer else 0)
    whole = a_result(summary).overflows()
    name = "output" if layer == 4 else layer
    expected = {"network": 1, "layer": name, "pass": "forward" if up else "backward"}
    assert whole == ([expected] if layer else [])


def test_each_network_has_a_first_bad_layer_of_its_own() -> None:
    spoil = [(0, 4, "gradient"), (1, 2, "pre_activation"), (3, 1, "gradient")]
    summary = summary_of(a_trace(spoil=spoil))
    assert summary.first_bad_layer.tolist() == [4, 2, 0, 1]
    assert summary.bad_going_up.tolist() == [False, True, False, False]
    assert summary.overflowed == 3


def test_a_weight_gradient_that_overflows_alone_is_counted() -> None:
    """delta and a are finite in float32, their product is not: no estimate, so it must count."""
    ones = np.ones((2, 2, 3), dtype=np.float32)
    huge = ones * np.array([1.0, 1e25], dtype=np.float32)[:, None, None]
    layers = [
        TracedLayer(
            below=below,
            pre_activation=ones,
            activation=huge,
            gradient=huge,
            weight_variance=1.0,
            bias_variance=0.0,
        )
        for below in (ones, huge)
    ]
    summary = summary_of(Trace(layers=tuple(layers)))
    measured = summary.values[:, 1, list(QUANTITIES).index("batch_weight_gradient_mean_square")]
    assert np.isfinite(measured).tolist() == [True, False]
    assert summary.first_bad_layer.tolist() == [0, 2]
    assert not summary.bad_going_up.any()


# --- estimates of networks that overflow ----------------------------------------------------------


def a_result(summary: Summary) -> Result:
    study = Study(
        activation="tanh",
        initializer="glorot_uniform",
        widths=WIDTHS[:DEPTH],
        examples=B,
        networks=len(summary.networks),
    )
    return Result(origin=study.resolved(), summary=summary)


def plain(result: Result) -> dict[str, Any]:
    """Return the JSON of a result, read back; NaN is refused."""
    data: dict[str, Any] = json.loads(json.dumps(result.to_json(), allow_nan=False))
    return data


@pytest.mark.parametrize("bad", [math.nan, math.inf], ids=str)
def test_what_a_bad_value_touches_has_no_estimate(bad: float) -> None:
    signals = ("pre_activation", "activation", "gradient")
    spoil = [(1, 2, signal) for signal in signals]
    spoiled = plain(a_result(summary_of(a_trace(spoil=spoil, bad=bad))))
    sound = plain(a_result(summary_of(a_trace())))
    assert spoiled["overflowed"] == 1
    assert spoiled["layers"][0] == sound["layers"][0]
    traced = [name for name in QUANTITIES if not name.startswith("singular_value")]
    for name in set(traced) - {"conditional_mean_square"}:
        entry = spoiled["layers"][1][name]
        assert [entry[key] for key in ("estimate", "se", "low", "high")] == [None] * 4, name
    assert spoiled["layers"][1]["conditional_mean_square"]["estimate"] is not None
    for name in traced:
        assert sound["layers"][1][name]["estimate"] is not None, name


SOME_EXPLODE = Study(
    activation="relu",
    initializer="he_normal",
    widths=(6,) * 5,
    inputs="gaussian",
    examples=3,
    gain=6.4e7,
    networks=9,
    seed=1,
    dtype="float32",
)
"""Three of the nine networks overflow in layer 5."""


def test_the_median_is_given_where_a_few_networks_overflow() -> None:
    """A network that overflowed is larger than every number, and the median is that of all nine."""
    result = sample(SOME_EXPLODE, workers=1)
    assert result.summary.overflowed == 3
    assert set(result.summary.first_bad_layer.tolist()) == {0, 5}
    layer = plain(result)["layers"][4]
    for name in ("pre_activation_mean_square", "pre_activation_variance", "activation_mean_square"):
        values = result.values(name, 5)
        expected = np.median(np.where(np.isfinite(values), values, math.inf))
        assert layer[name]["estimate"] is None
        assert layer[name]["median"] == pytest.approx(float(expected), rel=1e-12), name


def test_an_overflow_moves_the_median_of_a_signed_number_to_neither_side() -> None:
    """Only magnitudes of an overflowed network are known to be large: turn the signs and see."""
    summary = summary_of(a_trace(spoil=[(1, 2, "pre_activation")]))
    turned = replace(summary, values=-summary.values)
    for name in ("pre_activation_mean", "pre_activation_skewness"):
        median, opposite = (
            plain(a_result(s))["layers"][1][name]["median"] for s in (summary, turned)
        )
        assert opposite == (None if median is None else -median), name


def test_where_most_networks_overflow_there_is_no_median() -> None:
    result = sample(replace(SOME_EXPLODE, gain=1e9), workers=1)
    assert result.summary.overflowed == 9
    entry = plain(result)["layers"][4]["pre_activation_mean_square"]
    unknown = ("estimate", "se", "low", "high", "median", "spread_5", "spread_95")
    assert entry == {**dict.fromkeys(unknown), "basis": "none"}


def test_finite_numbers_near_the_largest_raise_no_warning() -> None:
    summary = summary_of(a_trace())
    largest = np.finfo(np.float64).max
    values = np.full_like(summary.values, largest)
    result = a_result(replace(summary, values=values))
    assert plain(result)["layers"][0]["pre_activation_mean"]["low"] is None
    values[::2] *= -1
    assert plain(result)["layers"][0]["pre_activation_mean"]["low"] is None
    result.profile()


# --- exploding and vanishing networks, all the way ------------------------------------------------


def one_after_another(trace: Trace, row: int) -> Iterator[tuple[int, bool, Array]]:
    """Yield (layer, forward, values) of a network in the order of computing."""
    layers = [*trace.layers, *([] if trace.output is None else [trace.output])]
    for number, layer in enumerate(layers, 1):
        yield number, True, layer.pre_activation[row]
        yield number, True, layer.activation[row]
    for number, layer in reversed(list(enumerate(layers, 1))):
        below = layer.below[row if len(layer.below) > 1 else 0]
        yield number, False, layer.gradient[row]
        with np.errstate(all="ignore"):
            yield number, False, batch_weight_gradient(layer.gradient[row], below)


def first_bad(study: Study) -> list[tuple[int, bool]]:
    """Return (layer, forward) where each network first is not finite, (0, False) if never."""
    trace = dense_trace(study, range(study.networks), shared_examples(study))
    found = []
    for row in range(study.networks):
        steps = one_after_another(trace, row)
        bad = ((layer, up) for layer, up, x in steps if not np.isfinite(x).all())
        found.append(next(bad, (0, False)))
    return found


def check_everything(study: Study) -> Result:
    """Sample a study and hold its counts, overflows, tables and JSON to the promises."""
    result = sample(study, workers=1)
    summary, layers = result.summary, result.study.architecture.layers
    for signal, pair in summary.histograms.items():
        for found in pair:
            sizes = [
                layer.fan_in * layer.fan_out
                if signal == "weight_gradient"
                else study.examples * layer.fan_out
                for layer in layers
            ]
            assert found.seen.tolist() == [study.networks * size for size in sizes]
    marked = zip(summary.first_bad_layer.tolist(), summary.bad_going_up.tolist(), strict=True)
    assert list(marked) == first_bad(result.study)
    data = plain(result)
    assert data["overflowed"] == summary.overflowed == len(data["overflows"])
    assert len(result.per_network()) == study.networks * len(study.widths) * len(QUANTITIES)
    assert len(result.profile()) == len(study.widths) * len(QUANTITIES)
    for kind in ("linear", "asinh"):
        assert (result.histogram(kind)["count"] >= 0).all()
    return result


def extreme(gain: float, **changes: Any) -> Study:
    study = Study(
        activation="identity",
        initializer="he_normal",
        widths=(4,) * 6,
        inputs="gaussian",
        examples=3,
        networks=3,
        gain=gain,
        dtype="float32",
    )
    return replace(study, **changes)


@settings(derandomize=True, deadline=None, max_examples=15)
@given(
    exponent=st.floats(-60, 60),
    activation=st.sampled_from(["identity", "relu", "tanh", "silu", "softsign", "sigmoid"]),
    inputs=st.sampled_from(["gaussian", "digits"]),
)
def test_any_gain_conserves_counts_in_float32(
    exponent: float, activation: str, inputs: str
) -> None:
    check_everything(extreme(10.0**exponent, activation=activation, inputs=inputs))


@settings(derandomize=True, deadline=None, max_examples=15)
@given(
    exponent=st.floats(-150, 150),
    activation=st.sampled_from(["identity", "relu", "tanh", "silu"]),
)
def test_any_gain_conserves_counts_in_float64(exponent: float, activation: str) -> None:
    check_everything(extreme(10.0**exponent, activation=activation, dtype="float64"))


CORNERS: dict[str, Study] = {
    "float32 gradients below the smallest normal number": extreme(3e-7),
    "float32 gradients among the smallest numbers": extreme(5e-8),
    "float32 all gone": extreme(1e-30),
    "float32 weights gone": extreme(1e-60),
    "float32 near the largest number": extreme(3e6),
    "float32 weights infinite": extreme(1e60),
    "float64 signals among the smallest numbers": extreme(7e-54, dtype="float64"),
    "float64 weight gradients at the smallest number": extreme(2e-65, dtype="float64"),
    "float64 weight gradients among the smallest numbers": extreme(1e-64, dtype="float64"),
    "float64 all gone": extreme(1e-150, dtype="float64"),
    "float64 near the largest number": extreme(1e51, dtype="float64"),
    "float64 overflow": extreme(1e53, dtype="float64"),
    "gain beyond the root of the largest number": extreme(1e200, dtype="float64"),
    "gain beyond float32": extreme(1e300),
    "dead and tiny": extreme(1e-7, activation="relu", inputs="digits"),
    "softmax of huge logits": extreme(1e3, activation="relu", inputs="digits", widths=(4,) * 9),
}


@pytest.mark.parametrize("study", CORNERS.values(), ids=CORNERS.keys())
def test_corners_of_the_number_line(study: Study) -> None:
    check_everything(study)


def test_vanishing_networks_are_not_overflows() -> None:
    result = check_everything(extreme(1e-12))
    assert result.summary.overflowed == 0
    assert result.values("pre_activation_mean_square", 6).max() < 1e-80
    found = result.summary.histograms["pre_activation"][0]
    middle = found.axis.bins // 2
    assert found.counts[5, middle - 1 : middle + 1].sum() == found.seen[5]


def test_an_output_layer_that_overflows_alone_is_named() -> None:
    study = replace(SOME_EXPLODE, inputs="digits", gain=5.88e6)
    result = check_everything(study)
    assert {entry["layer"] for entry in result.overflows()} == {"output"}
    assert {entry["pass"] for entry in result.overflows()} == {"forward"}


# --- planted faults -------------------------------------------------------------------------------


def lossy(found: Histogram) -> Histogram:
    """The fault: what is not finite is dropped."""
    flows = found.flows.copy()
    flows[:, [FLOWS.index(name) for name in ("nan", "minus_inf", "plus_inf")]] = 0
    return replace(found, flows=flows)


def test_dropping_what_is_not_finite_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(trace: Trace, **options: Any) -> Summary:
        summary = summarize(trace, **options)
        histograms = {s: (lossy(a), lossy(b)) for s, (a, b) in summary.histograms.items()}
        return replace(summary, histograms=histograms)

    study = extreme(1e8)
    check_everything(study)
    monkeypatch.setattr("saturation_lab.sampling.run.summarize", faulty)
    with pytest.raises(AssertionError):
        check_everything(study)


@pytest.mark.parametrize("fault", ["one layer off", "other pass", "forgotten"])
def test_a_wrong_first_bad_layer_is_seen(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(trace: Trace, **options: Any) -> Summary:
        summary = summarize(trace, **options)
        bad, up = summary.first_bad_layer, summary.bad_going_up
        if fault == "one layer off":
            return replace(summary, first_bad_layer=bad - (bad > 0))
        if fault == "other pass":
            return replace(summary, bad_going_up=up ^ (bad > 0))
        return replace(summary, first_bad_layer=np.zeros_like(bad))

    monkeypatch.setattr("saturation_lab.sampling.run.summarize", faulty)
    with pytest.raises(AssertionError):
        check_everything(extreme(1e8))
