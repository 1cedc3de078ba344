"""Does the page of several widths say how networks of each differ, and what is predicted of it?"""

from __future__ import annotations

import html
import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from saturation_lab import InputError
from saturation_lab.cli.app import main
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.exhibits.typical_network import known_law, typical_change, typical_table
from saturation_lab.exhibits.width_spread import decades, spreads, width_table
from saturation_lab.figures.spread_by_width import law_shares
from saturation_lab.pages.build import compute, write_page
from saturation_lab.pages.json_twin import twin
from saturation_lab.pages.reading import read_spec, spec_from
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


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("width = 60\n", "depth = 2\nwidth = 60\n", "w60, he: depth: expected 3 as in the other"),
        ("width = 60\n", "width = 60\nexamples = 2\n", "w60, he: examples: expected 1 as in"),
        ("depth = 3", "depth = 1", "two hidden layers"),
    ],
)
def test_groups_that_are_too_unlike_are_refused(old: str, new: str, said: str, toml: Path) -> None:
    toml.write_text(WIDTHS.replace(old, new))
    with pytest.raises(InputError, match=re.escape(said)):
        read_spec(str(toml))


def test_inside_a_group_networks_are_as_many() -> None:
    data = tomllib.loads(WIDTHS)
    data["roles"]["other"] = {"title": "Other", "initializer": "he_normal", "networks": 7}
    for table in data["groups"].values():
        del table["networks"]
    with pytest.raises(InputError, match="w6, other: networks: expected 30 as in the other"):
        spec_from(data, name="widths")


def test_table_holds_every_networks_ratio(group: Group) -> None:
    table = width_table(group)
    for name, result in group.results.items():
        one = table[table["study"] == name]
        bottom, top = (result.values("gradient_mean_square", layer) for layer in (1, 3))
        with np.errstate(invalid="ignore"):
            expected = bottom / top
        defined = (bottom > 0) & (top > 0)
        assert np.isnan(one["ratio"].to_numpy()[~defined]).all()
        np.testing.assert_allclose(one["ratio"].to_numpy()[defined], expected[defined], rtol=1e-12)
        units = result.study.widths[0]
        assert one["beta"].to_numpy() == pytest.approx(2 * 5 / units)
        assert one["mean_field"].to_numpy() == pytest.approx(1)
        assert one["width"].unique().tolist() == [units]


def test_networks_without_a_gradient_are_counted(group: Group) -> None:
    narrow = group.results["w6-he"]
    dead = int(np.count_nonzero(narrow.values("gradient_mean_square", 3) == 0))
    assert dead > 0
    for name in ("width_spread", "width_law"):
        assert f"{dead} of the 300 networks at 6" in EXHIBITS[name].caption(group)


def test_words_follow_the_numbers(group: Group) -> None:
    caption = EXHIBITS["width_spread"].caption(group)
    assert re.search(r"The 95 % interval holds it at .*1,200", caption)
    assert re.search(r"√β falls short of it most at 6, by [\d.]+ % \(β = 1.67\)", caption)
    inside = {one.label: one for one in spreads(group).values()}
    for label, one in inside.items():
        known = one.ratios[np.isfinite(one.ratios)]
        assert one.interval.estimate == pytest.approx(np.log(known).std(ddof=1))
        assert one.law is not None
        assert one.interval.low < math.sqrt(one.law.log_variance) < one.interval.high, label
    assert inside["6"].interval.estimate > 5 * inside["1,200"].interval.estimate
    law = EXHIBITS["width_law"].caption(group)
    wide = inside["1,200"].ratios
    assert f"1,200: {100 * np.mean(np.abs(wide - 1) < 0.1):.1f} % and 0 %" in law


def test_nothing_is_predicted_where_it_was_not_derived(toml: Path) -> None:
    for old, new in [('"relu"', '"tanh"'), ("examples = 1", "examples = 2")]:
        assert old in WIDTHS
        toml.write_text(WIDTHS.replace(old, new))
        group = compute(read_spec(str(toml)).with_networks(6), workers=1).group("all")
        assert width_table(group)["beta"].isna().all()
        for name in ("width_spread", "width_law"):
            assert "β" not in EXHIBITS[name].caption(group)
        assert "There is no line" in EXHIBITS["width_layers"].caption(group)
        assert typical_table(group)["predicted"].isna().all()
        _, _, predicted = law_shares(width_table(group).query("study == 'w60-he'"))
        assert np.isnan(predicted).all()


def test_one_network_of_a_law_that_is_not_known_is_drawn(toml: Path, tmp_path: Path) -> None:
    toml.write_text(WIDTHS.replace('"relu"', '"tanh"'))
    alone = compute(read_spec(str(toml)).with_networks(1), workers=1)
    assert write_page(alone, tmp_path / "alone").is_file()


def test_the_typical_network_is_what_the_exact_law_says(group: Group) -> None:
    table = typical_table(group)
    moving = table[table["high"] > table["low"]]
    inside = (moving["low"] <= moving["predicted"]) & (moving["predicted"] <= moving["high"])
    # 12 intervals of 95 %, those of one study dependent; layer L is in every ratio
    assert len(moving) == 12
    assert inside.sum() >= 10
    # a mean-field line, 1 everywhere, must be seen as wrong at width 6
    narrow = moving[moving["study"] == "w6-he"]
    assert (narrow["high"] < 1).sum() >= 3
    end = narrow[(narrow["layer"] == 1) & (narrow["quantity"] == "gradient_mean_square")]
    law = known_law(group.results["w6-he"].study)
    assert law is not None
    assert end["predicted"].item() == pytest.approx(math.exp(law.log_mean))
    caption = EXHIBITS["width_layers"].caption(group)
    assert f"{inside.sum()} of the 12 intervals contain the line" in caption
    assert "The largest changes: δ² on its way down, width 6: ÷" in caption


def test_the_header_names_the_exact_change(report: Report, tmp_path: Path) -> None:
    text = html.unescape(write_page(report, tmp_path / "page").read_text(encoding="utf-8"))
    for group in report.groups.values():
        for quantity in ("gradient_mean_square", "activation_mean_square"):
            ratio = math.exp(abs(typical_change(group.first.study, quantity)))
            assert re.search(rf"exact ÷\s{ratio:.2f}", text)


def test_shares_of_the_law_add_up_with_what_lies_beyond(group: Group) -> None:
    for _, one in width_table(group).groupby("study"):
        x, measured, predicted = law_shares(one)
        known = one["ratio"].dropna()
        last = x[-1] + x[1] / 2
        assert measured.sum() == pytest.approx(100 * (known < last).mean())
        assert predicted.sum() <= 100
        assert np.abs(measured - predicted).sum() / 2 < 30


def test_densities_hold_all_values_but_zeros(group: Group) -> None:
    for result in group.results.values():
        table = result.histogram("asinh").query("quantity == 'gradient' and layer == 3")
        x, density = decades(table)
        edges = np.sqrt(x[:-1] * x[1:])
        total = (density[1:-1] * np.diff(np.log10(edges))).sum()
        assert total == pytest.approx(50, abs=5)  # δ = φ'(z) g: the other half of the units is off
        assert x[np.argmax(density)] == pytest.approx(1, rel=0.5)


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
