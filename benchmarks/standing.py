"""The evaluation of a case: medians, the better peer, the ratio, and whether it reaches the bar."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.cases import Case, Entrant, Measure, Run

Runs = Mapping[Entrant, Sequence[Run]]


@dataclass(frozen=True, kw_only=True)
class Score:
    """The measurements of one entrant in every round, and their median."""

    label: str
    networks_a_round: int
    rounds: tuple[float, ...]
    median: float


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The evaluation of a case after all rounds.

    Attributes
    ----------
    name, title, unit : str
        Those of the case.
    bar : float or None
        The bar of the case.
    more_is_better : bool
        Whether the ratio must reach the bar; otherwise it must not exceed it.
    ours : Score
        The score of saturation_lab.
    peers, beside : tuple of Score
        The scores of the peers, and of entrants that are only shown.
    best : str or None
        The label of the better peer; None without peers.
    ratio : float
        Our median divided by that of the better peer; our median without peers.
    reached : bool or None
        Whether the ratio satisfies the bar; None without a bar.
    """

    name: str
    title: str
    unit: str
    bar: float | None
    more_is_better: bool
    ours: Score
    peers: tuple[Score, ...]
    beside: tuple[Score, ...]
    best: str | None
    ratio: float
    reached: bool | None


def standing(case: Case, runs: Runs) -> Standing:
    """Evaluate a case from the runs of all its entrants."""
    measure = case.measure
    ours = _score(case.ours, runs, measure)
    peers = tuple(_score(peer, runs, measure) for peer in case.peers)
    better = max if measure.more_is_better else min
    best = better(peers, key=lambda score: score.median) if peers else None
    ratio = ours.median / best.median if best else ours.median
    return Standing(
        name=case.name,
        title=case.title,
        unit=measure.unit,
        bar=case.bar,
        more_is_better=measure.more_is_better,
        ours=ours,
        peers=peers,
        beside=tuple(_score(entrant, runs, measure) for entrant in case.beside),
        best=best.label if best else None,
        ratio=ratio,
        reached=_enough(ratio, case.bar, more_is_better=measure.more_is_better),
    )


def _score(entrant: Entrant, runs: Runs, measure: Measure) -> Score:
    found = tuple(measure.of(run) for run in runs[entrant])
    return Score(
        label=entrant.label,
        networks_a_round=entrant.networks,
        rounds=found,
        median=statistics.median(found),
    )


def _enough(ratio: float, bar: float | None, *, more_is_better: bool) -> bool | None:
    if bar is None:
        return None
    return ratio >= bar if more_is_better else ratio <= bar
