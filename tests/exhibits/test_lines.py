"""Test predictions in figures: they are shown, wrong ones are noticed, missing ones are stated."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from saturation_lab import InputError, Prediction, predict
from saturation_lab.exhibits import EXHIBITS, Material, study_of
from saturation_lab.figures import CANVASES
from saturation_lab.inference import Verdict
from saturation_lab.judging.keeping import keeping
from saturation_lab.pages import Report, picture
from saturation_lab.statistics import QUANTITIES

SIGNAL, COLUMN = "pre_activation_mean_square", list(QUANTITIES).index("pre_activation_mean_square")
PROFILES = ("profile_signal", "profile_gradient", "saturation", "input_share")


def _with_theory(group: Material, factor: float) -> Material:
    """Return a group in which theory expects another mean square of z."""
    networks = {}
    for role, one in group.networks.items():
        found = one.expected
        assert isinstance(found, Prediction)
        values = found.values.copy()
        values[:, COLUMN] *= factor
        networks[role] = one.expecting(replace(found, values=values))
    return replace(group, networks=networks)


@pytest.fixture
def group(report: Report) -> Material:
    return report.groups["digits"]


def _first_layer(group: Material) -> pd.DataFrame:
    table = group.profile
    return table[(table["layer"] == 1) & (table["quantity"] == SIGNAL)]


def test_the_profile_holds_what_theory_expects(group: Material) -> None:
    for role, result in group.networks.items():
        found = group.profile[group.profile["study"] == role]
        expected = predict(study_of(result)).profile()
        assert found[["layer", "quantity"]].to_numpy().tolist() == (
            expected[["layer", "quantity"]].to_numpy().tolist()
        )
        np.testing.assert_array_equal(found["predicted"], expected["value"])
        assert result.expecting(None).profile()["predicted"].isna().all()
    right = _first_layer(group)
    assert ((right["low"] < right["predicted"]) & (right["predicted"] < right["high"])).all()


def test_a_planted_wrong_prediction_is_seen(group: Material) -> None:
    wrong = _with_theory(group, 1.5)
    table = _first_layer(wrong)
    assert (table["predicted"] > table["high"]).all()
    shown = [EXHIBITS["profile_signal"].make(g) for g in (group, wrong)]
    right, planted = (one.numbers for one in shown)
    held = [int(re.findall(r"(\d+) of 18 intervals", text)[0]) for text in (right, planted)]
    assert held[1] <= held[0] - 4
    far = re.findall(r"largest deviation is ([\d.]+) %", planted)
    assert float(far[0]) > 30
    svgs = [picture(one, CANVASES["phone"], "svg") for one in shown]
    assert svgs[0] != svgs[1]


def _expecting_only(group: Material, *roles: str) -> Material:
    """Return a group in which theory has an answer for some of the roles alone."""
    networks = {
        role: one if role in roles else one.expecting(None) for role, one in group.networks.items()
    }
    return replace(group, networks=networks)


def test_without_theory_the_caption_says_so(group: Material) -> None:
    bare = _expecting_only(group)
    assert bare.profile["predicted"].isna().all()
    for name in PROFILES:
        assert "Theory makes no prediction here." in EXHIBITS[name].make(bare).caption
        assert "Lines: theory" in EXHIBITS[name].make(group).caption
    half = _expecting_only(group, "standard")
    assert "there is no theoretical prediction for: share of saturated units, Normalized." in (
        EXHIBITS["saturation"].make(half).caption
    )


def test_a_prediction_of_other_networks_is_refused(group: Material) -> None:
    result = group.networks["standard"]
    study = study_of(result)
    for other in (
        replace(study, initializer="he_normal", gain=None),
        replace(study, examples=4),
    ):
        with pytest.raises(InputError, match="a prediction of this result's study"):
            result.expecting(predict(other))
    more = predict(replace(study, networks=99, sampler="dense", ranges={}))
    assert result.expecting(more).profile()["predicted"].notna().any()


def test_predictions_decide_no_verdict(group: Material) -> None:
    bare = {role: one.expecting(None) for role, one in group.networks.items()}
    verdicts: list[list[Verdict]] = [
        [kept.both for kept in keeping(networks).kept.values()]
        for networks in (_with_theory(group, 1e9).networks, bare)
    ]
    assert verdicts[0] == verdicts[1]
