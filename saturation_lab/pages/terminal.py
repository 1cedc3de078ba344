"""What a person reads in a terminal: tables and texts, as blocks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from saturation_lab.exhibits.constants import constants_rows
from saturation_lab.inference.digits import TIMES, rounded, short
from saturation_lab.inference.intervals import Interval, mean_interval
from saturation_lab.inference.verdict import Verdict
from saturation_lab.judging.finding import Finding
from saturation_lab.judging.keeping import Kept, keeping
from saturation_lab.judging.kept_words import in_a_sentence
from saturation_lab.nets.activations import ACTIVATIONS
from saturation_lab.nets.initializers import INITIALIZERS
from saturation_lab.nets.inputs import INPUTS
from saturation_lab.nets.own_inputs import FILES
from saturation_lab.pages.blocks import Block, Facts, Table, Text
from saturation_lab.pages.verdict_tables import findings_of
from saturation_lab.sampling.cost import in_bytes, memory_needed, memory_of_machine
from saturation_lab.sampling.forecast import Cost
from saturation_lab.sampling.grid import GridResult
from saturation_lab.sampling.result import Result
from saturation_lab.statistics.quantities import QUANTITIES
from saturation_lab.study import Study
from saturation_lab.words.numbers import (
    DIVIDED,
    estimate_text,
    interval_text,
    share_text,
)

if TYPE_CHECKING:
    from saturation_lab.exhibits.material import Material
    from saturation_lab.pages.report import Report  # with every figure behind it
    from saturation_lab.proof.selfcheck import Check
    from saturation_lab.theory.outlook import Outlook
    from saturation_lab.theory.propagation import Prediction

COLUMNS = {
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
"""What the tables of one study show: headings and quantities."""

_KEY = """\
{means}: pre-activation z, activation a; {saturated}; \
share of z² that varies with the input (its variance by ddof 1: a little over 100 % is possible); \
δ = ∂C/∂z; weight gradient of one example, and of the mini-batch of all {examples}. """
_THEORY = """\
Theory of wide layers: networks of width n differ from it by about 1/n and scatter around it."""


def result_blocks(result: Result) -> list[Block]:
    """Return a study's profile: mean over networks ± half of its 95 % interval."""
    study = result.study
    networks = "one network" if study.networks == 1 else f"{study.networks:,} networks"
    rows = range(1, result.summary.values.shape[1] + 1)
    layers = {str(result.layer_name(layer)): layer for layer in rows}
    key = _key(study, "Means over units, examples and networks") + _meaning_of_intervals(result)
    return [
        Text(says=f"{_pair(study)}, {networks}, seed {study.seed}, {study.sampler}"),
        *_layers(layers, lambda quantity, layer: _cell(result, quantity, layer)),
        Text(says=key),
        *_overflows(result),
    ]


def _overflows(result: Result) -> list[Block]:
    lost = result.overflows()
    if not lost:
        return []
    first = lost[0]
    return [
        Text(
            says=f"{len(lost)} of {result.study.networks} networks overflowed; network "
            f"{first['network']} first in layer {first['layer']} of the {first['pass']} pass."
        )
    ]


def prediction_blocks(found: Prediction) -> list[Block]:
    """Return what theory expects of a study's profile, in the columns of `result_blocks`."""
    layers = {str(i) if i <= found.depth else "output": i for i in range(1, len(found.values) + 1)}
    key = _key(found.study, "Expected means over units, examples and networks")

    def cell(quantity: str, layer: int) -> str:
        return _expected(found.value(quantity, layer), percent=in_percent(quantity))

    return [
        Text(says=f"{_pair(found.study)}, wide layers"),
        *_layers(layers, cell),
        Text(says=key + _THEORY),
    ]


def _pair(study: Study) -> str:
    """Return activation, rule and inputs of a study."""
    return (
        f"{study.architecture.activation.name}, {study.architecture.initializer.name}, "
        f"{study.inputs}, {study.examples:,} example{'s' * (study.examples > 1)}"
    )


