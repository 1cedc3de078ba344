"""Tables that show which initializations keep signal and gradient, with explanatory notes."""

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
    """Return a note on how to read the tables of signal and gradient.

    Parameters
    ----------
    depth : int
        The number of hidden layers.
    networks : str
        The number of networks per initialization, in words.
    whole : bool
        Whether to include the heading and the recorded error rates, as in `verdict_note`.

    Returns
    -------
    Details
        The note, shown open in a box.
    """
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
    """Return a note on how to read the table of cells.

    Parameters
    ----------
    depth : int
        The number of hidden layers.
    networks : str
        The number of networks per cell, in words.
    whole : bool
        Whether to include the heading and the recorded error rates, as in `verdict_note`.

    Returns
    -------
    Details
        The note, shown open in a box.
    """
    head = "**How to read the table.** " * whole
    said = head + text("keeps.one_cell", depth=depth, networks=networks)
    return Details(blocks=[Text(marked(said)), *([calibration()] if whole else [])])


def overview(
    groups: Mapping[str, Material],
    kept: Mapping[str, Mapping[str, Keeping]],
    links: Mapping[str, str],
) -> list[Table]:
    """Return overview tables of whether signal and gradient are kept.

    Groups of the same depth and with the same titles of roles share a table, with one row per
    activation and one column per role.

    Parameters
    ----------
    groups : mapping of str to Material
        The groups, by name.
    kept : mapping of str to mapping of str to Keeping
        For each group, what its initializations keep, by activation.
    links : mapping of str to str
        The target that the row of a group links to, by the group's name; groups without an entry
        are not linked.

    Returns
    -------
    list of Table
        The tables.
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
    """Return the name and its verdict, the verdict as a word for screen readers, and the change."""
    unseen = Span(f"{word},", "unseen")
    return [Span(name, "verdict", verdict), " ", unseen, " ", Span(change, "number")]


def keeps_table(group: Material, kept: Mapping[str, Keeping]) -> Table:
    """Return a table of all results for each initialization of a group.

    Parameters
    ----------
    group : Material
        The networks of one activation.
    kept : mapping of str to Keeping
        What the initializations keep, with the activation as the only key.

    Returns
    -------
    Table
        One row per initialization: changes with verdicts, worse factor, share from the input,
        saturated share.
    """
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
    """Yield a summary in sentences, then the table of cells with one row per activation.

    Parameters
    ----------
    group : Material
        The networks of several activations.
    kept : mapping of str to Keeping
        What the initializations keep, by activation.
    advised : sequence of str
        The titles of the roles whose initialization was recommended by theory.

    Yields
    ------
    Block
        The sentences, then the table.
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
    """Return a table that compares the lecture's own cells with the recommended initializations.

    Parameters
    ----------
    group : Material
        The networks of several activations, with what they keep.
    advised : collection of str
        The roles whose initialization was recommended by theory.

    Returns
    -------
    list of Table
        One table, or [] if no activation has both a cell of the lecture and a recommendation.
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
