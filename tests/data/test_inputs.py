"""Examples have the number, labels and scale that their source states."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn.datasets import load_digits

from saturation_lab import InputError, Study
from saturation_lab.data import INPUTS, SCALINGS, Examples, InputSource, draw_examples

Array = NDArray[Any]

FALSE_ALARM = 1e-6
FEATURES = 30  # where the source leaves the choice
BOUNDS = {"signed": (-1.0, 1.0), "unit": (0.0, 1.0)}
ALLOWED = [
    pytest.param(source, scaling, id=f"{name}-{scaling}")
    for name, source in INPUTS.items()
    for scaling in SCALINGS
    if source.span is not None or scaling not in BOUNDS
]

every_source = pytest.mark.parametrize("source", INPUTS.values(), ids=INPUTS)
both_dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


def draw(
    source: InputSource,
    *,
    count: int = 200,
    scaling: str = "none",
    dtype: str = "float64",
    seed: int = 1,
) -> Examples:
    return draw_examples(
        source,
        count=count,
        features=source.features or FEATURES,
        scaling=scaling,
        dtype=dtype,
        rng=np.random.default_rng(seed),
    )


def raw_of(source: InputSource) -> Array:
    """Return what `draw` scales when it is told nothing else."""
    return source.draw(200, source.features or FEATURES, np.random.default_rng(1)).x


def labels_of(examples: Examples) -> NDArray[np.int64]:
    assert examples.labels is not None
    return examples.labels


@every_source
def test_rows_say_what_they_are(source: InputSource) -> None:
    assert INPUTS[source.name] is source
    assert source.scaling in SCALINGS
    assert source.description
    assert source.source


def test_every_scaling_has_its_law() -> None:
    assert sorted(SCALINGS) == sorted([*BOUNDS, "standardized", "standardized_overall", "none"])


@both_dtypes
@pytest.mark.parametrize(("source", "scaling"), ALLOWED)
def test_counts_shapes_and_dtypes(source: InputSource, scaling: str, dtype: str) -> None:
    for count in (1, 7, 300):
        examples = draw(source, count=count, scaling=scaling, dtype=dtype)
        assert examples.x.shape == (count, source.features or FEATURES)
        assert examples.x.dtype == dtype
        assert examples.x.flags.c_contiguous
        assert np.isfinite(examples.x).all()
        if source.classes:
            assert labels_of(examples).shape == (count,)
            assert labels_of(examples).dtype == np.int64
        else:
            assert examples.labels is None


@every_source
def test_a_seed_decides_every_byte(source: InputSource) -> None:
    one, again, other = (draw(source, seed=seed) for seed in (2, 2, 3))
    assert one.x.tobytes() == again.x.tobytes()
    assert one.x.tobytes() != other.x.tobytes()
    if source.classes:
        assert np.array_equal(labels_of(one), labels_of(again))


@pytest.mark.parametrize("name", [name for name, source in INPUTS.items() if source.classes])
def test_every_class_is_shown(name: str) -> None:
    source = INPUTS[name]
    labels = labels_of(draw(source, count=1000))
    assert set(labels.tolist()) == set(range(len(source.classes)))


@pytest.mark.parametrize("name", [name for name, source in INPUTS.items() if source.span])
def test_raw_values_fill_their_span(name: str) -> None:
    source = INPUTS[name]
    assert source.span is not None
    low, high = source.span
    raw = draw(source, count=1000).x
    assert low <= raw.min() < low + 0.01 * (high - low)
    assert high - 0.01 * (high - low) < raw.max() <= high


@both_dtypes
@pytest.mark.parametrize("scaling", BOUNDS)
@pytest.mark.parametrize("name", [name for name, source in INPUTS.items() if source.span])
def test_a_span_is_mapped_exactly_onto_its_bounds(name: str, scaling: str, dtype: str) -> None:
    source = INPUTS[name]
    assert source.span is not None
    (low, high), (least, largest) = BOUNDS[scaling], source.span
    ends = np.array([[least, (least + largest) / 2, largest]], dtype=dtype)
    # an end such as √3 is rounded before it is scaled
    exact_ends = float(least).is_integer() and float(largest).is_integer()
    slack = 0.0 if exact_ends else 4 * float(np.finfo(dtype).eps)
    wanted = np.array([[low, (low + high) / 2, high]])
    assert np.abs(SCALINGS[scaling](ends, source) - wanted).max() <= slack
    raw = raw_of(source)
    scaled = draw(source, scaling=scaling, dtype=dtype).x
    # one rounding, in the precision of the raw values
    exact = low + (raw.astype(float) - least) * (high - low) / (largest - least)
    assert np.abs(scaled - exact.astype(raw.dtype).astype(dtype)).max() <= slack


@pytest.mark.parametrize("name", [name for name, source in INPUTS.items() if source.span])
def test_a_span_that_is_there_already_is_left_alone(name: str) -> None:
    source = INPUTS[name]
    for scaling, bounds in BOUNDS.items():
        if source.span == bounds:
            assert np.array_equal(draw(source, scaling=scaling).x, draw(source).x)


@every_source
def test_standardized_overall_has_mean_0_and_mean_square_1(source: InputSource) -> None:
    x = draw(source, scaling="standardized_overall").x
    assert abs(float(x.mean())) < 1e-13
    assert float(np.square(x).mean()) == pytest.approx(1, rel=1e-13)
    single = draw(source, scaling="standardized_overall", dtype="float32").x
    assert np.array_equal(single, x.astype(np.float32))
    # affine: one shift and one factor for all values
    raw = draw(source).x
    factor = float((x * (raw - raw.mean())).mean() / np.square(raw - raw.mean()).mean())
    assert np.abs(x - factor * (raw - raw.mean())).max() < 1e-12


@every_source
def test_standardized_columns_have_mean_0_and_mean_square_1(source: InputSource) -> None:
    raw, x = draw(source).x, draw(source, scaling="standardized").x
    varies = np.ptp(raw, axis=0) > 0
    assert not x[:, ~varies].any()
    assert np.abs(x.mean(axis=0)).max() < 1e-13
    assert np.square(x).mean(axis=0)[varies] == pytest.approx(1, rel=1e-12)
    assert bool(varies.all()) == (source.name not in ("digits",))  # its corner pixels are blank


@every_source
@pytest.mark.parametrize("scaling", ["standardized", "standardized_overall"])
def test_standardized_constants_are_zero(source: InputSource, scaling: str) -> None:
    assert not SCALINGS[scaling](np.full((3, 4), 0.1), source).any()


@both_dtypes
@every_source
def test_none_leaves_the_values(source: InputSource, dtype: str) -> None:
    assert np.array_equal(draw(source, dtype=dtype).x, raw_of(source).astype(dtype))


@pytest.mark.parametrize("scaling", BOUNDS)
@pytest.mark.parametrize("name", [name for name, source in INPUTS.items() if not source.span])
def test_a_scaling_that_needs_a_span_is_refused_without_one(name: str, scaling: str) -> None:
    with pytest.raises(InputError, match=f"^scaling: expected standardized, .* {name} "):
        draw(INPUTS[name], scaling=scaling)
    with pytest.raises(InputError, match=f"^scaling: expected standardized, .* {name} "):
        Study(activation="tanh", initializer="he_normal", widths=(8,), inputs=name, scaling=scaling)


def catalogue(images: Array, labels: Array) -> list[tuple[bytes, int]]:
    return [
        (image.tobytes(), int(label))
        for image, label in zip(images.astype(np.float64), labels, strict=True)
    ]


def test_digits_are_the_real_images_with_their_labels() -> None:
    source = INPUTS["digits"]
    real = catalogue(*load_digits(return_X_y=True))
    assert source.supply == len(real) == len(set(real)) == 1797
    some = draw(source, count=500)
    shown = catalogue(some.x, labels_of(some))
    assert len(set(shown)) == 500  # none twice
    assert set(shown) <= set(real)
    everything = draw(source, count=1797)
    assert sorted(catalogue(everything.x, labels_of(everything))) == sorted(real)
    # planted: every label moved to the next image
    assert not set(catalogue(some.x, np.roll(labels_of(some), 1))) <= set(real)
    # planted: images flipped
    assert not set(catalogue(some.x[:, ::-1], labels_of(some))) <= set(real)


def test_digits_come_in_random_order() -> None:
    def p_value(labels: Array) -> float:
        """Correlate a label with the next one's distance: the file lists 0, 1, 2, ... at first."""
        steps = (labels[1:] - labels[:-1]) % 10
        return float(stats.binomtest(int((steps == 1).sum()), steps.size, 0.1).pvalue)

    assert p_value(labels_of(draw(INPUTS["digits"], count=1797))) > FALSE_ALARM
    assert p_value(load_digits().target) < FALSE_ALARM  # planted: the order of the file


