"""Tests that every recorded number is what its definition says.

Each quantity is computed a second time by plain loops over Python floats, written from the
definitions, for one network at a time. A quantity without an entry in `SLOW` fails. The same
comparison rejects planted faults, such as the variance in place of the mean square, a different
ddof, or the mini-batch gradient in place of that of a single example.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import Trace, TracedLayer
from saturation_lab.statistics import (
    PEAK,
    QUANTITIES,
    SIGNALS,
    Axis,
    Jacobians,
    Quantity,
    Tally,
    measure_layer,
    summarize,
    tallies_of,
)

Array = NDArray[Any]
Float64 = NDArray[np.float64]
Rows = list[list[float]]
Slow = Callable[["OneNetwork"], float]

PEAKS = dict(zip(SIGNALS, (0.3, 0.2, 0.4, 0.1), strict=True))
AXES = {
    signal: (
        Axis(low=-peak / PEAK, high=peak / PEAK, bins=4),
        Axis(low=-1e4 * peak, high=1e4 * peak, bins=40, scale=peak),
    )
    for signal, peak in PEAKS.items()
}


def measured_by(quantity: Quantity, layer: TracedLayer) -> NDArray[np.float64]:
    layer = replace(layer)
    return quantity.measure(layer, tallies_of(layer, AXES))


def table_of(layer: TracedLayer) -> NDArray[np.float64]:
    layer = replace(layer)
    return measure_layer(layer, tallies_of(layer, AXES))


# --- slow definitions -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class OneNetwork:
    """What one network shows of a layer, as rows of Python floats: one row an example."""

    below: Rows
    pre_activation: Rows
    activation: Rows
    gradient: Rows
    weights: Rows
    slopes: Rows
    decomposed: list[int]
    weight_variance: float
    bias_variance: float
    thresholds: tuple[float, float]

    @property
    def weight_gradient(self) -> Rows:
        """Entries of the mini-batch mean of delta aᵀ, one row a unit."""
        examples = len(self.below)
        return [
            [
                math.fsum(self.gradient[b][i] * self.below[b][j] for b in range(examples))
                / examples
                for j in range(len(self.below[0]))
            ]
            for i in range(len(self.gradient[0]))
        ]

    def all_values(self, signal: str) -> list[float]:
        rows: Rows = getattr(self, signal)
        return [value for row in rows for value in row]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def central(values: list[float], power: int) -> float:
    centre = mean(values)
    return mean([(value - centre) ** power for value in values])


def mean_of(signal: str) -> Slow:
    return lambda net: mean(net.all_values(signal))


def mean_square_of(signal: str) -> Slow:
    return lambda net: mean([value * value for value in net.all_values(signal)])


def variance_of(signal: str) -> Slow:
    return lambda net: central(net.all_values(signal), 2)


def skewness_of(signal: str) -> Slow:
    def slow(net: OneNetwork) -> float:
        values = net.all_values(signal)
        return central(values, 3) / math.pow(central(values, 2), 1.5)

    return slow


def kurtosis_of(signal: str) -> Slow:
    def slow(net: OneNetwork) -> float:
        values = net.all_values(signal)
        return central(values, 4) / central(values, 2) ** 2

    return slow


def weight_gradient_mean_square(net: OneNetwork) -> float:
    """Mean over examples of ‖delta‖² ‖a‖² / (n_l n_{l-1})."""
    each = [
        math.fsum(d * d for d in delta) * math.fsum(a * a for a in below) / len(delta) / len(below)
        for delta, below in zip(net.gradient, net.below, strict=True)
    ]
    return mean(each)


def conditional_of_example(net: OneNetwork, example: int) -> float:
    return net.weight_variance * mean([a * a for a in net.below[example]]) + net.bias_variance


def conditional_mean_square(net: OneNetwork) -> float:
    return mean([conditional_of_example(net, b) for b in range(len(net.below))])


def saturated_low_share(net: OneNetwork) -> float:
    low, _ = net.thresholds
    if low == -math.inf:
        return math.nan
    return mean([float(z < low) for z in net.all_values("pre_activation")])


def saturated_high_share(net: OneNetwork) -> float:
    _, high = net.thresholds
    if high == math.inf:
        return math.nan
    return mean([float(z > high) for z in net.all_values("pre_activation")])


def saturated_share(net: OneNetwork) -> float:
    low, high = net.thresholds
    if net.thresholds == (-math.inf, math.inf):
        return math.nan
    return mean([float(z < low or z > high) for z in net.all_values("pre_activation")])


def dead_share(net: OneNetwork) -> float:
    """Share of units beyond one threshold, the same one, for all examples."""
    low, high = net.thresholds
    if net.thresholds == (-math.inf, math.inf):
        return math.nan
    units = list(zip(*net.pre_activation, strict=True))
    dead = [all(z < low for z in unit) or all(z > high for z in unit) for unit in units]
    return mean([float(d) for d in dead])


def input_share_of(signal: str) -> Slow:
    def slow(net: OneNetwork) -> float:
        rows: Rows = getattr(net, signal)
        if len(rows) == 1:
            return math.nan
        variances = [central(list(unit), 2) for unit in zip(*rows, strict=True)]
        return mean(variances) / mean([v * v for v in net.all_values(signal)])

    return slow


def peak_share_of(signal: str) -> Slow:
    return lambda net: mean(
        [float(-PEAKS[signal] <= v <= PEAKS[signal]) for v in net.all_values(signal)]
    )


def correlation_of(signal: str) -> Slow:
    """Cosine of the vectors of two examples, mean over all pairs."""

    def slow(net: OneNetwork) -> float:
        rows: Rows = getattr(net, signal)
        pairs = list(combinations(rows, 2))
        if not pairs:
            return math.nan
        return mean([dot(u, v) / math.sqrt(dot(u, u) * dot(v, v)) for u, v in pairs])

    return slow


def unit_correlation(net: OneNetwork) -> float:
    """Cosine of two units as vectors over the examples, mean over all pairs of units not at 0."""
    units = [[row[i] for row in net.pre_activation] for i in range(len(net.pre_activation[0]))]
    pairs = list(combinations([unit for unit in units if any(unit)], 2))
    if not pairs:
        return math.nan
    return mean([dot(u, v) / math.sqrt(dot(u, u) * dot(v, v)) for u, v in pairs])


def dot(u: list[float], v: list[float]) -> float:
    return math.fsum(x * y for x, y in zip(u, v, strict=True))


def percentile_of(signal: str, percent: float) -> Slow:
    def slow(net: OneNetwork) -> float:
        values = sorted(net.all_values(signal))
        place = percent / 100 * (len(values) - 1)
        left, right = values[math.floor(place)], values[math.ceil(place)]
        return left + (place - math.floor(place)) * (right - left)

    return slow


def gradient_to_weight_ratio(net: OneNetwork) -> float:
    weight_square = net.weight_variance / len(net.below[0])
    return math.sqrt(mean_square_of("weight_gradient")(net) / weight_square)


def jacobian(net: OneNetwork, example: int) -> Rows:
    """Entries ∂a_i/∂a_j = φ'(z_i) W_ij."""
    slopes = net.slopes[example]
    return [[slope * w for w in row] for slope, row in zip(slopes, net.weights, strict=True)]


