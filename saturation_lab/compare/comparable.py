"""Checks of whether two sets of networks can be compared, and of how their studies differ."""

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
"""The two sets of measured networks that are compared."""


def refuse_unlike(sides: Sides, *, names: tuple[str, str]) -> None:
    """Raise an error if two sets of networks cannot be compared.

    Parameters
    ----------
    sides : (Measured, Measured)
        The two sets of networks.
    names : (str, str)
        Their names, for the message.

    Raises
    ------
    InputError
        If the two differ in their examples, loss or depth (the message lists every key), or if
        one of them has a single network.
    """
    unlike = _unlike_keys(*sides)
    one, other = sides
    if one.depth != other.depth:
        unlike.append(f"depth ({one.depth} and {other.depth})")
    if unlike:
        raise InputError(
            "studies",
            expected="two studies with the same kind of examples, loss and depth",
            got=Words("different " + ", ".join(unlike)),
        )
    for name, side in zip(names, sides, strict=True):
        if len(side.networks) < 2:
            raise InputError(
                "networks",
                expected="at least two in each study",
                got=Words(f"one in {name}"),
                hint="the spread over networks cannot be estimated from a single one",
            )


def _unlike_keys(one: Measured, other: Measured) -> list[str]:
    """Return the keys that must be equal but are not.

    For networks that do not come from a `Study`, only the number of examples is known.
    """
    known = _keys(one, other)
    if known is None:
        same = one.examples == other.examples
        return [] if same else [f"examples ({one.examples} and {other.examples})"]
    first, second = known
    same_file = None is not first["inputs_sha256"] == second["inputs_sha256"]
    keys = [key for key in keys_of("matched") if not (key == "inputs" and same_file)]
    return [f"{k} ({first[k]} and {second[k]})" for k in keys if first[k] != second[k]]


def differing_keys(sides: Sides) -> dict[str, tuple[Any, Any]]:
    """Return the keys in which two comparable studies differ, with both values.

    Parameters
    ----------
    sides : (Measured, Measured)
        The two sets of networks.

    Returns
    -------
    dict of str to (object, object)
        The value of each such key in the first and in the second study, after defaults have been
        filled in; empty unless both come from a `Study`.
    """
    known = _keys(*sides)
    if known is None:
        return {}
    pairs = {key: (value, known[1][key]) for key, value in known[0].items()}
    return {
        key: (a, b) for key, (a, b) in pairs.items() if a != b and key not in keys_of("matched")
    }


def _keys(one: Measured, other: Measured) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Return the keys of two studies, or None unless both come from a `Study`."""
    if isinstance(one.origin, Study) and isinstance(other.origin, Study):
        return _keys_of(one.origin), _keys_of(other.origin)
    return None


def _keys_of(study: Study) -> dict[str, Any]:
    """Return a study's keys as plain data, with all defaults filled in."""
    resolved = study.resolved()
    data = {key.name: getattr(resolved, key.name) for key in fields(Study)}
    for key in keys_of("named"):
        data[key] = name_of(data[key]) or getattr(resolved.architecture, key).name
    data["widths"] = list(resolved.widths)
    data["ranges"] = {signal: list(span) for signal, span in resolved.ranges.items()}
    return data


def differing_versions(sides: Sides) -> dict[str, tuple[str, str]]:
    """Return the software versions in which two sets of networks differ.

    Parameters
    ----------
    sides : (Measured, Measured)
        The two sets of networks.

    Returns
    -------
    dict of str to (str, str)
        Each program whose versions differ, with that of the first and of the second set; "unknown"
        if a version was not recorded.
    """
    one, other = (dict(side.made_with) for side in sides)
    pairs = {
        key: (one.get(key, "unknown"), other.get(key, "unknown"))
        for key in dict.fromkeys([*one, *other])
    }
    return {key: (a, b) for key, (a, b) in pairs.items() if a != b}


def shown_other_examples(one: object, other: object) -> bool:
    """Return whether both studies use a fixed set of examples, and the two sets differ.

    If every network draws its own examples, the spread over networks already includes that over
    examples. For networks that do not come from a `Study`, the examples are not known. In both
    cases the answer is False. The order of the examples does not matter.

    Parameters
    ----------
    one, other : Study or any other origin of networks
        The origins of the two sets of networks.

    Returns
    -------
    bool
        True if the examples may cause part of the differences between the two.
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
        sets.append(rows[np.lexsort(rows.T)])  # the order of the examples does not matter
    one_set, other_set = sets
    return not np.array_equal(one_set, other_set)


def rounding(sides: Sides) -> float:
    """Return the relative rounding error of the less precise of two sets of networks.

    Parameters
    ----------
    sides : (Measured, Measured)
        The two sets of networks.

    Returns
    -------
    float
        The machine epsilon of float64 if both come from float64 studies, else that of float32.
    """
    precise = all(
        isinstance(side.origin, Study) and side.origin.dtype == "float64" for side in sides
    )
    return float(np.finfo("float64" if precise else "float32").eps)
