"""Tables and arrays of unlike make are read, or refused with a line that works when it is followed.

Each case writes a file as some program or data collection writes it. What is read is compared with
the numbers that were written, row by row. Each refusal is tested with its remedy: what the line
says is done, and the result is read.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.lib.recfunctions import structured_to_unstructured
from numpy.typing import NDArray

from saturation_lab import InputError, Study
from saturation_lab.data import InputSource, split_names

Array = NDArray[Any]
Write = Callable[[Path], object]

ROWS = 24
RNG = np.random.default_rng(11)
AB = np.round(RNG.normal(3, 2, (ROWS, 2)), 3)
WHOLE = RNG.integers(-9, 99, (ROWS, 2))
SEX = np.array(["m", "f", "f"])[np.arange(ROWS) % 3]
F, M = (SEX == "f").astype(float), (SEX == "m").astype(float)
KIND = np.arange(ROWS) % 3
BODY = "".join(f"{k},{a},{b}\n" for k, (a, b) in zip(KIND, AB.tolist(), strict=True))
IMAGES = RNG.integers(0, 256, (ROWS, 4, 5), dtype=np.uint8)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def frame(**more: Any) -> pd.DataFrame:
    return pd.DataFrame(AB, columns=["a", "b"]).assign(**more)


def to_csv(table: pd.DataFrame, **how: Any) -> Write:
    return lambda path: table.to_csv(path, **{"index": False, **how})


def text(words: str, encoding: str = "utf-8") -> Write:
    return lambda path: path.write_bytes(words.encode(encoding))


def lines(x: Array, separator: str = ",", head: str = "") -> str:
    return head + "".join(separator.join(map(str, row)) + "\n" for row in x.tolist())


def npy(x: Array) -> Write:
    return lambda path: np.save(path, x, allow_pickle=True)


def npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def parquet(table: pd.DataFrame) -> Write:
    def write(path: Path) -> None:
        pytest.importorskip("pyarrow")
        table.to_parquet(path)

    return write


def in_order(source: InputSource) -> tuple[Array, NDArray[np.int64] | None]:
    """Return all rows of a source and their labels, in the order of the file."""
    assert source.supply is not None
    assert source.features is not None
    drawn = source.draw(source.supply, source.features, np.random.default_rng(3))
    order = np.random.default_rng(3).choice(source.supply, size=source.supply, replace=False)
    back = np.argsort(order)
    return drawn.x[back], None if drawn.labels is None else drawn.labels[back]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, what is asked of it, and what must be read."""

    name: str
    write: Write
    x: Array
    keys: dict[str, Any] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    index: Array | None = None
    notes: tuple[str, ...] = ()


HOLES = AB.copy()
HOLES[[2, 7], [0, 1]] = np.nan
WHERE = ~np.isnan(HOLES).any(axis=1)
FILLED = np.where(np.isnan(HOLES), np.nanmean(HOLES, axis=0), HOLES)

