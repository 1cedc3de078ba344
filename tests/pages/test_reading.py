"""Test that report specifications are read, and that errors name the key in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from saturation_lab import InputError
from saturation_lab.cli import main
from saturation_lab.pages import read_spec, shipped_reports


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
        ("[roles.standard]", "[roles.std]", "claims: expected a study called 'standard'"),
        ("[roles.standard]", '[roles."../up"]', "letters, digits, - and _"),
        ('title = "Normalized"', 'title = "Normalized"\nseed = 4', "seed: expected 3 as in"),
        (
            'title = "Normalized"',
            'title = "Normalized"\ndepth = 4',
            "widths: expected (40, 40, 40)",
        ),
        ("depth = 3", "depth = 1", "two hidden layers"),
        ("width = 40", "width = 40\nfresh_inputs = true", "the same for every network"),
        ('"figure_7"', '"figure_6"', "each exhibit at most once"),
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


def test_unknown_report_names_the_nearest() -> None:
    with pytest.raises(InputError, match='did you mean "glorot_2010"'):
        read_spec("glorot2010")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"digits+relu"', '"digits+rely"', 'did you mean "relu"'),
        ('"digits+relu"', '"digits+digits"', "each group at most once"),
        ('["beside_7"]', '["ridges_7"]', "expected one group at a time for the exhibit ridges_7"),
    ],
)
def test_groups_that_cannot_are_refused(old: str, new: str, said: str, joined_report: Path) -> None:
    text = joined_report.read_text()
    assert old in text
    head, tail = text.rsplit("[[sections]]", 1)
    joined_report.write_text(head + "[[sections]]" + tail.replace(old, new))
    with pytest.raises(InputError) as caught:
        read_spec(str(joined_report))
    assert said in str(caught.value)
