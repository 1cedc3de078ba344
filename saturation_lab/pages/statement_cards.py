"""The card of a statement: its words, its formula, and its parts with their verdicts."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from saturation_lab.claims.statement import Statement
from saturation_lab.inference.digits import count_text, short
from saturation_lab.inference.verdict import Judgement, Verdict
from saturation_lab.judging.evidence import EXACTLY, Evidence
from saturation_lab.judging.finding import Finding
from saturation_lab.pages.blocks import Block, Details, Facts, Rich, Span, Table, Text, marked
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.strips import strip
from saturation_lab.study import Study
from saturation_lab.words.study_words import study_words

_ROLES: Mapping[str, str] = {
    "met": "Assumption met",
    "repaired": "Repaired notation",
    "violated": "Assumption violated",
    "precise": "Precise statement",
}
"""The heading of a part, by the last word of its id; other parts are headed by their sentence."""
_SAID = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.FAILS: ("fails", "fail"),
    Verdict.UNDECIDED: ("is undecided", "are undecided"),
}


def card_title(evidence: Evidence) -> Rich:
    """Return the heading of a card: id, kind, place in the chapter, verdict.

    Parameters
    ----------
    evidence : Evidence
        The statement with its findings.

    Returns
    -------
    str, Span or sequence of str and Span
        The heading; an attribution has no verdict.
    """
    stated, verdict = evidence.statement, evidence.verdict
    place = _place(stated)
    said = (f"{stated.id} ", Span(f"{stated.kind}{place and ', '}{place}", "quiet"))
    return said if verdict is None else (*said, " ", verdict_span(verdict, evidence.suffices))


def verdict_span(verdict: Verdict | Judgement, suffices: bool | None = None) -> Span:
    """Return a verdict as a span, which takes the verdict's colour and sign on a page.

    Parameters
    ----------
    verdict : Verdict or Judgement
        The verdict.
    suffices : bool, optional
        Whether advice suffices.

    Returns
    -------
    Span
        The word.

    Examples
    --------
    >>> verdict_span(Verdict.HOLDS)
    Span(says='holds', role='verdict', of='holds', plain='')
    >>> verdict_span(Judgement.ADVICE, suffices=False).says
    'advice, incomplete'
    """
    more = {None: "", True: ", suffices", False: ", incomplete"}[suffices]
    return Span(f"{verdict.value}{more}", "verdict", verdict.value)


def card_blocks(evidence: Evidence) -> Iterator[Block]:
    """Yield the content of a card, without its heading.

    Parameters
    ----------
    evidence : Evidence
        The statement with its findings.

    Yields
    ------
    Block
        The words of the source, the verdict in a line, the interval plots of the parts that decide
        it, the reason, and folded, everything else.
    """
    stated, findings = evidence.statement, evidence.findings
    yield Text(stated.sentence, "quote")
    if evidence.line and evidence.verdict not in _PLAIN:
        yield Text(evidence.line, "line")
    if findings:
        yield _deciding(evidence)
    if stated.why:
        yield Text(marked(stated.why))
    yield Details(summary=_summary(evidence), blocks=list(_folded(evidence)))
    if not evidence.as_expected:
        news = ", ".join(f.claim.id for f in evidence.unexpected) or stated.id
        yield Text(f"Differs from the verdict on record: {news}.", "caution")


_PLAIN = (Judgement.HOLDS, Judgement.FAILS, Judgement.UNDECIDED)
"""The verdicts whose line says no more than the interval plot."""


def _summary(evidence: Evidence) -> str:
    """Return what is folded under a card."""
    formula = "Formula and precise statement" if evidence.statement.formula else "Precise statement"
    more = evidence.findings[1:]
    return f"{formula}; {_more(more)}" if more else formula


def _folded(evidence: Evidence) -> Iterator[Block]:
    """Yield the formula, the assumptions, the precise statement, all parts, and the networks."""
    stated = evidence.statement
    if stated.formula:
        yield Text([Span(x, "formula", "block") for x in _pieces(stated.formula)], "formulas")
    if stated.assumes:
        yield Text([Span("This assumes", "quiet"), f" {stated.assumes}."])
    yield Text(stated.precise)
    if evidence.findings:
        yield _parts(evidence)
    if evidence.origins:
        networks = Facts(rows=list(_networks(evidence)), look="list")
        yield Details(summary="The networks that decide", blocks=[networks])


def _deciding(evidence: Evidence) -> Table:
    """Return the parts on which the verdict rests, each with its interval plot."""

    def case(finding: Finding) -> Rich:
        unit = finding.claim.unit
        said = finding.claim.case or finding.claim.sentence
        return f"{said}: {unit.says}" if unit else said

    columns: Mapping[str, Callable[[Finding], Rich]] = {
        "Tested": case,
        "Interval": strip,
        "Number": lambda finding: Span(EXACTLY if finding.exact else finding.number, "strong"),
        "Required": lambda finding: (
            "" if finding.exact else [Span("required: ", "word"), finding.asked]
        ),
    }
    id = f"{evidence.statement.id}-decides"
    return tabled(id, columns, evidence.deciding, look="verdicts strips")


def _parts(evidence: Evidence) -> Table:
    """Return a table of all parts, the deciding one first.

    It has no data of its own, because the card has the numbers in JSON.
    """

    def part(finding: Finding) -> Rich:
        said = _ROLES.get(_last(finding), finding.claim.sentence)
        return [f"{said} ", Span(finding.claim.id, "part-id")]

    def number(finding: Finding) -> Rich:
        said = (Span(f"{evidence.words(finding)}:", "is"), f" {finding.number}")
        theory = _theory(finding)
        return (*said, " ", Span(f"theory {theory}", "theory")) if theory else said

    def networks(finding: Finding) -> Rich:
        count = finding.interval.networks
        return [f"{count:,}", Span(" networks", "word")] if count else "computed"

    columns: Mapping[str, Callable[[Finding], Rich]] = {
        "": part,
        "Tested": lambda finding: finding.claim.precise,
        "Interval": strip,
        "Number": number,
        "Required": lambda finding: [Span("must be ", "word"), finding.asked],
        "Networks": networks,
        "Verdict": lambda finding: verdict_span(finding.verdict),
    }
    id = f"{evidence.statement.id}-parts"
    return tabled(id, columns, evidence.findings, look="verdicts parts")


def _theory(finding: Finding) -> str:
    return short(finding.theory) if math.isfinite(finding.theory) else ""


def _pieces(formula: str) -> list[str]:
    r"""Split a line of formulas at quads and at ",\ ", except inside brackets.

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
    """Yield, for each set of networks, the ids of the parts that it decides and its study."""
    users: dict[str, list[str]] = {name: [] for name in evidence.origins}
    for finding in evidence.findings:
        for role in finding.experiment.roles:
            users[role].append(finding.claim.id)
    for name, parts in users.items():
        origin = evidence.origins[name]
        says = f", {study_words(origin)}" if isinstance(origin, Study) else ""
        yield ", ".join(parts), f"“{name}”{says}"


