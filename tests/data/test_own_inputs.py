"""Inputs from files: the examples are those of the file; unusable files are refused in one line."""

from __future__ import annotations

import os
import pickle
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from saturation_lab import InputError, Study, sample
from saturation_lab.cli import main
from saturation_lab.data import INPUTS, READERS, Examples, draw_examples, find_inputs, reading_bytes
from saturation_lab.sampling import memory_needed

Array = NDArray[Any]
Write = Callable[[Path], object]

ROWS, FEATURES = 40, 6
X = np.random.default_rng(5).normal(3, 2, (ROWS, FEATURES))
Y = np.arange(ROWS) % 3
WORDS = [f"no {i}" for i in range(ROWS)]
NAMES = ["setosa", "versicolor", "virginica"]
COLUMNS = [f"f{i}" for i in range(FEATURES)]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def study_of(inputs: str, **changes: Any) -> Study:
    given: dict[str, Any] = {
        "activation": "tanh", "initializer": "he_normal", "widths": (5, 4), "examples": 10,
        "networks": 4, "inputs": inputs,
    }  # fmt: skip
    return Study(**{**given, **changes})


def drawn(inputs: str, labels: str | None = None, *, count: int = 10, seed: int = 1) -> Examples:
    return draw_examples(
        find_inputs(inputs, labels),
        count=count,
        features=FEATURES,
        scaling="none",
        dtype="float64",
        rng=np.random.default_rng(seed),
    )


def table(x: Array = X, columns: list[str] = COLUMNS, **more: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(x, columns=columns).assign(**more)


def words(text: str) -> Write:
    return lambda path: path.write_text(text, encoding="utf-8")


def npy(array: Any) -> Write:
    return lambda path: np.save(path, array, allow_pickle=True)


def npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def csv(**more: Any) -> Write:
    return lambda path: table(**more).to_csv(path, index=False)


def spoiled(value: float) -> Array:
    x = X.copy()
    x[7, 2] = value
    return x


def parquet(path: Path, **more: Any) -> None:
    pytest.importorskip("pyarrow")
    table(**more).to_parquet(path, engine="pyarrow", index=False)


def csv_of_labels(path: Path) -> None:
    pd.DataFrame({"y": Y}).to_csv(path, index=False)


def parquet_of_labels(path: Path) -> None:
    pytest.importorskip("pyarrow")
    pd.DataFrame({"y": Y}).to_parquet(path, engine="pyarrow", index=False)


WRITERS: dict[str, Write] = {
    ".npy": npy(X),
    ".npz": npz(x=X, y=Y),
    ".csv": csv(y=Y),
    ".tsv": lambda path: table(y=Y).to_csv(path, index=False, sep="\t"),
    ".txt": lambda path: table(y=Y).to_csv(path, index=False, sep=" "),
    ".data": csv(y=Y),
    ".parquet": lambda path: parquet(path, y=Y),
}


def test_every_kind_of_file_is_tested() -> None:
    assert sorted(WRITERS) == sorted(READERS)


@pytest.mark.parametrize("kind", WRITERS)
def test_rows_and_labels_are_those_of_the_file(kind: str) -> None:
    path = Path(f"mine{kind}")
    WRITERS[kind](path)
    column = None if kind == ".npy" else "y"
    source = find_inputs(str(path), column)
    assert (source.supply, source.features, source.scaling) == (ROWS, FEATURES, "standardized")
    assert source.classes == (() if column is None else ("0", "1", "2"))
    everything = drawn(str(path), column, count=ROWS)
    order = np.random.default_rng(1).choice(ROWS, size=ROWS, replace=False)
    assert everything.x.tobytes() == X[order].tobytes()  # to the bit, csv too
    assert sorted(order) == list(range(ROWS))
    assert sorted(order) != list(order)
    if column is not None:
        assert everything.labels is not None
        assert everything.labels.dtype == np.int64
        assert np.array_equal(everything.labels, Y[order])
        # planted: labels of other rows
        assert not np.array_equal(np.roll(everything.labels, 1), Y[order])
    few = drawn(str(path), column, count=7)
    assert len({row.tobytes() for row in few.x}) == 7
    assert few.x.tobytes() != drawn(str(path), column, count=7, seed=2).x.tobytes()


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("words.csv", csv(species=np.array(NAMES)[Y])),
        ("words.npz", npz(data=X, species=np.array(NAMES)[Y])),
        ("words.parquet", lambda path: parquet(path, species=np.array(NAMES)[Y])),
    ],
)
def test_words_are_classes_in_sorted_order(name: str, write: Write) -> None:
    write(Path(name))
    assert find_inputs(name, "species").classes == tuple(NAMES)
    labels = drawn(name, "species", count=ROWS).labels
    order = np.random.default_rng(1).choice(ROWS, size=ROWS, replace=False)
    assert labels is not None
    assert np.array_equal(labels, Y[order])


