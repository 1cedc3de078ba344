"""A regression check of numbers: a list of many numbers, and the comparison of two such lists.

``python -m scripts.golden_numbers FILE`` computes small versions of all reports, and the JSON
output of the verbs `claims`, `sample`, `theory`, `compare` and `grid`. It writes every number to a
sorted CSV file with columns ``source,id,quantity,layer,number``. This takes some minutes, mostly
for the statements; ``--only grid "report lecture"`` restricts it to some sources. On one machine
the list is reproducible bit for bit.

``python -m scripts.golden_numbers --diff OLD NEW`` prints the rows that are missing, new or
different, and exits with code 1 if there are any; ``--rtol 1e-12`` sets a relative tolerance.
``tests/golden_numbers.csv.xz`` is the list as of the last intended change of numbers. Other
processors round differently, so compare lists from the same machine only.

Each kind of record has a function that finds it by its keys, anywhere in the JSON. If a container
moves, nothing has to change here; if a key is renamed, only one function does.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import lzma
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from saturation_lab import Study
from saturation_lab.cli import main as run_verb
from saturation_lab.pages import GroupSpec, SectionSpec, Spec, compute, in_lines, read_spec
from saturation_lab.pages.as_json import as_json
from saturation_lab.pages.report_page import report_page

REPORTS = ("glorot_2010", "lecture", "pairs", "phase", "width")
NETWORKS, EXAMPLES, BINS = 4, 4, 60
NAMES = (
    "study", "activation", "role", "block", "row", "label", "note", "network", "step", "curve",
    "signal", "quantity",
)  # fmt: skip
"""The columns that identify a row of a table."""
WORDS = ("verdict", "both", "alike", "expected", "phase", "kind", "basis")
"""Keys and columns whose words replace a number and are therefore listed like numbers."""
ENDS = ("se", "low", "high")
NOTHING = "null"
OPTIONS = ("--depth", "2", "--width", "16", "--examples", str(EXAMPLES))
SAMPLED = (*OPTIONS, "--networks", "6", "--workers", "1")

Record = Mapping[str, Any]


class Row(NamedTuple):
    """One number and its origin."""

    source: str
    id: str
    quantity: str
    layer: str
    number: str


class Found(NamedTuple):
    """A number whose source is not known yet."""

    id: str
    quantity: str
    layer: str
    number: object


# --- finding records


def records(data: object, *keys: str) -> Iterator[Record]:
    """Yield every object of a JSON tree that has all of the given keys."""
    if isinstance(data, Mapping) and all(key in data for key in keys):
        yield data
    for inner in _inside(data):
        yield from records(inner, *keys)


def _inside(data: object) -> Iterable[object]:
    """Return the members of an object or of a list of containers; nothing for other lists."""
    if isinstance(data, Mapping):
        return list(data.values())
    return data if isinstance(data, list) and data and isinstance(data[0], Mapping | list) else ()


def leaves(data: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield the path and value of all numbers, nulls, booleans and `WORDS` of a JSON tree."""
    if isinstance(data, Mapping | list):
        pairs = data.items() if isinstance(data, Mapping) else enumerate(data)
        for key, inner in pairs:
            yield from leaves(inner, f"{path}.{key}" if path else str(key))
    elif not isinstance(data, str) or path.rpartition(".")[2] in WORDS:
        yield path, data


def found_in(name: str, record: Record, layer: object = "") -> Iterator[Found]:
    """Yield the leaves of a record."""
    for path, value in leaves(record):
        yield Found(name, path, str(layer), value)


def rows_of_report(data: Record) -> Iterator[Found]:
    """Yield the tables, changes, findings, verdicts, constants and studies of a report's JSON."""
    for figure in records(data, "id", "table", "caption"):
        yield from rows_of_table(str(figure["id"]), data["tables"][figure["table"]])
    for one in records(data, "role", "quantity", "top_over_bottom"):
        yield from found_in(f"in short {one['group']} {one['role']} {one['quantity']}", one)
    for one in records(data, "claim", "decides", "region"):
        yield from found_in(f"finding {one['group']} {one['claim']}", one)
    for one in records(data, "signal", "gradient", "worse_factor"):
        yield from found_in(f"kept {one['group']} {one['role']}", one)
    for one in records(data, "activation", "critical_q", "rules"):
        yield from rows_of_activation(one)
    for one in records(data, "role", "study", "overflowed"):
        order = {key: one["study"].get(key) for key in ("gain", "bias_scale", "ranges")}
        said = {**order, "overflowed": one["overflowed"]}
        yield from found_in(f"study {one['group']} {one['role']}", said)
    yield from rows_of_claims(data)


def rows_of_activation(one: Record) -> Iterator[Found]:
    """Yield the constants of an activation and the values for each of its rules."""
    name = f"activation {one['group']} {one['activation']}"
    yield from found_in(name, {key: value for key, value in one.items() if key != "rules"})
    for rule in one["rules"]:
        yield from found_in(f"{name} {rule['key']}", rule)


