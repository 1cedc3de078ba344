"""What `saturation-lab recommend` prints, as blocks."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from saturation_lab.inference.digits import short
from saturation_lab.pages.blocks import Block, Table, Text
from saturation_lab.theory.recommend import Candidate, Recommendation

_COLUMNS = 7
"""Layers that are printed, at most."""
_KEY = (
    "δ² ratio: E δ² of layer 1 over that of layer {depth}; ‖δ‖²: the same of the whole layer; "
    "z² ratio: layer {depth} over layer 1. Kept: ‖δ‖² within a factor 2. Lasting, in layers until "
    "1/e: a difference in z² (ξ_q), a difference between two inputs (ξ_c), the gradient's mean "
    "square; –: undefined, or z² beyond 1e8. All expected for infinite width; `saturation-lab "
    "sample` measures it."
)


def advice_blocks(found: Recommendation) -> list[Block]:
    """Return the initialization that suits, why, and what it does beside the others."""
    candidates = [*([found.chosen] if found.chosen else []), *found.others]
    depth = len(candidates[0].study.widths)
    return [
        *_title(found),
        *(Text(says=reason) for reason in found.reasons),
        _profile(candidates),
        _summary(candidates),
        Text(says=_KEY.format(depth=depth)),
    ]


def _title(found: Recommendation) -> list[Block]:
    if found.chosen is None:
        none = f"{found.activation}: no initialization keeps the gradient over this depth"
        return [Text(says=none)]
    study = found.chosen.study.resolved()
    bias = f", biases N(0, std = {study.bias_scale:g})" if study.bias_scale else ", no biases"
    name = study.architecture.initializer.name
    return [
        Text(says=f"{found.activation}: {name} of gain {study.gain:.6g}{bias}"),
        Text(says=f"saturation-lab sample {shlex.join(found.options)}", role="command"),
    ]


def _profile(candidates: Sequence[Candidate]) -> Table:
    widths = candidates[0].study.widths
    shown = _shown(len(widths))
    rows = [["width", *(str(widths[i]) for i in shown)]]
    for one in candidates:
        for sign, x in (("z²", one.profile.pre_activation), ("δ²", one.profile.gradient)):
            rows.append([f"{one.title}  {sign}", *(_number(x[i]) for i in shown)])
    return Table(id="profile", head=("layer", *(str(i + 1) for i in shown)), rows=rows)


def _shown(depth: int) -> list[int]:
    if depth <= _COLUMNS:
        return list(range(depth))
    step = (depth - 1) / (_COLUMNS - 1)
    return [round(k * step) for k in range(_COLUMNS)]


def _summary(candidates: Sequence[Candidate]) -> Table:
    rows = []
    for one in candidates:
        profile, last = one.profile, one.survival
        ratios = (profile.gradient_ratio, profile.gradient_norm_ratio)
        lasting = (last.length, last.correlation, last.gradient)
        rows.append(
            [
                one.title,
                *map(_number, ratios),
                "yes" if one.keeps else "no",
                _number(profile.signal_ratio),
                *map(_layers, lasting),
            ]
        )
    head = ("", "δ² ratio", "‖δ‖² ratio", "kept", "z² ratio", "ξ_q", "ξ_c", "gradient")
    return Table(id="summary", head=head, rows=rows)


def _number(x: float) -> str:
    return f"{x:.3g}" if math.isfinite(x) else "–"


def _layers(x: float) -> str:
    if math.isnan(x):
        return "–"
    if math.isinf(x):
        return "∞"
    return f"grows, {short(-x)}" if x < 0 else short(x)
