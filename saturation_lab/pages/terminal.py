"""What does a person read in a terminal? Tables of plain text."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from saturation_lab.exhibits.constants import constants_text
from saturation_lab.exhibits.pair_rows import in_a_sentence
from saturation_lab.inference.digits import TIMES, rounded, short
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Kept, keeping
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.nets.inputs import INPUTS
from saturation_lab.nets.own_inputs import FILES
from saturation_lab.sampling.cost import in_bytes, memory_needed, memory_of_machine
from saturation_lab.sampling.forecast import Cost
from saturation_lab.sampling.grid import GridResult
from saturation_lab.sampling.result import Result
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.words.numbers import (
    DIVIDED,
    estimate_text,
    interval_text,
    share_text,
)

if TYPE_CHECKING:
    from saturation_lab.pages.report import Report  # with every figure behind it
    from saturation_lab.proof.selfcheck import Check
    from saturation_lab.study import Study
    from saturation_lab.theory.propagation import Prediction

BLOCKS = {
    "On the way up": {
        "z²": "pre_activation_mean_square",
        "a²": "activation_mean_square",
        "saturated": "saturated_share",
        "from input": "input_share_of_variance",
    },
    "On the way down": {
        "δ²": "gradient_mean_square",
        "(∂C/∂W)²": "weight_gradient_mean_square",
        "batch (∂C/∂W)²": "batch_weight_gradient_mean_square",
    },
}
"""What the table of one study shows: blocks narrow enough for a terminal, headings, quantities."""

_KEY = """\
{means}: pre-activation z, activation a; {saturated}; \
share of z² that varies with the input (its variance by ddof 1: a little over 100 % is possible); \
δ = ∂C/∂z; weight gradient of one example, and of the mini-batch of all {examples}. """


def result_table(result: Result) -> str:
    """Return a study's profile: mean over networks ± half of its 95 % interval."""
    study = result.study
    networks = "one network" if study.networks == 1 else f"{study.networks:,} networks"
    lines = [
        f"{study.architecture.activation.name}, {study.architecture.initializer.name}, "
        f"{study.inputs}, "
        f"{study.examples:,} example{'s' * (study.examples > 1)}, {networks}, seed {study.seed}, "
        f"{study.sampler}"
    ]
    for title, columns in BLOCKS.items():
        rows = [["layer", *columns]]
        for layer in range(1, result.summary.values.shape[1] + 1):
            cells = [_cell(result, quantity, layer) for quantity in columns.values()]
            rows.append([str(result.layer_name(layer)), *cells])
        lines += ["", title, *aligned(rows)]
    key = _key(study, "Means over units, examples and networks")
    lines += ["", *textwrap.wrap(key + _meaning_of_intervals(result), 90)]
    if result.summary.overflowed:
        first = result.overflows()[0]
        lines.append(
            f"{result.summary.overflowed} of {study.networks} networks overflowed; network "
            f"{first['network']} first in layer {first['layer']} of the {first['pass']} pass."
        )
    return "\n".join(lines)


def _key(study: Study, means: str) -> str:
    low, high = study.thresholds
    ends = [f"z < {low:.3g}"] * math.isfinite(low) + [f"z > {high:.3g}"] * math.isfinite(high)
    saturated = "saturated: " + (" or ".join(ends) or "nowhere")
    return _KEY.format(means=means, saturated=saturated, examples=f"{study.examples:,}")


def prediction_table(found: Prediction) -> str:
    """Return what theory expects of a study's profile, in the columns of `result_table`."""
    study, depth = found.study, found.depth
    lines = [
        f"{study.architecture.activation.name}, {study.architecture.initializer.name}, "
        f"{study.inputs}, {study.examples:,} example{'s' * (study.examples > 1)}, wide layers"
    ]
    for title, columns in BLOCKS.items():
        rows = [["layer", *columns]]
        for layer in range(1, len(found.values) + 1):
            values = {name: found.value(name, layer) for name in columns.values()}
            cells = [_expected(x, percent=in_percent(name)) for name, x in values.items()]
            rows.append([str(layer) if layer <= depth else "output", *cells])
        lines += ["", title, *aligned(rows)]
    key = _key(study, "Expected means over units, examples and networks") + _THEORY
    return "\n".join([*lines, "", *textwrap.wrap(key, 90)])


_THEORY = """\
Theory of wide layers: networks of width n differ from it by about 1/n and scatter around it."""


def _expected(x: float, *, percent: bool) -> str:
    if math.isnan(x):
        return "–"
    return f"{100 * x:.4g} %" if percent else f"{x:.4g}"


