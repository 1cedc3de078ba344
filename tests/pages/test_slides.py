"""Test that every row of a long table is on one slide in legible letters."""

from __future__ import annotations

import pandas as pd
import pytest
from matplotlib.text import Text

from saturation_lab.exhibits import Shown
from saturation_lab.figures import CANVASES, forest_plot
from saturation_lab.figures.theme import theme
from saturation_lab.pages import LEAST
from saturation_lab.pages.slides import slides


def _shown(table: pd.DataFrame, *, cut: str = "block") -> Shown:
    return Shown(
        table=table,
        draw=lambda rows, canvas: forest_plot(rows, canvas=canvas),
        how="Rows.",
        alt="Rows.",
        footer="",
        cut=cut,
    )


def _rows(block: str, count: int) -> pd.DataFrame:
    numbers = {"estimate": 1.0, "low": 0.9, "high": 1.1, "inside_low": 0.5, "inside_high": 2.0}
    row = {"note": "GL1", "block": block, "scale": "ratio", "predicted": 1.0, "verdict": "holds"}
    return pd.DataFrame(
        [{"label": f"{block}, statement {i}", **row, **numbers} for i in range(count)]
    )


def test_a_chapter_a_slide_and_of_a_long_one_several() -> None:
    table = pd.concat([_rows("Way: up", 3), _rows("Way: down", 14)], ignore_index=True)
    talk = CANVASES["talk"]
    found = slides(_shown(table), talk)
    names = ["-way-up", *(f"-way-down-part-{i}" for i in range(1, len(found)))]
    assert list(found) == names
    assert len(found) >= 3
    pd.testing.assert_frame_equal(pd.concat(found.values()), table)
    with theme(talk):
        for part in found.values():
            texts = forest_plot(part, canvas=talk).findobj(Text)
            assert min(float(text.get_fontsize()) for text in texts if text.get_text()) >= LEAST


@pytest.mark.parametrize(
    ("count", "cut", "canvas"), [(3, "block", "talk"), (20, "", "talk"), (20, "block", "page")]
)
def test_what_can_be_read_is_whole(count: int, cut: str, canvas: str) -> None:
    table = pd.concat([_rows("One", 1), _rows("Two", count)], ignore_index=True)
    found = slides(_shown(table, cut=cut), CANVASES[canvas])
    assert list(found) == [""]