@pytest.mark.parametrize("dtype", ["<f4", ">f8", "<f2", "<i8", "|u1", "?"])
def test_numbers_of_any_kind_are_shown_as_they_are(dtype: str) -> None:
    x = np.asfortranarray(np.abs(X).astype(dtype))
    np.save("x.npy", x)
    order = np.random.default_rng(1).choice(ROWS, size=10, replace=False)
    assert np.array_equal(drawn("x.npy").x, x[order].astype(float))


def test_a_csv_of_many_chunks_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("saturation_lab.data.own_files._CHUNK", 3 * FEATURES)
    csv(species=np.array(NAMES)[Y])(Path("long.csv"))
    order = np.random.default_rng(1).choice(ROWS, size=ROWS, replace=False)
    assert drawn("long.csv", "species", count=ROWS).x.tobytes() == X[order].tobytes()


def peak_of(action: Callable[[], object]) -> int:
    """Return the most bytes of Python's and NumPy's own memory that were held at once."""
    tracemalloc.start()
    try:
        action()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_large_npy_is_mapped_and_not_copied() -> None:
    shape = (50_000, 500)  # 200 MB, a hole on disk
    big = np.lib.format.open_memmap("big.npy", mode="w+", dtype=np.float64, shape=shape)
    big[-1] = 7.0
    big.flush()
    del big

    def use() -> None:
        study = study_of("big.npy").resolved()
        assert study.inputs_sha256 is not None
        study.input_source.draw(100, 500, np.random.default_rng(0))

    assert peak_of(use) < 20e6
    assert peak_of(lambda: np.load("big.npy")) > 190e6  # planted: a copy is seen