def rows_of_claims(data: Record) -> Iterator[Found]:
    """Yield for every statement whether it is as expected, and the numbers of its parts."""
    for stated in records(data, "id", "as_expected", "parts"):
        yield Found(f"statement {stated['id']}", "as_expected", "", stated["as_expected"])
        for part in stated["parts"]:
            yield from found_in(f"part {part['id']}", part)


def rows_of_layers(data: Record, name: str = "") -> Iterator[Found]:
    """Yield the profile of a result or a prediction."""
    for layer in data["layers"]:
        said = {key: value for key, value in layer.items() if key != "layer"}
        yield from found_in(name, said, layer["layer"])
    yield from found_in(name, data["output"] or {}, "output")
    if "overflowed" in data:
        yield Found(name, "overflowed", "", data["overflowed"])


def rows_of_grid(data: Record) -> Iterator[Found]:
    """Yield the profiles of all pairs, and which initialization keeps signal and gradient."""
    for pair in records(data, "activation", "initializer", "layers"):
        yield from rows_of_layers(pair, f"{pair['activation']} {pair['initializer']}")
    for name, keeps in data["keeps"].items():
        yield from found_in(f"keeps {name}", keeps)


def rows_of_comparison(data: Record) -> Iterator[Found]:
    """Yield every comparison and the totals."""
    for one in records(data, "quantity", "layer", "p_value"):
        said = {key: value for key, value in one.items() if key != "layer"}
        yield from found_in(str(one["quantity"]), said, one["layer"])
    keys = ("paired", "correlation", "overflowed", "margins", "alpha", "identical", "differing")
    yield from found_in("all", {key: data[key] for key in (*keys, "alike", "unlike", "undecided")})


# --- tables


def rows_of_table(name: str, table: Mapping[str, Sequence[Any]]) -> Iterator[Found]:
    """Yield the numbers of a table, condensed for rows that share their names and layer.

    The columns of `ENDS` are also condensed over layers, because they are half of all numbers and
    depend on the estimates.
    """
    rows = [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]
    for key in filter(lambda key: _is_value(key, table[key]), table):
        alike: dict[tuple[str, str], list[Any]] = {}
        for row in rows:
            about = " | ".join([key, *(str(row[x]) for x in NAMES if x in row)])
            layer = "" if key in ENDS else str(row.get("layer", ""))
            alike.setdefault((about, layer), []).append(row[key])
        short = len(alike) == len(rows)
        for (about, layer), column in alike.items():
            for what, number in [("", column[0])] if short else condensed(column):
                yield Found(name, f"{about}, {what}" if what else about, layer, number)


def _is_value(key: str, column: Iterable[object]) -> bool:
    if key in NAMES or key == "layer":
        return False
    return key in WORDS or not any(isinstance(x, str) for x in column)


def condensed(column: Sequence[Any]) -> Iterator[tuple[str, object]]:
    """Yield a column's sum and position-weighted sum, and for words their count and positions.

    >>> list(condensed([0.5, None, 2.0]))
    [('null', '1 (2)'), ('sum', 2.5), ('sum of x * place', 6.5)]
    >>> list(condensed(["ordered", "chaotic", "ordered"]))
    [('chaotic', '1 (2)'), ('ordered', '2 (4)')]
    """
    words = [NOTHING if x is None else x for x in column]
    for word in sorted({x for x in words if isinstance(x, str)}):
        places = [i for i, x in enumerate(words, 1) if x == word]
        yield word, f"{len(places)} ({sum(places)})"
    numbers = {i: x for i, x in enumerate(words, 1) if not isinstance(x, str)}
    if numbers:
        yield "sum", math.fsum(numbers.values())
        yield "sum of x * place", math.fsum(i * x for i, x in numbers.items())


# --- sources


def of_report(name: str) -> Iterator[Found]:
    """Yield the numbers of a small version of a report, without its statements."""
    page = report_page(compute(_small(read_spec(name)), workers=1))
    yield from rows_of_report(json.loads(in_lines(as_json(page))))


def _small(spec: Spec) -> Spec:
    groups = {name: _small_group(group) for name, group in spec.groups.items()}
    sections = tuple(map(_without_statements, spec.sections))
    return replace(spec, groups=groups, sections=sections)


def _small_group(group: GroupSpec) -> GroupSpec:
    return replace(group, studies={role: _small_study(x) for role, x in group.studies.items()})


def _small_study(study: Study) -> Study:
    return replace(
        study,
        widths=tuple(round(10 * math.log10(width)) for width in study.widths),
        networks=NETWORKS,
        examples=min(study.examples, EXAMPLES),
        bins=BINS,
    )


def _without_statements(section: SectionSpec) -> SectionSpec:
    exhibits = tuple(one for one in section.exhibits if one.id != "statements")
    return replace(section, statements=(), exhibits=exhibits)


def printed(*arguments: str) -> Any:
    """Run a verb with ``--json`` and parse its output."""
    with redirect_stdout(io.StringIO()) as text:
        code = run_verb([*arguments, "--json"])
    if code > 1:
        raise SystemExit(f"saturation-lab {' '.join(arguments)}: exit code {code}")
    return json.loads(text.getvalue())


