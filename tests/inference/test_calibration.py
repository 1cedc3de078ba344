"""Tests that intervals, verdicts and looks err as rarely as they state, each with a planted fault.

The error rates are counted in simulated studies: 400 in `make test`, 2,000 in `make proof`. A share
of 95 % may be off by 3.3 Monte Carlo errors to either side, and an error rate may exceed its bound
by 3 (a false alarm in about 1 of 1,000 seeds, and the seeds are fixed). With 400 studies each
planted fault is found with a power of at least 99.9 %. Numbers are distributed normally or worse.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from saturation_lab.inference import (
    EveryLayer,
    Interval,
    Looking,
    Replicates,
    Verdict,
    WidthFit,
    bootstrap_t,
    compare_paired,
    compare_unpaired,
    fit_widths,
    interval_of,
    max_t,
    median_interval,
    networks_needed,
    typical_interval,
)
from saturation_lab.inference.equivalence import equivalence
from saturation_lab.inference.every_layer import every_layer

Float64 = NDArray[np.float64]
every_size = pytest.mark.parametrize("studies", [400, pytest.param(2000, marks=pytest.mark.proof)])
MARGIN = 0.1


def _replicates(values: Float64) -> Replicates:
    return Replicates(values=values, networks=np.arange(len(values)))


def _error(share: float, studies: int) -> float:
    return math.sqrt(share * (1 - share) / studies)


def _at_most(share: float, studies: int) -> float:
    """Return the largest count, as a share, that an error rate allows."""
    return share + 3 * _error(share, studies)


def _band(studies: int) -> tuple[float, float]:
    """Return the shares that a coverage of 95 % allows."""
    off = 3.3 * _error(0.95, studies)
    return 0.95 - off, 0.95 + off


def _covered(intervals: list[Interval], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in intervals]))


@every_size
def test_t_covers_with_four_networks(studies: int) -> None:
    low, high = _band(studies)
    draws = np.random.default_rng(1).normal(3, 2, (studies, 4))
    found = [interval_of(_replicates(x)) for x in draws]
    assert low < _covered(found, 3) < high
    # planted: the normal quantile in place of t's covers 86 %
    normal = [abs(one.estimate - 3) <= 1.96 * one.se for one in found]
    assert np.mean(normal) < low


@every_size
def test_units_are_no_replicates(studies: int) -> None:
    low, high = _band(studies)
    rng = np.random.default_rng(2)
    shared = rng.normal(0, 1, (studies, 16, 1))  # what the units of one network have in common
    units = shared + rng.normal(0, 1, (studies, 16, 64))
    found = [interval_of(_replicates(x.mean(axis=-1))) for x in units]
    assert low < _covered(found, 0) < high
    # planted: units under made-up networks, as the interface refuses them under their own
    pooled = [interval_of(_replicates(x.ravel())) for x in units]
    assert _covered(pooled, 0) < 0.5


@every_size
def test_the_typical_network_of_a_log_normal_law(studies: int) -> None:
    low, high = _band(studies)
    draws = np.exp(np.random.default_rng(3).normal(0, math.sqrt(5), (studies, 30)))  # β = 5
    assert low < _covered([typical_interval(_replicates(x)) for x in draws], 1) < high
    # planted: t on the mean itself, which is exp(β/2)
    assert _covered([interval_of(_replicates(x)) for x in draws], math.exp(2.5)) < low


@every_size
def test_the_median_covers_at_least(studies: int) -> None:
    draws = np.random.default_rng(4).exponential(size=(studies, 30)) - math.log(2)
    exact = 1 - 2 * stats.binom.cdf(9, 30, 0.5)
    covered = _covered([median_interval(_replicates(x)) for x in draws], 0)
    assert abs(covered - exact) < 4 * math.sqrt(exact * (1 - exact) / studies)
    assert exact > 0.95


def test_the_bootstrap_covers_a_skew_law() -> None:
    """Student's t covers 91.4 %, so that it takes 2,000 studies to see that."""
    low, high = _band(2000)
    rng = np.random.default_rng(5)
    draws = rng.gamma(0.5, 2.0, (2000, 40))  # skewness 2.8
    found = [bootstrap_t(_replicates(x), rng=rng, draws=399) for x in draws]
    assert low < _covered(found, 1) < high
    # planted: Student's t on the same networks
    assert _covered([interval_of(_replicates(x)) for x in draws], 1) < low


@every_size
def test_holds_is_rarely_false_at_the_margin(studies: int) -> None:
    draws = np.random.default_rng(6).normal(math.expm1(MARGIN), 0.08, (studies, 20))
    found = [equivalence(_replicates(x), margin=MARGIN) for x in draws]
    held = np.mean([one.verdict is Verdict.HOLDS for one in found])
    assert 0.025 - 3 * _error(0.025, studies) < held < _at_most(0.025, studies)
    assert np.mean([one.verdict is Verdict.FAILS for one in found]) < _at_most(0.025, studies)
    # planted: the verdict from the point estimate holds in half of all studies
    assert np.mean([abs(one.interval.estimate) < MARGIN for one in found]) > 0.4


