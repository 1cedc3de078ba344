"""The output of `saturation-lab recommend`, as blocks."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence

from saturation_lab.advice.frameworks import FRAMEWORKS
from saturation_lab.advice.recommend import Candidate, Recommendation
from saturation_lab.advice.scoring import CRITERIA, Scores
from saturation_lab.inference.digits import count_text
from saturation_lab.pages.blocks import Block, Table, Text
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.study_table import input_blocks
from saturation_lab.pages.texts import text
from saturation_lab.theory.criticality import flat
from saturation_lab.theory.profile import Profile

_ALIKE = ("orthogonal weights",)
"""Candidates whose expected mean squares are those of another one."""
_COLUMNS = 6
"""Print at most this many layers, evenly spaced from the first to the last."""


def advice_blocks(found: Recommendation) -> list[Block]:
    """Return a recommended initialization, its scores beside those of others, and the reasons.

    Parameters
    ----------
    found : Recommendation
        The answer of `recommend`.

    Returns
    -------
    list of Block
        Title and command, verdict, scores, reasons, lines of code, expected mean squares by layer.
    """
    candidates = [one for one in (found.chosen, *found.others, found.instead) if one is not None]
    expected = [
        (x, x.profile)
        for x in candidates
        if x is not found.instead and x.title not in _ALIKE and x.profile is not None
    ]
    return [
        *_title(found),
        *input_blocks(found.input_notes),
        Text(_verdict(found)),
        tabled("scores", _SCORES, candidates),
        Text(
            text(
                "terminal.scores",
                depth=len(candidates[0].study.widths),
                networks=_networks(candidates),
            )
        ),
        *map(Text, found.reasons),
        *_code(found),
        _profile(expected),
        Text(text("terminal.advice")),
    ]


def _networks(candidates: Sequence[Candidate]) -> str:
    """Return the number of networks that were scored, or its range."""
    counts = sorted({one.scores.networks for one in candidates})
    low = "" if len(counts) == 1 else f"{counts[0]} to "
    return low + count_text(counts[-1], "network")


def _title(found: Recommendation) -> list[Block]:
    if found.chosen is None:
        depth = "any" if flat(found.others[0].study.activation) else "this"
        return [Text(f"{found.activation}: no initialization keeps the gradient at {depth} depth")]
    study = found.chosen.study.resolved()
    bias = f", biases N(0, std = {study.bias_scale:.6g})" if study.bias_scale else ", no biases"
    gains = study.layer_gains
    first = f" ({gains['1']:.6g} in layer 1)" if "1" in gains else ""
    name = study.architecture.initializer.name
    return [
        Text(f"{found.activation}: {name} with gain {study.gain:.6g}{first}{bias}"),
        Text(f"saturation-lab sample {shlex.join(found.options)}", "command"),
    ]


def _verdict(found: Recommendation) -> str:
    """Return whether the recommended initialization is good, and what to use if it is not."""
    widths = (found.chosen or found.others[0]).study.widths
    even = f"{len(widths)} layers of {widths[0]} units" if len(set(widths)) == 1 else "these widths"
    if found.good:
        return f"A good choice for {even}: it meets all four criteria below."
    faults = [] if found.chosen is None else found.chosen.scores.failed
    said = f"No good choice for {found.activation} with {even}"
    if found.chosen is not None:
        said += ": " + "; ".join(CRITERIA[key].fault(found.chosen.scores) for key in faults)
    if found.instead is not None:
        gain = found.instead.study.resolved().gain
        fewer = "" if flat(found.others[0].study.activation) else ", or fewer layers"
        return f"{said}. Use {found.instead.title} (gain {gain:.6g}) instead{fewer}."
    return (
        f"{said}. No other activation that was tried does better: use fewer or wider layers, or "
        "normalization or residual connections, which are not studied here."
    )


def _code(found: Recommendation) -> list[Block]:
    """Return the lines that set the recommended initialization, one block for each framework."""
    if found.chosen is None:
        return []
    titles = {"pytorch": "PyTorch", "keras": "Keras"}
    blocks: list[Block] = []
    for name in FRAMEWORKS:
        blocks += [Text(f"{titles[name]}:"), Text("\n".join(found.code(name)), "command")]
    return [*blocks, Text(text("terminal.code"))]


def _profile(candidates: Sequence[tuple[Candidate, Profile]]) -> Table:
    widths = candidates[0][0].study.widths
    step = max(1, (len(widths) - 1) / (_COLUMNS - 1))
    shown = [round(k * step) for k in range(min(len(widths), _COLUMNS))]
    rows = [["width", *(str(widths[i]) for i in shown)]]
    for one, profile in candidates:
        for sign, x in (("z²", profile.pre_activation), ("δ²", profile.gradient)):
            rows.append([f"{one.title}  {sign}", *(_number(x[i]) for i in shown)])
    return Table(id="profile", head=("layer", *(str(i + 1) for i in shown)), rows=rows)


def _number(x: float) -> str:
    return f"{x:.3g}" if math.isfinite(x) else "–"


def _mark(key: str, found: Scores) -> str:
    return "✓" if CRITERIA[key].met(found) else "✗"


def _scatter(found: Scores) -> str:
    if math.isnan(found.spread[0]):  # no gradient in any network
        return "–"
    low, high = (_number(x) for x in found.spread)
    return f"{low} to {high}"


_SCORES: Mapping[str, Callable[[Candidate], str]] = {
    "": lambda one: one.title,
    CRITERIA["gradient"].title: lambda one: (
        f"{_mark('gradient', one.scores)} {_number(one.scores.ratio)}"
    ),
    CRITERIA["scatter"].title: lambda one: f"{_mark('scatter', one.scores)} {_scatter(one.scores)}",
    CRITERIA["inputs"].title: lambda one: (
        f"{_mark('inputs', one.scores)} {_number(one.scores.correlation)}"
    ),
    CRITERIA["saturation"].title: lambda one: (
        "–"
        if math.isnan(one.scores.saturated)
        else f"{_mark('saturation', one.scores)} {one.scores.saturated:.1%}"
    ),
}
