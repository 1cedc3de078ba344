"""Tests that a dense trace is what the study says, and that axes follow their rule."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saturation_lab import ACTIVATIONS, InputError, Study, Trace, sample
from saturation_lab.examples import shared_examples
from saturation_lab.sampling import PILOTS, SAMPLERS, axes_of, dense_trace, with_ranges
from saturation_lab.statistics import SIGNALS

DIGITS = Study(
    activation="tanh",
    initializer="glorot_uniform",
    widths=(6, 3, 5),
    inputs="digits",
    examples=4,
    dtype="float64",
    seed=2,
)
GAUSSIAN = replace(DIGITS, inputs="gaussian", features=7)


def trace_of(study: Study, networks: list[int]) -> Trace:
    full = study.resolved()
    return dense_trace(full, networks, shared_examples(full))


# --- K --------------------------------------------------------------------------------------------

VARIANCES = {
    "standard_uniform": lambda n, m: 1 / (3 * n),
    "glorot_uniform": lambda n, m: 2 / (n + m),
    "glorot_normal": lambda n, m: 2 / (n + m),
    "he_uniform": lambda n, m: 2 / n,
    "he_normal": lambda n, m: 2 / n,
    "lecture_uniform": lambda n, m: 2 / (n + m),
    "lecture_normal": lambda n, m: 2 / (n + m),
    "lecture_forward_normal": lambda n, m: 1 / n,
    "lecture_backward_normal": lambda n, m: 1 / m,
    "pytorch_default": lambda n, m: 1 / (3 * n),
}
"""Var w of each rule for tanh, fan-in n, fan-out m, from the papers and the lecture."""

BIAS_VARIANCES: dict[str, tuple[float | None, Any]] = {
    "zero": (None, lambda n: 0.0),
    "normal": (0.3, lambda n: 0.09),
    "uniform": (0.3, lambda n: 0.03),
    "pytorch_default": (None, lambda n: 1 / (3 * n)),
}


def wrong_k(study: Study, trace: Trace) -> list[int]:
    """Return the layers whose K is not σ_w² mean(a²) + σ_b² for some network and example."""
    _, bias_variance = BIAS_VARIANCES[study.resolved_bias]
    inputs = study.architecture.input_width
    classes = [] if trace.output is None else [10]
    sizes = [inputs, *study.widths, *classes]
    found = []
    for number, layer in enumerate(trace.every_layer):
        n, m = sizes[number], sizes[number + 1]
        below = np.broadcast_to(layer.below, (len(layer.pre_activation), study.examples, n))
        sigma_w = n * VARIANCES[study.architecture.initializer.name](n, m)
        for (network, example), k in np.ndenumerate(layer.conditional_mean_square):
            a = below[network, example].tolist()
            expected = sigma_w * math.fsum(v * v for v in a) / n + bias_variance(n)
            if not math.isclose(k, expected, rel_tol=1e-10):
                found.append(number + 1)
                break
    return found


@pytest.mark.parametrize("initializer", VARIANCES)
@pytest.mark.parametrize("bias", BIAS_VARIANCES)
@pytest.mark.parametrize("base", [DIGITS, GAUSSIAN], ids=["digits", "gaussian"])
def test_k_is_that_of_the_initializer(initializer: str, bias: str, base: Study) -> None:
    scale, _ = BIAS_VARIANCES[bias]
    study = replace(base, initializer=initializer, bias=bias, bias_scale=scale)
    trace = trace_of(study, [0, 1])
    assert not wrong_k(study, trace)


def test_a_gain_multiplies_the_variance_by_its_square() -> None:
    one, two = (trace_of(replace(DIGITS, gain=gain), [3]) for gain in (1.0, 2.0))
    for first, second in zip(one.every_layer, two.every_layer, strict=True):
        assert second.weight_variance == pytest.approx(4 * first.weight_variance, rel=1e-14)


@pytest.mark.parametrize("fault", ["gain", "fans", "bias", "layer"])
def test_a_wrong_k_is_seen(fault: str) -> None:
    study = replace(DIGITS, initializer="he_normal", bias="normal", bias_scale=0.3)
    trace = trace_of(study, [0, 1])
    layers = list(trace.layers)
    layer = layers[1]
    layers[1] = {
        "gain": replace(layer, weight_variance=layer.weight_variance * 1.01**2),
        "fans": replace(layer, weight_variance=layer.weight_variance * 6 / 3),
        "bias": replace(layer, bias_variance=0.0),
        "layer": replace(layer, weight_variance=2.0, below=np.roll(layer.below, 1, axis=1)),
    }[fault]
    assert not wrong_k(study, trace)
    if fault == "layer":  # the examples change places: no more than K for each example can show it
        assert wrong_k(study, replace(trace, layers=tuple(layers))) == []
        k = layers[1].conditional_mean_square
        assert not np.allclose(k, layer.conditional_mean_square)
        return
    assert wrong_k(study, replace(trace, layers=tuple(layers))) == [2]


# --- layers and inputs ----------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_there_is_an_output_layer_with_labels_only(sampler: str) -> None:
    def shown(study: Study) -> Trace:
        full = replace(study, initializer="glorot_normal").resolved()
        return SAMPLERS[sampler](full, [0, 5], shared_examples(full))

    labelled = shown(DIGITS)
    assert labelled.output is not None
    assert labelled.output.pre_activation.shape == (2, 4, 10)
    assert labelled.output.thresholds == (-math.inf, math.inf)
    for study in (GAUSSIAN, replace(DIGITS, loss="random_cotangent")):
        assert shown(study).output is None
    for trace in (labelled, shown(GAUSSIAN)):
        shapes = [layer.pre_activation.shape for layer in trace.layers]
        assert shapes == [(2, 4, width) for width in DIGITS.widths]
        assert all(layer.thresholds == DIGITS.thresholds for layer in trace.layers)


def test_the_output_layer_is_softmax_and_its_gradient_less_one_at_the_label() -> None:
    trace = trace_of(DIGITS, [0, 1])
    shared = shared_examples(DIGITS.resolved())
    assert trace.output is not None
    assert shared is not None
    assert shared.labels is not None
    for network in range(2):
        for example, label in enumerate(shared.labels.tolist()):
            z = trace.output.pre_activation[network, example].tolist()
            total = math.fsum(math.exp(v) for v in z)
            p = [math.exp(v) / total for v in z]
            assert trace.output.activation[network, example] == pytest.approx(p, rel=1e-12)
            p[label] -= 1
            assert trace.output.gradient[network, example] == pytest.approx(p, rel=1e-12)


@pytest.mark.parametrize("base", [DIGITS, GAUSSIAN], ids=["digits", "gaussian"])
def test_shared_inputs_are_the_same_for_all_and_fresh_ones_differ(base: Study) -> None:
    full = base.resolved()
    shared = shared_examples(full)
    assert shared is not None
    for networks in ([0], [7, 8, 9]):
        below = trace_of(base, networks).layers[0].below
        assert below.shape == (1, 4, full.features)
        assert np.array_equal(below[0], shared.x)
    fresh = replace(base, fresh_inputs=True)
    assert shared_examples(fresh.resolved()) is None
    below = trace_of(fresh, [7, 8, 9]).layers[0].below
    assert below.shape == (3, 4, full.features)
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert not np.array_equal(below[first], below[second])
    assert np.array_equal(below[1], trace_of(fresh, [8]).layers[0].below[0])


def test_fresh_labels_go_with_fresh_inputs() -> None:
    """delta_out is p - onehot(label): its negative entry shows the label of each example."""
    trace = trace_of(replace(DIGITS, fresh_inputs=True, examples=20), [0, 1, 2])
    assert trace.output is not None
    labels = trace.output.gradient.argmin(axis=-1)
    assert (labels[0] != labels[1]).any()
    assert (labels[0] != labels[2]).any()
    shared = trace_of(replace(DIGITS, examples=20), [0, 1, 2]).output
    assert shared is not None
    same = shared.gradient.argmin(axis=-1)
    assert (same[0] == same[1]).all()


def test_a_trace_is_of_the_studys_dtype() -> None:
    for dtype in ("float32", "float64"):
        for base in (DIGITS, GAUSSIAN):
            for layer in trace_of(replace(base, dtype=dtype), [0]).every_layer:
                assert {layer.signal(s).dtype for s in SIGNALS} == {np.dtype(dtype)}
                assert layer.below.dtype == np.dtype(dtype)


# --- singular values ------------------------------------------------------------------------------


def test_singular_values_are_of_this_networks_own_weights_and_slopes() -> None:
    study = replace(DIGITS, singular_values=2, examples=5, dtype="float64")
    trace = trace_of(study, [0, 1, 3])
    activation = study.architecture.activation
    for layer in trace.layers:
        assert layer.jacobians is not None
        again = np.matmul(layer.below, layer.jacobians.weights.swapaxes(1, 2))
        assert again == pytest.approx(layer.pre_activation, rel=1e-12, abs=1e-12)
        assert np.array_equal(layer.jacobians.slopes, activation.derivative(layer.pre_activation))
    assert trace.output is not None
    assert trace.output.jacobians is None


def test_each_network_decomposes_the_next_examples() -> None:
    (first, *_) = trace_of(replace(DIGITS, singular_values=2, examples=5), [0, 1, 2, 3]).layers
    assert first.jacobians is not None
    assert first.jacobians.examples.tolist() == [[0, 1], [2, 3], [4, 0], [1, 2]]


def test_singular_values_of_square_normal_weights_fill_a_quarter_circle() -> None:
    """Var w = 1/n and φ' = 1: mean 8/(3π), largest 2, root mean square 1 as n grows."""
    study = replace(
        GAUSSIAN, activation="identity", initializer="lecun_normal", gain=1.0, widths=(256, 256),
        features=256, bias=None, bias_scale=None, singular_values=1, networks=3,
    )  # fmt: skip
    result = sample(study, workers=1)
    for layer in (1, 2):
        means = {
            name: result.values(f"singular_value_{name}", layer).mean()
            for name in ("mean", "rms", "max")
        }
        # finite width: O(1/n) in the mean, O(n^(-2/3)) in the largest
        assert means == pytest.approx({"mean": 8 / (3 * math.pi), "rms": 1, "max": 2}, rel=0.03)
    linear, _ = result.summary.histograms["singular_value"]
    assert linear.axis.low == 0
    assert linear.seen.tolist() == [3 * 256, 3 * 256]


