"""Terminal output of studies, theory, reports, grids, costs and self-checks, as blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from saturation_lab.advice.recommend import Recommendation
from saturation_lab.compare.contrast import Contrast
from saturation_lab.inference.digits import TIMES, count_text
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Kept, keeping
from saturation_lab.judging.kept_words import in_a_sentence
from saturation_lab.measured import Measured
from saturation_lab.pages.advice_text import advice_blocks
from saturation_lab.pages.as_text import as_text
from saturation_lab.pages.blocks import Block, Facts, Text
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.comparison_table import comparison_blocks
from saturation_lab.pages.study_table import (
    examples_shown,
    input_blocks,
    measured_blocks,
    prediction_blocks,
)
from saturation_lab.pages.texts import text
from saturation_lab.pages.theory_tables import constants_lines
from saturation_lab.pages.verdict_tables import verdict_lines
from saturation_lab.printed import Printed
from saturation_lab.proof.selfcheck import Check
from saturation_lab.sampling.cost import in_bytes, memory_needed, memory_of_machine
from saturation_lab.sampling.forecast import Cost
from saturation_lab.sampling.grid import GridResult
from saturation_lab.sampling.result import Result
from saturation_lab.theory.propagation import Prediction
from saturation_lab.words.numbers import DIVIDED, share_text
from saturation_lab.words.table_numbers import factor_cell
from saturation_lab.words.verdicts import MARKS

if TYPE_CHECKING:
    from saturation_lab.exhibits.material import Material
    from saturation_lab.pages.report import Report  # its import would load every figure


def verdict_blocks(report: Report) -> list[Block]:
    """Return the findings of a report for a terminal, group by group.

    Parameters
    ----------
    report : Report
        The computed report.

    Returns
    -------
    list of Block
        Tables of ratios with their 95 % intervals and verdicts, the constants of a report from
        theory alone, and sentences on which initializations keep signal and gradient.
    """
    groups = report.groups
    blocks = [block for group in groups.values() for block in verdict_lines(group)]
    if report.spec.alone:
        outlooks = [one for group in groups.values() for one in group.outlooks.items()]
        blocks.append(constants_lines(dict(outlooks)))
    for name in report.spec.tabled("keeps"):
        kept, titles = report.kept[name].items(), groups[name].titles
        blocks += [Text(in_a_sentence(block, one, titles)) for block, one in kept]
    return blocks


def time_blocks(report: Report, *, workers: int) -> list[Block]:
    """Return a table of the networks, the time and the memory of each group of a report.

    Parameters
    ----------
    report : Report
        The computed report.
    workers : int
        The number of worker processes, on which the memory depends.

    Returns
    -------
    list of Block
        One table; [] if nothing was sampled.
    """

    def count(group: Material) -> int:
        return sum(study.networks for study in group.studies)

    def seconds(x: float) -> str:
        return f"{x:#.3g}".rstrip(".")

    columns: dict[str, Callable[[Material], str]] = {
        "": lambda group: group.title,
        "networks": lambda group: f"{count(group):,}",
        "seconds": lambda group: seconds(report.seconds[group.name]),
        "per network": lambda group: seconds(report.seconds[group.name] / count(group)),
        "memory, up to": lambda group: in_bytes(
            max(memory_needed(study, workers=workers) for study in group.studies)
        ),
    }
    groups = report.sampled.values()
    return [tabled("times", columns, groups)] if groups else []


def _grid(result: GridResult) -> list[Block]:
    """Return, for each activation, how each initialization changes signal and gradient."""
    study = result.grid.study
    networks = count_text(study.networks, "network")
    blocks: list[Block] = [
        Text(f"{examples_shown(study)}, {networks} for each pair, seed {study.seed}"),
        *input_blocks(study.input_notes),
    ]
    for activation in result.activations:
        found = keeping(result.of(activation))
        table = tabled(activation, _GRID, found.kept.items(), caption=activation)
        titles = {name: name for name in found.kept}
        blocks += [table, Text(in_a_sentence(activation, found, titles))]
    return [*blocks, Text(text("terminal.grid", depth=len(study.widths)))]


_GRID: Mapping[str, Callable[[tuple[str, Kept]], str]] = {
    "": lambda one: one[0],
    "Std z": lambda one: " → ".join("–" if math.isnan(x) else f"{x:.2g}" for x in one[1].spread),
    "signal": lambda one: _change(one[1].signal, 1),
    "gradient": lambda one: _change(one[1].gradient, -1),
    "from input": lambda one: share_text(one[1].from_input.estimate),
    "saturated": lambda one: (
        share_text(one[1].saturated.estimate) if one[1].saturated.estimate >= 0 else "–"
    ),
}


def _change(finding: Finding, way: int) -> str:
    found, mark = finding.measured, MARKS[finding.verdict]
    if not found.estimate > 0:
        return f"{mark} undefined"
    shrinks = (found.estimate < 1) == (way > 0)
    ends = (found.low, found.high)
    if found.estimate < 1:
        ends = (1 / found.high, 1 / found.low if found.low > 0 else math.inf)
    factor = factor_cell(max(found.estimate, 1 / found.estimate), *ends)
    return f"{mark} {DIVIDED if shrinks else TIMES} {factor}"


def _cost(cost: Cost) -> list[Block]:
    """Return the estimated memory and time of a run, before it starts."""
    memory = f"about {in_bytes(cost.memory)} of {in_bytes(memory_of_machine())}"
    rows = [
        ("networks", f"{cost.networks:,} on {count_text(cost.workers, 'worker')}"),
        ("memory", memory),
        ("time", f"about {_duration(cost.seconds)}"),
    ]
    return [Facts(rows=rows)]


def _check(check: Check) -> list[Block]:
    """Return the outcome of one self-check, and what it means."""
    numbers = f"{check.measured:.2g} (limit {check.limit:.3g}), {check.seconds:.1f} s"
    mark = "passed" if check.passed else "FAILED"
    return [Facts(rows=[(mark, f"{check.name}: {numbers}"), ("", check.says)])]


def _duration(seconds: float) -> str:
    """Return a duration in words.

    >>> _duration(5), _duration(200), _duration(9000)
    ('5 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"


_BLOCKS: Mapping[type, Callable[[Any], list[Block]]] = {
    Result: measured_blocks,
    Measured: measured_blocks,
    Contrast: comparison_blocks,
    Prediction: prediction_blocks,
    Recommendation: advice_blocks,
    GridResult: _grid,
    Cost: _cost,
    Check: _check,
}


def text_of(found: Printed) -> str:
    """Return the text that the command line prints for a result.

    Parameters
    ----------
    found : Printed
        The result of a study, a prediction, a recommendation, a grid or a comparison.

    Returns
    -------
    str
        The text.
    """
    return as_text(blocks_of(found))


def blocks_of(found: object) -> list[Block]:
    """Return the terminal output for the result of a command.

    Parameters
    ----------
    found : Measured, Prediction, Recommendation, GridResult, Contrast, Cost or Check
        The result.

    Returns
    -------
    list of Block
        Tables and texts.
    """
    return _BLOCKS[type(found)](found)
