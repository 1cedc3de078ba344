"""A statement of a source in its own words, what it assumes, and the claims that decide it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from saturation_lab.claims.claim import Claim

KINDS = {
    "identity": "checked exactly",
    "derivation": "predicted and sampled, with its assumption met and violated",
    "rule": "what a recipe does",
    "attribution": "who said it; no verdict",
}
"""Kinds of statements, and how each is answered."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a source, in its own words, and how it is decided.

    Attributes
    ----------
    id
        Part of the interface; never reused.
    kind
        A key of `KINDS`.
    source
        Where it stands.
    chapter
        The heading that it is listed under; "" for its source.
    sentence
        What the source says.
    precise
        The precise statement.
    formula
        The corrected formula, in LaTeX; "" where there is none.
    assumes
        What the source assumes without saying so; "" where nothing.
    parts
        The claims that decide it, the deciding one first; an attribution has none.
    why
        What the verdict means, in one sentence without numbers, as those are measured.
    """

    id: str
    kind: str
    sentence: str
    precise: str
    source: str = ""
    formula: str = ""
    assumes: str = ""
    parts: tuple[Claim, ...] = ()
    why: str = ""
    chapter: str = ""

    def __post_init__(self) -> None:
        parts = tuple(self._completed(part, first=i == 0) for i, part in enumerate(self.parts))
        object.__setattr__(self, "parts", parts)

    def _completed(self, part: Claim, *, first: bool) -> Claim:
        """Return a part with what it leaves out taken from the statement."""
        id = part.id or (self.id if first else "")
        return replace(
            part,
            id=f"{self.id}{id}" if id.startswith(".") else id,
            source=part.source or self.source,
            sentence=part.sentence or self.sentence,
            precise=part.precise or self.precise,
        )

    @property
    def heading(self) -> str:
        """Return what it is listed under."""
        return self.chapter or self.source or "Statements"


def of_source(source: str, *statements: Statement) -> tuple[Statement, ...]:
    """Return statements with one source: those that name none, and their parts that name none."""
    return tuple(replace(one, source=one.source or source) for one in statements)
