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

from saturation_lab import Prediction
from saturation_lab.claims.claim import OverLayers
from saturation_lab.exhibits.material import Group
from saturation_lab.judging.keeping import keeping
from saturation_lab.pages.build import write_page
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
