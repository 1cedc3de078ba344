"""Test cards: the curves of the activation, its jumps and tails, and refused input."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from saturation_lab import ACTIVATIONS, Activation, InputError, Study, own_activation, sample
from saturation_lab.cli import main
from saturation_lab.exhibits import (
    APART,
    CELL,
    EXHIBITS,
    Material,
    card_table,
    card_words,
    draw_card,
    study_of,
    tail_shares,
    write_cards,
)
from saturation_lab.figures import CANVASES, CURVES, DENSITY, SLOPE, VALUE
from saturation_lab.pages import picture

Array = NDArray[Any]

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=ACTIVATIONS)


def _rows(table: pd.DataFrame, curve: str) -> pd.DataFrame:
    return table[table["curve"] == curve]


def _slopes_within_pieces(table: pd.DataFrame, curve: str) -> Array:
    """Return the slope of every line that is drawn between two rows."""
    steps = [p.diff().iloc[1:] for _, p in _rows(table, curve).groupby("piece")[["z", "value"]]]
    step = pd.concat(steps)
    return np.asarray(step["value"] / step["z"])


def _piece_ends(table: pd.DataFrame) -> list[float]:
    """Return the middles of the gaps between pieces."""
    ends = _rows(table, SLOPE).groupby("piece")["z"].agg(["min", "max"])
    return [float(z) for z in (ends["max"].to_numpy()[:-1] + ends["min"].to_numpy()[1:]) / 2]


@every_activation
def test_every_row_is_the_functions_own_value(activation: Activation) -> None:
    table = card_table(activation, activation.thresholds())
    assert list(table.columns) == ["activation", "curve", "piece", "z", "value"]
    assert table["curve"].unique().tolist() == list(CURVES)
    assert (table["activation"] == activation.name).all()
    exact: dict[str, Callable[[Array], Array]] = {
        VALUE: activation.value,
        SLOPE: activation.derivative,
        DENSITY: stats.norm.pdf,
    }
    for curve, function in exact.items():
        rows = _rows(table, curve)
        z = rows["z"].to_numpy()
        assert (z[0], z[-1]) == (-6, 6)
        assert (np.diff(z) > 0).all()
        assert np.diff(z).max() <= CELL * (1 + 1e-9)
        np.testing.assert_allclose(rows["value"], function(z), rtol=1e-12)


@every_activation
def test_pieces_end_at_the_kinks_and_no_line_crosses_one(activation: Activation) -> None:
    table = card_table(activation, activation.thresholds())
    assert _piece_ends(table) == pytest.approx(list(activation.kinks), abs=1e-12)
    steepest = 2.0  # |φ''| of all members where it exists: softsign's at 0 is the largest
    assert np.abs(_slopes_within_pieces(table, SLOPE)).max() <= steepest
    for kink in activation.kinks:
        z = _rows(table, SLOPE)["z"].to_numpy()
        assert np.abs(z - kink).min() == pytest.approx(APART)
    # planted: the same rows in one piece are joined across the kink
    joined = _slopes_within_pieces(table.assign(piece=0), SLOPE)
    assert (np.abs(joined).max() > 100 * steepest) == bool(activation.kinks)


def test_jumps_that_nobody_stated_are_seen() -> None:
    def stairs(z: Array) -> Array:
        return np.where(z > 1.2345, 2.0, np.maximum(z, 0))

    jumps = [0.0, 1.2345]
    mine = own_activation(stairs, name="stairs")
    assert _piece_ends(card_table(mine, mine.thresholds())) == pytest.approx(jumps, abs=APART)
    hinge = own_activation(lambda z: np.maximum(np.asarray(z, dtype=float), 0), name="hinge")
    assert hinge.derivative_formula == "central difference"
    assert _piece_ends(card_table(hinge, (0.0, math.inf))) == pytest.approx([0], abs=APART)
    steep = own_activation(lambda z: np.tanh(100 * z))  # steep, but no jump
    assert _piece_ends(card_table(steep, steep.thresholds())) == []


@pytest.mark.parametrize(
    ("thresholds", "reach"),
    [((-2.0, 2.0), 6), ((-math.inf, 7.0), 9), ((-9.6, 1.0), 12), ((-300.0, 300.0), 6)],
)
def test_a_threshold_that_is_not_too_far_comes_into_view(
    thresholds: tuple[float, float], reach: float
) -> None:
    z = card_table(ACTIVATIONS["tanh"], thresholds)["z"]
    assert (z.min(), z.max()) == (-reach, reach)


@every_activation
def test_shares_of_the_normal_are_exact(activation: Activation) -> None:
    low, high = activation.thresholds()
    assert tail_shares(low, high) == pytest.approx(
        (stats.norm.cdf(low), stats.norm.sf(high)), rel=1e-12
    )
    words = card_words(activation, (low, high))
    assert (len(words.low), len(words.high)) == (2 * (low > -math.inf), 2 * (high < math.inf))


def test_words_of_a_card() -> None:
    tanh = card_words(ACTIVATIONS["tanh"], ACTIVATIONS["tanh"].thresholds())
    assert tanh.value.replace("\xa0", " ") == "tanh: a = φ(z) = (eᶻ − e⁻ᶻ) / (eᶻ + e⁻ᶻ)"
    assert tanh.slope.replace("\xa0", " ") == "φ'(z) = 1 − a²"
    assert tanh.low == ("z < −2.18", "1.5 %")
    assert tanh.high == ("z > 2.18", "1.5 %")
    mine = own_activation(np.tanh, name="mine")
    assert card_words(mine, (-math.inf, 4.0)).value == "mine: a = φ(z)"


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_a_card_has_the_same_bytes_twice(kind: str) -> None:
    first, again = (draw_card(ACTIVATIONS["hardtanh"], kind=kind) for _ in range(2))
    assert first == again
    assert draw_card(ACTIVATIONS["relu"], kind=kind) != first


def _group(**changes: Any) -> Material:
    study = Study(
        activation="tanh",
        initializer="glorot_uniform",
        widths=(4, 4),
        inputs="gaussian",
        networks=2,
        examples=3,
    )
    studies = {"one": study, "two": replace(study, **changes)}
    return Material(
        name="g",
        title="Group",
        networks={role: sample(each, name=role, workers=1) for role, each in studies.items()},
        titles={"one": "One", "two": "Two"},
    )


def test_the_exhibit_shows_the_thresholds_in_force_and_each_activation_once() -> None:
    card = EXHIBITS["activation_card"]
    same = _group(initializer="standard_uniform")
    shown = card.make(same)
    assert shown.table["activation"].unique().tolist() == ["tanh"]
    assert shown.alt.startswith(
        "Saturated: tanh, 1.5 % of N(0, 1) below z = −2.18 and 1.5 % above z = 2.18. "
        "z ~ N(0, 1): E φ 0, E φ² 0.394, "
    )
    assert "E φ²" not in shown.caption
    assert "stays below 5 %" in shown.caption
    moved = replace(study_of(same.first), saturation_beyond=1.0)
    result = replace(same.first, origin=moved)
    group = replace(same, networks={"one": result}, titles={"one": "One"})
    shown = card.make(group)
    assert shown.alt.startswith("Saturated: tanh, 16 % of N(0, 1) below z = −1.00")
    assert "beyond ±1.00, as set in the study" in shown.caption


def test_activations_of_one_name_are_told_apart() -> None:
    card = EXHIBITS["activation_card"]
    group = _group(activation=own_activation(lambda z: np.sin(z) / 2, name="tanh"))
    shown = card.make(group)
    assert shown.table["activation"].unique().tolist() == ["tanh", "tanh (Two)"]
    assert "tanh (Two), no tail, so 0 % of N(0, 1)." in shown.alt
    for canvas in CANVASES.values():
        assert picture(shown, canvas, "svg").rstrip().endswith(b"</svg>")


def test_cards_are_written_from_python(tmp_path: Path) -> None:
    mine = own_activation(lambda z: z * np.exp(-z * z), name="a bump/$2")
    paths = write_cards(tmp_path, ["tanh", mine, "tanh"], canvas=CANVASES["phone"])
    assert [path.name for path in paths] == ["tanh.svg", "a-bump-2.svg"]
    assert all(path.read_bytes().rstrip().endswith(b"</svg>") for path in paths)
    with pytest.raises(InputError, match="two named tanh") as error:
        write_cards(tmp_path / "no", ["tanh", own_activation(np.sin, name="tanh")])
    assert "\n" not in str(error.value)
    assert not (tmp_path / "no").exists()


def test_command_writes_a_card_of_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cards"
    given = ["cards", "relu", "numpy:sinc", "-o", str(folder)]
    assert main([*given, "--formats", "svg,png", "--context", "page"]) == 0
    said = capsys.readouterr().out.split()
    names = ["relu.svg", "relu.png", "sinc.svg", "sinc.png"]
    assert said == [str(folder / name) for name in names]
    assert sorted(path.name for path in folder.iterdir()) == sorted(names)
    assert main(given) == 2
    assert "expected a new or empty folder" in capsys.readouterr().err
    assert main([*given, "--force"]) == 0


def test_without_names_every_activation_has_its_card(tmp_path: Path) -> None:
    assert main(["cards", "-o", str(tmp_path), "--context", "phone"]) == 0
    assert {path.stem for path in tmp_path.iterdir()} == set(ACTIVATIONS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tahn"], 'did you mean "tanh"'),
        (["numpy:nothing"], "activation: expected module:attribute to import"),
        (["numpy:pi"], "activation: expected one of"),
        (["tanh", "--formats", "gif"], "formats: expected one of svg, png, pdf"),
        (["tanh", "--formats", ""], "formats: expected one of svg, png, pdf"),
        (["tanh", "--context", "poster"], "context: expected one of page, phone, talk"),
        (["tanh", "numpy:tanh"], "two named tanh"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cards", *arguments, "-o", str(tmp_path / "out")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert main(["cards", "tanh"]) == 2
    assert "output" in capsys.readouterr().err