READ = [
    Case(name="commas.csv", write=to_csv(frame()), x=AB),
    Case(name="semicolons.csv", write=to_csv(frame(), sep=";"), x=AB, notes=("semicolons",)),
    Case(name="tabs.tsv", write=to_csv(frame(), sep="\t"), x=AB),
    Case(name="tabs.csv", write=to_csv(frame(), sep="\t"), x=AB),
    Case(name="bars.txt", write=to_csv(frame(), sep="|"), x=AB, notes=("vertical bars",)),
    Case(
        name="blanks.txt", write=lambda p: np.savetxt(p, AB), x=AB,
        notes=("blanks", "does not name the columns"),
    ),
    Case(
        name="excel_german.csv", write=to_csv(frame(), sep=";", decimal=","), x=AB,
        notes=("decimal comma",),
    ),
    Case(name="sep_line.csv", write=text("sep=;\n" + lines(AB, ";", "a;b\n")), x=AB),
    Case(name="windows.csv", write=text(lines(AB, ",", "a,b\n").replace("\n", "\r\n")), x=AB),
    Case(name="quoted.csv", write=to_csv(frame(), quoting=1), x=AB),
    Case(name="bare.csv", write=text(lines(AB)), x=AB, notes=("numbered from 1",)),
    Case(
        name="decimals.csv", x=AB, notes=("written with a decimal comma",),
        write=text("".join(f"{a:.3f};{b:.3f}\n".replace(".", ",") for a, b in AB.tolist())),
    ),
    *(
        Case(name=f"comments{i}.txt", x=AB, keys={"drop": ["k"]}, write=text(head + BODY))
        for i, head in enumerate(("# measured\n# a unit, cm\nk,a,b\n", "# measured\n# k,a,b\n"))
    ),
    Case(name="savetxt_blanks.txt", x=AB[:, 1:], keys={"drop": ["a"]},
         write=lambda p: np.savetxt(p, AB, header="measured in cm\na b")),
    Case(name="savetxt.csv", write=lambda p: np.savetxt(p, AB, delimiter=",", header="a,b"), x=AB),
    Case(name="pandas_index.csv", write=to_csv(frame(), index=True), x=AB, notes=("Unnamed: 0",)),
    Case(
        name="shuffled_index.csv", x=AB,
        write=to_csv(frame().set_axis(RNG.permutation(900)[:ROWS]), index=True),
        notes=("Unnamed: 0",),
    ),
    Case(
        name="pandas_numbers.csv", x=np.hstack([AB, WHOLE]),
        write=to_csv(pd.DataFrame(np.hstack([AB, WHOLE]))),
    ),
    Case(
        name="row_names.csv", x=AB, notes=("Unnamed: 0",),
        write=to_csv(frame().set_axis([f"car {i}" for i in range(ROWS)]), index=True),
    ),
    Case(
        name="uci_numbered.data", x=AB, notes=("Column 1 is left out, because it counts the rows",),
        write=text(lines(np.hstack([np.arange(1, ROWS + 1)[:, None].astype(object), AB]))),
    ),
    Case(
        name="uci_words.data", keys={"labels": "3"}, x=np.column_stack([AB, F, M]),
        write=text(lines(np.column_stack([AB.astype(object), KIND, SEX]), ", ")),
        classes=("0", "1", "2"), index=KIND,
    ),
    Case(
        name="auto_mpg.data", keys={"labels": "3"}, x=AB,
        write=text("".join(f'{a}   {b:8}\t"ford {KIND[i]} w"\n' for i, (a, b) in enumerate(AB))),
        classes=("ford 0 w", "ford 1 w", "ford 2 w"), index=KIND,
    ),
    Case(
        name="multiline.csv", x=np.column_stack([AB, F, M]), notes=("sex (2)",),
        write=to_csv(frame(sex=[f"{sex}\nx" for sex in SEX])),
    ),
    Case(
        name="trailing.csv", x=AB, notes=('"Unnamed: 2" is left out, because it is empty',),
        write=text(lines(np.column_stack([AB.astype(str), [""] * ROWS]), ",", "a,b,\n")),
    ),
    Case(name="bom.csv", write=to_csv(frame(), encoding="utf-8-sig"), x=AB),
    Case(name="utf16.csv", write=to_csv(frame(), encoding="utf-16"), x=AB, notes=("UTF-16",)),
    Case(
        name="latin.csv", x=AB, keys={"labels": "größe"}, notes=("Latin-1",),
        write=to_csv(frame(größe=np.where(KIND == 0, "groß", "klein")), encoding="latin-1"),
        classes=("groß", "klein"), index=(KIND != 0).astype(int),
    ),
    Case(
        name="words.csv", write=to_csv(frame(sex=SEX)), x=np.column_stack([AB, F, M]),
        notes=("sex (2)", "labels = sex"),
    ),
    Case(
        name="booleans.csv", write=to_csv(frame(up=KIND == 1)), x=np.column_stack([AB, KIND == 1])
    ),
    Case(
        name="one_to_ten.csv", write=to_csv(frame(y=np.arange(ROWS) % 10 + 1)), x=AB,
        keys={"labels": "y"}, classes=tuple(map(str, range(1, 11))), index=np.arange(ROWS) % 10,
    ),
    Case(
        name="signs.csv", write=to_csv(frame(y=1.0 - 2 * (KIND == 1))), x=AB,
        keys={"labels": "y"}, classes=("-1", "1"), index=(KIND != 1).astype(int),
    ),
    Case(
        name="true_labels.csv", write=to_csv(frame(y=KIND == 1)), x=AB,
        keys={"labels": "y"}, classes=("False", "True"), index=(KIND == 1).astype(int),
    ),
    Case(
        name="chosen.csv", write=to_csv(frame(c=KIND, d=SEX)), x=np.column_stack([KIND, AB[:, 0]]),
        keys={"columns": ["c", "a"]}, notes=("Columns taken: c, a",),
    ),
    Case(
        name="dropped.csv", write=to_csv(frame(name=[f"n{i}" for i in range(ROWS)])), x=AB,
        keys={"drop": "name"}, notes=("Left out: name",),
    ),
    Case(
        name="incomplete.csv", write=to_csv(frame().where(~np.isnan(HOLES)), na_rep="?"),
        x=AB[WHERE], keys={"missing": "drop"}, notes=("2 rows with missing values left out",),
    ),
    Case(
        name="filled.csv", write=to_csv(frame().where(~np.isnan(HOLES)), na_rep="NA"), x=FILLED,
        keys={"missing": "mean"}, notes=("2 missing values replaced",),
    ),
    Case(
        name="keras.npz", x=IMAGES.reshape(ROWS, 20), keys={"labels": "y_train"},
        write=npz(x_train=IMAGES, y_train=KIND, x_test=IMAGES[:2], y_test=KIND[:2]),
        classes=("0", "1", "2"), index=KIND, notes=("Images of 4 × 5", "x_test, y_test"),
    ),
    Case(
        name="keras_test.npz", x=IMAGES[:6].reshape(6, 20), keys={"labels": "y_test"},
        write=npz(x_train=IMAGES, y_train=KIND, x_test=IMAGES[:6], y_test=KIND[:6]),
        classes=("0", "1", "2"), index=KIND[:6], notes=("not used: x_train, y_train",),
    ),
    Case(
        name="colour.npy", write=npy(IMAGES.reshape(ROWS, 2, 2, 5) / 255),
        x=IMAGES.reshape(ROWS, 20) / 255, notes=("Images of 2 × 2 × 5 as 20 features",),
    ),
    Case(
        name="fortran_images.npy", write=npy(np.asfortranarray(IMAGES)), x=IMAGES.reshape(ROWS, 20)
    ),
    Case(name="bits.npy", write=npy(AB > 3), x=(AB > 3).astype(float)),
    Case(name="half.npy", write=npy(AB.astype("f2")), x=AB.astype("f2")),
    Case(name="long.npy", write=npy(WHOLE), x=WHOLE),
    Case(name="big_endian.npy", write=npy(AB.astype(">f8")), x=AB),
    Case(
        name="numbered.npy", write=npy(np.column_stack([AB, KIND])), x=AB, keys={"labels": 3},
        classes=("0", "1", "2"), index=KIND,
    ),
    Case(
        name="one_hot.npz", write=npz(X=AB, y=np.eye(3)[KIND]), x=AB, keys={"labels": "y"},
        classes=("0", "1", "2"), index=KIND, notes=("one column for each",),
    ),
    Case(
        name="cifar.npz", write=npz(data=AB, y=KIND[:, None]), x=AB, keys={"labels": "y"},
        classes=("0", "1", "2"), index=KIND,
    ),
    Case(
        name="bytes.npz", write=npz(x=AB, y=np.array([b"u", b"v", b"w"])[KIND]), x=AB,
        keys={"labels": "y"}, classes=("u", "v", "w"), index=KIND,
    ),
    Case(
        name="plain.parquet", write=parquet(frame(sex=SEX)), x=np.column_stack([AB, F, M]),
    ),
    Case(
        name="indexed.parquet", x=AB, notes=("__index_level_0__",),
        write=parquet(frame().set_axis(RNG.permutation(ROWS))),
    ),
]  # fmt: skip


