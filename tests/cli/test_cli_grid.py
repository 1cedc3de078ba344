"""Tests of ``saturation-lab grid``: its tables, folder, figure and error messages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from saturation_lab import GridResult
from saturation_lab.cli import main
from saturation_lab.sampling import run

QUICK = {
    "--activations": "tanh,relu",
    "--inits": "lecture_normal,standard_uniform",
    "--inputs": "digits",
    "--depth": "3",
    "--width": "16",
    "--networks": "3",
    "--examples": "8",
    "--workers": "1",
}


def _run(*arguments: str) -> int:
    kept = {k: v for k, v in QUICK.items() if k not in arguments}
    return main(["grid", *(word for pair in kept.items() for word in pair), *arguments])


def test_tables_are_readable(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run() == 0
    said = capsys.readouterr()
    assert said.err == ""
    lines = said.out.splitlines()
    assert lines[0] == "digits, 8 examples, 3 networks for each pair, seed 0"
    assert {"tanh", "relu"} <= set(lines)
    assert max(len(line) for line in lines) <= 100
    assert "nan" not in said.out
    assert sum(line.strip().startswith("lecture_normal ") for line in lines) == 2


def test_json_holds_every_pair_and_what_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--json", "--seed", "5") == 0
    data = json.loads(capsys.readouterr().out)
    assert [(pair["activation"], pair["initializer"]) for pair in data["pairs"]] == [
        ("tanh", "lecture_normal"), ("tanh", "standard_uniform"),
        ("relu", "lecture_normal"), ("relu", "standard_uniform"),
    ]  # fmt: skip
    assert {pair["study"]["seed"] for pair in data["pairs"]} == {5}
    assert {pair["study"]["dtype"] for pair in data["pairs"]} == {"float64"}
    assert len(data["pairs"][0]["layers"]) == 3
    kept = data["keeps"]["relu"]["kept"]["standard_uniform"]
    assert kept["gradient"]["verdict"] in ("holds", "fails", "undecided")
    assert kept["gradient"]["low"] < kept["gradient"]["estimate"] < kept["gradient"]["high"]


def test_one_folder_and_one_figure_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, figure = tmp_path / "grid", tmp_path / "maps.svg"
    places = ("--output", str(folder), "--figure", str(figure))
    assert _run(*places) == 0
    assert f"Grid folder: {folder}" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"grid", "maps.svg"}
    assert len(GridResult.load(folder).results) == 4
    assert figure.read_text().rstrip().endswith("</svg>")
    before = figure.read_bytes()
    assert _run(*places) == 2
    assert "--force replaces it" in capsys.readouterr().err
    assert _run("--figure", str(figure)) == 2
    assert "figure: expected a new file" in capsys.readouterr().err
    assert _run(*places, "--force") == 0
    assert figure.read_bytes() == before


def test_every_option_and_a_file_reach_every_study(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'activation = "elu"\ninitializer = "orthogonal"\ndepth = 2\nwidth = 8\nnetworks = 2\n'
        'inputs = "gaussian"\nexamples = 5\n'
    )
    given = ["grid", "--study", str(path), "--activations", "gelu, softplus", "--inits"]
    more = ["lecture_normal", "--gain", "1.5", "--seed", "9", "--workers", "1", "--json"]
    assert main([*given, *more]) == 0
    studies = [pair["study"] for pair in json.loads(capsys.readouterr().out)["pairs"]]
    assert [study["activation"] for study in studies] == ["gelu", "softplus"]
    for study in studies:
        assert (study["gain"], study["seed"], study["widths"]) == (1.5, 9, [8, 8])
        assert (study["inputs"], study["dtype"]) == ("gaussian", "float32")


@pytest.mark.parametrize(
    "extreme",
    [("--networks", "1"), ("--examples", "1"), ("--gain", "1e90"), ("--gain", "1e-90")],
)
def test_what_is_undefined_is_said_and_drawn(
    extreme: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*extreme, "--depth", "6", "--figure", str(tmp_path / "maps.png")) == 0
    out = capsys.readouterr().out
    assert "nan" not in out
    assert "inf" not in out
    assert _run(*extreme, "--depth", "6", "--json") == 0
    assert not {"NaN", "Infinity"} & set(capsys.readouterr().out.replace(",", " ").split())


def test_dry_run_adds_up_the_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--dry-run", "--json") == 0
    cost = json.loads(capsys.readouterr().out)
    assert cost["networks"] == 12
    assert cost["memory_bytes"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--activations", "tanh,rleu"], 'did you mean "relu"'),
        (["--inits", "he_norml"], 'did you mean "he_normal"'),
        (["--activations", "tanh,tanh"], "activations: expected each name once, got tanh twice"),
        (["--inits", "he_normal,he_normal"], "initializers: expected each name once"),
        (["--activations", ""], "activations: expected names separated by commas"),
        (["--inits", "he_normal,,orthogonal"], "inits: expected names separated by commas"),
        (["--activations", "tanh,elu"], "lecture_normal has no gain of its own for elu"),
        (["--depth", "1"], "depth: expected at least two hidden layers to compare, got 1"),
        (["--width", "0"], "width: expected a whole number of at least 1, got 0"),
        (["--width", "2000000000"], "memory: expected a study of at most"),
        (["--workers", "0"], "workers: expected a whole number from 1 to"),
        (["--figure", "maps.gif"], "figure: expected one of .svg, .png, .pdf"),
        (["--force"], "force: expected --output DIR or --figure FILE as well"),
        (["--activation", "tanh"], "--activation"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(run.SAMPLERS, "dense", None)  # would fail if it were called
    assert _run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err


def test_a_folder_that_is_not_a_grids_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.tex").write_text("mine")
    (tmp_path / "file").write_text("mine")
    monkeypatch.setitem(run.SAMPLERS, "dense", None)
    for place in (tmp_path / "theirs", tmp_path / "file", tmp_path / "file" / "inside"):
        assert _run("--output", str(place), "--force") == 2
        assert "output: expected" in capsys.readouterr().err
    assert (tmp_path / "theirs" / "thesis.tex").read_text() == "mine"
    assert (tmp_path / "file").read_text() == "mine"