def _place(stated: Statement) -> str:
    """Return the place of a statement in its chapter, such as an equation; "" if none is given."""
    chapter = f"{stated.heading}, "
    return stated.source.removeprefix(chapter) if stated.source.startswith(chapter) else ""


def _more(findings: Sequence[Finding]) -> str:
    """Return the number of further parts and their verdicts, grouped by their role.

    An example is "5 more parts: assumption met holds; precise statement holds; others: 2 hold,
    1 fails".
    """
    verdicts = {
        role: Counter(f.verdict for f in findings if _ROLES.get(_last(f), "others") == role)
        for role in (*_ROLES.values(), "others")
    }
    said = [_of_a_role(role, found) for role, found in verdicts.items() if found]
    if verdicts["others"].total() == len(findings):
        said = [_counted(verdicts["others"])]
    return f"{count_text(len(findings), 'more part')}: {'; '.join(said)}"


def _of_a_role(role: str, found: Counter[Verdict]) -> str:
    if found.total() == 1 and role != "others":
        return f"{role.lower()} {_SAID[next(iter(found))][0]}"
    return f"{role.lower()}: {_counted(found)}"


def _counted(found: Counter[Verdict]) -> str:
    return ", ".join(f"{found[v]} {words[found[v] > 1]}" for v, words in _SAID.items() if found[v])


def _last(finding: Finding) -> str:
    return finding.claim.id.rpartition(".")[2]