def of_comparison(seed: int) -> Iterator[Found]:
    """Yield the comparison of two results, the first of which has seed 1."""
    with tempfile.TemporaryDirectory() as folder:
        places = [str(Path(folder) / name) for name in ("a", "b")]
        rules = (("glorot_uniform", 1), ("standard_uniform", seed))
        for place, (rule, own) in zip(places, rules, strict=True):
            printed("sample", *SAMPLED, "--init", rule, "--seed", str(own), "--output", place)
        yield from rows_of_comparison(printed("compare", *places))


def of_grid() -> Iterator[Found]:
    """Yield the numbers of a grid of two activations and two initializers."""
    pairs = ("--activations", "sigmoid,relu", "--inits", "lecture_normal,he_normal")
    yield from rows_of_grid(printed("grid", *SAMPLED, *pairs))


SOURCES: dict[str, Callable[[], Iterator[Found]]] = {
    **{f"report {name}": partial(of_report, name) for name in REPORTS},
    "claims": lambda: rows_of_claims(printed("claims", "--workers", "1")),
    "sample": lambda: rows_of_layers(printed("sample", *SAMPLED, "--singular-values", "2")),
    "theory": lambda: rows_of_layers(printed("theory", *OPTIONS)),
    "compare paired": lambda: of_comparison(1),
    "compare unpaired": lambda: of_comparison(2),
    "grid": of_grid,
}


def computed(only: Sequence[str]) -> list[Row]:
    """Compute the rows of some sources, sorted, and print the time of each to stderr."""
    rows = []
    for source in only:
        start = time.perf_counter()
        found = [Row(source, x.id, x.quantity, x.layer, _text(x.number)) for x in SOURCES[source]()]
        print(f"{source}: {len(found):,} in {time.perf_counter() - start:.0f} s", file=sys.stderr)
        if not found:
            raise SystemExit(f"{source}: no numbers found")
        rows += found
    twice = [key for key, count in Counter(row[:4] for row in rows).items() if count > 1]
    if twice:
        raise SystemExit(f"{len(twice)} rows occur more than once, the first is {twice[0]}")
    return sorted(rows)


def _text(number: object) -> str:
    if number is None:
        return NOTHING
    return number if isinstance(number, str) else repr(number)


# --- two lists


def differences(old: Iterable[Row], new: Iterable[Row], *, rtol: float) -> tuple[list[str], str]:
    """Return a line for each row that is missing, new or different, and a summary."""
    before, after = ({row[:4]: row.number for row in rows} for rows in (old, new))
    missing = [f"missing  {_place(key)}: {before[key]}" for key in before if key not in after]
    added = [f"new      {_place(key)}: {after[key]}" for key in after if key not in before]
    both = {key: _apart(before[key], after[key]) for key in before if key in after}
    apart = sorted((key for key in both if both[key] > rtol), key=lambda key: -both[key])
    changed = [
        f"differs  {_place(key)}: {before[key]} -> {after[key]} ({both[key]:.2g})" for key in apart
    ]
    said = f"{len(missing):,} missing, {len(added):,} new, {len(apart):,} of {len(both):,} differ"
    if apart:
        said += f", at most by a relative {both[apart[0]]:.2g}: {_place(apart[0])}"
    return [*missing, *added, *changed], said


def _place(key: tuple[str, ...]) -> str:
    return " / ".join(filter(None, key))


def _apart(one: str, other: str) -> float:
    """Return the difference of two numbers relative to the larger; inf if one is not a number.

    3 equals 3.0, and 0.0 equals -0.0.
    """
    if one == other:
        return 0.0
    try:
        a, b = float(one), float(other)
    except ValueError:
        return math.inf
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


def read(path: Path, only: Sequence[str]) -> list[Row]:
    """Read the rows of some sources from a file, which may be compressed (``.xz``)."""
    opened = lzma.open if path.suffix == ".xz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        rows = [Row(*line) for line in list(csv.reader(file))[1:]]
    return [row for row in rows if row.source in only]


def write(rows: Iterable[Row], path: Path) -> None:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([Row._fields, *rows])


def main() -> int:
    """Write one list, or compare two."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path, nargs="?", help="the list to write")
    parser.add_argument("--diff", type=Path, nargs=2, metavar=("OLD", "NEW"))
    parser.add_argument("--rtol", type=float, default=0.0, help="default: 0, bit for bit")
    parser.add_argument("--only", nargs="+", choices=list(SOURCES), default=list(SOURCES))
    given = parser.parse_args()
    if (given.file is None) == (given.diff is None):
        parser.error("expected a FILE to write, or --diff OLD NEW")
    if given.diff is None:
        write(computed(given.only), given.file)
        return 0
    old, new = (read(path, given.only) for path in given.diff)
    lines, said = differences(old, new, rtol=given.rtol)
    print("\n".join([*lines, said]))
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
