"""Tests that a result folder keeps every bit, and that a damaged one is refused in one line."""

from __future__ import annotations

import gc
import hashlib
import json
import math
import os
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from saturation_lab import InputError, Result, Study, sample
from saturation_lab.sampling import refuse_existing
from saturation_lab.statistics import QUANTITIES, SIGNALS, Summary
from saturation_lab.study import SCHEMA

Differences = Callable[[Summary, Summary], list[str]]

FILES = ["histograms.npz", "manifest.json", "networks.npz", "study.toml"]

STUDIES: dict[str, Study] = {
    "labels": Study(
        activation="tanh",
        initializer="glorot_uniform",
        widths=(6, 4, 5),
        inputs="digits",
        examples=3,
        networks=5,
    ),
    "singular values": Study(
        activation="relu",
        initializer="he_normal",
        widths=(6, 4, 5),
        inputs="digits",
        examples=3,
        singular_values=2,
        networks=5,
    ),
    "no labels": Study(
        activation="silu",
        initializer="pytorch_default",
        widths=(3, 1),
        inputs="gaussian",
        examples=1,
        dtype="float64",
        saturation_beyond=2.0,
        networks=4,
        seed=2**63 - 1,
    ),
    "one network": Study(
        activation="sigmoid",
        initializer="lecture_normal",
        widths=(4, 4),
        inputs="digits",
        examples=2,
        networks=1,
        bias="normal",
        bias_scale=0.1,
    ),
    "overflow": Study(
        activation="relu",
        initializer="he_normal",
        widths=(6,) * 5,
        inputs="gaussian",
        examples=3,
        gain=5.88e7,
        networks=9,
        seed=1,
    ),
    "all overflow": Study(
        activation="identity",
        initializer="he_normal",
        widths=(3,) * 3,
        inputs="digits",
        examples=2,
        gain=1e30,
        networks=3,
        dtype="float32",
    ),
}


@pytest.fixture(scope="module")
def results() -> dict[str, Result]:
    return {name: sample(study, workers=1, name=name) for name, study in STUDIES.items()}


@pytest.fixture
def result(results: dict[str, Result]) -> Result:
    return results["labels"]


every_study = pytest.mark.parametrize("name", STUDIES)


