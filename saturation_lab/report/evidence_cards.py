"""How does a statement stand on a page: its words, its formula, its parts with their verdicts?"""

from __future__ import annotations

import math
from typing import Any

from latex2mathml.converter import convert
from markupsafe import Markup

from saturation_lab.evidence import Evidence
from saturation_lab.inference.digits import short
from saturation_lab.judge import Finding


def card(evidence: Evidence) -> dict[str, Any]:
    """Return what a template shows of a statement."""
    stated = evidence.statement
    return {
        "id": stated.id,
        "kind": stated.kind,
        "verdict": "" if evidence.verdict is None else evidence.verdict.value,
        "sentence": stated.sentence,
        "formula": Markup(convert(stated.formula)) if stated.formula else "",  # our own or escaped
        "assumes": stated.assumes,
        "precise": stated.precise,
        "why": stated.why,
        "parts": [_part(finding) for finding in evidence.findings],
        "news": [f.claim.id for f in evidence.unexpected],
    }


def _part(finding: Finding) -> dict[str, Any]:
    networks = finding.interval.networks
    return {
        "id": Markup(".<wbr>").join(finding.claim.id.split(".")),  # which may break there
        "says": finding.claim.precise,
        "number": finding.number,
        "theory": short(finding.predicted) if math.isfinite(finding.predicted) else "",
        "asked": finding.asked,
        "networks": f"{networks:,}" if networks else "computed",
        "verdict": finding.verdict.value,
    }
