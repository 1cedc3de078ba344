"""Tests that p-values are adjusted as in the literature and as by statsmodels."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from saturation_lab import InputError
from saturation_lab.inference import NULLS, Adjusted, Replicates, benjamini_hochberg, holm, max_t

# Benjamini & Hochberg 1995, section 4.1: fifteen p-values, of which Bonferroni's method rejects
# three at 0.05 and theirs four
PUBLISHED = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip


def test_the_published_example() -> None:
    assert holm(PUBLISHED).rejected.sum() == 3
    assert benjamini_hochberg(PUBLISHED).rejected.sum() == 4


@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
def test_against_statsmodels(ours: Callable[..., Adjusted], theirs: str) -> None:
    rng = np.random.default_rng(11)
    for _ in range(10):
        p = rng.choice([0.0, 1e-9, 0.01, 0.02, 0.5, 1.0], 12) * rng.random(12).round(1)
        rejected, adjusted, *_ = multipletests(p, alpha=0.1, method=theirs)
        found = ours(p, alpha=0.1)
        assert found.adjusted == pytest.approx(adjusted, rel=1e-12)
        assert found.rejected.tolist() == rejected.tolist()


def test_order_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(15)
    assert holm(np.array(PUBLISHED)[order]).adjusted == pytest.approx(
        holm(PUBLISHED).adjusted[order]
    )


@pytest.mark.parametrize("p", [[], [0.1, 1.2], [0.1, float("nan")], [[0.1]], [-0.1]])
@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_what_is_no_p_value_is_refused(adjust: object, p: object) -> None:
    with pytest.raises(InputError, match="p_values"):
        adjust(p)  # type: ignore[operator]


@pytest.mark.parametrize("method", NULLS)
def test_one_layer_is_near_the_t_test(method: str) -> None:
    x = np.random.default_rng(1).normal(0.4, 1, 30)
    found = max_t(
        Replicates(values=x, networks=range(30)),
        rng=np.random.default_rng(2),
        method=method,
        draws=20_000,
    )
    assert found.adjusted[0] == pytest.approx(stats.ttest_1samp(x, 0).pvalue, abs=0.015)
    assert found.critical == pytest.approx(stats.t.ppf(0.975, 29), abs=0.2)


def test_all_flips_of_a_few_networks() -> None:
    # 5 networks of one sign: 2 of 32 flips are as extreme, 0.0625; 4 Monte Carlo errors are 0.0097
    found = max_t(
        Replicates(values=[1.0, 1.1, 0.9, 1.2, 0.8], networks=range(5)),
        rng=np.random.default_rng(3),
        draws=10_000,
    )
    assert found.adjusted[0] == pytest.approx(2 / 32, abs=0.0097)


def test_layers_that_move_together_cost_nothing() -> None:
    x = np.random.default_rng(4).normal(0.5, 1, (30, 1))
    one, ten = (
        max_t(Replicates(values=v, networks=range(30)), rng=np.random.default_rng(5), draws=2000)
        for v in (x, np.repeat(x, 10, axis=1))
    )
    assert ten.adjusted == pytest.approx(np.repeat(one.adjusted, 10))
    assert ten.critical == pytest.approx(one.critical)


@pytest.mark.parametrize("method", NULLS)
def test_without_spread(method: str) -> None:
    values = np.zeros((12, 3))
    values[:, 1] = 1.0
    values[:, 2] = np.random.default_rng(6).standard_normal(12)
    found = max_t(
        Replicates(values=values, networks=range(12)), rng=np.random.default_rng(7), method=method
    )
    assert found.adjusted[0] == 1.0
    assert found.rejected.tolist() == [False, True, False]
    json.dumps(found.to_json(), allow_nan=False)


def test_against_a_null_of_each_layer() -> None:
    values = np.random.default_rng(10).normal([1.0, 2.0], 0.1, (20, 2))
    replicates = Replicates(values=values, networks=range(20))
    rng = np.random.default_rng(9)  # where nothing differs 5 % are rejected: not at this seed
    assert not max_t(replicates, rng=rng, null=[1.0, 2.0]).rejected.any()
    assert max_t(replicates, rng=rng, null=[1.0, 1.0]).rejected.tolist() == [False, True]


def test_too_few_draws_and_unknown_methods_are_refused() -> None:
    some = Replicates(values=[1.0, 2.0], networks=[0, 1])
    with pytest.raises(InputError, match="draws"):
        max_t(some, rng=np.random.default_rng(1), draws=10)
    with pytest.raises(InputError, match="method"):
        max_t(some, rng=np.random.default_rng(1), method="flip")
