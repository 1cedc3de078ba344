"""How is a report made? Sample, predict and judge its studies, draw its figures, write its page."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from saturation_lab.claims import CLAIM_SETS
from saturation_lab.claims.claim import Claim
from saturation_lab.exhibits.exhibit import Exhibit
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.theory_lines import predictions
from saturation_lab.figures.builds import build
from saturation_lab.figures.dark import darken
from saturation_lab.figures.theme import CANVASES, Canvas, sign, theme, written
from saturation_lab.files import write_atomically
from saturation_lab.judging.evidence import Evidence, examine
from saturation_lab.judging.finding import judge
from saturation_lab.judging.keeping import Keeping, keeping
from saturation_lab.judging.statement_files import read_statements
from saturation_lab.measured import Tick
from saturation_lab.pages.html import Figures
from saturation_lab.pages.json_twin import twin_text
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import page
from saturation_lab.pages.slides import slides
from saturation_lab.pages.spec import Planned, Spec, Theory
from saturation_lab.pages.theory_page import theory_page
from saturation_lab.sampling.grid import refuse_any_that_does_not_fit, sample_alike
from saturation_lab.theory.outlook import outlook


def compute(spec: Spec, *, workers: int | None = None, tick: Tick | None = None) -> Report:
    """Sample every study of a report, predict it, and judge its claims in every group.

    What a report shows of activations that it does not sample is computed from theory alone.
    """
    refuse_any_that_does_not_fit(spec.studies.values(), workers=workers)
    groups: dict[str, Group] = {}
    seconds: dict[str, float] = {}
    for name, planned in spec.groups.items():
        start = time.perf_counter()
        groups[name] = _foreseen(name, planned, spec.theory) or Group(
            name=name,
            title=planned.title,
            results=sample_alike(planned.studies, workers=workers, tick=tick),
            titles=planned.titles,
            blocks=planned.blocks,
        )
        seconds[name] = time.perf_counter() - start
    groups = _predicted(groups, workers)
    findings = {
        name: tuple(
            judge(claim, groups[name].results, groups[name].predictions)
            for claim in _claims(planned.claims)
        )
        for name, planned in spec.groups.items()
        if planned.claims
    }
    kept = {name: kept_of(groups[name]) for name in spec.tabled("keeps", "cells")}
    evidence = _examined(spec, workers)
    judged = {
        name: replace(
            group,
            evidence=evidence,
            findings=findings.get(name, ()),
            kept={r: one for k in kept.get(name, {}).values() for r, one in k.kept.items()},
        )
        for name, group in groups.items()
    }
    return Report(
        spec=spec,
        groups=judged,
        findings=findings,
        kept=kept,
        evidence=evidence,
        seconds=seconds,
    )


def _examined(spec: Spec, workers: int | None) -> dict[str, Evidence]:
    """Return the evidence for the statements that the page shows."""
    shown = {name for section in spec.sections for name in section.statements}
    if not shown:
        return {}
    everything, studies = read_statements()
    chosen = [statement for statement in everything if statement.id in shown]
    return {one.statement.id: one for one in examine(chosen, studies, workers=workers)}


def _foreseen(name: str, planned: Planned, theory: Theory | None) -> Group | None:
    """Return what theory says of a group's activations, or None for one that is sampled."""
    if theory is None or not planned.foreseen:
        return None
    alone = len(planned.foreseen) == 1
    outlooks = {
        planned.title if alone else activation.title: outlook(
            activation, depth=theory.depth, width=theory.width
        )
        for activation in planned.foreseen
    }
    return Group(name=name, title=planned.title, results={}, titles={}, outlooks=outlooks)


def kept_of(group: Group) -> dict[str, Keeping]:
    """Return which initialization keeps signal and gradient, for each activation of a group."""
    blocks: dict[str, list[str]] = {}
    for role in group.results:
        blocks.setdefault(group.blocks.get(role, group.title), []).append(role)
    return {
        block: keeping({role: group.results[role] for role in roles}, group.predictions)
        for block, roles in blocks.items()
    }


def _predicted(groups: Mapping[str, Group], workers: int | None) -> dict[str, Group]:
    """Return the groups with what theory expects of their studies, as they were resolved.

    A group of many activations shows what is kept, beside which no theory stands.
    """
    studies = {
        (name, role): result.study
        for name, group in groups.items()
        for role, result in group.results.items()
        if role not in group.blocks
    }
    found = predictions(studies, workers=workers)
    return {
        name: replace(
            group, predictions={r: found[name, r] for r in group.results if (name, r) in found}
        )
        for name, group in groups.items()
    }


def _claims(sets: Sequence[str]) -> Iterator[Claim]:
    for name in sets:
        yield from CLAIM_SETS[name].values()


def drawn(report: Report) -> Figures:
    """Return the page's figures: for each id the SVG for a wide and for a narrow screen."""
    see_through = [replace(CANVASES[name], background="none") for name in ("page", "phone")]
    return {
        key: {canvas.name: draw_exhibit(exhibit, group, canvas, "svg") for canvas in see_through}
        for key, exhibit, group in report.exhibits()
    }


def draw_exhibit(exhibit: Exhibit, group: Group, canvas: Canvas, kind: str) -> bytes:
    """Return one figure as bytes of a kind (svg, png, pdf)."""
    return _pictures(exhibit, exhibit.table(group), group, canvas, kind, builds=False)[-1]


def _pictures(
    exhibit: Exhibit, table: pd.DataFrame, group: Group, canvas: Canvas, kind: str, *, builds: bool
) -> list[bytes]:
    """Return the figure of a table, or all pictures of its build, the full one last."""
    with theme(canvas):
        figure = exhibit.draw(table, canvas, group)
        if not exhibit.alone:
            sign(figure, canvas, group.footer)
        if canvas.dark:
            darken(figure, images=exhibit.plot)
        return build(figure, kind) if builds else [written(figure, kind)]


def write_page(report: Report, folder: Path) -> Path:
    """Write the page to ``folder/index.html`` and return its path."""
    write = theory_page if report.spec.alone else page
    return write_atomically(folder / "index.html", write(report, drawn(report)).encode())


def write_twin(report: Report, folder: Path) -> Path:
    """Write what the page says, as data, to ``folder/report.json`` and return its path."""
    return write_atomically(folder / "report.json", f"{twin_text(report)}\n".encode())


def write_figures(
    report: Report,
    folder: Path,
    *,
    formats: tuple[str, ...],
    canvas: Canvas,
    builds: bool = False,
) -> list[Path]:
    """Write every figure by its id in every format; return the paths.

    What is too much for a slide is cut into several, ``ID-NAME.svg``. With ``builds`` a figure of
    several steps is also written step by step: ``ID-1.svg``, ``ID-2.svg``, ..., the last the same
    as ``ID.svg``, and in all of them what stands stands in the same place.
    """
    files = {}
    for key, exhibit, group in report.exhibits():
        for name, table in slides(exhibit, group, canvas).items():
            for kind in formats:
                pictures = _pictures(exhibit, table, group, canvas, kind, builds=builds)
                files[folder / f"{key}{name}.{kind}"] = pictures[-1]
                if len(pictures) > 1:
                    for number, picture in enumerate(pictures, 1):
                        files[folder / f"{key}{name}-{number}.{kind}"] = picture
    return [write_atomically(path, content) for path, content in files.items()]
