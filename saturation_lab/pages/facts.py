"""What networks were drawn and shown, as the facts at the top of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from saturation_lab.exhibits.material import Material, units_text
from saturation_lab.measured import Measured
from saturation_lab.nets.losses import LOSSES
from saturation_lab.pages.blocks import Facts, Rich
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
