"""Test that the figure, the tables and the note agree on every verdict."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from saturation_lab import Measured
from saturation_lab.exhibits import VERDICTS
from saturation_lab.exhibits.verdict_forest import judged
from saturation_lab.inference import Interval, Region
from saturation_lab.pages import Report, compute
from saturation_lab.statistics import QUANTITIES


@pytest.fixture
def both(report: Report, pairs: Report) -> list[Report]:
    return [report, pairs]


def test_the_figure_shows_the_very_intervals_that_decide(both: list[Report]) -> None:
    for report in both:
        for group in report.groups.values():
            table = VERDICTS.make(group).table
            assert len(table) == len(list(judged(group))) > 0
            for _, row in table.iterrows():
                region = Region(low=row["inside_low"], high=row["inside_high"])
                estimate, low, high = (float(row[key]) for key in ("estimate", "low", "high"))
                interval = Interval(estimate=estimate, se=math.nan, low=low, high=high, networks=4)
                assert region.decide(interval).value == row["verdict"]
                assert low <= estimate <= high


def test_the_figure_shows_what_the_tables_say(report: Report, pairs: Report) -> None:
    table = VERDICTS.make(report.groups["digits"]).table
    found = [finding for one in report.groups["digits"].judged for finding in one.findings]
    assert table["label"].tolist() == [finding.claim.sentence for finding in found]
    for key in ("estimate", "low", "high"):
        assert table[key].tolist() == [getattr(finding.decided, key) for finding in found]
    kept = VERDICTS.make(pairs.groups["relu"]).table
    signal, gradient = (kept[kept["block"].str.startswith(x)] for x in ("Signal", "Gradient"))
    for i, one in enumerate(pairs.kept["relu"]["ReLU"].kept.values()):
        assert signal["high"].iloc[i] == one.signal.decided.high
        assert gradient["high"].iloc[i] == pytest.approx(1 / one.gradient.decided.low)


def test_words_follow_the_verdicts(both: list[Report]) -> None:
    for report in both:
        for group in report.groups.values():
            shown = VERDICTS.make(group)
            caption, alternative, verdicts = shown.caption, shown.alt, shown.table["verdict"]
            holding = int((verdicts == "holds").sum())
            counted = "All" if holding == len(verdicts) else f"{holding} hold"
            assert holding == 0 or counted in caption
            for one in judged(group):
                assert one.sentence in alternative
                low, high = re.findall(r"\[(.*), (.*)\]", one.sentence)[0]
                assert float(low) <= float(high)
                assert one.sentence.endswith(f": {one.finding.verdict.value}.")


def test_a_factor_is_asked_between_its_bounds_and_a_fall_below_one(both: list[Report]) -> None:
    said = [one.sentence for one in judged(both[0].groups["digits"])]
    assert any("“0-peak decreases" in text and "required below 1:" in text for text in said)
    assert any("“0-peak increases" in text and "required above 1:" in text for text in said)
    kept = [one.sentence for one in judged(both[1].groups["relu"])]
    assert all("within a factor of 2:" in text for text in kept)


def test_theory_of_a_ratio_is_shown_the_way_the_ratio_is(pairs: Report) -> None:
    table = VERDICTS.make(pairs.groups["relu"]).table
    kept = list(pairs.kept["relu"]["ReLU"].kept.values())
    signal, gradient = (table[table["block"].str.startswith(x)] for x in ("Signal", "Gradient"))
    assert signal["predicted"].tolist() == [one.signal.predicted for one in kept]
    assert gradient["predicted"].tolist() == [1 / one.gradient.predicted for one in kept]


def test_theory_of_a_comparison_is_that_of_the_number_that_decides(report: Report) -> None:
    networks = report.groups["digits"].networks
    finding = next(
        f for one in report.groups["digits"].judged for f in one.findings if f.beside is not None
    )
    near, far = finding.experiment.roles

    def expected(ratio: float, beside: float) -> float:
        known = {near: _expecting(networks[near], ratio), far: _expecting(networks[far], beside)}
        return finding.experiment.expected(known)

    assert expected(0.5, 8.0) == pytest.approx(4)  # away from 1 by a factor 8 against 2
    assert math.isnan(expected(math.nan, 8.0))
    assert math.isnan(expected(0.5, 0.0))


@dataclass(frozen=True)
class _Ratio:
    """A theory in which every quantity changes by one factor over the layers."""

    values: NDArray[np.float64]

    def refuse_other(self, origin: object) -> None:
        pass


def _expecting(one: Measured, ratio: float) -> Measured:
    values = np.ones((one.depth, len(QUANTITIES)))
    values[-1] = ratio
    return one.expecting(_Ratio(values))


def test_one_network_decides_nothing(report: Report) -> None:
    alone = compute(report.spec.with_networks(1), workers=1)
    shown = VERDICTS.make(alone.groups["digits"])
    assert shown.caption.startswith("All 10 statements are undecided.")
