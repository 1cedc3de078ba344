"""What to use in place of the lecture's rule? Its own cells beside those that theory chose."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from saturation_lab.exhibits.lecture_cells import Cell, cells_of
from saturation_lab.exhibits.material import Group
from saturation_lab.exhibits.pair_rows import WORDS
from saturation_lab.words.numbers import share_text


def instead_rows(group: Group, recommended: Collection[str]) -> list[dict[str, Any]]:
    """Return a row for each activation of which the group has the lecture's cell and a chosen one.

    Args:
        group: with its cells.
        recommended: the roles whose initialization theory chose.
    """
    cells = cells_of(group)
    own = {cell.spelled: cell for cell in cells if cell.own}
    chosen = {cell.spelled: cell for cell in cells if cell.role in recommended}
    return [
        {"activation": name, "lecture": _said(own[name]), "instead": _said(chosen[name])}
        for name in own
        if name in chosen
    ]


def _said(cell: Cell) -> dict[str, Any]:
    return {
        "rule": ", ".join(cell.sigmas) or cell.title,
        "marks": {
            way: {
                "verdict": found.verdict.value,
                "word": WORDS[found.verdict],
                "change": cell.change(way),
            }
            for way, found in cell.findings.items()
        },
        "saturated": share_text(cell.kept.saturated.estimate),
    }
