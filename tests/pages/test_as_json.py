"""Test that a report's JSON has the content of its page, and is strict JSON."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from saturation_lab import Study
from saturation_lab.cli import main
from saturation_lab.inference import Interval, Region
from saturation_lab.judging import change, expected_change
from saturation_lab.pages import Page, Report, compute, in_lines, read_spec, write_json
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.report_page import report_page
from tests.pages.parsed import Seen
from tests.pages.undrawn import undrawn


@pytest.fixture(scope="module")
def said(page: Page) -> dict[str, Any]:
    """Return the page of the small report as plain data."""
    return as_json(page)


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")


def _strict(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text, parse_constant=_refuse)
    return data


def _ends(interval: Interval) -> dict[str, float | None]:
    ends = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    return {key: x if math.isfinite(x) else None for key, x in ends.items()}


def _findings(said: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        row for key, rows in said["data"].items() if key.startswith("verdicts-") for row in rows
    ]


def test_it_is_strict_json_and_the_same_again(
    report: Report, page: Page, said: dict[str, Any], tmp_path: Path
) -> None:
    written = write_json(page, tmp_path / "page")
    assert written.name == "report.json"
    text = written.read_text(encoding="utf-8")
    assert _strict(text) == said
    again = report_page(compute(report.spec, workers=2))
    assert text == in_lines(as_json(again)) + "\n"
    other = as_json(report_page(compute(report.spec.with_networks(4), workers=1)))
    assert _findings(other) != _findings(said)


def test_findings_are_those_of_the_page(report: Report, said: dict[str, Any]) -> None:
    found = [
        (name, finding)
        for name, group in report.groups.items()
        for evidence in group.judged
        for finding in evidence.findings
    ]
    entries = _findings(said)
    assert len(entries) == len(found) > 0
    for entry, (name, finding) in zip(entries, found, strict=True):
        assert entry["group"] == name
        assert entry["claim"] == finding.claim.id
        assert entry["precise"] == finding.claim.precise
        assert entry["networks"] == 5
        assert entry["measured"] == _ends(finding.measured)
        assert (entry["beside"] is None) == (finding.beside is None)
        logarithmic = finding.experiment.logarithmic
        scale = finding.interval.map(math.exp) if logarithmic else finding.interval
        assert entry["decides"] == _ends(scale)


def test_the_numbers_give_the_verdict_again(said: dict[str, Any]) -> None:
    for entry in _findings(said):
        unbounded = {"low": -math.inf, "high": math.inf}
        ends = {key: unbounded[key] if x is None else x for key, x in entry["region"].items()}
        number = Interval(**entry["decides"], se=math.nan, networks=entry["networks"])
        assert Region(**ends).decide(number).value == entry["verdict"]


def test_words_are_those_of_the_page(page: Page, said: dict[str, Any]) -> None:
    seen = Seen(as_html(undrawn(page)))
    words = [said["title"], said["question"], *said["answer"], *said["groups"].values()]
    words += [one[key] for one in said["figures"] for key in ("title", "caption", "numbers")]
    words += [rule["title"] for roles in said["roles"].values() for rule in roles.values()]
    words += [said["loss"], said["biases"]]
    assert not seen.lacks(*words)
    alternatives = " ".join(seen.alternatives)
    assert all(" ".join(one["alt"].split()) in alternatives for one in said["figures"])
    (everything,) = (x for x in said["blocks"]["sections"] if x["title"] == "Everything")
    inside = [block["id"] for block in everything["blocks"] if block["kind"] == "figure"]
    (cover,) = (block["id"] for block in said["blocks"]["cover"] if block["kind"] == "figure")
    assert sorted(figure["id"] for figure in said["figures"]) == sorted([cover, *inside])
    assert said["figures"][0]["id"] == cover


def test_groups_and_roles_are_named(report: Report, said: dict[str, Any]) -> None:
    assert said["groups"] == {"digits": "Digits"}
    roles = said["roles"]["digits"]
    assert list(roles) == list(report.groups["digits"].networks)
    assert roles["normalized"]["title"] == "Normalized"
    assert (roles["normalized"]["activation"], roles["normalized"]["initializer"]) == (
        "tanh",
        "glorot_uniform",
    )
    assert all(roles["standard"][key] for key in ("law", "source"))


def test_what_changes_in_short_is_there_for_every_sampled_group(
    report: Report, said: dict[str, Any]
) -> None:
    group = report.groups["digits"]
    for row in said["in_short"]:
        one = group.networks[row["role"]]
        assert row["group"] == "digits"
        assert row["top_over_bottom"] == _ends(change(one, row["quantity"]))
        assert row["predicted"] == expected_change(one, row["quantity"])
        assert row["exact"] is None or row["exact"] > 0
    assert len(said["in_short"]) == 2 * len(group.networks)


def test_tables_are_those_behind_the_figures(page: Page, said: dict[str, Any]) -> None:
    assert [figure["id"] for figure in said["figures"]] == [one.id for one in page.figures]
    for entry, figure in zip(said["figures"], page.figures, strict=True):
        expected = figure.shown.table.reset_index(drop=True)
        types: dict[Any, Any] = dict(expected.dtypes)
        table = pd.DataFrame(said["tables"][entry["table"]]).astype(types)
        assert_frame_equal(table, expected.replace([np.inf, -np.inf], np.nan), check_exact=True)


def test_studies_can_be_made_again(report: Report, said: dict[str, Any]) -> None:
    entries = said["studies"]
    assert [(e["group"], e["role"]) for e in entries] == list(report.spec.studies)
    for entry in entries:
        assert Study.from_dict(entry["study"]).digest == entry["digest"]
        assert entry["overflowed"] == len(entry["overflows"]) == 0


def test_networks_that_overflow_are_named(small_report: Path) -> None:
    text = re.sub(r"exhibits = .*", 'exhibits = ["saturation"]', small_report.read_text())
    text = text.replace(
        'activation = "tanh"', 'activation = "identity"\ngain = 1e25\ndtype = "float32"'
    )
    small_report.write_text(re.sub(r"claims = .*", "", text))
    said = as_json(report_page(compute(read_spec(str(small_report)), workers=1)))
    for entry in said["studies"]:
        assert entry["overflowed"] == len(entry["overflows"]) == 5
        assert set(entry["overflows"][0]) == {"network", "layer", "pass"}
        assert "Networks that overflowed: 5." in entry["says"]


def test_one_network_has_no_interval_and_null_says_so(small_report: Path) -> None:
    spec = read_spec(str(small_report)).with_networks(1)
    (section,) = spec.sections
    planned = spec.planned("digits")  # derivations ask for two networks
    shown = tuple(one for one in section.exhibits if one.missing(planned) is None)
    assert len(shown) > 20
    spec = replace(spec, sections=(replace(section, exhibits=shown),))
    said = _strict(in_lines(as_json(report_page(compute(spec, workers=1)))))
    for entry in _findings(said):
        assert entry["verdict"] == "undecided"
        assert entry["decides"]["low"] is entry["decides"]["high"] is None
        assert entry["measured"]["estimate"] > 0
    assert set(said["tables"]["digits-profile_signal"]["se"]) == {None}


FILES = ["cover.svg", "index.html", "report.json"]


def test_command_prints_what_it_writes(
    small_report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = small_report.read_text()  # one figure, to be quick
    small_report.write_text(re.sub(r"exhibits = .*", 'exhibits = ["saturation"]', text))
    folder = tmp_path / "out"
    command = ["report", str(small_report), "-o", str(folder), "--workers", "1", "--json"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert said.out == (folder / "report.json").read_text(encoding="utf-8")
    assert _strict(said.out)["command"] == f"saturation-lab report {small_report}"
    assert said.err == ""
    assert sorted(path.name for path in folder.iterdir()) == FILES
    (folder / "index.html").unlink()  # the data alone is not overwritten either
    assert main(command) == 2
    assert "use --force to replace it" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == FILES
