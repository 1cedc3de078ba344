"""Tests that two studies are compared network by network, with the same results as SciPy."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from saturation_lab import InputError
from saturation_lab.inference import Replicates, compare_paired, compare_unpaired


def _pair(seed: int, count: int = 30) -> tuple[Replicates, Replicates]:
    rng = np.random.default_rng(seed)
    luck = rng.standard_normal(count)
    values = (np.exp(0.1 + luck + rng.normal(0, 0.1, count)), np.exp(luck))
    one, other = (Replicates(values=v, networks=range(count)) for v in values)
    return one, other


def test_paired_is_the_paired_t_test() -> None:
    one, other = _pair(0)
    found = compare_paired(one, other, scale="difference")
    reference = stats.ttest_rel(one.values, other.values)
    assert [found.interval.low, found.interval.high] == pytest.approx(
        reference.confidence_interval()
    )
    assert found.p_value == pytest.approx(reference.pvalue)
    logs = stats.ttest_rel(np.log(one.values), np.log(other.values)).confidence_interval()
    ratio = compare_paired(one, other).interval
    assert [ratio.low, ratio.high] == pytest.approx(np.exp(logs))


def test_unpaired_is_welchs() -> None:
    one, other = _pair(1)
    found = compare_unpaired(one, other.first(12), scale="difference")
    reference = stats.ttest_ind(one.values, other.values[:12], equal_var=False)
    assert [found.interval.low, found.interval.high] == pytest.approx(
        reference.confidence_interval()
    )
    assert found.p_value == pytest.approx(reference.pvalue)
    tiny = (x.with_values(1e-150 * x.values) for x in (one, other.first(12)))
    assert compare_unpaired(*tiny, scale="difference").degrees == pytest.approx(found.degrees)


def test_pairs_show_what_two_samples_cannot() -> None:
    one, other = _pair(2)
    assert compare_paired(one, other).differ
    assert not compare_unpaired(one, other).differ
    assert compare_paired(one, other).correlation > 0.9


def test_networks_are_matched_by_index_not_by_place() -> None:
    one, other = _pair(3)
    order = np.random.default_rng(4).permutation(30)
    shuffled, straight = compare_paired(one, other.of(order)), compare_paired(one, other)
    assert shuffled.interval.estimate == pytest.approx(straight.interval.estimate, rel=1e-12)
    fewer = compare_paired(one, other.of(order[:20]))
    assert fewer.left_out == 10
    assert "10 networks without a partner left out" in fewer.sentence


def test_overflow_leaves_no_interval() -> None:
    one, other = _pair(5, 4)
    lost = one.with_values([math.inf, 1.0, 2.0, 3.0])
    for pair in ((lost, other), (other, lost), (lost, lost)):
        found = compare_paired(*pair)
        assert math.isnan(found.interval.low)
        assert not found.differ
        assert math.isnan(found.p_value)
        assert "of which 1 overflowed" in found.sentence
        json.dumps(found.to_json(), allow_nan=False)


def test_bad_input() -> None:
    one, other = _pair(6, 4)
    apart = Replicates(values=other.values, networks=range(3, 7))
    with pytest.raises(InputError, match="at least two networks in common, got 1"):
        compare_paired(one, apart)
    with pytest.raises(InputError, match="values above 0"):
        compare_paired(one, other.with_values([0.0, 1.0, 2.0, 3.0]))
    with pytest.raises(InputError, match="scale"):
        compare_paired(one, other, scale="log")


def test_no_spread_at_all() -> None:
    same = Replicates(values=[1.0, 1.0, 1.0], networks=range(3))
    for found in (compare_paired(same, same), compare_unpaired(same, same)):
        assert (found.interval.low, found.interval.high) == (1.0, 1.0)
        assert not found.differ
        assert found.p_value == 1
    apart = compare_paired(same, same.with_values([2.0, 2.0, 2.0]))
    assert (apart.differ, apart.p_value) == (True, 0)
