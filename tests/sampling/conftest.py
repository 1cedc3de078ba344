"""Comparison of two summaries to the last bit, for the sampling tests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from saturation_lab.statistics import Summary

ROWS = (
    "networks",
    "values",
    "conditional",
    "first_bad_layer",
    "bad_going_up",
    "first_faint_layer",
    "faint_going_up",
)


def _differences(first: Summary, second: Summary) -> list[str]:
    """Name every array of two summaries that differs in type, shape or a single bit."""
    arrays = {name: (getattr(first, name), getattr(second, name)) for name in ROWS}
    found = [] if first.histograms.keys() == second.histograms.keys() else ["signals"]
    for signal, pair in first.histograms.items():
        for kind, old, new in zip(
            ("linear", "asinh"), pair, second.histograms[signal], strict=True
        ):
            arrays[f"{signal}.{kind}.counts"] = old.counts, new.counts
            arrays[f"{signal}.{kind}.flows"] = old.flows, new.flows
            if old.axis != new.axis:
                found.append(f"{signal}.{kind}.axis")
    found += [
        name
        for name, (old, new) in arrays.items()
        if (old.dtype, old.shape, old.tobytes()) != (new.dtype, new.shape, new.tobytes())
    ]
    return found


@pytest.fixture(scope="session")
def differences() -> Callable[[Summary, Summary], list[str]]:
    """Return the comparison: the names of the arrays that differ, [] when nothing does."""
    return _differences