def test_there_are_enough_cases() -> None:
    names = [case.name for case in (*READ, *(refused.before for refused in REFUSED))]
    assert len(names) == len(set(names))
    assert len(names) >= 60


@pytest.mark.parametrize("case", READ, ids=lambda case: case.name)
def test_what_is_read_is_what_was_written(case: Case) -> None:
    case.write(Path(case.name))
    _check(case)


def _study(case: Case) -> Study:
    return Study(
        activation="tanh", initializer="he_normal", widths=(4,), inputs=case.name, **case.keys
    )


def _check(case: Case) -> None:
    study = _study(case)
    source = study.input_source
    x, index = in_order(source)
    assert x.shape == case.x.shape
    # to the bit, but for the rounding of a mean
    slack = 1e-14 if case.keys.get("missing") == "mean" else 0.0
    assert np.abs(x - case.x.astype(np.float64)).max() <= slack
    assert source.classes == case.classes
    assert (index is None) == (case.index is None)
    if index is not None:
        assert index.tolist() == np.asarray(case.index).tolist()
    assert study.examples == len(case.x)  # fewer than the default: all of them
    said = " ".join(study.input_notes)
    for note in (*case.notes, f"All {len(x):,} examples"):
        assert note in said
    # the columns are as the file names them, and the study reproduces itself
    assert source.moments is not None
    x = x.astype(np.float64)
    assert np.allclose(source.moments.mean, x.mean(axis=0), rtol=1e-12, atol=1e-12)
    assert np.allclose(source.moments.std, x.std(axis=0), rtol=1e-12, atol=1e-12)
    again = Study.from_toml(study.resolved().to_toml())
    assert again.digest == study.digest
    assert again.input_notes == study.input_notes
    # planted: two rows exchanged
    assert np.abs(x - x[[1, 0, *range(2, len(x))]]).max() > slack


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A file that is refused, what the line says, and the same file once it has been done."""

    before: Case
    says: tuple[str, ...]
    after: Case


def refused(
    name: str, write: Write, *says: str, x: Array = AB, keys: dict[str, Any] | None = None,
    then: dict[str, Any] | None = None, rewrite: Write | None = None, rename: str | None = None,
    **read: Any,
) -> Refused:  # fmt: skip
    """Return a refused file; ``then`` are the keys that the line names, ``rewrite`` the file."""
    asked = keys or {}
    done = asked if then is None else then
    after = Case(name=rename or name, write=rewrite or write, x=x, keys=done, **read)
    return Refused(before=Case(name=name, write=write, x=x, keys=asked), says=says, after=after)


def spoiled(value: object, row: int = 5) -> pd.DataFrame:
    b: list[object] = [*AB[:, 1]]
    b[row] = value
    return frame(b=b)


OUT = np.delete(AB, 5, axis=0)
MEAN = AB.copy()
MEAN[5, 1] = np.delete(AB[:, 1], 5).mean()
RECORDS = np.zeros(ROWS, dtype=[("a", "f8"), ("b", "f8")])
RECORDS["a"], RECORDS["b"] = AB.T
PRICE = RNG.normal(size=ROWS)
LONG = pd.DataFrame(np.tile(AB, (100, 1)) + np.arange(2400)[:, None] / 1000, columns=["a", "b"])
LONG = LONG.round(3)
THOUSANDS_OR_NOT = np.arange(1, 2 * ROWS + 1).reshape(ROWS, 2) + 0.125

REFUSED = [
    refused(
        "hole.csv", to_csv(spoiled(None)), "data row 6", 'column "b"', 'missing = "drop"',
        x=OUT, then={"missing": "drop"},
    ),
    refused(
        "question.csv", to_csv(spoiled("?")), "data row 6", 'column "b"', 'missing = "mean"',
        x=MEAN, then={"missing": "mean"},
    ),
    refused(
        "na.csv", to_csv(spoiled("NA")), "data row 6", 'column "b"', 'drop = ["b"]',
        x=AB[:, :1], then={"drop": "b"},
    ),
    refused(
        "nan.npy", npy(HOLES), "data row 3, column 1", 'missing = "drop"', x=AB[WHERE],
        then={"missing": "drop"},
    ),
    refused(
        "inf.csv", to_csv(spoiled(np.inf)), "got inf", 'data row 6, column "b"', 'drop = ["b"]',
        x=AB[:, :1], then={"drop": "b"},
    ),
    refused(
        "typo.csv", to_csv(spoiled("3.l")), '"3.l" in data row 6', "correct or empty the cell",
        rewrite=to_csv(frame()),
    ),
    refused(
        "emptied.csv", to_csv(spoiled("n.d.")), '"n.d." in data row 6', "correct or empty the cell",
        rewrite=to_csv(spoiled(None)), x=OUT, then={"missing": "drop"},
    ),
    refused(
        "thousands.csv", to_csv(frame(c=[f"1,{i:03}" for i in range(ROWS)])), 'row of "c"',
        "plain numbers, such as 1234.5", 'drop = ["c"]', then={"drop": ["c"]},
    ),
    *(
        refused(
            f"marker{i}.csv", to_csv(spoiled(marker)), "data row 6", 'missing = "mean"',
            x=MEAN, then={"missing": "mean"},
        )
        for i, marker in enumerate(("-", "--", ".", "na", "NULL", "<NA>", "#N/A"))
    ),
    refused(
        "late_typo.csv", to_csv(LONG.assign(b=[*LONG.b[:-1].map("{:.3f}".format), "3.l"])),
        '"3.l" in data row 2,400', "correct or empty the cell", x=LONG.to_numpy(),
        rewrite=to_csv(LONG), keys={"examples": len(LONG)},
    ),
    refused(
        "either_comma.csv", text(lines(THOUSANDS_OR_NOT, ";", "a;b\n").replace(".", ",")),
        "write 1,234 as 1234 or as 1.234", x=THOUSANDS_OR_NOT,
        rewrite=text(lines(THOUSANDS_OR_NOT, ";", "a;b\n")),
    ),
    refused(
        "open.csv", text(lines(AB, ",", "a,b\n") + '"1,2\n'), "is opened but not closed",
        "close or delete it", x=np.vstack([AB, [1, 2]]),
        rewrite=text(lines(AB, ",", "a,b\n") + '"1",2\n'),
    ),
    refused(
        "r_blanks.txt", text(lines(np.column_stack([KIND, AB]), " ", "a b\n")),
        "line 1 has 2 values, but most below have 3", "name every column",
        rewrite=text(lines(np.column_stack([KIND, AB]), " ", "k a b\n")),
        x=np.column_stack([KIND, AB]), notes=("blanks",),
    ),
    refused(
        "comma_in_name.csv", to_csv(frame().rename(columns={"a": "a, cm"})),
        'expected one of "a, cm", b', keys={"drop": split_names("a, cm")},
        then={"drop": split_names('"a, cm"')}, x=AB[:, 1:],
    ),
    refused(
        "table.npy", to_csv(frame()), "not written by np.save", "the ending of its kind",
        rename="table.csv",
    ),
    refused(
        "table.dat", to_csv(frame()), "can be renamed to .csv", rename="renamed.csv",
    ),
    refused("table", to_csv(frame()), "can be renamed to .csv", rename="ended.csv"),
    refused(
        "table.csv.gz", lambda p: p.write_bytes(gzip.compress(b"a,b\n")), "unpack the .gz file",
        rename="unpacked.csv", rewrite=to_csv(frame()),
    ),
    refused(
        "object_labels.npz", npz(x=AB, y=SEX.astype(object)), "y.astype(str)",
        keys={"labels": "y"}, rewrite=npz(x=AB, y=SEX.astype(object).astype(str)),
        classes=("f", "m"), index=(SEX == "m").astype(int),
    ),
    refused(
        "percent.csv", to_csv(frame(c=[f"{i} %" for i in range(ROWS)])), '"0 %" in data row 1',
        rewrite=to_csv(frame(c=np.arange(ROWS))), x=np.column_stack([AB, np.arange(ROWS)]),
    ),
    refused(
        "names.csv", to_csv(frame(name=[f"Ann {i}" for i in range(ROWS)])), 'categories in "name"',
        "24 different words", 'drop = ["name"]', then={"drop": ["name"]},
    ),
    refused(
        "dates.csv", to_csv(frame(day=pd.date_range("2020-01-01", periods=ROWS))), 'drop = ["day"]',
        then={"drop": ["day"]},
    ),
    refused(
        "price.csv", to_csv(frame(price=PRICE)), "a continuous target", 'drop = ["price"]',
        keys={"labels": "price"}, then={"drop": "price"},
    ),
    refused(
        "ids.csv", to_csv(frame(y=[f"id {i}" for i in range(ROWS)])), "names of single rows",
        'drop = ["y"]', keys={"labels": "y"}, then={"drop": "y"},
    ),
    refused(
        "one_class.csv", to_csv(frame(y=1)), "at least two classes", 'drop = ["y"]',
        keys={"labels": "y"}, then={"drop": "y"},
    ),
    refused(
        "unlabelled.csv", to_csv(frame(y=[*SEX[:5], None, *SEX[6:]])),
        "nothing in data row 6", 'missing = "drop"', keys={"labels": "y"}, x=OUT,
        then={"labels": "y", "missing": "drop"}, classes=("f", "m"),
        index=np.delete((SEX == "m").astype(int), 5),
    ),
    refused(
        "twice.csv", text(lines(AB, ",", "a,a\n")), '"a" twice', "rename one",
        rewrite=text(lines(AB, ",", "a,b\n")),
    ),
    refused(
        "title.csv", text("Table 1\n" + lines(AB, ",", "a,b\n")), "line 1 has 1 value",
        "delete lines above the table", rewrite=text(lines(AB, ",", "a,b\n")),
    ),
    refused(
        "weka.data", text("@relation x\n@attribute a\n@data\n" + lines(AB)), "line 1 has 1 value",
        "delete lines above the table", rewrite=text(lines(AB)),
    ),
    refused(
        "packed.csv", lambda p: p.write_bytes(gzip.compress(b"a,b\n")), "unpack it if it is packed",
        rewrite=to_csv(frame()),
    ),
    refused(
        "r_table.csv", text(lines(np.column_stack([KIND, AB]), ",", "a,b\n")),
        "line 1 has 2 values, but most below have 3", "name every column",
        rewrite=text(lines(np.column_stack([KIND, AB]), ",", "k,a,b\n")),
        x=np.column_stack([KIND, AB]),
    ),
    refused(
        "comma_inside.csv", text(lines(AB, ",", "a,b\n") + "1,2,3\n"), "line 26 has 3 values",
        "quotation marks", x=np.vstack([AB, [1, 2.3]]),
        rewrite=text(lines(AB, ",", "a,b\n") + '1,"2.3"\n'),
    ),
    refused(
        "utf16_bare.csv", text(lines(AB, ",", "a,b\n"), "utf-16-le"), "save it as UTF-8",
        rewrite=text(lines(AB, ",", "a,b\n")),
    ),
    refused(
        "no_such_column.csv", to_csv(frame()), "columns: expected one of a, b",
        keys={"columns": ["z"]}, then={"columns": ["a"]}, x=AB[:, :1],
    ),
    refused(
        "typed.csv", to_csv(frame(species=SEX)), 'did you mean "species"?',
        keys={"labels": "specie"}, then={"labels": "species"},
        classes=("f", "m"), index=(SEX == "m").astype(int),
    ),
    refused(
        "records.npy", npy(RECORDS), "records (a, b)", "structured_to_unstructured",
        rewrite=npy(structured_to_unstructured(RECORDS)),
    ),
    refused(
        "objects.npy", npy(AB.astype(object)), "never unpickled", "x.astype(float)",
        rewrite=npy(AB.astype(object).astype(float)),
    ),
    refused(
        "strings.npy", npy(AB.astype(str)), "got <U", "save x.astype(float)",
        rewrite=npy(AB.astype(str).astype(float)),
    ),
    refused(
        "complex.npy", npy(AB[:, 0] + 1j * AB[:, 1:].T), "np.hstack([x.real, x.imag])",
        rewrite=npy(np.hstack([AB[:, :1], AB[:, 1:]])),
    ),
    refused("line.npy", npy(AB[:, 0]), "x[:, None]", rewrite=npy(AB[:, 0][:, None]), x=AB[:, :1]),
    refused(
        "two.npz", npz(data=AB, target=KIND), "columns = data", then={"columns": ["data"]},
    ),
    refused(
        "labelled.npz", npz(data=AB, target=KIND), "apart from the labels",
        then={"labels": "target"}, classes=("0", "1", "2"), index=KIND,
    ),
    refused(
        "image_labels.npy", npy(IMAGES), "store images and their labels in an npz file",
        keys={"labels": 3}, rename="image_labels.npz", rewrite=npz(x=IMAGES, y=KIND),
        then={"labels": "y"}, x=IMAGES.reshape(ROWS, 20), classes=("0", "1", "2"), index=KIND,
    ),
    refused(
        "sheet.xlsx", text("PK"), "convert it to .csv", rename="sheet.csv", rewrite=to_csv(frame()),
    ),
    refused(
        "days.parquet", parquet(frame(day=pd.date_range("2020-01-01", periods=ROWS))),
        "timestamp", 'drop = ["day"]', then={"drop": ["day"]},
    ),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.before.name)
def test_a_refusal_says_what_to_do_and_that_works(case: Refused) -> None:
    before, after = case.before, case.after
    before.write(Path(before.name))
    with pytest.raises(InputError) as caught:
        _study(before)
    line = str(caught.value)
    for words in case.says:
        assert words in line
    assert "\n" not in line
    assert len(line) < 300
    Path(before.name).unlink()
    after.write(Path(after.name))
    _check(after)
