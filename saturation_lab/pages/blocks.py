"""The building blocks of a page: a frozen tree of a few kinds of blocks, not yet rendered.

Builders return a `Page`; renderers (`as_html`, `as_json`, `as_text`) turn it into HTML, JSON or
plain text. A block holds its finished words and, if it has numbers, the numbers themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.inference.verdict import Judgement
from saturation_lab.judging.evidence import Evidence
from saturation_lab.measured import Origin


@dataclass(frozen=True)
class Span:
    """A piece of text with a role, such as a link or a formula.

    Attributes
    ----------
    says : str
        The text; for a formula, its LaTeX.
    role : str
        The role: ``formula``, ``link``, ``term``, ``strong``, ``em``, ``code``, ``strip`` (a small
        interval plot, see `pages.strips`), or a class of the style sheet such as ``quiet``,
        ``number``, ``theory``, ``verdict``, ``phase``, or ``unseen`` (for screen readers only).
    of : str
        What the role refers to: the verdict or phase named, the target of a link, the meaning of a
        term, or ``block`` for a displayed formula.
    plain : str
        A formula or plot as plain text. Renderers of plain text omit those without it.
    """

    says: str
    role: str
    of: str = ""
    plain: str = ""


Rich = str | Span | Sequence[str | Span]
"""Text that may contain spans; in a string, words between backticks are code."""


def pieces(says: Rich) -> Sequence[str | Span]:
    """Return the pieces of a text.

    Parameters
    ----------
    says : str, Span or sequence of str and Span
        The text.

    Returns
    -------
    sequence of str and Span
        The pieces in order; a single string or span is its only piece.

    Examples
    --------
    >>> pieces("one string")
    ('one string',)
    """
    return (says,) if isinstance(says, str | Span) else says


def plain_text(says: Rich) -> str:
    """Return a text without its roles.

    Parameters
    ----------
    says : str, Span or sequence of str and Span
        The text.

    Returns
    -------
    str
        The pieces joined, with each formula in its plain form.

    Examples
    --------
    >>> plain_text(["The rule ", Span("holds", "verdict", "holds")])
    'The rule holds'
    """
    return "".join(one if isinstance(one, str) else _plain(one) for one in pieces(says))


def _plain(one: Span) -> str:
    return one.plain if one.role in ("formula", "strip") else one.says


def marked(says: str) -> tuple[str | Span, ...]:
    """Return a text with the words between asterisks as spans.

    ``*word*`` is emphasized, ``**word**`` is bold, and a verdict takes its colour in either form.

    Parameters
    ----------
    says : str
        The text.

    Returns
    -------
    tuple of str and Span
        The pieces, without the asterisks.

    Examples
    --------
    >>> [one.role for one in marked("a *word*, **strong**, **holds**") if isinstance(one, Span)]
    ['em', 'strong', 'verdict']
    """
    found: list[str | Span] = []
    for piece in re.split(r"(\*\*[^*]+\*\*|\*[^*]+\*)", says):
        inner = piece.strip("*")
        if inner == piece:
            found.append(piece)
        elif inner in [verdict.value for verdict in Judgement]:
            found.append(Span(says=inner, role="verdict", of=inner))
        else:
            found.append(Span(says=inner, role="strong" if piece.startswith("**") else "em"))
    return tuple(found)


@dataclass(frozen=True)
class Text:
    """A paragraph.

    Attributes
    ----------
    says : str, Span or sequence of str and Span
        The text.
    role : str
        The kind of paragraph: "" (plain), ``found``, ``caution``, ``quiet``, ``quote``,
        ``formulas`` (one per span) or ``command``.
    """

    says: Rich
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A list of terms and their descriptions.

    Attributes
    ----------
    rows : sequence of pairs of texts
        Each term and its description.
    look : str
        The style on a page: ``facts``, ``rules``, ``letters``, ``kinds`` or ``list``.
    """

    rows: Sequence[tuple[Rich, Rich]]
    look: str = "facts"


@dataclass(frozen=True)
class Cell:
    """One cell of a table.

    Attributes
    ----------
    lines : sequence of str, Span or sequence of str and Span
        The lines of text.
    look : str
        The style on a page: "" (plain), ``own`` (highlighted) or ``number``.
    """

    lines: Sequence[Rich]
    look: str = ""


