"""Does the page of several widths say how networks of each differ, and what is predicted of it?"""

from __future__ import annotations

import html
import math
import re
from pathlib import Path

import pytest
from saturation_lab.pages.json_twin import twin

from saturation_lab.cli.app import main
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.typical_network import typical_change
from saturation_lab.pages.build import compute, write_page
from saturation_lab.pages.reading import read_spec
from saturation_lab.pages.report import Report
from saturation_lab.pages.terminal import time_table
from saturation_lab.words.numbers import unbroken

WIDTHS = """
schema = 1
title = "Widths"
question = "How wide?"

[study]
activation = "relu"
depth = 3
inputs = "gaussian"
features = 12
examples = 1
seed = 4

[roles.he]
title = "He"
initializer = "he_normal"

[groups.w6]
title = "Width 6"
width = 6
networks = 300

[groups.w60]
title = "Width 60"
width = 60
networks = 120

[groups.w1200]
title = "Width 1,200"
width = 1200
networks = 40

[[sections]]
title = "All"
group = "all"
exhibits = ["width_spread", "width_law", "width_layers", "width_histograms"]
"""


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "widths.toml"
    path.write_text(WIDTHS)
    return path


@pytest.fixture
def report(toml: Path) -> Report:
    return compute(read_spec(str(toml)), workers=1)


@pytest.fixture
def group(report: Report) -> Group:
    return report.group("all")


def test_groups_may_differ_in_widths_and_networks(report: Report, tmp_path: Path) -> None:
    text = write_page(report, tmp_path / "page").read_text(encoding="utf-8")
    assert "40 to 300 of each kind that is shown" in text
    assert "3: 6 to 1,200 ReLU units each" in text
    assert report.group("all").size == "40 to 300 networks each, one example"
    assert report.group("all").footer.startswith(
        "Width 6, Width 60, Width 1,200; 3 × 6 to 1,200 ReLU units; 40 to 300 networks"
    )
    for study, count in zip(report.spec.studies.values(), (300, 120, 40), strict=True):
        assert study.networks == count
    assert {s.networks for s in report.spec.with_networks(5).studies.values()} == {5}


def test_one_network_of_a_law_that_is_not_known_is_drawn(toml: Path, tmp_path: Path) -> None:
    toml.write_text(WIDTHS.replace('"relu"', '"tanh"'))
    alone = compute(read_spec(str(toml)).with_networks(1), workers=1)
    assert write_page(alone, tmp_path / "alone").is_file()


def test_the_header_names_the_exact_change(report: Report, tmp_path: Path) -> None:
    text = html.unescape(write_page(report, tmp_path / "page").read_text(encoding="utf-8"))
    for group in report.groups.values():
        for quantity in ("gradient_mean_square", "activation_mean_square"):
            ratio = math.exp(abs(typical_change(group.first.study, quantity)))
            assert re.search(rf"exact ÷\s{ratio:.2f}", text)


def test_the_time_is_said_but_on_no_page(report: Report, tmp_path: Path) -> None:
    table = time_table(report, workers=1).splitlines()
    assert len(table) == 4
    assert re.search(r"Width 1,200 +40 +[\d.]+ +[\d.]+ +\d+ MiB", table[-1])
    assert list(report.seconds) == list(report.groups)
    assert min(report.seconds.values()) > 0
    again = compute(report.spec, workers=2)
    assert again.seconds != report.seconds
    pages = [write_page(r, tmp_path / str(i)).read_bytes() for i, r in enumerate((report, again))]
    assert pages[0] == pages[1]
    assert twin(report) == twin(again)


def test_the_header_says_where_a_change_is_undefined(report: Report, tmp_path: Path) -> None:
    text = write_page(report, tmp_path / "page").read_text(encoding="utf-8")
    assert re.search(r"undefined in \d+ of 300 networks", text)
    for figure in twin(report)["figures"]:
        assert unbroken(figure["caption"]) in html.unescape(text)


def test_the_command_prints_the_time(
    toml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    command = ["report", str(toml), "-o", out, "--networks", "3", "--workers", "1"]
    assert main(command) == 0
    assert re.search(r"Width 60 +3 ", capsys.readouterr().out)