def in_percent(quantity: str) -> bool:
    """Return whether a quantity is a share that is shown in percent."""
    return quantity.endswith(("share", "share_of_variance"))


def _meaning_of_intervals(result: Result) -> str:
    if result.study.networks == 1:
        return "No interval: one network has no spread."
    return "± half of the 95 % interval over networks."


def _cell(result: Result, quantity: str, layer: int) -> str:
    interval = mean_interval(result.values(quantity, layer))
    if math.isnan(interval.estimate):
        middle = result.medians()[layer - 1, list(QUANTITIES).index(quantity)]
        return f"median {short(middle)}" if math.isfinite(middle) else "–"
    half = (interval.high - interval.low) / 2
    percent = in_percent(quantity)
    if math.isnan(half) or half == 0:  # one network, or the same value in all of them
        return rounded(interval.estimate, math.nan, percent=percent)
    if not percent and interval.estimate and not 1e-3 <= abs(interval.estimate) < 1e5:
        return _scientific(interval.estimate, half)
    scale = 100 if percent else 1
    digits = max(0, 1 - math.floor(math.log10(scale * half))) if half > 0 else 0
    text = f"{scale * interval.estimate:.{digits}f} ± {scale * half:.{digits}f}"
    return text + (" %" if percent else "")


def _scientific(x: float, half: float) -> str:
    power = math.floor(math.log10(abs(x)))
    digits = max(0, 1 - math.floor(math.log10(half / 10.0**power))) if half > 0 else 2
    return f"({x / 10.0**power:.{digits}f} ± {half / 10.0**power:.{digits}f})e{power:+03d}"


def verdict_table(report: Report) -> str:
    """Return the findings of a report, group by group: ratios with their 95 % intervals.

    Of a report from theory alone its constants.
    """
    lines = []
    for name, findings in report.findings.items():
        group = report.groups[name]
        rows = [["claim", f"layer {group.depth} over layer 1", "instead of", "shown", "verdict"]]
        for finding in findings:
            beside = "" if finding.beside is None else estimate_text(finding.beside)
            measured = _with_interval(finding.measured)
            if not finding.claim.experiment.logarithmic:
                measured = f"mean over layers {measured}"
            rows.append([finding.claim.id, measured, beside, finding.shown, finding.verdict.value])
        more = [f"{f.claim.id}: {f.outlook.strip('; ')}" for f in findings if f.outlook]
        lines += [f"{group.title}: {group.size}", *aligned(rows), *more, ""]
    if report.spec.alone:
        outlooks = [group.outlooks for group in report.groups.values()]
        lines.append(constants_text({t: one for some in outlooks for t, one in some.items()}))
    for name in report.spec.tabled("keeps"):
        titles, blocks = report.groups[name].titles, report.kept[name]
        lines += [in_a_sentence(block, kept, titles) for block, kept in blocks.items()]
    return "\n".join(lines)


def time_table(report: Report, *, workers: int) -> str:
    """Return what every group of a report took: its networks, seconds and memory."""
    if report.spec.alone:
        return ""
    rows = [["", "networks", "seconds", "each", "memory, up to"]]
    for name, group in report.sampled.items():
        studies = [result.study for result in group.results.values()]
        count, seconds = sum(study.networks for study in studies), report.seconds[name]
        need = max(memory_needed(study, workers=workers) for study in studies)
        times = [f"{x:#.3g}".rstrip(".") for x in (seconds, seconds / count)]
        rows.append([group.title, f"{count:,}", *times, in_bytes(need)])
    return "\n".join(aligned(rows))


_GRID_KEY = """\
From hidden layer 1 to {depth}: Std z; the signal on its way up (variance of a over the examples, \
mean over units); the gradient on its way down (mean square of δ = ∂C/∂z): divided (÷) or \
multiplied (×) by, geometric mean over networks ± half of its 95 % interval. ✓ kept, by less than \
a factor 2; ✗ not kept; ? undecided. In layer {depth}: share of a² that varies with the input, \
and of saturated units. The worse factor is the larger of the two changes in each network."""

MARKS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNDECIDED: "?"}


