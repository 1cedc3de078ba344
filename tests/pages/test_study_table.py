"""Tests of the tables of a study in a terminal: what a researcher reads first."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from saturation_lab import Study, sample
from saturation_lab.examples import shared_examples
from saturation_lab.inference import Known, average
from saturation_lab.pages import blocks_of, mean_text
from saturation_lab.pages.as_text import as_text
from saturation_lab.sampling import Result
from saturation_lab.theory import mean_square_law

HE = Study(
    activation="relu",
    initializer="he_normal",
    widths=(10,) * 12,
    inputs="gaussian",
    examples=1,
    loss=None,
    networks=20,
    seed=2,
)


def _text(study: Study) -> tuple[Result, str]:
    result = sample(study, workers=1)
    said = as_text(blocks_of(result))
    assert max(map(len, said.splitlines())) <= 100
    assert "nan" not in said
    return result, said


def _line(said: str, start: str) -> str:
    return next(line for line in said.splitlines() if line.strip().startswith(start))


def test_a_wide_study_shows_means_and_the_spread_over_networks() -> None:
    result, said = _text(
        replace(HE, widths=(300, 300), activation="tanh", examples=4, loss=None, networks=9)
    )
    assert _line(said, "layer").split()[1:5] == ["z²", "5–95", "%", "a²"]
    assert "typical" not in said
    assert "×÷" not in said
    z = result.average("pre_activation_mean_square", 1)
    row = _line(said, "1 ")
    assert f"{z.mean.estimate:.2f}"[:4] in row
    low, high = row.split("…")[0].split()[-1], row.split("…")[1].split()[0]
    assert float(low) == pytest.approx(z.spread[0], rel=0.02)
    assert float(high) == pytest.approx(z.spread[1], rel=0.02)


def test_a_narrow_and_deep_study_shows_typical_networks_and_exact_means() -> None:
    result, said = _text(HE)
    heads = [line.split() for line in said.splitlines() if line.strip().startswith("layer")]
    assert heads[0][1:6] == ["typical", "z²", "5–95", "%", "mean"]
    assert heads[1][1:6] == ["typical", "δ²", "5–95", "%", "mean"]
    assert "from" not in heads[0]  # one example has no spread over inputs
    assert "batch" not in heads[1]  # and its mini-batch is the example
    found = result.average("pre_activation_mean_square", 12)
    factor = math.sqrt(found.typical.high / found.typical.low)
    assert f"×÷{factor:.1f}" in _line(said, "12 ")
    assert "the exact law of such networks" in " ".join(said.split())


def test_an_unknown_mean_says_why() -> None:
    result, said = _text(replace(HE, examples=3, widths=(10,) * 20))
    assert "unknown" in _line(said, "20 ")
    words = " ".join(said.split())
    reason = result.average("pre_activation_mean_square", 20).reason
    assert reason.startswith("the law over networks is too heavy for a mean of 20 networks")
    assert "is unknown in" in words
    assert "of 20 networks make" in words  # few networks determine the mean of the sample


def test_networks_at_zero_are_counted() -> None:
    result, said = _text(replace(HE, widths=(3,) * 12))
    zeros = int((result.values("gradient_mean_square", 1) == 0).sum())
    assert 0 < zeros < 20
    assert f"{zeros} of 20 networks have a gradient of exactly zero in layer 1" in said
    assert result.average("gradient_mean_square", 1).typical.networks == 20 - zeros


def test_shares_near_0_have_an_upper_end() -> None:
    study = replace(HE, activation="tanh", initializer="glorot_normal", gain=0.45, widths=(50, 50))
    _, said = _text(study)
    assert "0 (≤ 0.37 %)" in _line(said, "2 ")  # Clopper and Pearson: 1 - 0.025^(1/1000)


def test_products_of_small_matrices() -> None:
    """100 of 4 × 4 with standard normal entries: typically 10^48, and 10^60 on average."""
    study = replace(
        HE, activation="identity", initializer="lecun_normal", gain=2.0, widths=(4,) * 100,
        features=4, networks=100, dtype="float64", seed=0,
    )  # fmt: skip
    result = sample(study, workers=1, only=frozenset({("pre_activation_mean_square", 100)}))
    found = result.average("pre_activation_mean_square", 100)
    law = mean_square_law(study.architecture, 100, of="pre_activation_mean_square")
    assert law.log_variance == pytest.approx(64.5, abs=0.1)  # 100 Var ln χ²₄ = 100 ψ'(2)
    assert abs(math.log10(found.typical.estimate) - 48.5) < 1.5
    assert 59 < math.log10(found.mean.estimate) < 62
    shown = shared_examples(result.study)
    assert shown is not None
    truth = 4.0**100 * float(np.mean(np.square(shown.x)))
    assert found.mean.low < truth < found.mean.high
    # the mean of the sample is that of a few networks, and far too small
    assert result.values("pre_activation_mean_square", 100).mean() < 1e-2 * truth


@pytest.mark.parametrize(
    ("values", "known", "percent", "said"),
    [
        ([0.61, 0.66, 0.68, 0.69], {}, False, "0.66 ± 0.06"),
        ([0.5, 0.5], {}, False, "0.500"),
        ([2.0], {}, False, "2.00"),
        ([math.nan, 1.0], {}, False, "–"),
        ([1e-7, 1.1e-7, 1.2e-7], {}, False, "(1.1 ± 0.2)e-07"),
        ([1.0] * 30, {"units": 10, "counted": 10}, True, "100 (≥ 98.8 %)"),
        ([0.0] * 29 + [0.2], {"units": 10, "counted": 10}, True, "0.67 [0, 3.9] %"),
    ],
)
def test_numbers_are_short(
    values: list[float], known: dict[str, Any], percent: bool, said: str
) -> None:
    assert mean_text(average(np.array(values), Known(**known)), percent=percent) == said
