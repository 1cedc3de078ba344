"""Facts at the top of a page: the networks, their inputs, and their weight distributions."""

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
    """Return the number of networks, their layers, examples, biases, seeds and loss.

    Biases and loss are known only for studies; they are omitted for networks that were measured
    elsewhere.

    Parameters
    ----------
    groups : mapping of str to Material
        The groups of a page, by name.

    Returns
    -------
    Facts
        The facts, as pairs of a term and a description.
    """
    every = [one for group in groups.values() for one in group.networks.values()]
    networks = span_text([len(one.networks) for one in every])
    rows: list[tuple[Rich, Rich]] = [
        ("Networks", f"{networks} for each configuration"),
        ("Hidden layers", _units(every)),
        ("Examples", _examples(every)),
    ]
    notes = dict.fromkeys(note for one in every for note in one.origin.input_notes)
    if notes:
        rows.append(("Inputs", " ".join(notes)))
    studies = [one.origin for one in every if isinstance(one.origin, Study)]
    if studies:
        rows.append(("Biases", bias_words(studies)))
    seeds = dict.fromkeys(str(one.origin.seed) for one in every if one.origin.seed is not None)
    if seeds:
        rows.append(("Seed", ", ".join(seeds)))
    if studies:
        rows.append(("Loss per example", LOSSES[studies[0].resolved_loss].formula))
    return Facts(rows=rows)


def _examples(every: Sequence[Measured]) -> str:
    first = every[0].origin
    count = span_text([one.examples for one in every])
    if not isinstance(first, Study):
        return count
    whose = "fresh for each network" if first.fresh_inputs else "the same for every network"
    return f"{count}, {whose}"


def _units(every: Sequence[Measured]) -> str:
    """Return the number of hidden layers, their units and the activation, in words."""
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
_ADVISED = "with a gain that theory computed for this depth and these inputs"

_Place = tuple[Material, str]
"""A group and the name of one of its roles."""


def rule_facts(groups: Mapping[str, Material], advised: Mapping[str, Collection[str]]) -> Facts:
    """Return the weight distribution of each initializer, with its source and gain.

    The term is the title of the role that uses the initializer, or the initializer's name if
    several do. The gain is given if the formula contains one.

    Parameters
    ----------
    groups : mapping of str to Material
        Networks sampled from studies, by the name of the group.
    advised : mapping of str to collection of str
        For each group, the roles whose initialization was recommended by theory.

    Returns
    -------
    Facts
        One row for each initializer, recommended ones apart.

    Raises
    ------
    InputError
        If networks were not sampled from a study.
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
    law = rule.formula.partition(", g = ")[0]  # the gain follows below
    formula = Span(rule.latex, "formula", plain=f"{law};")
    fans = Span(f"{source}; n = fan-in, m = fan-out{gain}", "quiet")
    return titles.pop() if len(titles) == 1 else rule.name, ["w ~ ", formula, " ", fans]


def _gains(places: Sequence[_Place]) -> str:
    """Return the gain of a rule, the gain for each group that uses it, or the range of gains."""
    gains = [study_of(group.networks[role]).architecture.gain for group, role in places]
    texts = {f"{gain:.4g}" for gain in gains}
    if len(texts) == 1:
        return f"g = {texts.pop()}"
    titles = [group.title for group, _ in places]
    if len(texts) > _MOST_GAINS or len(set(titles)) < len(places):
        return f"g = {min(gains):.4g} to {max(gains):.4g}"
    said = (f"{gain:.4g} for {title}" for gain, title in zip(gains, titles, strict=True))
    return f"g = {', '.join(said)}"
