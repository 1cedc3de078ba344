"""Does the JSON twin say what the page says, in strict JSON?"""

from __future__ import annotations

import html
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
from saturation_lab.cli.app import main
from saturation_lab.exhibits.derivation_chain import CHAINS
from saturation_lab.inference.intervals import Interval
from saturation_lab.inference.verdict import Region
from saturation_lab.pages.build import compute, write_twin
from saturation_lab.pages.json_twin import twin, twin_text
from saturation_lab.pages.reading import read_spec
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import page


def _refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is not JSON")


def _strict(text: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(text, parse_constant=_refuse)
    return data


def _said(interval: Interval) -> dict[str, float | None]:
    ends = {"estimate": interval.estimate, "low": interval.low, "high": interval.high}
    return {key: x if math.isfinite(x) else None for key, x in ends.items()}


def test_it_is_strict_json_and_the_same_again(report: Report, tmp_path: Path) -> None:
    written = write_twin(report, tmp_path / "page")
    assert written.name == "report.json"
    text = written.read_text(encoding="utf-8")
    assert _strict(text) == twin(report)
    again = compute(report.spec, workers=2)
    assert text == twin_text(again) + "\n"
    assert text != twin_text(compute(report.spec.with_networks(4), workers=1)) + "\n"


def test_findings_are_those_of_the_page(report: Report) -> None:
    said = twin(report)["findings"]
    found = [(name, f) for name, findings in report.findings.items() for f in findings]
    assert len(said) == len(found) > 0
    for entry, (name, finding) in zip(said, found, strict=True):
        assert entry["group"] == name
        assert entry["claim"] == finding.claim.id
        assert entry["precise"] == finding.claim.precise
        assert entry["networks"] == 5
        assert entry["measured"] == _said(finding.measured)
        assert (entry["beside"] is None) == (finding.beside is None)
        logarithmic = finding.claim.experiment.logarithmic
        scale = finding.interval.map(math.exp) if logarithmic else finding.interval
        assert entry["decides"] == _said(scale)


def test_the_numbers_give_the_verdict_again(report: Report) -> None:
    for entry in twin(report)["findings"]:
        unbounded = {"low": -math.inf, "high": math.inf}
        ends = {key: unbounded[key] if x is None else x for key, x in entry["region"].items()}
        number = Interval(**entry["decides"], se=math.nan, networks=entry["networks"])
        assert Region(**ends).decide(number).value == entry["verdict"]


def test_words_are_those_of_the_page(report: Report) -> None:
    data = twin(report)
    words = [data["title"], data["question"], *data["answer"]]
    words += [text for figure in data["figures"] for text in (figure["title"], figure["alt"])]
    words += [figure["caption"] for figure in data["figures"]]
    words += [figure["numbers"] for figure in data["figures"]]
    words += [rule["title"] for roles in data["roles"].values() for rule in roles.values()]
    blank = {"page": b"<svg/>", "phone": b"<svg/>"}
    shown = _spoken(page(report, {key: blank for key, _, _ in report.exhibits()}))
    for text in words:
        assert _spoken(text) in shown
    assert [figure["id"] for figure in data["figures"]] == data["sections"][0]["figures"]


def _spoken(text: str) -> str:
    """Return a text without what HTML does to it."""
    return html.unescape(text).replace("\N{NO-BREAK SPACE}", " ")


def test_tables_are_those_behind_the_figures(report: Report) -> None:
    data = twin(report)
    assert [figure["id"] for figure in data["figures"]] == [k for k, _, _ in report.exhibits()]
    for figure, (_, exhibit, group) in zip(data["figures"], report.exhibits(), strict=True):
        expected = exhibit.table(group).reset_index(drop=True)
        columns = data["tables"][figure["table"]]
        types: dict[Any, Any] = dict(expected.dtypes)
        table = pd.DataFrame(columns).astype(types)
        assert_frame_equal(table, expected.replace([np.inf, -np.inf], np.nan), check_exact=True)


def test_studies_can_be_made_again(report: Report) -> None:
    entries = twin(report)["studies"]
    assert [(e["group"], e["role"]) for e in entries] == list(report.spec.studies)
    for entry in entries:
        assert Study.from_dict(entry["study"]).digest == entry["digest"]
        assert entry["overflowed"] == len(entry["overflows"]) == 0


def test_one_network_has_no_interval_and_null_says_so(small_report: Path) -> None:
    spec = read_spec(str(small_report)).with_networks(1)
    chains = {exhibit.id for exhibit in CHAINS}  # they ask for two networks
    shown = [
        replace(s, exhibits=tuple(e for e in s.exhibits if e not in chains)) for s in spec.sections
    ]
    report = compute(replace(spec, sections=tuple(shown)), workers=1)
    data = _strict(twin_text(report))
    for entry in data["findings"]:
        assert entry["verdict"] == "undecided"
        assert entry["decides"]["low"] is entry["decides"]["high"] is None
        assert entry["measured"]["estimate"] > 0
    assert set(data["tables"]["digits-profile_signal"]["se"]) == {None}


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
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "report.json"]
    (folder / "index.html").unlink()  # the data alone is not overwritten either
    assert main(command) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "report.json"]
