"""Tests of verdicts: they follow the sampled networks, and turn when the networks do."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from saturation_lab import InputError, Result, Study, hold, sample
from saturation_lab.claims import SETS
from saturation_lab.claims.library.glorot_initial import GLOROT_2010, GLOROT_2010_JACOBIANS, PARTS
from saturation_lab.inference import Verdict
from saturation_lab.judging import change, judge
from saturation_lab.sampling import with_ranges

STANDARD = Study(
    activation="tanh",
    initializer="standard_uniform",
    widths=[120] * 5,
    inputs="digits",
    examples=40,
    networks=12,
    seed=5,
)
NORMALIZED = replace(STANDARD, initializer="glorot_uniform")


def _sampled(standard: Study, normalized: Study) -> Mapping[str, Result]:
    ranges = with_ranges(standard, normalized).ranges
    studies = {"standard": standard, "normalized": normalized}
    return {k: sample(replace(s, ranges=ranges), workers=1) for k, s in studies.items()}


@pytest.fixture(scope="module")
def results() -> Mapping[str, Result]:
    return _sampled(STANDARD, NORMALIZED)


@pytest.mark.parametrize("claim", [one.id for one in GLOROT_2010 if one.id != "F8-batch"])
def test_the_papers_claims_hold_on_its_networks(claim: str, results: Mapping[str, Result]) -> None:
    assert judge(PARTS[claim], results).verdict is Verdict.HOLDS


@pytest.mark.parametrize("claim", ["F7-normalized", "F6-normalized"])
def test_a_comparison_fails_when_the_studies_are_swapped(
    claim: str, results: Mapping[str, Result]
) -> None:
    swapped = {"standard": results["normalized"], "normalized": results["standard"]}
    assert judge(PARTS[claim], swapped).verdict is Verdict.FAILS


def test_a_trend_fails_on_networks_that_have_the_opposite_one() -> None:
    # a gain of 4 makes tanh gradients grow on their way down
    exploding = replace(STANDARD, initializer="glorot_uniform", gain=4.0)
    results = _sampled(exploding, NORMALIZED)
    assert judge(PARTS["F7-standard"], results).verdict is Verdict.FAILS
    assert judge(PARTS["F8-gradient"], results).verdict is Verdict.FAILS


def test_the_ratio_is_the_geometric_mean_over_networks(results: Mapping[str, Result]) -> None:
    result = results["standard"]
    top, bottom = (result.values("gradient_mean_square", layer) for layer in (5, 1))
    ratio = change(result, "gradient_mean_square")
    assert ratio.estimate == pytest.approx(np.prod(top / bottom) ** (1 / 12), rel=1e-12)
    assert ratio.low < ratio.estimate < ratio.high
    assert ratio.networks == 12


def test_average_singular_values_are_judged_on_their_own_scale() -> None:
    results = _sampled(
        replace(STANDARD, singular_values=1, networks=8),
        replace(NORMALIZED, singular_values=1, networks=8),
    )
    for key, name in (("J-standard", "standard"), ("J-normalized", "normalized")):
        finding = judge(PARTS[key], results)
        layers = [results[name].values("singular_value_mean", i) for i in range(1, 6)]
        assert finding.verdict is Verdict.HOLDS
        assert finding.decided == finding.measured == finding.interval
        assert finding.measured.estimate == pytest.approx(np.mean(layers), rel=1e-12)
        assert finding.measured.networks == 8
    swapped = {"standard": results["normalized"], "normalized": results["standard"]}
    for statement in GLOROT_2010_JACOBIANS:
        assert judge(statement.parts[0], swapped).verdict is Verdict.FAILS


def test_a_share_of_zero_decides_nothing() -> None:
    # no value of a huge activation lies near zero in any of so few units
    tiny = replace(STANDARD, widths=[2, 2], gain=1e6, networks=3, examples=2)
    ranges = {"activation": (-1.0, 1.0), "gradient": (-1e-30, 1e-30)}
    result = sample(replace(tiny, ranges=ranges), workers=1)
    finding = judge(PARTS["F6-standard"], {"standard": result})
    assert finding.verdict is Verdict.UNDECIDED
    assert math.isnan(finding.measured.estimate)


def test_one_network_decides_nothing() -> None:
    results = _sampled(replace(STANDARD, networks=1), replace(NORMALIZED, networks=1))
    for (finding,) in (one.findings for one in hold(GLOROT_2010, results)):
        assert finding.verdict is Verdict.UNDECIDED
        assert finding.outlook == "; one network has no spread"


def test_unpaired_studies_are_refused(results: Mapping[str, Result]) -> None:
    other = sample(replace(results["normalized"].study, seed=6), workers=1)
    with pytest.raises(InputError, match="the same seed and networks"):
        judge(PARTS["F7-normalized"], {**results, "normalized": other})


def test_other_axes_are_refused(results: Mapping[str, Result]) -> None:
    study = replace(results["normalized"].study, ranges={})
    other = sample(with_ranges(replace(study, gain=4.0)), workers=1)
    with pytest.raises(InputError, match=r"^studies: expected the same axis ranges"):
        judge(PARTS["F7-normalized"], {**results, "normalized": other})


def test_what_is_shown_is_true_as_printed(results: Mapping[str, Result]) -> None:
    for statement in GLOROT_2010:
        if statement.id == "F8-batch":
            continue
        found = judge(statement.parts[0], results, level=0.99)
        assert found.measured.level == found.interval.level == 0.99
        last = float(found.shown.split()[-1])
        if found.shown.startswith("above"):
            assert last <= found.confirmed.low
        else:
            assert last >= found.confirmed.high


def test_every_claim_names_itself_and_a_region() -> None:
    for statements in SETS.values():
        for claim in (part for statement in statements for part in statement.parts):
            assert PARTS[claim.id] == claim
            assert claim.low < claim.high
            assert math.isfinite(claim.low) or math.isfinite(claim.high)
            assert claim.sentence
            assert claim.precise.endswith(".")
