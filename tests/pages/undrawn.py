"""A replacement of figures by empty drawings, for fast tests that do not need them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pandas as pd
from matplotlib.figure import Figure as Drawing

from saturation_lab.figures import Canvas, blank
from saturation_lab.pages import Block, Figure, Page


def undrawn(page: Page, *, but: Collection[str] = ()) -> Page:
    """Return a page whose figures show only their ids, but for those of these ids."""
    sections = [
        replace(section, blocks=[_undrawn(block, but) for block in section.blocks])
        for section in page.sections
    ]
    cover = [_undrawn(block, but) for block in page.cover]
    return replace(page, cover=cover, sections=sections)


def _undrawn(block: Block, but: Collection[str]) -> Block:
    if not isinstance(block, Figure) or block.id in but:
        return block
    id = block.id

    def draw(table: pd.DataFrame, canvas: Canvas) -> Drawing:
        found = blank(canvas)
        found.text(0.5, 0.5, id)
        return found

    return replace(block, shown=replace(block.shown, draw=draw))
