"""Tests that the line over widths is the weighted least-squares fit, and that a bend is found."""

from __future__ import annotations

import json

import numpy as np
import pytest
from statsmodels.regression.linear_model import WLS

from saturation_lab import InputError
from saturation_lab.inference import Region, Replicates, Verdict, WidthFit, fit_widths

WIDTHS = (16, 32, 64, 128)


def _fit(
    mean: object, rng: np.random.Generator, *, count: int = 40, widths: tuple[int, ...] = WIDTHS
) -> WidthFit:
    return fit_widths(
        {
            n: Replicates(values=rng.normal(mean(n), 3 / n, count), networks=range(count))  # type: ignore[operator]
            for n in widths
        }
    )


def test_it_is_weighted_least_squares() -> None:
    fit = _fit(lambda n: 0.2 + 3 / n, np.random.default_rng(0))
    means = np.array([p.estimate for p in fit.points])
    errors = np.array([p.se for p in fit.points])
    design = np.column_stack([np.ones(4), 1 / np.array(WIDTHS)])
    reference = WLS(means, design, weights=errors**-2).fit(cov_type="fixed scale")
    assert [fit.limit.estimate, fit.slope.estimate] == pytest.approx(reference.params, rel=1e-9)
    assert [fit.limit.se, fit.slope.se] == pytest.approx(reference.bse, rel=1e-9)
    json.dumps(fit.to_json(), allow_nan=False)
    assert "\n" not in fit.sentence


def test_many_networks_give_the_chi_square() -> None:
    from scipy import stats

    fit = _fit(lambda n: 0.2 + 3 / n, np.random.default_rng(1), count=5000)
    means = np.array([p.estimate for p in fit.points])
    errors = np.array([p.se for p in fit.points])
    line = fit.limit.estimate + fit.slope.estimate / np.array(WIDTHS)
    left = np.sum(((means - line) / errors) ** 2)
    assert fit.lack_of_fit == pytest.approx(stats.chi2.sf(left, 2), abs=2e-3)


def test_a_bend_is_said() -> None:
    fit = _fit(lambda n: 3 / n + 60 / n**2, np.random.default_rng(2), count=200)
    assert fit.lack_of_fit < 0.05
    assert "do not follow a + c/n" in fit.sentence


def test_the_limit_is_judged() -> None:
    fit = _fit(lambda n: 3 / n, np.random.default_rng(3), count=200)
    small = Region(low=-0.01, high=0.01)
    assert small.decide(fit.limit) is Verdict.HOLDS
    assert small.decide(fit.points[0]) is Verdict.FAILS  # judged at one width it would fail
    assert fit.slope.low < 3 < fit.slope.high


@pytest.mark.parametrize(("widths", "said"), [((16, 64), "two widths"), ((16, 32, 64), "three")])
def test_few_widths_are_warned_of(widths: tuple[int, ...], said: str) -> None:
    fit = _fit(lambda n: 3 / n, np.random.default_rng(4), widths=widths)
    assert said in fit.sentence
    json.dumps(fit.to_json(), allow_nan=False)


def test_bad_input() -> None:
    some = Replicates(values=[1.0, 2.0], networks=[0, 1])
    with pytest.raises(InputError, match="at least two widths"):
        fit_widths({16: some})
    with pytest.raises(InputError, match="no variation at width 16"):
        fit_widths({16: some.with_values([1.0, 1.0]), 32: some})
    with pytest.raises(InputError, match="overflowed"):
        fit_widths({16: some.with_values([1.0, np.inf]), 32: some})
    with pytest.raises(InputError, match="widths"):
        fit_widths({0: some, 16: some})
