"""Tests of the command that compares two result folders: its answer, its page and its errors."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from saturation_lab import Grid, Study, sample, sample_grid
from saturation_lab.cli import main
from saturation_lab.pages import comparison_page
from tests.pages.undrawn import undrawn

STUDY = Study(
    activation="tanh", initializer="glorot_normal", widths=(16, 16, 16), inputs="digits",
    examples=8, networks=6, seed=3,
)  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of result folders: old, new (another gain), others, and a grid's."""
    place = tmp_path_factory.mktemp("results")
    studies = {
        "old": STUDY,
        "new": replace(STUDY, gain=1.1),
        "relu": replace(STUDY, activation="relu", initializer="he_normal", seed=4),
        "fewer": replace(STUDY, examples=4, networks=2),
        "single": replace(STUDY, networks=1),
        "deep/old": STUDY,
    }
    for name, study in studies.items():
        sample(study, workers=1).save(place / name)
    grid = Grid(study=STUDY, activations=["tanh"], initializers=["he_normal"])
    sample_grid(grid, workers=1).save(place / "grid")
    return place


def _compare(folders: Path, one: str, other: str, *options: str) -> int:
    return main(["compare", str(folders / one), str(folders / other), *options])


def test_the_table_is_readable(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for other in ("new", "relu"):
        assert _compare(folders, other, "old") == 0
        out = capsys.readouterr().out
        assert max(map(len, out.splitlines())) <= 90
        assert "nan" not in out
        assert re.search(r"\n *layer +z² +a² ", out)
        assert out.count("\noutput ") == 2
        assert f"{other} and old differ in" in " ".join(out.split())
    assert "unpaired (Welch): 6 and 6 networks, seeds 4 and 3" in " ".join(out.split())
    assert "different examples" in " ".join(out.split())
    assert re.search(r"activation +relu +tanh\n", out)


def test_json_is_all_of_it(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _compare(folders, "new", "old", "--json", "--margin", "0.5") == 0
    said = capsys.readouterr()
    data = json.loads(said.out)
    assert said.err == ""
    assert data["names"] == ["new", "old"]
    assert data["paired"] is True
    assert data["keys"]["gain"] == [1.1, 1.0]
    assert data["margins"] == {"size": 0.5, "share": 0.01}
    row = next(row for row in data["rows"] if row["quantity"] == "pre_activation_mean_square")
    assert row["interval"]["estimate"] == pytest.approx(1.21, rel=1e-5)
    assert (row["differs"], row["alike"]) == (True, "alike")


def test_what_is_asked_for_is_shown(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--quantities", "gradient_kurtosis,dead_share", "--layers", "1,output"]
    assert _compare(folders, "new", "old", *asked, "--names", "New,Old") == 0
    out = capsys.readouterr().out
    assert "gradient_kurtosis" in out
    assert "z²" not in out
    assert "New over Old" in " ".join(out.split())
    assert "over all 3 comparisons" in " ".join(out.split())


def test_the_same_folder_twice_is_identical(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for other in ("old", "deep/old"):
        assert _compare(folders, "old", other) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert "old (A) and old (B) are identical in every network" in out
        assert "the same study" in out


def _damaged(folders: Path) -> list[str]:
    target = folders / "damaged"
    sample(STUDY, workers=1).save(target, force=True)
    (target / "networks.npz").write_bytes(b"")
    return [str(target)]


def _of_another_schema(folders: Path) -> list[str]:
    target = folders / "later"
    sample(STUDY, workers=1).save(target, force=True)
    manifest = json.loads((target / "manifest.json").read_text())
    (target / "manifest.json").write_text(json.dumps({**manifest, "schema": 2}))
    return [str(target)]


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (lambda f: [str(f / "nowhere")], "expected a result folder with its manifest.json"),
        (_damaged, "an undamaged networks.npz"),
        (_of_another_schema, "expected schema 1, got 2"),
        (lambda f: [str(f / "grid")], "name one of the result folders in it"),
        (lambda f: [str(f / "fewer")], "examples (8 and 4)"),
        (lambda f: [str(f / "single")], "at least two in each study, got one in single"),
        (lambda f: [str(f / "new"), "--margin", "0"], "margin: expected a finite number above 0"),
        (lambda f: [str(f / "new"), "--layers", "1,two"], "layers: expected numbers"),
        (
            lambda f: [str(f / "new"), "--layers", "4"],
            "layers: expected a whole number from 1 to 3",
        ),
        (lambda f: [str(f / "new"), "--quantities", "kurtosis"], "quantities: expected one of"),
        (lambda f: [str(f / "new"), "--names", "A"], "names: expected two different names"),
        (lambda f: [str(f / "new"), "--names", "A,A"], "names: expected two different names"),
        (lambda f: [str(f / "new"), "--force"], "force: expected --output DIR as well"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(
    folders: Path,
    capsys: pytest.CaptureFixture[str],
    second: Callable[[Path], list[str]],
    said: str,
) -> None:
    assert main(["compare", str(folders / "old"), *second(folders)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def _written(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in ("index.html", "report.json")]


def _draw_only(*figures: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages of comparisons draw no other figures."""
    made = comparison_page.comparison_page

    def page(*given: Any, **options: Any) -> Any:
        return undrawn(made(*given, **options), but=figures)

    monkeypatch.setattr(comparison_page, "comparison_page", page)


def test_the_page_is_offline_and_whole(
    folders: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(folders, "relu", "old", "-o", str(tmp_path)) == 0
    assert "index.html" in capsys.readouterr().out
    html, data = _written(tmp_path)[0].decode(), json.loads(_written(tmp_path)[1])
    for address in re.findall(r'(?:src|srcset|href)="([^"]*)"', html):
        assert address.startswith(("data:", "#"))
    ids = re.findall(r'\bid="([^"]*)"', html)
    assert len(ids) == len(set(ids))
    assert {"both-forest", "both-profile_signal", "one-ridges_6", "other-ridges_8"} <= set(ids)
    assert " ".join(data["answer"]) in html.replace("\N{NO-BREAK SPACE}", " ")
    found = data["contrast"]
    assert found["margins"]["share"] == 0.01
    assert {"alpha", "how", "left_out", "paired"} <= set(found)
    assert [row["sentence"] for row in found["rows"]] == [
        row["sentence"] for row in data["data"]["comparisons"]
    ]
    assert len(found["rows"]) == html.count('data-head="Smallest margin"')
    assert set(data["tables"]["both-forest"]["verdict"]) <= {"alike", "unlike", "undecided"}
    assert [study["title"] for study in data["studies"]] == ["relu", "old"]
    assert "nan" not in re.sub(r'"data:[^"]*"|<script.*?</script>', "", html, flags=re.DOTALL)


def test_a_page_is_the_same_again(
    folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _draw_only("both-forest", monkeypatch=monkeypatch)
    for name in ("one", "two"):
        assert _compare(folders, "relu", "old", "-o", str(tmp_path / name)) == 0
    assert _written(tmp_path / "one") == _written(tmp_path / "two")


def test_a_page_is_replaced_only_by_force(
    folders: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _draw_only(monkeypatch=monkeypatch)
    few = ["--quantities", "gradient_kurtosis", "-o", str(tmp_path)]  # nothing for a forest plot
    assert _compare(folders, "new", "old", *few) == 0
    assert _compare(folders, "new", "old", *few) == 2
    assert "contains a page" in capsys.readouterr().err
    assert _compare(folders, "new", "old", *few, "--force") == 0
    assert _compare(folders, "old", "old", "-o", str(tmp_path / "same"), "--force") == 0