def _layers(layers: Mapping[str, int], cell: Callable[[str, int], str]) -> list[Block]:
    """Return the tables of `COLUMNS`, a row a layer."""
    return [
        Table(
            id=title.lower().replace(" ", "-"),
            caption=title,
            head=("layer", *columns),
            rows=[
                [name, *(cell(q, layer) for q in columns.values())]
                for name, layer in layers.items()
            ],
        )
        for title, columns in COLUMNS.items()
    ]


def _key(study: Study, means: str) -> str:
    low, high = study.thresholds
    ends = [f"z < {low:.3g}"] * math.isfinite(low) + [f"z > {high:.3g}"] * math.isfinite(high)
    saturated = "saturated: " + (" or ".join(ends) or "nowhere")
    return _KEY.format(means=means, saturated=saturated, examples=f"{study.examples:,}")


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


def verdict_blocks(report: Report) -> list[Block]:
    """Return the findings of a report, group by group: ratios with their 95 % intervals.

    Of a report from theory alone its constants.
    """
    blocks = [block for group in report.groups.values() for block in _verdicts(group)]
    if report.spec.alone:
        groups = report.groups.values()
        blocks.append(_constants({t: one for group in groups for t, one in group.outlooks.items()}))
    for name in report.spec.tabled("keeps"):
        titles, kept = report.groups[name].titles, report.kept[name]
        blocks += [Text(says=in_a_sentence(block, one, titles)) for block, one in kept.items()]
    return blocks


def _verdicts(group: Material) -> list[Block]:
    found = findings_of(group)
    if not found:
        return []
    head = ("claim", f"layer {group.depth} over layer 1", "instead of", "shown", "verdict")
    table = Table(
        id=f"verdicts-{group.name}",
        caption=f"{group.title}: {group.size}",
        head=head,
        rows=[_verdict(finding) for finding in found],
    )
    more = [f"{f.claim.id}: {f.outlook.strip('; ')}" for f in found if f.outlook]
    return [table, *(Text(says=line) for line in more)]


def _verdict(finding: Finding) -> list[str]:
    beside = "" if finding.beside is None else estimate_text(finding.beside)
    measured = _with_interval(finding.measured)
    if not finding.experiment.logarithmic:
        measured = f"mean over layers {measured}"
    return [finding.claim.id, measured, beside, finding.shown, finding.verdict.value]


def _constants(outlooks: Mapping[str, Outlook]) -> Table:
    """Return the critical points and gains of activations."""
    return Table(
        id="constants",
        head=("", "critical: q*", "σ_w²", "σ_b²", "kind", "E φ²", "E φ'²"),
        rows=[
            [x.title, x.q, x.weights, x.biases, x.kind, x.square, x.slope_square]
            for x in constants_rows(outlooks)
        ],
    )


def time_blocks(report: Report, *, workers: int) -> list[Block]:
    """Return what every group of a report took: its networks, seconds and memory."""
    rows = []
    for name, group in report.sampled.items():
        studies = group.studies
        count, seconds = sum(study.networks for study in studies), report.seconds[name]
        need = max(memory_needed(study, workers=workers) for study in studies)
        times = [f"{x:#.3g}".rstrip(".") for x in (seconds, seconds / count)]
        rows.append([group.title, f"{count:,}", *times, in_bytes(need)])
    head = ("", "networks", "seconds", "each", "memory, up to")
    return [Table(id="times", head=head, rows=rows)] if rows else []


_GRID_KEY = """\
From hidden layer 1 to {depth}: Std z; the signal on its way up (variance of a over the examples, \
mean over units); the gradient on its way down (mean square of δ = ∂C/∂z): divided (÷) or \
multiplied (×) by, geometric mean over networks ± half of its 95 % interval. ✓ kept, by less than \
a factor 2; ✗ not kept; ? undecided. In layer {depth}: share of a² that varies with the input, \
and of saturated units. The worse factor is the larger of the two changes in each network."""

