"""Test that the first sentence of a caption agrees with the numbers."""

import math
from dataclasses import replace

import numpy as np
import pytest

from saturation_lab import Study, predict, sample
from saturation_lab.exhibits import (
    EXHIBITS,
    PRODUCTS,
    Material,
    change_at_a_glance,
    share_at_a_glance,
)

STUDY = Study(
    activation="sigmoid", initializer="glorot_normal", widths=(40,) * 4, networks=4, examples=6
)
SIGNAL = "activation_signal"


@pytest.fixture(scope="module")
def group() -> Material:
    studies = {
        "low": STUDY,
        "even": replace(STUDY, activation="relu", initializer="he_normal"),
    }
    networks = {name: sample(s, name=name, workers=1) for name, s in studies.items()}
    return Material(
        name="g",
        title="G",
        networks={name: one.expecting(predict(one.study)) for name, one in networks.items()},
        titles={"low": "Low, one", "even": "Even"},
    )


def test_the_farthest_is_said_first_and_the_way_turns_the_factor(group: Material) -> None:
    up = change_at_a_glance(group, what="G", quantity="gradient_mean_square", way=1)
    down = change_at_a_glance(group, what="G", quantity="gradient_mean_square", way=-1)
    factor = group.top_over_bottom("low", "gradient_mean_square").estimate
    assert factor > 100
    assert up.startswith("G, layer 1 up to 4: × ")
    assert down.startswith("G, layer 4 down to 1: ÷ ")
    assert "(Low, one)" in up.split("), ")[0] + ")"
    assert down.endswith("changed by less than a factor of 2 (Even).")


def test_the_signal_is_a_product_in_each_network(group: Material) -> None:
    square, share = (group.networks["low"].values(name, 3) for name in PRODUCTS[SIGNAL])
    np.testing.assert_array_equal(group.values("low", SIGNAL, 3), square * share)
    table = group.profile_of([SIGNAL, "activation_mean_square"])
    assert len(table) == 2 * 2 * 4
    row = table[(table["quantity"] == SIGNAL) & (table["layer"] == 3) & (table["study"] == "low")]
    assert float(row["estimate"].iloc[0]) == pytest.approx(float(np.mean(square * share)))
    near = abs(math.log(float(row["predicted"].iloc[0]) / float(row["estimate"].iloc[0])))
    assert near < math.log(2)


def test_shares_are_those_of_the_top_layer(group: Material) -> None:
    said = share_at_a_glance(group, what="Saturated", quantity="saturated_share")
    assert said.startswith("Saturated in layer 4: ")
    assert "% (Even), below 1 % (Low, one)." in said
    caption = EXHIBITS["saturation"].make(group).caption
    assert caption.startswith(said)
    assert "only means z < 0" in caption


def test_captions_begin_with_what_to_see_and_fold_the_rest(group: Material) -> None:
    for name in ("profile_signal", "profile_gradient", "input_share"):
        shown = EXHIBITS[name].make(group)
        assert ", layer 1 to 4:" in shown.numbers
        assert ", layer 1 to 4:" not in shown.caption
        assert shown.caption.startswith(shown.see)