def grid_table(result: GridResult) -> str:
    """Return for each activation what every initialization does to signal and gradient."""
    study = result.grid.study
    lines = [
        f"{study.inputs}, {study.examples:,} example{'s' * (study.examples > 1)}, "
        f"{study.networks:,} network{'s' * (study.networks > 1)} for each pair, seed {study.seed}"
    ]
    for activation in result.activations:
        found = keeping(result.of(activation))
        rows = [["", "Std z", "signal", "gradient", "from input", "saturated"]]
        rows += [[name, *_pair_cells(kept)] for name, kept in found.kept.items()]
        titles = {name: name for name in found.kept}
        lines += ["", activation, *aligned(rows)]
        lines += textwrap.wrap(in_a_sentence(activation, found, titles), 90)
    return "\n".join([*lines, "", *textwrap.wrap(_GRID_KEY.format(depth=len(study.widths)), 90)])


def _pair_cells(kept: Kept) -> list[str]:
    return [
        " → ".join("–" if math.isnan(x) else f"{x:.2g}" for x in kept.spread),
        _change(kept.signal, 1),
        _change(kept.gradient, -1),
        share_text(kept.from_input.estimate),
        share_text(kept.saturated.estimate) if kept.saturated.estimate >= 0 else "–",
    ]


def _change(finding: Finding, way: int) -> str:
    ratio = finding.measured
    if not ratio.estimate > 0:
        return f"{MARKS[finding.verdict]} undefined"
    sign = DIVIDED if (ratio.estimate < 1) == (way > 0) else TIMES
    text = f"{MARKS[finding.verdict]} {sign} {max(ratio.estimate, 1 / ratio.estimate):.3g}"
    if not ratio.low > 0:
        return text
    half = 100 * (math.sqrt(ratio.high / ratio.low) - 1)
    return f"{text} ±{half:.0f} %" if half >= 100 else f"{text} ±{half:.2g} %"


def _with_interval(interval: Interval) -> str:
    if math.isnan(interval.low):
        return estimate_text(interval)
    return f"{estimate_text(interval)} {interval_text(interval)}"


def cost_table(cost: Cost) -> str:
    """Return what a run needs, before it is started."""
    have = in_bytes(memory_of_machine())
    return "\n".join(
        [
            f"networks   {cost.networks:,} on {cost.workers} worker{'s' * (cost.workers > 1)}",
            f"memory     about {in_bytes(cost.memory)} of {have}",
            f"time       about {duration(cost.seconds)}",
        ]
    )


def check_lines(check: Check) -> list[str]:
    """Return one check of the samplers: its outcome, and what that means."""
    mark = "passed" if check.passed else "FAILED"
    numbers = f"{check.measured:.2g} (limit {check.limit:.3g}), {check.seconds:.1f} s"
    return [
        f"{mark}  {check.name}: {numbers}",
        *textwrap.wrap(check.says, 88, initial_indent=" " * 8, subsequent_indent=" " * 8),
    ]


def duration(seconds: float) -> str:
    """Return a duration in words.

    >>> duration(5), duration(200), duration(9000)
    ('5 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines whose columns end at the same place."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]


def _entries(members: Sequence[tuple[str, Sequence[str]]]) -> str:
    lines = []
    for name, texts in members:
        lines.append(name)
        for text in texts:
            lines += textwrap.wrap(text, 96, initial_indent="    ", subsequent_indent="      ")
    return "\n".join(lines)


def _activations() -> str:
    return _entries(
        [
            (
                a.name,
                [
                    f"φ(z) = {a.formula}",
                    f"φ'(z) = {a.derivative_formula}",
                    "saturated " + _thresholds(a.z_low, a.z_high),
                    a.source,
                ],
            )
            for a in ACTIVATIONS.values()
        ]
    )


def _thresholds(low: float | None, high: float | None) -> str:
    ends = [
        f"below {low:.4g}" if low is not None else "",
        f"above {high:.4g}" if high is not None else "",
    ]
    return " and ".join(end for end in ends if end) or "nowhere"


def _initializers() -> str:
    return _entries([(i.name, [f"w ~ {i.formula}", i.source]) for i in INITIALIZERS.values()])


def _inputs() -> str:
    named = [(i.name, [i.description + ".", i.source]) for i in INPUTS.values()]
    return _entries([*named, (FILES[0], FILES[1:])])


def _reports() -> str:
    from saturation_lab.pages.reading import read_spec, shipped_reports

    specs = [read_spec(path.stem) for path in shipped_reports()]
    return _entries([(spec.name, [spec.title, spec.question]) for spec in specs])


LISTINGS: dict[str, Callable[[], str]] = {
    "activations": _activations,
    "initializers": _initializers,
    "inputs": _inputs,
    "reports": _reports,
}
"""What ``saturation-lab list`` can show."""
