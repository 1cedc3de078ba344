"""Tests that standard errors can be formed from networks only."""

from __future__ import annotations

import inspect
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saturation_lab import InputError
from saturation_lab.inference import (
    Replicates,
    bootstrap,
    comparison,
    equivalence,
    every_layer,
    intervals,
    looks,
    multiplicity,
    one_step,
    width,
)

UNITS = np.random.default_rng(0).standard_normal((5, 64))  # 5 networks of 64 units
NETWORKS = np.arange(5)
RNG = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("values", "networks"),
    [
        (UNITS.ravel(), NETWORKS),
        (UNITS.ravel(), np.repeat(NETWORKS, 64)),
        (UNITS.T, np.tile(NETWORKS, 13)[:64]),
        (UNITS[:, :, None] * np.ones(3), NETWORKS),  # networks, layers, units
        (UNITS[0], np.zeros(64, dtype=int)),
    ],
)
def test_pooled_units_are_refused(values: Any, networks: Any) -> None:
    with pytest.raises(InputError):
        Replicates(values=values, networks=networks)


def test_a_row_for_each_network_is_not() -> None:
    assert Replicates(values=UNITS.mean(axis=1), networks=NETWORKS).count == 5


# whatever forms a standard error, handed a bare array of pooled units
NAIVE: dict[str, Callable[[Any], object]] = {
    "interval_of": intervals.interval_of,
    "typical_interval": intervals.typical_interval,
    "median_interval": intervals.median_interval,
    "bootstrap_t": lambda x: bootstrap.bootstrap_t(x, rng=RNG),
    "bootstrap_bca": lambda x: bootstrap.bootstrap_bca(x, np.mean, rng=RNG),
    "equivalence": lambda x: equivalence.equivalence(x, margin=0.1),
    "every_layer": lambda x: every_layer.every_layer(x, margin=0.1),
    "max_t": lambda x: multiplicity.max_t(x, rng=RNG),
    "fit_widths": lambda x: width.fit_widths({8: x, 16: x}),
    "compare_paired": lambda x: comparison.compare_paired(x, x),
    "compare_unpaired": lambda x: comparison.compare_unpaired(x, x),
    "Looking.add": lambda x: looks.Looking(lambda r, level: None, most=32).add(NETWORKS, x),  # type: ignore[arg-type,return-value]
    "mean_interval": lambda x: intervals.mean_interval(x.reshape(5, 64)),
}


@pytest.mark.parametrize("name", NAIVE)
def test_no_function_takes_a_bare_array_of_units(name: str) -> None:
    with pytest.raises(InputError):
        NAIVE[name](UNITS.ravel())


def test_every_function_that_takes_replicates_was_tried() -> None:
    rooms = (
        bootstrap,
        comparison,
        equivalence,
        intervals,
        every_layer,
        multiplicity,
        one_step,
        width,
    )
    taking = {
        name
        for room in rooms
        for name, thing in vars(room).items()
        if inspect.isfunction(thing) and thing.__module__ == room.__name__ and name[0] != "_"
        if any(
            "Replicates" in str(p.annotation) for p in inspect.signature(thing).parameters.values()
        )
    }
    assert taking - {"logarithms"} <= set(NAIVE)
    assert len(taking) > 8


@pytest.mark.parametrize(
    ("values", "networks", "key"),
    [
        ([1.0], [0], "networks"),
        ([], [], "networks"),
        ([1.0, math.nan, 3.0], [0, 1, 2], "values"),
        ([1.0, 2.0], [0.0, 1.0], "networks"),
        ([1.0, 2.0], [[0], [1]], "networks"),
        (1.0, [0], "values"),
        (np.ones((3, 0)), [0, 1, 2], "values"),
        ("ab", [0, 1], "values"),
    ],
)
def test_bad_input_is_one_line(values: Any, networks: Any, key: str) -> None:
    with pytest.raises(InputError, match=f"^{key}: expected [^\n]+$"):
        Replicates(values=values, networks=networks)


def test_the_message_names_the_network_with_nan() -> None:
    with pytest.raises(InputError, match="nan in 1 of 3 networks; the first is network 9"):
        Replicates(values=[1.0, 2.0, math.nan], networks=[3, 5, 9])


def test_overflow_is_counted_and_never_dropped() -> None:
    values = [[1.0, math.inf], [2.0, math.nan], [3.0, 4.0]]
    found = Replicates(values=values, networks=range(3), overflowed=[True, True, False])
    assert (found.count, found.lost) == (3, 2)
    first, second = found.layers()
    below, above = intervals.interval_of(first), intervals.interval_of(second)
    assert (below.overflowed, below.estimate) == (0, 2.0)
    assert (above.overflowed, above.networks) == (2, 3)
    assert math.isnan(above.estimate)
    assert math.isnan(above.low)
    assert "3 networks, of which 2 overflowed" in above.sentence
    assert equivalence.equivalence(second, margin=1.0).verdict == "undecided"
    with pytest.raises(InputError, match="2 of 3 networks overflowed"):
        bootstrap.bootstrap_t(second, rng=RNG)


def test_replicates_cannot_be_changed() -> None:
    values = np.arange(3.0)
    found = Replicates(values=values, networks=range(3))
    values[0] = 9.0
    assert found.values[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 1.0


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=40))
def test_any_numbers_give_a_line_and_json(values: list[float]) -> None:
    found = intervals.interval_of(Replicates(values=values, networks=range(len(values))))
    assert "\n" not in found.sentence
    json.dumps(found.to_json(), allow_nan=False)
    if math.isfinite(found.se):
        assert found.low <= found.estimate <= found.high
