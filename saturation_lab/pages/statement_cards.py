"""A statement on a page: its words, its formula, and its parts with their verdicts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from saturation_lab.claims.statement import Statement
from saturation_lab.inference.digits import short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.finding import Finding
from saturation_lab.pages.blocks import Block, Cell, Details, Facts, Rich, Span, Table, Text
from saturation_lab.study import Study
from saturation_lab.words.study_words import study_words

ROLES: Mapping[str, str] = {
    "met": "Assumption met",
    "violated": "Assumption violated",
    "precise": "Precise statement",
}
"""What a part is for, by the last word of its id; another one is headed by its sentence."""
_SAID = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("fails", "fail"),
    Verdict.UNDECIDED: ("is undecided", "are undecided"),
}
_HEAD = ("", "Tested", "Number", "Asked", "Networks", "Verdict")


def card_title(evidence: Evidence) -> Rich:
    """Return the heading of a card: id, kind and place, verdict."""
    stated = evidence.statement
    place = _place(stated)
    said: list[str | Span] = [
        f"{stated.id} ",
        Span(says=f"{stated.kind}{place and ', '}{place}", role="quiet"),
    ]
    if evidence.verdict is not None:
        said += [" ", verdict_span(evidence.verdict)]
    return said


def verdict_span(verdict: Verdict, says: str = "") -> Span:
    """Return a verdict, or words in its place, in its colour and under its sign."""
    return Span(says=says or verdict.value, role="verdict", of=verdict.value)


def card_blocks(evidence: Evidence) -> list[Block]:
    """Return what stands on a card under its heading."""
    stated, findings = evidence.statement, evidence.findings
    blocks: list[Block] = [Text(says=stated.sentence, role="quote")]
    if stated.formula:
        formulas = [
            Span(says=piece, role="formula", of="block") for piece in _pieces(stated.formula)
        ]
        blocks.append(Text(says=formulas, role="formulas"))
    if stated.assumes:
        blocks.append(Text(says=[Span(says="It assumes", role="quiet"), f" {stated.assumes}."]))
    if findings:
        blocks.append(Details(blocks=_decided(evidence, findings[0])))
    if stated.why:
        blocks.append(Text(says=Span(says=stated.why, role="strong")))
    blocks.append(Text(says=stated.precise))
    if findings[1:]:
        blocks.append(Details(summary=more(findings[1:]), blocks=[_parts(evidence)]))
    if evidence.origins:
        networks = Facts(rows=list(_networks(evidence)), look="list")
        blocks.append(Details(summary="The networks that decide", blocks=[networks]))
    if evidence.unexpected:
        news = ", ".join(f.claim.id for f in evidence.unexpected)
        words = f"Another verdict than the claims file expects: {news}."
        blocks.append(Text(says=words, role="caution"))
    return blocks


def _decided(evidence: Evidence, finding: Finding) -> list[Block]:
    """Return what the deciding part tests, and what came of it."""
    count = finding.interval.networks
    drawn = f"{count:,} networks" if count else "computed"
    theory = f", theory {_theory(finding)}" if _theory(finding) else ""
    return [
        Text(says=[Span(says="Tested:", role="quiet"), f" {finding.claim.sentence}"]),
        Text(says=finding.claim.precise, role="quiet"),
        Text(
            says=[
                f"{evidence.words(finding)}: ",
                Span(says=finding.number, role="strong"),
                f", asked {finding.asked}{theory}; {drawn}: ",
                verdict_span(finding.verdict),
            ]
        ),
    ]


def _parts(evidence: Evidence) -> Table:
    """Return the parts besides the deciding one; their numbers are the statement's in JSON."""
    rows = [_part(evidence, finding) for finding in evidence.findings[1:]]
    return Table(id=f"{evidence.statement.id}-parts", head=_HEAD, rows=rows, look="verdicts parts")


def _part(evidence: Evidence, finding: Finding) -> list[Rich | Cell]:
    networks = finding.interval.networks
    number: list[str | Span] = [
        Span(says=f"{evidence.words(finding)}:", role="is"),
        f" {finding.number}",
    ]
    if _theory(finding):
        number += [" ", Span(says=f"theory {_theory(finding)}", role="theory")]
    return [
        [
            f"{ROLES.get(_last(finding), finding.claim.sentence)} ",
            Span(says=finding.claim.id, role="part-id"),
        ],
        finding.claim.precise,
        number,
        [Span(says="asked ", role="word"), finding.asked],
        [f"{networks:,}", Span(says=" networks", role="word")] if networks else "computed",
        verdict_span(finding.verdict),
    ]


def _theory(finding: Finding) -> str:
    return short(finding.expected) if math.isfinite(finding.expected) else ""


def _pieces(formula: str) -> list[str]:
    r"""Return the formulas of a line, which quads or ",\ " part where no bracket is open.

    >>> _pieces(r"q = 1,\quad a \in U[0,\ 1],\ n = m")
    ['q = 1,', 'a \\in U[0,\\ 1],', 'n = m']
    """
    pieces, piece = [], ""
    for part in re.split(r"(\\q?quad\b|,\\ )", formula):
        gap = part.startswith((r"\quad", r"\qquad", ",\\ "))
        if gap and sum(map(piece.count, "([{")) == sum(map(piece.count, ")]}")):
            pieces.append(piece + part[: part.startswith(",")])
            piece = ""
        else:
            piece += part
    return [one.strip() for one in (*pieces, piece) if one.strip()]


def _networks(evidence: Evidence) -> Iterator[tuple[Rich, Rich]]:
    """Yield whose networks decide: the parts that they decide, and their origin in words."""
    users: dict[str, list[str]] = {name: [] for name in evidence.origins}
    for finding in evidence.findings:
        for role in finding.experiment.roles:
            users[role].append(finding.claim.id)
    for name, parts in users.items():
        origin = evidence.origins[name]
        says = f", {study_words(origin)}" if isinstance(origin, Study) else ""
        yield ", ".join(parts), f"“{name}”{says}"


def _place(stated: Statement) -> str:
    """Return where in its chapter a statement stands, as a paper's equation; "" if none is said."""
    chapter = f"{stated.heading}, "
    return stated.source.removeprefix(chapter) if stated.source.startswith(chapter) else ""


def more(findings: Sequence[Finding]) -> str:
    """Return how many parts there are besides, and what came of them by what they are for.

    As in "5 more parts: assumption met holds; precise statement holds; others: 2 hold, 1 fails".
    """
    verdicts: dict[str, Counter[Verdict]] = {}
    for role in (*ROLES.values(), "others"):
        found = Counter(f.verdict for f in findings if ROLES.get(_last(f), "others") == role)
        if found:
            verdicts[role.lower()] = found
    parts = "part" if len(findings) == 1 else "parts"
    if list(verdicts) == ["others"]:
        return f"{len(findings)} more {parts}: {_counted(verdicts['others'])}"
    said = [
        f"{role} {_SAID[next(iter(found))][0]}"
        if found.total() == 1 and role != "others"
        else f"{role}: {_counted(found)}"
        for role, found in verdicts.items()
    ]
    return f"{len(findings)} more {parts}: {'; '.join(said)}"


def _counted(found: Counter[Verdict]) -> str:
    return ", ".join(f"{found[v]} {words[found[v] > 1]}" for v, words in _SAID.items() if found[v])


def _last(finding: Finding) -> str:
    return finding.claim.id.rpartition(".")[2]
