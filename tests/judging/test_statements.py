"""Tests of statements of a user's own: reading them, and one-line refusals."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import sys
from pathlib import Path

import pytest

from saturation_lab import Claim, InputError, Study, ask, claims
from saturation_lab.claims import STATEMENTS, STUDIES
from saturation_lab.cli import main
from saturation_lab.judging import (
    FORMS,
    Exact,
    Place,
    Ratio,
    checked,
    experiment_of,
    read_statements,
)

MINE = """
[studies.mine]
activation = "relu"
initializer = "he_normal"
depth = 3
width = 32
inputs = "gaussian"
features = 32
examples = 8
dtype = "float64"

[[statements]]
id = "M1"
kind = "rule"
sentence = "My networks keep their gradient."
precise = "The mean square of δ changes by less than a factor 2."
formula = 'n \\\\mathrm{Var} w = 2'

[[statements.parts]]
experiment.kind = "ratio"
experiment.study = "mine"
experiment.of = [["gradient_mean_square", -1]]
experiment.over = [["gradient_mean_square", 1]]
low = -0.7
high = 0.7

[[statements.parts]]
id = "M1.grows"
precise = "It grows more than twentyfold on its way up."
experiment = {kind = "top_over_bottom", study = "mine", quantity = "gradient_mean_square"}
low = 3.0
expected = "fails"
"""

PYTHON = """
from saturation_lab.claims.claim import Claim, ask
from saturation_lab.claims.statement import Statement

