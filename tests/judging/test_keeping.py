"""Tests of what is kept: signal, gradient, and which initializer is nearest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from saturation_lab import Grid, GridResult, InputError, Result, Study, ask, sample, sample_grid
from saturation_lab.claims.library.signal_and_gradient import ANY, KEEPS
from saturation_lab.inference import Verdict
from saturation_lab.judging import change, in_a_sentence, judge, pair_rows
from saturation_lab.judging.keeping import keeping

STUDY = Study(
    activation="tanh",
    initializer="he_normal",
    widths=[80] * 8,
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


@pytest.fixture(scope="module")
def result() -> GridResult:
    return _grid(
        ["sigmoid", "tanh"], ["lecture_normal", "glorot_normal", "he_normal", "standard_uniform"]
    )


def _logs(found: Result, *quantities: str) -> np.ndarray:
    value = np.ones(found.study.networks)
    for quantity in quantities:
        value = value * found.values(quantity, 8) / found.values(quantity, 1)
    return np.log(value)


SIGNAL = ("activation_mean_square", "activation_input_share_of_variance")


def test_the_signal_is_the_variance_over_the_examples(result: GridResult) -> None:
    from saturation_lab.examples import shared_examples
    from saturation_lab.sampling import dense_trace

    found = result.results["tanh", "he_normal"]
    trace = dense_trace(found.study, range(12), shared_examples(found.study))
    variances = [np.asarray(trace.layers[n].activation).var(axis=1).mean(axis=1) for n in (0, 7)]
    ratio = judge(KEEPS["K-signal"], {ANY: found}).measured
    expected = np.exp(np.log(variances[1] / variances[0]).mean())
    assert ratio.estimate == pytest.approx(expected, rel=1e-9)


def test_a_healthy_size_that_forgot_its_input_is_not_a_kept_signal(result: GridResult) -> None:
    # a sigmoid under the lecture's factor 4: Std z and the mean square of a stay as they are
    found = result.results["sigmoid", "lecture_normal"]
    kept = keeping(result.of("sigmoid")).kept["lecture_normal"]
    assert abs(math.log(kept.size.estimate)) < 0.2
    assert kept.spread[1] > 2
    assert kept.from_input.estimate < 0.01
    assert kept.signal.verdict is Verdict.FAILS
    # the planted fault: size taken for signal
    size = ask("top_over_bottom", study=ANY, quantity="activation_mean_square")
    fault = replace(KEEPS["K-signal"], experiment=size)
    assert judge(fault, {ANY: found}).verdict is Verdict.HOLDS


def test_verdicts_and_factors_are_those_of_the_networks(result: GridResult) -> None:
    kept = keeping(result.of("tanh")).kept
    assert {name: k.both for name, k in kept.items()} == {
        "lecture_normal": Verdict.FAILS,
        "glorot_normal": Verdict.FAILS,
        "he_normal": Verdict.HOLDS,
        "standard_uniform": Verdict.FAILS,
    }
    for name, found in kept.items():
        networks = result.results["tanh", name]
        for finding, quantities in (
            (found.signal, SIGNAL),
            (found.gradient, ("gradient_mean_square",)),
        ):
            logs = _logs(networks, *quantities)
            assert finding.measured.estimate == pytest.approx(math.exp(logs.mean()), rel=1e-9)


def test_the_nearest_is_compared_network_by_network_for_all_pairs_together(
    result: GridResult,
) -> None:
    found = keeping(result.of("tanh"))
    assert found.nearest == "he_normal"
    away = {
        name: np.maximum(
            np.abs(_logs(networks, *SIGNAL)), np.abs(_logs(networks, "gradient_mean_square"))
        )
        for name, networks in result.of("tanh").items()
    }
    for name, factor in found.farther.items():
        difference = away[name] - away["he_normal"]
        half = stats.t.ppf(1 - 0.05 / 6 / 2, 11) * stats.sem(difference)
        assert factor.estimate == pytest.approx(math.exp(difference.mean()), rel=1e-9)
        assert factor.low == pytest.approx(math.exp(difference.mean() - half), rel=1e-9)
        assert found.apart(name)
    assert set(found.farther) == {"lecture_normal", "glorot_normal", "standard_uniform"}


def test_what_is_the_same_is_not_told_apart(result: GridResult) -> None:
    found = keeping({k: v for k, v in result.of("tanh").items() if k != "he_normal"})
    titles = {name: name for name in found.kept}
    assert found.nearest == "lecture_normal"  # the first of equals
    assert not found.apart("glorot_normal")  # whose factor is 1 for tanh: the same weights
    assert found.apart("standard_uniform")
    rows = {row.title: row for row in pair_rows(found, titles)}
    assert rows["lecture_normal"].compared == "smallest"
    assert rows["glorot_normal"].compared == "same as lecture_normal in every network"
    said = in_a_sentence("tanh", found, titles)
    assert said.startswith(
        "tanh: no initialization keeps both signal and gradient; the worse factor is smallest"
    )
    assert said.endswith("(glorot_normal cannot be distinguished from it).")
    assert "lecture_normal: " in said


def test_one_network_decides_nothing() -> None:
    study = replace(STUDY, networks=1)
    found = keeping({"he": sample(study, workers=1)})
    assert found.kept["he"].both is Verdict.UNDECIDED
    assert in_a_sentence("tanh", found, {"he": "He"}).startswith(
        "tanh: no initialization is confirmed"
    )


def test_networks_that_overflowed_are_undefined_and_never_nearest() -> None:
    big = replace(STUDY, activation="relu", gain=1e60, dtype="float64")
    results = {
        "big": sample(big, name="big", workers=1),
        "he": sample(replace(big, gain=None), name="he", workers=1),
    }
    assert results["big"].summary.overflowed == 12
    found = keeping(results)
    assert found.nearest == "he"
    assert not found.apart("big")
    rows = pair_rows(found, {"big": "Big", "he": "He"})
    assert rows[0].compared == "undefined"
    assert rows[0].signal.verdict == "undecided"
    assert "nan" not in str(rows)


def test_unpaired_results_are_refused(result: GridResult) -> None:
    tanh = result.of("tanh")
    other = sample(replace(tanh["he_normal"].study, seed=7), workers=1)
    with pytest.raises(InputError, match="the same seed and networks"):
        keeping({**tanh, "he_normal": other})


def test_json_has_the_same_numbers(result: GridResult) -> None:
    found = keeping(result.of("tanh"))
    data = found.to_json()
    assert data["nearest"] == "he_normal"
    assert data["kept"]["he_normal"]["both"] == "holds"
    ratio = change(result.results["tanh", "he_normal"], "gradient_mean_square")
    assert data["kept"]["he_normal"]["gradient"]["low"] == ratio.low
    assert data["times_farther"]["glorot_normal"]["estimate"] > 1


# --- heat maps ------------------------------------------------------------------------------------


def test_every_claim_of_keeping_has_a_margin_on_both_sides() -> None:
    for key, claim in KEEPS.items():
        assert key == claim.id
        assert claim.low == -math.log(2)
        assert claim.high == math.log(2)
        assert claim.precise.endswith(".")
