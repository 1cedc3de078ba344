"""Tests of when weights are left undrawn, and of what is measured of such networks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from saturation_lab import INITIALIZERS, InputError, Study, Trace, TracedLayer, sample
from saturation_lab.examples import shared_examples
from saturation_lab.nets import (
    LAWS,
    UNDRAWN,
    WORTH,
    batch_weight_gradient,
    bytes_kept,
    numbers_drawn,
)
from saturation_lab.sampling import LEAST_SIDE, memory_needed, shape_of, weight_free_trace
from saturation_lab.sampling.weight_free import _with_blocks
from saturation_lab.statistics import BLOCK_SIDE, QUANTITIES, Chosen

WIDE = Study(
    activation="tanh",
    initializer="glorot_normal",
    widths=(400, 300),
    inputs="gaussian",
    features=350,
    examples=6,
    networks=3,
    dtype="float64",
    seed=3,
)


# --- which sampler --------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", INITIALIZERS)
def test_auto_leaves_weights_undrawn_where_their_law_allows_it(rule: str) -> None:
    study = replace(WIDE, initializer=rule, gain=1.0).resolved()
    law = INITIALIZERS[rule].law
    assert study.sampler == ("weight-free" if law in UNDRAWN else "dense")
    assert (study.reason_to_draw == "") == (law in UNDRAWN)
    assert set(UNDRAWN) < set(LAWS)


def test_auto_draws_weights_where_that_takes_no_more_than_a_few_times_the_numbers() -> None:
    for examples, sampler in ((12, "weight-free"), (13, "dense")):
        study = replace(WIDE, widths=(100, 100), features=100, examples=examples)
        numbers = numbers_drawn(study.architecture, examples)
        assert numbers == 4 * 100 * examples
        assert (WORTH * numbers <= 20_000) == (sampler == "weight-free")
        assert study.resolved().sampler == sampler


def test_singular_values_need_weights() -> None:
    study = replace(WIDE, singular_values=1)
    assert study.resolved().sampler == "dense"
    assert "singular values need the weights" in study.reason_to_draw


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"initializer": "glorot_uniform"}, "uniform weights have no exact weight-free form"),
        (
            {"initializer": "he_truncated_normal"},
            "truncated normal weights have no exact weight-free form",
        ),
        ({"singular_values": 1}, "singular values need the weights"),
    ],
)
def test_what_cannot_be_had_without_weights_is_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=f"sampler: expected dense or auto, because {why}"):
        replace(WIDE, sampler="weight-free", **changes)


def test_the_sampler_is_part_of_the_digest() -> None:
    digests = {replace(WIDE, sampler=name).digest for name in ("dense", "weight-free")}
    assert len(digests) == 2
    assert WIDE.digest == replace(WIDE, sampler="weight-free").digest  # what auto stands for here


# --- what is kept ---------------------------------------------------------------------------------


def _side(width: int) -> int:
    return min(width, BLOCK_SIDE, max(LEAST_SIDE, math.isqrt(6 * width)))


def test_the_weight_gradients_mean_square_is_that_of_all_entries() -> None:
    """Only a block of entries is looked at one by one; the mean square is exact all the same."""
    study = WIDE.resolved()
    for layer in weight_free_trace(study, [0, 1], shared_examples(study)).every_layer:
        every = batch_weight_gradient(layer.gradient, layer.below)
        assert layer.weight_gradient_square == pytest.approx(
            np.square(every).mean(axis=(1, 2)), rel=1e-12
        )
        assert layer.block is not None
        for i in range(2):
            rows, columns = _of(layer.block.rows, i), _of(layer.block.columns, i)
            assert len(set(rows)) == len(rows) == _side(every.shape[1])
            assert len(set(columns)) == len(columns) == _side(every.shape[2])
            chosen = every[i][np.ix_(rows, columns)]
            assert layer.weight_gradient[i] == pytest.approx(chosen, rel=1e-12, abs=0)


def _of(chosen: Chosen, network: int) -> list[int]:
    """Return the indices that a network looks at."""
    if isinstance(chosen, slice):
        return list(range(chosen.stop))
    found: list[int] = chosen[network].tolist()
    return found


def test_features_and_outputs_are_chosen_by_each_network_hidden_units_need_not_be() -> None:
    study = replace(WIDE, inputs="shapeset", features=None, widths=(400, 300)).resolved()
    trace = weight_free_trace(study, [0, 1], shared_examples(study))
    below, hidden, last = (layer.block for layer in trace.every_layer)
    assert below
    assert hidden
    assert last
    assert _of(below.columns, 0) != _of(below.columns, 1)
    assert isinstance(below.rows, slice)
    assert isinstance(hidden.columns, slice)
    assert sorted(_of(last.rows, 0)) == list(range(9))


def test_of_many_outputs_each_network_looks_at_its_own() -> None:
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((2, 6, 500))
    layer = TracedLayer(
        below=signal, pre_activation=signal, activation=signal, gradient=signal,
        weight_variance=1.0, bias_variance=0.0,
    )  # fmt: skip
    streams = [np.random.default_rng(i) for i in range(2)]
    trace = _with_blocks(Trace(layers=(layer, layer), output=layer), streams)
    _, hidden, last = (layer.block for layer in trace.every_layer)
    assert hidden
    assert last
    assert isinstance(hidden.rows, slice)
    assert _of(last.rows, 0) != _of(last.rows, 1)


def test_every_quantity_but_singular_values_is_measured() -> None:
    result = sample(WIDE, workers=1)
    assert result.study.sampler == "weight-free"
    for layer in (1, 2):
        measured = {name for name in QUANTITIES if np.isfinite(result.values(name, layer)).all()}
        assert set(QUANTITIES) - measured == {
            name for name in QUANTITIES if name.startswith("singular_value")
        }
    counted = result.summary.histograms["weight_gradient"][0].seen[:2]
    assert counted.tolist() == [3 * _side(400) * _side(350), 3 * _side(300) * _side(400)]


def test_memory_grows_with_the_width_and_not_with_its_square() -> None:
    def wide(width: int) -> Study:
        return replace(WIDE, widths=(width,) * 3, features=width, dtype="float32")

    narrow = shape_of(wide(400_000)).bytes
    assert 9 * narrow < shape_of(wide(4_000_000)).bytes < 10.1 * narrow
    dense = replace(wide(400_000), sampler="dense")
    assert memory_needed(dense, workers=1) > 1000 * narrow


def test_a_shape_counts_what_is_kept_of_undrawn_weights() -> None:
    shape = shape_of(WIDE)
    assert shape.weights == bytes_kept(WIDE.architecture, 6, 8) // 8
    assert shape.values == 6 * (350 + 400 + 300)
    assert shape.spectra == 0