@pytest.mark.parametrize("kind", [".npz", "packed.npz", ".csv", ".parquet"])
def test_other_large_files_are_put_on_disk_a_block_at_a_time(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saturation_lab.data.own_files._CHUNK", 2**15)
    x = np.random.default_rng(0).integers(0, 9, (40_000, 50)).astype(float)  # 16 MB
    name = f"big{kind}"
    if kind == ".parquet":
        pytest.importorskip("pyarrow")
        pd.DataFrame(x).add_prefix("c").to_parquet(name)
    elif kind == ".csv":
        pd.DataFrame(x.astype(int)).add_prefix("c").to_csv(name, index=False)
    else:
        (np.savez if kind == ".npz" else np.savez_compressed)(name, x=x)

    def use() -> Array:
        return find_inputs(name).draw(10, 50, np.random.default_rng(0)).x

    order = np.random.default_rng(0).choice(len(x), size=10, replace=False)
    assert peak_of(lambda: np.testing.assert_array_equal(use(), x[order])) < 5e6
    assert peak_of(lambda: x + 1) > 15e6  # planted: a copy is seen


@pytest.mark.parametrize("x", [np.asfortranarray(X), X.astype(">f4"), X[:1], X.astype("?")])
def test_every_layout_of_an_npz_is_unpacked_as_it_is(x: Array) -> None:
    np.savez("x.npz", x=x)
    order = np.random.default_rng(1).choice(len(x), size=len(x), replace=False)
    assert np.array_equal(drawn("x.npz", count=len(x)).x, x[order].astype(float))


def test_temporary_files_are_gone_when_nobody_uses_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "scratch"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    for kind in (".npz", ".csv"):
        WRITERS[kind](Path(f"gone{kind}"))
        find_inputs(f"gone{kind}", "y")
    Path("word.csv").write_text("a,b\n1,2\n3,x\n")
    with pytest.raises(InputError, match="got 2 different words"):
        find_inputs("word.csv")
    assert not list(place.iterdir())


def test_reading_is_part_of_the_memory_that_a_study_needs() -> None:
    wide, few = np.zeros((3000, 1000), "f4"), np.zeros((30, 10), "f4")
    np.save("wide.npy", wide)
    np.savez("wide.npz", x=wide, y=np.arange(3000) % 3)
    np.savez("few.npz", x=few)
    plain = memory_needed(study_of("gaussian", features=1000), workers=1)
    assert memory_needed(study_of("wide.npy"), workers=1) == plain  # mapped: nothing is kept
    needs = [
        reading_bytes(find_inputs(name, labels))
        for name, labels in (("few.npz", None), ("wide.npz", None), ("wide.npz", "y"))
    ]
    assert 0 < needs[0] < needs[1] < needs[2] < 2**30
    one, two = (memory_needed(study_of("wide.npz"), workers=n) for n in (1, 2))
    assert one == plain + needs[1]
    assert two - one > 2 * needs[1]  # two workers and the process that they report to


FINITE = "inputs: expected finite numbers"
TABLE = "inputs: expected an array of numbers, examples × features or images"

REFUSED: list[tuple[str, Write | None, str | None, str]] = [
    ("gone.npy", None, None, "inputs: expected a readable file, got gone.npy: No such"),
    ("gone.csv", None, "y", "inputs: expected a readable file"),
    ("folder.npy", lambda path: path.mkdir(), None, "folder.npy: not a file"),
    ("a\0b.npy", None, None, "inputs: expected a readable file"),
    *((f"empty{kind}", words(""), None, "it is empty") for kind in READERS),
    *((f"noise{kind}", words("no\n" * 99), None, "inputs: expected") for kind in READERS),
    ("cut.npy", lambda path: _cut(path, npy(X)), None, "inputs: expected a readable file"),
    ("cut.npz", lambda path: _cut(path, npz(x=X)), None, "inputs: expected a readable file"),
    ("none.npy", npy(np.empty((0, 6))), None, f"{TABLE}, got an empty array (0 × 6)"),
    ("narrow.npy", npy(np.empty((6, 0))), None, f"{TABLE}, got an empty array (6 × 0)"),
    ("point.npy", npy(np.float64(3)), None, f"{TABLE}, got 0-d (a single number)"),
    ("line.npy", npy(X[0]), None, f"{TABLE}, got 1-d (6)"),
    ("text.npy", npy(np.array([["a", "b"]])), None, f"{TABLE}, got <U1"),
    ("complex.npy", npy(X + 1j), None, f"{TABLE}, got complex128"),
    ("fields.npy", npy(np.zeros(3, "f8,i4")), None, TABLE),
    ("objects.npy", npy(np.array([[1, None]], dtype=object)), None, "never unpickled"),
    ("objects.npz", npz(x=np.array([[1, None]], dtype=object)), None, "never unpickled"),
    ("pickle.npy", lambda path: path.write_bytes(pickle.dumps(X)), None, "never unpickled"),
    ("pickle.npz", lambda path: path.write_bytes(pickle.dumps(X)), None, "never unpickled"),
    ("archive.npy", lambda path: _renamed(path, npz(x=X), ".npz"), None, "must end in .npz"),
    ("array.npz", lambda path: _renamed(path, npy(X), ".npy"), None, "must end in .npy"),
    ("nan.npy", npy(spoiled(np.nan)), None, "got nothing in nan.npy: data row 8, column 3"),
    ("inf.npy", npy(spoiled(-np.inf)), None, "got -inf in inf.npy: data row 8, column 3"),
    ("half.npy", npy(spoiled(np.inf).astype("f2")), None, "got inf in half.npy: data row 8"),
    ("huge.npy", npy(spoiled(1e39)), None, f"{FINITE} within ±3.4e+38, got 1e+39"),
    ("nan.npz", npz(x=spoiled(np.nan)), None, "got nothing in nan.npz: data row 8, column 3"),
    ("nan.csv", csv(x=spoiled(np.nan)), None, 'got nothing in nan.csv: data row 8, column "f2"'),
    ("inf.csv", csv(x=spoiled(np.inf)), None, 'got inf in inf.csv: data row 8, column "f2"'),
    ("nan.parquet", lambda p: parquet(p, x=spoiled(np.nan)), None, "inputs: expected"),
    ("inf.parquet", lambda p: parquet(p, x=spoiled(np.inf)), None, "got inf in inf.parquet"),
    ("several.npz", npz(a=X, b=X), None, 'apart from the labels, got a, b in'),
    ("alone.npz", npz(y=Y), "y", 'apart from the labels, got nothing in'),
    ("long.csv", words("a,b\n1,2\n3,4,5\n"), None, "inputs: expected a readable file"),
    ("longer.csv", words("a,b\n1,2,3\n3,4,5\n"), None, "line 1 has 2 values, but"),
    ("short.csv", words("a,b\n1,2\n3\n"), None, 'got nothing in short.csv: data row 2, column "b"'),
    ("head.csv", words("a,b\n"), None, "got no examples"),
    ("only.csv", csv_of_labels, "y", "got no features in only.csv"),
    ("only.parquet", parquet_of_labels, "y", "got no features in only.parquet"),
    ("blank.csv", words("\n\n"), None, "no lines with values"),
    ("twice.csv", words("a,a\n1,2\n"), None, 'distinct column names, got "a" twice'),
    ("word.csv", words("a,b\n1,2\n3,x\n"), None, 'got 2 different words in the 2 rows'),
    ("zero.csv", lambda p: p.write_bytes(b"a\0,\0b\0"), None, "not text (it contains zero bytes)"),
    ("words.parquet", lambda p: parquet(p, w=WORDS), None, "got 40 different words"),
    ("one.npy", npy(X), "y", "an array of labels belongs in an npz file"),
    ("typo.csv", csv(species=Y), "speces", 'did you mean "species"?'),
    ("typo.npz", npz(x=X, target=Y), "targt", 'did you mean "target"?'),
    ("typo.parquet", lambda p: parquet(p, target=Y), "targt", 'did you mean "target"?'),
    ("fewer.npz", npz(x=X, y=Y[1:]), "y", "labels: expected 40, one per example, got 39"),
    ("wide.npz", npz(x=X, y=X[:, :2]), "y", "labels: expected 40, one per example, got 40 × 2"),
    ("real.csv", csv(y=X[:, 0]), "y", "labels: expected classes, got a continuous target"),
    ("same.csv", csv(y=0 * Y), "y", "labels: expected at least two classes, got only 0"),
    ("missing.csv", csv(y=["a", None, "b", "c"] * 10), "y", "got nothing in data row 2"),
    ("missing.parquet", lambda p: parquet(p, y=["a", None] * 20), "y", "labels: expected"),
    ("nan.npz", npz(x=X, y=np.where(Y == 1, np.nan, Y)), "y", "got nothing in data row 2"),
    ("dates.npz", npz(x=X, y=Y.astype("M8[D]")), "y", "labels: expected whole numbers or names"),
    ("data.xlsx", words("1"), None, "convert it to .csv"),
    ("digits", None, "y", "labels: expected nothing, because digits inputs"),
]  # fmt: skip


def _cut(path: Path, write: Write) -> None:
    write(path)
    path.write_bytes(path.read_bytes()[:-300])


def _renamed(path: Path, write: Write, kind: str) -> None:
    write(path.with_suffix(kind))
    path.with_suffix(kind).rename(path)


@pytest.mark.parametrize(
    ("name", "write", "labels", "said"), REFUSED, ids=[f"{r[0]!r}-{r[2]}" for r in REFUSED]
)
def test_what_cannot_be_used_is_refused_in_one_line(
    name: str, write: Write | None, labels: str | None, said: str
) -> None:
    if name.endswith(".parquet"):
        pytest.importorskip("pyarrow")
    if write is not None:
        write(Path(name))
    with pytest.raises(InputError) as caught:
        study_of(name, labels=labels)
    line = str(caught.value)
    assert said in line
    assert line.startswith(("inputs: ", "labels: "))
    assert "\n" not in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"examples": 41}, "examples: expected a whole number from 1 to 40, got 41"),
        ({"columns": ["z"]}, "columns: expected one of 1, 2, 3, 4, 5, 6 in mine.npz"),
        ({"labels": "y", "drop": ["y"]}, "drop: expected columns other than the labels"),
        ({"features": 7}, "features: expected 6 or nothing"),
        ({"loss": "softmax_nll"}, "name them (labels = COLUMN)"),
        ({"labels": 3}, "labels: expected one of x, y in mine.npz"),
        ({"labels": 3.5}, "labels: expected the name of a column"),
        ({"inputs": "digits", "inputs_sha256": "0"}, "inputs_sha256: expected nothing"),
        ({"inputs_sha256": "0" * 64}, "inputs_sha256: expected"),
    ],
)
def test_keys_that_do_not_fit_the_file_are_refused(changes: dict[str, Any], said: str) -> None:
    npz(x=X, y=Y)(Path("mine.npz"))
    with pytest.raises(InputError) as caught:
        study_of(**{"inputs": "mine.npz", **changes})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    Path("some.parquet").write_bytes(b"PAR1")
    with pytest.raises(InputError, match=r'^inputs: .* pip install "saturation-lab\[parquet\]"'):
        study_of("some.parquet")


