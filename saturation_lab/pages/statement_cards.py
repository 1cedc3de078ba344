"""How does a statement stand on a page: its words, its formula, its parts with their verdicts?"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from latex2mathml.converter import convert
from markupsafe import Markup

from saturation_lab.claims.statement import Statement
from saturation_lab.inference.digits import short
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.evidence import Evidence
from saturation_lab.judging.judge import Finding
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


def card(evidence: Evidence) -> dict[str, Any]:
    """Return what a template shows of a statement."""
    stated, findings = evidence.statement, evidence.findings
    return {
        "id": stated.id,
        "kind": stated.kind,
        "place": _place(stated),
        "verdict": "" if evidence.verdict is None else evidence.verdict.value,
        "sentence": stated.sentence,
        "formulas": _formulas(stated.formula),
        "assumes": stated.assumes,
        "precise": stated.precise,
        "why": stated.why,
        "decides": _part(evidence, findings[0]) if findings else None,
        "parts": [_part(evidence, finding) for finding in findings[1:]],
        "more": more(findings[1:]),
        "networks": _networks(evidence),
        "news": [f.claim.id for f in evidence.unexpected],
    }


def _formulas(formula: str) -> list[Markup]:
    """Return a formula as MathML, cut where a line may break: at wide spaces, and after commas."""
    return [Markup(convert(piece, display="block")) for piece in _pieces(formula)]  # it escapes


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


def _networks(evidence: Evidence) -> list[dict[str, str]]:
    """Return whose networks decide: each study in words, and the parts that it decides."""
    users: dict[str, list[str]] = {name: [] for name in evidence.studies}
    for finding in evidence.findings:
        for role in finding.claim.experiment.roles:
            users[role].append(finding.claim.id)
    return [
        {"name": name, "says": study_words(evidence.studies[name]), "parts": ", ".join(parts)}
        for name, parts in users.items()
    ]


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


def _part(evidence: Evidence, finding: Finding) -> dict[str, Any]:
    networks = finding.interval.networks
    return {
        "head": ROLES.get(_last(finding), finding.claim.sentence),
        "tested": finding.claim.sentence,
        "id": Markup(".<wbr>").join(finding.claim.id.split(".")),  # which may break there
        "says": finding.claim.precise,
        "is": evidence.words(finding),
        "number": finding.number,
        "theory": short(finding.expected) if math.isfinite(finding.expected) else "",
        "asked": finding.asked,
        "networks": f"{networks:,}" if networks else "computed",
        "unit": " networks" if networks else "",
        "drawn": f"{networks:,} networks" if networks else "computed",
        "verdict": finding.verdict.value,
    }
