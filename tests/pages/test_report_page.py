"""Test that the page of a report is one reproducible offline file with all of its numbers."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import pytest

from saturation_lab import Study
from saturation_lab.cli import main
from saturation_lab.exhibits import Shown
from saturation_lab.figures import CANVASES
from saturation_lab.figures.theme import theme
from saturation_lab.pages import Page, Report, compute, picture, read_spec
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.report_page import report_page
from saturation_lab.words import estimate_text
from tests.pages.parsed import Seen, refuse_broken
from tests.pages.undrawn import undrawn


@pytest.fixture(scope="module")
def html(page: Page) -> str:
    return as_html(page)


def _shown(page: Page) -> dict[str, Shown]:
    return {figure.id.removeprefix("digits-"): figure.shown for figure in page.figures}


def test_page_is_offline_whole_and_says_its_numbers(report: Report, page: Page, html: str) -> None:
    assert len(html.encode()) < 5_000_000
    seen = Seen(html)
    refuse_broken(seen)
    assert len(seen.alternatives) == len(page.figures) == len(report.spec.sections[0].exhibits)
    assert set(seen.ids) >= {figure.id for figure in page.figures}
    assert "Standard <&>" in seen.text
    for group in report.groups.values():
        found = [finding for evidence in group.judged for finding in evidence.findings]
        assert len(found) == 10
        assert seen.text.count("holds") + seen.text.count("fails") >= len(found)
        for finding in found:
            assert not seen.lacks(estimate_text(finding.measured), finding.claim.precise)
        for one in group.networks.values():
            assert isinstance(one.origin, Study)
            assert not seen.lacks(one.origin.digest, one.origin.to_toml())


def test_same_study_same_bytes(report: Report) -> None:
    drawn = {f"digits-{name}" for name in ("ridges_7", "figure_7")}
    again = report_page(compute(report.spec, workers=2))
    first = as_html(undrawn(report_page(report), but=drawn))
    assert as_html(undrawn(again, but=drawn)) == first
    other = report_page(compute(report.spec.with_networks(4), workers=1))
    assert as_html(undrawn(other, but=drawn)).replace(" --networks 4", "") != first


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_figures_have_the_same_bytes(page: Page, kind: str) -> None:
    for name in ("figure_7", "saturation"):
        twice = [picture(_shown(page)[name], CANVASES["page"], kind) for _ in range(2)]
        assert twice[0] == twice[1]


def test_every_exhibit_is_drawn_at_every_size(page: Page, html: str) -> None:
    assert html.count("image/svg") >= 2 * len(page.figures)  # on the page and on the phone
    for shown in _shown(page).values():
        with theme(CANVASES["talk"]):
            shown.draw(shown.table, canvas=CANVASES["talk"]).draw_without_rendering()
        assert shown.caption.strip().endswith(".")


def test_words_follow_the_numbers(report: Report, page: Page) -> None:
    group, shown = report.groups["digits"], _shown(page)
    standard = [group.interval("standard", "gradient_peak_share", i).estimate for i in (1, 3)]
    assert standard[0] > standard[1]
    assert re.search(r"Standard <&>, layer 1 to 3: [\w ]* falls from", shown["figure_7"].numbers)
    assert shown["figure_7"].caption.startswith("The 0-peak, layer 3 down to 1: ×")
    assert re.search(r"Standard <&>, layer 1 to 3: [\w ]* rises from", shown["figure_6"].numbers)


def test_command_writes_page_and_figures(
    small_report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("contact_sheet", "ridges_7", "verdicts")
    only = "exhibits = [{}]".format(", ".join(f'"{name}"' for name in names))
    small_report.write_text(re.sub(r"exhibits = .*", only, small_report.read_text()))
    out = str(tmp_path / "out")
    assert main(["report", str(small_report), "-o", out, "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "index.html" in said
    assert "F7-standard" in said
    assert main(["report", str(small_report), "-o", out, "--workers", "1"]) == 2
    assert "--force to replace it" in capsys.readouterr().err
    figures = ["figures", str(small_report), "-o", str(tmp_path / "figures"), "--workers", "1"]
    assert main([*figures, "--formats", "svg,png", "--context", "talk"]) == 0
    found = {path.name for path in (tmp_path / "figures").iterdir()}
    cut = {name for name in found if name.startswith("digits-verdicts-")}
    assert {name.rpartition(".")[2] for name in cut} == {"svg", "png"}
    whole = {f"digits-{name}" for name in names if name != "verdicts"}
    assert found - cut == {f"{name}.{kind}" for name in whole for kind in ("svg", "png")}
    assert main([*figures, "--force", "--builds", "--dark"]) == 0
    ridges = [tmp_path / "figures" / f"digits-ridges_7{step}.svg" for step in ("-3", "")]
    assert ridges[0].read_bytes() == ridges[1].read_bytes()
    assert not (tmp_path / "figures" / "digits-contact_sheet-1.svg").exists()
    capsys.readouterr()
    assert main([*figures, "--builds", "--context", "slide"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main([*figures, "--formats", "gif"]) == 2
    assert main([*figures, "--context", "poster"]) == 2


def test_a_report_needs_no_claims_and_says_how_to_make_it_again(small_report: Path) -> None:
    text = re.sub('claims = .*|"verdicts", ', "", small_report.read_text())
    small_report.write_text(text.replace("roles.standard", "roles.anything"))
    report = compute(read_spec(str(small_report)).with_networks(3), workers=1)
    seen = Seen(as_html(undrawn(report_page(report))))
    assert not seen.lacks(f"saturation-lab report {small_report} --networks 3")
    assert "How to read a verdict" not in seen.text


def test_a_users_matplotlibrc_changes_no_byte(page: Page) -> None:
    shown = _shown(page)["profile_signal"]
    plain = picture(shown, CANVASES["page"], "svg")
    with mpl.rc_context({"axes.xmargin": 0.3, "lines.linestyle": "--", "font.size": 30}):
        assert picture(shown, CANVASES["page"], "svg") == plain


def test_groups_can_stand_side_by_side(joined_report: Path) -> None:
    report = compute(read_spec(str(joined_report)).with_networks(3), workers=1)
    assert [name for name, group in report.groups.items() if group.judged] == ["digits"]
    page = report_page(report)
    shown = {figure.id: figure.shown for figure in page.figures}["digits+relu-beside_7"]
    assert sorted(shown.table["study"].unique()) == sorted(report.group("digits+relu").networks)
    for role, name in (("digits-standard", "digits"), ("relu-standard", "relu")):
        counted = shown.table[shown.table["study"] == role]["count"].sum()
        own = report.groups[name].networks["standard"].summary.histograms["gradient"][0]
        assert counted == own.seen[:3].sum()
    seen = Seen(as_html(undrawn(page)))
    assert "digits+relu-beside_7" in seen.ids
    assert re.search(r"ReLU, [Nn]ormalized: (rises|falls|does|is) ", seen.text)