def singular_values_of(reduce: Callable[[list[float]], float]) -> Slow:
    def slow(net: OneNetwork) -> float:
        spectra = [np.linalg.svd(jacobian(net, b), compute_uv=False) for b in net.decomposed]
        return mean([reduce(spectrum.tolist()) for spectrum in spectra])

    return slow


def singular_value_rms(net: OneNetwork) -> float:
    """Root mean square over every example, by the decomposition that it goes without."""
    spectra = [
        np.linalg.svd(jacobian(net, b), compute_uv=False).tolist() for b in range(len(net.slopes))
    ]
    return mean([math.sqrt(mean([s * s for s in spectrum])) for spectrum in spectra])


SLOW: dict[str, Slow] = {
    "pre_activation_mean": mean_of("pre_activation"),
    "pre_activation_mean_square": mean_square_of("pre_activation"),
    "pre_activation_variance": variance_of("pre_activation"),
    "pre_activation_skewness": skewness_of("pre_activation"),
    "pre_activation_kurtosis": kurtosis_of("pre_activation"),
    "activation_mean": mean_of("activation"),
    "activation_mean_square": mean_square_of("activation"),
    "activation_variance": variance_of("activation"),
    "activation_skewness": skewness_of("activation"),
    "activation_kurtosis": kurtosis_of("activation"),
    "gradient_mean": mean_of("gradient"),
    "gradient_mean_square": mean_square_of("gradient"),
    "gradient_variance": variance_of("gradient"),
    "gradient_skewness": skewness_of("gradient"),
    "gradient_kurtosis": kurtosis_of("gradient"),
    "weight_gradient_mean_square": weight_gradient_mean_square,
    "batch_weight_gradient_mean_square": mean_square_of("weight_gradient"),
    "conditional_mean_square": conditional_mean_square,
    "saturated_low_share": saturated_low_share,
    "saturated_high_share": saturated_high_share,
    "saturated_share": saturated_share,
    "dead_share": dead_share,
    "input_share_of_variance": input_share_of("pre_activation"),
    "activation_input_share_of_variance": input_share_of("activation"),
    "gradient_to_weight_ratio": gradient_to_weight_ratio,
    "input_correlation": correlation_of("pre_activation"),
    "activation_correlation": correlation_of("activation"),
    "unit_correlation": unit_correlation,
    "singular_value_mean": singular_values_of(mean),
    "singular_value_rms": singular_value_rms,
    "singular_value_max": singular_values_of(max),
    "pre_activation_percentile_2": percentile_of("pre_activation", 2),
    "pre_activation_percentile_98": percentile_of("pre_activation", 98),
    "activation_percentile_2": percentile_of("activation", 2),
    "activation_percentile_98": percentile_of("activation", 98),
    "gradient_percentile_2": percentile_of("gradient", 2),
    "gradient_percentile_98": percentile_of("gradient", 98),
    "pre_activation_peak_share": peak_share_of("pre_activation"),
    "activation_peak_share": peak_share_of("activation"),
    "gradient_peak_share": peak_share_of("gradient"),
    "weight_gradient_peak_share": peak_share_of("weight_gradient"),
}


