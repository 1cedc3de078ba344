"""Test that the table of cells marks the lecture's own cells and lists recommendations."""

from __future__ import annotations

import html
import tomllib

import pytest

from saturation_lab import Study
from saturation_lab.exhibits import Material, cells_of, in_sentences
from saturation_lab.judging import WORDS
from saturation_lab.pages import Page, Report, Table, cell_text, compute, spec_from
from saturation_lab.pages.as_html import as_html
from saturation_lab.pages.report_page import report_page
from saturation_lab.words import share_text
from tests.pages.parsed import Seen, refuse_broken
from tests.small_reports import CELLS_TOML

LECTURED = {"sigmoid": "four", "tanh": "one", "relu": "root2", "silu": "root2"}
"""The lecture's own initialization of each activation that it speaks of."""


@pytest.fixture(scope="module")
def report() -> Report:
    return compute(spec_from(tomllib.loads(CELLS_TOML), name="cells"), workers=1)


@pytest.fixture(scope="module")
def page(report: Report) -> Page:
    return report_page(report)


@pytest.fixture(scope="module")
def text(page: Page) -> str:
    return as_html(page)


@pytest.fixture
def group(report: Report) -> Material:
    return report.groups["table"]


def _table(page: Page, id: str) -> Table:
    return next(one for one in page.blocks if isinstance(one, Table) and one.id == id)


def test_what_to_use_instead_stands_beside_each_of_the_lectures_own_cells(
    page: Page, group: Material
) -> None:
    table = _table(page, "instead-table")
    assert table in page.answer
    titles = [str(row[0]) for row in table.rows]
    assert titles == ["sigmoid", "tanh", "ReLU", "SiLU"]
    for (_, *cells), (name, own) in zip(table.rows, LECTURED.items(), strict=True):
        for cell, role in zip(cells, (own, "better"), strict=True):
            words, key = cell_text(cell), f"{name}-{role}"
            signal, gradient = words.split("; ")[1:3]
            assert f"signal {WORDS[group.kept[key].signal.verdict]}," in signal
            assert f"gradient {WORDS[group.kept[key].gradient.verdict]}," in gradient
            top = group.networks[key].values("saturated_share", group.depth)
            assert f"{share_text(float(top.mean()))} saturated in layer 6" in words
        assert cell_text(cells[1]).startswith("σ_w = ")


def test_where_nothing_is_recommended_nothing_stands_instead() -> None:
    better = 'roles.better = { title = "Recommended", recommended = true }'
    assert better in CELLS_TOML
    few = CELLS_TOML.replace(better, "").replace('exhibits = ["cells"]', "")
    page = report_page(compute(spec_from(tomllib.loads(few), name="cells"), workers=1))
    assert not any(isinstance(one, Table) and one.id[:7] == "instead" for one in page.blocks)


def test_the_table_says_what_is_kept_in_every_cell(page: Page, group: Material) -> None:
    table = _table(page, "cells-table")
    rows = {role: one for one in table.data for role in [one["role"]]}
    assert list(rows) == list(group.networks)
    roles = iter(group.networks)
    for _, *cells in table.rows:
        for cell in cells:
            role = next(roles)
            assert rows[role]["signal"]["verdict"] == group.kept[role].signal.verdict.value
            assert f"signal {WORDS[group.kept[role].signal.verdict]}," in cell_text(cell)


def test_the_page_marks_them_in_words_and_folds_the_studies(text: str, group: Material) -> None:
    seen = Seen(text)
    refuse_broken(seen)
    assert text.count('class="own"') == seen.text.count("the lecture’s rule") == len(LECTURED)
    assert not seen.lacks(*in_sentences(cells_of(group)), "0 or N(0, std = 0.")
    count = len(group.networks)
    assert count == 20
    assert html.unescape(text).count(f"<summary>{group.title}: {count} studies<") == 1
    for one in group.networks.values():
        assert isinstance(one.origin, Study)
        assert text.count(f'<code class="digest">{one.origin.digest}</code>') == 1
