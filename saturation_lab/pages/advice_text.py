"""What does `saturation-lab recommend` print?"""

from __future__ import annotations

import math
import shlex
import textwrap
from collections.abc import Sequence

from saturation_lab.inference.digits import short
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


def advice(found: Recommendation) -> str:
    """Return the answer as text for a terminal."""
    lines = [*_title(found), ""]
    for reason in found.reasons:
        lines += textwrap.wrap(reason, 90)
    candidates = [*([found.chosen] if found.chosen else []), *found.others]
    lines += ["", *_profile(candidates), "", *_summary(candidates), ""]
    depth = len(candidates[0].study.widths)
    return "\n".join(lines + textwrap.wrap(_KEY.format(depth=depth), 90))


def _title(found: Recommendation) -> list[str]:
    if found.chosen is None:
        return [f"{found.activation}: no initialization keeps the gradient over this depth"]
    study = found.chosen.study.resolved()
    bias = f", biases N(0, std = {study.bias_scale:g})" if study.bias_scale else ", no biases"
    name = study.architecture.initializer.name
    return [
        f"{found.activation}: {name} of gain {study.gain:.6g}{bias}",
        "",
        f"saturation-lab sample {shlex.join(found.options)}",
    ]


def _profile(candidates: Sequence[Candidate]) -> list[str]:
    widths = candidates[0].study.widths
    shown = _shown(len(widths))
    rows = [["layer", *(str(i + 1) for i in shown)], ["width", *(str(widths[i]) for i in shown)]]
    for one in candidates:
        for sign, x in (("z²", one.profile.pre_activation), ("δ²", one.profile.gradient)):
            rows.append([f"{one.title}  {sign}", *(_number(x[i]) for i in shown)])
    return _aligned(rows)


def _shown(depth: int) -> list[int]:
    if depth <= _COLUMNS:
        return list(range(depth))
    step = (depth - 1) / (_COLUMNS - 1)
    return [round(k * step) for k in range(_COLUMNS)]


def _summary(candidates: Sequence[Candidate]) -> list[str]:
    rows = [["", "δ² ratio", "‖δ‖² ratio", "kept", "z² ratio", "ξ_q", "ξ_c", "gradient"]]
    for one in candidates:
        profile, last = one.profile, one.survival
        rows.append([
            one.title,
            _number(profile.gradient_ratio),
            _number(profile.gradient_norm_ratio),
            "yes" if one.keeps else "no",
            _number(profile.signal_ratio),
            *(_layers(x) for x in (last.length, last.correlation, last.gradient)),
        ])  # fmt: skip
    return _aligned(rows)


def _number(x: float) -> str:
    return f"{x:.3g}" if math.isfinite(x) else "–"


def _layers(x: float) -> str:
    if math.isnan(x):
        return "–"
    if math.isinf(x):
        return "∞"
    return f"grows, {short(-x)}" if x < 0 else short(x)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in rows]
