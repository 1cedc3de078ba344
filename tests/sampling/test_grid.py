"""Tests of grids: one study for each pair, the same random numbers for all, one folder."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from saturation_lab import Grid, GridResult, InputError, Study, sample, sample_grid
from saturation_lab.sampling import paired_difference, run
from saturation_lab.statistics import Summary

Differences = Callable[[Summary, Summary], list[str]]

STUDY = Study(
    activation="tanh",
    initializer="he_normal",
    widths=(12, 12, 12),
    inputs="digits",
    examples=6,
    networks=7,
    seed=4,
    dtype="float64",
)
GRID = Grid(
    study=STUDY,
    activations=["tanh", "relu"],
    initializers=["lecture_normal", "glorot_normal", "standard_uniform"],
)


@pytest.fixture(scope="module")
def result() -> GridResult:
    return sample_grid(GRID, workers=1)


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


# --- what is drawn --------------------------------------------------------------------------------


def test_every_pair_is_the_study_that_sample_would_draw(
    result: GridResult, differences: Differences
) -> None:
    assert list(result.results) == [(a, i) for a in GRID.activations for i in GRID.initializers]
    for (activation, initializer), found in result.results.items():
        alone = replace(STUDY, activation=activation, initializer=initializer)
        again = sample(replace(alone, ranges=found.study.ranges), workers=1)
        assert found.study == again.study
        assert found.name == f"{activation}, {initializer}"
        assert not differences(found.summary, again.summary)


def test_pairs_share_their_streams(result: GridResult) -> None:
    # the lecture's factor is 1 for tanh: then its rule is Glorot's, weight by weight
    tanh, relu = result.of("tanh"), result.of("relu")
    one, other = tanh["lecture_normal"].summary, tanh["glorot_normal"].summary
    np.testing.assert_array_equal(one.values, other.values)
    # and √2 for ReLU, a homogeneous function: each layer doubles the ratio of the mean squares
    ratio = relu["lecture_normal"].values("pre_activation_mean_square", 3) / relu[
        "glorot_normal"
    ].values("pre_activation_mean_square", 3)
    np.testing.assert_allclose(ratio, 2.0**3, rtol=1e-12)


def test_one_activation_shares_its_axes(result: GridResult) -> None:
    for activation in result.activations:
        ranges = [dict(found.study.ranges) for found in result.of(activation).values()]
        assert all(found == ranges[0] for found in ranges)


def test_the_schedule_changes_no_bit(result: GridResult, differences: Differences) -> None:
    again = sample_grid(GRID, workers=2)
    for pair, found in result.results.items():
        assert not differences(found.summary, again.results[pair].summary)


# --- tables ---------------------------------------------------------------------------------------


def test_the_profile_is_that_of_every_pair(result: GridResult) -> None:
    profile = result.profile()
    assert profile.columns.tolist()[:5] == [
        "activation", "initializer", "study", "layer", "quantity",
    ]  # fmt: skip
    for (activation, initializer), found in result.results.items():
        rows = (profile["activation"] == activation) & (profile["initializer"] == initializer)
        own = found.profile()
        np.testing.assert_array_equal(
            profile[rows][["estimate", "low", "high"]], own[["estimate", "low", "high"]]
        )


def test_differences_are_paired_and_on_the_log_scale(result: GridResult) -> None:
    table = result.differences("gradient_mean_square", 1)
    assert len(table) == 2 * 3  # every two of three, for each activation
    row = table[
        (table["activation"] == "relu")
        & (table["initializer"] == "glorot_normal")
        & (table["than"] == "standard_uniform")
    ].iloc[0]
    first, second = (
        result.results["relu", rule].values("gradient_mean_square", 1)
        for rule in ("glorot_normal", "standard_uniform")
    )
    paired = stats.ttest_rel(np.log(first), np.log(second)).confidence_interval(0.95)
    assert row["estimate"] == pytest.approx(np.mean(np.log(first / second)), rel=1e-12)
    assert (row["low"], row["high"]) == pytest.approx((paired.low, paired.high), rel=1e-9)
    assert row["ratio"] == pytest.approx(math.exp(row["estimate"]), rel=1e-12)
    same = table[(table["activation"] == "tanh") & (table["than"] == "glorot_normal")].iloc[0]
    assert (same["low"], same["high"]) == (0.0, 0.0)


def test_a_difference_without_a_logarithm_is_undefined(result: GridResult) -> None:
    table = result.differences("saturated_high_share", 1)  # ReLU has no upper threshold
    assert table[table["activation"] == "relu"]["estimate"].isna().all()


def test_results_of_other_seeds_are_not_paired(result: GridResult) -> None:
    found = result.results["tanh", "glorot_normal"]
    other = sample(replace(found.study, seed=5), workers=1)
    with pytest.raises(InputError, match="the same seed and networks"):
        paired_difference(found, other, "gradient_mean_square", 1)


# --- what is refused, before anything is drawn ----------------------------------------------------


@pytest.mark.parametrize(
    ("activations", "initializers", "said"),
    [
        (["tanh", "rleu"], ["he_normal"], 'did you mean "relu"'),
        (["tanh"], ["he_norml"], 'did you mean "he_normal"'),
        (["tanh", "tanh"], ["he_normal"], "activations: expected each name once, got tanh twice"),
        (["tanh"], ["he_normal", "he_normal"], "initializers: expected each name once"),
        ([], ["he_normal"], "activations: expected at least one, got none"),
        ("tanh", ["he_normal"], 'activations: expected a list of names, got "tanh"'),
        (["tanh", "softplus"], ["he_normal", "lecture_normal"], "no gain of its own for softplus"),
    ],
)
def test_a_grid_that_cannot_be_drawn_is_refused(
    activations: list[str],
    initializers: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(run.SAMPLERS, "dense", None)  # would fail if it were called
    with pytest.raises(InputError) as caught:
        Grid(study=STUDY, activations=activations, initializers=initializers)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gain_is_for_every_pair() -> None:
    grid = Grid(
        study=replace(STUDY, gain=1.5),
        activations=["softplus", "tanh"],
        initializers=["lecture_normal", "he_normal"],
    )
    assert {study.architecture.gain for study in grid.studies.values()} == {1.5}


def test_equal_orders_are_equal_grids() -> None:
    other = Grid(
        study=replace(STUDY, activation="relu", initializer="orthogonal"),
        activations=GRID.activations,
        initializers=GRID.initializers,
    )
    assert other == GRID


# --- the folder -----------------------------------------------------------------------------------


def test_a_saved_grid_comes_back_to_the_last_bit(
    result: GridResult, tmp_path: Path, differences: Differences
) -> None:
    folder = result.save(tmp_path / "grid")
    assert {path.name for path in folder.iterdir()} == {"grid.toml", *GRID.folders}
    assert list(tmp_path.iterdir()) == [folder]
    loaded = GridResult.load(folder)
    assert loaded.grid == result.grid
    assert list(loaded.results) == list(result.results)
    for pair, found in result.results.items():
        assert loaded.results[pair].study == found.study
        assert loaded.results[pair].name == found.name
        assert not differences(loaded.results[pair].summary, found.summary)


def test_a_damaged_or_exchanged_pair_is_refused(result: GridResult, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "grid")
    first, second = (folder / name for name in list(GRID.folders)[1:3])
    first.rename(tmp_path / "aside")
    second.rename(first)
    (tmp_path / "aside").rename(second)
    with pytest.raises(InputError, match="expected the study of tanh, glorot_normal"):
        GridResult.load(folder)
    (first / "networks.npz").write_bytes(b"not these")
    with pytest.raises(InputError, match=r"an undamaged networks\.npz"):
        GridResult.load(folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("schema = 1", "activations: expected a list of names, got nothing"),
        ("schema = 9", "schema: expected 1, got 9"),
        ('schema = 1\nactivations = ["tanh"]\ninitializers = ["he_normal"]', "a table of keys"),
        ("what = 1", "key: expected one of schema"),
        ("schema =", "expected TOML"),
    ],
)
def test_a_file_that_is_no_grid_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        Grid.from_toml(text)
    assert said in str(caught.value)


def test_force_replaces_a_grid_and_nothing_else(result: GridResult, tmp_path: Path) -> None:
    folder = result.save(tmp_path / "grid")
    before = _contents(folder)
    with pytest.raises(InputError, match="--force replaces it"):
        result.save(folder)
    result.save(folder, force=True)
    assert _contents(folder).keys() == before.keys()
    inner = folder / next(iter(GRID.folders))
    for mine in (folder / "notes.txt", inner / "notes.txt"):
        mine.write_text("mine")
        with pytest.raises(InputError, match="contains something else"):
            result.save(folder, force=True)
        assert mine.read_text() == "mine"
        mine.unlink()
    single = next(iter(result.results.values())).save(tmp_path / "single")
    with pytest.raises(InputError, match="contains something else"):
        result.save(single, force=True)
    (tmp_path / "empty").mkdir()
    result.save(tmp_path / "empty")


@pytest.mark.parametrize("call", [1, 4, 12])
def test_a_write_that_breaks_off_leaves_what_was_there(
    call: int, result: GridResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = result.save(tmp_path / "grid")
    before, calls = _contents(folder), 0
    whole = np.savez_compressed

    def savez(*arguments: object, **arrays: object) -> None:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError("No space left on device")
        whole(*arguments, **arrays)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(np, "savez_compressed", savez)
    with pytest.raises(InputError, match="No space left"):
        result.save(folder, force=True)
    calls = 0
    with pytest.raises(InputError, match="a folder that can be written"):
        result.save(tmp_path / "new")
    assert list(tmp_path.iterdir()) == [folder]
    assert _contents(folder) == before


def test_a_function_without_a_name_runs_and_is_not_written(tmp_path: Path) -> None:
    grid = Grid(
        study=replace(STUDY, networks=2),
        activations=["tanh", lambda z: z * np.exp(-z * z)],
        initializers=["he_normal"],
    )
    result = sample_grid(grid, workers=1)
    assert len(result.results) == 2
    with pytest.raises(InputError, match="or module:attribute"):
        result.save(tmp_path / "grid")
    assert not (tmp_path / "grid").exists()
