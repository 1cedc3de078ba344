"""Is a report one offline page with the same bytes, and are bad specifications refused?"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import pytest

from saturation_lab import InputError
from saturation_lab.cli.app import main
from saturation_lab.exhibits.registry import EXHIBITS
from saturation_lab.figures.theme import CANVASES
from saturation_lab.pages.build import compute, draw_exhibit, write_page
from saturation_lab.pages.reading import read_spec, shipped_reports
from saturation_lab.pages.report import Report
from saturation_lab.words.numbers import estimate_text, unbroken

SHOWN = {name: one for name, one in EXHIBITS.items() if not (one.stated or one.celled)}


class _Page(HTMLParser):
    """Collects what a page refers to, shows and says."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.alternatives: list[str] = []
        self.ids: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("src", "srcset", "href", "action") and value:
                self.addresses.append(value)
            if name == "alt" and value:
                self.alternatives.append(value)
            if name == "id" and value:
                self.ids.append(value)

    def handle_data(self, data: str) -> None:
        self.text += data


def _page(path: Path) -> _Page:
    parsed = _Page()
    parsed.feed(path.read_text(encoding="utf-8"))
    return parsed


def test_page_is_offline_whole_and_says_its_numbers(report: Report, tmp_path: Path) -> None:
    path = write_page(report, tmp_path / "page")
    assert path.stat().st_size < 5_000_000
    page = _page(path)
    for address in page.addresses:
        assert " " not in address  # a srcset would end there
        assert address.startswith(("data:", "#")), address[:80]
    assert len(page.alternatives) == len(SHOWN)
    assert all(re.search(r"\d", text) for text in page.alternatives)
    assert len(page.ids) == len(set(page.ids))
    assert set(page.ids) >= {f"digits-{name}" for name in SHOWN}
    assert "Standard <&>" in page.text
    for findings in report.findings.values():
        assert page.text.count("holds") + page.text.count("fails") >= len(findings)
        for finding in findings:
            assert unbroken(estimate_text(finding.measured)) in page.text
            assert unbroken(finding.claim.precise) in page.text
    for group in report.groups.values():
        for result in group.results.values():
            assert result.study.digest in page.text
            assert result.study.to_toml() in page.text
    assert "nan" not in re.sub(r"[A-Za-z]*nan[A-Za-z]+|[A-Za-z]+nan[A-Za-z]*", "", page.text)


def test_same_study_same_bytes(small_report: Path, tmp_path: Path) -> None:
    spec = read_spec(str(small_report))
    pages = [
        write_page(compute(spec, workers=workers), tmp_path / str(workers)).read_bytes()
        for workers in (1, 2)
    ]
    assert pages[0] == pages[1]
    other = write_page(compute(spec.with_networks(4), workers=1), tmp_path / "other").read_bytes()
    assert other != pages[0]


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_figures_have_the_same_bytes(report: Report, kind: str) -> None:
    group = report.groups["digits"]
    for name in ("figure_7", "contact_sheet"):
        twice = [draw_exhibit(EXHIBITS[name], group, CANVASES["page"], kind) for _ in range(2)]
        assert twice[0] == twice[1]


def test_every_exhibit_is_drawn_at_every_size(report: Report) -> None:
    group = report.groups["digits"]
    for exhibit in SHOWN.values():
        for canvas in CANVASES.values():
            svg = draw_exhibit(exhibit, group, canvas, "svg").decode()
            assert svg.rstrip().endswith("</svg>")
        assert exhibit.caption(group).strip().endswith(".")


def test_words_follow_the_numbers(report: Report) -> None:
    group = report.groups["digits"]
    standard = [group.interval("standard", "gradient_peak_share", i).estimate for i in (1, 3)]
    assert standard[0] > standard[1]
    falling = EXHIBITS["figure_7"].numbers(group)
    assert re.search(r"Standard <&>, layer 1 to 3: the height at zero falls from", falling)
    assert EXHIBITS["figure_7"].caption(group).startswith("The 0-peak, layer 3 down to 1: ×")
    rising = EXHIBITS["figure_6"].numbers(group)
    assert re.search(r"Standard <&>, layer 1 to 3: the height at zero rises from", rising)


