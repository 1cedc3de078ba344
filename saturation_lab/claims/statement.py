"""Statements: the words of a source, what they assume, and the claims that decide them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from saturation_lab.claims.claim import Claim

KINDS = {
    "identity": "checked exactly",
    "derivation": "predicted and sampled, with its assumption met and violated",
    "rule": "the effect of a recipe",
    "attribution": "the origin of an idea; no verdict",
}
"""The kinds of statements, and how each kind is tested."""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a source and how it is decided.

    Attributes
    ----------
    id : str
        A stable identifier, part of the interface and never reused.
    kind : str
        A key of `KINDS`.
    sentence : str
        The statement in the words of the source.
    precise : str
        The precise statement.
    source : str
        Where the statement is made.
    formula : str
        The corrected formula in LaTeX; "" if there is none.
    assumes : str
        The tacit assumptions of the source; "" if there are none.
    parts : tuple of Claim
        The claims that decide the statement, the deciding one first; empty for an attribution.
    why : str
        The reason for the verdict, without measured numbers.
    chapter : str
        The heading under which the statement is listed; "" for its source.
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
        """Return the part with omitted texts taken from the statement."""
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
        """The heading under which the statement is listed."""
        return self.chapter or self.source or "Statements"


def of_source(source: str, *statements: Statement) -> tuple[Statement, ...]:
    """Give statements and their parts a source, unless they have one.

    Parameters
    ----------
    source : str
        The source.
    *statements : Statement
        The statements.

    Returns
    -------
    tuple of Statement
        The completed statements.
    """
    return tuple(replace(one, source=one.source or source) for one in statements)
