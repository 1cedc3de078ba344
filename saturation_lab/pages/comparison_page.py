"""The comparison of two sets of networks, as a page and for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from saturation_lab.compare.contrast import Contrast, margins_text
from saturation_lab.compare.row import Row
from saturation_lab.exhibits.material import Material
from saturation_lab.exhibits.side_by_side import BOTH, ONE, OTHER, contrast_exhibits, contrast_parts
from saturation_lab.inference.digits import count_text, percent, rounded, rounded_up, short
from saturation_lab.judging.foretelling import with_theory
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.blocks import (
    Block,
    Cell,
    Details,
    Facts,
    Page,
    Section,
    Span,
    Table,
    Text,
)
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.report import figure_of
from saturation_lab.pages.report_page import studied
from saturation_lab.pages.study_table import COLUMNS, in_percent, input_blocks
from saturation_lab.pages.terminal import MARKS
from saturation_lab.pages.texts import paragraph, text
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study

_LEAST_P = 1e-6
"""Smaller p-values are shown as "below" this one."""


def comparison_page(found: Contrast, *, command: str) -> Page:
    """Return the page that compares two sets of networks.

    Parameters
    ----------
    found : Contrast
        The two sets and every comparison between them.
    command : str
        The command that makes this page.

    Returns
    -------
    Page
        The page, with both sets drawn together and one after the other.
    """
    groups, exhibits = _groups(found), contrast_exhibits(found)
    sections = [
        Section(
            id=f"section-{number}",
            title=part.title,
            blocks=[
                Text(part.text),
                *([_everything(found)] if number == 1 else []),
                *(figure_of(exhibits[name], groups[part.group]) for name in part.exhibits),
            ],
        )
        for number, part in enumerate(contrast_parts(found), 1)
    ]
    return Page(
        name="compare",
        title=" and ".join(found.names),
        question=text("comparison.question"),
        command=command,
        answer=[Text(f"{found.sentence}.")],
        top=list(_top(found)),
        sections=sections,
        again=[
            replace(studied(role, name, side), made_with=side.made_with)
            for role, name, side in zip((ONE, OTHER), found.names, found.sides, strict=True)
        ],
        data={"contrast": found.to_json()},
    )


def _groups(found: Contrast) -> dict[str, Material]:
    """Return the two sides as groups: both together, and each one alone."""
    titles = dict(zip((ONE, OTHER), found.names, strict=True))
    sides = {role: replace(side, name=role) for role, side in zip(titles, found.sides, strict=True)}
    networks = with_theory(sides)
    both = Material(name=BOTH, title=" and ".join(found.names), networks=networks, titles=titles)
    alone = {
        role: replace(
            both, name=role, title=title, networks={role: networks[role]}, titles={role: title}
        )
        for role, title in titles.items()
    }
    return {BOTH: both, **alone}


def _top(found: Contrast) -> Iterator[Block]:
    yield Text(_sentence(found.how))
    yield from (Text(_sentence(line), "caution") for line in found.cautions)
    yield from _differing_table(found)
    origin = found.sides[0].origin
    rows = [("Inputs and depth", _shown_text(found))]
    if isinstance(origin, Study):
        rows.append(("Loss per example", LOSSES[origin.resolved_loss].formula))
    if origin.input_notes:
        rows.append(("Inputs", " ".join(origin.input_notes)))
    yield Facts(rows=[*rows, ("Margins of “alike”", margins_text(found.margins))])


def _sentence(line: str) -> str:
    return f"{line[0].upper()}{line[1:]}."


def _everything(found: Contrast) -> Details:
    """Return the table of all comparisons, with a note on how they were made."""
    form = text("comparison.paired" if found.paired else "comparison.welch")
    how = paragraph("comparison.how", form=form, alpha=percent(found.alpha))
    table = tabled(
        "comparisons",
        {
            "Quantity": lambda row: Span(row.quantity, "term", QUANTITIES[row.quantity].definition),
            "Layer": lambda row: str(row.layer),
            " vs. ".join(found.names): lambda row: Cell(
                [f"{row.comparison.scale} {row.number}"], "number"
            ),
            "Difference": lambda row: (
                "same" if row.same else "differs" if row.differs else "not shown"
            ),
            "p, adjusted": _p_value,
            "Within the margin": lambda row: (
                Span(row.verdict, "verdict", row.alike.verdict.value) if row.alike else ""
            ),
            "Smallest margin": lambda row: Cell([_smallest(row)], "number"),
        },
        found.rows,
        look="verdicts every",
        data=[_numbers(row) for row in found.rows],
    )
    summary = f"All {len(found.rows):,} comparisons, and how they were made"
    note = Details(blocks=[how, *(Text(_sentence(line)) for line in found.gaps)])
    return Details(summary=summary, blocks=[note, table])


def _p_value(row: Row) -> Cell:
    p = row.p_adjusted
    return Cell([short(p) if p >= _LEAST_P else f"< {short(_LEAST_P)}"], "number")


def _smallest(row: Row) -> str:
    return rounded_up(row.alike.smallest_margin, row.alike.interval.se) if row.alike else ""


def _numbers(row: Row) -> dict[str, Any]:
    interval = row.comparison.interval
    return {
        "quantity": row.quantity,
        "layer": row.layer,
        "scale": row.comparison.scale,
        **{end: getattr(interval, end) for end in ("estimate", "low", "high")},
        "p_value": row.comparison.p_value,
        **{key: getattr(row, key) for key in ("p_adjusted", "same", "differs")},
        "alike": row.verdict,
        "smallest_margin": float("nan") if row.alike is None else row.alike.smallest_margin,
        "sentence": row.sentence,
    }


_SHOWN = {
    quantity: heading
    for columns in COLUMNS.values()
    for heading, quantity in columns.items()
    if not quantity.startswith("batch_")
}
"""The quantities shown by default, with their headings: those of the tables of one study."""
_DIFFERS = "≠"
_FINEST = 1e-5
"""Ratios and shares are rounded to this precision at most."""


def comparison_blocks(found: Contrast, *, asked: Sequence[str] | None = None) -> list[Block]:
    """Return the comparison of two sets of networks for a terminal.

    Parameters
    ----------
    found : Contrast
        The two sets and every comparison between them.
    asked : sequence of str, optional
        The quantities to show; by default those of the tables of one study.

    Returns
    -------
    list of Block
        The two sets, the keys in which they differ, a table of differences layer by layer, how to
        read it, and a summary.
    """
    columns = _SHOWN if asked is None else {name: _SHOWN.get(name, name) for name in asked}
    one, other = found.names
    key = text(
        "comparison.key",
        one=one,
        other=other,
        differs=_DIFFERS,
        alpha=percent(found.alpha),
        count=count_text(len(found.rows), "comparison"),
        margins=margins_text(found.margins),
    )
    return [
        Text(f"{one} and {other}: {_shown_text(found)}"),
        *input_blocks(found.sides[0].origin.input_notes),
        *([] if found.keys else [Text("both are the same study")]),
        *_differing_table(found),
        *(Text(f"histograms on different axes: {', '.join(x)}") for x in [found.other_axes] if x),
        *(Text(line) for line in (found.how, *found.cautions)),
        *_layers(found, columns),
        *(Text(line) for line in (key, *found.gaps, found.sentence)),
    ]


def _differing_table(found: Contrast) -> list[Block]:
    """Return a table of the keys in which the two differ, with both values; [] if none do."""
    rows = [
        (key, *(_short_value(key, value) for value in values))
        for key, values in found.keys.items()
        if key != "ranges"
    ]
    head = ("differing key", *found.names)
    return [Table(id="differing", head=head, rows=rows, look="short studies")] if rows else []


def _short_value(key: str, value: Any) -> str:
    """Return the value of a key of a study in a short form.

    >>> _short_value("widths", [64, 64, 64]), _short_value("gain", None)
    ('64 × 3', 'none')
    """
    if value is None:
        return "none"
    if key == "widths":
        same = len(set(value)) == 1
        return f"{value[0]} × {len(value)}" if same else ", ".join(map(str, value))
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _shown_text(found: Contrast) -> str:
    """Return the inputs and the depth of both sets of networks, in words."""
    side = found.sides[0]
    said = [count_text(side.examples, "example")]
    if isinstance(side.origin, Study):
        fresh = side.origin.fresh_inputs
        whose = "fresh ones for each network" if fresh else "the same for every network"
        others = " of a study, but different in the two studies" if found.other_examples else ""
        said = [side.origin.inputs, *said, whose + others]
    return f"{', '.join(said)}; {count_text(side.depth, 'hidden layer')}"


def _layers(found: Contrast, columns: Mapping[str, str]) -> list[Block]:
    """Return the comparisons as a table with one row per layer and one column per quantity."""
    cells = {(row.quantity, row.layer): _cell(row) for row in found.rows}
    layers = sorted(
        {layer for _, layer in cells}, key=lambda layer: (isinstance(layer, str), layer)
    )
    titles = [f"{x}, points" if in_percent(name) else x for name, x in columns.items()]
    rows = [[str(x), *(cells.get((name, x), "–   ") for name in columns)] for x in layers]
    return [Table(id="layers", head=("layer", *titles), rows=rows)] if rows and columns else []


def _cell(row: Row) -> str:
    """Return a ratio or difference, half of its interval, and two marks: differs, alike."""
    found = row.comparison.interval
    answer = " " if row.alike is None else MARKS[row.alike.verdict]
    marks = f"{_DIFFERS if row.differs else ' '} {answer}"
    if row.same:
        return f"same {marks}"
    error = (found.high - found.low) / 4
    if row.by_ratio:
        half = 100 * (math.sqrt(found.high / found.low) - 1)
        return f"{rounded(found.estimate, max(error, _FINEST))} ±{_half(half)} % {marks}"
    sign = "+" if found.estimate > 0 else ""
    if in_percent(row.quantity):
        number = rounded(100 * found.estimate, 100 * max(error, _FINEST))
        return f"{sign}{number} ±{_half(200 * error)} {marks}"
    number = rounded(found.estimate, error)
    return f"{sign}{number} ±{rounded(2 * error, error)} {marks}"


def _half(percents: float) -> str:
    """Return half of an interval in percent with two significant digits, within sensible limits."""
    if percents < 100 * _FINEST:
        return f"<{100 * _FINEST:g}"
    return f"{percents:.0f}" if percents >= 100 else f"{percents:#.2g}".rstrip(".")