def test_the_command_line_takes_a_file_and_refuses_with_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    csv(species=np.array(NAMES)[Y])(Path("iris.csv"))
    npy(spoiled(np.nan))(Path("nan.npy"))
    common = ["sample", "--depth", "1", "--width", "4", "--networks", "2", "--workers", "1"]
    refused = [
        (["--inputs", "gone.npy"], "inputs: expected a readable file"),
        (["--inputs", "nan.npy"], "inputs: expected a value in every cell"),
        (["--inputs", "iris.csv", "--labels", "specie"], 'did you mean "species"?'),
        (["--inputs", "iris.csv", "--examples", "50"], "examples: expected"),
    ]
    for options, said in refused:
        assert main([*common, *options]) == 2
        error = capsys.readouterr().err
        assert said in error
        assert error.count("\n") == 1
    options = ["--inputs", "iris.csv", "--labels", "species", "--examples", "9", "-o", "kept"]
    assert main([*common, *options]) == 0
    assert "iris.csv, 9 examples" in capsys.readouterr().out
    kept = Path("kept/study.toml").read_text()
    assert 'inputs = "iris.csv"' in kept
    assert 'labels = "species"' in kept
    assert "inputs_sha256" in kept
    more = ["sample", "--output", "kept", "--resume", "--networks", "3", "--workers", "1"]
    assert main(more) == 0
    capsys.readouterr()
    csv(species=np.array(NAMES)[Y[::-1]])(Path("iris.csv"))
    assert main([*more[:-4], "--networks", "4"]) == 2
    error = capsys.readouterr().err
    assert error.startswith("saturation-lab: inputs_sha256: expected")
    assert error.count("\n") == 1
    # another file beside an earlier study is not held to the first one's sum
    csv(species=np.array(NAMES)[Y])(Path("iris.csv"))
    csv(species=np.array(NAMES)[Y[::-1]])(Path("again.csv"))
    given = ["sample", "--study", "kept/study.toml", "--inputs", "again.csv", "--workers", "1"]
    assert main(given) == 0