# --- traces and the comparison --------------------------------------------------------------------

SHAPES = {
    "several networks": (3, 4, 5, 6),
    "one network": (1, 3, 4, 2),
    "one example": (2, 1, 6, 5),
    "one unit below": (3, 3, 1, 7),
    "one unit": (2, 5, 4, 1),
    "many": (2, 9, 11, 8),
}
"""Networks, examples, units below, units."""

THRESHOLDS = [(-0.8, 1.1), (0.0, math.inf), (-math.inf, 0.7), (-math.inf, math.inf)]


def a_layer(
    shape: tuple[int, int, int, int],
    *,
    shared: bool = False,
    dtype: str = "float64",
    thresholds: tuple[float, float] = (-0.8, 1.1),
    seed: int = 0,
) -> TracedLayer:
    """Return a layer of numbers that obey no law, some units dead, one almost."""
    networks, examples, under, units = shape
    rng = np.random.default_rng([seed, *shape])
    z = rng.normal(0.3, 1.0, (networks, examples, units))
    z[:, :, 0] -= 4.0
    z[:, :, -1] += 4.0
    if units > 2:  # now beyond one threshold, now beyond the other: saturated and not dead
        z[:, :, 1] = np.where(np.arange(examples) % 2, 5.0, -5.0)
    return TracedLayer(
        below=rng.normal(0.4, 1.0, (1 if shared else networks, examples, under)).astype(dtype),
        pre_activation=z.astype(dtype),
        activation=np.exp(0.3 * z).astype(dtype),
        gradient=rng.gamma(2.0, 0.5, z.shape).astype(dtype) - np.asarray(0.3, dtype),
        weight_variance=1.7,
        bias_variance=0.2,
        thresholds=thresholds,
        jacobians=Jacobians(
            weights=rng.normal(0.0, 1.0, (networks, units, under)).astype(dtype),
            slopes=rng.uniform(0.1, 1.0, z.shape).astype(dtype),
            examples=rng.integers(0, examples, (networks, 2)),
        ),
    )