@pytest.mark.parametrize(
    "change",
    [{"ranges": {"singular_value": (0.0, 2.0)}}, {"singular_values": 5}, {"singular_values": -1}],
    ids=str,
)
def test_singular_values_beyond_the_examples_or_unasked_for_are_refused(
    change: dict[str, Any],
) -> None:
    with pytest.raises(InputError, match="singular_value"):
        replace(DIGITS, **change)


# --- axes by rule ---------------------------------------------------------------------------------


def pilot_reach(study: Study, signal: str) -> float:
    """Return the 99.9 % quantile of |values| of the widest layer of the pilots."""
    full = study.resolved()
    shared = shared_examples(full)
    quantiles = []
    for pilot in range(PILOTS):
        trace = dense_trace(full, [pilot], shared, pilot=True)
        for layer in trace.layers:
            values = np.sort(np.abs(layer.signal(signal)).reshape(-1))
            quantiles.append(float(np.quantile(values, 0.999)))
    return max(quantiles)


def two_digits(x: float) -> bool:
    return x == float(f"{x:.2g}")


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("base", [DIGITS, GAUSSIAN], ids=["digits", "gaussian"])
def test_ranges_are_bounds_where_there_are_some_and_symmetric_elsewhere(
    activation: str, base: Study
) -> None:
    study = replace(base, activation=activation, gain=1.0)
    ranges = with_ranges(study).ranges
    assert list(ranges) == list(SIGNALS)
    for signal, (low, high) in ranges.items():
        reach = pilot_reach(study, signal)
        bounds = ACTIVATIONS[activation].bounds if signal == "activation" else (-math.inf, math.inf)
        for end, bound, sign in ((low, bounds[0], -1), (high, bounds[1], 1)):
            if math.isfinite(bound):
                assert sign * (end - bound) == pytest.approx(1e-6, rel=1e-3, abs=1e-15)
                continue
            assert two_digits(end)
            assert reach * (1 - 1e-12) <= sign * end <= reach * 1.11
        if not any(map(math.isfinite, bounds)):
            assert low == -high


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_no_value_of_an_activation_lies_beyond_its_bounds(activation: str, dtype: str) -> None:
    """Not by rounding either: SiLU in float32 goes below its minimum."""
    study = replace(DIGITS, activation=activation, gain=1.0, dtype=dtype)
    low, high = with_ranges(study).ranges["activation"]
    a = ACTIVATIONS[activation].value(np.linspace(-40, 40, 800_001).astype(dtype))
    least, largest = ACTIVATIONS[activation].bounds
    assert math.isinf(least) or a.min() >= low
    assert math.isinf(largest) or a.max() < high


