"""Test that a report of theory alone agrees with theory and refuses keys for sampling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import pytest

from saturation_lab import ACTIVATIONS, InputError, write_page
from saturation_lab.cli import main
from saturation_lab.exhibits import THEORY_EXHIBITS, constants_rows, rule_cells
from saturation_lab.pages import Report, compute, read_spec, spec_from
from saturation_lab.pages.report_page import report_page
from saturation_lab.theory import RECOMMENDED, RULES, Outlook, Phase
from tests.pages.parsed import Seen, refuse_broken

THEORY = """
schema = 1
title = "Theory <&>"
question = "Where?"

[theory]
depth = 20
width = 100

[groups.silu]
title = "SiLU"
foreseen = ["silu"]

[groups.relu]
title = "ReLU"
foreseen = ["relu"]

[groups.softplus]
title = "Softplus"
foreseen = ["softplus"]

[[sections]]
title = "All"
group = "all"
exhibits = ["phase_sheet", "gains"]

[[sections]]
title = "Choose"
group = "each"
table = "rules"
exhibits = ["phase_map", "depth_scales"]

[[sections]]
title = "Numbers"
group = "all"
table = "constants"
"""


@pytest.fixture(scope="module")
def toml(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("theory") / "theory.toml"
    path.write_text(THEORY)
    return path


@pytest.fixture(scope="module")
def report(toml: Path) -> Report:
    return compute(read_spec(str(toml)))


@pytest.fixture(scope="module")
def folder(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the page and its JSON."""
    page, _ = write_page(report_page(report), tmp_path_factory.mktemp("page"))
    return page.parent


def _outlooks(report: Report) -> dict[str, Outlook]:
    return dict(report.group("all").outlooks)


def test_the_page_is_offline_and_says_every_number(report: Report, folder: Path) -> None:
    page = folder / "index.html"
    assert page.stat().st_size < 1_500_000
    seen = Seen(page.read_text(encoding="utf-8"))
    refuse_broken(seen)
    wanted = {f"{name}-{exhibit}" for name in report.groups for exhibit in
              ("phase_map", "depth_scales")}  # fmt: skip
    assert wanted | {"all-phase_sheet", "all-gains"} <= set(seen.ids)
    assert len(seen.alternatives) == 2 + 2 * len(report.groups)
    outlooks = _outlooks(report)
    rows = constants_rows(outlooks)
    words = [w for x in rows for w in (x.weights, x.biases, x.why, x.square, x.forward, x.backward)]
    cells = [cell for one in outlooks.values() for cell in rule_cells(one).values()]
    words += [w for c in cells for w in (c.title, c.weights, c.gradient, c.chi)]
    assert not seen.lacks(*words)


def test_the_same_bytes_again(toml: Path, folder: Path, tmp_path: Path) -> None:
    write_page(report_page(compute(read_spec(str(toml)))), tmp_path)
    for name in ("index.html", "report.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_its_json_is_strict_and_says_the_same(folder: Path) -> None:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is not JSON")

    text = (folder / "report.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text, parse_constant=refuse)
    assert (data["depth"], data["width"]) == (20, 100)
    rows = data["data"]["overview"]
    assert [one["group"] for one in rows] == ["silu", "relu", "softplus"]
    silu, relu, softplus = rows
    assert silu["critical_sigma_w_squared"] == pytest.approx(1.98800468, abs=1e-8)
    assert relu["critical_q"] is None
    assert softplus["kind"] == "none"
    assert "at every q" in softplus["why_none"]
    assert [rule["key"] for rule in silu["rules"]] == [*RULES, RECOMMENDED]
    assert "lecture" not in [rule["key"] for rule in softplus["rules"]]
    assert set(silu["recommended"]) == {"sigma_w", "sigma_b", "basis"}
    assert data["answer"] == [one["sentence"] for one in rows]
    seen = Seen((folder / "index.html").read_text(encoding="utf-8"))
    assert not seen.lacks(*data["answer"])
    assert data["studies"] == []
    assert set(data["tables"]["silu-phase_map"]["phase"]) <= {str(one) for one in Phase}
    assert len(data["figures"]) == 2 + 2 * 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[theory]", "[theori]", 'did you mean "theory"'),
        ("depth = 20", "depth = 1", "theory: depth: expected a whole number of at least 2"),
        ("depth = 20", "", "theory: depth: expected a whole number of at least 2"),
        ("width = 100", "widht = 100", 'did you mean "width"'),
        ('foreseen = ["silu"]', 'foreseen = ["siluu"]', 'did you mean "silu"'),
        ('foreseen = ["silu"]', "foreseen = [3]", "expected the name of an activation, got 3"),
        ('foreseen = ["silu"]', "", "study: expected a table"),
        ('["silu"]', '["silu"]\nseed = 1', "key: expected one of title, foreseen"),
        ('["silu"]', '["silu", "tanh"]', "expected one activation for the exhibit phase_map"),
        ('"phase_map"', '"figure_7"', "expected networks for the exhibit figure_7"),
        ('table = "rules"', 'table = "keeps"', "table: expected a group with sampled studies"),
        ('"gains"', '"phase_map"', "expected one activation for the exhibit phase_map"),
        ('group = "each"', 'group = "all"', "table: expected one group, or"),
    ],
)  # fmt: skip
def test_bad_specifications_are_refused_in_one_line(
    old: str, new: str, said: str, tmp_path: Path
) -> None:
    assert old in THEORY
    text = THEORY.replace(old, new, 1)
    if new == 'group = "all"':
        text = THEORY.replace(old, new).replace('["phase_map", "depth_scales"]', "[]")
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_spec(str(path))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_samples_have_no_theory_tables() -> None:
    data = {
        "title": "t",
        "question": "q",
        "study": {"activation": "relu", "depth": 2, "width": 3},
        "roles": {"a": {"title": "A", "initializer": "he_normal"}},
        "groups": {"g": {"title": "G"}},
        "sections": [{"title": "s", "group": "g", "table": "rules"}],
    }
    with pytest.raises(InputError, match="table: expected a group with foreseen activations"):
        spec_from(data, name="x")


def test_the_command_prints_constants_and_refuses_networks(
    toml: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "out"
    assert main(["report", str(toml), "-o", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "1.98800468" in said
    assert "index.html" in said
    assert (folder / "report.json").exists()
    assert main(["report", str(toml), "-o", str(tmp_path / "b"), "--networks", "3"]) == 2
    error = capsys.readouterr().err
    assert "networks: expected a report that samples networks" in error
    assert error.count("\n") == 1


def test_the_shipped_page_shows_every_activation_of_the_table() -> None:
    spec = read_spec("phase")
    assert {one.name for g in spec.groups.values() for one in g.foreseen} == set(ACTIVATIONS)
    assert {one.id for section in spec.sections for one in section.exhibits} == set(THEORY_EXHIBITS)
