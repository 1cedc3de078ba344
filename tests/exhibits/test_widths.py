"""Test the exhibits of several widths: the spread of networks and its predicted law."""

from __future__ import annotations

import math
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from saturation_lab import InputError
from saturation_lab.exhibits import EXHIBITS, Material, decades, known_law, spreads
from saturation_lab.figures import law_shares
from saturation_lab.pages import Report, compute, read_spec, spec_from
from tests.small_reports import WIDTHS_TOML


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "widths.toml"
    path.write_text(WIDTHS_TOML)
    return path


@pytest.fixture(scope="module")
def report() -> Report:
    return compute(spec_from(tomllib.loads(WIDTHS_TOML), name="widths"), workers=1)


@pytest.fixture
def group(report: Report) -> Material:
    return report.group("all")


def test_groups_may_differ_in_widths_and_networks(report: Report) -> None:
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
    toml.write_text(WIDTHS_TOML.replace(old, new))
    with pytest.raises(InputError, match=re.escape(said)):
        read_spec(str(toml))


def test_inside_a_group_networks_are_as_many() -> None:
    data = tomllib.loads(WIDTHS_TOML)
    data["roles"]["other"] = {"title": "Other", "initializer": "he_normal", "networks": 7}
    for table in data["groups"].values():
        del table["networks"]
    with pytest.raises(InputError, match="w6, other: networks: expected 30 as in the other"):
        spec_from(data, name="widths")


def test_table_holds_every_networks_ratio(group: Material) -> None:
    table = EXHIBITS["width_law"].make(group).table
    for name, result in group.networks.items():
        one = table[table["study"] == name]
        bottom, top = (result.values("gradient_mean_square", layer) for layer in (1, 3))
        with np.errstate(invalid="ignore"):
            expected = bottom / top
        defined = (bottom > 0) & (top > 0)
        assert np.isnan(one["ratio"].to_numpy()[~defined]).all()
        np.testing.assert_allclose(one["ratio"].to_numpy()[defined], expected[defined], rtol=1e-12)
        units = result.origin.widths[0]
        assert one["beta"].to_numpy() == pytest.approx(2 * 5 / units)
        assert one["mean_field"].to_numpy() == pytest.approx(1)
        assert one["width"].unique().tolist() == [units]


def test_networks_without_a_gradient_are_counted(group: Material) -> None:
    narrow = group.networks["w6-he"]
    dead = int(np.count_nonzero(narrow.values("gradient_mean_square", 3) == 0))
    assert dead > 0
    for name in ("width_spread", "width_law"):
        assert f"{dead} of the 300 networks (width 6)" in EXHIBITS[name].make(group).caption


def test_words_follow_the_numbers(group: Material) -> None:
    caption = EXHIBITS["width_spread"].make(group).caption
    assert re.search(r"The 95 % interval contains the exact value for width .*1,200", caption)
    assert re.search(
        r"√β falls short of the exact value the most for width 6: by [\d.]+ % \(β = 1.67\)", caption
    )
    inside = {one.label: one for one in spreads(group).values()}
    for label, one in inside.items():
        known = one.ratios[np.isfinite(one.ratios)]
        assert one.interval.estimate == pytest.approx(np.log(known).std(ddof=1))
        assert one.law is not None
        assert one.interval.low < math.sqrt(one.law.log_variance) < one.interval.high, label
    assert inside["6"].interval.estimate > 5 * inside["1,200"].interval.estimate
    law = EXHIBITS["width_law"].make(group).caption
    wide = inside["1,200"].ratios
    assert f"{100 * np.mean(np.abs(wide - 1) < 0.1):.1f} % and 0 % (width 1,200)" in law


def test_nothing_is_predicted_where_it_was_not_derived(toml: Path) -> None:
    for old, new in [('"relu"', '"tanh"'), ("examples = 1", "examples = 2")]:
        assert old in WIDTHS_TOML
        toml.write_text(WIDTHS_TOML.replace(old, new))
        group = compute(read_spec(str(toml)).with_networks(6), workers=1).group("all")
        law = EXHIBITS["width_law"].make(group).table
        assert law["beta"].isna().all()
        for name in ("width_spread", "width_law"):
            assert "β" not in EXHIBITS[name].make(group).caption
        typical = EXHIBITS["width_layers"].make(group)
        assert "There is no line" in typical.caption
        assert typical.table["predicted"].isna().all()
        _, _, predicted = law_shares(
            EXHIBITS["width_law"].make(group).table.query("study == 'w60-he'")
        )
        assert np.isnan(predicted).all()


def test_the_typical_network_is_what_the_exact_law_says(group: Material) -> None:
    table = EXHIBITS["width_layers"].make(group).table
    moving = table[table["high"] > table["low"]]
    inside = (moving["low"] <= moving["predicted"]) & (moving["predicted"] <= moving["high"])
    # 12 intervals of 95 %, those of one study dependent; layer L is in every ratio
    assert len(moving) == 12
    assert inside.sum() >= 10
    # a mean-field line, 1 everywhere, must be seen as wrong at width 6
    narrow = moving[moving["study"] == "w6-he"]
    assert (narrow["high"] < 1).sum() >= 3
    end = narrow[(narrow["layer"] == 1) & (narrow["quantity"] == "gradient_mean_square")]
    law = known_law(group.networks["w6-he"].origin)
    assert law is not None
    assert end["predicted"].item() == pytest.approx(math.exp(law.log_mean))
    caption = EXHIBITS["width_layers"].make(group).caption
    assert f"{inside.sum()} of 12 intervals contain the predicted value" in caption
    assert "The largest changes: δ² on its way down, width 6: ÷" in caption


def test_shares_of_the_law_add_up_with_what_lies_beyond(group: Material) -> None:
    for _, one in EXHIBITS["width_law"].make(group).table.groupby("study"):
        x, measured, predicted = law_shares(one)
        known = one["ratio"].dropna()
        last = x[-1] + x[1] / 2
        assert measured.sum() == pytest.approx(100 * (known < last).mean())
        assert predicted.sum() <= 100
        assert np.abs(measured - predicted).sum() / 2 < 30


def test_densities_hold_all_values_but_zeros(group: Material) -> None:
    for result in group.networks.values():
        table = result.histogram("asinh").query("quantity == 'gradient' and layer == 3")
        x, density = decades(table)
        edges = np.sqrt(x[:-1] * x[1:])
        total = (density[1:-1] * np.diff(np.log10(edges))).sum()
        assert total == pytest.approx(50, abs=5)  # δ = φ'(z) g: the other half of the units is off
        assert x[np.argmax(density)] == pytest.approx(1, rel=0.5)