def test_values_on_the_bounds_lie_inside() -> None:
    study = replace(DIGITS, gain=1e4, dtype="float32", networks=3)
    found = sample(study, workers=1).summary.histograms["activation"][0]
    assert not found.flows[:3].any()
    assert found.counts[:3, [0, -1]].sum() > 0.9 * found.seen[:3].sum()


def test_pilots_do_not_depend_on_how_many_networks_there_are() -> None:
    one, many = (with_ranges(replace(DIGITS, networks=r)).ranges for r in (1, 10_000))
    assert one == many
    assert with_ranges(replace(DIGITS, seed=3)).ranges != one


def test_ranges_do_not_see_the_networks_themselves() -> None:
    """The pilots are other networks: the widest value of the networks is not in the ranges."""
    reach = pilot_reach(DIGITS, "pre_activation")
    full = DIGITS.resolved()
    own = [dense_trace(full, [i], shared_examples(full)).layers for i in range(PILOTS)]
    of_networks = max(
        float(np.quantile(np.abs(layer.pre_activation), 0.999)) for ls in own for layer in ls
    )
    assert of_networks != reach


def test_several_studies_get_one_axis_that_serves_them_all() -> None:
    others = [
        replace(DIGITS, initializer="he_normal"),
        replace(DIGITS, initializer="standard_uniform"),
        replace(DIGITS, activation="sigmoid", gain=3.0),
    ]
    studies = [DIGITS, *others]
    common = with_ranges(*studies).ranges
    alone = [with_ranges(study).ranges for study in studies]
    for signal in SIGNALS:
        assert common[signal] == (
            min(ranges[signal][0] for ranges in alone),
            max(ranges[signal][1] for ranges in alone),
        )
    for turned in range(1, len(studies)):
        shuffled = studies[turned:] + studies[:turned]
        assert with_ranges(*shuffled).ranges == common
        assert with_ranges(*shuffled) == replace(shuffled[0].resolved(), ranges=common)