def networks_of(layer: TracedLayer) -> Iterator[OneNetwork]:
    assert layer.jacobians is not None
    for row in range(len(layer.pre_activation)):
        below = layer.below[row if len(layer.below) > 1 else 0]
        yield OneNetwork(
            below=below.astype(np.float64).tolist(),
            pre_activation=layer.pre_activation[row].astype(np.float64).tolist(),
            activation=layer.activation[row].astype(np.float64).tolist(),
            gradient=layer.gradient[row].astype(np.float64).tolist(),
            weights=layer.jacobians.weights[row].astype(np.float64).tolist(),
            slopes=layer.jacobians.slopes[row].astype(np.float64).tolist(),
            decomposed=layer.jacobians.examples[row].tolist(),
            weight_variance=layer.weight_variance,
            bias_variance=layer.bias_variance,
            thresholds=layer.thresholds,
        )


def wrong(
    layer: TracedLayer, quantities: Mapping[str, Quantity] = QUANTITIES, *, rel: float = 1e-10
) -> list[str]:
    """Name the quantities that differ from their slow definition in any network."""
    networks = list(networks_of(layer))
    found = []
    for name, quantity in quantities.items():
        expected = np.array([SLOW[name](network) for network in networks])
        measured = measured_by(quantity, layer)
        if not (
            measured.dtype == np.float64
            and measured.shape == expected.shape
            and np.allclose(measured, expected, rtol=rel, atol=1e-13, equal_nan=True)
        ):
            found.append(name)
    return found


def test_every_quantity_has_a_slow_definition() -> None:
    assert list(SLOW) == list(QUANTITIES)
    assert all(name == quantity.name for name, quantity in QUANTITIES.items())
    assert all(quantity.definition for quantity in QUANTITIES.values())


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("thresholds", THRESHOLDS, ids=str)
def test_quantities_are_their_definitions(
    shape: tuple[int, int, int, int], shared: bool, thresholds: tuple[float, float]
) -> None:
    assert not wrong(a_layer(shape, shared=shared, thresholds=thresholds))


@pytest.mark.parametrize("shared", [False, True])
def test_float32_values_are_measured_in_float64(shared: bool) -> None:
    layer = a_layer(SHAPES["many"], shared=shared, dtype="float32")
    # its entries are what a float32 product gives: the one thing that is not float64 throughout
    single = {"batch_weight_gradient_mean_square", "gradient_to_weight_ratio"}
    assert set(wrong(layer, rel=1e-10)) <= single
    assert not wrong(layer, rel=1e-5)


def test_the_table_has_one_column_a_quantity() -> None:
    layer = a_layer(SHAPES["several networks"])
    table = table_of(layer)
    assert table.shape == (3, len(QUANTITIES))
    for column, quantity in zip(table.T, QUANTITIES.values(), strict=True):
        assert column.tobytes() == measured_by(quantity, layer).tobytes()


def test_peaks_are_a_hundredth_of_the_half_width_of_the_linear_axis() -> None:
    layer = a_layer(SHAPES["several networks"])
    linear = {s: Axis(low=-10.0 * PEAKS[s], high=190.0 * PEAKS[s], bins=4) for s in SIGNALS}
    wide = {s: replace(axis, scale=1.0) for s, axis in linear.items()}
    summary = summarize(
        Trace(layers=(layer,)),
        networks=np.arange(3),
        axes={s: (linear[s], wide[s]) for s in SIGNALS},
    )
    expected = [[SLOW[name](net) for name in SLOW] for net in networks_of(layer)]
    assert summary.values[:, 0] == pytest.approx(np.array(expected), rel=1e-10, nan_ok=True)


# --- K for each example ---------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("shared", [False, True])
def test_conditional_mean_square_is_kept_for_each_example(
    shape: tuple[int, int, int, int], shared: bool
) -> None:
    layer = a_layer(shape, shared=shared)
    expected = [
        [conditional_of_example(net, b) for b in range(shape[1])] for net in networks_of(layer)
    ]
    assert layer.conditional_mean_square.shape == shape[:2]
    assert layer.conditional_mean_square == pytest.approx(np.array(expected), rel=1e-12)


# --- what is undefined ----------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf], ids=str)
@pytest.mark.parametrize("signal", ["below", "pre_activation", "activation", "gradient"])
def test_a_value_that_is_not_finite_leaves_no_number_and_no_neighbour_behind(
    signal: str, bad: float
) -> None:
    """Whatever reads a NaN or inf of one network is undefined there, and the same elsewhere."""
    layer = a_layer(SHAPES["several networks"])
    array = getattr(layer, signal).copy()
    array[1, 2, 0] = bad
    changes: dict[str, Any] = {signal: array}
    reads = {name for name in QUANTITIES if name in READS[signal]}
    with np.errstate(all="ignore"):  # as in `summarize`
        before = table_of(layer)
        after = table_of(replace(layer, **changes))
    assert after[[0, 2]].tobytes() == before[[0, 2]].tobytes()
    finite = {name for name, v in zip(QUANTITIES, after[1], strict=True) if np.isfinite(v)}
    assert finite == set(QUANTITIES) - reads


