"""Which initialization keeps signal and gradient: the tables of a page, and how to read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from saturation_lab.claims.library.signal_and_gradient import KEEPS
from saturation_lab.exhibits.lecture_cells import Cell as LectureCell
from saturation_lab.exhibits.lecture_cells import cells_of
from saturation_lab.exhibits.material import Material
from saturation_lab.judging.keeping import Keeping
from saturation_lab.judging.kept_words import WORDS, Mark, pair_rows
from saturation_lab.pages.blocks import (
    Block,
    Cell,
    Details,
    Facts,
    Rich,
    Span,
    Table,
    Text,
    marked,
)
from saturation_lab.pages.notes import calibration, verdict_note
from saturation_lab.words.numbers import share_text

_BECOMES = (
    "What becomes of the *signal* on its way up from hidden layer 1 to {depth} (the variance of "
    "the activations a over the examples), and of the *gradient* on its way down (the mean square "
    "of δ = ∂C/∂z): divided (÷) or multiplied (×) by. ✓ kept: by less than a factor 2; ✗ not kept; "
    "? undecided"
)
_SIGMAS = ". σ_w = √n Std w with n the fan-in, σ_b = Std b"
_INSTEAD = (
    "What to use instead, for {depth} layers; theory chose it so that the gradient arrives. "
    "σ_w = √n Std w with n the fan-in, σ_b = Std b. Signal (variance of a over the examples) on "
    "its way up and gradient (mean square of δ) on its way down, divided (÷) or multiplied (×) by; "
    "✓ kept, by less than a factor 2. A rule that keeps both may still leave many units saturated"
)
_ONE_CELL = (
    "The network is the unit: one draw of all its weights gives one ratio, hidden layer {depth} "
    "over layer 1. A factor is the geometric mean over {networks} networks, and the 95 % interval "
    "is Student’s t on the logarithm. What is said to be kept **holds** where all of the interval "
    "lies within a factor 2, **fails** where all of it lies outside, and is **undecided** where it "
    "reaches across an end: more networks would decide."
)
_KEPT = (
    "A network *keeps* what changes by less than a factor 2 between hidden layers 1 and {depth}: "
    "kept where that holds, not kept where it fails. Each network gives one ratio, so a factor is "
    "a geometric mean."
)
_TABLES = (
    "In grey below an interval stands what theory expects of infinitely wide layers, from the "
    "inputs and the rules alone; it decides no verdict.",
    "The signal is what of the activations depends on the input: their mean square (*size*) times "
    "the share of it that varies with the example (*from the input*). A network whose units all "
    "take a healthy-looking value that is the same for every example has lost it.",
    "The *worse factor* is, in each network, the larger of the two changes, up or down. Which "
    "initialization is nearest to 1 is compared network by network, as all are drawn from the same "
    "random numbers: by how many times the others’ worse factor is larger. These intervals hold at "
    "95 % together for every two initializations of one activation (Bonferroni), so the nearest "
    "may be picked first; they cannot be told apart where the interval reaches 1.",
)


def keeps_note(depth: int, networks: str, *, whole: bool) -> Details:
    """Return how the tables of signal and gradient are read."""
    claims: list[tuple[Rich, Rich]] = [
        (Span(says=claim.sentence, role="strong"), claim.precise) for claim in KEEPS.values()
    ]
    tables = Details(
        summary="How to read the tables",
        blocks=[
            Text(says=marked(_KEPT.format(depth=depth))),
            Facts(rows=claims, look="list"),
            *(Text(says=marked(text)) for text in _TABLES),
        ],
    )
    return verdict_note(networks, [tables], whole=whole)


def cells_note(depth: int, networks: str, *, whole: bool) -> Details:
    """Return how the table of cells is read."""
    head = "**How to read the table.** " * whole
    text = Text(says=marked(head + _ONE_CELL.format(depth=depth, networks=networks)))
    return Details(blocks=[text, *([calibration()] if whole else [])])


def overview(
    groups: Mapping[str, Material],
    kept: Mapping[str, Mapping[str, Keeping]],
    links: Mapping[str, str],
) -> list[Table]:
    """Return whether signal and gradient are kept: groups with the same roles share a table.

    Parameters
    ----------
    groups, kept
        The groups, and which of their initializations keep what, by activation.
    links
        Where the part of a group stands, by the group's name.
    """
    tables: dict[tuple[int, tuple[str, ...]], list[Sequence[Rich | Cell]]] = {}
    for name, group in groups.items():
        rows = tables.setdefault((group.depth, tuple(dict.fromkeys(group.titles.values()))), [])
        for block, found in kept[name].items():
            title = Span(says=block, role="link", of=links[name]) if name in links else block
            cells = [
                Cell(lines=[_marked("signal", row.signal), _marked("gradient", row.gradient)])
                for row in pair_rows(found, group.titles)
            ]
            rows.append([title, *cells])
    return [
        Table(
            id=f"kept-{number}",
            caption=marked(_BECOMES.format(depth=depth)),
            head=("", *columns),
            rows=rows,
            look="verdicts marks",
        )
        for number, ((depth, columns), rows) in enumerate(tables.items(), 1)
    ]


def _marked(name: str, mark: Mark) -> Rich:
    return _mark(name, mark.verdict, mark.word, mark.change)


def _mark(name: str, verdict: str, word: str, change: str) -> Rich:
    """Return a verdict on what is named, its word for who cannot see its sign, and the change."""
    return [
        Span(says=name, role="verdict", of=verdict),
        " ",
        Span(says=f"{word},", role="unseen"),
        " ",
        Span(says=change, role="number"),
    ]


def keeps_table(group: Material, kept: Mapping[str, Keeping]) -> Table:
    """Return everything that was found of each initialization of a group."""
    depth = group.depth
    (keeping,) = kept.values()
    rows: list[Sequence[Rich | Cell]] = [
        [
            row.title,
            *(
                Cell(
                    lines=[
                        Span(says=mark.word, role="verdict", of=mark.verdict),
                        mark.change,
                        Span(says=mark.interval, role="quiet"),
                        *([Span(says=f"theory {mark.theory}", role="theory")] * bool(mark.theory)),
                    ]
                )
                for mark in (row.signal, row.gradient)
            ),
            Cell(lines=[row.away, Span(says=row.compared, role="quiet")]),
            row.size,
            row.from_input,
            row.saturated,
        ]
        for row in pair_rows(keeping, group.titles)
    ]
    return Table(
        id=f"keeps-{group.name}",
        head=(
            "",
            f"Signal, layer 1 up to {depth}",
            f"Gradient, layer {depth} down to 1",
            "Worse factor",
            f"Size of a², layer 1 up to {depth}",
            f"From the input, layer {depth}",
            f"Saturated, layer {depth}",
        ),
        rows=rows,
        look="verdicts",
        data=_kept_data(group, kept),
    )


def _kept_data(group: Material, kept: Mapping[str, Keeping]) -> list[dict[str, Any]]:
    return [
        {"group": group.name, "role": role, "nearest": role == keeping.nearest, **one.to_json()}
        for keeping in kept.values()
        for role, one in keeping.kept.items()
    ]


# --- cells ----------------------------------------------------------------------------------------


def cells_blocks(
    group: Material, kept: Mapping[str, Keeping], advised: Sequence[str], sentences: Sequence[str]
) -> Iterator[Block]:
    """Yield what becomes of signal and gradient in each cell, a row an activation.

    Parameters
    ----------
    group, kept
        The networks, and what was found of them.
    advised
        What the roles are called whose initialization theory chose.
    sentences
        What is found, in words.
    """
    yield from (Text(says=sentence, role="found") for sentence in sentences)
    chosen = (
        f". {' and '.join(advised)}: what theory chose for {group.depth} layers and these very "
        "inputs"
    )
    yield Table(
        id=f"cells-{group.name}",
        caption=marked(_BECOMES.format(depth=group.depth) + _SIGMAS + chosen * bool(advised)),
        head=("", *dict.fromkeys(group.titles.values())),
        rows=[
            [activation, *map(_cell, cells)]
            for activation, cells in groupby(cells_of(group), key=lambda cell: cell.spelled)
        ],
        look="verdicts marks cells",
        data=_kept_data(group, kept),
    )


def _cell(cell: LectureCell) -> Cell:
    lines = list(_ways(cell))
    if cell.own:
        lines.append(Span(says="the lecture’s rule", role="given"))
    if cell.sigmas:
        lines.append(Span(says=", ".join(cell.sigmas), role="quiet"))
    return Cell(lines=lines, look="own" if cell.own else "")


def _ways(cell: LectureCell) -> Iterator[Rich]:
    for way, found in cell.findings.items():
        yield _mark(way, found.verdict.value, WORDS[found.verdict], cell.change(way))


def instead_table(group: Material, advised: Collection[str]) -> Table | None:
    """Return what theory chose in place of the lecture's own cells; None where it chose nothing.

    Parameters
    ----------
    group
        With its cells.
    advised
        The roles whose initialization theory chose.
    """
    cells = cells_of(group)
    own = {cell.spelled: cell for cell in cells if cell.own}
    chosen = {cell.spelled: cell for cell in cells if cell.role in advised}
    rows: list[Sequence[Rich | Cell]] = [
        [name, _said(own[name], group.depth), _said(chosen[name], group.depth)]
        for name in own
        if name in chosen
    ]
    if not rows:
        return None
    return Table(
        id=f"instead-{group.name}",
        caption=_INSTEAD.format(depth=group.depth),
        head=("", "The lecture’s rule", "Instead"),
        rows=rows,
        look="verdicts marks cells instead",
    )


def _said(cell: LectureCell, depth: int) -> Cell:
    saturated = share_text(cell.kept.saturated.estimate)
    return Cell(
        lines=[
            Span(says=", ".join(cell.sigmas) or cell.title, role="number"),
            *_ways(cell),
            Span(says=f"{saturated} saturated in layer {depth}", role="quiet"),
        ]
    )
