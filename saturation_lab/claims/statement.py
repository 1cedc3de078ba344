"""Statements: the words of a source, what they assume, and the claims that decide them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from saturation_lab.claims.claim import Claim

KINDS = {
    "identity": "checked exactly",
    "derivation": "predicted and sampled, with its assumption met and violated",
    "rule": "the effect of a recipe",
    "advice": "neither true nor false; tested is whether it suffices",
    "theorem": "ours, not the source's; checked exactly",
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
    needs : str
        The assumption without which the statement fails, as in "needs E a = 0". Then the first part
        tests it with the assumption violated, and the parts whose id begins with ``.met`` test it
        with the assumption met. By default, a derivation with such parts needs what it assumes.
    notation : str
        The repaired notation, if the formula is right except for its notation. Then the first part
        tests it as printed, and the part with the id ``.repaired`` tests it as repaired.
    should : str
        What the source should say instead, or what an advice leaves out; "" if nothing.
    idea : str
        The idea behind a statement that does not simply hold. Statements with the same idea count
        as one finding.
    expected : str
        The verdict on record; "" for the one that follows from the verdicts on record of the parts.
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
    needs: str = ""
    notation: str = ""
    should: str = ""
    idea: str = ""
    expected: str = ""

    def __post_init__(self) -> None:
        parts = tuple(self._completed(part, first=i == 0) for i, part in enumerate(self.parts))
        object.__setattr__(self, "parts", parts)
        if self.kind == "derivation" and self.parts_called("met") and not self.needs:
            object.__setattr__(self, "needs", self.assumes)

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

    def parts_called(self, name: str) -> tuple[Claim, ...]:
        """Return the parts whose id continues that of the statement with a name.

        Parameters
        ----------
        name : str
            The first word of their ids after that of the statement, such as "met".

        Returns
        -------
        tuple of Claim
            The parts.
        """
        start = f"{self.id}.{name}"
        return tuple(one for one in self.parts if f"{one.id}.".startswith(f"{start}."))

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
