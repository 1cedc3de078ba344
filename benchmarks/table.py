"""The results of the race as a table, in the terminal and in docs/benchmarks.md.

``python -m benchmarks.table`` writes the contents of ``benchmarks/race.json`` to
``docs/benchmarks.md``, between two markers. A test checks that the two agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
JSON = HERE / "race.json"
PAGE = HERE.parent / "docs" / "benchmarks.md"
BEGIN, END = "<!-- written by make bench -->", "<!-- so far -->"

Plain = Mapping[str, Any]

HEADS = ("case", "saturation_lab", "best peer", "ratio", "required", "reached")
STAGES = {
    "draws": "generating the raw random words alone",
    "products": "the products alone, into preallocated arrays",
    "activations": "tanh alone",
    "histograms": "one `bincount` of numbers computed beforehand",
    "other statistics": "",
    "all": "",
}
"""The stages of a network, and the definition of their limits."""


def number(value: float) -> str:
    """Format a number to three significant digits, without an exponent.

    >>> number(0.01234), number(12.34), number(1234.5)
    ('0.0123', '12.3', '1,234')
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def bar_of(case: Plain) -> str:
    """Format the bar of a case."""
    if case["bar"] is None:
        return ""
    unit = "" if case["peers"] else f" {case['unit']}"
    return f"{'≥' if case['more_is_better'] else '≤'} {case['bar']:g}{unit}"


def cells(case: Plain) -> list[str]:
    """Return one row of the table, from a `Standing` as a dict."""
    medians = {score["label"]: score["median"] for score in case["peers"]}
    best = case["best"]
    reached = {True: "yes", False: "no", None: ""}[case["reached"]]
    return [
        case["title"],
        f"{number(case['ours']['median'])} {case['unit']}",
        f"{number(medians[best])} ({best})" if best else "",
        number(case["ratio"]) if best else "",
        bar_of(case),
        reached,
    ]


def text(cases: Iterable[Plain]) -> str:
    """Format the table for a terminal."""
    rows = [list(HEADS), *(cells(case) for case in cases)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADS))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join(lines)


def details(cases: Iterable[Plain]) -> str:
    """Format the measurements of every entrant in every round."""
    lines = []
    for case in cases:
        lines.append(f"{case['name']}: {case['title']}, {case['unit']}")
        for score in (case["ours"], *case["peers"], *case["beside"]):
            rounds = ", ".join(number(value) for value in score["rounds"])
            count = f"{score['networks_a_round']:,} a round"
            lines.append(f"  {score['label']:34} {number(score['median']):>8}  ({rounds}; {count})")
        others = case["others_busy_cores"]
        busy = "unknown" if others is None else f"{others:.1f}"
        lines.append(f"  load before {case['load_before']:.1f}, cores busy for others {busy}")
    return "\n".join(lines)


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def stages_rows(milliseconds: Plain) -> list[list[str]]:
    """Return the rows of the table of stages."""
    rows = []
    for stage, which in STAGES.items():
        limit = milliseconds.get(f"limit of {stage}")
        least = "" if limit is None else f"{limit:.1f}"
        rows.append([stage, f"{milliseconds[stage]:.1f}", least, which])
    return rows


def beside_lines(cases: Iterable[Plain]) -> list[str]:
    """Return a sentence for each entrant that is shown but is not a peer."""
    return [
        f"- {case['title']}: the program “{score['label']}” reaches {number(score['median'])} "
        f"{case['unit']}; the ratio is {number(case['ours']['median'] / score['median'])}."
        for case in cases
        for score in case["beside"]
    ]


def page_block(race: Plain) -> str:
    """Format the block between the markers of the page."""
    busy = [case["others_busy_cores"] for case in race["cases"]]
    known = [cores for cores in busy if cores is not None]
    seen = f"; other programs kept {min(known):.1f} to {max(known):.1f} cores busy" * bool(known)
    versions = ", ".join(f"{name} {number}" for name, number in race["versions"].items())
    start = race["seconds_to_start"]
    rounds = f"Medians of {race['rounds']} rounds" if race["rounds"] > 1 else "One round"
    lines = [
        *_markdown(HEADS, (cells(case) for case in race["cases"])),
        "",
        f"{rounds} on {race['machine']['cores']} cores "
        f"({race['machine']['processor']}; {versions}){seen}.",
        *(["", *beside_lines(race["cases"])] if beside_lines(race["cases"]) else []),
        "",
        "How the time of one network of the dense race is spent, on one core, in milliseconds:",
        "",
        *_markdown(
            ("stage", "measured", "limit", "definition of the limit"),
            stages_rows(race["milliseconds_of_one_network_on_one_core"]),
        ),
        "",
        "In a fresh process "
        + " and ".join(f"`{name}` takes {found:.2f} s" for name, found in start.items())
        + ".",
    ]
    return "\n".join(lines)


def with_block(page: str, block: str) -> str:
    """Replace the block between the markers of a page.

    >>> with_block(f"a {BEGIN} old {END} z", "new").split("\\n")
    ['a <!-- written by make bench -->', 'new', '<!-- so far --> z']
    """
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{block}\n{END}{after}"


def main() -> None:
    """Write the table of docs/benchmarks.md from ``race.json``."""
    race = json.loads(JSON.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_block(page, page_block(race)), encoding="utf-8")


if __name__ == "__main__":
    main()