STUDIES = {
    "mine": {"activation": lambda z: z * (z > 0), "initializer": "he_normal", "widths": [16, 16],
             "inputs": "gaussian", "features": 16, "examples": 4},
}
STATEMENTS = [
    Statement(
        id="P1",
        kind="rule",
        source="me",
        sentence="Half of all z are positive.",
        precise="The mean of z is 0 within 0.5.",
        parts=(
            Claim(experiment=ask("value", study="mine", at=("pre_activation_mean", 1)),
                  low=-0.5, high=0.5),
        ),
    ),
]
"""


KEYS = {"id", "kind", "statement", "precise", "verdict", "estimate", "low", "high", "margin"}
KEYS |= {"smallest_margin", "networks", "parts", "expected", "as_expected"}


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(MINE, encoding="utf-8")
    return path


def test_a_toml_file_becomes_statements(toml: Path) -> None:
    (statement,), studies = read_statements(toml)
    first, second = statement.parts
    assert isinstance(studies["mine"], Study)
    assert first.id == statement.id == "M1"
    assert first.precise == statement.precise
    assert first.expected == "holds"
    ratio = experiment_of(first)
    assert isinstance(ratio, Ratio)
    assert ratio.of == (Place("gradient_mean_square", -1, "mine"),)
    assert ratio.times == 1.0
    assert second.experiment == ask(
        "top_over_bottom", study="mine", quantity="gradient_mean_square"
    )
    assert second.expected == "fails"
    assert second.high == float("inf")


def test_the_documented_file_is_one(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "pages.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```toml\n(\[studies.*?)```", page, flags=re.DOTALL)
    path = tmp_path / "documented.toml"
    path.write_text(example, encoding="utf-8")
    assert main(["claims", "--file", str(path), "--workers", "1"]) == 0


def test_every_kind_of_experiment_has_a_name_in_files() -> None:
    asked = {part.experiment.kind for statement in STATEMENTS for part in statement.parts}
    assert asked == set(FORMS)


def test_the_packages_own_statements_would_be_read_from_a_file() -> None:
    _, studies = read_statements()
    for statement in STATEMENTS:
        for part in statement.parts:
            if not isinstance(experiment_of(part), Exact):
                again = Claim(experiment=checked(part.experiment, studies))
                assert experiment_of(again) == experiment_of(part)


def test_no_two_studies_of_the_package_share_a_name() -> None:
    # a later one of the same name would silently take the other's place
    names = [
        name
        for module in pkgutil.walk_packages(claims.__path__, "saturation_lab.claims.")
        if module.name.rpartition(".")[2]
        not in ("library", "lecture", "papers")  # which only gather
        for name in getattr(importlib.import_module(module.name), "STUDIES", ())
    ]
    assert sorted(names) == sorted(STUDIES)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ratio"', '"ration"', r'experiment: kind: expected one of .*, got "ration"; did you'),
        ('experiment.kind = "ratio"\n', "", r"experiment: kind: expected one of .*, got nothing"),
        ("gradient_mean_square", "gradient_means", r'of: expected one of .*, got "gradient_means"'),
        ('study = "mine"', 'study = "yours"', r'study: expected one of mine, got "yours"'),
        (".of =", ".oft =", r'experiment: key: expected one of study, .*, got "oft"'),
        ('experiment.of = [["gradient_mean_square", -1]]\n', "", r"of: expected a value, got"),
        ('square", -1]', 'square", 0]', r"of: expected a layer from 1 to 3, or from -1 to -3"),
        ('square", -1]', 'square", 4]', r"of: expected a whole number from -3 to 3, got 4"),
        ('square", -1]', 'square", -4]', r"of: expected a whole number from -3 to 3, got -4"),
        ('square", -1]', 'square", 1.5]', r"of: expected a whole number from -3 to 3, got 1.5"),
        ('square", -1]', 'square"]', r'of: expected \["quantity", layer\], got'),
        ("low = -0.7", "low = 0.7", r"parts.M1: low: expected a number below high = 0.7, got 0.7"),
        ("low = -0.7", 'low = "x"', r'parts.M1: low: expected a finite number, got "x"'),
        ("low = -0.7\nhigh = 0.7", "", r"parts.M1: low: expected low, high or both, got nothing"),
        ("low = -0.7", "lo = -0.7", r'parts.M1: key: expected one of .*, got "lo"'),
        ('"fails"', '"undecided"', r'M1.grows: expected: expected one of holds, fails, got "undec'),
        ('id = "M1.grows"\n', "", r"statements.M1: id: expected a string, got nothing"),
        ('"M1.grows"', '"M1"', r"parts: id: expected unique ids, got M1 twice"),
        ('id = "M1"\n', "", r"mine.toml: id: expected a string, got nothing"),
        ('kind = "rule"', 'kind = "guess"', r'kind: expected one of identity, .*, got "guess"'),
        ('kind = "rule"', 'kind = "attribution"', r"parts: expected none, as an attribution"),
        ('kind = "rule"', 'kinds = "rule"', r'key: expected one of id, kind, .*, got "kinds"'),
        ('"My networks keep their gradient."', "1", r"M1: sentence: expected a string, got 1"),
        ('"My networks keep their gradient."', '" "', r"M1: sentence: expected a text that is not"),
        ("depth = 3", "depth = 0", r"studies.mine: depth: expected a whole number from 1"),
        ('"he_normal"', '"he_norm"', r'studies.mine: initializer: expected one of .*; did you m'),
        ("[studies.mine]", "[study.mine]", r'toml: key: expected one of schema, studies, st'),
        ("[studies.mine]", "schema = 2\n[studies.mine]", r"toml: schema: expected 1, got 2"),
        ("[[statements]]", "[statements]", r"toml: statements: expected a list of tables, got"),
        ("[studies.mine]", "[studies.mine", r"toml: file: expected TOML, got"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_with_file_and_key(
    old: str, new: str, said: str, toml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert old in MINE
    toml.write_text(MINE.replace(old, new, 1 if old != "gradient_mean_square" else -1))
    with pytest.raises(InputError, match=said) as refused:
        read_statements(toml)
    assert str(refused.value).startswith(str(toml))
    assert main(["claims", "--file", str(toml)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.startswith(f"saturation-lab: {toml}: ")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("[4.0, 4.0, 4.0]", r"args: expected arguments that share_outside accepts, got \[4.0, 4.0"),
        ('["a", 4.0]', r"args: expected arguments that share_outside accepts"),
        ("[4.0, 0]", r"args: expected arguments that share_outside accepts"),
        ("4", r"args: expected a list of numbers and strings, got 4"),
    ],
)
def test_arguments_that_an_exact_number_does_not_take(args: str, said: str, toml: Path) -> None:
    first = MINE.index("experiment.kind"), MINE.index("\nlow")
    exact = f'experiment = {{kind = "exact", of = "share_outside", args = {args}}}'
    toml.write_text(MINE[: first[0]] + exact + MINE[first[1] :])
    with pytest.raises(InputError, match=said):
        read_statements(toml)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.toml: file: expected a readable file, got No such"):
        read_statements(tmp_path / "none.toml")
    with pytest.raises(InputError, match=r"^file: expected one of .toml, .py, got \".json\""):
        read_statements(tmp_path / "mine.json")
    latin = tmp_path / "latin.toml"
    latin.write_bytes("title = 'é'".encode("latin-1"))
    with pytest.raises(InputError, match=r"latin.toml: file: expected UTF-8 text"):
        read_statements(latin)


def test_a_python_file_may_use_functions(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(PYTHON, encoding="utf-8")
    assert main(["claims", "--file", str(path), "--workers", "1"]) == 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("STATEMENTS = [", "STATEMENTS = 1, [", r"STATEMENTS: expected a list of Statement"),
        ("STATEMENTS =", "OTHERS =", r"STATEMENTS: expected a value, got nothing"),
        ("STUDIES =", "STUDIES = 1\nOTHERS =", r"STUDIES: expected a table, got 1"),
        ('study="mine"', 'study="yours"', r'parts.P1: experiment: study: expected one of mine'),
        ('"pre_activation_mean", 1', '"pre_activation_mean", 3', r"at: expected a whole number"),
        ("low=-0.5", 'low="x"', r'parts.P1: low: expected a number, got "x"'),
        ("low=-0.5", "low=float('nan')", r"parts.P1: low: expected a number below high"),
        ("STUDIES =", "raise SystemExit(3)\nSTUDIES =", r"expected a Python file that runs, got S"),
        ("STUDIES =", "1 / 0\nSTUDIES =", r"expected a Python file that runs, got Z"),
        ("STUDIES =", "STUDIES = =", r"expected a Python file that runs, got S"),
        ('kind="rule"', 'kind="fact"', r'statements.P1: kind: expected one of identity'),
    ],
)  # fmt: skip
def test_a_python_file_is_held_to_the_same(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in PYTHON
    path = tmp_path / "mine.py"
    path.write_text(PYTHON.replace(old, new), encoding="utf-8")
    with pytest.raises(InputError, match=said) as refused:
        read_statements(path)
    assert str(refused.value).startswith(str(path))


def test_the_exit_code_says_whether_all_is_as_on_record(
    toml: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["claims", "--file", str(toml), "--workers", "1"]
    assert main([*command, "--json"]) == 0
    said = capsys.readouterr()
    (found,) = json.loads(said.out)["claims"]
    assert not KEYS - set(found)
    assert (found["id"], found["kind"], found["verdict"]) == ("M1", "rule", "holds")
    assert [part["verdict"] for part in found["parts"]] == ["holds", "fails"]
    assert 1 / 2 < found["low"] < found["estimate"] < found["high"] < 2
    assert said.err == ""  # no progress where nobody looks
    toml.write_text(MINE.replace('expected = "fails"', 'expected = "holds"'), encoding="utf-8")
    assert main(command) == 1
    out = capsys.readouterr().out
    assert "! M1.grows: expected holds, found fails: ratio" in out
    assert main([*command[:1], "m1.grow", *command[1:]]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "got m1.grow" in err


def test_precision_makes_intervals_narrower(toml: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def found(*more: str) -> tuple[int, float]:
        main(["claims", "--file", str(toml), "--workers", "1", "--json", *more])
        (claim,) = json.loads(capsys.readouterr().out)["claims"]
        return claim["networks"], claim["high"] / claim["low"]

    (few, wide), (many, narrow) = found(), found("--precision", "0.08")
    assert (few, many > 4 * few) == (16, True)
    assert narrow < 1 + (wide - 1) / 1.6  # half as wide at four times the networks, and luck
    assert main(["claims", "--file", str(toml), "--precision", "0"]) == 2


def test_a_file_is_found_by_a_relative_path(toml: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(toml.parent)
    assert len(read_statements("mine.toml")[0]) == 1
    assert str(toml.parent) not in sys.path


def test_an_id_in_small_letters_is_recognized(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["claims", "gb5"]) == 2
    assert 'got gb5; did you mean "GB5"?' in capsys.readouterr().err