def test_command_writes_page_and_figures(
    small_report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "out")
    assert main(["report", str(small_report), "-o", out, "--workers", "1"]) == 0
    said = capsys.readouterr().out
    assert "index.html" in said
    assert "F7-standard" in said
    assert main(["report", str(small_report), "-o", out, "--workers", "1"]) == 2
    assert "--force replaces it" in capsys.readouterr().err
    figures = ["figures", str(small_report), "-o", str(tmp_path / "figures"), "--workers", "1"]
    assert main([*figures, "--formats", "svg,png", "--context", "talk"]) == 0
    found = {path.name for path in (tmp_path / "figures").iterdir()}
    cut = {name for name in found if name.startswith("digits-verdicts-")}
    assert {name.rpartition(".")[2] for name in cut} == {"svg", "png"}
    whole = set(SHOWN) - {"verdicts"}
    assert found - cut == {f"digits-{name}.{kind}" for name in whole for kind in ("svg", "png")}
    assert main([*figures, "--force", "--builds", "--dark"]) == 0
    ridges = [tmp_path / "figures" / f"digits-ridges_7{step}.svg" for step in ("-3", "")]
    assert ridges[0].read_bytes() == ridges[1].read_bytes()
    assert not (tmp_path / "figures" / "digits-contact_sheet-1.svg").exists()
    capsys.readouterr()
    assert main([*figures, "--builds", "--context", "slide"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert main([*figures, "--formats", "gif"]) == 2
    assert main([*figures, "--context", "poster"]) == 2


def test_reports_that_are_shipped_can_be_read() -> None:
    names = [path.stem for path in shipped_reports()]
    assert "glorot_2010" in names
    for name in names:
        assert read_spec(name).sections


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('title = "A small report"', "", "title"),
        ('claims = ["glorot_2010",', 'claims = ["glorot_201",', 'did you mean "glorot_2010"'),
        ('claims = ["glorot_2010",', 'claims = 7 #["glorot_2010",', "a name or a list of names"),
        ("singular_values = 2", "", "singular_values above 0"),
        ("schema = 1", "schema = 9", "schema"),
        ("schema = 1", "schma = 1", "schma"),
        ('activation = "tanh"', 'activation = "tahn"', 'did you mean "tanh"'),
        ("depth = 3", "depth = 0", "depth"),
        ("width = 40", 'width = "40"', 'got "40"'),
        ("seed = 3", "sed = 3", 'did you mean "seed"'),
        ('group = "digits"', 'group = "digit"', 'did you mean "digits"'),
        ('"figure_7"', '"figure_77"', 'did you mean "figure_7"'),
        ("[roles.standard]", "[roles.standard", "TOML"),
        ("[roles.standard]", "[roles.std]", "roles for the claims: expected"),
        ("[roles.standard]", '[roles."../up"]', "names of letters"),
        ('title = "Normalized"', 'title = "Normalized"\nseed = 4', "seed: expected 3 as in"),
        (
            'title = "Normalized"',
            'title = "Normalized"\ndepth = 4',
            "widths: expected (40, 40, 40)",
        ),
        ("depth = 3", "depth = 1", "two hidden layers"),
        ("width = 40", "width = 40\nfresh_inputs = true", "the same for every network"),
        ('"figure_7"', '"figure_6"', "each exhibit of a group once"),
    ],
)
def test_bad_specifications_are_refused_in_one_line(
    old: str, new: str, said: str, small_report: Path
) -> None:
    text = small_report.read_text()
    assert old in text
    small_report.write_text(text.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_spec(str(small_report))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_report_that_does_not_fit_is_refused_before_anything_is_drawn(
    small_report: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_report.write_text(small_report.read_text().replace("width = 40", "width = 2000000"))
    assert main(["report", str(small_report), "-o", str(small_report.parent / "page")]) == 2
    assert "memory: expected a study of at most" in capsys.readouterr().err
    assert not (small_report.parent / "page").exists()


def test_a_report_needs_no_claims_and_says_how_to_make_it_again(
    small_report: Path, tmp_path: Path
) -> None:
    text = re.sub('claims = .*|"verdicts", ', "", small_report.read_text())
    small_report.write_text(text.replace("roles.standard", "roles.anything"))
    report = compute(read_spec(str(small_report)).with_networks(3), workers=1)
    page = _page(write_page(report, tmp_path / "page"))
    assert f"saturation-lab report {small_report} --networks 3" in page.text
    assert "How to read a verdict" not in page.text


def test_a_users_matplotlibrc_changes_no_byte(report: Report) -> None:
    group, exhibit = report.groups["digits"], EXHIBITS["profile_signal"]
    plain = draw_exhibit(exhibit, group, CANVASES["page"], "svg")
    with mpl.rc_context({"axes.xmargin": 0.3, "lines.linestyle": "--", "font.size": 30}):
        assert draw_exhibit(exhibit, group, CANVASES["page"], "svg") == plain


def test_unknown_report_names_the_nearest() -> None:
    with pytest.raises(InputError, match='did you mean "glorot_2010"'):
        read_spec("glorot2010")


def _with_a_second_group(text: str) -> str:
    other = '[groups.relu]\ntitle = "ReLU"\ninputs = "digits"\nactivation = "relu"\nclaims = []\n\n'
    joined = '\n[[sections]]\ntitle = "Both"\ngroup = "digits+relu"\nexhibits = ["beside_7"]\n'
    return text.replace("[[sections]]", other + "[[sections]]", 1) + joined


def test_groups_can_stand_side_by_side(small_report: Path, tmp_path: Path) -> None:
    small_report.write_text(_with_a_second_group(small_report.read_text()))
    report = compute(read_spec(str(small_report)).with_networks(3), workers=1)
    assert list(report.findings) == ["digits"]  # each group names its own claims
    both = report.group("digits+relu")
    table = EXHIBITS["beside_7"].table(both)
    assert sorted(table["study"].unique()) == sorted(both.results)
    for role, name in (("digits-standard", "digits"), ("relu-standard", "relu")):
        counted = table[table["study"] == role]["count"].sum()
        own = report.groups[name].results["standard"].summary.histograms["gradient"][0]
        assert counted == own.seen[:3].sum()
    page = _page(write_page(report, tmp_path / "page"))
    assert "digits+relu-beside_7" in page.ids
    assert re.search(r"ReLU, normalized: (rises|falls|does|is) ", page.text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"digits+relu"', '"digits+rely"', 'did you mean "relu"'),
        ('"digits+relu"', '"digits+digits"', "each group once"),
        ('["beside_7"]', '["ridges_7"]', "exhibits of several groups"),
    ],
)
def test_groups_that_cannot_are_refused(old: str, new: str, said: str, small_report: Path) -> None:
    text = _with_a_second_group(small_report.read_text())
    assert old in text
    head, tail = text.rsplit("[[sections]]", 1)
    small_report.write_text(head + "[[sections]]" + tail.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_spec(str(small_report))
    assert said in str(caught.value)
