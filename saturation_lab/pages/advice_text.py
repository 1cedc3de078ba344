"""The output of `saturation-lab recommend`, as blocks."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence

from saturation_lab.inference.digits import short
from saturation_lab.pages.blocks import Block, Table, Text
from saturation_lab.pages.columns import tabled
from saturation_lab.pages.texts import text
from saturation_lab.theory.recommend import Candidate, Recommendation

_COLUMNS = 7
"""Print at most this many layers, evenly spaced from the first to the last."""


def advice_blocks(found: Recommendation) -> list[Block]:
    """Return a recommended initialization, the reasons for it, and how it compares with others.

    Parameters
    ----------
    found : Recommendation
        The answer of `recommend`.

    Returns
    -------
    list of Block
        Title and command, reasons, expected mean squares by layer, a summary, and how to read it.
    """
    candidates = [*([found.chosen] if found.chosen else []), *found.others]
    return [
        *_title(found),
        *map(Text, found.reasons),
        _profile(candidates),
        tabled("summary", _SUMMARY, candidates),
        Text(text("terminal.advice", depth=len(candidates[0].study.widths))),
    ]


def _title(found: Recommendation) -> list[Block]:
    if found.chosen is None:
        return [Text(f"{found.activation}: no initialization keeps the gradient at this depth")]
    study = found.chosen.study.resolved()
    bias = f", biases N(0, std = {study.bias_scale:g})" if study.bias_scale else ", no biases"
    name = study.architecture.initializer.name
    return [
        Text(f"{found.activation}: {name} with gain {study.gain:.6g}{bias}"),
        Text(f"saturation-lab sample {shlex.join(found.options)}", "command"),
    ]


def _profile(candidates: Sequence[Candidate]) -> Table:
    widths = candidates[0].study.widths
    step = max(1, (len(widths) - 1) / (_COLUMNS - 1))
    shown = [round(k * step) for k in range(min(len(widths), _COLUMNS))]
    rows = [["width", *(str(widths[i]) for i in shown)]]
    for one in candidates:
        for sign, x in (("z²", one.profile.pre_activation), ("δ²", one.profile.gradient)):
            rows.append([f"{one.title}  {sign}", *(_number(x[i]) for i in shown)])
    return Table(id="profile", head=("layer", *(str(i + 1) for i in shown)), rows=rows)


def _number(x: float) -> str:
    return f"{x:.3g}" if math.isfinite(x) else "–"


def _layers(x: float) -> str:
    if not math.isfinite(x):
        return "–" if math.isnan(x) else "∞"
    return f"grows, {short(-x)}" if x < 0 else short(x)


_SUMMARY: Mapping[str, Callable[[Candidate], str]] = {
    "": lambda one: one.title,
    "δ² ratio": lambda one: _number(one.profile.gradient_ratio),
    "‖δ‖² ratio": lambda one: _number(one.profile.gradient_norm_ratio),
    "kept": lambda one: "yes" if one.keeps else "no",
    "z² ratio": lambda one: _number(one.profile.signal_ratio),
    "ξ_q": lambda one: _layers(one.survival.length),
    "ξ_c": lambda one: _layers(one.survival.correlation),
    "gradient": lambda one: _layers(one.survival.gradient),
}
