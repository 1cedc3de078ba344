"""Which initialization keeps signal and gradient: the tables of a page, and how to read them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from saturation_lab.claims.library.signal_and_gradient import KEEPS
from saturation_lab.exhibits.lecture_cells import Cell as LectureCell
from saturation_lab.exhibits.lecture_cells import cells_of, in_sentences
from saturation_lab.exhibits.material import Material
from saturation_lab.judging.keeping import Keeping
from saturation_lab.judging.kept_words import WORDS, Mark, pair_rows
from saturation_lab.pages.blocks import Block, Cell, Details, Facts, Rich, Span, Table, Text, marked
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.notes import calibration, verdict_note
from saturation_lab.pages.texts import paragraph, paragraphs, text
from saturation_lab.words.numbers import share_text


def keeps_note(depth: int, networks: str, *, whole: bool) -> Details:
    """Return how the tables of signal and gradient are read."""
    claims = [(Span(claim.sentence, "strong"), claim.precise) for claim in KEEPS.values()]
    tables = Details(
        summary="How to read the tables",
        blocks=[
            paragraph("keeps.kept", depth=depth),
            Facts(rows=claims, look="list"),
            *paragraphs("keeps.how"),
        ],
    )
    return verdict_note(networks, [tables], whole=whole)


def cells_note(depth: int, networks: str, *, whole: bool) -> Details:
    """Return how the table of cells is read."""
    head = "**How to read the table.** " * whole
    said = head + text("keeps.one_cell", depth=depth, networks=networks)
    return Details(blocks=[Text(marked(said)), *([calibration()] if whole else [])])


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
            title = Span(block, "link", links[name]) if name in links else block
            pairs = pair_rows(found, group.titles)
            rows.append([title, *(Cell([*_both(x.signal, x.gradient)]) for x in pairs)])
    return [
        Table(
            id=f"kept-{number}",
            caption=marked(text("keeps.becomes", depth=depth)),
            head=("", *columns),
            rows=rows,
            look="verdicts marks",
        )
        for number, ((depth, columns), rows) in enumerate(tables.items(), 1)
    ]


def _both(signal: Mark, gradient: Mark) -> Iterator[Rich]:
    for name, mark in (("signal", signal), ("gradient", gradient)):
        yield _mark(name, mark.verdict, mark.word, mark.change)


def _mark(name: str, verdict: str, word: str, change: str) -> Rich:
    """Return a verdict on what is named, its word for who cannot see its sign, and the change."""
    unseen = Span(f"{word},", "unseen")
    return [Span(name, "verdict", verdict), " ", unseen, " ", Span(change, "number")]


def keeps_table(group: Material, kept: Mapping[str, Keeping]) -> Table:
    """Return everything that was found of each initialization of a group."""
    depth = group.depth
    (keeping,) = kept.values()
    return tabled(
        f"keeps-{group.name}",
        {
            "": lambda row: row.title,
            f"Signal, layer 1 up to {depth}": lambda row: _found(row.signal),
            f"Gradient, layer {depth} down to 1": lambda row: _found(row.gradient),
            "Worse factor": lambda row: Cell([row.away, Span(row.compared, "quiet")]),
            f"Size of a², layer 1 up to {depth}": lambda row: row.size,
            f"From the input, layer {depth}": lambda row: row.from_input,
            f"Saturated, layer {depth}": lambda row: row.saturated,
        },
        pair_rows(keeping, group.titles),
        data=_kept_data(group, kept),
    )


def _found(mark: Mark) -> Cell:
    word = Span(mark.word, "verdict", mark.verdict)
    theory = [Span(f"theory {mark.theory}", "theory")] if mark.theory else []
    return Cell([word, mark.change, Span(mark.interval, "quiet"), *theory])


def _kept_data(group: Material, kept: Mapping[str, Keeping]) -> list[dict[str, Any]]:
    return [
        {"group": group.name, "role": role, "nearest": role == keeping.nearest, **one.to_json()}
        for keeping in kept.values()
        for role, one in keeping.kept.items()
    ]


# --- cells ----------------------------------------------------------------------------------------


def cells_blocks(
    group: Material, kept: Mapping[str, Keeping], advised: Sequence[str]
) -> Iterator[Block]:
    """Yield what becomes of signal and gradient in each cell, a row an activation.

    Parameters
    ----------
    group, kept
        The networks, and what was found of them.
    advised
        What the roles are called whose initialization theory chose.
    """
    yield from (Text(sentence, "found") for sentence in in_sentences(cells_of(group)))
    caption = text("keeps.becomes", depth=group.depth) + text("keeps.sigmas")
    if advised:
        caption += text("keeps.chosen", roles=" and ".join(advised), depth=group.depth)
    yield Table(
        id=f"cells-{group.name}",
        caption=marked(caption),
        head=("", *dict.fromkeys(group.titles.values())),
        rows=[
            [activation, *map(_cell, cells)]
            for activation, cells in groupby(cells_of(group), key=lambda cell: cell.spelled)
        ],
        look="verdicts marks cells",
        data=_kept_data(group, kept),
    )


def _cell(cell: LectureCell) -> Cell:
    own = [Span("the lecture’s rule", "given")] if cell.own else []
    sigmas = [Span(", ".join(cell.sigmas), "quiet")] if cell.sigmas else []
    return Cell([*_ways(cell), *own, *sigmas], "own" if cell.own else "")


def _ways(cell: LectureCell) -> Iterator[Rich]:
    for way, found in cell.findings.items():
        yield _mark(way, found.verdict.value, WORDS[found.verdict], cell.change(way))


def instead_table(group: Material, advised: Collection[str]) -> list[Table]:
    """Return what theory chose in place of the lecture's own cells; nothing where it chose none.

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

    def said(cell: LectureCell) -> Cell:
        place = Span(", ".join(cell.sigmas) or cell.title, "number")
        saturated = f"{share_text(cell.kept.saturated.estimate)} saturated in layer {group.depth}"
        return Cell([place, *_ways(cell), Span(saturated, "quiet")])

    both = [name for name in own if name in chosen]
    table = tabled(
        f"instead-{group.name}",
        {
            "": str,
            "The lecture’s rule": lambda name: said(own[name]),
            "Instead": lambda name: said(chosen[name]),
        },
        both,
        caption=text("keeps.instead", depth=group.depth),
        look="verdicts marks cells instead",
    )
    return [table] if both else []