MARKS = {Verdict.HOLDS: "✓", Verdict.FAILS: "✗", Verdict.UNDECIDED: "?"}


def grid_blocks(result: GridResult) -> list[Block]:
    """Return for each activation what every initialization does to signal and gradient."""
    study = result.grid.study
    networks = f"{study.networks:,} network{'s' * (study.networks > 1)}"
    shown = f"{study.inputs}, {study.examples:,} example{'s' * (study.examples > 1)}"
    blocks: list[Block] = [Text(says=f"{shown}, {networks} for each pair, seed {study.seed}")]
    for activation in result.activations:
        found = keeping(result.of(activation))
        table = Table(
            id=activation,
            caption=activation,
            head=("", "Std z", "signal", "gradient", "from input", "saturated"),
            rows=[[name, *_pair_cells(kept)] for name, kept in found.kept.items()],
        )
        titles = {name: name for name in found.kept}
        blocks += [table, Text(says=in_a_sentence(activation, found, titles))]
    return [*blocks, Text(says=_GRID_KEY.format(depth=len(study.widths)))]


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


def cost_blocks(cost: Cost) -> list[Block]:
    """Return what a run needs, before it is started."""
    have = in_bytes(memory_of_machine())
    workers = f"{cost.workers} worker{'s' * (cost.workers > 1)}"
    return [
        Facts(
            rows=[
                ("networks", f"{cost.networks:,} on {workers}"),
                ("memory", f"about {in_bytes(cost.memory)} of {have}"),
                ("time", f"about {duration(cost.seconds)}"),
            ]
        )
    ]


def check_blocks(check: Check) -> list[Block]:
    """Return one check of the samplers: its outcome, and what that means."""
    numbers = f"{check.measured:.2g} (limit {check.limit:.3g}), {check.seconds:.1f} s"
    mark = "passed" if check.passed else "FAILED"
    return [Facts(rows=[(mark, f"{check.name}: {numbers}"), ("", check.says)])]


def duration(seconds: float) -> str:
    """Return a duration in words.

    >>> duration(5), duration(200), duration(9000)
    ('5 s', '3 min', '2.5 h')
    """
    if seconds < 90:
        return f"{math.ceil(seconds)} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.2g} h"


def _entries(members: Sequence[tuple[str, Sequence[str]]]) -> list[Block]:
    rows = [
        (name if first else "", text)
        for name, texts in members
        for first, text in zip([True, *[False] * len(texts)], texts, strict=False)
    ]
    return [Facts(rows=rows)]


def _activations() -> list[Block]:
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


def _initializers() -> list[Block]:
    return _entries([(i.name, [f"w ~ {i.formula}", i.source]) for i in INITIALIZERS.values()])


def _inputs() -> list[Block]:
    named = [(i.name, [i.description + ".", i.source]) for i in INPUTS.values()]
    return _entries([*named, (FILES[0], FILES[1:])])


def _reports() -> list[Block]:
    from saturation_lab.pages.reading import read_spec, shipped_reports

    specs = [read_spec(path.stem) for path in shipped_reports()]
    return _entries([(spec.name, [spec.title, spec.question]) for spec in specs])


def _exhibits() -> list[Block]:
    from saturation_lab.exhibits.registry import EXHIBITS

    return _entries(
        [
            (exhibit.id, [exhibit.title, "needs: " + ", ".join(n.words for n in exhibit.needs)])
            for exhibit in EXHIBITS.values()
        ]
    )


LISTINGS: dict[str, Callable[[], list[Block]]] = {
    "activations": _activations,
    "initializers": _initializers,
    "inputs": _inputs,
    "reports": _reports,
    "exhibits": _exhibits,
}
"""What ``saturation-lab list`` can show."""
