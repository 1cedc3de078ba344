"""Tests of measuring and predicting only some quantities: they are those of a full measurement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from saturation_lab import InputError, Study, predict, sample
from saturation_lab.sampling.run import sample_pilots
from saturation_lab.statistics.quantities import QUANTITIES

DENSE = Study(
    activation="tanh",
    initializer="glorot_uniform",
    widths=(12, 10, 8),
    inputs="digits",
    examples=6,
    networks=3,
    singular_values=2,
    ranges={"pre_activation": (-2.0, 2.0), "weight_gradient": (-0.5, 0.5)},
)
STUDIES = {
    "dense": DENSE,
    "weight-free": replace(
        DENSE, initializer="he_normal", singular_values=0, sampler="weight-free", dtype="float64"
    ),
}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("number", [2, 4])
def test_chosen_quantities_are_those_of_everything(name: str, number: int) -> None:
    study = STUDIES[name]
    only = frozenset((quantity, number) for quantity in QUANTITIES)
    for everything, chosen in (
        (sample(study, workers=1), sample(study, workers=1, only=only)),
        (sample_pilots(study, 3), sample_pilots(study, 3, only=only)),
    ):
        full, some = everything.summary, chosen.summary
        np.testing.assert_array_equal(some.values[:, number - 1], full.values[:, number - 1])
        assert np.isnan(np.delete(some.values, number - 1, axis=1)).all()
        assert some.histograms == {}
    theory, asked = predict(study).values, predict(study, only=only).values
    np.testing.assert_array_equal(asked[number - 1], theory[number - 1])
    assert np.isnan(np.delete(asked, number - 1, axis=0)).all()


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_each_quantity_alone_has_what_it_needs(quantity: str) -> None:
    full = sample(replace(DENSE, networks=1), workers=1)
    alone = sample(full.study, workers=1, only=frozenset({(quantity, 1)}))
    np.testing.assert_array_equal(alone.values(quantity, 1), full.values(quantity, 1))
    assert np.count_nonzero(np.isfinite(alone.summary.values)) <= 1


def test_networks_are_added_to_chosen_quantities() -> None:
    only = frozenset({("gradient_variance", 1)})
    few = sample(replace(DENSE, ranges={}, networks=2), workers=1, only=only)
    more = sample(replace(DENSE, ranges={}), start=few, workers=1, only=only)
    expected = sample(DENSE, workers=1).values("gradient_variance", 1)
    np.testing.assert_array_equal(more.values("gradient_variance", 1), expected)


def test_overflow_is_seen_where_nothing_is_measured() -> None:
    study = replace(STUDIES["weight-free"], activation="relu", gain=1e150)
    only = frozenset({("activation_mean", 1)})
    full, some = sample(study, workers=1), sample(study, workers=1, only=only)
    assert some.summary.overflowed == full.summary.overflowed == 3


def test_a_part_of_a_result_is_not_saved(tmp_path: Path) -> None:
    study = Study(activation="tanh", initializer="he_normal", widths=[8, 8], networks=2, examples=2)
    result = sample(study, workers=1, only=frozenset({("gradient_mean_square", 1)}))
    with pytest.raises(InputError, match=r"^result: expected every quantity"):
        result.save(tmp_path / "part")
    assert not (tmp_path / "part").exists()