READS: dict[str, set[str]] = {
    "below": {
        "gradient_to_weight_ratio",
        "weight_gradient_mean_square",
        "batch_weight_gradient_mean_square",
        "conditional_mean_square",
        "weight_gradient_peak_share",
    },
    "pre_activation": {
        *(name for name in SLOW if name.startswith("pre_activation_")),
        "saturated_low_share",
        "saturated_high_share",
        "saturated_share",
        "dead_share",
        "input_share_of_variance",
        "input_correlation",
        "unit_correlation",
    },
    "activation": {name for name in SLOW if name.startswith("activation_")},
    "gradient": {
        *(name for name in SLOW if name.startswith("gradient_")),
        "weight_gradient_mean_square",
        "batch_weight_gradient_mean_square",
        "weight_gradient_peak_share",
    },
}


@pytest.mark.parametrize("bad", [math.nan, math.inf], ids=str)
def test_a_jacobian_that_is_not_finite_has_no_singular_values(bad: float) -> None:
    layer = a_layer(SHAPES["several networks"])
    assert layer.jacobians is not None
    weights = layer.jacobians.weights.copy()
    weights[1, 0, 0] = bad
    with np.errstate(all="ignore"):
        spoiled = replace(layer, jacobians=replace(layer.jacobians, weights=weights))
        after = table_of(spoiled)
    before = table_of(layer)
    assert after[[0, 2]].tobytes() == before[[0, 2]].tobytes()
    finite = {name for name, v in zip(QUANTITIES, after[1], strict=True) if np.isfinite(v)}
    assert finite == {name for name in QUANTITIES if not name.startswith("singular_value")}


def test_without_jacobians_there_are_no_singular_values() -> None:
    layer = replace(a_layer(SHAPES["several networks"]), jacobians=None)
    for name in ("singular_value_mean", "singular_value_rms", "singular_value_max"):
        assert np.isnan(measured_by(QUANTITIES[name], layer)).all()
    assert layer.singular_value.size == 0


@pytest.mark.parametrize("size", [1e-200, 1e-30, 1.0, 1e30, 1e200])
@pytest.mark.parametrize("shape", [(7, 5), (5, 7), (6, 6)], ids=str)
def test_singular_values_are_those_of_a_decomposition_at_any_size(
    size: float, shape: tuple[int, int]
) -> None:
    rng = np.random.default_rng(5)
    weights = size * rng.normal(size=shape)
    slopes = rng.uniform(0, 1, (1, shape[0]))
    slopes[0, 0] = 0  # a dead unit takes one singular value of a square layer with it
    one = Jacobians(weights=weights[None], slopes=slopes[None], examples=np.array([[0]]))
    expected = np.linalg.svd(slopes[0][:, None] * weights, compute_uv=False)[::-1]
    assert one.singular_values[0, 0] == pytest.approx(expected, rel=1e-9, abs=3e-8 * expected[-1])


def test_a_zero_jacobian_has_zero_singular_values() -> None:
    one = Jacobians(
        weights=np.zeros((1, 3, 2)), slopes=np.ones((1, 4, 3)), examples=np.array([[3]])
    )
    assert one.singular_values.tolist() == [[[0.0, 0.0]]]
    assert one.root_mean_square.tolist() == [0.0]


def test_one_example_has_no_share_of_variance() -> None:
    layer = a_layer(SHAPES["one example"])
    for name in (
        "input_share_of_variance",
        "activation_input_share_of_variance",
        "input_correlation",
        "activation_correlation",
    ):
        assert np.isnan(measured_by(QUANTITIES[name], layer)).all()


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], 1.0),
        ([[1.0, 2.0], [-2.0, -4.0], [0.0, 0.0]], -1.0),  # a unit that is always 0 does not count
        ([[3.0, 0.0], [0.0, 2.0]], 0.0),
        ([[1.0, 2.0], [0.0, 0.0]], math.nan),
    ],
)
def test_the_likeness_of_units_is_a_cosine(units: list[list[float]], expected: float) -> None:
    z = np.array(units).T[None]
    layer = TracedLayer(below=z, pre_activation=z, activation=z, gradient=z)
    found = measured_by(QUANTITIES["unit_correlation"], layer)
    assert found == pytest.approx([expected], abs=1e-15, nan_ok=True)


