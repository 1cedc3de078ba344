"""What a page is made of: a frozen tree of a few kinds of blocks, before anything is rendered.

Builders return a `Page`; renderers (`as_html`, `as_json`, `as_text`) turn it into something to
read. A block holds words as they are said and, where it has numbers, the numbers themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from saturation_lab.exhibits.exhibit import Shown
from saturation_lab.judging.evidence import Evidence
from saturation_lab.measured import Origin


@dataclass(frozen=True, kw_only=True)
class Span:
    """A piece of text that is more than plain text.

    Attributes
    ----------
    says
        The text; of a formula its LaTeX.
    role
        What it is: ``quiet``, ``number``, ``theory``, ``strong``, ``em``, ``code``, ``formula``,
        ``unseen`` (for readers of the screen only), ``verdict``, ``phase``, ``link``, ...
    of
        Which one: the verdict or phase that is named, or where a link leads.
    """

    says: str
    role: str = ""
    of: str = ""


Rich = str | Sequence[str | Span]
"""Text with pieces that are more than plain text; in a string, what stands in backticks is code."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A paragraph; its role is "", ``found``, ``caution``, ``quiet`` or ``command``."""

    says: Rich
    role: str = ""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Terms and what is said of each; its look is ``facts``, ``rules``, ``letters`` or ``kinds``."""

    rows: Sequence[tuple[str, Rich]]
    look: str = "facts"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One cell of a table: lines of text, each rich; the look is "", ``own`` or ``number``."""

    lines: Sequence[Rich]
    look: str = ""


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
        One sequence of cells a row.
    caption
        How to read it, above it.
    look
        Which style it takes on a page.
    data
        The same as numbers, a mapping a row, as JSON takes it.
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
    headed: bool = True


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
    """Networks as they can be drawn again: their origin, and how they were drawn, in words."""

    title: str
    origin: Origin
    says: str
    overflowed: int = 0
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
        What the page rests on: studies and versions.
    versions
        The versions that its numbers depend on.
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
