"""What a page is made of: a frozen tree of a few kinds of blocks, before anything is rendered.

Builders return a `Page`; renderers (`as_html`, `as_json`, `as_text`) turn it into something to
read. A block holds words as they are said and, where it has numbers, the numbers themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.evidence import Evidence
from saturation_lab.measured import Origin


@dataclass(frozen=True)
class Span:
    """A piece of text that is more than plain text.

    Attributes
    ----------
    says
        The text; of a formula its LaTeX.
    role
        What it is: ``formula``, ``link``, ``term``, ``strong``, ``em``, ``code``, or a class of the
        style sheet such as ``quiet``, ``number``, ``theory``, ``verdict``, ``phase``, or ``unseen``
        (for screen readers only).
    of
        Which one: the verdict or phase that is named, where a link leads, what a term means.
    plain
        A formula for readers of plain text; they are not shown one without it.
    """

    says: str
    role: str
    of: str = ""
    plain: str = ""


Rich = str | Span | Sequence[str | Span]
"""Text with pieces that are more than plain text; in a string, what stands in backticks is code."""


def pieces(says: Rich) -> Sequence[str | Span]:
    """Return the pieces of a text."""
    return (says,) if isinstance(says, str | Span) else says


def plain_text(says: Rich) -> str:
    """Return a text without its roles."""
    return "".join(one if isinstance(one, str) else _plain(one) for one in pieces(says))


def _plain(one: Span) -> str:
    return one.plain if one.role == "formula" else one.says


def marked(says: str) -> tuple[str | Span, ...]:
    """Return a text of ours with what stands in asterisks set off; verdicts in their colours.

    >>> [one.role for one in marked("a *word*, **strong**, **holds**") if isinstance(one, Span)]
    ['em', 'strong', 'verdict']
    """
    found: list[str | Span] = []
    for piece in re.split(r"(\*\*[^*]+\*\*|\*[^*]+\*)", says):
        inner = piece.strip("*")
        if inner == piece:
            found.append(piece)
        elif inner in [verdict.value for verdict in Verdict]:
            found.append(Span(says=inner, role="verdict", of=inner))
        else:
            found.append(Span(says=inner, role="strong" if piece.startswith("**") else "em"))
    return tuple(found)


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Its role is "", ``found``, ``caution``, ``quiet``, ``quote``, ``formulas`` (one a span) or
    ``command``.
    """

    says: Rich
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Terms and what is said of each.

    Its look is ``facts``, ``rules``, ``letters``, ``kinds`` or ``list``.
    """

    rows: Sequence[tuple[Rich, Rich]]
    look: str = "facts"


@dataclass(frozen=True)
class Cell:
    """One cell of a table: lines of text, each rich; the look is "", ``own`` or ``number``."""

    lines: Sequence[Rich]
    look: str = ""


def cell_text(cell: Rich | Cell) -> str:
    """Return what a cell says, its lines one after the other."""
    lines = cell.lines if isinstance(cell, Cell) else [cell]
    return "; ".join(map(plain_text, lines))


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows under a head, in words; ``data`` has the numbers of the same rows.

    Attributes
    ----------
    id
        Its key on the page and in JSON.
    head
        What stands above the columns; the first column heads its rows.
    rows
        One sequence of cells a row; where it is shorter than the head, its last cell is wider.
    caption
        How to read it, above it.
    look
        Which style it takes on a page: ``verdicts`` and any of its variants (``judged``, ``marks``,
        ``theory``, ``parts``, ``every``), whose rows become blocks on a phone, or ``short``.
    data
        The same as numbers, a mapping a row, as JSON takes it; a reader can download it as CSV.
    """

    id: str
    head: Sequence[str]
    rows: Sequence[Sequence[Rich | Cell]]
    caption: Rich = ""
    look: str = "verdicts"
    data: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An exhibit under its title, with the name of the networks that it shows."""

    id: str
    title: str
    shown: Shown
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A statement with what was found for it."""

    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class Details:
    """Blocks that open on demand under a summary; without a summary they stand in a box."""

    blocks: Sequence[Block]
    summary: Rich = ""


@dataclass(frozen=True, kw_only=True)
class Studied:
    """Networks as they can be drawn again.

    Attributes
    ----------
    id, title
        What they are called in JSON and on the page.
    origin
        Where they come from.
    group, role
        Their places in a report.
    says
        How they were drawn, in words.
    overflows
        Which networks became non-finite, and where first.
    made_with
        The versions that their numbers depend on, where these are not the page's.
    """

    id: str
    title: str
    origin: Origin
    group: str = ""
    role: str = ""
    says: str = ""
    overflows: Sequence[Mapping[str, Any]] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)


Block = Text | Facts | Table | Figure | Card | Details | Studied


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a page under a heading; a ``part`` is one of several that a reader chooses from."""

    id: str
    title: str
    blocks: Sequence[Block]
    part: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page: what it asks, its answer, its sections, and how it is made again.

    Attributes
    ----------
    name
        Part of file names.
    title, question, lead
        The top of the page.
    command
        How this very page is made again; "" where no command makes it.
    answer
        What is found, in the box at the top.
    top
        What else stands above the sections.
    sections
        The body.
    again
        What the page rests on, such as its studies.
    versions
        The versions that its numbers depend on.
    data
        What JSON has beside the blocks, as plain data.
    """

    name: str
    title: str
    question: str
    lead: str = ""
    command: str = ""
    answer: Sequence[Block] = ()
    top: Sequence[Block] = ()
    sections: Sequence[Section] = ()
    again: Sequence[Block] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Block]:
        """Return every block, those in `Details` too, in the order of the page."""
        body = [block for section in self.sections for block in section.blocks]
        return list(_opened((*self.answer, *self.top, *body, *self.again)))

    @property
    def figures(self) -> list[Figure]:
        """Return the figures in the order of the page."""
        return [block for block in self.blocks if isinstance(block, Figure)]


def _opened(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _opened(block.blocks)