def test_laws_that_are_not_centred_add_the_square_of_the_mean() -> None:
    layer = replace(a_layer(SHAPES["several networks"]), weight_mean=0.3, bias_mean=-0.2)
    a, n = layer.below, layer.below.shape[-1]
    expected = layer.weight_variance * np.square(a).mean(axis=2) + layer.bias_variance
    expected = expected + np.square(0.3 * a.sum(axis=2) - 0.2)
    assert layer.conditional_mean_square == pytest.approx(expected, rel=1e-12)
    assert layer.weight_square == pytest.approx(layer.weight_variance / n + 0.09, rel=1e-14)
    unknown = replace(layer, weight_mean=math.nan)
    assert np.isnan(unknown.conditional_mean_square).all()
    assert unknown.weight_square == pytest.approx(layer.weight_variance / n, rel=1e-14)


# --- planted faults -------------------------------------------------------------------------------

Measure = Callable[[TracedLayer, Mapping[str, Tally]], Float64]


def as_(name: str) -> Measure:
    """Return the measure of another quantity."""
    return QUANTITIES[name].measure


def ddof_1(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    z = layer.pre_activation
    value: Float64 = z.reshape(len(z), -1).var(axis=1, ddof=1)
    return value


def ddof_1_over_examples(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    examples = layer.pre_activation.shape[1]
    share: Float64 = as_("input_share_of_variance")(layer, tallies) * examples / (examples - 1)
    return share


def by_the_variance(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    square, variance = as_("pre_activation_mean_square"), as_("pre_activation_variance")
    share = as_("input_share_of_variance")(layer, tallies)
    return share * square(layer, tallies) / variance(layer, tallies)


def no_bias(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    return as_("conditional_mean_square")(layer, tallies) - layer.bias_variance


def of_this_layer(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """One layer off: K of what leaves in place of what enters."""
    return as_("conditional_mean_square")(replace(layer, below=layer.activation), tallies)


def variance_below(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    below = layer.below - layer.below.mean(axis=-1, keepdims=True)
    return as_("conditional_mean_square")(replace(layer, below=below), tallies)


def mean_over_units_only(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """‖delta‖² ‖a‖² without one of the two widths."""
    value: Float64 = as_("weight_gradient_mean_square")(layer, tallies) * layer.below.shape[-1]
    return value


def of_mean_gradient(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """The product of means in place of the mean of products."""
    delta, below = np.square(layer.gradient), np.square(layer.below)
    value: Float64 = delta.mean(axis=(1, 2)) * below.mean(axis=(1, 2))
    return value


def summed_over_batch(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    examples = layer.gradient.shape[1]
    value: Float64 = as_("batch_weight_gradient_mean_square")(layer, tallies) * examples**2
    return value


def excess(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    return as_("gradient_kurtosis")(layer, tallies) - 3


def dead_by_either(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    low, high = layer.thresholds
    z = layer.pre_activation
    value: Float64 = ((z < low) | (z > high)).any(axis=1).mean(axis=1)
    return value


def dead_by_turns(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """Units beyond one threshold or the other for all examples."""
    low, high = layer.thresholds
    z = layer.pre_activation
    value: Float64 = ((z < low) | (z > high)).all(axis=1).mean(axis=1)
    return value


def double_peak(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    z = layer.pre_activation
    share: Float64 = (np.abs(z) <= 2 * PEAKS["pre_activation"]).mean(axis=(1, 2))
    return share


def over_the_lane(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """One mean for all networks that happen to be stacked."""
    return np.full(len(layer.activation), layer.activation.mean())


def with_itself(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """The mean over all pairs, an example with itself among them."""
    examples = layer.pre_activation.shape[1]
    pairs = examples * (examples - 1)
    value: Float64 = (as_("input_correlation")(layer, tallies) * pairs + examples) / examples**2
    return value


def centred_cosine(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    z = layer.pre_activation - layer.pre_activation.mean(axis=-1, keepdims=True)
    return as_("input_correlation")(replace(layer, pre_activation=z), tallies)


def centred_units(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """The correlation over the examples in place of the cosine."""
    z = layer.pre_activation - layer.pre_activation.mean(axis=1, keepdims=True)
    return as_("unit_correlation")(replace(layer, pre_activation=z), tallies)


def by_fan_out(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    wrong_width = np.sqrt(layer.gradient.shape[-1] / layer.below.shape[-1])
    ratio: Float64 = as_("gradient_to_weight_ratio")(layer, tallies) * wrong_width
    return ratio


def without_slopes(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """The singular values of the weights alone."""
    assert layer.jacobians is not None
    ones = np.ones_like(layer.jacobians.slopes)
    plain = replace(layer.jacobians, slopes=ones)
    return as_("singular_value_mean")(replace(layer, jacobians=plain), tallies)


def of_the_first_examples(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    assert layer.jacobians is not None
    first = np.broadcast_to(np.arange(2), layer.jacobians.examples.shape)
    shown = replace(layer.jacobians, examples=first)
    return as_("singular_value_mean")(replace(layer, jacobians=shown), tallies)


def over_all_entries(layer: TracedLayer, tallies: Mapping[str, Tally]) -> Float64:
    """‖J‖² divided by the units in place of min(n, fan_in): wrong where they are more."""
    assert layer.jacobians is not None
    _, units, under = layer.jacobians.weights.shape
    rms: Float64 = as_("singular_value_rms")(layer, tallies) * np.sqrt(min(units, under) / units)
    return rms


FAULTS: list[tuple[str, Measure]] = [
    ("singular_value_mean", as_("singular_value_rms")),
    ("singular_value_rms", as_("singular_value_mean")),
    ("singular_value_max", as_("singular_value_mean")),
    ("singular_value_mean", without_slopes),
    ("singular_value_mean", of_the_first_examples),
    ("singular_value_rms", over_all_entries),
    ("input_correlation", with_itself),
    ("input_correlation", centred_cosine),
    ("unit_correlation", as_("input_correlation")),
    ("unit_correlation", centred_units),
    ("gradient_to_weight_ratio", by_fan_out),
    ("pre_activation_percentile_98", as_("pre_activation_percentile_2")),
    ("gradient_percentile_2", as_("activation_percentile_2")),
    ("pre_activation_mean_square", as_("pre_activation_variance")),
    ("pre_activation_variance", as_("pre_activation_mean_square")),
    ("activation_mean_square", as_("activation_variance")),
    ("gradient_mean_square", as_("gradient_variance")),
    ("pre_activation_variance", ddof_1),
    ("input_share_of_variance", ddof_1_over_examples),
    ("input_share_of_variance", by_the_variance),
    ("input_share_of_variance", as_("activation_input_share_of_variance")),
    ("weight_gradient_mean_square", as_("batch_weight_gradient_mean_square")),
    ("batch_weight_gradient_mean_square", as_("weight_gradient_mean_square")),
    ("batch_weight_gradient_mean_square", summed_over_batch),
    ("weight_gradient_mean_square", mean_over_units_only),
    ("weight_gradient_mean_square", of_mean_gradient),
    ("conditional_mean_square", no_bias),
    ("conditional_mean_square", of_this_layer),
    ("conditional_mean_square", variance_below),
    ("gradient_kurtosis", excess),
    ("saturated_low_share", as_("saturated_high_share")),
    ("saturated_share", as_("saturated_low_share")),
    ("dead_share", as_("saturated_share")),
    ("dead_share", dead_by_either),
    ("dead_share", dead_by_turns),
    ("pre_activation_peak_share", double_peak),
    ("activation_mean", over_the_lane),
]


@pytest.mark.parametrize(("name", "faulty"), FAULTS)
@pytest.mark.parametrize("shared", [False, True])
def test_planted_faults_are_rejected(name: str, faulty: Measure, shared: bool) -> None:
    layer = a_layer(SHAPES["several networks"], shared=shared)
    planted = {name: replace(QUANTITIES[name], measure=faulty)}
    assert wrong(layer, planted) == [name]
    assert not wrong(layer)
