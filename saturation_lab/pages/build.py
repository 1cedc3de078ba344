"""Computation of a report: sampling, predictions and verdicts."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace

from saturation_lab.exhibits.material import Material
from saturation_lab.judging.evidence import Evidence, examine, hold
from saturation_lab.judging.foretelling import with_theory
from saturation_lab.judging.keeping import QUANTITIES, Keeping, keeping
from saturation_lab.measured import Measured, Tick
from saturation_lab.pages.report import Report
from saturation_lab.pages.spec import GroupSpec, Spec, Theory
from saturation_lab.sampling.grid import refuse_any_that_does_not_fit, sample_alike
from saturation_lab.theory.outlook import Outlook, outlook


def compute(spec: Spec, *, workers: int | None = None, tick: Tick | None = None) -> Report:
    """Sample the studies of a report, predict them, and judge the statements of every group.

    Activations that a group does not sample are computed from theory alone.

    Parameters
    ----------
    spec : Spec
        The specification of the report.
    workers : int, optional
        The number of worker processes; by default one per core.
    tick : callable, optional
        Callback for progress, called with the number of networks just sampled.

    Returns
    -------
    Report
        The report with all its results.

    Raises
    ------
    InputError
        If a study does not fit into memory; this is checked before anything is sampled.
    """
    refuse_any_that_does_not_fit(spec.studies.values(), workers=workers)
    groups: dict[str, Material] = {}
    seconds: dict[str, float] = {}
    for name, planned in spec.groups.items():
        start = time.perf_counter()
        groups[name] = Material(
            name=name,
            title=planned.title,
            networks=_sampled(planned, quantities_of(spec, name), workers, tick),
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


def _sampled(
    planned: GroupSpec, only: Collection[str] | None, workers: int | None, tick: Tick | None
) -> Mapping[str, Measured]:
    if not planned.studies:
        return {}
    return sample_alike(planned.studies, workers=workers, tick=tick, only=only)


def quantities_of(spec: Spec, group: str) -> frozenset[str] | None:
    """Return the quantities that a page needs of a group, which alone are computed.

    Parameters
    ----------
    spec : Spec
        The report.
    group : str
        The name of the group.

    Returns
    -------
    frozenset of str or None
        Those of its tables and figures; None for everything, because a figure may show any of them.
    """
    if spec.groups[group].judged:
        return None
    found: set[str] = set(QUANTITIES)
    for section in spec.sections:
        for name in spec.shown_in(section):
            if group in spec.parts_of(name):
                for exhibit in section.exhibits:
                    if exhibit.quantities is None:
                        return None
                    found.update(exhibit.quantities)
    return frozenset(found)


def _examined(spec: Spec, workers: int | None) -> dict[str, Evidence]:
    """Return the evidence for the statements that the page shows."""
    found: list[Evidence] = []
    for statements, studies in spec.sources:
        chosen = [statement for statement in statements if statement.id in spec.stated]
        found += examine(chosen, studies, workers=workers) if chosen else []
    return {one.statement.id: one for one in found}


def _foreseen(planned: GroupSpec, theory: Theory | None) -> dict[str, Outlook]:
    """Return the theory of the activations that a group does not sample, by their titles."""
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
    """Return what the initializations of a group keep, by activation."""
    blocks: dict[str, list[str]] = {}
    for role in group.networks:
        blocks.setdefault(group.blocks.get(role, group.title), []).append(role)
    return {
        block: keeping({role: group.networks[role] for role in roles})
        for block, roles in blocks.items()
    }


def _predicted(groups: Mapping[str, Material], workers: int | None) -> dict[str, Material]:
    """Return the groups with predictions added to their networks.

    Groups with a list of activations get none, because their table shows no predictions.
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
