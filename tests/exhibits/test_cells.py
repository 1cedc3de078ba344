"""Test the table of cells: it agrees with the networks, and the lecture's cells are marked."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from matplotlib.figure import Figure

from saturation_lab import InputError
from saturation_lab.claims.library.signal_and_gradient import ANY, KEEPS
from saturation_lab.examples import mean_square_of_inputs
from saturation_lab.exhibits import CELLS, Material, cells_of, in_sentences
from saturation_lab.figures import CANVASES, KEPT, cells_chart, place
from saturation_lab.figures.theme import theme
from saturation_lab.inference import Verdict
from saturation_lab.judging import experiment_of
from saturation_lab.pages import Report, compute, picture, spec_from
from saturation_lab.theory import tuned
from tests.small_reports import CELLS_TOML

ACTIVATIONS = ["sigmoid", "tanh", "relu", "silu", "identity"]


def _computed(*changes: tuple[str, str]) -> Report:
    text = CELLS_TOML
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return compute(spec_from(tomllib.loads(text), name="cells"), workers=1)


@pytest.fixture(scope="module")
def report() -> Report:
    return _computed()


@pytest.fixture
def group(report: Report) -> Material:
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


def _own(group: Material) -> dict[str, str]:
    return {c.activation: c.role.removeprefix(f"{c.activation}-") for c in cells_of(group) if c.own}


def test_the_marked_cells_are_the_lectures(group: Material) -> None:
    assert _own(group) == LECTURED
    table = CELLS.make(group).table
    ringed = table[table["own"]]
    assert len(ringed) == 2 * len(LECTURED)
    assert dict(zip(ringed["activation"], ringed["role"], strict=True)) == {
        "sigmoid": "4 × Glorot", "tanh": "1 × Glorot",
        "relu": "√2 × Glorot", "silu": "√2 × Glorot",
    }  # fmt: skip


def test_counts_in_the_sentences_are_those_of_the_verdicts(report: Report, group: Material) -> None:
    own, some, better = in_sentences(cells_of(group))
    kept = [name for name, role in LECTURED.items() if name in _held(report, role)]
    assert re.search(r"own 4 cells, (\w+)", own)[1] == (str(len(kept)) if kept else "none")  # type: ignore[index]
    tabled, advised = _held(report, "one", "four", "root2"), _held(report, "better")
    assert tabled  # identity at the least, so that a name must stand there
    assert f"for {len(tabled)} of 5 activations: " in some
    assert 0 < len(advised) < 5
    assert better.startswith(f"Recommended keeps both for {len(advised)} of 5 (")
    for name in ACTIVATIONS:
        spelled = SPELLED.get(name, name)
        assert (spelled in some.partition("; undecided")[0]) is (name in tabled)
        assert (spelled in better) is (name not in advised)


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
    old: str, new: str, marked: set[str], said: str, group: Material
) -> None:
    fault = _computed((old, new)).groups["table"]
    assert set(_own(fault)) == marked
    sentences = in_sentences(cells_of(fault))
    assert said in sentences[0]
    assert len(sentences) == 4  # that column has a sentence of its own
    assert sentences != in_sentences(cells_of(group))


def test_a_recommended_cell_says_what_it_is(group: Material) -> None:
    for cell in cells_of(group):
        if cell.title != "Recommended":
            assert cell.sigmas == ()
            continue
        study = cell.study
        tuning = tuned(
            study.activation,
            depth=len(study.widths),
            input_mean_square=mean_square_of_inputs(study),
        )
        said = dict(one.split(" = ") for one in cell.sigmas)
        assert float(said["σ_w"]) == pytest.approx(tuning.sigma_w, rel=5e-3)
        assert float(said.get("σ_b", 0)) == pytest.approx(tuning.sigma_b, rel=5e-3)
        assert ("σ_b" in said) is (tuning.sigma_b > 0)
        assert ("σ_w in layer 1" in said) is (tuning.first_sigma_w != tuning.sigma_w)


def test_factors_are_those_of_the_networks_on_their_ways(group: Material) -> None:
    rows = CELLS.make(group).table.set_index(["activation", "role", "quantity"])["factor"]
    for cell in cells_of(group):
        for way, (key, claim) in zip((1, -1), KEEPS.items(), strict=True):
            logs = experiment_of(claim).values({ANY: group.networks[cell.role]})
            expected = math.exp(way * float(np.mean(logs)))
            found = rows[cell.activation, cell.title, key.removeprefix("K-")]
            assert found == pytest.approx(expected, rel=1e-9)


def test_the_caption_says_what_is_drawn_and_its_alternative_has_numbers(
    group: Material,
) -> None:
    shown = CELLS.make(group)
    assert shown.caption.startswith(in_sentences(cells_of(group))[0])
    assert "A ring marks" in shown.caption
    alternative = shown.alt
    for cell in cells_of(group):
        if cell.own:
            assert f"{cell.spelled}, {cell.title}: signal {cell.change('signal')}" in alternative
    assert "nan" not in alternative


def test_the_figure_needs_the_table() -> None:
    data = tomllib.loads(CELLS_TOML.replace('table = "cells"', ""))
    refusal = "expected a table of cells for the exhibit cells, got group table"
    with pytest.raises(InputError, match=refusal):
        spec_from(data, name="cells")


# --- what is drawn --------------------------------------------------------------------------------

TITLES = {"signal": "Up", "gradient": "Down"}


def _drawn(group: Material, name: str, cut: Mapping[str, float] = {}) -> Figure:
    table = CELLS.make(group).table
    for activation, factor in cut.items():
        table.loc[table["activation"] == activation, ["factor", "low", "high"]] = factor
    canvas = CANVASES[name]
    with theme(canvas):
        figure = cells_chart(table, canvas=canvas, titles=TITLES)
        figure.draw_without_rendering()
    return figure


@pytest.mark.parametrize("canvas", list(CANVASES))
def test_every_cell_has_its_mark_on_the_axis_and_its_ring(canvas: str, group: Material) -> None:
    table = CELLS.make(group).table
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
def test_same_group_same_bytes(canvas: str, group: Material) -> None:
    twice = [picture(CELLS.make(group), CANVASES[canvas], "svg") for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize("canvas", list(CANVASES))
def test_letters_are_large_and_do_not_meet(canvas: str, group: Material) -> None:
    seen = []
    for axes in _drawn(group, canvas).axes:
        for ticks in (axes.get_xticklabels(), axes.get_yticklabels()):
            seen += [tick for tick in ticks if tick.get_visible() and tick.get_text()]
    assert len(seen) >= 2 * 3 + len(ACTIVATIONS)
    boxes = [tick.get_window_extent() for tick in seen]
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    assert min(float(tick.get_fontsize()) for tick in seen) >= (14 if canvas == "talk" else 8)


def test_what_is_undefined_has_no_mark(group: Material) -> None:
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
    said = [text for name in alone.kept for text in in_sentences(cells_of(alone.groups[name]))]
    assert said
    assert all("is shown to keep" in text and "undecided" in text for text in said)
