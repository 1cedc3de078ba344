"""Is every number said in words, and is the theory beside it that of the same number?"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from saturation_lab import Study
from saturation_lab.claims.claim import (
    AgainstTheory,
    Between,
    Claim,
    Exact,
    MeanOverLayers,
    MeanRatio,
    NearerToOne,
    Ratio,
    Sampled,
    TopOverBottom,
    Value,
)
from saturation_lab.inference.verdict import Region
from saturation_lab.judging.estimands import ESTIMANDS, EXPECTED, Results
from saturation_lab.judging.exact import EXACT
from saturation_lab.judging.exact.exact_words import WORDS
from saturation_lab.judging.judge import judge
from saturation_lab.judging.statement_files import read_statements
from saturation_lab.judging.wording import NUMBERS, SYMBOLS, number_words
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.theory.propagation import Prediction, predict

SHARED = {"widths": (30, 20, 10), "inputs": "gaussian", "examples": 4, "networks": 1}
STUDIES = {
    "one": Study(activation="tanh", initializer="glorot_normal", **cast("Any", SHARED)),
    "other": Study(activation="tanh", initializer="glorot_normal", gain=0.5, **cast("Any", SHARED)),
}
SQUARE, SLOPE = "activation_mean_square", "gradient_mean_square"

KINDS: dict[str, Sampled] = {
    "E δ², layer 3 ÷ layer 1": TopOverBottom(study="one", quantity=SLOPE),
    "Var a over the examples, layer 3 ÷ layer 1": TopOverBottom(
        study="one", quantity=SQUARE, times="activation_input_share_of_variance"
    ),
    "factor by which E δ² changes over layers 1 to 3, “other” ÷ “one”": NearerToOne(
        study="one", than="other", quantity=SLOPE
    ),
    "Std ∂C/∂w ÷ Std w, mean over the hidden layers": MeanOverLayers(
        study="one", quantity="gradient_to_weight_ratio"
    ),
    "E a² in layer 3 ÷ 16": Ratio(study="one", of=((SQUARE, -1),), times=16.0),
    "E δ², layer 1 ÷ (0.5 × layer 3)": MeanRatio(
        study="one", of=((SLOPE, 1),), over=((SLOPE, 3),), times=0.5
    ),
    "kurtosis of a in layer 2": Value(study="one", at=("activation_kurtosis", 2)),
    "E a² in layer 2, “one” ÷ “other”": Between(study="one", than="other", at=(SQUARE, 2)),
    "E a² in layer 2, measured ÷ theory": AgainstTheory(study="one", at=(SQUARE, 2)),
}


@dataclass(frozen=True)
class AsExpected:
    """A result of one network that does what theory says."""

    prediction: Prediction

    @property
    def study(self) -> Study:
        return self.prediction.study

    @property
    def depth(self) -> int:
        return self.prediction.depth

    @property
    def summary(self) -> Any:
        return SimpleNamespace(networks=np.arange(1))

    def values(self, quantity: str, layer: int) -> Any:
        return np.array([self.prediction.value(quantity, layer)])


@cache
def _predictions() -> dict[str, Prediction]:
    return {name: predict(study) for name, study in STUDIES.items()}


def _claim(experiment: Any, low: float = 0.0, high: float = math.inf) -> Claim:
    return Claim(
        id="1", source="", sentence="", precise="", experiment=experiment, low=low, high=high
    )


@pytest.mark.parametrize("words", KINDS)
def test_theory_is_of_the_number_that_decides(words: str) -> None:
    experiment, predictions = KINDS[words], _predictions()
    results = cast("Results", {name: AsExpected(one) for name, one in predictions.items()})
    finding = judge(_claim(experiment), results, predictions)
    assert finding.expected == pytest.approx(finding.decided.estimate, rel=1e-12)
    assert number_words(experiment, STUDIES) == words
    assert math.isnan(judge(_claim(experiment), results).expected) or isinstance(
        experiment, AgainstTheory
    )


def test_every_kind_and_every_number_has_words() -> None:
    kinds = {type(experiment) for experiment in KINDS.values()}
    assert kinds == set(ESTIMANDS) == set(EXPECTED) == set(NUMBERS) - {Exact}
    assert set(SYMBOLS) == set(QUANTITIES)
    assert set(WORDS) == set(EXACT)
    statements, studies = read_statements()
    for claim in (part for statement in statements for part in statement.parts):
        words = number_words(claim.experiment, studies)
        assert words == words.strip()
        assert not set("{}") & set(words)


@pytest.mark.parametrize(
    ("of", "args", "low", "high", "number", "asked"),
    [
        ("silu_minimum", (), -0.27847, -0.27846, "−0.278465", "between −0.27847 and −0.27846"),
        ("largest_slope", ("silu",), 1.09983, 1.09984, "1.099839", "between 1.09983 and 1.09984"),
        ("most_growth", ("silu", 2.0), -math.inf, 1.0, "0.999997", "below 1"),
        ("share_outside", (4.0, 4.0), -math.inf, 0.05, "0.317", "below 0.05"),
        ("chi_1_error", ("relu", 2.0), -math.inf, 1e-12, "0", "below 10⁻¹²"),
    ],
)
def test_a_computed_number_stays_on_its_side(
    of: str, args: tuple[Any, ...], low: float, high: float, number: str, asked: str
) -> None:
    finding = judge(_claim(Exact(of=of, args=args), low, high), {})
    assert (finding.number, finding.asked) == (number, asked)
    assert finding.region == Region(low=low, high=high)


@pytest.mark.parametrize(("inputs", "more"), [("gaussian", 6.0), ("uniform", 2.4)])
def test_few_fresh_features_make_z_heavy_tailed(inputs: str, more: float) -> None:
    few = Study(
        activation="tanh", initializer="he_normal", widths=(8,), inputs=inputs, features=12,
        examples=3, fresh_inputs=True,
    )  # fmt: skip
    found = predict(few).value("pre_activation_kurtosis", 1)
    assert found == pytest.approx(3 + more / 12, rel=1e-12)
    biased = replace(few, bias="normal", bias_scale=math.sqrt(2))  # half of Var z
    found = predict(biased).value("pre_activation_kurtosis", 1)
    assert found == pytest.approx(3 + more / 48, rel=1e-12)
