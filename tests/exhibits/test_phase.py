"""Test that the exhibits of theory alone agree with theory and can be drawn."""

from __future__ import annotations

import re

import pytest

from saturation_lab import ACTIVATIONS
from saturation_lab.exhibits import THEORY_EXHIBITS, Material, Shown, constants_rows, rule_cells
from saturation_lab.figures import CANVASES
from saturation_lab.pages import picture
from saturation_lab.theory import Outlook
from saturation_lab.theory.outlook import outlook


@pytest.fixture(scope="module")
def outlooks() -> dict[str, Outlook]:
    """Return what theory says of three activations, the last without a critical point."""
    members = (ACTIVATIONS[name] for name in ("silu", "relu", "softplus"))
    return {one.title: outlook(one, depth=20, width=100) for one in members}


@pytest.fixture(scope="module")
def shown(outlooks: dict[str, Outlook]) -> list[Shown]:
    """Return the exhibits of all three activations together, and of each alone."""
    every = Material(name="all", title="All", outlooks=outlooks)
    found = [THEORY_EXHIBITS[name].make(every) for name in ("phase_sheet", "gains")]
    for title, one in outlooks.items():
        alone = Material(name=title, title=title, outlooks={title: one})
        found += [THEORY_EXHIBITS[name].make(alone) for name in ("phase_map", "depth_scales")]
    return found


def test_every_figure_is_drawn_at_every_size(shown: list[Shown]) -> None:
    for one in shown:
        for canvas in CANVASES.values():
            assert picture(one, canvas, "svg").rstrip().endswith(b"</svg>")
        assert one.caption.endswith(".")
        assert re.search(r"\d", one.alt)


def test_what_is_missing_is_said(outlooks: dict[str, Outlook], shown: list[Shown]) -> None:
    rows = {row.title: row for row in constants_rows(outlooks)}
    assert rows["ReLU"].q == "every q"
    assert rows["softplus"].kind == "none"
    assert "at every q" in rows["softplus"].why
    assert any(f"No critical point: {rows['softplus'].why}." in one.alt for one in shown)
    assert "lecture" not in rule_cells(outlooks["softplus"])
    assert not any("nan" in str(row) for row in rows.values())
