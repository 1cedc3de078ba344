"""Which laws are the weights of a page drawn from? Each once, with its source and its gains."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from latex2mathml.converter import convert
from markupsafe import Markup

from saturation_lab.exhibits.material import Group
from saturation_lab.nets.initializers import Initializer
from saturation_lab.pages.report import Report

MOST_GAINS = 5
"""So many gains of a rule are listed; of more the smallest and largest."""
_ADVISED = "its form, with a gain that theory computed for this depth and these inputs"


def rule_rows(report: Report) -> list[dict[str, Any]]:
    """Return each weight law as MathML under the role that has it, or its name where several do.

    With its gain where the law has one.
    """
    users: dict[tuple[Initializer, bool], list[tuple[Group, str]]] = {}
    for name, group in report.sampled.items():
        for role, result in group.results.items():
            advised = role in report.spec.groups[name].recommended
            rule = result.study.architecture.initializer
            users.setdefault((rule, advised), []).append((group, role))
    rules = []
    for (rule, advised), places in users.items():
        titles = {group.titles[role] for group, role in places}
        gained = re.search(r"(?<![a-z\\])g(?![a-z])", rule.latex)
        rules.append(
            {
                "title": next(iter(titles)) if len(titles) == 1 else rule.name,
                "name": rule.name,
                "source": f"{rule.source}; {_ADVISED}" if advised else rule.source,
                "law": Markup(convert(rule.latex)),  # our own formula
                "gain": _gains(places) if gained else "",
            }
        )
    return rules


def _gains(places: Sequence[tuple[Group, str]]) -> str:
    """Return the gain of a rule, or that of each place that has it, or from which to which."""
    gains = {
        f"{group.title}, {group.label(role)}": group.results[role].study.architecture.gain
        for group, role in places
    }
    texts = {f"{gain:.4g}" for gain in gains.values()}
    if len(texts) == 1:
        return f"g = {texts.pop()}"
    if len(texts) > MOST_GAINS or len({group.title for group, _ in places}) < len(places):
        return f"g = {min(gains.values()):.4g} to {max(gains.values()):.4g}"
    return "g = " + ", ".join(
        f"{group.results[role].study.architecture.gain:.4g} for {group.title}"
        for group, role in places
    )