def cell_text(cell: Rich | Cell) -> str:
    """Return the text of a cell, with its lines separated by semicolons.

    Parameters
    ----------
    cell : Cell, str, Span or sequence of str and Span
        The cell, or its only line.

    Returns
    -------
    str
        The text without its roles.

    Examples
    --------
    >>> cell_text(Cell(["kept", "÷ 1.2"]))
    'kept; ÷ 1.2'
    """
    lines = cell.lines if isinstance(cell, Cell) else [cell]
    return "; ".join(map(plain_text, lines))


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table in words; ``data`` has the numbers of the same rows.

    Attributes
    ----------
    id : str
        The key of the table on the page and in JSON.
    head : sequence of str
        The headings of the columns; the cells of the first column are row headings.
    rows : sequence of sequences of cells
        The cells of each row. If a row is shorter than the head, its last cell spans the rest.
    caption : str, Span or sequence of str and Span
        How to read the table; placed above it.
    look : str
        The style on a page: ``verdicts`` and any of its variants (``judged``, ``marks``,
        ``theory``, ``parts``, ``every``), whose rows become blocks on a phone, or ``short``.
    data : sequence of mappings
        One mapping of plain data per row, for JSON; readers can download it as CSV.
    """

    id: str
    head: Sequence[str]
    rows: Sequence[Sequence[Rich | Cell]]
    caption: Rich = ""
    look: str = "verdicts"
    data: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, kw_only=True)
class Figure:
    """An exhibit with its title.

    Attributes
    ----------
    id : str
        The key of the figure on the page and in file names.
    title : str
        The heading above the figure.
    shown : Shown
        The content of the exhibit: table, drawing, caption, alternative text.
    group : str
        The title of the networks shown; "" if the figure shows none.
    """

    id: str
    title: str
    shown: Shown
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Card:
    """A statement and the evidence for it.

    Attributes
    ----------
    evidence : Evidence
        The statement with its findings.
    """

    evidence: Evidence


@dataclass(frozen=True, kw_only=True)
class Details:
    """Blocks that are folded under a summary; without a summary they are shown open in a box.

    Attributes
    ----------
    blocks : sequence of Block
        The content.
    summary : str, Span or sequence of str and Span
        The line that opens the content; "" for an open box.
    """

    blocks: Sequence[Block]
    summary: Rich = ""


@dataclass(frozen=True, kw_only=True)
class Studied:
    """The networks of one study, with what is needed to draw them again.

    Attributes
    ----------
    id, title : str
        Their names in JSON and on the page.
    origin : Origin
        The study, or the description of networks measured elsewhere.
    group, role : str
        Their group and role in a report; "" outside of reports.
    says : str
        How they were drawn, in words.
    overflows : sequence of mappings
        The networks that became non-finite, with the layer and pass in which this happened first.
    underflows : sequence of mappings
        The networks that became too faint for their precision, likewise.
    made_with : mapping
        The versions that their numbers depend on, if they differ from those of the page.
    """

    id: str
    title: str
    origin: Origin
    group: str = ""
    role: str = ""
    says: str = ""
    overflows: Sequence[Mapping[str, Any]] = ()
    underflows: Sequence[Mapping[str, Any]] = ()
    made_with: Mapping[str, str] = field(default_factory=dict)


Block = Text | Facts | Table | Figure | Card | Details | Studied


@dataclass(frozen=True, kw_only=True)
class Section:
    """A section of a page under a heading.

    Attributes
    ----------
    id : str
        The anchor of the section.
    title : str
        The heading.
    blocks : sequence of Block
        The content.
    part : bool
        Whether it is one of several alternatives that a reader chooses from.
    """

    id: str
    title: str
    blocks: Sequence[Block]
    part: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page: its question, its answer, its sections, and how to reproduce it.

    Attributes
    ----------
    name : str
        The name of the page, used in file names.
    title, question, lead : str
        The texts at the top of the page.
    command : str
        The command that makes this page; "" if no command does.
    cover : sequence of Block
        The picture that opens the page, and what it shows in a sentence.
    answer : sequence of Block
        The results, shown in the box at the top.
    top : sequence of Block
        Further blocks above the sections.
    sections : sequence of Section
        The body of the page.
    again : sequence of Block
        What is needed to reproduce the page, such as its studies.
    versions : mapping
        The versions that the numbers depend on.
    data : mapping
        Further plain data for JSON.
    """

    name: str
    title: str
    question: str
    lead: str = ""
    command: str = ""
    cover: Sequence[Block] = ()
    answer: Sequence[Block] = ()
    top: Sequence[Block] = ()
    sections: Sequence[Section] = ()
    again: Sequence[Block] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def blocks(self) -> list[Block]:
        """Return every block in the order of the page, including those inside `Details`."""
        body = [block for section in self.sections for block in section.blocks]
        return list(_opened((*self.cover, *self.answer, *self.top, *body, *self.again)))

    @property
    def figures(self) -> list[Figure]:
        """Return the figures in the order of the page."""
        return [block for block in self.blocks if isinstance(block, Figure)]


def _opened(blocks: Sequence[Block]) -> Iterator[Block]:
    for block in blocks:
        yield block
        if isinstance(block, Details):
            yield from _opened(block.blocks)
