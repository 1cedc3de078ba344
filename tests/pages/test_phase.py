"""Does a report from theory alone say what theory says, and refuse what belongs to samples?"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, NoReturn

import pytest

from saturation_lab import InputError
from saturation_lab.cli.app import main
from saturation_lab.exhibits.constants import constants_rows, rule_cells
from saturation_lab.exhibits.phase_diagrams import THEORY_EXHIBITS
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.pages.build import compute, write_page, write_twin
from saturation_lab.pages.reading import read_spec, spec_from
from saturation_lab.pages.report import Report
from saturation_lab.theory.outlook import RECOMMENDED, RULES, Outlook
from saturation_lab.theory.phase import Phase
from saturation_lab.words.numbers import unbroken

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
def written(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(report, tmp_path_factory.mktemp("page"))


def _outlooks(report: Report) -> dict[str, Outlook]:
    return dict(report.group("all").outlooks)


class _Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.alternatives: list[str] = []
        self.inside: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside.append(tag)
        self.ids += [v for k, v in attrs if v and k == "id"]
        self.alternatives += [v for k, v in attrs if v and k == "alt"]
        self.addresses += [v for k, v in attrs if v and k in ("src", "srcset", "href")]

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] and self.inside[-1] not in ("script", "style"):
            self.text += data


def test_the_page_is_offline_and_says_every_number(report: Report, written: Path) -> None:
    assert written.stat().st_size < 1_500_000
    page = _Page(written.read_text(encoding="utf-8"))
    assert len(page.ids) == len(set(page.ids))
    wanted = {f"{name}-{exhibit}" for name in report.groups for exhibit in
              ("phase_map", "depth_scales")}  # fmt: skip
    assert wanted | {"all-phase_sheet", "all-gains"} <= set(page.ids)
    for address in page.addresses:
        assert address.startswith(("data:", "#"))
        assert " " not in address
        if address.startswith("#"):
            assert address[1:] in page.ids
    assert len(page.alternatives) == 2 + 2 * len(report.groups)
    assert all(re.search(r"\d", text) for text in page.alternatives)
    outlooks = _outlooks(report)
    rows = constants_rows(outlooks)
    words = [w for x in rows for w in (x.weights, x.biases, x.why, x.square, x.forward, x.backward)]
    cells = [cell for one in outlooks.values() for cell in rule_cells(one).values()]
    words += [unbroken(w) for c in cells for w in (c.title, c.weights, c.gradient, c.chi)]
    for word in words:
        assert word in page.text
    assert "nan" not in re.sub(r"[A-Za-z]*nan[A-Za-z]+|[A-Za-z]+nan[A-Za-z]*", "", page.text)


def test_the_same_bytes_again(toml: Path, written: Path, tmp_path: Path) -> None:
    again = write_page(compute(read_spec(str(toml))), tmp_path / "again")
    assert again.read_bytes() == written.read_bytes()


def test_the_twin_is_strict_json_and_says_the_same(report: Report, tmp_path: Path) -> None:
    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is not JSON")

    text = write_twin(report, tmp_path).read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text, parse_constant=refuse)
    assert [one["group"] for one in data["activations"]] == ["silu", "relu", "softplus"]
    silu, relu, softplus = data["activations"]
    assert silu["critical_sigma_w_squared"] == pytest.approx(1.98800468, abs=1e-8)
    assert relu["critical_q"] is None
    assert softplus["kind"] == "none"
    assert "at every q" in softplus["why_none"]
    assert [rule["key"] for rule in silu["rules"]] == [*RULES, RECOMMENDED]
    assert "lecture" not in [rule["key"] for rule in softplus["rules"]]
    assert data["studies"] == []
    table = data["tables"]["silu-phase_map"]
    assert set(table["phase"]) <= {str(one) for one in Phase}
    assert len(data["figures"]) == 2 + 2 * 3


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[theory]", "[theori]", 'did you mean "theory"'),
        ("depth = 20", "depth = 1", "theory: depth: expected a whole number from 2"),
        ("depth = 20", "", "theory: depth: expected a whole number from 2"),
        ("width = 100", "widht = 100", 'did you mean "width"'),
        ('foreseen = ["silu"]', 'foreseen = ["siluu"]', 'did you mean "silu"'),
        ('foreseen = ["silu"]', "foreseen = [3]", "groups.silu foreseen: expected names"),
        ('foreseen = ["silu"]', "", "study: expected a value"),
        ('["silu"]', '["silu"]\nseed = 1', "key: expected one of title, foreseen"),
        ('["silu"]', '["silu", "tanh"]', "expected one activation for phase_map"),
        ('"phase_map"', '"figure_7"', "expected studies for figure_7"),
        ('table = "rules"', 'table = "keeps"', "table: expected studies for keeps"),
        ('"gains"', '"phase_map"', "exhibits of several groups: expected one of"),
        ('group = "each"', 'group = "all"', "table: expected a group or each"),
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
    with pytest.raises(InputError, match="table: expected foreseen groups for rules"):
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
    assert "networks: expected a report that draws some" in error
    assert error.count("\n") == 1


def test_the_shipped_page_shows_every_activation_of_the_table() -> None:
    spec = read_spec("phase")
    assert {one.name for g in spec.groups.values() for one in g.foreseen} == set(ACTIVATIONS)
    assert {name for section in spec.sections for name in section.exhibits} == set(THEORY_EXHIBITS)
