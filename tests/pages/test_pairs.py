"""Does the page of several activations let one be chosen, and say what was computed of each?"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from saturation_lab.exhibits.pair_rows import pair_rows

from saturation_lab import InputError
from saturation_lab.pages.build import compute, write_page
from saturation_lab.pages.reading import read_spec, shipped_reports
from saturation_lab.pages.report import Report
from saturation_lab.words.numbers import unbroken

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


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.inside: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.ids += [v for k, v in attrs if v and k == "id"]
        self.links += [v for k, v in attrs if v and tag == "a" and k == "href"]
        self.addresses += [v for k, v in attrs if v and k in ("src", "srcset", "href")]

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] and self.inside[-1] not in ("script", "style"):
            self.text += data


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.toml"
    path.write_text(PAIRS)
    return path


@pytest.fixture
def report(toml: Path) -> Report:
    return compute(read_spec(str(toml)), workers=1)


def _page(report: Report, folder: Path) -> _Page:
    return _Page(write_page(report, folder).read_text(encoding="utf-8"))


def test_each_activation_has_a_part_that_a_link_leads_to(report: Report, tmp_path: Path) -> None:
    page = _page(report, tmp_path / "page")
    assert len(page.ids) == len(set(page.ids))
    for group in ("sigmoid", "relu"):
        assert f"each.{group}" in page.ids
        assert f"#each.{group}" in page.links
        assert f"{group}-profile_gradient" in page.ids
    assert {"all-heat_maps", "all-contact_sheet"} <= set(page.ids)
    for link in page.links:
        assert link.removeprefix("#") in page.ids
    for address in page.addresses:
        assert address.startswith(("data:", "#"))


def test_the_page_says_the_findings_of_every_pair(report: Report, tmp_path: Path) -> None:
    page = _page(report, tmp_path / "page")
    assert list(report.kept) == ["sigmoid", "relu"]
    for name, blocks in report.kept.items():
        (kept,) = blocks.values()
        for row in pair_rows(kept, report.groups[name].titles):
            for mark in (row.signal, row.gradient):
                assert unbroken(mark.change) in page.text
                assert unbroken(mark.interval) in page.text
            for words in (row.title, row.from_input, row.away, row.compared, row.size):
                assert unbroken(words) in page.text
    assert "nan" not in re.sub(r"[A-Za-z]*nan[A-Za-z]+|[A-Za-z]+nan[A-Za-z]*", "", page.text)


def test_the_header_names_no_activation_where_there_are_several(
    report: Report, small_report: Path, tmp_path: Path
) -> None:
    several = _page(report, tmp_path / "page").text
    assert "4: 30 units each" in several
    assert "4 of each kind that is shown" in several
    assert "; g = 4 for Sigmoid, 1.414 for ReLU" in several
    one = _page(compute(read_spec(str(small_report)), workers=1), tmp_path / "one").text
    assert "3: 40 tanh units each" in one
    assert "; g = " not in one


def test_the_footer_names_an_activation_only_where_there_is_one(report: Report) -> None:
    assert report.groups["relu"].footer.startswith("ReLU; 4 × 30 ReLU units; 4 networks")
    assert report.group("all").footer.startswith("Sigmoid, ReLU; 4 × 30 units; 4 networks")


def test_all_groups_stand_in_one_figure(report: Report) -> None:
    rows = report.group("all").rows
    assert list(rows) == [
        ("Sigmoid", "Lecture <&>"), ("Sigmoid", "Standard"),
        ("ReLU", "Lecture <&>"), ("ReLU", "Standard"),
    ]  # fmt: skip
    assert rows["ReLU", "Standard"].summary is report.groups["relu"].results["standard"].summary


def test_same_study_same_bytes(toml: Path, tmp_path: Path) -> None:
    spec = read_spec(str(toml))
    pages = [
        write_page(compute(spec, workers=workers), tmp_path / str(workers)).read_bytes()
        for workers in (1, 2)
    ]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"heat_maps"', '"profile_signal"', "exhibits of several groups: expected one of"),
        ("groups.relu", "groups.all", "groups: expected names but all and each"),
        ("groups.relu", "groups.each", "groups: expected names but all and each"),
        ('table = "keeps"', 'table = "kept"', 'did you mean "keeps"'),
        ('group = "all"', 'group = "each"', "one section for each group"),
        ('group = "each"', 'group = "all"', "expected a group or each, got"),
        ("depth = 4", "depth = 1", "two hidden layers to compare, or no table"),
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
