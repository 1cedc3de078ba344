"""Which measured networks may be compared, in what they differ, and what they share."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.examples import shared_examples
from saturation_lab.measured import Measured
from saturation_lab.nets.own import name_of
from saturation_lab.study import Study, keys_of

Sides = tuple[Measured, Measured]
"""The two that are compared."""


def refuse_unlike(sides: Sides, *, names: tuple[str, str]) -> None:
    """Raise `InputError`, naming every key, where two cannot be compared."""
    unlike = _unlike_keys(*sides)
    one, other = sides
    if one.depth != other.depth:
        unlike.append(f"depth ({one.depth} and {other.depth})")
    if unlike:
        raise InputError(
            "studies",
            expected="the same kind of examples, the same loss and depth",
            got=Words("other " + ", ".join(unlike)),
        )
    for name, side in zip(names, sides, strict=True):
        if len(side.networks) < 2:
            raise InputError(
                "networks",
                expected="at least two in each study",
                got=Words(f"one in {name}"),
                hint="one network has no spread",
            )


def _unlike_keys(one: Measured, other: Measured) -> list[str]:
    """Return what both must share and do not; of what is no study only the examples are known."""
    known = _keys(one, other)
    if known is None:
        same = one.examples == other.examples
        return [] if same else [f"examples ({one.examples} and {other.examples})"]
    first, second = known
    same_file = None is not first["inputs_sha256"] == second["inputs_sha256"]
    keys = [key for key in keys_of("matched") if not (key == "inputs" and same_file)]
    return [f"{k} ({first[k]} and {second[k]})" for k in keys if first[k] != second[k]]


def differing_keys(sides: Sides) -> dict[str, tuple[Any, Any]]:
    """Return the keys in which two studies that may be compared differ, with both values."""
    known = _keys(*sides)
    if known is None:
        return {}
    pairs = {key: (value, known[1][key]) for key, value in known[0].items()}
    return {
        key: (a, b) for key, (a, b) in pairs.items() if a != b and key not in keys_of("matched")
    }


def _keys(one: Measured, other: Measured) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the keys of two studies; None where one of the two is no study."""
    if isinstance(one.origin, Study) and isinstance(other.origin, Study):
        return _keys_of(one.origin), _keys_of(other.origin)
    return None


def _keys_of(study: Study) -> dict[str, Any]:
    """Return a study's keys, with what stands for a default, as plain data."""
    resolved = study.resolved()
    data = {key.name: getattr(resolved, key.name) for key in fields(Study)}
    for key in keys_of("named"):
        data[key] = name_of(data[key]) or getattr(resolved.architecture, key).name
    data["widths"] = list(resolved.widths)
    data["ranges"] = {signal: list(span) for signal, span in resolved.ranges.items()}
    return data


def differing_versions(sides: Sides) -> dict[str, tuple[str, str]]:
    """Return what two were made with where that differs."""
    one, other = (dict(side.made_with) for side in sides)
    pairs = {
        key: (one.get(key, "unknown"), other.get(key, "unknown"))
        for key in dict.fromkeys([*one, *other])
    }
    return {key: (a, b) for key, (a, b) in pairs.items() if a != b}


def shown_other_examples(one: object, other: object) -> bool:
    """Return whether each study shows all of its networks examples that the other does not.

    Where every network draws its own, the spread over networks has the examples' in it. Of what is
    no study the examples are not known.
    """
    if not (isinstance(one, Study) and isinstance(other, Study)):
        return False
    coarse = np.float32 if "float32" in (one.dtype, other.dtype) else np.float64
    sets = []
    for study in (one, other):
        shown = shared_examples(study)
        if shown is None:
            return False
        labels = [] if shown.labels is None else [shown.labels[:, None].astype(coarse)]
        rows = np.concatenate([shown.x.astype(coarse), *labels], axis=1)
        sets.append(rows[np.lexsort(rows.T)])  # in which order they are shown changes nothing
    one_set, other_set = sets
    return not np.array_equal(one_set, other_set)


def rounding(sides: Sides) -> float:
    """Return the relative rounding of the coarser of two; float32's of what is no study."""
    precise = all(
        isinstance(side.origin, Study) and side.origin.dtype == "float64" for side in sides
    )
    return float(np.finfo("float64" if precise else "float32").eps)
