"""What networks were drawn from which laws and shown what, as the facts at the top of a page."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from saturation_lab.exhibits.material import Material, study_of, units_text
from saturation_lab.measured import Measured
from saturation_lab.nets.initializers import Initializer
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.blocks import Facts, Rich, Span
from saturation_lab.study import Study
from saturation_lab.words.numbers import span_text
from saturation_lab.words.study_words import bias_words


def sampled_facts(groups: Mapping[str, Material]) -> Facts:
    """Return how many networks of which layers, and what they were shown.

    What only a study says (biases, loss) is left out of networks that come from elsewhere.
    """
    every = [one for group in groups.values() for one in group.networks.values()]
    networks = span_text([len(one.networks) for one in every])
    rows: list[tuple[Rich, Rich]] = [
        ("Networks", f"{networks} of each kind that is shown"),
        ("Hidden layers", _units(every)),
        ("Examples", _examples(every)),
    ]
    studies = [one.origin for one in every if isinstance(one.origin, Study)]
    if studies:
        rows.append(("Biases", bias_words(studies)))
    seeds = dict.fromkeys(str(one.origin.seed) for one in every if one.origin.seed is not None)
    if seeds:
        rows.append(("Seed", ", ".join(seeds)))
    if studies:
        rows.append(("Loss of an example", LOSSES[studies[0].resolved_loss].formula))
    return Facts(rows=rows)


def _examples(every: Sequence[Measured]) -> str:
    first = every[0].origin
    count = span_text([one.examples for one in every])
    if not isinstance(first, Study):
        return count
    whose = "fresh for each network" if first.fresh_inputs else "the same for every network"
    return f"{count}, {whose}"


def _units(every: Sequence[Measured]) -> str:
    """Return how many units of which activation the hidden layers have."""
    depths = dict.fromkeys(one.depth for one in every)
    return "; ".join(
        _units_at(depth, [one for one in every if one.depth == depth]) for depth in depths
    )


def _units_at(depth: int, some: Sequence[Measured]) -> str:
    widths = dict.fromkeys(tuple(one.origin.widths) for one in some)
    even = [layers for layers in widths if len(set(layers)) == 1]
    uneven = [
        ", ".join(f"{units:,}" for units in layers) for layers in widths if layers not in even
    ]
    studies = [one.origin for one in some if isinstance(one.origin, Study)]
    names = {study.architecture.activation.title for study in studies}
    kind = names.pop() + " " if len(names) == 1 else ""
    said = [f"{units_text(even)} {kind}units each"] if even else []
    said += [layers if even else f"{layers} {kind}units" for layers in uneven]
    return f"{depth}: {'; or '.join(said)}"


_MOST_GAINS = 5
"""List at most this many gains of a rule; beyond that, the smallest and the largest."""
_ADVISED = "its form, with a gain that theory computed for this depth and these inputs"

_Place = tuple[Material, str]
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
    users: dict[tuple[Initializer, bool], list[_Place]] = {}
    for name, group in groups.items():
        for role, one in group.networks.items():
            rule = study_of(one).architecture.initializer
            users.setdefault((rule, role in advised[name]), []).append((group, role))
    return Facts(
        rows=[_law(rule, chosen, places) for (rule, chosen), places in users.items()], look="rules"
    )


def _law(rule: Initializer, chosen: bool, places: Sequence[_Place]) -> tuple[Rich, Rich]:
    titles = {group.titles[role] for group, role in places}
    source = f"{rule.source}; {_ADVISED}" if chosen else rule.source
    gained = re.search(r"(?<![a-z\\])g(?![a-z])", rule.latex)
    gain = f"; {_gains(places)}" if gained else ""
    law = rule.formula.partition(", g = ")[0]  # the gain is said below
    formula = Span(rule.latex, "formula", plain=f"{law};")
    fans = Span(f"{source}; n = fan-in, m = fan-out{gain}", "quiet")
    return titles.pop() if len(titles) == 1 else rule.name, ["w ~ ", formula, " ", fans]


def _gains(places: Sequence[_Place]) -> str:
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