def test_the_digest_sees_what_the_file_holds() -> None:
    np.save("x.npy", X)
    study = study_of("x.npy")
    before = study.digest
    full = study.resolved()
    assert full.resolved() == full
    assert full.digest == before
    assert Study.from_toml(full.to_toml()) == full
    assert pickle.loads(pickle.dumps(full)) == full
    assert replace(full, networks=9).inputs_sha256 == full.inputs_sha256
    np.save("x.npy", spoiled(0.0))
    later = Path("x.npy").stat().st_mtime_ns + 10**9
    os.utime("x.npy", ns=(later, later))
    assert study_of("x.npy").digest != before
    with pytest.raises(InputError, match=r"^inputs_sha256: expected"):
        replace(full, networks=9)
    np.save("x.npy", X)
    os.utime("x.npy", ns=(later + 10**9, later + 10**9))
    assert study_of("x.npy").digest == before
    assert study_of("./x.npy").inputs == "./x.npy"


def test_a_file_is_opened_once(monkeypatch: pytest.MonkeyPatch) -> None:
    np.save("x.npy", X)
    study_of("x.npy")
    monkeypatch.setitem(READERS, ".npy", lambda path, labels: pytest.fail("read again"))
    study_of("x.npy", networks=2).resolved()


def test_the_same_bits_for_any_number_of_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    npz(x=X, y=Y)(Path("mine.npz"))
    for fresh in (True, False):
        study = study_of("mine.npz", labels="y", fresh_inputs=fresh)
        one, two = (sample(study, workers=workers, chunk=1) for workers in (1, 2))
        assert one.summary.values.tobytes() == two.summary.values.tobytes()
    other = sample(replace(study, labels=None, inputs="gaussian", features=FEATURES), workers=1)
    assert one.summary.values.shape != other.summary.values.shape  # labels have an output layer
    # workers outlive a run: from another folder the same words mean another file
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    npz(x=X[::-1] + 1, y=Y)(Path("mine.npz"))
    one, two = (sample(study, workers=workers, chunk=1) for workers in (1, 2))
    assert one.summary.values.tobytes() == two.summary.values.tobytes()


def test_names_of_the_table_are_no_files() -> None:
    Path("digits").write_text("a file of that name")
    assert find_inputs("digits") is INPUTS["digits"]
