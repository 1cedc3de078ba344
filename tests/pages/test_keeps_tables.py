"""Test the choice of an activation on a page, and the results shown for each."""

from __future__ import annotations

from pathlib import Path

import pytest

from saturation_lab import InputError
from saturation_lab.judging import pair_rows
from saturation_lab.pages import Report, compute, read_spec, shipped_reports
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.report_page import report_page
from tests.pages.parsed import Seen, refuse_broken
from tests.pages.undrawn import undrawn

PAIRS = """
schema = 1
title = "Pairs"
question = "Which?"

[study]
depth = 4
width = 30
inputs = "digits"
examples = 10
networks = 4
dtype = "float64"

[roles.lecture]
title = "Lecture <&>"
initializer = "lecture_normal"

[roles.standard]
title = "Standard"
initializer = "standard_uniform"

[groups.sigmoid]
title = "Sigmoid"
activation = "sigmoid"

[groups.relu]
title = "ReLU"
activation = "relu"

[[sections]]
title = "All"
group = "all"
exhibits = ["heat_maps", "contact_sheet"]

[[sections]]
title = "Choose"
group = "each"
table = "keeps"
exhibits = ["profile_gradient"]
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.toml"
    path.write_text(PAIRS)
    return path


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("pairs") / "pairs.toml"
    path.write_text(PAIRS)
    return compute(read_spec(str(path)), workers=1)


def _html(report: Report) -> str:
    return as_html(undrawn(report_page(report), but={"relu-profile_gradient"}))


@pytest.fixture(scope="module")
def html(report: Report) -> str:
    return _html(report)


@pytest.fixture(scope="module")
def seen(html: str) -> Seen:
    return Seen(html)


def test_each_activation_has_a_part_that_a_link_leads_to(seen: Seen) -> None:
    refuse_broken(seen)
    for group in ("sigmoid", "relu"):
        assert f"each.{group}" in seen.ids
        assert seen.links.count(f"#each.{group}") > 1  # in the overview and beside each part
        assert f"{group}-profile_gradient" in seen.ids
    assert {"all-heat_maps", "all-contact_sheet"} <= set(seen.ids)


def test_the_page_says_the_findings_of_every_pair(report: Report, seen: Seen) -> None:
    assert list(report.kept) == ["sigmoid", "relu"]
    for name, blocks in report.kept.items():
        (kept,) = blocks.values()
        for row in pair_rows(kept, report.groups[name].titles):
            for mark in (row.signal, row.gradient):
                assert not seen.lacks(mark.change, mark.interval, mark.theory)
            assert not seen.lacks(row.title, row.from_input, row.away, row.compared, row.size)


def test_json_has_the_numbers_of_every_pair(report: Report) -> None:
    said = as_json(report_page(report))
    for name, group in report.groups.items():
        (kept,) = report.kept[name].values()
        rows = said["data"][f"keeps-{name}"]
        assert [row["role"] for row in rows] == list(group.networks)
        assert [row["role"] for row in rows if row["nearest"]] == [kept.nearest]
        for row in rows:
            one = kept.kept[row["role"]]
            assert row["signal"]["estimate"] == one.signal.measured.estimate
            assert row["gradient"]["verdict"] == one.gradient.verdict.value
    assert {(row["group"], row["role"]) for row in said["in_short"]} == set(report.spec.studies)


def test_the_header_names_no_activation_where_there_are_several(
    seen: Seen, small_report: Path
) -> None:
    assert not seen.lacks("4: 30 units each", "4 for each configuration")
    assert not seen.lacks("; g = 4 for Sigmoid, 1.414 for ReLU")
    text = small_report.read_text()
    assert 'exhibits = ["verdicts", ' in text
    small_report.write_text(text.replace('exhibits = ["verdicts", ', "exhibits = [] #"))
    one = Seen(as_html(report_page(compute(read_spec(str(small_report)), workers=1))))
    assert not one.lacks("3: 40 tanh units each")
    assert "; g = " not in one.text


def test_the_footer_names_an_activation_only_where_there_is_one(report: Report) -> None:
    assert report.groups["relu"].footer.startswith("ReLU; 4 × 30 ReLU units; 4 networks")
    assert report.group("all").footer.startswith("Sigmoid, ReLU; 4 × 30 units; 4 networks")


def test_all_groups_stand_in_one_figure(report: Report) -> None:
    rows = report.group("all").rows
    assert list(rows) == [
        ("Sigmoid", "Lecture <&>"), ("Sigmoid", "Standard"),
        ("ReLU", "Lecture <&>"), ("ReLU", "Standard"),
    ]  # fmt: skip
    assert rows["ReLU", "Standard"].summary is report.groups["relu"].networks["standard"].summary


def test_same_study_same_bytes(report: Report, html: str) -> None:
    assert _html(compute(report.spec, workers=2)) == html


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"heat_maps"',
            '"profile_signal"',
            "expected one group at a time for the exhibit profile_signal",
        ),
        ("groups.relu", "groups.all", "'all' and 'each' are reserved"),
        ("groups.relu", "groups.each", "'all' and 'each' are reserved"),
        ('table = "keeps"', 'table = "kept"', 'did you mean "keeps"'),
        ('group = "all"', 'group = "each"', "at most one section"),
        ('group = "each"', 'group = "all"', "expected one group, or"),
        ("depth = 4", "depth = 1", "at least two hidden layers, got 1"),
        ('activation = "relu"', 'activation = "elu"', "no gain of its own for elu"),
        ('title = "ReLU"', 'title = "ReLU"\nscaling = "unit"', "square images, the same for every"),
    ],
)
def test_bad_sections_are_refused_in_one_line(old: str, new: str, said: str, toml: Path) -> None:
    assert old in PAIRS
    text = PAIRS.replace(old, new)
    if new == 'group = "all"':
        text = text.replace('["profile_gradient"]', "[]")
    toml.write_text(text)
    with pytest.raises(InputError) as caught:
        read_spec(str(toml))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_shipped_page_compares_the_lectures_four_activations() -> None:
    assert "pairs" in [path.stem for path in shipped_reports()]
    spec = read_spec("pairs")
    activations = {study.activation for study in spec.studies.values()}
    assert activations == {"sigmoid", "tanh", "relu", "silu"}
    assert spec.tabled("keeps") == tuple(spec.groups)
    # a signal may shrink to what would be float32's rounding
    assert {study.dtype for study in spec.studies.values()} == {"float64"}
