"""Does the table of cells say what the networks did, and mark the cells that are the lecture's?"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from saturation_lab.pages.instead import instead_rows

from saturation_lab.exhibits.lecture_cells import cells_of, cells_table, in_sentences
from saturation_lab.exhibits.material import Group
from saturation_lab.figures.cells import cells_chart
from saturation_lab.figures.theme import CANVASES, theme
from saturation_lab.inference.verdict import Verdict
from saturation_lab.pages.build import compute, drawn, write_page
from saturation_lab.pages.reading import spec_from
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import MOST_LISTED, page
from saturation_lab.words.numbers import share_text

ACTIVATIONS = ["sigmoid", "tanh", "relu", "silu", "identity"]
TOML = f"""
title = "Cells"
question = "Which?"

[study]
depth = 6
width = 40
examples = 10
networks = 6
seed = 5
inputs = "gaussian"
dtype = "float64"

[groups.table]
title = "The lecture's table"
activations = {ACTIVATIONS}
roles.one = {{ title = "1 × Glorot", initializer = "glorot_normal" }}
roles.four = {{ title = "4 × Glorot", initializer = "lecture_normal", gain = 4 }}
roles.root2 = {{ title = "√2 × Glorot", initializer = "lecture_normal", gain = 1.4142135623730951 }}
roles.better = {{ title = "Recommended", recommended = true }}

[[sections]]
title = "The initialization table"
group = "table"
table = "cells"
exhibits = ["cells"]
"""


def _computed(*changes: tuple[str, str]) -> Report:
    text = TOML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return compute(spec_from(tomllib.loads(text), name="cells"), workers=1)


@pytest.fixture(scope="module")
def report() -> Report:
    return _computed()


@pytest.fixture
def group(report: Report) -> Group:
    return report.groups["table"]


def _held(report: Report, *roles: str) -> set[str]:
    """Return the activations for which one of these roles keeps both, from its own judgement."""
    return {
        activation
        for activation, keeping in report.kept["table"].items()
        if any(keeping.kept[f"{activation}-{one}"].both is Verdict.HOLDS for one in roles)
    }


SPELLED = {"relu": "ReLU", "silu": "SiLU"}
LECTURED = {"sigmoid": "four", "tanh": "one", "relu": "root2", "silu": "root2"}


def _own(group: Group) -> dict[str, str]:
    return {c.activation: c.role.removeprefix(f"{c.activation}-") for c in cells_of(group) if c.own}


def test_what_to_use_instead_stands_beside_each_of_the_lectures_own_cells(
    report: Report, group: Group
) -> None:
    rows = instead_rows(group, report.spec.groups["table"].recommended)
    assert [row["activation"] for row in rows] == [SPELLED.get(x, x) for x in LECTURED]
    for row, (name, own) in zip(rows, LECTURED.items(), strict=True):
        for part, role in (("lecture", own), ("instead", "better")):
            kept = group.kept[f"{name}-{role}"]
            assert row[part]["marks"]["signal"]["verdict"] == kept.signal.verdict.value
            top = group.results[f"{name}-{role}"].values("saturated_share", group.depth)
            assert row[part]["saturated"] == share_text(float(top.mean()))
        assert row["instead"]["rule"].startswith("σ_w = ")
    assert instead_rows(group, ()) == []
    html = page(report, drawn(report))
    assert html.count("What to use instead, for") == 1


def test_the_page_marks_them_in_words_and_folds_the_studies(
    report: Report, group: Group, tmp_path: Path
) -> None:
    html = write_page(report, tmp_path).read_text(encoding="utf-8")
    assert html.count('class="own"') == html.count("the lecture’s rule") == len(LECTURED)
    for sentence in in_sentences(group):
        assert sentence in html
    assert "Biases</dt><dd>0 or N(0, std = 0." in html
    count = len(group.results)
    assert count > MOST_LISTED
    assert html.count(f"<summary>{group.title.replace(chr(39), '&#39;')}: {count} studies<") == 1
    for result in group.results.values():
        assert html.count(f'<code class="digest">{result.study.digest}</code>') == 1


# --- what is drawn --------------------------------------------------------------------------------

TITLES = {"signal": "Up", "gradient": "Down"}


def _drawn(group: Group, name: str, cut: Mapping[str, float] = {}) -> Figure:
    table = cells_table(group)
    for activation, factor in cut.items():
        table.loc[table["activation"] == activation, ["factor", "low", "high"]] = factor
    canvas = CANVASES[name]
    with theme(canvas):
        figure = cells_chart(table, canvas=canvas, titles=TITLES)
        figure.draw_without_rendering()
    return figure