def test_ranges_that_are_named_are_kept() -> None:
    named = {"gradient": (-0.25, 0.125), "activation": (-3.0, 0.5)}
    open_ones = with_ranges(DIGITS).ranges
    ranges = with_ranges(replace(DIGITS, ranges=named)).ranges
    assert {signal: ranges[signal] for signal in named} == named
    for signal in set(SIGNALS) - set(named):
        assert ranges[signal] == open_ones[signal]
    every = {signal: (-1.0, float(i)) for i, signal in enumerate(SIGNALS)}
    assert with_ranges(replace(DIGITS, ranges=every)).ranges == every
    result = sample(replace(DIGITS, ranges=named, networks=2), workers=1)
    assert result.summary.histograms["gradient"][0].axis.low == -0.25
    assert result.summary.histograms["gradient"][0].axis.high == 0.125


def test_ranges_are_in_the_result_and_taken_from_there() -> None:
    result = sample(replace(DIGITS, networks=2), workers=1)
    assert result.study.ranges == with_ranges(DIGITS).ranges
    assert axes_of(result.study) == {
        signal: tuple(found.axis for found in pair)
        for signal, pair in result.summary.histograms.items()
    }
    assert with_ranges(result.study) == result.study


@pytest.mark.parametrize("networks", [1, 3])
def test_the_asinh_axis_reaches_a_hundred_times_as_far_and_down_by_eight_decades(
    networks: int,
) -> None:
    for linear, wide in axes_of(with_ranges(replace(DIGITS, networks=networks))).values():
        reach = 100 * max(abs(linear.low), abs(linear.high))
        assert (wide.low, wide.high) == (-reach, reach)
        assert wide.scale == pytest.approx(reach / 1e8, rel=1e-12)
        assert linear.bins == DIGITS.bins


def unless_refused(**changes: Any) -> Study | None:
    """Return the study with these changes, or None when its gradient range is refused by key."""
    try:
        return replace(DIGITS, **changes)
    except InputError as error:
        if error.key != "ranges.gradient":
            raise
        return None


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    low=st.floats(allow_nan=False, allow_infinity=False),
    high=st.floats(allow_nan=False, allow_infinity=False),
    bins=st.sampled_from([2, 200, 1000]),
)
def test_ranges_that_a_study_accepts_give_usable_axes(low: float, high: float, bins: int) -> None:
    """A range is refused by its key, or both of its axes have edges that increase strictly."""
    ranges = {**dict.fromkeys(SIGNALS, (-1.0, 1.0)), "gradient": (low, high)}
    study = unless_refused(ranges=ranges, bins=bins)
    if study is None:
        return
    for axis in axes_of(study)["gradient"]:
        assert np.isfinite(axis.edges).all()
        assert (np.diff(axis.edges) > 0).all()


@pytest.mark.parametrize(
    "span", [(-1e308, 1e308), (-1e307, 1e307), (-1e-320, 1e-320), (1.0, 1.0 + 2**-50)], ids=str
)
def test_extreme_ranges_are_refused_or_sampled(span: tuple[float, float]) -> None:
    study = unless_refused(networks=1, ranges={"gradient": span})
    if study is None:
        return
    result = sample(study, workers=1)
    assert (result.summary.histograms["gradient"][0].seen > 0).all()
