"""Makes a report: samples, predicts and judges its studies."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from saturation_lab.exhibits.material import Material
from saturation_lab.judging.evidence import Evidence, examine, hold
from saturation_lab.judging.foretelling import with_theory
from saturation_lab.judging.keeping import Keeping, keeping
from saturation_lab.measured import Measured, Tick
from saturation_lab.pages.report import Report
from saturation_lab.pages.spec import GroupSpec, Spec, Theory
from saturation_lab.sampling.grid import refuse_any_that_does_not_fit, sample_alike
from saturation_lab.theory.outlook import Outlook, outlook


def compute(spec: Spec, *, workers: int | None = None, tick: Tick | None = None) -> Report:
    """Sample every study of a report, predict it, and judge its statements in every group.

    What a report shows of activations that it does not sample is computed from theory alone.
    """
    refuse_any_that_does_not_fit(spec.studies.values(), workers=workers)
    groups: dict[str, Material] = {}
    seconds: dict[str, float] = {}
    for name, planned in spec.groups.items():
        start = time.perf_counter()
        groups[name] = Material(
            name=name,
            title=planned.title,
            networks=_sampled(planned, workers, tick),
            titles=planned.titles,
            blocks=planned.blocks,
            outlooks=_foreseen(planned, spec.theory),
        )
        seconds[name] = time.perf_counter() - start
    groups = _predicted(groups, workers)
    kept = {name: _kept_of(groups[name]) for name in spec.tabled("keeps", "cells")}
    stated = _examined(spec, workers)
    judged = {
        name: replace(
            group,
            judged=hold(spec.groups[name].judged, group.networks),
            kept={r: one for k in kept.get(name, {}).values() for r, one in k.kept.items()},
            stated=stated,
        )
        for name, group in groups.items()
    }
    return Report(spec=spec, groups=judged, kept=kept, stated=stated, seconds=seconds)


def _sampled(planned: GroupSpec, workers: int | None, tick: Tick | None) -> Mapping[str, Measured]:
    if not planned.studies:
        return {}
    return sample_alike(planned.studies, workers=workers, tick=tick)


def _examined(spec: Spec, workers: int | None) -> dict[str, Evidence]:
    """Return the evidence for the statements that the page shows."""
    found: list[Evidence] = []
    for statements, studies in spec.sources:
        chosen = [statement for statement in statements if statement.id in spec.stated]
        found += examine(chosen, studies, workers=workers) if chosen else []
    return {one.statement.id: one for one in found}


def _foreseen(planned: GroupSpec, theory: Theory | None) -> dict[str, Outlook]:
    """Return what theory says of the activations that a group does not sample."""
    if theory is None:
        return {}
    alone = len(planned.foreseen) == 1
    return {
        planned.title if alone else activation.title: outlook(
            activation, depth=theory.depth, width=theory.width
        )
        for activation in planned.foreseen
    }


def _kept_of(group: Material) -> dict[str, Keeping]:
    """Return which initialization keeps signal and gradient, for each activation of a group."""
    blocks: dict[str, list[str]] = {}
    for role in group.networks:
        blocks.setdefault(group.blocks.get(role, group.title), []).append(role)
    return {
        block: keeping({role: group.networks[role] for role in roles})
        for block, roles in blocks.items()
    }


def _predicted(groups: Mapping[str, Material], workers: int | None) -> dict[str, Material]:
    """Return the groups with what theory expects of their networks.

    A group of many activations shows what is kept, beside which no theory stands.
    """
    networks = {
        (name, role): one
        for name, group in groups.items()
        for role, one in group.networks.items()
        if role not in group.blocks
    }
    found = with_theory(networks, workers=workers)
    return {
        name: replace(
            group, networks={r: found.get((name, r), one) for r, one in group.networks.items()}
        )
        for name, group in groups.items()
    }
