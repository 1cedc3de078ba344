"""Does theory stand beside what was measured, is a wrong one seen, and none where there is none?"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from saturation_lab.exhibits.pair_rows import pair_rows
from saturation_lab.judging.estimands import expected_ratio
from saturation_lab.pages.json_twin import twin

from saturation_lab import InputError, Prediction, Study, predict
from saturation_lab.claims.claim import OverLayers
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.theory_lines import MOST_EXAMPLES, predictions
from saturation_lab.figures.theme import CANVASES
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.keeping import keeping
from saturation_lab.pages.build import draw_exhibit, write_page
from saturation_lab.pages.report import Report
from saturation_lab.statistics.quantities import QUANTITIES

SIGNAL, COLUMN = "pre_activation_mean_square", list(QUANTITIES).index("pre_activation_mean_square")
PROFILES = ("profile_signal", "profile_gradient", "saturation", "input_share")


def _wrong(prediction: Prediction, factor: float) -> Prediction:
    values = prediction.values.copy()
    values[:, COLUMN] *= factor
    return replace(prediction, values=values)


def _with_theory(group: Group, factor: float) -> Group:
    wrong = {role: _wrong(found, factor) for role, found in group.predictions.items()}
    return replace(group, predictions=wrong)


@pytest.fixture
def group(report: Report) -> Group:
    return report.groups["digits"]


def _first_layer(group: Group) -> pd.DataFrame:
    table = group.profile
    return table[(table["layer"] == 1) & (table["quantity"] == SIGNAL)]


def test_the_profile_holds_what_theory_expects(group: Group) -> None:
    for role, result in group.results.items():
        found = group.profile[group.profile["study"] == role]
        expected = predict(result.study).profile()
        assert found[["layer", "quantity"]].to_numpy().tolist() == (
            expected[["layer", "quantity"]].to_numpy().tolist()
        )
        np.testing.assert_array_equal(found["predicted"], expected["value"])
        assert result.profile()["predicted"].isna().all()
    right = _first_layer(group)
    assert ((right["low"] < right["predicted"]) & (right["predicted"] < right["high"])).all()


def test_a_planted_wrong_prediction_is_seen(group: Group) -> None:
    wrong = _with_theory(group, 1.5)
    table = _first_layer(wrong)
    assert (table["predicted"] > table["high"]).all()
    right, planted = (EXHIBITS["profile_signal"].numbers(g) for g in (group, wrong))
    held = [int(re.findall(r"(\d+) of the 18 intervals", text)[0]) for text in (right, planted)]
    assert held[1] <= held[0] - 4
    far = re.findall(r"farthest mean is ([\d.]+) % away", planted)
    assert float(far[0]) > 30
    svgs = [
        draw_exhibit(EXHIBITS["profile_signal"], g, CANVASES["phone"], "svg")
        for g in (group, wrong)
    ]
    assert svgs[0] != svgs[1]


def test_without_theory_the_caption_says_so(group: Group) -> None:
    bare = replace(group, predictions={})
    assert bare.profile["predicted"].isna().all()
    for name in PROFILES:
        assert "Theory has no line for these." in EXHIBITS[name].caption(bare)
        assert "Lines: theory" in EXHIBITS[name].caption(group)
    half = replace(group, predictions={"standard": group.predictions["standard"]})
    assert "Theory has no line everywhere for: share of saturated units, Normalized." in (
        EXHIBITS["saturation"].caption(half)
    )


def test_a_prediction_of_other_networks_is_refused(group: Group) -> None:
    result = group.results["standard"]
    for other in (
        replace(result.study, initializer="he_normal", gain=None),
        replace(result.study, examples=4),
    ):
        with pytest.raises(InputError, match="a prediction of this result's study"):
            result.expecting(predict(other))
    more = predict(replace(result.study, networks=99, sampler="dense", ranges={}))
    assert result.expecting(more).profile()["predicted"].notna().any()


def test_reports_ask_for_what_theory_can_follow(group: Group) -> None:
    study = group.results["standard"].study
    diverges = replace(study, activation=lambda z: np.exp(z * z))
    many = replace(study, inputs="gaussian", loss=None, scaling=None, examples=MOST_EXAMPLES + 1)
    keys = [("a", "kept"), ("a", "diverges"), ("a", "many")]
    asked = dict(zip(keys, (study, diverges, many), strict=True))
    one, two = (predictions(asked, workers=workers) for workers in (1, 2))
    assert list(one) == list(two) == [("a", "kept")]
    np.testing.assert_array_equal(one["a", "kept"].values, two["a", "kept"].values)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("fault", ["changed", "gone"])
def test_inputs_that_cannot_be_read_are_not_passed_over(
    fault: str, workers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = Path("mine.npy")
    np.save(file, np.eye(6))
    study = Study(
        activation="relu", initializer="he_normal", widths=(8,), inputs="mine.npy", examples=5
    )
    kept = study.resolved()
    asked = {("a", "kept"): kept, ("a", "also"): replace(kept, seed=1)}
    assert list(predictions(asked, workers=1)) == list(asked)
    if fault == "gone":
        file.unlink()
    else:
        np.save(file, np.ones((7, 6)))
    with pytest.raises(InputError, match=r"^inputs") as caught:
        predictions(asked, workers=workers)
    assert type(caught.value) is InputError


def test_findings_and_tables_say_what_theory_expects(report: Report, tmp_path: Path) -> None:
    group = report.groups["digits"]
    text = write_page(report, tmp_path / "page").read_text(encoding="utf-8")
    for found in report.findings["digits"]:
        assert isinstance(found.claim.experiment, OverLayers)
        quantity = found.claim.experiment.quantities[0]
        if quantity == "gradient_peak_share":  # uniform weights into few classes: no theory
            assert np.isnan(found.predicted)
        else:
            assert found.predicted == pytest.approx(found.measured.estimate, rel=0.2)
    assert "theory 0." in text
    assert re.search(r'<span class="unseen">theory</span> ÷\s[\d.]+', text)
    kept = keeping(group.results, group.predictions)
    assert all(row.gradient.theory for row in pair_rows(kept, group.titles))
    bare = pair_rows(keeping(group.results), group.titles)
    assert not any(row.gradient.theory for row in bare)
    for row in twin(report)["in_short"]:
        expected = expected_ratio(group.predictions[row["role"]], row["quantity"])
        assert row["predicted"] == expected


def test_predictions_decide_no_verdict(group: Group) -> None:
    wrong = keeping(group.results, _with_theory(group, 1e9).predictions)
    verdicts: list[list[Verdict]] = [
        [kept.both for kept in found.kept.values()] for found in (wrong, keeping(group.results))
    ]
    assert verdicts[0] == verdicts[1]