@every_size
def test_planned_networks_decide_as_often_as_planned(studies: int) -> None:
    rng = np.random.default_rng(7)
    plan = networks_needed(margin=math.log1p(0.05), spread=0.1, estimate=0.01, layers=8)
    assert plan.networks is not None
    draws = rng.normal(0.01, 0.1, (studies // 4, plan.networks, 8))
    least = 0.9 - 3 * _error(0.9, len(draws))
    margin = math.log1p(0.05)
    found = [every_layer(_replicates(x), margin=margin).verdict for x in draws]
    assert np.mean([one is Verdict.HOLDS for one in found]) > least
    # planted: each layer planned with 90 %
    fewer = networks_needed(margin=margin, spread=0.1, estimate=0.01).networks
    assert fewer is not None
    found = [every_layer(_replicates(x[:fewer]), margin=margin).verdict for x in draws]
    assert np.mean([one is Verdict.HOLDS for one in found]) < least


@every_size
def test_all_of_several_layers(studies: int) -> None:
    rng = np.random.default_rng(8)
    one_off = np.where(np.arange(4) == 2, math.expm1(MARGIN), 0.0)
    draws = rng.normal(one_off, 0.05, (studies, 20, 4))
    found = [every_layer(_replicates(x), margin=MARGIN).verdict for x in draws]
    assert np.mean([one is Verdict.HOLDS for one in found]) < _at_most(0.025, studies)

    # every layer at the margin: Holm finds some of them outside in at most 5 %
    draws = rng.normal(math.expm1(MARGIN), 0.05, (studies // 2, 20, 8))
    families = [every_layer(_replicates(x), margin=MARGIN) for x in draws]
    assert np.mean([one.verdict is Verdict.FAILS for one in families]) < _at_most(
        0.05, len(families)
    )

    # planted: some layer's own interval outside, uncorrected
    def some(family: EveryLayer) -> bool:
        return any(layer.verdict is Verdict.FAILS for layer in family.layers)

    assert np.mean([some(family) for family in families]) > _at_most(0.05, len(families))


def _looked(draws: Float64, *, divided: bool) -> tuple[float, float]:
    """Return the shares of holds and of fails over eight looks."""
    verdicts = []
    for r in draws:
        looking = Looking(
            lambda x, level: equivalence(x, margin=MARGIN, level=level if divided else 0.95),
            first=4,
            most=512,
        )
        looking.add(range(512), r)
        verdicts.append(looking.looks[-1].decision.verdict)
    return tuple(float(np.mean([v is w for v in verdicts])) for w in (Verdict.HOLDS, Verdict.FAILS))  # type: ignore[return-value]


@pytest.mark.parametrize("studies", [250, pytest.param(1000, marks=pytest.mark.proof)])
def test_eight_looks_keep_the_error(studies: int) -> None:
    draws = np.random.default_rng(9).normal(math.expm1(MARGIN), 0.08, (studies, 512))
    holds, fails = _looked(draws, divided=True)
    assert holds < _at_most(0.025, studies)
    assert fails < _at_most(0.025, studies)
    # planted: every look at the whole error, which is wrong in 12.7 %
    holds, _ = _looked(draws[:500], divided=False)
    assert holds > _at_most(0.025, len(draws[:500]))


def _fits(rng: np.random.Generator, studies: int, count: int) -> list[WidthFit]:
    widths = (16, 32, 64, 128)
    return [
        fit_widths({n: _replicates(rng.normal(2 / n, 4 / n, count)) for n in widths})
        for _ in range(studies)
    ]


@every_size
def test_the_limit_of_four_widths_covers(studies: int) -> None:
    low, high = _band(studies)
    found = _fits(np.random.default_rng(10), studies, 16)
    assert low < _covered([fit.limit for fit in found], 0) < high
    assert np.mean([fit.lack_of_fit < 0.05 for fit in found]) < _at_most(0.05, studies)
    # planted: the errors taken as known, chi-square in place of Johansen's F: 15 %
    few = _fits(np.random.default_rng(11), studies, 4)
    design = np.column_stack([np.ones(4), 1 / np.array(few[0].widths)])

    def left(fit: WidthFit) -> float:
        line = design @ [fit.limit.estimate, fit.slope.estimate]
        off = [(p.estimate - at) / p.se for p, at in zip(fit.points, line, strict=True)]
        return float(np.square(off).sum())

    assert np.mean([stats.chi2.sf(left(fit), 2) < 0.05 for fit in few]) > _at_most(0.05, studies)


@every_size
def test_pairs_cover(studies: int) -> None:
    low, high = _band(studies)
    rng = np.random.default_rng(12)
    luck = rng.normal(0, 1, (studies, 2, 1, 16))
    pairs = np.exp(0.9 * luck[:, 0] + rng.normal(0, 0.2, (studies, 2, 16)))
    sides = [(_replicates(one), _replicates(other)) for one, other in pairs]
    assert low < _covered([compare_paired(*pair).interval for pair in sides], 1) < high
    # planted: two samples where they share their luck
    assert _covered([compare_unpaired(*pair).interval for pair in sides], 1) > high
    apart = [
        (one, other) for (one, _), (_, other) in zip(sides, sides[1:] + sides[:1], strict=True)
    ]
    assert low < _covered([compare_unpaired(*pair).interval for pair in apart], 1) < high


@every_size
def test_max_t_errs_once_for_all_layers(studies: int) -> None:
    rng = np.random.default_rng(13)
    shared = rng.standard_normal((studies, 24, 1))
    draws = shared + rng.standard_normal((studies, 24, 12))
    found = [max_t(_replicates(x), rng=rng, draws=199) for x in draws]
    assert np.mean([one.rejected.any() for one in found]) < _at_most(0.05, studies)
    # planted: no correction for twelve layers
    raw = np.min(stats.ttest_1samp(draws, 0, axis=1).pvalue, axis=1)
    assert np.mean(raw < 0.05) > _at_most(0.05, studies)