def test_uniform_inputs_are_iid_uniform_of_variance_1() -> None:
    law = stats.uniform(-np.sqrt(3), 2 * np.sqrt(3))

    def p_value(x: Array) -> float:
        neighbours = float((x[1:] * x[:-1]).mean()) * np.sqrt(x.size)
        p_values = [
            float(stats.kstest(x.reshape(-1), law.cdf).pvalue),
            2 * float(stats.norm.sf(abs(neighbours))),
        ]
        return min(1.0, 2 * min(p_values))

    x = draw(INPUTS["uniform"], count=4000).x
    assert p_value(x) > FALSE_ALARM
    # planted: a spread 3 % too large, pairs of equal examples, the wrong law of the same variance
    assert p_value(1.03 * x) < FALSE_ALARM
    assert p_value(np.repeat(x[:2000], 2, axis=0)) < FALSE_ALARM
    assert p_value(draw(INPUTS["gaussian"], count=4000).x) < FALSE_ALARM


def test_gaussian_inputs_are_iid_standard_normal() -> None:
    def p_value(x: Array) -> float:
        count = x.size
        square = float(np.square(x).sum())
        chi2 = stats.chi2(count)
        neighbours = float((x[1:] * x[:-1]).mean()) * np.sqrt(count)
        p_values = [
            float(stats.kstest(x.reshape(-1), "norm").pvalue),
            2 * float(min(chi2.cdf(square), chi2.sf(square))),
            2 * float(stats.norm.sf(abs(neighbours))),
        ]
        return min(1.0, 3 * min(p_values))

    x = draw(INPUTS["gaussian"], count=4000).x
    assert p_value(x) > FALSE_ALARM
    assert p_value(1.03 * x) < FALSE_ALARM
    assert p_value(np.repeat(x[:2000], 2, axis=0)) < FALSE_ALARM
