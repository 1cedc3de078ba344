"""Does the table of cells say what the networks did, and mark the cells that are the lecture's?"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from saturation_lab.judging.estimands import estimand
from saturation_lab.pages.instead import instead_rows

from saturation_lab import InputError
from saturation_lab.claims.library.signal_and_gradient import ANY, KEEPS
from saturation_lab.exhibits.lecture_cells import CELLS, cells_of, cells_table, in_sentences
from saturation_lab.exhibits.material import Group
from saturation_lab.figures.cells import KEPT, cells_chart, place
from saturation_lab.figures.theme import CANVASES, theme
from saturation_lab.inference.verdict import Verdict
from saturation_lab.pages.build import compute, draw_exhibit, drawn, write_page
from saturation_lab.pages.reading import spec_from
from saturation_lab.pages.report import Report
from saturation_lab.pages.report_page import MOST_LISTED, page
from saturation_lab.theory.recommend import recommend
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


def test_the_marked_cells_are_the_lectures(group: Group) -> None:
    assert _own(group) == LECTURED
    table = cells_table(group)
    ringed = table[table["own"]]
    assert len(ringed) == 2 * len(LECTURED)
    assert dict(zip(ringed["activation"], ringed["role"], strict=True)) == {
        "sigmoid": "4 × Glorot", "tanh": "1 × Glorot",
        "relu": "√2 × Glorot", "silu": "√2 × Glorot",
    }  # fmt: skip


def test_counts_in_the_sentences_are_those_of_the_verdicts(report: Report, group: Group) -> None:
    own, some, better = in_sentences(group)
    kept = [name for name, role in LECTURED.items() if name in _held(report, role)]
    assert re.search(r"own 4 cells (\w+)", own)[1] == (str(len(kept)) if kept else "none")  # type: ignore[index]
    tabled, advised = _held(report, "one", "four", "root2"), _held(report, "better")
    assert tabled  # identity at the least, so that a name must stand there
    assert f"for {len(tabled)} of 5 activations: " in some
    assert 0 < len(advised) < 5
    assert better.startswith(f"Recommended keeps both for {len(advised)} of 5 (")
    for name in ACTIVATIONS:
        spelled = SPELLED.get(name, name)
        assert (spelled in some.partition("; undecided")[0]) is (name in tabled)
        assert (spelled in better) is (name not in advised)


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


@pytest.mark.parametrize(
    ("old", "new", "marked", "said"),
    [
        # √2 taken for 1.3: no cell of ReLU and SiLU is the lecture's, the column is none of it
        (
            "gain = 1.4142135623730951",
            "gain = 1.3",
            {"sigmoid", "tanh"},
            "own 2 cells",
        ),
        # fan-in taken for the mean of fans: the same numbers but for layer 1, another rule
        ("glorot_normal", "lecun_normal", {"sigmoid", "relu", "silu"}, "own 3 cells"),
        # biases are none of the table's
        (
            "gain = 4 }",
            'gain = 4, bias = "normal", bias_scale = 0.1 }',
            {"tanh", "relu", "silu"},
            "own 3 cells",
        ),
    ],
)
def test_another_gain_rule_or_bias_is_seen(
    old: str, new: str, marked: set[str], said: str, group: Group
) -> None:
    fault = _computed((old, new)).groups["table"]
    assert set(_own(fault)) == marked
    sentences = in_sentences(fault)
    assert said in sentences[0]
    assert len(sentences) == 4  # that column has a sentence of its own
    assert sentences != in_sentences(group)


def test_a_recommended_cell_says_what_it_is(group: Group) -> None:
    for cell in cells_of(group):
        if cell.title != "Recommended":
            assert cell.sigmas == ()
            continue
        tuning = recommend(cell.study).tuning
        said = dict(one.split(" = ") for one in cell.sigmas)
        assert float(said["σ_w"]) == pytest.approx(tuning.sigma_w, rel=5e-3)
        assert float(said.get("σ_b", 0)) == pytest.approx(tuning.sigma_b, rel=5e-3)
        assert ("σ_b" in said) is (cell.activation == "silu")


def test_factors_are_those_of_the_networks_on_their_ways(group: Group) -> None:
    rows = cells_table(group).set_index(["activation", "role", "quantity"])["factor"]
    for cell in cells_of(group):
        for way, (key, claim) in zip((1, -1), KEEPS.items(), strict=True):
            logs = estimand(claim.experiment, {ANY: group.results[cell.role]})
            expected = math.exp(way * float(np.mean(logs)))
            found = rows[cell.activation, cell.title, key.removeprefix("K-")]
            assert found == pytest.approx(expected, rel=1e-9)


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


def test_the_caption_says_what_is_drawn_and_the_alternative_has_its_numbers(group: Group) -> None:
    assert CELLS.caption(group).startswith(in_sentences(group)[0])
    assert "Ringed:" in CELLS.caption(group)
    alternative = CELLS.alt(group)
    for cell in cells_of(group):
        if cell.own:
            assert f"{cell.spelled}, {cell.title}: signal {cell.change('signal')}" in alternative
    assert "nan" not in alternative


def test_the_figure_needs_the_table() -> None:
    data = tomllib.loads(TOML.replace('table = "cells"', ""))
    with pytest.raises(InputError, match="expected a table of cells for cells, got table"):
        spec_from(data, name="cells")


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


@pytest.mark.parametrize("canvas", list(CANVASES))
def test_every_cell_has_its_mark_on_the_axis_and_its_ring(canvas: str, group: Group) -> None:
    table = cells_table(group)
    for axes, quantity in zip(_drawn(group, canvas).axes, TITLES, strict=True):
        here = table[table["quantity"] == quantity]
        lines = [line for line in axes.get_lines() if line.get_linestyle() == "None"]
        rings = [line for line in lines if line.get_markerfacecolor() == "none"]
        marks = [line for line in lines if line not in rings]
        for line, (_, role) in zip(marks, here.groupby("role", sort=False), strict=True):
            np.testing.assert_allclose(
                np.asarray(line.get_xdata()), place(role["factor"].to_numpy())
            )
            assert np.round(np.asarray(line.get_ydata())).tolist() == list(range(len(ACTIVATIONS)))
        ringed = np.concatenate([np.asarray(line.get_xdata()) for line in rings])
        np.testing.assert_allclose(
            sorted(ringed), sorted(place(here.loc[here["own"], "factor"].to_numpy()))
        )
        low, high = axes.get_xlim()
        assert low < place(here["factor"].to_numpy()).min()
        assert high > place(here["factor"].to_numpy()).max()


@pytest.mark.parametrize("canvas", list(CANVASES))
def test_same_group_same_bytes(canvas: str, group: Group) -> None:
    twice = [draw_exhibit(CELLS, group, CANVASES[canvas], "svg") for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize("canvas", list(CANVASES))
def test_letters_are_large_and_do_not_meet(canvas: str, group: Group) -> None:
    seen = []
    for axes in _drawn(group, canvas).axes:
        for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
            seen += [tick for tick in ticks if tick.get_visible() and tick.get_text()]
    assert len(seen) >= 2 * 3 + len(ACTIVATIONS)
    boxes = [tick.get_window_extent() for tick in seen]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert min(float(tick.get_fontsize()) for tick in seen) >= (14 if canvas == "talk" else 8)


def test_what_is_undefined_has_no_mark(group: Group) -> None:
    whole, cut = (_drawn(group, "page", cut) for cut in ({}, {"sigmoid": math.nan}))
    for before, after in zip(whole.axes, cut.axes, strict=True):
        marks = [np.asarray(line.get_xdata()) for line in after.get_lines()[-8:]]
        assert any(np.isnan(x[0]) for x in marks)
        assert np.isfinite(after.get_xlim()).all()
        assert before.get_xlim()[1] >= after.get_xlim()[1] > place(np.array(KEPT))


def test_the_axis_is_even_and_the_band_is_a_factor_of_two() -> None:
    factors = np.array([KEPT, 1e3, 1e300])
    np.testing.assert_allclose(place(factors), -place(1 / factors))
    assert np.all(np.diff(place(np.logspace(-300, 300, 99))) > 0)


def test_where_nothing_is_decided_nothing_is_said_to_be_lost(report: Report) -> None:
    alone = compute(report.spec.with_networks(1), workers=1)
    said = [text for name in alone.kept for text in in_sentences(alone.groups[name])]
    assert said
    assert all("is shown to keep" in text and "undecided" in text for text in said)
