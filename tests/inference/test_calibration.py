"""Test the error rates of intervals, verdicts and looks, each with a planted fault.

With 2,000 simulated studies, the Monte Carlo error of a coverage of 95 % is 0.49 %, so the limits
of 93.35 and 96.55 % are 3.2 to 3.4 Monte Carlo errors away (a false alarm for about one seed in
800; the seeds are fixed). For an error rate of 2.5 %, the Monte Carlo error is 0.35 %. The
simulated numbers are normal or less well-behaved.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from saturation_lab.inference.bootstrap import bootstrap_t
from saturation_lab.inference.comparison import compare_paired, compare_unpaired
from saturation_lab.inference.equivalence import equivalence
from saturation_lab.inference.every_layer import EveryLayer, every_layer
from saturation_lab.inference.intervals import (
    Interval,
    interval_of,
    median_interval,
    typical_interval,
)
from saturation_lab.inference.looks import Looking
from saturation_lab.inference.multiplicity import max_t
from saturation_lab.inference.planning import networks_needed
from saturation_lab.inference.replicates import Replicates
from saturation_lab.inference.verdict import Verdict
from saturation_lab.inference.width import WidthFit, fit_widths

Float64 = NDArray[np.float64]
STUDIES = 2000
LOW, HIGH = 0.9335, 0.9655
FALSE_HOLDS = 0.025 + 3 * math.sqrt(0.025 * 0.975 / STUDIES)
FALSE_ANY = 0.05 + 3 * math.sqrt(0.05 * 0.95 / STUDIES)
FALSE_ANY_OF_HALF = 0.05 + 3 * math.sqrt(0.05 * 0.95 / (STUDIES // 2))
MARGIN = 0.1


def _replicates(values: Float64) -> Replicates:
    return Replicates(values=values, networks=np.arange(len(values)))


def _covered(intervals: list[Interval], truth: float) -> float:
    return float(np.mean([one.low <= truth <= one.high for one in intervals]))


def test_t_covers_with_eight_networks() -> None:
    draws = np.random.default_rng(1).normal(3, 2, (STUDIES, 8))
    found = [interval_of(_replicates(x)) for x in draws]
    assert LOW < _covered(found, 3) < HIGH
    # planted: the normal quantile in place of t's covers 91 %
    normal = [abs(one.estimate - 3) <= 1.96 * one.se for one in found]
    assert np.mean(normal) < LOW


def test_units_are_no_replicates() -> None:
    rng = np.random.default_rng(2)
    shared = rng.normal(0, 1, (STUDIES, 16, 1))  # what the units of one network have in common
    units = shared + rng.normal(0, 1, (STUDIES, 16, 64))
    found = [interval_of(_replicates(x.mean(axis=-1))) for x in units]
    assert LOW < _covered(found, 0) < HIGH
    # planted: units under made-up networks, as the interface refuses them under their own
    pooled = [interval_of(_replicates(x.ravel())) for x in units]
    assert _covered(pooled, 0) < 0.5


def test_the_typical_network_of_a_log_normal_law() -> None:
    draws = np.exp(np.random.default_rng(3).normal(0, math.sqrt(5), (STUDIES, 30)))  # β = 5
    assert LOW < _covered([typical_interval(_replicates(x)) for x in draws], 1) < HIGH
    # planted: t on the mean itself, which is exp(β/2)
    assert _covered([interval_of(_replicates(x)) for x in draws], math.exp(2.5)) < LOW


def test_the_median_covers_at_least() -> None:
    draws = np.random.default_rng(4).exponential(size=(STUDIES, 30)) - math.log(2)
    exact = 1 - 2 * stats.binom.cdf(9, 30, 0.5)
    covered = _covered([median_interval(_replicates(x)) for x in draws], 0)
    assert abs(covered - exact) < 4 * math.sqrt(exact * (1 - exact) / STUDIES)
    assert exact > 0.95


def test_the_bootstrap_covers_a_skew_law() -> None:
    rng = np.random.default_rng(5)
    draws = rng.gamma(0.5, 2.0, (STUDIES, 40))  # skewness 2.8
    found = [bootstrap_t(_replicates(x), rng=rng, draws=799) for x in draws]
    assert LOW < _covered(found, 1) < HIGH
    # planted: Student's t on the same networks
    assert _covered([interval_of(_replicates(x)) for x in draws], 1) < LOW


def test_holds_is_rarely_false_at_the_margin() -> None:
    draws = np.random.default_rng(6).normal(math.expm1(MARGIN), 0.08, (STUDIES, 20))
    found = [equivalence(_replicates(x), margin=MARGIN) for x in draws]
    held = np.mean([one.verdict is Verdict.HOLDS for one in found])
    assert 0.015 < held < FALSE_HOLDS
    assert np.mean([one.verdict is Verdict.FAILS for one in found]) < FALSE_HOLDS
    # planted: the verdict from the point estimate holds in half of all studies
    assert np.mean([abs(one.interval.estimate) < MARGIN for one in found]) > 0.4


def test_planned_networks_decide_as_often_as_planned() -> None:
    rng = np.random.default_rng(7)
    plan = networks_needed(margin=math.log1p(0.05), spread=0.1, estimate=0.01, layers=4)
    assert plan.networks is not None
    draws = rng.normal(0.01, 0.1, (500, plan.networks, 4))
    margin = math.log1p(0.05)
    found = [every_layer(_replicates(x), margin=margin).verdict for x in draws]
    assert np.mean([one is Verdict.HOLDS for one in found]) > 0.9 - 3 * 0.0134
    # planted: each layer planned with 90 %
    fewer = networks_needed(margin=margin, spread=0.1, estimate=0.01).networks
    assert fewer is not None
    found = [every_layer(_replicates(x[:fewer]), margin=margin).verdict for x in draws]
    assert np.mean([one is Verdict.HOLDS for one in found]) < 0.9 - 3 * 0.0134


def test_all_of_four_layers() -> None:
    rng = np.random.default_rng(8)
    one_off = np.where(np.arange(4) == 2, math.expm1(MARGIN), 0.0)
    draws = rng.normal(one_off, 0.05, (STUDIES, 20, 4))
    found = [every_layer(_replicates(x), margin=MARGIN).verdict for x in draws]
    assert np.mean([one is Verdict.HOLDS for one in found]) < FALSE_HOLDS

    # every layer at the margin: Holm finds some of them outside in at most 5 %
    draws = rng.normal(math.expm1(MARGIN), 0.05, (STUDIES // 2, 20, 4))
    families = [every_layer(_replicates(x), margin=MARGIN) for x in draws]
    assert np.mean([one.verdict is Verdict.FAILS for one in families]) < FALSE_ANY_OF_HALF

    # planted: some layer's own interval outside, uncorrected
    def some(family: EveryLayer) -> bool:
        return any(layer.verdict is Verdict.FAILS for layer in family.layers)

    assert np.mean([some(family) for family in families]) > FALSE_ANY_OF_HALF


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


def test_eight_looks_keep_the_error() -> None:
    draws = np.random.default_rng(9).normal(math.expm1(MARGIN), 0.08, (STUDIES // 2, 512))
    holds, fails = _looked(draws, divided=True)
    bound = 0.025 + 3 * math.sqrt(0.025 * 0.975 / len(draws))
    assert holds < bound
    assert fails < bound
    # planted: every look at the whole error
    holds, _ = _looked(draws[:500], divided=False)
    assert holds > 0.025 + 3 * math.sqrt(0.025 * 0.975 / 500)


def _fits(rng: np.random.Generator, studies: int, count: int) -> list[WidthFit]:
    widths = (16, 32, 64, 128)
    return [
        fit_widths({n: _replicates(rng.normal(2 / n, 4 / n, count)) for n in widths})
        for _ in range(studies)
    ]


def test_the_limit_of_four_widths_covers() -> None:
    found = _fits(np.random.default_rng(10), STUDIES, 16)
    assert LOW < _covered([fit.limit for fit in found], 0) < HIGH
    assert np.mean([fit.lack_of_fit < 0.05 for fit in found]) < FALSE_ANY
    # planted: the errors taken as known, chi-square in place of Johansen's F
    few = _fits(np.random.default_rng(11), STUDIES, 8)
    design = np.column_stack([np.ones(4), 1 / np.array(few[0].widths)])

    def left(fit: WidthFit) -> float:
        line = design @ [fit.limit.estimate, fit.slope.estimate]
        off = [(p.estimate - at) / p.se for p, at in zip(fit.points, line, strict=True)]
        return float(np.square(off).sum())

    assert np.mean([stats.chi2.sf(left(fit), 2) < 0.05 for fit in few]) > FALSE_ANY


def test_pairs_cover() -> None:
    rng = np.random.default_rng(12)
    luck = rng.normal(0, 1, (STUDIES, 2, 1, 16))
    pairs = np.exp(0.9 * luck[:, 0] + rng.normal(0, 0.2, (STUDIES, 2, 16)))
    sides = [(_replicates(one), _replicates(other)) for one, other in pairs]
    assert LOW < _covered([compare_paired(*pair).interval for pair in sides], 1) < HIGH
    # planted: two samples where they share their luck
    assert _covered([compare_unpaired(*pair).interval for pair in sides], 1) > HIGH
    apart = [
        (one, other) for (one, _), (_, other) in zip(sides, sides[1:] + sides[:1], strict=True)
    ]
    assert LOW < _covered([compare_unpaired(*pair).interval for pair in apart], 1) < HIGH


def test_max_t_errs_once_for_all_layers() -> None:
    rng = np.random.default_rng(13)
    shared = rng.standard_normal((STUDIES, 24, 1))
    draws = shared + rng.standard_normal((STUDIES, 24, 12))
    found = [max_t(_replicates(x), rng=rng, draws=199) for x in draws]
    assert np.mean([one.rejected.any() for one in found]) < FALSE_ANY
    # planted: no correction for twelve layers
    raw = np.min(stats.ttest_1samp(draws, 0, axis=1).pvalue, axis=1)
    assert np.mean(raw < 0.05) > FALSE_ANY
