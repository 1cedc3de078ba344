"""Test that heat maps show the numbers of the networks and mark undefined cells."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from saturation_lab import Grid, GridResult, Study, sample_grid
from saturation_lab.exhibits import HEAT_MAPS, Material

STUDY = Study(
    activation="tanh",
    initializer="he_normal",
    widths=[40] * 8,
    inputs="digits",
    scaling="standardized_overall",
    examples=20,
    networks=12,
    seed=6,
    dtype="float64",
)


def _grid(activations: Sequence[str], initializers: Sequence[str]) -> GridResult:
    grid = Grid(study=STUDY, activations=activations, initializers=initializers)
    return sample_grid(grid, workers=1)


def _material(result: GridResult) -> Material:
    pairs = {"-".join(pair): pair for pair in result.results}
    return Material(
        name="g",
        title="G",
        networks={key: result.results[pair] for key, pair in pairs.items()},
        titles={key: rule for key, (_, rule) in pairs.items()},
        blocks={key: activation for key, (activation, _) in pairs.items()},
    )


def test_the_maps_hold_the_numbers_of_the_results() -> None:
    result = _grid(["sigmoid", "tanh"], ["lecture_normal", "he_normal"])
    table = HEAT_MAPS.make(_material(result)).table
    assert len(table) == 4 * 8 * 4
    value = table.set_index(["block", "row", "quantity", "layer"])["value"]
    for (block, row), found in result.results.items():
        gradient = found.values("gradient_mean_square", 3) / found.values("gradient_mean_square", 8)
        expected = {
            "std_z": math.sqrt(found.values("pre_activation_variance", 3).mean()),
            "saturated_share": found.values("saturated_share", 3).mean(),
            "input_share": found.values("input_share_of_variance", 3).mean(),
            "log_gradient_ratio": np.log10(gradient).mean(),
        }
        for quantity, number in expected.items():
            assert value[block, row, quantity, 3] == pytest.approx(number, rel=1e-12)
        assert value[block, row, "log_gradient_ratio", 8] == 0


def test_what_has_no_threshold_is_undefined_in_the_maps_and_said() -> None:
    result = _grid(["identity"], ["he_normal"])
    shown = HEAT_MAPS.make(_material(result))
    table = shown.table
    undefined = table[table["value"].isna()]
    assert set(undefined["quantity"]) == {"saturated_share"}
    assert "saturated share undefined" in shown.alt
    assert "nan" not in shown.caption
