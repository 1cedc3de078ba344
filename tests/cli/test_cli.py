"""Tests of the command line: answers, and one line and exit code 2 for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest

from saturation_lab import Study
from saturation_lab.cli import VERBS, LayerGains, StudyOptions, Whole, main
from saturation_lab.cli.app import app
from saturation_lab.sampling import run
from saturation_lab.statistics import QUANTITIES
from saturation_lab.study import keys_of

QUICK = {
    "--inputs": "digits",
    "--depth": "2",
    "--width": "16",
    "--networks": "3",
    "--examples": "8",
    "--workers": "1",
}


def _run(*arguments: str) -> int:
    """Run ``sample`` on small networks, with other options added or put in place of these."""
    replaced = {"--depth", "--width"} if "--widths" in arguments else set()
    kept = {k: v for k, v in QUICK.items() if k not in {*arguments, *replaced}}
    return main(["sample", *(word for pair in kept.items() for word in pair), *arguments])


def test_json_is_complete_and_valid(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--json", "--seed", "1") == 0
    said = capsys.readouterr()
    data = json.loads(said.out)
    assert said.err == ""
    assert data["schema"] == 1
    assert data["study"]["seed"] == 1
    assert [layer["layer"] for layer in data["layers"]] == [1, 2]
    assert set(QUANTITIES) <= set(data["layers"][0])
    mean, spread = {"estimate", "se", "low", "high", "basis"}, {"spread_5", "spread_95"}
    typical = {"typical", "typical_low", "typical_high", "beta"}
    entry = data["layers"][0]["gradient_mean_square"]
    assert mean | typical | spread <= set(entry) <= mean | typical | spread | {"reason"}
    assert set(data["layers"][0]["gradient_mean"]) == mean | spread
    assert data["output"]["saturated_share"]["estimate"] is None
    assert data["overflowed"] == 0


def test_table_is_readable(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run() == 0
    out = capsys.readouterr().out
    assert "tanh, glorot_uniform, digits, 8 examples, 3 networks" in out
    assert max(len(line) for line in out.splitlines()) <= 96
    assert "nan" not in out


def test_theory_names_what_sample_names(capsys: pytest.CaptureFixture[str]) -> None:
    words = [word for pair in list(QUICK.items())[:-1] for word in pair]
    assert main(["theory", *words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert set(QUANTITIES) <= set(data["layers"][1])
    assert data["layers"][1]["gradient_mean_square"]["value"] > 0
    assert data["output"]["saturated_share"] == {"value": None}
    assert main(["theory", *words]) == 0
    out = capsys.readouterr().out
    assert "tanh, glorot_uniform, digits, 8 examples, theory for wide layers" in out
    assert max(len(line) for line in out.splitlines()) <= 96
    assert "nan" not in out
    assert main(["theory", *words, "--activation", "tahn"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("command", ["theory", "recommend"])
def test_theory_of_what_diverges_ends_with_one_line(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    code = "import numpy as np\n\ndef grow(z):\n    return np.exp(z * z)\n"
    Path("endless_growth.py").write_text(code, encoding="utf-8")
    words = [command, "--activation", "endless_growth:grow", "--depth", "2", "--width", "8"]
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("saturation-lab: activation: expected a finite E φ")
    assert "diverges or overflows" in captured.err
    assert captured.err.count("\n") == 1
    assert not captured.out


def test_one_network_says_why_there_is_no_interval(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--networks", "1", "--json") == 0
    entry = json.loads(capsys.readouterr().out)["layers"][0]["gradient_mean_square"]
    assert entry["estimate"] > 0
    assert entry["low"] is None
    assert _run("--networks", "1") == 0
    assert "only one network" in " ".join(capsys.readouterr().out.split())


def test_every_option_reaches_the_study(capsys: pytest.CaptureFixture[str]) -> None:
    given = [
        "sample", "--activation", "sigmoid", "--init", "lecture_normal", "--widths", "9,7",
        "--gain", "2.5", "--bias", "uniform", "--bias-scale", "0.5", "--inputs", "gaussian",
        "--features", "6", "--scaling", "standardized", "--examples", "4", "--fresh-inputs",
        "--loss", "random_cotangent", "--saturation-beyond", "4", "--networks", "2", "--seed", "8",
        "--singular-values", "2", "--dtype", "float64", "--sampler", "dense",
        "--workers", "1", "--json",
    ]  # fmt: skip
    assert main(given) == 0
    study = json.loads(capsys.readouterr().out)["study"]
    study.pop("ranges")
    assert study == {
        "activation": "sigmoid", "initializer": "lecture_normal", "widths": [9, 7], "gain": 2.5,
        "bias": "uniform", "bias_scale": 0.5, "inputs": "gaussian", "features": 6,
        "scaling": "standardized", "examples": 4, "fresh_inputs": True, "loss": "random_cotangent",
        "saturation_beyond": 4.0, "networks": 2, "seed": 8, "dtype": "float64", "sampler": "dense",
        "bins": 200, "singular_values": 2,
    }  # fmt: skip


def test_every_key_that_can_be_typed_has_an_option() -> None:
    asked, typed = get_type_hints(Study), get_type_hints(StudyOptions, include_extras=True)
    lists = dict.fromkeys(("widths", "columns", "drop"), str)  # typed with commas
    apart: dict[str, Any] = {
        "depth": int, "width": int, "sigma_w": float, "sigma_b": float,
        "layer_gains": LayerGains, **lists,
    }  # fmt: skip
    keys = {key for key in asked if key not in {*keys_of("untyped"), *keys_of("named"), "kind"}}
    assert set(typed) == keys | set(apart)
    for option, kind in typed.items():
        wanted = apart.get(option) or next(t for t in _either(asked[option]) if t is not NoneType)
        assert set(_either(kind)) == {Whole if wanted is int else wanted, NoneType}, option


def _either(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if isinstance(kind, UnionType) or get_origin(kind) is Union else (kind,)


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("--sigma-w 1.5", {"initializer": "lecun_normal", "gain": 1.5, "bias": "zero"}),
        ("--sigma-w 1.5 --init lecun_uniform", {"initializer": "lecun_uniform", "gain": 1.5}),
        ("--sigma-w 1.5 --sigma-b 0.2", {"gain": 1.5, "bias": "normal", "bias_scale": 0.2}),
        ("--sigma-b 0", {"initializer": "glorot_uniform", "bias": "zero"}),
        ("--layer-gain 1=1.5 --layer-gain last=.01", {"layer_gains": {"1": 1.5, "output": 0.01}}),
        ("--layer-gain first=2 --layer-gain output=1", {"layer_gains": {"1": 2.0}}),
        ("--layer-gain last=2 --loss random_cotangent", {"layer_gains": {"2": 2.0}}),
        ("--init tf.keras.initializers.HeNormal()", {"initializer": "he_truncated_normal"}),
        ("--bias constant --bias-scale -0.5", {"bias": "constant", "bias_scale": -0.5}),
        ("--bias fan_in_uniform --bias-scale 1", {"bias": "fan_in_uniform", "bias_scale": 1.0}),
    ],
)  # fmt: skip
def test_initializations_reach_the_study(
    words: str, keys: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    quick = [word for pair in list(QUICK.items())[:-1] for word in pair]
    assert main(["theory", *quick, *words.split(), "--json"]) == 0
    study = json.loads(capsys.readouterr().out)["study"]
    assert {key: study.get(key) for key in keys} == keys


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--sigma-w 1.5 --gain 2", "sigma_w: expected either sigma_w or gain, got both"),
        ("--sigma-b 1 --bias-scale 2", "sigma_b: expected either sigma_b or bias_scale, got both"),
        ("--sigma-b 1 --bias normal", "sigma_b: expected either sigma_b or bias, got both"),
        ("--sigma-w 1.5 --init orthogonal", "sigma_w: expected an initializer whose variance is"),
        ("--sigma-w 0", "sigma_w: expected a finite number above 0"),
        (
            "--layer-gain 3=1",
            'layer_gains: expected layers from 1 to 2, "last" or "output"',
        ),
        ("--layer-gain 1", "layer_gain: expected a layer and its gain, such as 1=1.05"),
        ("--layer-gain 1=2 --layer-gain 1=3", "layer_gain: expected a layer and its gain"),
        ("--layer-gain last=2 --layer-gain output=3", "layer_gains: expected each layer once"),
        ("--layer-gain output=2 --loss random_cotangent", "has no output layer"),
        ("--layer-gain top=2", "layer_gains: expected the number of a hidden layer"),
        ("--layer-gain 1=-1", "layer_gains.1: expected a finite number above 0"),
        ("--bias normal --bias-scale -1", "bias_scale: expected a finite number of at least 0"),
        ("--init ones", "initializer: expected random weights of mean 0, got constant"),
    ],
)
def test_initializations_that_make_no_sense_end_with_one_line(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    quick = [word for pair in list(QUICK.items())[:-1] for word in pair]
    assert main(["theory", *quick, *words.split()]) == 2
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_a_grid_has_no_sigma_w(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["grid", "--activations", "tanh", "--inits", "he_normal", "--sigma-w", "2"]) == 2
    assert "sigma_w: expected nothing in a grid; --gain applies to all" in capsys.readouterr().err


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_listed_by_the_first_line_of_its_help(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([verb, "--help"]) == 0
    assert " ".join(VERBS[verb].split()) in " ".join(capsys.readouterr().out.split())
    function = app[verb].default_command
    assert function is not None
    assert (function.__doc__ or "").startswith(f"{VERBS[verb]}\n\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--activation", "tahn"], 'did you mean "tanh"'),
        (["--init", "glorot"], "initializer: expected one of"),
        (["--width", "0"], "width: expected a whole number of at least 1, got 0"),
        (["--width", "-1"], "got -1"),
        (["--width", "1e9"], 'width: expected a whole number, got "1e9"'),
        (["--width", "64.5"], 'got "64.5"'),
        (["--width", "nan"], 'got "nan"'),
        (["--width", "true"], 'got "true"'),
        (["--width", "2000000000"], "memory: expected a study of at most"),
        (["--depth", "0"], "depth: expected a whole number from 1"),
        (["--networks", "0"], "networks: expected a whole number from 1"),
        (["--examples", "0"], "examples: expected a whole number of at least 1"),
        (["--examples", "1798"], "to 1,797, got 1798"),
        (["--seed", "-1"], "seed: expected a whole number from 0"),
        (["--seed", "9223372036854775808"], "seed: expected a whole number from 0"),
        (["--gain", "nan"], "gain: expected a finite number above 0"),
        (["--gain", "big"], "gain"),
        (["--workers", "0"], "workers: expected a whole number from 1"),
        (["--workers", "100000"], "workers: expected a whole number from 1 to"),
        (["--widths", "3,x"], "widths: expected whole numbers separated by commas"),
        (["--nonsense", "1"], "nonsense"),
        (["--study", "no-such-file.toml"], "No such file"),
        (["--force"], "force: expected --output DIR as well"),
        (["--resume", "--output", "no-such-folder"], "a result folder with its manifest.json"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str],
    said: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*args: object, **kwargs: object) -> None:
        raise AssertionError("something was computed")

    monkeypatch.setitem(run.SAMPLERS, "dense", never)
    assert _run(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err


def test_output_folder_is_kept_replaced_or_added_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "result"
    assert _run("--output", str(folder)) == 0
    before = (folder / "networks.npz").read_bytes()
    assert _run("--output", str(folder)) == 2
    assert "--force replaces it, --resume adds networks to it" in capsys.readouterr().err
    assert (folder / "networks.npz").read_bytes() == before
    more = ["sample", "--output", str(folder), "--resume", "--workers", "1"]
    assert main([*more, "--networks", "5"]) == 0
    assert _run("--output", str(tmp_path / "once"), "--networks", "5") == 0
    for name in ("networks.npz", "histograms.npz"):
        with np.load(folder / name) as added, np.load(tmp_path / "once" / name) as once:
            assert set(added) == set(once)
            for key in once:
                np.testing.assert_array_equal(added[key], once[key], strict=True)
    assert main([*more, "--networks", "9", "--seed", "4"]) == 2
    assert "resume: seed: expected 0 as in the result, got 4" in capsys.readouterr().err
    assert main(more) == 2
    assert "resume: networks: expected more than the 5 already sampled" in capsys.readouterr().err
    assert main([*more, "--force", "--networks", "9"]) == 2
    assert "either --force or --resume" in capsys.readouterr().err
    (folder / "notes.txt").write_text("mine")
    assert _run("--output", str(folder), "--force") == 2
    assert "contains something else" in capsys.readouterr().err
    (folder / "notes.txt").unlink()
    assert _run("--output", str(folder), "--force") == 0


def test_unwritable_output_is_refused_before_computing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("mine")
    monkeypatch.setitem(run.SAMPLERS, "dense", None)  # would fail if it were called
    assert _run("--output", str(tmp_path / "file" / "inside")) == 2
    assert "output: expected a folder that can be written" in capsys.readouterr().err
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.tex").write_text("mine")
    assert _run("--output", str(tmp_path / "theirs"), "--force") == 2
    assert (tmp_path / "theirs" / "thesis.tex").read_text() == "mine"


def test_dry_run_says_what_it_would_cost(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("--dry-run") == 0
    out = capsys.readouterr().out
    assert [line.split()[0] for line in out.splitlines()] == ["networks", "memory", "time"]
    assert _run("--dry-run", "--json") == 0
    cost = json.loads(capsys.readouterr().out)
    assert cost["networks"] == 3
    assert cost["memory_bytes"] > 0
    assert cost["seconds"] >= 0


def test_a_study_from_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "study.toml"
    path.write_text(
        'activation = "relu"\ninitializer = "he_normal"\ndepth = 2\nwidth = 8\nnetworks = 2\n'
        'inputs = "digits"\nexamples = 5\n'
    )
    assert main(["sample", "--study", str(path), "--workers", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["study"]["activation"] == "relu"
    changed = [
        "sample",
        "--study",
        str(path),
        "--activation",
        "silu",
        "--depth",
        "1",
        "--width",
        "4",
    ]
    assert main([*changed, "--workers", "1", "--json"]) == 0
    study = json.loads(capsys.readouterr().out)["study"]
    assert (study["activation"], study["widths"], study["networks"]) == ("silu", [4], 2)
    path.write_text('activation = "relu"\nwidht = 8\n')
    assert main(["sample", "--study", str(path)]) == 2
    assert 'did you mean "width' in capsys.readouterr().err


@pytest.mark.parametrize("table", ["activations", "initializers", "inputs", "reports", "exhibits"])
def test_lists_show_every_member(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    from saturation_lab import ACTIVATIONS, INITIALIZERS
    from saturation_lab.data import FILES, INPUTS
    from saturation_lab.exhibits import EXHIBITS

    assert main(["list", table]) == 0
    lines = capsys.readouterr().out.splitlines()
    members = {
        "activations": list(ACTIVATIONS),
        "initializers": [*INITIALIZERS, "variance_scaling:scale,mode,law"],
        "inputs": [*INPUTS, FILES[0]],
        "reports": ["glorot_2010", "lecture", "pairs", "phase", "width"],
        "exhibits": list(EXHIBITS),
    }[table]  # fmt: skip
    assert [line.split("  ")[0] for line in lines if not line.startswith(" ")] == members
    assert max(len(line) for line in lines) <= 100


def test_unknown_list_and_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "activation"]) == 2
    assert 'did you mean "activations"' in capsys.readouterr().err
    assert main(["smaple"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_process_leaves_no_traceback_and_takes_a_closed_pipe() -> None:
    command = [sys.executable, "-m", "saturation_lab.cli"]
    run = subprocess.run(
        [*command, "sample", "--width", "0"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 2
    assert run.stderr.startswith("saturation-lab: width: ")
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        listing = subprocess.run(
            [*command, "list", "activations"], stdout=closed, stderr=subprocess.PIPE, check=False
        )
    assert b"Traceback" not in listing.stderr
