"""Tests that no claim about a mean is decided by an interval that a heavy law makes too narrow.

The claims are wrong ones about numbers whose true value is known: under He's rule the mean square
of δ is the same in all layers, on average over networks. 24 studies of each kind have seeds of
their own; a 95 % interval misses in 5 of them or more with a probability of 0.6 %.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from saturation_lab import Claim, Study, ask, sample
from saturation_lab.inference import Verdict, mean_interval
from saturation_lab.judging import judge
from saturation_lab.judging.settle import settle
from saturation_lab.measured import Measured

DELTA, SIGNAL = "gradient_mean_square", "activation_mean_square"
SEEDS = range(24)
NARROW = Study(
    activation="leaky_relu",
    initializer="he_normal",
    widths=(10,) * 50,
    inputs="gaussian",
    examples=1,
    loss=None,
    networks=30,
    dtype="float64",
)
RATIO = ask("mean_ratio", study="a", of=((DELTA, 1),), over=((DELTA, -1),))


def _claim(experiment: Any = RATIO, *, low: float = 0.0, high: float = 0.7) -> Claim:
    return Claim(
        id="1", source="", sentence="", precise="", experiment=experiment, low=low, high=high
    )


def _sampled(study: Study) -> Iterator[Measured]:
    only = frozenset({(DELTA, 1), (DELTA, len(study.widths))})
    for seed in SEEDS:
        yield sample(replace(study, seed=seed), workers=1, only=only)


@pytest.fixture(scope="module")
def narrow() -> list[Measured]:
    return [*_sampled(NARROW)]


def _hold_the_law(sampled: Iterable[Measured], truth: float) -> None:
    found = [judge(_claim(), {"a": one}) for one in sampled]
    wrong = [not one.interval.low <= truth <= one.interval.high for one in found]
    assert sum(wrong) < 5
    assert sum(one.verdict is Verdict.HOLDS for one in found) < 5
    assert all("mean by the exact law" in one.sentence for one in found)


def test_the_exact_law_covers_a_ratio_of_means(narrow: list[Measured]) -> None:
    _hold_the_law(narrow, truth=(1 + 0.01**2) ** 49)  # σ_w² E φ'² in each layer
    _hold_the_law(_sampled(replace(NARROW, activation="relu", widths=(100,) * 50)), truth=1.0)


def test_student_is_the_planted_fault(narrow: list[Measured]) -> None:
    values = [one.values(DELTA, 1) / one.values(DELTA, 50) for one in narrow]
    assert sum(mean_interval(x).high < 0.7 for x in values) > 12


def test_without_a_law_it_stays_undecided_and_says_why() -> None:
    study = replace(NARROW, activation="tanh", initializer="glorot_normal")
    found = judge(_claim(), {"a": next(_sampled(study))})
    assert found.verdict is Verdict.UNDECIDED
    assert not found.undefined
    said = "no interval, because the law over networks is too heavy for a mean of 30 networks (β = "
    assert found.sentence.startswith(f"undecided: {said}")
    assert found.number.startswith(said)
    data = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert data["reason"] == found.answer.reason
    assert data["decides"]["low"] is None
    assert data["networks_to_decide"] is None


@pytest.mark.parametrize(
    "experiment",
    [
        ask("value", study="a", at=(DELTA, 1)),
        ask("mean_over_layers", study="a", quantity=DELTA),
        ask("mean_ratio", study="a", of=((SIGNAL, -1), (DELTA, 1)), over=((SIGNAL, 1),)),
        ask("mean_ratio", study="a", of=(("pre_activation_mean_square", -1),), times=0.5),
    ],
)
def test_every_kind_that_judges_a_mean_has_the_rule(experiment: Any) -> None:
    study = replace(NARROW, examples=3, widths=(10,) * 30)
    found = judge(_claim(experiment, high=1e9), {"a": sample(study, workers=1)})
    assert found.verdict is Verdict.UNDECIDED
    assert "too heavy" in found.answer.reason


def test_shares_near_0_are_not_decided_by_an_interval_of_no_width() -> None:
    study = replace(NARROW, activation="tanh", initializer="glorot_normal", widths=(50, 50))
    result = sample(replace(study, gain=0.45), workers=1)
    claim = _claim(ask("value", study="a", at=("saturated_share", 1)), low=-1.0, high=1e-6)
    found = judge(claim, {"a": result})
    assert found.verdict is Verdict.UNDECIDED
    assert 0 <= found.interval.low < 1e-3 < found.interval.high < 0.01


def test_settling_ends_undecided() -> None:
    study = replace(NARROW, activation="tanh", initializer="glorot_normal", widths=(10,) * 20)
    found = settle([_claim()], {"a": study}, most=32, workers=1)["1"]
    assert found.finding.verdict is Verdict.UNDECIDED
    assert "too heavy for a mean of 32 networks" in found.sentence