def contents(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder, hidden ones too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def resign(folder: Path, name: str) -> None:
    """Write the checksum of a changed file into the manifest."""
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["sha256"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def refused(folder: Path) -> str:
    """Return the one line with which a folder is refused."""
    with pytest.raises(InputError) as refusal:
        Result.load(folder)
    line = str(refusal.value)
    assert len(line.splitlines()) == 1
    assert refusal.value.key in ("result", "study.toml: schema") or str(folder) in line
    return line


# --- what is kept ---------------------------------------------------------------------------------


@every_study
def test_a_saved_result_comes_back_to_the_last_bit(
    name: str, results: dict[str, Result], tmp_path: Path, differences: Differences
) -> None:
    result = results[name]
    folder = result.save(tmp_path / "deep" / "down" / "folder")
    loaded = Result.load(folder, name=name)
    assert loaded.study == result.study
    assert loaded.study.digest == result.study.digest
    assert loaded.name == result.name
    assert not differences(loaded.summary, result.summary)
    assert json.dumps(loaded.to_json()) == json.dumps(result.to_json())
    again = loaded.save(tmp_path / "again")
    assert (again / "study.toml").read_bytes() == (folder / "study.toml").read_bytes()


def test_the_folder_holds_four_files_and_nothing_is_left_beside_it(
    result: Result, tmp_path: Path
) -> None:
    folder = result.save(tmp_path / "out")
    assert sorted(contents(folder)) == FILES
    assert list(tmp_path.iterdir()) == [folder]


def arrays_of(path: Path) -> Iterator[tuple[str, Any]]:
    with np.load(path, allow_pickle=False) as kept:
        for key in kept.files:
            yield key, kept[key]


@every_study
def test_no_file_needs_pickle(name: str, results: dict[str, Result], tmp_path: Path) -> None:
    folder = results[name].save(tmp_path / "out")
    for file in ("networks.npz", "histograms.npz"):
        found = dict(arrays_of(folder / file))
        assert found
        assert not any(array.dtype.hasobject for array in found.values())
        with zipfile.ZipFile(folder / file) as whole:
            assert sorted(whole.namelist()) == sorted(f"{key}.npy" for key in found)
    assert dict(arrays_of(folder / "networks.npz"))["quantities"].tolist() == list(QUANTITIES)


@every_study
def test_the_study_can_be_read_by_people_and_tools(
    name: str, results: dict[str, Result], tmp_path: Path
) -> None:
    folder = results[name].save(tmp_path / "out")
    data = tomllib.loads((folder / "study.toml").read_text(encoding="utf-8"))
    assert data.pop("schema") == SCHEMA
    assert data == results[name].study.to_dict()
    assert Study.read(folder / "study.toml") == results[name].study


def test_the_manifest_signs_every_other_file(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["schema"] == SCHEMA
    assert manifest["digest"] == result.study.digest
    assert manifest["sha256"] == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in FILES
        if name != "manifest.json"
    }
    assert manifest["versions"]["numpy"] == np.__version__


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused(name: str, result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    (folder / name).unlink()
    assert name in refused(folder)


@pytest.mark.parametrize("name", ["histograms.npz", "networks.npz", "study.toml"])
@pytest.mark.parametrize("where", [0.0, 0.5, 1.0])
def test_one_changed_byte_is_refused(
    name: str, where: float, result: Result, tmp_path: Path
) -> None:
    folder = result.save(tmp_path / "out")
    content = bytearray((folder / name).read_bytes())
    content[round(where * (len(content) - 1))] ^= 1
    (folder / name).write_bytes(content)
    assert name in refused(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_refused(name: str, result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2])
    assert name in refused(folder)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", "null", '"text"', "{}", '{"schema": 1, "sha256": 3}', "\x00\xff"]
)
def test_a_manifest_that_is_none_is_refused(text: str, result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    assert "manifest.json" in refused(folder)


def test_a_place_without_a_result_is_refused(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere")
    refused(tmp_path)
    (tmp_path / "file").write_text("text")
    refused(tmp_path / "file")


def test_another_schema_is_refused(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "schema": SCHEMA + 1}))
    assert f"expected schema {SCHEMA}, got {SCHEMA + 1}" in refused(folder)


def test_a_study_of_another_schema_is_refused(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    text = (folder / "study.toml").read_text()
    (folder / "study.toml").write_text(text.replace(f"schema = {SCHEMA}", "schema = 99"))
    resign(folder, "study.toml")
    assert "99" in refused(folder)


@pytest.mark.parametrize("change", ["one less", "another name", "another order"])
def test_other_quantities_are_refused(change: str, result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    kept = dict(arrays_of(folder / "networks.npz"))
    names = kept["quantities"].tolist()
    kept["quantities"] = np.array(
        {
            "one less": names[:-1],
            "another name": [*names[:-1], "temperature"],
            "another order": names[::-1],
        }[change]
    )
    np.savez_compressed(folder / "networks.npz", allow_pickle=False, **kept)
    resign(folder, "networks.npz")
    assert "the quantities of this version" in refused(folder)


@pytest.mark.parametrize("name", ["networks.npz", "histograms.npz"])
def test_an_archive_that_is_none_is_refused(name: str, result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    (folder / name).write_bytes(b"PK\x03\x04 no archive")
    resign(folder, name)
    refused(folder)
    gc.collect()  # a file left open would warn here, and warnings are errors


def test_an_archive_with_pickles_is_refused(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    kept: dict[str, Any] = dict(arrays_of(folder / "networks.npz"))
    kept["values"] = np.array([{"an": "object"}], dtype=object)
    np.savez_compressed(folder / "networks.npz", **kept)
    resign(folder, "networks.npz")
    refused(folder)


# --- where it may be written ----------------------------------------------------------------------


def test_a_new_or_empty_folder_is_taken(result: Result, tmp_path: Path) -> None:
    refuse_existing(tmp_path / "new", force=False)
    refuse_existing(tmp_path, force=False)
    (tmp_path / "empty").mkdir()
    assert sorted(contents(result.save(tmp_path / "empty"))) == FILES


def test_a_result_is_replaced_by_force_only(
    results: dict[str, Result], tmp_path: Path, differences: Differences
) -> None:
    folder = results["labels"].save(tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="--force replaces it, --resume adds networks to it"):
        results["no labels"].save(folder)
    assert contents(tmp_path) == before
    results["no labels"].save(folder, force=True)
    assert not differences(Result.load(folder).summary, results["no labels"].summary)
    assert list(tmp_path.iterdir()) == [folder]


FOREIGN: dict[str, dict[str, str]] = {
    "a text": {"thesis.txt": "years of work"},
    "a hidden file": {".git": "gitdir: elsewhere"},
    "a folder": {"photos/one.txt": "a photo"},
    "half of a result": {"study.toml": "schema = 1"},
    "a manifest of something else": {
        "manifest.json": '{"name": "a browser extension", "version": "1.0"}',
        "background.js": "code",
    },
}


@pytest.mark.parametrize("files", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_foreign_files_is_never_replaced(
    files: dict[str, str], force: bool, result: Result, tmp_path: Path
) -> None:
    folder = tmp_path / "precious"
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    before = contents(tmp_path)
    with pytest.raises(InputError, match="output: expected a new folder"):
        result.save(folder, force=force)
    assert contents(tmp_path) == before


def test_a_result_folder_that_holds_a_foreign_file_too_is_never_replaced(
    result: Result, tmp_path: Path
) -> None:
    folder = result.save(tmp_path / "out")
    (folder / "notes.txt").write_text("what I found")
    before = contents(tmp_path)
    with pytest.raises(InputError, match="output: expected"):
        result.save(folder, force=True)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("force", [False, True])
def test_a_file_is_never_replaced(force: bool, result: Result, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    with pytest.raises(InputError, match="output: expected a new folder or a result folder"):
        result.save(tmp_path / "file", force=force)
    with pytest.raises(InputError, match="output: expected a folder that can be written"):
        result.save(tmp_path / "file" / "below", force=force)
    assert contents(tmp_path) == {"file": b"text"}


def saved_unless_refused(result: Result, folder: Path) -> bool:
    try:
        result.save(folder, force=True)
    except InputError as error:
        if error.key != "output":
            raise
        return False
    return True


def test_the_empty_folder_one_stands_in_is_taken_or_refused_in_one_line(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    saved = saved_unless_refused(result, Path())
    assert sorted(contents(tmp_path)) == (FILES if saved else [])


def test_a_link_to_a_result_leaves_no_litter(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    (tmp_path / "link").symlink_to(folder)
    saved_unless_refused(result, tmp_path / "link")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "out"]


# --- never half-written ---------------------------------------------------------------------------


class DiskFull(OSError):
    pass


def fail_at(call: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ``call``-th archive, from 0, break off after some bytes."""
    calls = iter(range(10))
    whole = np.savez_compressed

    def savez(file: Path, **arrays: Any) -> None:
        if next(calls) < call:
            whole(file, **arrays)
            return
        Path(file).write_bytes(b"PK half")
        raise DiskFull(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", savez)


@pytest.mark.parametrize("call", [0, 1])
@pytest.mark.parametrize("exists", [False, True])
def test_a_write_that_breaks_off_leaves_everything_as_it_was(
    call: int,
    exists: bool,
    results: dict[str, Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if exists:
        results["labels"].save(tmp_path / "out")
    before, names = contents(tmp_path), sorted(tmp_path.iterdir())
    fail_at(call, monkeypatch)
    with pytest.raises((DiskFull, InputError)):
        results["no labels"].save(tmp_path / "out", force=True)
    assert contents(tmp_path) == before
    assert sorted(tmp_path.iterdir()) == names


def test_a_last_rename_that_fails_leaves_the_old_result_in_its_place(
    results: dict[str, Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = results["labels"].save(tmp_path / "out")
    before = contents(tmp_path)
    rename = Path.rename
    into_place = iter([True])

    def fails_once(self: Path, target: str | os.PathLike[str]) -> Path:
        if Path(target) == folder and next(into_place, False):
            raise DiskFull(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fails_once)
    with pytest.raises((DiskFull, InputError)):
        results["no labels"].save(folder, force=True)
    assert contents(tmp_path) == before


# --- resume ---------------------------------------------------------------------------------------

OTHER: dict[str, dict[str, Any]] = {
    "activation": {"activation": "relu"},
    "initializer": {"initializer": "he_normal"},
    "widths": {"widths": (6, 4)},
    "gain": {"gain": 1.1},
    "bias": {"bias": "normal", "bias_scale": 0.1},
    "inputs": {"inputs": "gaussian"},
    "scaling": {"scaling": "unit"},
    "examples": {"examples": 4},
    "fresh_inputs": {"fresh_inputs": True},
    "loss": {"loss": "random_cotangent"},
    "saturation_beyond": {"saturation_beyond": 1.0},
    "seed": {"seed": 1},
    "dtype": {"dtype": "float64"},
    "bins": {"bins": 100},
    "ranges": {"ranges": {"gradient": (-1.0, 1.0)}},
}


@pytest.mark.parametrize("key", OTHER)
def test_another_study_is_not_resumed_and_the_key_is_named(key: str, result: Result) -> None:
    """The key is one that the user changed, not one that only follows from it."""
    other = replace(STUDIES["labels"], networks=9, **OTHER[key])
    with pytest.raises(InputError) as refusal:
        sample(other, workers=1, start=result)
    assert refusal.value.key == f"resume: {key}"
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize("networks", [1, 4, 5])
def test_fewer_networks_or_as_many_are_not_resumed(networks: int, result: Result) -> None:
    with pytest.raises(InputError, match="resume: networks: expected more than the 5"):
        sample(replace(STUDIES["labels"], networks=networks), workers=1, start=result)


def test_a_resolved_study_resumes_like_the_one_that_was_written(result: Result) -> None:
    for study in (STUDIES["labels"], result.study, STUDIES["labels"].resolved()):
        more = sample(replace(study, networks=6), workers=1, start=result)
        assert more.summary.networks.tolist() == list(range(6))


# --- tables ---------------------------------------------------------------------------------------


@every_study
def test_the_per_network_table_holds_every_value(name: str, results: dict[str, Result]) -> None:
    result = results[name]
    table = result.per_network()
    assert table.columns.tolist() == ["study", "network", "layer", "quantity", "value"]
    depth = len(STUDIES[name].widths)
    assert len(table) == STUDIES[name].networks * depth * len(QUANTITIES)
    assert set(table["study"]) == {name}
    row: Any
    for row in table.sample(40, random_state=0).itertuples():
        column = list(QUANTITIES).index(row.quantity)
        kept = result.summary.values[row.network, row.layer - 1, column]
        assert np.array([row.value]).tobytes() == kept.tobytes()
        assert result.values(row.quantity, row.layer)[row.network].tobytes() == kept.tobytes()
    assert table["layer"].min() == 1
    assert table["layer"].max() == depth


@every_study
def test_the_profile_has_the_average_of_every_quantity(
    name: str, results: dict[str, Result]
) -> None:
    result = results[name]
    table = result.profile()
    assert table.columns.tolist() == [
        "study",
        "layer",
        "quantity",
        "estimate",
        "se",
        "low",
        "high",
        "basis",
        "typical",
        "typical_low",
        "typical_high",
        "beta",
        "zeros",
        "spread_5",
        "spread_95",
        "predicted",
    ]
    assert table["predicted"].isna().all()
    assert len(table) == len(STUDIES[name].widths) * len(QUANTITIES)
    row: Any
    for row in table.itertuples():
        values = result.values(row.quantity, row.layer)
        if not np.isfinite(values).all():
            assert np.isnan([row.estimate, row.se, row.low, row.high]).all()
            assert row.basis == "none"
            continue
        assert row.estimate == pytest.approx(values.mean(), rel=1e-12)
        if len(values) == 1:
            assert np.isnan([row.se, row.low, row.high]).all()
            continue
        assert [row.spread_5, row.spread_95] == np.quantile(values, [0.05, 0.95]).tolist()
        se = values.std(ddof=1) / math.sqrt(len(values))
        half = stats.t.ppf(0.975, len(values) - 1) * se
        if row.basis == "t":
            assert row.se == pytest.approx(se, rel=1e-12)
            assert row.low == pytest.approx(values.mean() - half, rel=1e-9, abs=1e-12 * se)
            assert row.high == pytest.approx(values.mean() + half, rel=1e-9, abs=1e-12 * se)
        elif row.basis == "binomial":
            assert row.quantity.endswith("_share")
            assert 0 <= row.low <= row.estimate <= row.high <= 1
        else:
            assert row.basis == "withheld"
            assert np.isnan([row.se, row.low, row.high]).all()
            assert not row.beta <= 0.1
        if math.isfinite(row.typical):
            logs = np.log(np.abs(values[values != 0]))
            assert abs(row.typical) == pytest.approx(math.exp(logs.mean()), rel=1e-9)
            assert row.zeros == len(values) - len(logs)


@every_study
@pytest.mark.parametrize(("kind", "at"), [("linear", 0), ("asinh", 1)])
def test_the_histogram_table_holds_every_count(
    name: str, kind: str, at: int, results: dict[str, Result]
) -> None:
    result = results[name]
    table = result.histogram(kind)
    assert table.columns.tolist() == ["study", "layer", "quantity", "left", "right", "count"]
    groups = dict(iter(table.groupby(["quantity", "layer"])))
    assert len(groups) == len(STUDIES[name].signals) * len(STUDIES[name].widths)
    for signal in STUDIES[name].signals:
        found = result.summary.histograms[signal][at]
        for layer in range(1, len(STUDIES[name].widths) + 1):
            rows = groups[signal, layer].dropna(subset=["left", "right"])
            below, above, _, minus, plus = found.flows[layer - 1].tolist()
            edges = [-math.inf, *found.axis.edges.tolist(), math.inf]
            assert rows["left"].tolist() == edges[:-1]
            assert rows["right"].tolist() == edges[1:]
            assert rows["count"].tolist() == [
                below + minus,
                *found.counts[layer - 1].tolist(),
                above + plus,
            ]


@every_study
@pytest.mark.parametrize("kind", ["linear", "asinh"])
def test_the_histogram_table_drops_nothing(
    name: str, kind: str, results: dict[str, Result]
) -> None:
    """All that comes after sampling reads the tables only: what is NaN must stand there too."""
    result = results[name]
    table = result.histogram(kind)
    for signal in SIGNALS:
        seen = result.summary.histograms[signal][0].seen
        rows = table[table["quantity"] == signal]
        for layer in range(1, result.depth + 1):
            assert rows["count"][rows["layer"] == layer].sum() == seen[layer - 1], (signal, layer)


def test_the_values_of_a_layer_that_is_none_are_refused(result: Result) -> None:
    assert len(result.values("activation_mean", 4)) == 5  # the output layer
    for layer in (0, -1, 5):
        with pytest.raises((InputError, IndexError)):
            result.values("activation_mean", layer)


# --- JSON -----------------------------------------------------------------------------------------


@every_study
def test_json_is_valid_and_says_what_the_arrays_say(name: str, results: dict[str, Result]) -> None:
    result, study = results[name], STUDIES[name]
    data = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert data["schema"] == SCHEMA
    assert data["digest"] == result.study.digest
    assert Study.from_dict(data["study"]) == result.study
    assert [layer["layer"] for layer in data["layers"]] == list(range(1, len(study.widths) + 1))
    labelled = result.study.resolved_loss == "softmax_nll"
    assert (data["output"] is not None) == labelled
    layers = [*data["layers"], *([data["output"]] if labelled else [])]
    assert len(layers) == result.summary.values.shape[1]
    for number, layer in enumerate(layers, 1):
        assert set(layer) - {"layer"} == set(QUANTITIES)
        for quantity in QUANTITIES:
            values, entry = result.values(quantity, number), layer[quantity]
            if np.isfinite(values).all():
                assert entry["estimate"] == pytest.approx(values.mean(), rel=1e-12)
            else:
                assert entry["estimate"] is None
    bad = result.summary.first_bad_layer
    assert data["overflowed"] == np.count_nonzero(bad) == len(data["overflows"])
    assert [entry["network"] for entry in data["overflows"]] == np.flatnonzero(bad).tolist()


def test_one_network_has_an_estimate_and_no_interval(results: dict[str, Result]) -> None:
    entry = results["one network"].to_json()["layers"][0]["pre_activation_variance"]
    assert entry["estimate"] > 0
    assert [entry[key] for key in ("se", "low", "high")] == [None] * 3


def test_one_example_has_no_share_of_variance(results: dict[str, Result]) -> None:
    entry = results["no labels"].to_json()["layers"][0]["input_share_of_variance"]
    assert entry["estimate"] is None


def test_a_result_of_other_versions_is_not_added_to(result: Result, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "out")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["versions"]["numpy"] = "1.0.0"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    old = Result.load(folder)
    more = replace(old.study, networks=old.study.networks + 1)
    with pytest.raises(InputError, match=r"resume: versions: expected .*numpy 1\.0\.0"):
        sample(more, workers=1, start=old)
    assert sample(more, workers=1, start=result).summary.networks[-1] == old.study.networks
