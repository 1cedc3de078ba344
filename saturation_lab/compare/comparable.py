"""May two studies be held against each other, in what do they differ, and what do they share?"""

from __future__ import annotations

from typing import Any

import numpy as np

from saturation_lab.checks import InputError, Words
from saturation_lab.examples import shared_examples
from saturation_lab.nets.own import name_of
from saturation_lab.sampling.result import Result
from saturation_lab.study import Study

MATCH = (
    *("inputs", "labels", "inputs_sha256", "features", "scaling"),
    *("examples", "fresh_inputs", "loss"),
)
"""Keys of a study in which two must agree: what the networks are shown and how they are judged."""
MAY_DIFFER = (
    *("activation", "initializer", "gain", "bias", "bias_scale", "widths", "seed", "networks"),
    *("sampler", "dtype", "singular_values", "saturation_beyond", "bins", "ranges"),
)
"""The others, in the order in which they are told."""


def are_paired(one: Result, other: Result) -> bool:
    """Return whether the networks of two results may share random numbers, index by index."""
    return one.study.seed == other.study.seed


def shown_other_examples(one: Study, other: Study) -> bool:
    """Return whether each study shows all of its networks examples that the other does not.

    Where every network draws its own, the spread over networks has the examples' in it.
    """
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


def refuse_unlike(one: Result, other: Result, *, names: tuple[str, str]) -> None:
    """Raise `InputError`, naming every key, where two studies cannot be compared."""
    sides = [keys_of(result.study) for result in (one, other)]
    same_file = None is not sides[0]["inputs_sha256"] == sides[1]["inputs_sha256"]
    keys = [key for key in MATCH if not (key == "inputs" and same_file)]
    unlike = [f"{k} ({sides[0][k]} and {sides[1][k]})" for k in keys if sides[0][k] != sides[1][k]]
    if one.depth != other.depth:
        unlike.append(f"depth ({one.depth} and {other.depth})")
    if unlike:
        raise InputError(
            "studies",
            expected="the same kind of examples, the same loss and depth",
            got=Words("other " + ", ".join(unlike)),
        )
    for name, result in zip(names, (one, other), strict=True):
        if len(result.summary.networks) < 2:
            raise InputError(
                "networks",
                expected="at least two in each study",
                got=Words(f"one in {name}"),
                hint="one network has no spread",
            )


def differing_keys(one: Result, other: Result) -> dict[str, tuple[Any, Any]]:
    """Return the keys in which two studies that may be compared differ, with both values."""
    sides = [keys_of(result.study) for result in (one, other)]
    return {key: (a, b) for key in MAY_DIFFER if (a := sides[0][key]) != (b := sides[1][key])}


def differing_versions(one: Result, other: Result) -> dict[str, tuple[str, str]]:
    """Return what two results were made with where that differs."""
    sides = [dict(result.made_with) for result in (one, other)]
    both = dict.fromkeys([*sides[0], *sides[1]])
    pairs = {key: (sides[0].get(key, "unknown"), sides[1].get(key, "unknown")) for key in both}
    return {key: (a, b) for key, (a, b) in pairs.items() if a != b}


def keys_of(study: Study) -> dict[str, Any]:
    """Return a study's keys, with what stands for a default, as plain data."""
    resolved = study.resolved()
    data = {key: getattr(resolved, key) for key in (*MATCH, *MAY_DIFFER)}
    for key, used in (
        ("activation", resolved.architecture.activation),
        ("initializer", resolved.architecture.initializer),
    ):
        data[key] = name_of(data[key]) or used.name
    data["widths"] = list(resolved.widths)
    data["ranges"] = {signal: list(span) for signal, span in resolved.ranges.items()}
    return data
