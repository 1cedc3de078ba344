"""Which laws the weights of a page are drawn from: each once, with its source and its gains."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from saturation_lab.exhibits.material import Material, study_of
from saturation_lab.nets.initializers import Initializer
from saturation_lab.pages.blocks import Facts, Rich, Span

_MOST_GAINS = 5
"""List at most this many gains of a rule; beyond that, the smallest and the largest."""
_ADVISED = "its form, with a gain that theory computed for this depth and these inputs"

Place = tuple[Material, str]
"""A group and one of its roles."""


def rule_facts(groups: Mapping[str, Material], advised: Mapping[str, Collection[str]]) -> Facts:
    """Return each weight law under the role that has it, or its name where several do.

    With its gain where the law has one.

    Parameters
    ----------
    groups
        Networks of studies, by the name of the group.
    advised
        Of each group the roles whose initialization theory chose.
    """
    users: dict[tuple[Initializer, bool], list[Place]] = {}
    for name, group in groups.items():
        for role, one in group.networks.items():
            rule = study_of(one).architecture.initializer
            users.setdefault((rule, role in advised[name]), []).append((group, role))
    return Facts(
        rows=[_law(rule, chosen, places) for (rule, chosen), places in users.items()], look="rules"
    )


def _law(rule: Initializer, chosen: bool, places: Sequence[Place]) -> tuple[Rich, Rich]:
    titles = {group.titles[role] for group, role in places}
    source = f"{rule.source}; {_ADVISED}" if chosen else rule.source
    gained = re.search(r"(?<![a-z\\])g(?![a-z])", rule.latex)
    gain = f"; {_gains(places)}" if gained else ""
    law = rule.formula.partition(", g = ")[0]  # the gain is said below
    formula = Span(rule.latex, "formula", plain=f"{law};")
    fans = Span(f"{source}; n = fan-in, m = fan-out{gain}", "quiet")
    return titles.pop() if len(titles) == 1 else rule.name, ["w ~ ", formula, " ", fans]


def _gains(places: Sequence[Place]) -> str:
    """Return the gain of a rule, or that of each place that has it, or from which to which."""
    gains = [study_of(group.networks[role]).architecture.gain for group, role in places]
    texts = {f"{gain:.4g}" for gain in gains}
    if len(texts) == 1:
        return f"g = {texts.pop()}"
    titles = [group.title for group, _ in places]
    if len(texts) > _MOST_GAINS or len(set(titles)) < len(places):
        return f"g = {min(gains):.4g} to {max(gains):.4g}"
    said = (f"{gain:.4g} for {title}" for gain, title in zip(gains, titles, strict=True))
    return f"g = {', '.join(said)}"
