"""Tests of the wording of numbers, and that theory is about the same number."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any, cast

import numpy as np
import pytest

from saturation_lab import Claim, Measured, Study, ask, predict
from saturation_lab.claims.claim import Asked
from saturation_lab.inference import Region
from saturation_lab.judging import FORMS, experiment_of, judge, read_statements
from saturation_lab.statistics import QUANTITIES, Summary
from saturation_lab.words import SYMBOLS

SHARED = {"widths": (30, 20, 10), "inputs": "gaussian", "examples": 4, "networks": 1}
STUDIES = {
    "one": Study(activation="tanh", initializer="glorot_normal", **cast("Any", SHARED)),
    "other": Study(activation="tanh", initializer="glorot_normal", gain=0.5, **cast("Any", SHARED)),
}
SQUARE, SLOPE = "activation_mean_square", "gradient_mean_square"

KINDS: dict[str, Asked] = {
    "E δ², layer 3 ÷ layer 1": ask("top_over_bottom", study="one", quantity=SLOPE),
    "Var a over the examples, layer 3 ÷ layer 1": ask(
        "top_over_bottom", study="one", quantity=SQUARE, times="activation_input_share_of_variance"
    ),
    "factor by which E δ² changes over layers 1 to 3, “other” ÷ “one”": ask(
        "nearer_to_one", study="one", than="other", quantity=SLOPE
    ),
    "Std ∂C/∂w ÷ Std w, mean over the hidden layers": ask(
        "mean_over_layers", study="one", quantity="gradient_to_weight_ratio"
    ),
    "E a² in layer 3 ÷ 16": ask("ratio", study="one", of=((SQUARE, -1),), times=16.0),
    "E δ², layer 1 ÷ (0.5 × layer 3)": ask(
        "mean_ratio", study="one", of=((SLOPE, 1),), over=((SLOPE, 3),), times=0.5
    ),
    "kurtosis of a in layer 2": ask("value", study="one", at=("activation_kurtosis", 2)),
    "E a² in layer 2, “one” ÷ “other”": ask("between", study="one", than="other", at=(SQUARE, 2)),
    "E a² in layer 2, measured ÷ theory": ask("against_theory", study="one", at=(SQUARE, 2)),
}


@cache
def _as_expected() -> dict[str, Measured]:
    """Return one network of each study that does what theory says."""
    found = {}
    for name, study in STUDIES.items():
        prediction = predict(study)
        none = np.zeros(1, dtype=np.int64)
        summary = Summary(
            networks=np.arange(1),
            values=prediction.values[None],
            conditional=np.zeros((1, 3, 4)),
            first_bad_layer=none,
            bad_going_up=none.astype(bool),
            first_faint_layer=none,
            faint_going_up=none.astype(bool),
            histograms={},
        )
        found[name] = Measured(origin=prediction.study, summary=summary, expected=prediction)
    return found


def _claim(experiment: Asked, low: float = 0.0, high: float = math.inf) -> Claim:
    return Claim(id="1", experiment=experiment, low=low, high=high)


@pytest.mark.parametrize("words", KINDS)
def test_theory_is_of_the_number_that_decides(words: str) -> None:
    claim, networks = _claim(KINDS[words]), _as_expected()
    finding = judge(claim, networks)
    assert finding.expected == pytest.approx(finding.decided.estimate, rel=1e-12)
    assert finding.experiment.words(STUDIES) == words
    alone = {name: found.expecting(None) for name, found in networks.items()}
    unasked = math.isnan(judge(claim, alone).expected)
    assert unasked or KINDS[words].kind == "against_theory"


def test_every_kind_and_every_number_has_words() -> None:
    assert {asked.kind for asked in KINDS.values()} == set(FORMS) - {"exact"}
    assert set(SYMBOLS) == set(QUANTITIES)
    statements, studies = read_statements()
    for claim in (part for statement in statements for part in statement.parts):
        words = experiment_of(claim).words(studies)
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
    finding = judge(_claim(ask("exact", of=of, args=args), low, high), {})
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
