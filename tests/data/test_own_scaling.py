"""Scaling of a user's data: by the whole file, column by column or overall, and what is said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.datasets import load_iris, load_wine
from sklearn.preprocessing import StandardScaler

from saturation_lab import Study, page_of, predict, recommend, sample, write_page
from saturation_lab.advice import sample_options
from saturation_lab.cli import main
from saturation_lab.data import (
    MomentsTally,
    draw_examples,
    find_inputs,
    joined_names,
    moments_of,
    split_names,
)
from saturation_lab.examples import mean_square_of_inputs, shared_examples
from saturation_lab.pages import Text, blocks_of

Array = NDArray[Any]
LOADERS = {"iris": load_iris, "wine": load_wine}
SHARE = "input_share_of_variance"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def study_of(inputs: str, **changes: Any) -> Study:
    given: dict[str, Any] = {
        "activation": "tanh", "initializer": "glorot_uniform", "widths": (64, 64), "networks": 8,
        "inputs": inputs,
    }  # fmt: skip
    return Study(**{**given, **changes})


@pytest.mark.parametrize(("name", "overall"), [("iris", 0.316), ("wine", 0.16)])
def test_what_reaches_the_first_layer_is_the_input(name: str, overall: float) -> None:
    """Standardized columns have mean 0, so all of z varies with the input: exactly 100 %."""
    found = LOADERS[name](as_frame=True)
    found.frame.to_csv(f"{name}.csv", index=False)
    raw = found.data.to_numpy()

    def share(**changes: Any) -> tuple[float, float]:
        result = sample(study_of(f"{name}.csv", labels="target", **changes), workers=1)
        mean = result.average(SHARE, 1).mean
        return mean.estimate, mean.se

    assert share(examples=len(raw))[0] == pytest.approx(1, abs=1e-6)
    # of 50 rows, the mean of a column is only nearly 0: the share follows from the rows shown
    shown = StandardScaler().fit_transform(raw)
    chosen = shared_examples(study_of(f"{name}.csv", labels="target"))
    assert chosen is not None
    rows = [np.abs(shown - row).sum(axis=1).argmin() for row in chosen.x]
    assert np.abs(chosen.x - shown[rows]).max() < 1e-6
    estimate, se = share()
    expected = 1 - np.square(shown[rows].mean(axis=0)).sum() / np.square(shown[rows]).sum(1).mean()
    assert expected > 0.98
    assert abs(estimate - expected) < 5 * se + 1e-3  # one false alarm in 10^4 (t, 7 degrees)
    # planted: one mean and one standard deviation for the whole table, as it was before
    before, se = share(scaling="standardized_overall", examples=len(raw))
    assert abs(before - overall) < 5 * se + 0.01
    assert before < 0.4


def test_the_moments_are_those_of_the_file_and_not_of_the_rows_shown() -> None:
    x = np.random.default_rng(0).normal([5, -2, 0], [9, 0.1, 1e-4], (400, 3))
    np.save("x.npy", x)
    shown = shared_examples(study_of("x.npy", examples=7, dtype="float64"))
    assert shown is not None
    rows = [np.abs(StandardScaler().fit_transform(x) - row).sum(axis=1).min() for row in shown.x]
    assert max(rows) < 1e-12
    assert np.abs(shown.x.mean(axis=0)).max() > 0.05  # not standardized by themselves
    overall = shared_examples(
        study_of("x.npy", examples=400, dtype="float64", scaling="standardized_overall")
    )
    assert overall is not None
    assert np.sort(overall.x, axis=None) == pytest.approx(
        np.sort((x - x.mean()) / x.std(), axis=None), abs=1e-12
    )


@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_moments_are_merged_without_losing_digits(offset: float) -> None:
    x = np.random.default_rng(1).normal(offset, 1, (1000, 4))
    x[:, 3] = 0.1 + np.spacing(0.1) * (np.arange(1000) % 3)  # constant up to rounding
    tally = MomentsTally(4)
    for block in np.array_split(x, 7):
        tally.add(block)
    for found in (tally.moments(), moments_of(x)):
        assert found.rows == 1000
        assert np.allclose(found.mean, x.mean(axis=0), rtol=1e-14)
        assert np.allclose(found.std[:3], (x - x.mean(axis=0)).std(axis=0)[:3], rtol=1e-7)
        assert found.std[3] == 0
        assert found.varies.tolist() == [True, True, True, False]
        assert not found.binary.any()
        assert np.allclose(found.overall, (x.mean(), x.std()), rtol=1e-7)
    # planted: raw moments lose all digits at a mean of 1e8
    raw = np.square(x[:, 0]).mean() - x[:, 0].mean() ** 2
    assert (abs(raw - x[:, 0].var()) > 0.1) == (offset > 0)


def test_missing_values_count_as_the_mean() -> None:
    x = np.random.default_rng(2).normal(size=(100, 3))
    x[::7, 1] = np.nan
    x[:40, 2] = np.nan  # a whole block
    tally = MomentsTally(3)
    for block in np.array_split(x, 5):
        tally.add(block)
    filled = np.where(np.isnan(x), np.nanmean(x, axis=0), x)
    found = tally.moments()
    assert np.allclose(found.mean, filled.mean(axis=0), rtol=1e-13)
    assert np.allclose(found.std, filled.std(axis=0), rtol=1e-13)
    assert np.array_equal(found.low, np.nanmin(x, axis=0))


@pytest.mark.parametrize(("share", "size"), [(0.01, 9.95), (0.001, 31.6), (0.03, None)])
def test_a_rare_category_is_said(share: float, size: float | None) -> None:
    rare = np.arange(2000) % round(1 / share) == 0
    frame = pd.DataFrame({"a": np.random.default_rng(0).normal(size=2000)})
    frame["kind"] = np.where(rare, "rare", np.where(np.arange(2000) % 2, "u", "v"))
    frame.to_csv("rare.csv", index=False)
    said = " ".join(study_of("rare.csv").input_notes)
    assert ("kind=rare" in said) == (size is not None)
    if size is not None:
        x = find_inputs("rare.csv").draw(2000, 4, np.random.default_rng(0)).x[:, 1]
        assert ((x - x.mean()) / x.std()).max() == pytest.approx(size, rel=1e-3)
        assert f'"kind=rare" is 1 in {100 * share:.2g} % of the rows' in said
        assert f"{size:.3g} standard deviations" in said
        kept = study_of("rare.csv", scaling="none").input_notes
        assert "standard deviations" not in " ".join(kept)


def test_constant_columns_become_0_and_are_said() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 2)), columns=["a", "b"])
    frame.assign(c=0.1, d=7).to_csv("x.csv", index=False)
    study = study_of("x.csv")
    shown = shared_examples(study)
    assert shown is not None
    assert shown.x.any(axis=0).tolist() == [True, True, False, False]
    assert '2 constant features are set to 0: "c", "d".' in study.input_notes
    assert mean_square_of_inputs(study) == 0.5


@pytest.mark.parametrize("dtype", ["u1", "i8"])
def test_images_are_scaled_overall_and_by_255(dtype: str) -> None:
    x = np.random.default_rng(0).integers(0, 250, (90, 6, 6, 3)).astype(dtype)
    np.save("x.npy", x)
    flat = x.reshape(90, -1).astype(float)

    order = np.random.default_rng(0).choice(90, size=90, replace=False)
    for scaling, wanted in {
        None: (flat - flat.mean()) / flat.std(),
        "unit": flat / 255,
        "signed": flat / 127.5 - 1,
        "standardized": StandardScaler().fit_transform(flat),
        "none": flat,
    }.items():
        study = study_of("x.npy", scaling=scaling).resolved()
        assert study.scaling == (scaling or "standardized_overall")
        assert f"Scaling {study.scaling}: " in " ".join(study.input_notes)
        shown = draw_examples(
            study.input_source, count=90, features=108, scaling=study.scaling, dtype="float64",
            rng=np.random.default_rng(0),
        ).x  # fmt: skip
        assert np.abs(shown - wanted[order]).max() < 1e-12


def test_unit_maps_the_span_of_other_files() -> None:
    np.save("x.npy", np.array([[0.0, 4.0], [16.0, 8.0], [2.0, 3.0]]))
    study = study_of("x.npy", scaling="unit")
    shown = shared_examples(study)
    assert shown is not None
    assert sorted(shown.x.reshape(-1).tolist()) == [0, 0.125, 0.1875, 0.25, 0.5, 1]
    assert "Scaling unit: values from 0 to 16 are mapped onto [0, 1]." in study.input_notes


def test_fewer_examples_than_the_default_are_all_taken_unless_a_number_is_asked_for() -> None:
    np.save("x.npy", np.random.default_rng(0).normal(size=(31, 3)))
    study = study_of("x.npy")
    assert study.examples == study.resolved().examples == 31
    assert "All 31 examples of the file are shown." in study.input_notes
    assert study_of("x.npy", examples=7).examples == 7
    assert study_of("gaussian").examples == study_of("digits").examples == 50
    with pytest.raises(ValueError, match="examples: expected a whole number from 1 to 31, got 50"):
        study_of("x.npy", examples=50)


def test_a_column_that_turns_into_words_late_is_read_again_as_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("saturation_lab.data.own_files._CHUNK", 40)
    values = [*["1", "2"] * 50, *["2", "3+"] * 50]
    frame = pd.DataFrame({"a": np.arange(200) / 7, "d": values, "y": np.arange(200) % 2})
    frame.to_csv("late.csv", index=False)
    source = find_inputs("late.csv", "y")
    assert source.columns == ("a", "d=1", "d=2", "d=3+")
    x = source.draw(200, 4, np.random.default_rng(0)).x
    wanted = pd.get_dummies(pd.Series(values)).to_numpy(dtype=float)
    assert np.array_equal(x[np.argsort(x[:, 0]), 1:], wanted)


def test_what_was_done_is_in_text_page_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    frame = load_iris(as_frame=True).frame.assign(kind=["x", "y", "y"] * 50, empty=None)
    frame.iloc[3, 0] = None
    frame.to_csv("iris.csv")
    asked = ["--inputs", "iris.csv", "--labels", "target", "--drop", "sepal width (cm)"]
    common = [*asked, "--missing", "drop", "--depth", "2", "--width", "8"]
    drawn = ["--networks", "3", "--workers", "1"]
    relu = ["--activation", "relu", *common]
    assert main(["sample", *relu, *drawn, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    notes = told["input_notes"]
    for part in ("Unnamed: 0", '"empty"', "Left out: sepal width (cm)", "kind (2)", "3 classes",
                 "1 row with missing values left out", "Scaling standardized"):  # fmt: skip
        assert part in " ".join(notes)
    study = Study.from_dict(told["study"])
    assert study.digest == told["digest"]
    assert list(study.input_notes) == notes
    assert study.drop == ("sepal width (cm)",)
    result = sample(study, workers=1)
    for found in (result, predict(study), recommend(study)):
        assert Text(f"Inputs: {' '.join(notes)}") in blocks_of(found)
        assert found.to_json()["input_notes"] == notes
    page = page_of([result], title="Mine", question="How?", exhibits=["profile_signal"])
    for path in write_page(page, Path("page")):
        assert "1 row with missing values left out" in path.read_text()
    grid = ["grid", "--activations", "relu", "--inits", "he_normal", *common, *drawn]
    assert main(grid) == 0
    assert "Inputs: " in capsys.readouterr().out
    assert main(["sample", *relu, *drawn, "--output", "kept"]) == 0
    # another source for an earlier study: what is about the file no longer applies
    again = ["--study", "kept/study.toml", "--loss", "random_cotangent", "--features", "4"]
    assert main(["sample", *again, "--inputs", "gaussian", "--scaling", "none", *drawn]) == 0
    # the options that recommend prints draw from the same columns
    options = sample_options(study)
    assert '--drop "sepal width (cm)"' not in " ".join(options)
    assert options[options.index("--drop") + 1] == "sepal width (cm)"
    assert "--examples" not in options


def test_other_keys_give_another_digest() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "c"])
    frame.to_csv("x.csv", index=False)
    changes: list[dict[str, Any]] = [
        {}, {"columns": ["a", "b"]}, {"columns": ["b", "a"]}, {"drop": ["a"]},
        {"missing": "mean"}, {"scaling": "standardized_overall"},
    ]  # fmt: skip
    assert len({study_of("x.csv", **change).digest for change in changes}) == len(changes)
    explicit = study_of("x.csv", scaling="standardized", examples=50)
    assert explicit.digest == study_of("x.csv").digest


@pytest.mark.parametrize("names", [["a"], ["a", "b c"], ["Smith, J.", 'say "x"', "d"]])
def test_names_are_typed_and_taken_apart(names: list[str]) -> None:
    assert split_names(joined_names(names)) == names


@pytest.mark.parametrize("rows", [1, 12])
def test_inputs_that_are_all_0_are_said(rows: int) -> None:
    pd.DataFrame({"a": [7.0] * rows, "b": [2.0] * rows}).to_csv("same.csv", index=False)
    study = study_of("same.csv")
    assert study.input_notes[-1] == (
        "All features are constant, so that every input is 0; scaling = none keeps them."
    )
    assert ("The only example of the file is shown." in study.input_notes) == (rows == 1)
    x = study.input_source.draw(rows, 2, np.random.default_rng(0)).x
    assert x.tolist() == [[7.0, 2.0]] * rows  # what scaling = none keeps


@pytest.mark.parametrize("start", [0, 1, 1000, -3])
@pytest.mark.parametrize("planted", [False, True])
def test_a_column_that_counts_is_said_from_any_number(start: int, planted: bool) -> None:
    count = np.arange(start, start + 20)
    count[11] += planted
    pd.DataFrame({"id": count, "a": np.random.default_rng(0).normal(size=20)}).to_csv(
        "ids.csv", index=False
    )
    study = study_of("ids.csv")
    said = '"id" counts the rows; drop = ["id"] leaves it out.' in study.input_notes
    assert said != planted
    assert study.input_source.features == 2
