"""Tests that bootstrap intervals resample whole networks and are skewed as the values are."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from saturation_lab import InputError
from saturation_lab.inference import Replicates, bootstrap_bca, bootstrap_t, interval_of


def _replicates(values: object) -> Replicates:
    array = np.asarray(values, dtype=np.float64)
    return Replicates(values=array, networks=np.arange(len(array)))


def test_normal_values_give_students_interval() -> None:
    x = _replicates(np.random.default_rng(0).standard_normal(60))
    t, again = interval_of(x), bootstrap_t(x, rng=np.random.default_rng(1), draws=20_000)
    assert again.low == pytest.approx(t.low, abs=0.1 * t.se)
    assert again.high == pytest.approx(t.high, abs=0.1 * t.se)


def test_bca_is_scipys() -> None:
    x = np.random.default_rng(2).exponential(size=40)
    found = bootstrap_bca(
        _replicates(x), lambda v: np.std(v, axis=-1), rng=np.random.default_rng(3), of="spread"
    )
    reference = stats.bootstrap((x,), np.std, n_resamples=1999, rng=np.random.default_rng(3))
    assert [found.low, found.high] == pytest.approx(reference.confidence_interval)
    assert found.sentence.startswith("spread ")
    json.dumps(found.to_json(), allow_nan=False)


def test_without_spread() -> None:
    same, rng = _replicates([2.0, 2.0, 2.0]), np.random.default_rng(4)
    assert (bootstrap_t(same, rng=rng).low, bootstrap_t(same, rng=rng).high) == (2.0, 2.0)
    assert math.isnan(bootstrap_bca(same, lambda v: np.mean(v, axis=-1), rng=rng).low)


def test_two_networks_are_no_shape() -> None:
    # half of all samples of two have no spread: the interval does not end
    found = bootstrap_t(_replicates([1.0, 2.0]), rng=np.random.default_rng(5))
    assert (found.low, found.high) == (-math.inf, math.inf)


def test_bad_input() -> None:
    with pytest.raises(InputError, match="draws"):
        bootstrap_t(_replicates([1.0, 2.0]), rng=np.random.default_rng(6), draws=3)
